"""Where templates are found: the shop's folder first, then what comes with storelink."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from babel import Locale
from jinja2 import BaseLoader, Environment, TemplateNotFound, TemplateSyntaxError
from jinja2.ext import extract_from_ast
from jinja2.loaders import split_template_path
from jinja2.meta import find_referenced_templates

from storelink.errors import TemplateError
from storelink.rendering.locales import babel_locale
from storelink.rendering.words import Words, frame, key_of

PACKAGED: Final = Path(__file__).parent / "templates"
ORIGINAL: Final = "storelink/"
"""Before a name, it means the packaged file, though the shop's folder may have its own."""

OWN_PLACE: Final = " in your templates"
PACKAGED_PLACE: Final = " in storelink's templates"
"""How people are told where a file is: errors are shown to shops, who know no paths of servers."""

Chain = tuple[tuple[str, ...], ...]
"""Languages as `language_chain` gives them."""

_KINDS = (".txt", ".html", ".jinja")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Found:
    """The files of one message in one language, as names for the loader.

    Attributes:
        tag: the language, as specific as it was wanted.
        subject: the subject line in this language; `None` if the message's template has it.
        text: the text in this language; `None` if the message's template has it.
        html: `None` if the HTML is to be made from what the message says.
        template: the message's template, which all languages share.
    """

    tag: str
    subject: str | None
    text: str | None
    html: str | None
    template: str | None = None


class TemplateFolders(BaseLoader):
    """Finds template files by names such as `"en/thank_you/body.html"` and `"layout.html"`."""

    def __init__(self, folder: Path | None) -> None:
        self._folders = (folder, PACKAGED) if folder else (PACKAGED,)
        self.words = Words(folder / "words" if folder else None)
        self._speaks = self._is_said if folder else functools.lru_cache(self._is_said)
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

    def own(self) -> list[str]:
        """Return the names of the shop's own templates."""
        folder = self._folders[0]
        if folder is PACKAGED:
            return []
        found = (path for path in sorted(folder.rglob("*")) if path.suffix in _KINDS)
        return [path.relative_to(folder).as_posix() for path in found]

    def list_templates(self) -> list[str]:
        """Return every name that a template may name: the shop's own, and the packaged ones'."""
        packaged = _packaged_names()
        return sorted({*self.own(), *packaged, *(ORIGINAL + name for name in packaged)})

    def has(self, name: str) -> bool:
        """Say whether there is a template called *name*."""
        return self._locate(name) is not None

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
        name = content_name(template)
        for tags in chain:
            files = {file: self._first(template, tags, file) for file in needed}
            is_whole = all(files.values())
            content = None if is_whole and needed else self._content(name, tags)
            if is_whole or content:
                text = files.get("body.txt")
                html = self._html(template, tags, text) if "body.txt" in needed else None
                return Found(tags[0], files.get("subject.txt"), text, html, content)
        return None

    def _content(self, name: str, tags: Sequence[str]) -> str | None:
        """Return the template that all languages share, if it can be said in this language."""
        if self._locate(name) is None:
            return None
        return name if self._speaks(name, babel_locale(tags[0])) else None

    def _is_said(self, name: str, locale: Locale) -> bool:
        return self.words.speaks(locale, self.texts(name) | frame())

    def texts(self, name: str) -> frozenset[str]:
        """Return what a template says, with those that it is made from."""
        said, waiting, seen = set[str](), [name], set[str]()
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                texts, others = texts_of(self._text(one))
                said |= texts
                waiting += others
        return frozenset(said)

    def _text(self, name: str) -> str:
        found = self._locate(name)
        try:
            return found[0].read_text(encoding="utf-8") if found else ""
        except (OSError, UnicodeDecodeError):
            return ""  # whoever loads it says what is wrong

    def _places(self, template: str, tags: Sequence[str], file: str) -> list[tuple[Path, str]]:
        names = [f"{tag}/{template}/{file}" for tag in tags]
        return [(folder, name) for folder in self._folders for name in names]

    def _first(self, template: str, tags: Sequence[str], file: str) -> str | None:
        places = self._places(template, tags, file)
        return next((name for folder, name in places if _existing(folder, name)), None)

    def _html(self, template: str, tags: Sequence[str], text: str | None) -> str | None:
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
        tried.append(_place(self._folders[0], content_name(template)))
        wanted = " and ".join(needed)
        return f"no {wanted} for the template {template!r}; tried: {', '.join(tried)}"


@functools.cache
def packaged_messages() -> tuple[str, ...]:
    """Return the names of the messages that come with storelink."""
    found = (path.stem for path in (PACKAGED / "messages").glob("*.jinja"))
    return tuple(sorted(name for name in found if name != "message"))


@functools.cache
def _packaged_names() -> tuple[str, ...]:
    found = (path for path in PACKAGED.rglob("*") if path.suffix in _KINDS)
    return tuple(path.relative_to(PACKAGED).as_posix() for path in found)


def content_name(template: str) -> str:
    """Return the name of the template of a message that all languages share."""
    return f"messages/{template}.jinja"


@functools.lru_cache(maxsize=256)
def texts_of(source: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return what a template says, as the catalogs name it, and the templates that it names."""
    try:
        tree = EXTRACTING.parse(source)
    except TemplateSyntaxError:
        return frozenset(), ()  # whoever loads it says what is wrong
    texts = {
        key_of(told[1], told[0]) if function in ("pgettext", "npgettext") else key_of(told)
        for _, function, told in extract_from_ast(tree)
        if told and (isinstance(told, str) or all(one for one in told[:2]))
    }
    return frozenset(texts), tuple(name for name in find_referenced_templates(tree) if name)


EXTRACTING: Final = Environment(extensions=["jinja2.ext.i18n"])  # noqa: S701  it renders nothing
"""Reads templates as they are written."""
EXTRACTING.policies["ext.i18n.trimmed"] = True


def _place(folder: Path, name: str) -> str:
    return name + (PACKAGED_PLACE if folder == PACKAGED else OWN_PLACE)


def _existing(folder: Path, name: str) -> Path | None:
    try:
        path = _path(folder, name)
    except TemplateNotFound:
        return None  # it leads out of the folder
    is_there = _is_packaged(path) if folder is PACKAGED else path.is_file()
    return path if is_there else None


@functools.lru_cache(maxsize=1024)
def _path(folder: Path, name: str) -> Path:
    return folder.joinpath(*split_template_path(name))


@functools.lru_cache(maxsize=1024)
def _is_packaged(path: Path) -> bool:
    return path.is_file()
