"""From a rendered message to the bytes of a mail. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import quote
from typing import Final

from storelink.models.message import Attachment, Outgoing
from storelink.toolkit.signing import digest
from storelink_email.mailbox import Mailbox, one_line

KEY_HEADER: Final = "X-Storelink-Message"
"""A fingerprint of the message's key: what is the same in every attempt at a message."""

_MEDIA_TYPE = re.compile(r"([a-z]+)/([a-z0-9][a-z0-9.+-]*)", re.IGNORECASE)
_LANGUAGE = re.compile(r"[A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_COMPOSITE: Final = frozenset({"message", "multipart"})


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
    people = {"From": sender, "To": to, "Reply-To": reply_to}
    head = [f"{name}: {_people(one, name)}\r\n" for name, one in people.items() if one]
    head.append(f"Subject: {_words(one_line(message.subject), 'Subject')}\r\n")
    return "".join(head).encode() + _rest(message, sender, at).as_bytes()


def _people(mailbox: Mailbox, header: str) -> str:
    if not mailbox.name:
        return mailbox.address
    is_plain = _is_plain(mailbox.name)
    name = f'"{quote(mailbox.name)}"' if is_plain else _words(mailbox.name, header)
    return f"{name} <{mailbox.address}>"


def _words(text: str, header: str) -> str:
    # EmailMessage loses or doubles blanks where it folds encoded words (CPython gh-92081).
    charset = "us-ascii" if _is_plain(text) else "utf-8"
    return Header(text, charset, header_name=header).encode(linesep="\r\n")


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text  # which begins an encoded word (RFC 2047)


def _rest(message: Outgoing, sender: Mailbox, at: datetime) -> EmailMessage:
    # Seven bits pass every server, whatever it says of 8BITMIME.
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    mail["Date"] = at
    mail["Message-ID"] = message_id(message, sender)
    # RFC 3834: no vacation notice is to answer this mail
    mail["Auto-Submitted"] = "auto-generated"
    mail[KEY_HEADER] = digest(message.key)
    mail.set_content(message.text)
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html")
    for attachment in message.attachments:
        _attach(mail, attachment)
    if _LANGUAGE.fullmatch(message.locale):
        mail["Content-Language"] = message.locale  # last: setting content removes Content-*
    return mail


def _attach(mail: EmailMessage, attachment: Attachment) -> None:
    match = _MEDIA_TYPE.fullmatch(attachment.media_type)
    main, sub = match.groups() if match else ("application", "octet-stream")
    if main.lower() in _COMPOSITE:
        main, sub = "application", "octet-stream"
    mail.add_attachment(
        attachment.content, maintype=main, subtype=sub, filename=one_line(attachment.filename)
    )
