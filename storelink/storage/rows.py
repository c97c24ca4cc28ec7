"""Rows as typed values, for those who must not know the database library."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from storelink.models.enums import MessageState
from storelink.models.ref import Kind


class InboxState(StrEnum):
    """What became of a delivery.

    `NEW` waits for the worker, `ABSORBED` is in the mirror, `KEPT` was not understood and waits
    for somebody to look and replay, `IGNORED` carries nothing that storelink uses.
    """

    NEW = "new"
    ABSORBED = "absorbed"
    KEPT = "kept"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One delivery, with the raw bytes as they came."""

    id: int
    store: str
    key: str = field(repr=False)
    topic: str
    received_at: datetime
    triggered_at: datetime | None
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    state: InboxState
    reason: str | None
    attempts: int


@dataclass(frozen=True, slots=True)
class RecordRow:
    """What the mirror holds of one object; `storelink.mirror.merge` gives it its meaning."""

    store: str
    kind: Kind
    id: str
    order_id: str | None
    person: str | None = field(repr=False)
    number: str | None
    within: str | None
    seen: list[int]
    cells: dict[str, Any] = field(repr=False)
    read_at: datetime | None
    read_state_at: datetime | None
    needs_read_since: datetime | None
    needs_read: str | None
    deleted_since: datetime | None
    absorbed_at: datetime
    created_at: datetime | None = None
    checkout_id: str | None = None


@dataclass(frozen=True, slots=True)
class EventRow:
    """One fact, with what decides between two tellings of it."""

    id: str
    store: str
    type: str
    at: datetime
    exact: bool
    version: list[int]
    order_id: str | None
    customer_id: str | None
    data: dict[str, Any] = field(repr=False)
    known_at: datetime
    checkout_id: str | None = None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class PositionRow:
    """How far something has come with a store: a cursor, a time, whose turn it is."""

    store: str
    name: str
    value: Any
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class CallRow:
    """A handler that is to be called with an event."""

    handler: str
    event_id: str
    state: str
    due_at: datetime
    attempts: int
    error: str | None
    store: str
    lease_owner: str | None = None
    lease_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message in the outbox.

    Attributes:
        scope: the subject whose plan it belongs to: an order or a person.
        order_id: the order whose contact receives it; `None` if its subject's does.
        cause: the id of the event that made it due.
        version: grows with every change; who claimed an older one must look again.
        attempts: how often it was handed to a channel.
        doubts: how often a worker died between an attempt and its outcome.
    """

    id: int
    key: str
    store: str
    hook: str
    scope: str = field(repr=False)
    subject: str
    step: str
    order_id: str | None
    message: dict[str, Any] = field(repr=False)
    message_class: str
    cause: str
    due_at: datetime
    expires_at: datetime | None
    state: MessageState
    reason: str | None
    detail: dict[str, Any] | None = field(repr=False)
    channel: str | None
    provider_id: str | None
    version: int
    attempts: int
    doubts: int
    lease_owner: str | None
    lease_until: datetime | None
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None

    @property
    def about(self) -> str:
        """Whose contact receives it: an order's, a checkout's or an account's."""
        return f"{Kind.ORDER}:{self.order_id}" if self.order_id else self.subject


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One entry of the ledger of consents. It is never changed.

    Attributes:
        id: what the entry is recognized by when it is told again.
        address: a keyed hash of the address, never the address.
        message_class: the class that it is about, or `"*"` for every class.
        state: granted, pending, confirmed or refused.
        at: when the person said so.
        wording: what the person agreed to, where it is known.
        level: the platform's opt-in level.
        provenance: where the entry was taken from.
        known_at: when storelink came to know it.
    """

    id: str
    store: str
    address: str = field(repr=False)
    channel: str
    message_class: str
    state: str
    at: datetime
    source: str
    wording: str | None
    level: str | None
    provenance: dict[str, Any] = field(repr=False)
    known_at: datetime


@dataclass(frozen=True, slots=True)
class SuppressionRow:
    """An address that must not be written to, for one reason.

    Attributes:
        address: a keyed hash of the address, never the address.
        channel: the channel, or `"*"` for every channel.
        why: hard_bounce, complaint, opt_out, erased or by_hand.
        at: when that was last so.
        lifted_at: when it was taken back; it stands again if *at* is later.
    """

    store: str
    address: str = field(repr=False)
    channel: str
    why: str
    at: datetime
    source: str
    lifted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """A message that counts against what its person may get.

    Attributes:
        message: what tells the message from others: its idempotency key.
        person: a keyed hash of whom it is for.
        state: reserved, or given back.
    """

    message: str
    store: str
    person: str = field(repr=False)
    message_class: str
    channel: str
    at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What a customer answered on a page.

    Attributes:
        id: what tells it from the other answers of its store.
        kind: what was asked.
        order_id: the order that was asked about, or `checkout:` and the checkout.
        subject: what of the order was asked about; `None` for the order as a whole.
        value: the answer.
        message: the idempotency key of the message that asked.
    """

    store: str
    id: str
    order_id: str
    kind: str
    subject: str | None
    value: dict[str, Any] = field(repr=False)
    at: datetime
    message: str | None = None


@dataclass(frozen=True, slots=True)
class SwitchRow:
    """A store, a hook, or a hook of one store that was switched off; `"*"` stands for every one."""

    store: str
    hook: str
    off_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A file that goes with messages about an order, one of each kind.

    Attributes:
        kind: what messages name it by, for example `"invoice"`.
        number: what it is filed under.
    """

    store: str
    order_id: str
    kind: str
    number: str
    name: str
    media_type: str
    body: bytes = field(repr=False)
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class NeighborRow:
    """A product that people bought, another one that the same people bought, and how many did.

    Attributes:
        score: how near they are, from 0 to 1.
    """

    product: str
    other: str
    score: float
    people: int
