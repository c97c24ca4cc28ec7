"""The e-mail channel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Unpack

from pydantic import SecretStr

from storelink.clock import Clock, SystemClock
from storelink.contracts.channel import Accepted, Channel, Report
from storelink.contracts.finding import Finding
from storelink.contracts.manifest import Capability, Manifest
from storelink.errors import Rejected
from storelink.models.contact import Contact
from storelink.models.message import Outgoing
from storelink.toolkit.settings import checked
from storelink_email import bouncebox, checks, domains, returned
from storelink_email.compose import compose, message_id
from storelink_email.connection import Connection, Mail
from storelink_email.mailbox import Mailbox
from storelink_email.opening import Opener
from storelink_email.origin import Origins
from storelink_email.settings import EmailOptions, EmailSettings

if TYPE_CHECKING:
    from dns.resolver import Resolver


class Email(Channel):
    """Sends mail over SMTP. It may be used from several threads; they share one connection.

    Args:
        url: the SMTP server, for example `"smtp://user:password@mail.example"`; the schemes are
            told in `EmailSettings`.
        clock: tells the time for the Date header, and for signatures.
        resolver: whom `check` asks for DNS records; by default the system's.
        options: `sender`, for example `"Atelier <hello@atelier.example>"`, and what else
            `EmailSettings` tells.

    Raises:
        ConfigError: an option is wrong, or a key cannot be used; the message names it, and does
            not repeat the password.
        MissingExtra: there is a key, and `storelink[dkim]` is not installed.
    """

    def __init__(
        self,
        url: str | SecretStr,
        *,
        clock: Clock | None = None,
        resolver: Resolver | None = None,
        **options: Unpack[EmailOptions],
    ) -> None:
        settings = checked(EmailSettings, "e-mail", {"url": url, **options})
        self._max_bytes, self._bounces = settings.max_bytes, settings.bounce_mailbox
        self._origins = Origins.of(settings)
        self._clock, self._resolver = clock or SystemClock(), resolver
        self._opener = Opener(settings.server, timeout=settings.timeout, ca_file=settings.ca_file)
        self._connection = Connection(self._opener)
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        sender = self._origins.usual.sender.address
        return f"Email({str(self._opener.server)!r}, sender={sender!r})"

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
            Rejected: the address is none, the mail is too large, or the server refused it or the
                message for good.
            SendError: the connection broke after the message was sent and before the server
                confirmed it: nobody knows.
        """
        mail = self._mail(message)
        with self._lock:
            reply = self._connection.deliver(mail)
        return Accepted(message_id(message, self._origins.for_store(message.store)), reply.text)

    def draft(self, message: Outgoing) -> bytes:
        """Return the mail that `send` would hand over, signed, with CRLF line ends.

        Raises:
            Rejected: the address is none, or the mail is too large.
        """
        return self._mail(message).content

    def _mail(self, message: Outgoing) -> Mail:
        origin = self._origins.for_store(message.store)
        try:
            to = Mailbox.at(message.to, message.to_name)
        except ValueError:
            raise Rejected("the recipient's address is not a mail address") from None
        try:
            content = compose(message, to, origin=origin, at=self._clock.now())
        except UnicodeError:
            raise Rejected("the message has halves of characters (lone surrogates)") from None
        if len(content) > self._max_bytes:
            told = f"the mail has {len(content)} bytes, and max_bytes allows {self._max_bytes}"
            raise Rejected(f"{told}: its attachments are too large")
        envelope = origin.envelope(origin.mark(message.key))
        return Mail(envelope, to.address, content, to.needs_utf8)

    def check(self, now: datetime) -> Iterator[Finding]:
        """Look whether the server would take mail now, and what DNS says about its senders."""
        yield from checks.look(self._opener)
        yield from domains.look(self._origins, self._resolver)

    @property
    def hears_reports(self) -> bool:
        """Whether there is a mailbox that mails come back to, `bounce_mailbox`."""
        return self._bounces is not None

    def read_reports(self, take: Callable[[Report | None], object]) -> int:
        """Read the mails that came back; see `Channel.read_reports`.

        Raises:
            ConfigError: the mailbox cannot be used.
        """

        def take_mail(content: bytes) -> None:
            one = returned.read(content)
            take(self._report(one) if one else None)

        return bouncebox.read(self._bounces, take_mail) if self._bounces else 0

    def _report(self, one: returned.Returned) -> Report:
        ids = self._origins.ids(one.marks)
        return Report(ids=ids, trouble=one.trouble, code=one.code, at=one.at)

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
