"""The lint of messages: every message in every language, held against the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from storelink.errors import TemplateError
from storelink.preview.markup import read
from storelink.preview.rules import ERROR, RULES, WARNING, Sheet
from storelink.preview.samples import sample_locales
from storelink.preview.spam import HAM, score
from storelink.preview.written import Place, Shop, Writer, as_mail, own_messages, places


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
        ConfigError: the folder of templates does not exist.
    """  # fmt: skip
    writer = Writer(shop, shop.renderer())
    marks = [Mark(ERROR, "mistake", "", "", text) for text in writer.renderer.mistakes()]
    mails: dict[Place, bytes] = {}
    own = frozenset(own_messages(shop.templates))
    for place in places(shop.messages(), locales or sample_locales()):
        marks += _looked_at(writer, place, mails, own=place.message in own)
        if watch is not None:
            watch(place)
    return _together([*marks, *(_spam(mails) if spam else ())])


def _looked_at(
    writer: Writer, place: Place, mails: dict[Place, bytes], *, own: bool
) -> Iterator[Mark]:
    try:
        mail, content = writer.write(place, "email"), writer.content(place)
        sms = writer.write(place, "sms").text
    except TemplateError as error:
        # What a shop's own message is told beside the order, a sample cannot know.
        yield Mark(WARNING if own else ERROR, "render", *place, str(error))
        return
    mails[place] = as_mail(mail, writer.shop.brand)
    address = writer.shop.about(place.locale).shipping_address
    country = address.country if address else None
    sheet = Sheet(place.locale, mail, sms, content, read(mail.html or ""), country)
    for name, rule in RULES.items():
        for level, text in rule(sheet):
            yield Mark(level, name, *place, text)


def _spam(mails: dict[Place, bytes]) -> Iterator[Mark]:
    scores = score(list(mails.values()))
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
