"""What a server's answer means for the message: later, never, or nobody knows. Pure.

The classes of codes are those of RFC 5321 section 4.2.1, the codes about credentials those of
RFC 4954 section 6, the enhanced codes those of RFC 3463.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from storelink.errors import Rejected, RetryLater, SendError
from storelink_email.mailbox import one_line

_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")
_MAX_READ: Final = 2_000
_MAX_TEXT: Final = 200

_CLOSING: Final = 421
_TOO_LARGE: Final = 552
_SET_UP: Final = frozenset({500, 502, 503, 504, 530, 534, 535, 538})
"""Commands out of place and credentials: about this server and this set-up, not the message."""


class Stage(StrEnum):
    """How far a mail has come."""

    SENDER = "the sender"
    RECIPIENT = "the recipient"
    START = "the start of the message"
    END = "the message"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a server."""

    code: int
    text: str

    @classmethod
    def read(cls, code: int, text: bytes) -> Reply:
        """Return an answer without the mail addresses that it may repeat."""
        words = _ADDRESS.sub("<address>", one_line(text[:_MAX_READ].decode("utf-8", "replace")))
        return cls(code, words[:_MAX_TEXT])

    @property
    def is_yes(self) -> bool:
        """Whether the server did what it was asked."""
        return 200 <= self.code < 300  # noqa: PLR2004

    @property
    def is_temporary(self) -> bool:
        """Whether the server asks to come back later."""
        return 400 <= self.code < 500  # noqa: PLR2004

    @property
    def is_permanent(self) -> bool:
        """Whether the server will never do it."""
        return 500 <= self.code < 600  # noqa: PLR2004

    @property
    def codes(self) -> str:
        """The code and, where there is one, the enhanced code, for example `"550 5.1.1"`."""
        enhanced = _ENHANCED.match(self.text)
        return f"{self.code} {enhanced.group()}" if enhanced else str(self.code)


def refusal(stage: Stage, reply: Reply, server: str) -> SendError:
    """Return what to raise when *server* answered *reply*, which is no yes, about *stage*.

    `RetryLater` also stands for a permanent refusal of the set-up - credentials, sender, relaying:
    the shop repairs it, and no message is lost. A code that says neither yes nor no leaves a
    complete message in doubt: that is a plain `SendError`. It is an outage where the server closes
    (421) or refuses whatever it is asked, whoever the recipient is.
    """
    said = f"{server} answered {stage}: {reply.code} {reply.text}".rstrip()
    if reply.is_temporary:
        return RetryLater(said, code=reply.codes, outage=reply.code == _CLOSING)
    if reply.is_permanent and _is_set_up(stage, reply):
        return RetryLater(said, code=reply.codes, outage=stage is not Stage.RECIPIENT)
    if reply.is_permanent:
        return Rejected(said, code=reply.codes)
    said += " (not an answer that SMTP knows)"
    is_complete = stage is Stage.END
    return SendError(said, code=reply.codes) if is_complete else RetryLater(said, code=reply.codes)


def _is_set_up(stage: Stage, reply: Reply) -> bool:
    if reply.code in _SET_UP:
        return True
    if stage is Stage.SENDER:
        return reply.code != _TOO_LARGE
    return stage is Stage.RECIPIENT and "relay" in reply.text.lower()
