"""The mails as the SMTP server received them: what storelink is measured by."""

from __future__ import annotations

import email.policy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser

from storelink.outbox.desk import MessageView
from storelink.rendering.locales import babel_locale
from storelink.toolkit.signing import digest

_FINGERPRINT = "X-Storelink-Message"
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
_PARSER = BytesParser(policy=email.policy.default)


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """One mail.

    Attributes:
        file: the name of its file; it names the order and never the person.
        key: the key of the outbox's message that it is; `None` if it is none.
        language: BCP 47.
    """

    file: str
    raw: bytes = field(repr=False)
    message_id: str
    key: str | None
    sender: str
    to: str = field(repr=False)
    subject: str = field(repr=False)
    date: str
    language: str
    text: str = field(repr=False)
    html: str | None = field(repr=False)

    @property
    def direction(self) -> str:
        """The direction in which its language is written: `"ltr"` or `"rtl"`."""
        return babel_locale(self.language).text_direction


class Received:
    """Everything that the SMTP server received.

    Args:
        raws: the mails, in order of arrival.
        messages: the messages of the outbox.
        numbers: the number of each order, by store and id.
    """

    def __init__(
        self,
        raws: Sequence[bytes],
        messages: Sequence[MessageView],
        numbers: Mapping[tuple[str, str], str],
    ) -> None:
        known = {digest(message.key): message for message in messages}
        self.mails = [
            _read(number, raw, known, numbers) for number, raw in enumerate(raws, start=1)
        ]

    @property
    def different(self) -> int:
        """How many different messages arrived."""
        return len({mail.message_id for mail in self.mails})

    @property
    def repeated(self) -> int:
        """How many mails were repeats of another one."""
        return len(self.mails) - self.different

    @property
    def by_key(self) -> Mapping[str, ReceivedMail]:
        """The mails by the key of their message."""
        return {mail.key: mail for mail in self.mails if mail.key}


def _read(
    number: int,
    raw: bytes,
    known: Mapping[str, MessageView],
    numbers: Mapping[tuple[str, str], str],
) -> ReceivedMail:
    mail = _PARSER.parsebytes(raw)
    message = known.get(_header(mail, _FINGERPRINT))
    return ReceivedMail(
        file=_file(number, message, numbers),
        raw=raw,
        message_id=_header(mail, "Message-ID"),
        key=message.key if message else None,
        sender=_header(mail, "From"),
        to=_header(mail, "To"),
        subject=_header(mail, "Subject"),
        date=_header(mail, "Date"),
        language=_header(mail, "Content-Language") or "en",
        text=_body(mail, "plain") or "",
        html=_body(mail, "html"),
    )


def _file(number: int, message: MessageView | None, numbers: Mapping[tuple[str, str], str]) -> str:
    about = "unknown"
    if message:
        order_id = message.order_id or message.subject.id
        order = numbers.get((message.store, order_id), order_id)
        about = "-".join(map(_plain, (message.store, order, message.template)))
    return f"{number:04}-{about}.eml"


def _plain(text: str) -> str:
    return _NOT_PLAIN.sub("-", text.lower()).strip("-")


def _header(mail: EmailMessage, name: str) -> str:
    return str(mail.get(name, "")).strip()


def _body(mail: EmailMessage, kind: str) -> str | None:
    part = mail.get_body((kind,))
    return None if part is None else str(part.get_content())
