"""What policy is asked, and what it answers: values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from storelink.models.enums import MessageClass


class Basis(StrEnum):
    """On what ground a person may be written to, weakest first."""

    NONE = "none"
    """Nothing is known."""
    PURCHASE = "purchase"
    """The person bought something, and did not object: what some laws call a soft opt-in."""
    CONSENT = "consent"
    """The person agreed."""
    CONFIRMED = "confirmed"
    """The person agreed, and confirmed it from the very address (double opt-in)."""
    REFUSED = "refused"
    """The person said no, or took the consent back. Nothing but a new consent changes that."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands to one class of messages on one channel.

    Attributes:
        basis: the ground.
        at: when it arose; for a purchase, when the newest one was made.
        source: where it is known from, for people: `"checkout"`, `"shopify"`, `"preferences"`.
    """

    basis: Basis = Basis.NONE
    at: datetime | None = None
    source: str = ""


class Confidence(StrEnum):
    """How well a time zone is known."""

    STATED = "stated"
    """The person's account says so."""
    CERTAIN = "certain"
    """The country, or the part of it, has only one."""
    LIKELY = "likely"
    """The phone's country, or the store's own zone, lets expect it."""
    UNKNOWN = "unknown"
    """Nobody knows; every zone that is possible counts."""


@dataclass(frozen=True, slots=True)
class Zone:
    """Where the recipient's clock stands.

    What must not be in the night must be in nobody's night: where several zones are possible,
    each of them is asked.

    Attributes:
        names: IANA names, the likeliest first; at least one.
        confidence: how well it is known.
        source: from what: `"account"`, `"postcode"`, `"region"`, `"country"`, `"phone"`, `"store"`.
    """

    names: tuple[str, ...]
    confidence: Confidence
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """May a message of this class go to this person, by this channel, now?

    Attributes:
        message_class: why it is sent.
        channel: the channel's name: `"email"`, `"sms"`, `"whatsapp"` …
        at: the instant.
        country: where the recipient is, ISO 3166-1 alpha-2; `None` when nobody knows.
        region: the part of the country, ISO 3166-2 without the country: `"CA"`, `"TX"`.
        zone: where the recipient's clock stands.
        standing: how the recipient stands to such messages.
    """

    message_class: MessageClass
    channel: str
    at: datetime
    country: str | None
    zone: Zone
    region: str | None = None
    standing: Standing = field(default_factory=Standing)


class Outcome(StrEnum):
    """What is to be done with a message."""

    SEND = "send"
    DEFER = "defer"
    SUPPRESS = "suppress"


class Need(StrEnum):
    """What a message must bring along."""

    OPT_OUT = "opt_out"
    """A way to say no to further ones, in the message itself."""
    SENDER_ADDRESS = "sender_address"
    """The sender's name and postal address."""
    ONE_CLICK = "one_click"
    """`List-Unsubscribe` and `List-Unsubscribe-Post` (RFC 8058)."""
    AD_LABEL = "ad_label"
    """A word that says that it is advertising."""


@dataclass(frozen=True, slots=True)
class Cited:
    """One rule that had a say.

    Attributes:
        rule: its id in the rulebook, for example `"de.uwg-7"`.
        source: the law, decision or rule of a provider, with its address.
        why: what it says here, in one sentence.
    """

    rule: str
    source: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Ruling:
    """The answer.

    Attributes:
        outcome: send now, send later, or do not send.
        until: the first instant that is allowed; only of what is deferred.
        reasons: the rules that led to it, the decisive one first.
        needs: what the message must bring along if it is sent.
        never_open: it is suppressed only because no hour is allowed.
    """

    outcome: Outcome
    until: datetime | None = None
    reasons: tuple[Cited, ...] = ()
    needs: frozenset[Need] = frozenset()
    never_open: bool = False
