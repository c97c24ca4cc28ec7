"""Mail addresses: checked, and with the domain as the network needs it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

MAX_NAME: Final = 200

_NAMED = re.compile(r"\s*(.*?)\s*<([^<>]*)>\s*", re.DOTALL)
# U+202D and U+202E turn letters around: "moc.live" shows as another address.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202d\u202e]+")


def one_line(text: str) -> str:
    """Return *text* fit for a header: control characters, line breaks among them, are blanks."""
    return " ".join(_CONTROLS.sub(" ", text).split())


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address, and the name that is shown with it.

    >>> Mailbox.parse("Atelier <hello@büro.example>").address
    'hello@xn--bro-hoa.example'

    Attributes:
        address: with an ASCII domain (IDNA).
    """

    address: str = field(repr=False)
    name: str = field(default="", repr=False)

    @classmethod
    def parse(cls, text: str) -> Mailbox:
        """Read an address; a name may stand before it.

        Raises:
            ValueError: it is no address; the message does not repeat it.
        """
        match = _NAMED.fullmatch(text)
        written, address = match.groups() if match else ("", text)
        return cls.at(address, written.strip('"'))

    @classmethod
    def at(cls, address: str, name: str = "") -> Mailbox:
        """Return the mailbox of a bare *address*. Whether its domain exists is not asked.

        Raises:
            ValueError: it is no address; the message does not repeat it.
        """
        checked = _validate(address)
        return cls(f"{checked.local_part}@{checked.ascii_domain}", one_line(name)[:MAX_NAME])

    @property
    def domain(self) -> str:
        """What stands behind the @."""
        return self.address.rpartition("@")[2]

    @property
    def needs_utf8(self) -> bool:
        """Whether only servers with SMTPUTF8 (RFC 6531) can take mail for it."""
        return not self.address.isascii()


def _validate(text: str) -> ValidatedEmail:
    try:
        return validate_email(
            text.strip(),
            check_deliverability=False,
            globally_deliverable=False,
            test_environment=True,
            allow_quoted_local=True,
        )
    except EmailNotValidError:
        raise ValueError("not a mail address") from None
