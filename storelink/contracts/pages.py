"""What the hosted pages ask for, and what they tell: values, and who answers."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple, Protocol, Self

from storelink.links import LinkRefused, Ticket
from storelink.models.answer import Answer
from storelink.models.enums import AnswerKind, CartReason, MessageClass
from storelink.models.money import Money


@dataclass(frozen=True, slots=True)
class Choice:
    """One box that a person can tick.

    Attributes:
        channel: the channel's name: `"email"`, `"sms"`, `"whatsapp"` …
        message_class: relationship or marketing.
        allowed: whether such messages may be sent; of a change, whether they are to be.
        wording: of a change, what the person read beside the box, in their language.
        agreed: the person has said so; not where something was bought only. An undo brings back
            what was agreed to, and makes nothing else of a purchase.
    """

    channel: str
    message_class: MessageClass
    allowed: bool
    wording: str = ""
    agreed: bool = True

    @property
    def name(self) -> str:
        """What tells it from the other boxes."""
        return f"{self.message_class}:{self.channel}"


@dataclass(frozen=True, slots=True)
class Settings:
    """What one person may be sent, as it is stored now.

    Attributes:
        choices: the boxes, in the order of the page.
        locale: the person's language (BCP 47), where it is known.
        hidden: what has no box, and can be refused all the same.
    """

    choices: tuple[Choice, ...]
    locale: str | None = None
    hidden: tuple[Choice, ...] = ()


class CameBy(NamedTuple):
    """Which way a link to the preferences came: the detail of its ticket.

    Attributes:
        channel: the channel's name; empty if it came by none.
        address: the keyed hash of the address that it was sent to, in hex; empty where that is
            not known. By it a refusal is understood also when the order has another address.
    """

    channel: str
    address: str = ""

    @classmethod
    def of(cls, ticket: Ticket) -> Self:
        """Return what a link says.

        Raises:
            LinkRefused: it says something else.
        """
        channel, _, packed = ticket.detail.partition("/")
        try:
            return cls(channel, urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).hex())
        except ValueError:
            raise LinkRefused("unknown") from None

    @property
    def detail(self) -> str:
        """What the link says; as short as it can be, for a text message has few characters."""
        packed = urlsafe_b64encode(bytes.fromhex(self.address)).rstrip(b"=").decode()
        return "/".join(filter(None, (self.channel, packed)))

    def is_to(self, hashed: str | None) -> bool:
        """Say whether it was sent to the address of that hash."""
        return self.address in ("", hashed)


class Preferences(Protocol):
    """Who knows what a person wants to be sent."""

    def read(self, ticket: Ticket) -> Settings | None:
        """Return what is stored for the person behind *ticket*; `None` if nobody is known."""

    def change(self, ticket: Ticket, changes: Sequence[Choice], *, one_click: bool) -> None:
        """Store *changes*. Doing it again adds nothing to what counts.

        A refusal is stored also where nothing was allowed: without it, a later purchase could
        be taken for a consent.

        Args:
            ticket: who.
            changes: only what the person changed.
            one_click: a mail program asked for it (RFC 8058), not a page.
        """


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked.

    Attributes:
        number: the order's number, as the customer knows it.
        title: what is reviewed, if it is one thing.
        reward: what everybody was promised who answers: a percentage, or an amount. The page says
            so, and that the answer should (16 CFR 255.5).
        disclosure: what else has to be said beside the question.
        next_url: where the person may write publicly, too. It is shown before and after every
            answer, whatever it is: to ask only those who are content is forbidden.
        is_public: the words go to the store, which may publish them.
        given: the answer that is stored already.
        locale: the person's language (BCP 47), where it is known.
    """

    kind: AnswerKind
    number: str
    title: str | None = None
    reward: Decimal | Money | None = None
    disclosure: str | None = None
    next_url: str | None = None
    is_public: bool = False
    given: Answer | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What a person answered: a rating on the question's scale, a reason, words, or several."""

    rating: int | None
    comment: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    reason: CartReason | None = None


class Answers(Protocol):
    """Who knows what is asked, and keeps what is answered."""

    def ask(self, ticket: Ticket) -> Question | None:
        """Return what is asked; `None` if the order is not known any more."""

    def record(self, ticket: Ticket, given: Given) -> None:
        """Keep an answer; a later one takes the place of an earlier one."""
