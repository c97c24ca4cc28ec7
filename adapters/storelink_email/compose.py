"""From a rendered message to the bytes of a mail. Pure but for the time in a signature."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from storelink.models.enums import MessageClass
from storelink.models.message import Outgoing
from storelink.toolkit.signing import digest
from storelink_email import parts
from storelink_email.headers import folded, person, words
from storelink_email.mailbox import Mailbox, one_line
from storelink_email.origin import Origin

KEY_HEADER: Final = "X-Storelink-Message"
"""A fingerprint of the message's key: what is the same in every attempt at a message."""

_WEB_ADDRESS = re.compile(r"https?://[!-;=?-~]{1,900}")
_LANGUAGE = re.compile(r"[A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_NO_LABEL = re.compile(r"[^a-z0-9_]+")


def message_id(message: Outgoing, origin: Origin) -> str:
    """Return the Message-ID: the same for every attempt at *message*, and for nothing else."""
    return f"<{origin.mark(message.key)}@{origin.sender.domain}>"


def compose(message: Outgoing, to: Mailbox, *, origin: Origin, at: datetime) -> bytes:
    """Return *message* as a mail with CRLF line ends, in ASCII unless the address of *to* is not.

    Args:
        message: what to say.
        to: the one who reads it.
        origin: who says it, and signs it.
        at: the time for the Date header, aware.

    Raises:
        UnicodeError: a text has halves of characters.
    """
    fingerprint = digest(message.key)
    people = {"From": origin.sender, "To": to, "Reply-To": origin.reply_to}
    fields = {name: person(one, name) for name, one in people.items() if one}
    fields |= {
        "Subject": words(one_line(message.subject), "Subject"),
        "Date": format_datetime(at),
        "Message-ID": message_id(message, origin),
        # RFC 3834: no vacation notice is to answer this mail; Exchange has a header of its own
        # for that ([MS-OXCMAIL], section 2.1.3.2.20). Bounces are wanted.
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        KEY_HEADER: fingerprint,
        "MIME-Version": "1.0",
        **_kind(message, origin),
    }
    if _LANGUAGE.fullmatch(message.locale):
        fields["Content-Language"] = message.locale
    head = b"".join(folded(name, value) for name, value in fields.items())
    mail = head + parts.content(message, fingerprint)
    return b"".join([*(one.signature(mail) for one in origin.signers), mail])


def _kind(message: Outgoing, origin: Origin) -> dict[str, str]:
    """Return the fields by which mail programs sort mails, and let people out of them."""
    fields = {}
    if origin.feedback_id:
        # Gmail Help, "Feedback loop": a:b:c:SenderId, and nothing that names a person
        named = (message.template, message.store, message.message_class)
        fields["Feedback-ID"] = ":".join([*map(_label, named), origin.feedback_id])
    if message.message_class is not MessageClass.TRANSACTIONAL:
        labels = (message.message_class, _label(message.store), origin.sender.domain)
        fields["List-Id"] = f"<{'.'.join(filter(None, labels))}>"  # RFC 2919
    if message.unsubscribe_url and _WEB_ADDRESS.fullmatch(message.unsubscribe_url):
        # RFC 8058: a mail program may ask there, in one click and without a cookie.
        fields["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        fields["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return fields


def _label(name: str) -> str:
    return _NO_LABEL.sub("-", name.lower()).strip("-")[:63]
