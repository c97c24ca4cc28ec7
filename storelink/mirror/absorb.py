"""Taking a snapshot into the mirror: merge its records, tell its facts, mark what to plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from storelink.events import text
from storelink.events.types import Event
from storelink.mirror.assemble import is_torn
from storelink.mirror.facts import Fact, better, facts
from storelink.mirror.merge import (
    HEADER_UNKNOWN,
    Cell,
    Held,
    Source,
    Version,
    after_list,
    ask,
    is_complete,
    merge,
    version_of,
)
from storelink.models.contact import Contact, person_key
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind, Ref
from storelink.storage import EventRow, RecordRow, Transaction

Listeners = Callable[[Event], Sequence[str]]
"""Names the handlers that want to be called with an event."""


@dataclass(slots=True)
class Absorbed:
    """What a snapshot changed.

    Attributes:
        changed: the objects whose state is now another one.
        events: the facts that were not known before.
    """

    changed: list[Ref] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


def absorb(
    tx: Transaction,
    store: str,
    snapshot: Snapshot,
    source: Source,
    *,
    now: datetime,
    listeners: Listeners = lambda event: (),
) -> Absorbed:
    """Take *snapshot* into the mirror. Doing it again changes nothing."""
    done = Absorbed()
    for record in snapshot.records:
        _merge_record(tx, store, record, source, now, done)
        version, seen_at = _newness(record, source)
        for fact in facts(store, record, version, seen_at):
            tell(tx, fact, now=now, listeners=listeners, done=done)
    if source.is_read:
        _settle_parts(tx, store, snapshot, source, now)
    _look_for_gaps(tx, store, snapshot, source, now)
    return done


def tell(
    tx: Transaction,
    fact: Fact,
    *,
    now: datetime,
    listeners: Listeners = lambda event: (),
    done: Absorbed | None = None,
) -> None:
    """Make *fact* known, or correct its time; what that may change is marked for planning."""
    known = tx.events.known([fact.event.id]).get(fact.event.id)
    if known is None:
        tx.events.add(_event_row(fact, now))
        for handler in listeners(fact.event):
            tx.calls.add(handler, fact.event.id, due_at=now)
        if done is not None:
            done.events.append(fact.event)
    elif better(_fact(known), fact) is fact and _event_row(fact, known.known_at) != _plain(known):
        tx.events.correct(_event_row(fact, known.known_at))
    else:
        return
    _mark(tx, fact.event.store, fact.event.order_id, now)


def _merge_record(
    tx: Transaction, store: str, record: Record, source: Source, now: datetime, done: Absorbed
) -> None:
    row = tx.records.get(store, record.ref)
    held = held_of(row) if row else None
    merged = merge(held, record, source)
    if merged == held:
        return
    before, after = row.person if row else None, _person(merged)
    tx.records.put(_record_row(store, merged, after, now))
    done.changed.append(record.ref)
    _mark(tx, store, record.id if record.kind is Kind.ORDER else merged.order_id, now)
    if before and before != after:
        tx.plans.mark(store, str(Ref(kind=Kind.PERSON, id=before)), due_at=now)


def _look_for_gaps(
    tx: Transaction, store: str, snapshot: Snapshot, source: Source, now: datetime
) -> None:
    """Let an order be read whose header is missing, or whose lists and parts disagree."""
    touched = {
        record.order_id or record.id
        for record in snapshot.records
        if record.order_id or record.children
    }
    read = {record.id for record in snapshot.records if record.kind is Kind.ORDER}
    for order_id in sorted(touched):
        row = tx.records.get(store, Ref.order(order_id))
        header = held_of(row) if row else Held(kind=Kind.ORDER, id=order_id)
        why = None if is_complete(header) else HEADER_UNKNOWN
        if why and source.is_read and order_id in read:
            continue  # the read itself did not tell enough; another would not, either
        if why is None and is_torn(header, map(held_of, tx.records.parts(store, [order_id]))):
            why = "a list and a part of it are equally new and disagree"
        if why and header.needs_read is None:
            asked = ask(header, why, source)
            tx.records.put(_record_row(store, asked, row.person if row else None, now))


def _settle_parts(
    tx: Transaction, store: str, snapshot: Snapshot, source: Source, now: datetime
) -> None:
    """A read of an order answers what is open about its parts, and says which are gone."""
    for order in (record for record in snapshot.records if record.kind is Kind.ORDER):
        for row in tx.records.parts(store, [order.id]):
            part = held_of(row)
            settled = after_list(part, order, source, known_since=row.absorbed_at)
            if settled != part:
                tx.records.put(_record_row(store, settled, None, now))


def _mark(tx: Transaction, store: str, order_id: str | None, now: datetime) -> None:
    if order_id:
        tx.plans.mark(store, str(Ref.order(order_id)), due_at=now)


def _newness(record: Record, source: Source) -> tuple[Version, datetime]:
    """Return how new the record's telling is, and the time of what it shows."""
    return version_of(record, source), record.updated_at or source.at


def held_of(row: RecordRow) -> Held:
    """Return what a row of the mirror says."""
    return Held(
        kind=row.kind,
        id=row.id,
        order_id=row.order_id,
        within=row.within,
        seen=Version(*row.seen),
        cells={
            name: Cell(Version(state_at, read_at), value, tied, weight)
            for name, (state_at, read_at, value, tied, weight) in row.cells.items()
        },
        read_at=row.read_at,
        read_state_at=row.read_state_at,
        needs_read_since=row.needs_read_since,
        needs_read=row.needs_read,
        deleted_since=row.deleted_since,
    )


def _record_row(store: str, held: Held, person: str | None, now: datetime) -> RecordRow:
    return RecordRow(
        store=store,
        kind=held.kind,
        id=held.id,
        order_id=held.order_id,
        person=person,
        number=held.value("number") if held.kind is Kind.ORDER else None,
        within=held.within,
        seen=list(held.seen),
        cells={name: [*cell.version, *cell[1:]] for name, cell in held.cells.items()},
        read_at=held.read_at,
        read_state_at=held.read_state_at,
        needs_read_since=held.needs_read_since,
        needs_read=held.needs_read,
        deleted_since=held.deleted_since,
        absorbed_at=now,
    )


def _person(held: Held) -> str | None:
    if held.kind is not Kind.ORDER:
        return None
    contact = held.value("contact")
    return person_key(
        Contact.model_validate(contact) if contact else Contact(), held.value("customer_id")
    )


def _event_row(fact: Fact, known_at: datetime) -> EventRow:
    event = fact.event
    body = text.dump(event)
    extra = {key: value for key, value in body.items() if key not in _COLUMNS}
    return EventRow(
        id=event.id,
        store=event.store,
        type=body["type"],
        at=event.at,
        exact=event.exact,
        version=list(fact.version),
        order_id=event.order_id,
        customer_id=event.customer_id,
        data=extra,
        known_at=known_at,
    )


_COLUMNS = {"type", *Event.model_fields}


def event_of(row: EventRow, *, historic: bool = False) -> Event:
    """Return the event that a row says; *historic*: it is older than its store's connection."""
    columns = {name: getattr(row, name) for name in _OWN}
    return text.load({**row.data, **columns, "historic": historic})


_OWN = ("type", "id", "store", "at", "exact", "order_id", "customer_id")


def _fact(row: EventRow) -> Fact:
    return Fact(event_of(row), Version(*row.version))


def _plain(row: EventRow) -> EventRow:
    return EventRow(**{**asdict(row), "seq": 0})
