"""The lint of messages: every message in every language, held against the rules."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from storelink.errors import TemplateError
from storelink.models.message import Outgoing
from storelink.preview.markup import read
from storelink.preview.rules import ERROR, RULES, WARNING, Sheet
from storelink.preview.samples import sample, sample_locales
from storelink.preview.spam import HAM, score
from storelink.preview.written import Place, Shop, Writer, own_messages, places
from storelink.rendering.loader import TemplateFolders
from storelink.rendering.prose import Prose, prose_of


class Mark(NamedTuple):
    """What is wrong with a message.

    Attributes:
        level: `"error"`, `"warning"`, or `"note"` for what could not be looked at.
        rule: what it breaks; see `RULES`.
        message: its name; `""` if it is about a file.
        locales: the languages in which it is so, `""` if it is about a file.
    """

    level: str
    rule: str
    message: str
    locales: str
    text: str


def lint(
    shop: Shop,
    *,
    locales: Sequence[str] = (),
    watch: Callable[[Place], None] | None = None,
    spam: bool = True,
) -> list[Mark]:
    """Look at all messages of a shop.

    Args:
        shop: whose.
        locales: the languages, BCP 47; by default those that come with storelink.
        watch: is told of every message that was written.
        spam: ask SpamAssassin, too, if it is installed.

    Raises:
        ConfigError: the folder of templates does not exist; or SpamAssassin is to be asked, and
            the options of the e-mail channel are wrong, or a key cannot be read.
    """  # fmt: skip
    writer = Writer(shop, shop.renderer())
    marks = [Mark(ERROR, "mistake", "", "", text) for text in writer.renderer.mistakes()]
    mails: dict[Place, Outgoing] = {}
    own, tags = frozenset(own_messages(shop.templates)), locales or sample_locales()
    prose = _prose(shop, tags)
    for place in places(shop.messages(), tags):
        try:
            sheet = _sheet(writer, place, prose[place.message])
        except TemplateError as error:
            # What a shop's own message is told beside the order, a sample cannot know.
            level = WARNING if place.message in own else ERROR
            marks.append(Mark(level, "render", *place, str(error)))
        else:
            mails[place] = sheet.mail
            marks += _judged(sheet, place)
        if watch is not None:
            watch(place)
    return _together([*marks, *(_spam(writer, mails) if spam else ())])


def _prose(shop: Shop, tags: Sequence[str]) -> dict[str, tuple[Prose, ...]]:
    """Return what each message says in the same words in every language.

    Who writes in one language only may do so.
    """
    folders = TemplateFolders(shop.templates)
    several = len({tag.replace("_", "-").partition("-")[0] for tag in tags}) > 1
    return {
        message: tuple(one for one in prose_of(message, folders) if several or one.is_packaged)
        for message in shop.messages()
    }


def _sheet(writer: Writer, place: Place, prose: tuple[Prose, ...]) -> Sheet:
    mail, about = writer.write(place, "email"), functools.partial(sample, kind="large")
    large = replace(writer, shop=replace(writer.shop, about=about))
    address = writer.shop.about(place.locale).shipping_address
    return Sheet(
        place.locale,
        mail,
        writer.write(place, "sms").text,
        writer.content(place),
        read(mail.html or ""),
        address.country if address else None,
        large.write(place, "email"),
        prose,
    )


def _judged(sheet: Sheet, place: Place) -> Iterator[Mark]:
    for name, rule in RULES.items():
        for level, text in rule(sheet):
            yield Mark(level, name, *place, text)


def _spam(writer: Writer, mails: dict[Place, Outgoing]) -> Iterator[Mark]:
    scores = score(map(writer.mail, mails.values()))
    if scores is None:
        yield Mark("note", "spam", "", "", "SpamAssassin is not installed, or did not answer")
        return
    for place, told in zip(mails, scores, strict=True):
        if told.points >= HAM:
            text = f"SpamAssassin gives it {told.points} points: {', '.join(told.rules)}"
            yield Mark(WARNING, "spam", *place, text)


def _together(marks: Iterable[Mark]) -> list[Mark]:
    """Tell once what is so in several languages."""
    found: dict[Mark, dict[str, None]] = {}
    for mark in marks:
        found.setdefault(mark._replace(locales=""), {})[mark.locales] = None
    return [mark._replace(locales=", ".join(filter(None, tags))) for mark, tags in found.items()]
