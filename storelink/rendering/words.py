"""The words of messages, pages and invoices: gettext catalogs; of messages a shop's own first."""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import NullTranslations, Translations

from storelink.errors import TemplateError
from storelink.rendering.filters import isolate_text, number_of, shown
from storelink.rendering.locales import babel_locale, language_chain
from storelink.rendering.session import current

LOCALES: Final = Path(__file__).parents[1] / "locales"
DOMAIN: Final = "messages"
"""The catalogs of messages; those of pages and invoices have domains of their own."""
SOURCE: Final = "en"
"""The language of the templates."""


class Words:
    """Finds the words of a language.

    Args:
        folder: the shop's own, as `<tag>.po`; whatever they do not say, the packaged words say.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def of(self, locale: Locale) -> NullTranslations:
        """Return the words of a language, as near to it as there are.

        Raises:
            TemplateError: the shop's own cannot be read; it names the file and the line.
        """
        with suppress(FileNotFoundError):  # it was taken away since it was found
            return _chained(nearest(locale), tuple(self._own(locale)))
        return _chained(nearest(locale), ())

    def speaks(self, locale: Locale, texts: Collection[str]) -> bool:
        """Say whether all of *texts* can be said in a language."""
        return locale.language == SOURCE or not self.missing(locale, texts)

    def missing(self, locale: Locale, texts: Collection[str]) -> list[str]:
        """Return which of *texts* cannot be said in a language."""
        words = self.of(locale)
        return sorted(text for text in texts if not _says(words, text))

    def mistakes(self) -> list[str]:
        """Return what is wrong with the shop's own words."""
        found = []
        for path in sorted(self._folder.glob("*.po")) if self._folder else ():
            try:
                _read(path, path.stat().st_mtime_ns)
            except OSError:
                continue  # it was taken away meanwhile
            except TemplateError as error:
                found.append(str(error))
        return found

    def _own(self, locale: Locale) -> Iterator[tuple[Path, int]]:
        """Return the shop's files, from general to special, and when they were changed."""
        if self._folder is None:
            return
        tags = dict.fromkeys((locale.language, str(locale), str(locale).replace("_", "-")))
        for path in (self._folder / f"{tag}.po" for tag in tags):
            with suppress(OSError):
                yield path, path.stat().st_mtime_ns


@functools.lru_cache(maxsize=256)
def _chained(tag: str | None, own: tuple[tuple[Path, int], ...]) -> NullTranslations:
    """Return the packaged words of a language, with a shop's own before them."""
    words = packaged(tag) if tag else NullTranslations()
    for path, stamp in own:
        before = Translations(io.BytesIO(_read(path, stamp)))
        before.add_fallback(words)
        words = before
    return words


@functools.cache
def frame() -> frozenset[str]:
    """Return what any message may say beside its own words: blocks, greeting and footer."""
    with (LOCALES / f"{DOMAIN}.pot").open("rb") as file:
        source = read_po(file)
    return frozenset(
        key_of(message.id, message.context)
        for message in source
        if message.id and any(path.endswith(".py") for path, _ in message.locations)
    )


def key_of(text: Any, context: str | None = None) -> str:
    """Return the name under which a catalog has a text, as gettext makes it."""
    one = text if isinstance(text, str) else text[0]
    return f"{context}\x04{one}" if context else one


@functools.cache
def languages(domain: str = DOMAIN) -> tuple[str, ...]:
    """Return the packaged languages as `Locale` writes them, English first."""
    found = sorted(path.parent.parent.name for path in LOCALES.glob(f"*/*/{domain}.po"))
    return tuple(dict.fromkeys((SOURCE, *found)))


def first_spoken(domain: str, *wanted: str | None) -> tuple[str, Locale]:
    """Return the first of the languages *wanted* (BCP 47) that is packaged, English in the end.

    The locale may know the country, too.

    >>> first_spoken("pages", "gsw", "pt-PT")
    ('pt_BR', Locale('pt', territory='PT'))
    """
    for group in language_chain(*wanted):
        locale = babel_locale(group[0])
        tag = nearest(locale, domain) if locale.language == group[-1] else None
        if tag:
            return tag, locale
    raise AssertionError("English is known")  # pragma: no cover


@functools.lru_cache
def nearest(locale: Locale, domain: str = DOMAIN) -> str | None:
    """Return the packaged language that is nearest; Brazil's Portuguese for all of Portuguese."""
    known = languages(domain)
    exact = next((tag for tag in (str(locale), locale.language) if tag in known), None)
    related = (tag for tag in known if tag.partition("_")[0] == locale.language)
    return exact or next(related, None)


@functools.cache
def packaged(tag: str, domain: str = DOMAIN) -> NullTranslations:
    """Return the packaged words of a language; they are read once, in a few milliseconds."""
    if tag == SOURCE:
        return NullTranslations()
    path = LOCALES / tag / "LC_MESSAGES" / f"{domain}.po"
    return Translations(io.BytesIO(_read(path, 0)))


@functools.lru_cache(maxsize=256)
def _read(path: Path, stamp: int) -> bytes:
    """Return the words of a file, as they were when it had its *stamp*, as gettext reads them.

    Raises:
        FileNotFoundError: it is not there any more.
        TemplateError: it is no catalog, or a translation lost a value.
    """
    locale = None if path.is_relative_to(LOCALES) else path.stem.replace("-", "_")
    try:
        with path.open("rb") as file:
            catalog = read_po(file, locale=locale, abort_invalid=True)
        for message, errors in catalog.check():
            raise TemplateError(f"words/{path.name}, line {message.lineno}: {errors[0]}")
        compiled = _compiled(catalog)
        Translations(io.BytesIO(compiled))  # looks at the forms of plurals, too
    except PoFileError as error:
        raise TemplateError(f"words/{path.name}, line {error.lineno}: {error}") from None
    except FileNotFoundError:
        raise
    except (ValueError, LookupError, OSError):
        raise TemplateError(f"words/{path.name}: not a gettext catalog in UTF-8") from None
    return compiled


def _compiled(catalog: Catalog) -> bytes:
    for message in list(catalog):  # Babel would fill empty forms of plurals with the English ones
        if isinstance(message.string, tuple) and not all(message.string):
            catalog.delete(message.id, message.context)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    return compiled.getvalue()


def _says(words: Any, text: str) -> bool:
    while words is not None:
        known = getattr(words, "_catalog", {})
        if text in known or (text, 0) in known:
            return True
        words = getattr(words, "_fallback", None)
    return False


# -- what templates and blocks say ---------------------------------------------------------------


def say(text: str, /, **values: Any) -> str:
    """Return *text* in the reader's language, with *values* as the reader writes them."""
    return _filled(current().words.gettext(text), values)


def say_many(one: str, many: str, count: int, /, **values: Any) -> str:
    """Return what is said of *count* things, in the form that the language has for so many."""
    return _filled(current().words.ngettext(one, many, count), {"num": count, **values})


def say_as(context: str, text: str, /, **values: Any) -> str:
    """Return *text* as it is said in a *context*."""
    return _filled(str(current().words.pgettext(context, text)), values)


def say_many_as(context: str, one: str, many: str, count: int, /, **values: Any) -> str:
    """Return what is said of *count* things in a *context*."""
    return _filled(current().words.npgettext(context, one, many, count), {"num": count, **values})


def _filled(text: str, values: dict[str, Any]) -> str:
    """Put *values* in. Not with `%`: that would make a text of any width."""

    def told(hole: re.Match[str]) -> str:
        name = hole[1]
        if name is None:
            return "%"
        if name not in values:
            raise TypeError(f"a text wants the value {name!r}, which it is not given")
        return _spoken(values[name])

    return _HOLE.sub(told, text)


_HOLE = re.compile(r"%(?:\((\w+)\)s|%)")


def _spoken(value: Any) -> str:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return number_of(value) if is_number else isolate_text(shown(value))


GETTEXT: Final = {
    "gettext": say,
    "ngettext": say_many,
    "pgettext": say_as,
    "npgettext": say_many_as,
    "_": say,
}
"""What `{% trans %}` calls."""
