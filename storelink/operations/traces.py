"""Finding an address in bytes that nobody understood: in whatever way it is written there. Pure."""

from __future__ import annotations

import base64
import binascii
import html
import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote_plus

_ESCAPE = re.compile(r"\\+u([0-9a-fA-F]{4})")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_DEPTH = 3
"""How many encodings may lie within each other: JSON in a form in base64."""
_SHORTEST_PHONE = 6
"""A number of fewer digits is no phone that could be told from an amount."""


@dataclass(frozen=True)
class Traces:
    """What tells one person, as it may stand in a text.

    Attributes:
        words: e-mail addresses and the like; case is ignored.
        phones: phone numbers; blanks and signs between the digits are ignored, and so is whether
            the country's code stands before them.
    """

    words: frozenset[str] = field(default=frozenset(), repr=False)
    phones: frozenset[str] = field(default=frozenset(), repr=False)

    def are_in(self, data: bytes) -> bool:
        """Say whether any of them stands in *data*, plain or encoded."""
        return any(map(self._is_in, _readings(data.decode("utf-8", "replace"))))

    def _is_in(self, text: str) -> bool:
        folded = text.casefold()
        return any(word in folded for word in self._folded) or any(
            phone.search(text) for phone in self._patterns
        )

    @cached_property
    def _folded(self) -> tuple[str, ...]:
        return tuple(word.strip().casefold() for word in self.words if word.strip())

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        numbers = {_national(phone) for phone in self.phones}
        return tuple(
            re.compile(r"\D{0,3}".join(number) + r"(?!\d)")
            for number in sorted(numbers)
            if len(number) >= _SHORTEST_PHONE
        )


def _national(phone: str) -> str:
    """Return a number's digits, without the country's code where it can be told."""
    import phonenumbers

    try:
        return str(phonenumbers.parse(phone).national_number)
    except phonenumbers.NumberParseException:
        return "".join(one for one in phone if one.isdigit())


def _readings(text: str) -> Iterator[str]:
    """Return *text*, and everything that it may mean, each once."""
    seen, texts = {text}, [text]
    yield text
    for _ in range(_DEPTH):
        texts = [one for text in texts for one in _meanings(text) if _is_new(one, seen)]
        yield from texts


def _is_new(text: str, seen: set[str]) -> bool:
    known = len(seen)
    seen.add(text)
    return len(seen) > known


def _meanings(text: str) -> Iterator[str]:
    """Return what *text* says if it is JSON, a form, HTML, part of a mail, or base64."""
    yield _unescaped(text)
    yield unquote_plus(text)
    yield html.unescape(text)
    yield quopri.decodestring(text.encode()).decode("utf-8", "replace")
    yield "\n".join(_decoded(_BASE64.findall(text)))


def _unescaped(text: str) -> str:
    """Return *text* with the escapes of JSON read, however often they were escaped themselves."""
    units = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text.replace("\\/", "/"))
    return units.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _decoded(tokens: Iterable[str]) -> Iterator[str]:
    for token in tokens:
        plain = token.rstrip("=").replace("-", "+").replace("_", "/")
        try:
            yield base64.b64decode(plain + "=" * (-len(plain) % 4)).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
