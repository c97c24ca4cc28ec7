"""Who a mail is from, and who signs it. Pure but for reading the keys."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from storelink.toolkit.signing import digest
from storelink_email.mailbox import Mailbox
from storelink_email.settings import EmailSettings, Sender
from storelink_email.signing import Signer


@dataclass(frozen=True, slots=True)
class Origin:
    """Who the mails of one store are from.

    Attributes:
        bounces: where mails come back to, before each gets its mark; `None` for the sender.
        signers: whose keys sign; empty if they go out unsigned.
        feedback_id: who they are from in Gmail's feedback reports; `None` to say nothing.
        bounce_key: makes marks that nobody can guess; `None` for plain fingerprints.
    """

    sender: Mailbox
    reply_to: Mailbox | None = None
    bounces: Mailbox | None = None
    signers: tuple[Signer, ...] = ()
    feedback_id: str | None = None
    bounce_key: bytes | None = field(default=None, repr=False)

    def mark(self, key: str) -> str:
        """Return the mark of the message of that *key*: the same in each attempt, 32 hex digits.

        With a key of our own, nobody can make one up who has not got the mail: who reports it is
        believed.
        """
        plain = digest(key)
        if self.bounce_key is None:
            return plain
        return hmac.digest(self.bounce_key, plain.encode(), "sha256").hex()[: len(plain)]

    @property
    def returns(self) -> Mailbox:
        """Where mails come back to."""
        return self.bounces or self.sender

    def envelope(self, mark: str) -> str:
        """Return the envelope's sender of the mail with that *mark*: it tells which came back."""
        if self.bounces is None:
            return self.sender.address
        local, _, domain = self.bounces.address.rpartition("@")
        return f"{local}+{mark}@{domain}"


@dataclass(frozen=True, slots=True)
class Origins:
    """Who the mails of each store are from.

    Attributes:
        usual: for every store that has none of its own.
        own: by the store's name.
    """

    usual: Origin
    own: Mapping[str, Origin]

    @classmethod
    def of(cls, settings: EmailSettings) -> Origins:
        """Return what *settings* say, with the keys read.

        Raises:
            ConfigError: a key cannot be used; the message names the file and the remedy.
            MissingExtra: there are keys, and what signs is not installed.
        """
        signers = tuple(Signer.of(one) for one in settings.dkim)
        secret = settings.bounce_key
        key = secret.get_secret_value().encode() if secret else None
        own = {store: _origin(one, signers, key) for store, one in settings.senders.items()}
        origins = cls(_origin(settings, signers, key), own)
        return origins if settings.feedback_id is None else origins.named(settings.feedback_id)

    def named(self, feedback_id: str) -> Origins:
        """Return the same with one name for Gmail's feedback reports, whoever signs."""
        own = {store: replace(one, feedback_id=feedback_id) for store, one in self.own.items()}
        return Origins(replace(self.usual, feedback_id=feedback_id), own)

    @property
    def are_signed(self) -> bool:
        """Whether the mails of any store are signed here."""
        return any(one.signers for one in (self.usual, *self.own.values()))

    def ids(self, marks: Iterable[str]) -> tuple[str, ...]:
        """Return the Message-IDs that mails with one of these marks may have."""
        domains = {one.sender.domain for one in (self.usual, *self.own.values())}
        return tuple(f"<{mark}@{domain}>" for mark in marks for domain in sorted(domains))

    def for_store(self, store: str) -> Origin:
        """Return who the mails of *store* are from."""
        return self.own.get(store, self.usual)


def _origin(settings: Sender, signers: tuple[Signer, ...], key: bytes | None) -> Origin:
    sender = Mailbox.parse(settings.sender)
    reply_to, bounces = (
        Mailbox.parse(one) if one else None for one in (settings.reply_to, settings.bounce_address)
    )
    its = tuple(one for one in signers if are_related(one.domain, sender.domain))
    return Origin(sender, reply_to, bounces, its, "storelink" if its else None, key)


def are_related(one: str, other: str) -> bool:
    """Say whether the domains are the same, or one is below the other.

    Then they are aligned in the relaxed sense of RFC 7489, section 3.1. Two that stand beside each
    other below a third may be, too: only the list of public suffixes knows.
    """
    one, other = one.lower(), other.lower()
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
