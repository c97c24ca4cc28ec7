"""Giving a shop what it wants to change: templates, the frame around them, words to translate."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from storelink.errors import TemplateError
from storelink.rendering.loader import ORIGINAL, PACKAGED, content_name, packaged_messages, texts_of
from storelink.rendering.locales import babel_locale
from storelink.rendering.words import LOCALES, SOURCE, Words, languages, nearest

LAYOUT: Final = ("layout.html", "_parts.html")
"""The frame of every mail, and what its HTML is put together from."""

_START: Final = """\
{{#- Only what is changed stands here. The blocks: {blocks}. #}}
{{% extends "{original}" %}}

{{#- For example:
{{% block opening %}}
Some words of your own, before storelink's.

{{{{ super() }}}}
{{% endblock %}}
#}}
"""
_BLOCKS: Final = "subject, preheader, headline, opening, details, help, closing"


def start_of(message: str) -> tuple[str, str]:
    """Return the name and the text of a template that changes some blocks of a packaged one.

    Raises:
        TemplateError: there is no such message.
    """
    name = _known(message)
    return name, _START.format(original=ORIGINAL + name, blocks=_BLOCKS)


def whole(name: str) -> tuple[str, str]:
    """Return the name and the text of a packaged file; it says *where* its base is by name."""
    return name, (PACKAGED / name).read_text(encoding="utf-8")


def whole_message(message: str) -> tuple[str, str]:
    """Return the name and the text of a packaged message.

    Raises:
        TemplateError: there is no such message.
    """
    return whole(_known(message))


def _known(message: str) -> str:
    if message not in packaged_messages():
        known = ", ".join(packaged_messages())
        raise TemplateError(f"no message {message!r} comes with storelink; there are {known}")
    return content_name(message)


def words(tag: str) -> tuple[str, str]:
    """Return the name and the text of a catalog for a language, with nothing translated yet."""
    locale = babel_locale(tag)
    catalog = Catalog(
        locale=locale, header_comment="# Words of the messages, to translate.", fuzzy=False
    )
    for message in _source():
        if message.id:
            catalog.add(message.id, context=message.context, locations=message.locations)
    told = io.BytesIO()
    write_po(told, catalog, width=0)
    return f"words/{locale}.po", told.getvalue().decode()


def write(folder: Path, files: Sequence[tuple[str, str]], *, force: bool) -> list[Path]:
    """Write *files* into a folder: all of them, or none.

    Raises:
        TemplateError: one is there already, and *force* was not given.
    """
    paths = [folder / name for name, _ in files]
    there = [str(path) for path in paths if path.exists()]
    if there and not force:
        raise TemplateError(f"{', '.join(there)}: already there; --force writes over it")
    for path, (_, text) in zip(paths, files, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return paths


def missing(folder: Path | None, tags: Sequence[str] = ()) -> Iterator[tuple[str, str, str]]:
    """Yield what cannot be said: the language, the file that says it, and the text.

    A language that storelink does not bring needs all of its words; in any other, the words of the
    shop's own templates may be missing.

    Args:
        folder: the shop's own; `None` if it has none.
        tags: the languages; by default storelink's, and those that the shop has words of.

    Raises:
        TemplateError: the shop's words cannot be read.
    """
    own = sorted(path.stem for path in folder.glob("words/*.po")) if folder else []
    said = Words(folder / "words" if folder else None)
    for tag in tags or dict.fromkeys([*languages(), *own]):
        locale = babel_locale(tag.replace("_", "-"))
        if locale.language == SOURCE:
            continue
        texts = dict(_texts(folder))
        if nearest(locale) is None:
            texts["storelink"] = _all_texts()
        for file, told in texts.items():
            yield from ((tag, file, text) for text in said.missing(locale, told))


def _texts(folder: Path | None) -> Iterator[tuple[str, frozenset[str]]]:
    for path in sorted(folder.rglob("*")) if folder else ():
        if path.suffix in (".jinja", ".html", ".txt"):
            name = path.relative_to(folder or path).as_posix()
            yield name, texts_of(path.read_text(encoding="utf-8"))[0]


def _all_texts() -> frozenset[str]:
    first = ((one.context, one.id if isinstance(one.id, str) else one.id[0]) for one in _source())
    return frozenset(f"{context}\x04{text}" if context else text for context, text in first if text)


def _source() -> Catalog:
    with (LOCALES / "messages.pot").open("rb") as file:
        return read_po(file)
