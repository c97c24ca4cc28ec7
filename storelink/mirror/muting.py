"""Keeping out what platforms still tell of people who were erased here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from storelink.mirror.draft import Draft, order_of
from storelink.mirror.forgetting import PREFIX, Seal, keys_of, mark_of, muted
from storelink.mirror.merge import NEVER, Cell
from storelink.mirror.rows import held_of
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind, Ref
from storelink.storage import RecordRow, Transaction

SOMEBODY = Ref(kind=Kind.PERSON, id=PREFIX)
"""There is such a row in a store of which anybody was erased; in others nothing is looked for."""


@dataclass(frozen=True, slots=True)
class Muted:
    """What may be taken of some snapshots.

    Attributes:
        snapshots: without what was told of erased people.
        people: the erased person's key, by the kind and id of each object that is theirs.
    """

    snapshots: tuple[Snapshot, ...]
    people: dict[tuple[Kind, str], str]


def mute(tx: Transaction, store: str, draft: Draft, snapshots: Sequence[Snapshot]) -> Muted:
    """Return what may be taken of *snapshots*.

    Nothing of a person is taken of an object that was erased, nor of one that an erased person is
    named in and that is older than the erasure. Whatever began later is new, and is taken whole.
    """
    people = {
        (record.kind, record.id): person
        for snapshot in snapshots
        for record in snapshot.records
        if (person := _by_mark(draft, record))
    }
    if draft.get(SOMEBODY.kind, SOMEBODY.id) is not None:
        people |= _by_name(tx, store, draft, list(_records(snapshots, people)))
    if not people:
        return Muted(tuple(snapshots), people)
    return Muted(tuple(_without(one, people) for one in snapshots), people)


def seal_of(tx: Transaction) -> Seal | None:
    """Return what seals the keys of erased people; `None` while nobody was erased."""
    key = tx.keys.get(_KEY)
    return Seal(bytes.fromhex(key)) if key else None


def is_erased(tx: Transaction, store: str, ref: Ref) -> bool:
    """Say whether a person was erased from an object."""
    row = tx.records.get(store, ref)
    return row is not None and mark_of(held_of(row)) is not None


def made_seal(tx: Transaction, make: Callable[[], str], *, now: datetime) -> Seal:
    """Return `seal_of`; the first one who asks makes it, of 64 hex digits."""
    return Seal(bytes.fromhex(tx.keys.get_or_make(_KEY, make, now=now)))


_KEY = "erasure"


def remember(tx: Transaction, store: str, people: Iterable[str], *, now: datetime) -> None:
    """Remember that these people (by their sealed keys) were erased *now*."""
    names = [Ref(kind=Kind.PERSON, id=one) for one in sorted(people)]
    known = {row.id: row for row in tx.records.many(store, [SOMEBODY, *names])}
    rows = [_tombstone(store, one, now) for one in (SOMEBODY, *names)]
    tx.records.put((known.get(row.id), row) for row in rows)


def _tombstone(store: str, name: Ref, now: datetime) -> RecordRow:
    return RecordRow(
        store=store,
        kind=name.kind,
        id=name.id,
        order_id=None,
        person=None,
        number=None,
        within=None,
        seen=list(NEVER),
        cells={"erased/at": Cell(*NEVER, now.isoformat())},
        read_at=None,
        read_state_at=None,
        needs_read_since=None,
        needs_read=None,
        deleted_since=None,
        absorbed_at=now,
        created_at=now,
    )


def _by_mark(draft: Draft, record: Record) -> str | None:
    """Return who was erased from the object, or from the order that it is a part of."""
    entry = draft.get(record.kind, record.id)
    order_id = order_of(record) or (entry.held.order_id if entry else None)
    order = draft.get(Kind.ORDER, order_id) if order_id else None
    return mark_of(entry.held if entry else None) or mark_of(order.held if order else None)


def _records(
    snapshots: Iterable[Snapshot], people: dict[tuple[Kind, str], str]
) -> Iterator[Record]:
    for snapshot in snapshots:
        yield from (one for one in snapshot.records if (one.kind, one.id) not in people)


def _by_name(
    tx: Transaction, store: str, draft: Draft, records: Sequence[Record]
) -> dict[tuple[Kind, str], str]:
    """Return who is named in objects that are not known yet, or were told late."""
    seal = seal_of(tx)
    if seal is None:
        return {}
    sealed = {
        (one.kind, one.id): [
            seal.of(key) for key in sorted(keys_of(one.kind, one.id, one.json_fields()))
        ]
        for one in records
    }
    names = {name for some in sealed.values() for name in some}
    rows = tx.records.many(store, [Ref(kind=Kind.PERSON, id=one) for one in sorted(names)])
    erased = {row.id: row.created_at for row in rows}
    found: dict[tuple[Kind, str], str] = {}
    for record in records:
        name = record.kind, record.id
        began = record.fields.get("created_at") or record.fields.get("placed_at")
        for one in sealed[name]:
            at = erased.get(one)
            is_new = began > at if began and at else draft.get(*name) is not None
            if at is not None and not is_new:
                found[name] = one
    parts = [one for one in records if one.order_id]
    return found | {
        (one.kind, one.id): found[Kind.ORDER, one.order_id]
        for one in parts
        if one.order_id and (Kind.ORDER, one.order_id) in found
    }


def _without(snapshot: Snapshot, people: dict[tuple[Kind, str], str]) -> Snapshot:
    records = tuple(muted(one) if (one.kind, one.id) in people else one for one in snapshot.records)
    return replace(snapshot, records=records)
