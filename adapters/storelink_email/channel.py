"""The e-mail channel."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr

from storelink.clock import Clock, SystemClock
from storelink.contracts.channel import Accepted, Channel
from storelink.contracts.finding import Finding
from storelink.contracts.manifest import Capability, Manifest
from storelink.errors import Rejected
from storelink.models.contact import Contact
from storelink.models.message import Outgoing
from storelink.toolkit.settings import checked
from storelink_email import checks
from storelink_email.compose import compose, message_id
from storelink_email.connection import Connection, Mail
from storelink_email.mailbox import Mailbox
from storelink_email.opening import Opener
from storelink_email.settings import EmailSettings


class Email(Channel):
    """Sends mail over SMTP. It may be used from several threads; they share one connection.

    Args:
        url: the SMTP server, for example `"smtp://user:password@mail.example"`; the schemes are
            told in `EmailSettings`.
        sender: who the mail is from, for example `"Atelier <hello@atelier.example>"`.
        reply_to: where answers go, if not to the sender.
        timeout: seconds to wait for each answer of the server.
        ca_file: certificates (PEM) to trust, for a server with a certificate of its own making.
        clock: tells the time for the Date header.

    Raises:
        ConfigError: an option is wrong; the message names it and does not repeat the password.
    """

    def __init__(
        self,
        url: str | SecretStr,
        *,
        sender: str,
        reply_to: str | None = None,
        timeout: float = 30.0,
        ca_file: Path | str | None = None,
        clock: Clock | None = None,
    ) -> None:
        options = {
            "url": url,
            "sender": sender,
            "reply_to": reply_to,
            "timeout": timeout,
            "ca_file": ca_file,
        }
        settings = checked(EmailSettings, "e-mail", options)
        self._server = settings.server
        self._sender = Mailbox.parse(settings.sender)
        self._reply_to = Mailbox.parse(settings.reply_to) if settings.reply_to else None
        self._clock = clock or SystemClock()
        self._opener = Opener(self._server, timeout=settings.timeout, ca_file=settings.ca_file)
        self._connection = Connection(self._opener)
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Email({str(self._server)!r}, sender={self._sender.address!r})"

    @property
    def manifest(self) -> Manifest[Channel]:
        """What this plugin is and can do."""
        return PLUGIN

    def address(self, contact: Contact) -> str | None:
        """Return the e-mail address of *contact*, if there is one."""
        return (contact.email or "").strip() or None

    def send(self, message: Outgoing) -> Accepted:
        """Hand *message* to the SMTP server.

        SMTP does not de-duplicate: a repeat under the same key has the same Message-ID, by which
        mail programs and people can recognize it, and no more.

        Raises:
            RetryLater: the server has surely not taken it, and may take it later. Wrong
                credentials and other faults of the set-up are such: the message waits for the
                repair.
            Rejected: the address is none, or the server refused it or the message for good.
            SendError: the connection broke after the message was sent and before the server
                confirmed it: nobody knows.
        """
        mail = self._mail(message)
        with self._lock:
            reply = self._connection.deliver(mail)
        return Accepted(message_id(message, self._sender), reply.text)

    def _mail(self, message: Outgoing) -> Mail:
        try:
            to = Mailbox.at(message.to, message.to_name)
        except ValueError:
            raise Rejected("the recipient's address is not a mail address") from None
        try:
            content = compose(
                message, to, sender=self._sender, reply_to=self._reply_to, at=self._clock.now()
            )
        except UnicodeError:
            raise Rejected("the message has halves of characters (lone surrogates)") from None
        return Mail(self._sender.address, to.address, content, to.needs_utf8)

    def check(self, now: datetime) -> Iterator[Finding]:
        """Look whether the server would take mail now, over a connection of its own."""
        return checks.look(self._opener)

    def close(self) -> None:
        """Give back the connection; the next message opens another."""
        with self._lock:
            self._connection.close()


PLUGIN: Manifest[Channel] = Manifest(
    name="email",
    title="E-mail (SMTP)",
    factory=Email,
    settings=EmailSettings,
    capabilities=frozenset({Capability.HTML, Capability.ATTACHMENTS}),
)
