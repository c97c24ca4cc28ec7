"""Links to the hosted pages: signed, expiring, for one purpose each, without personal data."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode, want_bytes
from itsdangerous.signer import HMACAlgorithm

from storelink.clock import Clock
from storelink.errors import ConfigError, StorelinkError

MIN_KEY: Final = 16
"""A key has at least so many bytes."""

MAX_TOKEN: Final = 1_024
"""What is longer is no token of ours, and is not looked into."""

_MAC_BYTES: Final = 16
_HOUR: Final = 3_600
_SEPARATOR: Final = "\n"
_SITE: Final = re.compile(
    r"(?:https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|http://(?:localhost|127\.0\.0\.1))"
    r"(?::[0-9]{1,5})?(?:/[a-z0-9._~%-]+)*/?",
    re.ASCII | re.IGNORECASE,
)
"""An unsubscribe header has an https address (RFC 8058, section 3.1)."""


class Purpose(StrEnum):
    """What a link is for. A link of one purpose opens nothing of another.

    The value is the path of its page.
    """

    TRACKING = "t"
    """Where the parcels of an order are."""
    PREFERENCES = "u"
    """Which messages a person gets, and none of them any more."""
    ANSWER = "a"
    """What a person thinks: a survey, a review."""
    RETURN = "r"
    """What of an order a person wants to send back."""


LIFE: Final = {
    Purpose.TRACKING: timedelta(days=180),
    # CAN-SPAM asks for at least 30 days after the message (15 U.S.C. 7704(a)(3)(A)(ii)), CASL for
    # 60 (S.C. 2010, c. 23, s. 11(2)); nothing speaks for an end before people clear their mailbox.
    Purpose.PREFERENCES: timedelta(days=2 * 365),
    Purpose.ANSWER: timedelta(days=90),
    # The page says when it is too late: nobody told of their right keeps it for a year and 14 days
    # (Directive 2011/83/EU, article 10).
    Purpose.RETURN: timedelta(days=400),
}
"""How long a link lives, unless it is said."""


class LinkRefused(StorelinkError):
    """A link opens nothing.

    Attributes:
        reason: `"expired"`, or `"unknown"`: broken off, changed, made for another page, or signed
            with a key that is not known here. Which of these, is nobody's business.
    """

    def __init__(self, reason: Literal["expired", "unknown"]) -> None:
        super().__init__(f"the link is {reason}")
        self.reason: Final = reason


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a link says.

    Attributes:
        store: the store's name.
        subject: what it is about: the id of an order or of a message; never an address.
        detail: what else its page has to know, for example the channel that it came by.
        expires_at: the end of its life (UTC), in whole hours.
    """

    purpose: Purpose
    store: str
    subject: str = field(repr=False)
    detail: str
    expires_at: datetime


class Links:
    """Makes links, and reads them.

    A token is its payload (when it ends, store, subject, detail: readable by whoever has it) and
    a HMAC-SHA256 of it, cut to 128 bits (RFC 2104, section 5) to be short enough for an SMS. The
    key of the HMAC is made from a key of *keys* and the purpose.

    Args:
        keys: secrets of at least 16 bytes, the newest first: it signs, and all of them verify. A
            key is given up by leaving it out, and with it every link that it signed.
        base_url: where the pages are served, for example `https://shop.example/hello`; http only
            on this very machine.
        clock: the clock.

    Raises:
        ConfigError: there is no key, a key is too short, or the address is none.
    """

    def __init__(self, keys: Sequence[str | bytes], *, base_url: str, clock: Clock) -> None:
        secrets = [key.encode() if isinstance(key, str) else key for key in keys]
        if not secrets or any(len(secret) < MIN_KEY for secret in secrets):
            raise ConfigError(f"links are signed with at least one key of {MIN_KEY} bytes or more")
        if not _SITE.fullmatch(base_url):
            raise ConfigError(
                "site_url is where the pages are reached, like https://shop.example/hello: https "
                "(http only on localhost), in ASCII (a domain as xn--…), without ? and #"
            )
        self._base, self._clock = base_url.rstrip("/"), clock
        self._signers = {purpose: _signer(secrets, purpose) for purpose in Purpose}

    def __repr__(self) -> str:
        return f"Links(base_url={self._base!r})"

    def make(
        self,
        purpose: Purpose,
        store: str,
        subject: str,
        *,
        detail: str = "",
        life: timedelta | None = None,
    ) -> str:
        """Return the address of a page.

        Args:
            purpose: which page.
            store: the store's name.
            subject: the id of an order or of a message; nothing personal, for anybody can read it.
            detail: what else the page has to know, as short as it can be.
            life: how long it opens, rounded up to the hour; by default as `LIFE` says.

        Raises:
            ValueError: one of the parts has a line break, or all of them are too long.
        """
        ends = self._clock.now() + (LIFE[purpose] if life is None else life)
        parts = (f"{math.ceil(ends.timestamp() / _HOUR):x}", store, subject, detail)
        if any(_SEPARATOR in part for part in parts):
            raise ValueError("a part of a link has no line break")
        payload = base64_encode(_SEPARATOR.join(parts).rstrip(_SEPARATOR))
        token = self._signers[purpose].sign(payload).decode()
        if len(token) > MAX_TOKEN:
            raise ValueError("the parts of a link are too long")
        return f"{self._base}/{purpose}/{token}"

    def read(self, token: str, purpose: Purpose) -> Ticket:
        """Return what the *token* of a link for *purpose* says.

        Raises:
            LinkRefused: it is not genuine, not for this purpose, or too old.
        """
        ticket = self._genuine(token, purpose)
        if ticket.expires_at <= self._clock.now():
            raise LinkRefused("expired")
        return ticket

    def _genuine(self, token: str, purpose: Purpose) -> Ticket:
        if len(token) > MAX_TOKEN:
            raise LinkRefused("unknown")
        try:
            signed = self._signers[purpose].unsign(token)
            told = base64_decode(signed).decode().split(_SEPARATOR)
        except (BadData, ValueError):
            raise LinkRefused("unknown") from None
        hours, store, subject, detail = (*told, "", "", "")[:4]  # empty ends are left out
        ends = datetime.fromtimestamp(int(hours, 16) * _HOUR, UTC)
        return Ticket(purpose, store, subject, detail, ends)


class _Short(HMACAlgorithm):
    """A HMAC of which half is kept; it is compared in constant time."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return super().get_signature(key, value)[:_MAC_BYTES]


class _Exact(Signer):
    """Takes a signature in one spelling only: Base64 can be read in many."""

    def verify_signature(self, value: str | bytes, sig: str | bytes) -> bool:
        given, signed = want_bytes(sig), want_bytes(value)
        keys = map(self.derive_key, self.secret_keys)
        signatures = (base64_encode(self.algorithm.get_signature(key, signed)) for key in keys)
        return any(hmac.compare_digest(given, signature) for signature in signatures)


def _signer(secrets: Sequence[bytes], purpose: Purpose) -> Signer:
    return _Exact(
        list(reversed(secrets)),  # there the last one signs
        salt=f"storelink/{purpose}".encode(),
        key_derivation="hmac",
        digest_method=hashlib.sha256,
        algorithm=_Short(hashlib.sha256),
    )
