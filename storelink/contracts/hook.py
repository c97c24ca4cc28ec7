"""What a hook must do: decide, purely, which messages should exist for one subject."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from storelink.events.types import Event
from storelink.models.message import Message, Person
from storelink.models.order import Order
from storelink.models.product import Product, ProductReview
from storelink.models.ref import Kind, Ref
from storelink.models.usual import Usual

S = TypeVar("S", Order, Person)
E = TypeVar("E", bound=Event)


class Reason(StrEnum):
    """Why a message is not, or not yet, or no longer to be sent. Each has a sentence for people."""

    # what a hook says of the order
    NOT_PLACED = "not_placed"
    NOT_PAID = "not_paid"
    PAYMENT_FAILED = "payment_failed"
    ON_HOLD = "on_hold"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    DELETED = "deleted"
    UNKNOWN_STATUS = "unknown_status"
    # what a hook says of parcels
    NOT_SHIPPED = "not_shipped"
    NOT_DELIVERED = "not_delivered"
    SUPERSEDED = "superseded"
    PARCEL_REMOVED = "parcel_removed"
    NO_TRACKING = "no_tracking"
    SAME_NUMBER = "same_number"
    # what a hook says of what is late
    IN_TIME = "in_time"
    SHIPPED = "shipped"
    NOTHING_TO_SHIP = "nothing_to_ship"
    PREORDER = "preorder"
    UNSEEN = "unseen"
    # what a hook says of reviews
    NOTHING_TO_REVIEW = "nothing_to_review"
    NOT_REVIEWABLE = "not_reviewable"
    ALREADY_REVIEWED = "already_reviewed"
    ALREADY_ASKED = "already_asked"
    RECENTLY_ASKED = "recently_asked"
    ANOTHER_OPEN = "another_open"
    RETURN_OPEN = "return_open"
    DETAILS_UNKNOWN = "details_unknown"
    # what a hook says of what goes back
    NOTHING_RETURNED = "nothing_returned"
    RETURN_CANCELLED = "return_cancelled"
    RETURN_FURTHER = "return_further"
    RETURN_CLOSED = "return_closed"
    REFUND_REMOVED = "refund_removed"
    NO_MONEY = "no_money"
    # what a hook says of tips and invitations
    NO_TIP = "no_tip"
    ALREADY_TOLD = "already_told"
    TOO_FEW_ORDERS = "too_few_orders"
    ALREADY_INVITED = "already_invited"
    PART_REFUNDED = "part_refunded"
    PART_RETURNED = "part_returned"
    COMPLAINT = "complaint"
    # what a hook says of greetings, of those who stay away, and of codes
    ALREADY_GREETED = "already_greeted"
    LONG_AGO = "long_ago"
    ORDER_OPEN = "order_open"
    NOT_LAPSED = "not_lapsed"
    ALREADY_WRITTEN = "already_written"
    BACK = "back"
    NO_CODE = "no_code"
    NOT_ITS_TURN = "not_its_turn"
    # what a hook says of carts
    CART_OPEN = "cart_open"
    ANSWERED = "answered"
    JUST_LOOKING = "just_looking"
    BOUGHT = "bought"
    NEWER_CART = "newer_cart"
    NOTHING_LEFT = "nothing_left"
    # what a hook of the shop's own says
    CONDITION = "condition"
    HOOK_ERROR = "hook_error"
    # what storelink says
    HISTORY = "history"
    WITHDRAWN = "withdrawn"
    # what policy says
    NO_CONSENT = "no_consent"
    REFUSED = "refused"
    SUPPRESSED = "suppressed"
    QUIET_HOURS = "quiet_hours"
    PREFERRED_TIME = "preferred_time"
    TOO_MANY = "too_many"
    MUTED = "muted"
    INCOMPLETE = "incomplete"
    # what safe operations say
    ERASED = "erased"
    SWITCHED_OFF = "switched_off"
    STAGING = "staging"
    HELD_BACK = "held_back"
    PLATFORM_SENDS = "platform_sends"
    # what delivery says
    EXPIRED = "expired"
    NO_ADDRESS = "no_address"
    REJECTED = "rejected"
    TEMPORARY = "temporary"
    GAVE_UP = "gave_up"
    TEMPLATE = "template"
    STORE_SILENT = "store_silent"
    CHANNEL_DOWN = "channel_down"
    RATE_LIMITED = "rate_limited"
    IN_DOUBT = "in_doubt"
    REPEATED = "repeated"
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Send:
    """A message that should exist.

    Its idempotency key is (store, hook, subject, step): it is sent once, however often the hook
    says so.

    Attributes:
        subject: what it is about: an order, a shipment, a checkout or an account.
        message: what to send.
        order_id: the order whose contact receives it; `None` if it is the checkout's or the
            account's that it is about.
        cause: the event that makes it due; one older than the connection of the store is silent.
            Time can be a cause, too: such an event need not have been told (`Tell`).
        due_at: when to send it.
        step: tells several messages of one hook about one subject apart.
        expires_at: after this instant it is pointless.
    """

    subject: Ref
    message: Message
    order_id: str | None
    cause: Event
    due_at: datetime
    step: str = ""
    expires_at: datetime | None = None

    @property
    def about(self) -> Ref:
        """Whose contact receives it: an order's, a checkout's or an account's."""
        return Ref.order(self.order_id) if self.order_id else self.subject


@dataclass(frozen=True, slots=True)
class Skip:
    """A message that should not exist, and why.

    Attributes:
        detail: values for the sentence of *reason*, for example the name of a product.
    """

    subject: Ref
    reason: Reason
    step: str = ""
    order_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


Decision = Send | Skip


@dataclass(frozen=True, slots=True)
class Tell:
    """Something that only time makes true, for whoever listens (`@link.on`).

    It is told once, by its id; before its time, the hook is asked again then.

    Attributes:
        event: what is true from `event.at` on; about an order or an account.
    """

    event: Event


@dataclass(frozen=True, slots=True)
class Again:
    """When the hook wants to be asked again, though nothing may have changed by then."""

    at: datetime


Said = Decision | Tell | Again
"""What a hook can say."""


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that was sent, or may have been (in doubt).

    Attributes:
        data: what the message's `data` was.
        attachments: the documents that went with it.
    """

    hook: str
    subject: Ref
    step: str
    order_id: str | None
    sent_at: datetime
    data: Mapping[str, Any] = field(repr=False, default_factory=dict)
    attachments: tuple[str, ...] = ()


class Facts:
    """What is known to have happened to one subject, and what it was sent.

    Attributes:
        events: oldest first.
        sent: the messages.
        products: those of the subject's orders that are known, by id.
        reviews: what the person wrote of products in the store itself.
        usual: how long parcels and packing take in the store.
    """

    def __init__(
        self,
        events: Iterable[Event] = (),
        sent: Iterable[SentMessage] = (),
        closed: Iterable[tuple[str, Ref, str]] = (),
        *,
        products: Mapping[str, Product] | None = None,
        reviews: Iterable[ProductReview] = (),
        usual: Usual | None = None,
    ) -> None:
        self.events: tuple[Event, ...] = tuple(sorted(events, key=lambda one: (one.at, one.id)))
        self.sent: tuple[SentMessage, ...] = tuple(sent)
        self._closed = frozenset(closed)
        self.products: Mapping[str, Product] = dict(products or {})
        self.reviews: tuple[ProductReview, ...] = tuple(reviews)
        self.usual: Usual = usual or Usual()

    def all(self, kind: type[E], *, order_id: str | None = None, **fields: Any) -> Sequence[E]:
        """Return the events of *kind*, oldest first, that have these *fields*."""
        wanted = {"order_id": order_id, **fields} if order_id else fields
        return [
            event
            for event in self.events
            if isinstance(event, kind)
            and all(getattr(event, name, None) == value for name, value in wanted.items())
        ]

    def first(self, kind: type[E], *, order_id: str | None = None, **fields: Any) -> E | None:
        """Return the oldest such event, if there is one."""
        return next(iter(self.all(kind, order_id=order_id, **fields)), None)

    def last(self, kind: type[E], *, order_id: str | None = None, **fields: Any) -> E | None:
        """Return the newest such event, if there is one."""
        return next(iter(reversed(self.all(kind, order_id=order_id, **fields))), None)

    def later(self, events: Iterable[Event] = (), sent: Iterable[SentMessage] = ()) -> Facts:
        """Return what will be known once these happened, and were sent, too."""
        return Facts(
            {one.id: one for one in (*self.events, *events)}.values(),
            (*self.sent, *sent),
            self._closed,
            products=self.products,
            reviews=self.reviews,
            usual=self.usual,
        )

    def sent_by(self, hook: str) -> Sequence[SentMessage]:
        """Return what the hook of that name has sent."""
        return [message for message in self.sent if message.hook == hook]

    def is_closed(self, hook: str, subject: Ref, step: str = "") -> bool:
        """Say whether a message will not be sent any more, unless something changes.

        It failed, it came too late, a person cancelled it, or the policy stopped it.
        """
        return (hook, subject, step) in self._closed


class Hook(ABC, Generic[S]):
    """Decides on messages.

    Attributes:
        name: part of the idempotency key: keep it for ever.
        subject: what `decide` is asked about: `Kind.ORDER` or `Kind.PERSON`.
        looks_back: whether it is to be asked, when a backfill brings them, about those of whom
            everything is older than the connection of the store, too: what time makes true can
            still come of them.
    """

    name: str
    subject: Kind = Kind.ORDER
    looks_back: bool = False

    @abstractmethod
    def decide(self, subject: S, facts: Facts, now: datetime) -> Iterable[Said]:
        """Say which messages should exist for *subject*, and why others should not.

        Pure: the same arguments give the same answer. It is asked when something changes, again
        just before each message is sent, and by `explain`. A message that was planned and is no
        longer named is withdrawn.

        Args:
            subject: an order, or a person with their orders.
            facts: what happened to the subject, and what it was sent.
            now: the present instant; the answer should not depend on it but for expiry.
        """
