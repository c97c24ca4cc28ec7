"""The TXT records by which a domain says who may send mail in its name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dns.resolver import Resolver

MOST_LOOKUPS: Final = 10
"""What a receiver looks up for one SPF record before it gives up (RFC 7208, section 4.6.4)."""

_SECONDS: Final = 5.0
_TERM = re.compile(r"[+?~-]?([a-z][a-z0-9_.-]*)(?:[:=]([^/]*))?.*", re.IGNORECASE | re.DOTALL)
_COST: Final = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
_NAMES_ANOTHER: Final = frozenset({"include", "redirect"})
_RESERVED: Final = frozenset({"example", "test", "example.com", "example.net", "example.org"})


class Unanswered(Exception):
    """No resolver answers: nothing is known of the domain."""


class BrokenSpf(ValueError):
    """The record is such that receivers can do nothing with it."""


class Records:
    """Asks for the TXT records of names.

    Args:
        resolver: whom to ask; by default the system's.
    """

    def __init__(self, resolver: Resolver | None) -> None:
        self._resolver = resolver

    def texts(self, name: str, beginning: str = "") -> tuple[str, ...]:
        """Return the records of *name* that begin so, in any case; none if there is no such name.

        Raises:
            Unanswered: the resolver does not answer, or there is none.
        """
        from dns import exception, resolver
        from dns import name as names

        try:
            if self._resolver is None:
                self._resolver = resolver.Resolver()
            answer = self._resolver.resolve(name, "TXT", lifetime=_SECONDS, search=False)
        except (resolver.NXDOMAIN, resolver.NoAnswer):
            return ()
        except (names.EmptyLabel, names.LabelTooLong, names.NameTooLong, names.IDNAException):
            return ()
        except (exception.DNSException, OSError) as error:
            raise Unanswered(f"{name}: {type(error).__name__}") from None
        texts = (b"".join(one.strings).decode("utf-8", "replace") for one in answer)
        return tuple(text for text in texts if text.lower().startswith(beginning))

    def spf(self, domain: str) -> tuple[str, ...]:
        """Return the SPF records of *domain*; there should be one (RFC 7208, section 4.5)."""
        texts = self.texts(domain, "v=spf1")
        return tuple(text for text in texts if text.lower().split(" ")[0] == "v=spf1")

    def dmarc(self, domain: str) -> tuple[str, tuple[str, ...]]:
        """Return the DMARC records for *domain*, and whose they are: its own or one above it."""
        labels = domain.split(".")
        for start in range(max(len(labels) - 1, 1)):
            above = ".".join(labels[start:])
            if found := self.texts(f"_dmarc.{above}", "v=dmarc1"):
                return above, found
        return domain, ()


def is_reserved(domain: str) -> bool:
    """Say whether *domain* is one for examples and tests, which has no records (RFC 2606)."""
    labels = domain.lower().split(".")
    return not _RESERVED.isdisjoint({labels[-1], ".".join(labels[-2:])})


def tags(record: str) -> Mapping[str, str]:
    """Return what a DKIM or DMARC record says, by its tags."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {tag.strip().lower(): "".join(value.split()) for tag, _, value in pairs if tag.strip()}


def spf_lookups(domain: str, records: Records) -> int:
    """Return how many lookups the SPF record of *domain* costs a receiver.

    Counting ends after the most that there may be.

    Raises:
        BrokenSpf: a domain that it names has no SPF record, or several.
        Unanswered: the resolver does not answer.
    """
    waiting, lookups = [domain], 0
    while waiting and lookups <= MOST_LOOKUPS:
        for name, other in _terms(waiting.pop(), records):
            lookups += 1
            if name in _NAMES_ANOTHER and "%" not in other:  # a macro depends on the mail
                waiting.append(other)
    return lookups


def _terms(domain: str, records: Records) -> Iterator[tuple[str, str]]:
    """Yield the terms that cost a lookup, with what they name."""
    found = records.spf(domain)
    if len(found) != 1:
        raise BrokenSpf(f"{domain} has {len(found) or 'no'} SPF records")
    matches = [_TERM.fullmatch(term) for term in found[0].split()[1:]]
    terms = [(match[1].lower(), match[2] or "") for match in matches if match]
    has_all = any(name == "all" for name, _ in terms)
    for name, other in terms:
        if name in _COST and not (name == "redirect" and has_all):
            yield name, other
