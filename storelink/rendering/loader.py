"""Where templates are found: the shop's folder first, then what comes with storelink."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from jinja2 import BaseLoader, Environment, TemplateNotFound
from jinja2.loaders import split_template_path

from storelink.errors import TemplateError

PACKAGED: Final = Path(__file__).parent / "templates"
ORIGINAL: Final = "storelink/"
"""Before a name, it means the packaged file, though the shop's folder may have its own."""

OWN_PLACE: Final = " in your templates"
PACKAGED_PLACE: Final = " in storelink's templates"
"""How people are told where a file is: errors are shown to shops, who know no paths of servers."""

Chain = tuple[tuple[str, ...], ...]
"""Languages as `language_chain` gives them."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Found:
    """The files of one message in one language, as names for the loader.

    Attributes:
        tag: the language, as specific as it was wanted.
        html: `None` if the HTML is to be made from the text.
    """

    tag: str
    subject: str | None
    text: str | None
    html: str | None


class TemplateFolders(BaseLoader):
    """Finds template files by names such as `"en/thank_you/body.html"` and `"layout.html"`."""

    def __init__(self, folder: Path | None) -> None:
        self._folders = (folder, PACKAGED) if folder else (PACKAGED,)
        # What is packaged stays as it is; a shop's folder may change at any time.
        self._search = self._look if folder else functools.lru_cache(self._look)

    def find(self, template: str, chain: Chain, needed: tuple[str, ...]) -> Found:
        """Return the files of *template* in the first language that has all that is *needed*.

        Args:
            template: the message's template.
            chain: the languages, best first.
            needed: `"subject.txt"`, `"body.txt"`, both, or neither.

        Raises:
            TemplateError: no language has them; it names every file that was looked for.
        """
        found = self._search(template, chain, needed)
        if found is None:
            raise TemplateError(self._complaint(template, chain, needed))
        return found

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        """Return a template's text, where people find it, and whether it is still the same."""
        found = self._locate(template)
        if found is None:
            raise TemplateNotFound(template)
        path, place = found
        stamp = path.stat().st_mtime_ns
        is_packaged = place.endswith(PACKAGED_PLACE)

        def is_current() -> bool:
            is_found = self._locate(template) == found
            return is_found and (is_packaged or path.stat().st_mtime_ns == stamp)

        return path.read_text(encoding="utf-8"), place, is_current

    def _locate(self, name: str) -> tuple[Path, str] | None:
        """Return the file called *name*, and what people call it."""
        is_original = name.startswith(ORIGINAL)
        for folder in (PACKAGED,) if is_original else self._folders:
            file = name.removeprefix(ORIGINAL) if is_original else name
            path = _existing(folder, file)
            if path:
                return path, _place(folder, file)
        return None

    def _look(self, template: str, chain: Chain, needed: tuple[str, ...]) -> Found | None:
        if not _NAME.fullmatch(template):
            raise TemplateError(f"{template!r} is no name of a template")
        for tags in chain:
            files = {file: self._first(template, tags, file) for file in needed}
            if all(files.values()):
                text = files.get("body.txt")
                html = self._html(template, tags, text) if text else None
                return Found(tags[0], files.get("subject.txt"), text, html)
        return None

    def _places(self, template: str, tags: Sequence[str], file: str) -> list[tuple[Path, str]]:
        names = [f"{tag}/{template}/{file}" for tag in tags]
        return [(folder, name) for folder in self._folders for name in names]

    def _first(self, template: str, tags: Sequence[str], file: str) -> str | None:
        places = self._places(template, tags, file)
        return next((name for folder, name in places if _existing(folder, name)), None)

    def _html(self, template: str, tags: Sequence[str], text: str) -> str | None:
        # An HTML part further down the search than the text would say something else than it.
        for folder, name in self._places(template, tags, "body.html"):
            if _existing(folder, name):
                return name
            if _existing(folder, str(PurePosixPath(name).with_name("body.txt"))):
                return None
        return None

    def _complaint(self, template: str, chain: Chain, needed: Sequence[str]) -> str:
        tried = [
            _place(folder, name)
            for tags in chain
            for file in needed
            for folder, name in self._places(template, tags, file)
        ]
        wanted = " and ".join(needed)
        return f"no {wanted} for the template {template!r}; tried: {', '.join(tried)}"


def _place(folder: Path, name: str) -> str:
    return name + (PACKAGED_PLACE if folder == PACKAGED else OWN_PLACE)


def _existing(folder: Path, name: str) -> Path | None:
    path = _path(folder, name)
    is_there = _is_packaged(path) if folder is PACKAGED else path.is_file()
    return path if is_there else None


@functools.lru_cache(maxsize=1024)
def _path(folder: Path, name: str) -> Path:
    return folder.joinpath(*split_template_path(name))


@functools.lru_cache(maxsize=1024)
def _is_packaged(path: Path) -> bool:
    return path.is_file()
