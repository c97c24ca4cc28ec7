"""From a rendered message to the bytes of a mail. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, quote
from typing import Final

from storelink.models.message import Outgoing
from storelink.toolkit.signing import digest
from storelink_email import parts
from storelink_email.mailbox import Mailbox, one_line

KEY_HEADER: Final = "X-Storelink-Message"
"""A fingerprint of the message's key: what is the same in every attempt at a message."""

_WEB_ADDRESS = re.compile(r"https?://[!-;=?-~]+")
_LANGUAGE = re.compile(r"[A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_LINE: Final = 76
"""How long a line of a header may be without being folded."""


def message_id(message: Outgoing, sender: Mailbox) -> str:
    """Return the Message-ID: the same for every attempt at *message*, and for nothing else."""
    return f"<{digest(message.key)}@{sender.domain}>"


def compose(
    message: Outgoing, to: Mailbox, *, sender: Mailbox, reply_to: Mailbox | None, at: datetime
) -> bytes:
    """Return *message* as a mail with CRLF line ends, in ASCII unless the address of *to* is not.

    Args:
        message: what to say.
        to: the one who reads it.
        sender: who says it.
        reply_to: where answers go, if not to the sender.
        at: the time for the Date header, aware.
    """
    fingerprint = digest(message.key)
    people = {"From": sender, "To": to, "Reply-To": reply_to}
    fields = {name: _people(one, name) for name, one in people.items() if one}
    fields |= {
        "Subject": _words(one_line(message.subject), "Subject"),
        "Date": format_datetime(at),
        "Message-ID": message_id(message, sender),
        # RFC 3834: no vacation notice is to answer this mail
        "Auto-Submitted": "auto-generated",
        KEY_HEADER: fingerprint,
        "MIME-Version": "1.0",
    }
    if message.unsubscribe_url and _WEB_ADDRESS.fullmatch(message.unsubscribe_url):
        # RFC 8058: a mail program may ask there, in one click and without a cookie.
        fields["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        fields["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if _LANGUAGE.fullmatch(message.locale):
        fields["Content-Language"] = message.locale
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return head.encode() + parts.content(message, fingerprint)


def _people(mailbox: Mailbox, header: str) -> str:
    if not mailbox.name:
        return mailbox.address
    is_plain = _is_plain(mailbox.name)
    name = f'"{quote(mailbox.name)}"' if is_plain else _words(mailbox.name, header)
    return f"{name} <{mailbox.address}>"


def _words(text: str, header: str) -> str:
    if _is_plain(text) and len(header) + 2 + len(text) <= _LINE:
        return text
    # EmailMessage loses or doubles blanks where it folds encoded words (CPython gh-92081).
    charset = "us-ascii" if _is_plain(text) else "utf-8"
    return Header(text, charset, header_name=header).encode(linesep="\r\n")


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text  # which begins an encoded word (RFC 2047)
