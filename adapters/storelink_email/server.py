"""Which SMTP server to talk to, and how the connection is protected: all of it in one URL."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

MALFORMED: Final = (
    "expected smtp://user:password@host:port, with smtp+starttls, smtps or smtp+plain instead of "
    "smtp if need be; percent-encode special characters of the password"
)


class Security(StrEnum):
    """How a connection is protected.

    Attributes:
        OPPORTUNISTIC: STARTTLS where the server offers it.
        STARTTLS: STARTTLS, or no mail.
        IMPLICIT: TLS from the first byte.
        NONE: none, even if it is offered.
    """

    OPPORTUNISTIC = "opportunistic"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


_SCHEMES = {
    "smtp": Security.OPPORTUNISTIC,
    "smtp+starttls": Security.STARTTLS,
    "smtps": Security.IMPLICIT,
    "smtp+plain": Security.NONE,
}

# RFC 8314 (465, 587) and RFC 5321 (25)
_SUBMISSIONS, _SUBMISSION, _RELAY = 465, 587, 25


@dataclass(frozen=True, slots=True)
class Server:
    """An SMTP server and the way to it.

    >>> Server.parse("smtp://hello:s%40cret@mail.example").security
    <Security.STARTTLS: 'starttls'>

    Attributes:
        user: empty if the server wants no credentials.
    """

    host: str
    port: int
    security: Security
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, url: str) -> Server:
        """Read *url*.

        With credentials `smtp://` insists on STARTTLS, so that no password travels in the open.
        On this machine's own interface it uses none: there is no way to protect.

        Raises:
            ValueError: it is malformed; the message does not repeat it, for it holds the password.
        """
        parts, port = _split(url)
        host = parts.hostname or ""
        if not _is_host(host) or parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError(MALFORMED)
        user, password = _credentials(parts)
        security = _security(_SCHEMES[parts.scheme], host, with_credentials=bool(user))
        return cls(host, port or _port(security, bool(user)), security, user, password)


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(MALFORMED) from None
    if parts.scheme not in _SCHEMES:
        raise ValueError(MALFORMED)
    return parts, port


def _is_host(name: str) -> bool:
    try:
        return bool(name.encode("idna"))
    except UnicodeError:
        return False


def _credentials(parts: SplitResult) -> tuple[str, str]:
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError("user and password belong together")
    if not (user + password).isascii():
        # smtplib encodes them as ASCII
        raise ValueError("user and password must be ASCII")
    return user, password


def _security(asked: Security, host: str, *, with_credentials: bool) -> Security:
    if asked is not Security.OPPORTUNISTIC:
        return asked
    if is_loopback(host):
        return Security.NONE
    return Security.STARTTLS if with_credentials else Security.OPPORTUNISTIC


def _port(security: Security, with_credentials: bool) -> int:
    if security is Security.IMPLICIT:
        return _SUBMISSIONS
    needs_submission = with_credentials or security is Security.STARTTLS
    return _SUBMISSION if needs_submission else _RELAY


def is_loopback(host: str) -> bool:
    """Say whether *host* is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
