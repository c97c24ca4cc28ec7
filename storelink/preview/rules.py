"""What is looked for in a written message, one function for each rule; all of them are pure."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from storelink.models.message import Outgoing
from storelink.policy.advertising import refused
from storelink.preview.markup import Element, Page, declarations
from storelink.preview.segments import segments
from storelink.rendering.color import READABLE, contrast
from storelink.rendering.content import Content
from storelink.rendering.prose import Prose

CLIPPED: Final = 102 * 1024
"""Gmail cuts off what is longer. Measured by others, unofficial: no number of Google's
own was found. 102 KB by shkspr.mobi/blog/2019/05/102kb-ought-to-be-enough-for-any-email/,
about 105 KB by www.spamresource.com/2022/01/what-is-gmail-clipping-and-what-to-do.html."""
HEAVY: Final = 60_000
"""Room for a longer order, before a mail is cut off."""
SUBJECT: Final = 70
"""Letters of a subject that Gmail shows on a desktop; phones show 33 to 48. Measured by others,
unofficial: www.activecampaign.com/glossary/subject-line-length."""
PREHEADER: Final = 130
SEGMENTS: Final = 4
_QUOTED: Final = 40

ERROR: Final = "error"
WARNING: Final = "warning"

Told = Iterator[tuple[str, str]]
"""Levels and sentences."""


class Sheet(NamedTuple):
    """A message as it is looked at: its mail, its text message, and what both say.

    Attributes:
        large: its mail about a large order.
        prose: what it says in the same words in every language.
    """

    locale: str
    mail: Outgoing
    sms: str
    content: Content
    page: Page
    country: str | None = None
    large: Outgoing | None = None
    prose: tuple[Prose, ...] = ()


def language(sheet: Sheet) -> Told:
    """It is written in the language that was wanted; otherwise words are missing."""
    if sheet.mail.locale != sheet.locale:
        yield (
            WARNING,
            f"it is written in {sheet.mail.locale}, for words in {sheet.locale} are missing",
        )


def size(sheet: Sheet) -> Told:
    """Its HTML is not cut off, whether the order is a usual or a large one."""
    for mail, what in ((sheet.mail, "the HTML"), (sheet.large, "the HTML about a large order")):
        length = len((mail.html or "").encode()) if mail else 0
        if length > CLIPPED:
            yield ERROR, f"{what} has {length // 1024} KB; Gmail cuts off what is over 102 KB"
        elif length > HEAVY:
            yield WARNING, f"{what} has {length // 1024} KB; over 60 KB leaves little room"


def prose(sheet: Sheet) -> Told:
    """All that it says can be translated; a shop may have its reasons to do without."""
    for one in sheet.prose:
        text = one.text if len(one.text) <= _QUOTED else f"{one.text[:_QUOTED]}…"
        told = f"{one.place}: {text!r} is outside {{% trans %}}, so it is the same in all languages"
        yield ERROR if one.is_packaged else WARNING, told


def unresolved(sheet: Sheet) -> Told:
    """No placeholder was left in it."""
    said = f"{sheet.mail.subject}\n{sheet.mail.text}"
    for found in re.findall(r"\{\{.*?\}\}|\{%.*?%\}|%\(\w+\)[sd]|\bNone\b", said):
        yield ERROR, f"{found!r} was left in it"


def subject(sheet: Sheet) -> Told:
    """Its subject fits into a line."""
    if len(sheet.mail.subject) > SUBJECT:
        yield WARNING, f"the subject has {len(sheet.mail.subject)} letters; 70 fit"


def preheader(sheet: Sheet) -> Told:
    """Mail programs have something to show beside the subject."""
    said = sheet.page.preheader or sheet.content.preheader
    if not said:
        yield WARNING, "it has no preheader: mail programs show its first words instead"
    elif len(said) > PREHEADER:
        yield WARNING, f"the preheader has {len(said)} letters; 130 are shown at most"


def links(sheet: Sheet) -> Told:
    """Every link leads somewhere."""
    for one in _of(sheet, "a"):
        target = one.attributes.get("href", "").strip()
        parts = urlsplit(target)
        is_whole = parts.netloc if parts.scheme in ("http", "https") else parts.path
        if parts.scheme not in ("http", "https", "mailto", "tel") or not is_whole:
            yield ERROR, f"line {one.line}: the link {target!r} leads nowhere in a mail"


def images(sheet: Sheet) -> Told:
    """Images have a text, a size, and an absolute address."""
    for one in _of(sheet, "img"):
        given = one.attributes
        if "alt" not in given:
            yield ERROR, f"line {one.line}: the image has no alt text"
        if not {"width", "height"} & (given.keys() | one.style.keys()):
            yield WARNING, f"line {one.line}: the image has no size: mails jump when it loads"
        if not re.match(r"https?://|cid:|data:image/", given.get("src", "")):
            yield ERROR, f"line {one.line}: the image has no absolute address"


def directions(sheet: Sheet) -> Told:
    """It says its language and its writing direction."""
    for one in _of(sheet, "html")[:1]:
        for name in ("lang", "dir"):
            if not one.attributes.get(name):
                yield ERROR, f"line {one.line}: <html> has no {name}"


def tables(sheet: Sheet) -> Told:
    """Tables that only lay out say so to who hears a mail instead of seeing it."""
    for one in _of(sheet, "table"):
        if not one.attributes.get("role"):
            yield ERROR, f'line {one.line}: the table has no role="presentation"'


def colors(sheet: Sheet) -> Told:
    """Text can be read on its ground, in light and in dark (WCAG 2.2, 1.4.3, level AA)."""
    seen = set()
    for element, text in sheet.page.texts:
        for look, ink, ground in zip(("light", "dark"), element.ink, element.ground, strict=True):
            reached = contrast(ink, ground)
            if element.hidden or reached >= READABLE or (look, ink, ground) in seen:
                continue
            seen.add((look, ink, ground))
            told = f"{ink} on {ground} is {reached:.1f} : 1 in {look}; 4.5 : 1 can be read"
            yield ERROR, f"line {element.line}: {told} ({text[:20]!r})"


def clients(sheet: Sheet) -> Told:
    """Mail programs know what it is made of."""
    known = _clients()
    found = {one.tag: known["elements"].get(one.tag) for one in sheet.page.elements}
    styles = [one.attributes.get("style", "") for one in sheet.page.elements]
    styles += re.findall(r"\{([^{}]*)\}", sheet.page.styles)
    for style in styles:
        for name, value in declarations(style).items():
            found[name] = known["properties"].get(name)
            found[f"{name}:{value}"] = known["values"].get(f"{name}:{value}")
    whole = "\n".join([sheet.page.styles, *styles])
    found |= {text: row for text, row in known["inside"].items() if text in whole}
    for name, row in found.items():
        if row:
            yield row[0], f"not all mail programs know {name!r}: {row[1]}"


def phone(sheet: Sheet) -> Told:
    """Its text message is not paid for too often."""
    count = segments(sheet.sms.strip())
    if count > SEGMENTS:
        yield WARNING, f"its text message is sent in {count} parts; 4 are a lot already"


def advertising(sheet: Sheet) -> Told:
    """It advertises only where the law lets a message of its class do so."""
    rule = refused(sheet.content.kinds, sheet.mail.message_class, sheet.country)
    if rule is not None:
        yield ERROR, f"{rule.why} [{rule.rule}: {rule.source}]"


RULES: Final[Mapping[str, Callable[[Sheet], Told]]] = {
    "language": language,
    "prose": prose,
    "size": size,
    "unresolved": unresolved,
    "subject": subject,
    "preheader": preheader,
    "links": links,
    "images": images,
    "lang": directions,
    "tables": tables,
    "contrast": colors,
    "clients": clients,
    "sms": phone,
    "advertising": advertising,
}
"""Every rule, by the name that a finding is shown with."""


def _of(sheet: Sheet, tag: str) -> list[Element]:
    return [one for one in sheet.page.elements if one.tag == tag]


@functools.cache
def _clients() -> Mapping[str, Any]:
    path = Path(__file__).with_name("clients.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))
