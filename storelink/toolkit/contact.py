"""Bringing names, phones and languages of the platforms into one form."""

from __future__ import annotations

import functools
import html
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storelink.models.record import Snapshot

_LOCALE = re.compile(
    r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?(?:[-_.@].*)?"
)


def e164(phone: str | None, country: str | None = None) -> str | None:
    """Return *phone* in E.164 form, for example `"+4930231250"`.

    Digits of any script are read. A number that cannot be read, or has no country code and no
    *country* (ISO 3166-1 alpha-2) to take it from, is returned as it is, without outer blanks.
    """
    if phone is None or not phone.strip():
        return None
    if len(phone) > _LONGEST_PHONE:
        return phone.strip()
    region = country if country and len(country) == _ALPHA_2 else None
    return _e164(phone, region) or phone.strip()


_ALPHA_2 = 2
_LONGEST_PHONE = 250
"""What is longer `phonenumbers` refuses, too."""


@functools.lru_cache(maxsize=1024)  # every payload of an order tells the same numbers, some twice
def _e164(phone: str, country: str | None) -> str | None:
    import phonenumbers

    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normal(address: str, country: str | None = None) -> str | None:
    """Return the one spelling of an e-mail address or phone number; `None` if it is empty.

    Upper case, composed letters and the script of a domain make no other address. Dots and what
    follows a plus do: only a mailbox's own provider knows what they mean.

    >>> normal(" Ada@Bücher.Example "), normal("0151 23456789", "DE")
    ('ada@xn--bcher-kva.example', '+4915123456789')

    Args:
        address: an e-mail address, or a phone number.
        country: ISO 3166-1 alpha-2, for a number without a country code.
    """
    text = unicodedata.normalize("NFC", address).strip()
    if "@" not in text:
        known = e164(text, country)
        # Of zeros too many at the beginning, each reading takes one off.
        while (again := e164(known)) != known:
            known = again
        return known
    local, _, domain = text.rpartition("@")
    return f"{_folded(local)}@{_ascii(_folded(domain)).rstrip('.')}"


def is_order_of(order: Snapshot, email: str) -> bool:
    """Say whether an order was placed with an e-mail address, however either is spelled."""
    contact = order.records[0].fields.get("contact")
    known = contact.email if contact else None
    return known is not None and normal(known) == normal(email)


def _folded(text: str) -> str:
    """Return *text* as it is compared without regard to case (Unicode 3.13, D145), composed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def _ascii(domain: str) -> str:
    """Return *domain* as the network knows it; what can be none is left alone."""
    if domain.isascii():
        return domain
    import idna

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError:
        return domain


def spellings(address: str) -> frozenset[str]:
    """Return an address in lower case, its domain written in either script.

    >>> sorted(spellings("Ada@Bücher.example"))
    ['ada@bücher.example', 'ada@xn--bcher-kva.example']
    """
    known = normal(address)
    if known is None or "@" not in known:
        return frozenset({known} if known else ())
    local, _, domain = known.rpartition("@")
    return frozenset({known, f"{local}@{_spelled(domain)}"})


def _spelled(domain: str) -> str:
    """Return *domain* as people read it; what can be none is left alone."""
    if "xn--" not in domain:
        return domain
    import idna

    try:
        return idna.decode(domain)
    except UnicodeError:
        return domain


def mail_address(text: str | None) -> str | None:
    r"""Return an e-mail address without outer blanks, or `None` if *text* can be none.

    What has no `@`, or blanks, line breaks or other invisible characters inside, is no address:
    in a header of a mail it would be something else.

    >>> mail_address(" ana@b.example "), mail_address("ana@b.example\nBcc: x"), mail_address("ana")
    ('ana@b.example', None, None)
    """
    address = (text or "").strip()
    is_clean = address.isprintable() and not any(map(str.isspace, address))
    return address if is_clean and "@" in address else None


def locale_tag(value: str | None) -> str | None:
    """Return a BCP 47 tag from a platform's word for a language, or `None`.

    >>> locale_tag("pt_BR"), locale_tag("de"), locale_tag("zh-hant-tw"), locale_tag("?")
    ('pt-BR', 'de', 'zh-Hant-TW', None)
    """
    match = _LOCALE.fullmatch(value.strip()) if value else None
    if not match:
        return None
    language, script, region = match.groups()
    parts = [language.lower(), script.title() if script else "", region.upper() if region else ""]
    return "-".join(part for part in parts if part)


def plain(value: str | None) -> str | None:
    """Return *value* with HTML entities decoded (WooCommerce stores `&amp;`), or `None`."""
    return None if value is None else html.unescape(value)
