"""What one transaction makes of the mirror's rows: read once, changed in memory, written once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from storelink.mirror.forgetting import PREFIX, erasing
from storelink.mirror.merge import Cell, Held, Version
from storelink.mirror.rows import held_of, person_of, record_row
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind, Ref
from storelink.storage import RecordRow, Transaction


@dataclass(slots=True)
class Entry:
    """One object.

    Attributes:
        row: the row when the draft began; `None` if there was none.
        was: what it held.
        held: what is held now.
        absorbed_at: when what is held was last changed.
    """

    row: RecordRow | None
    was: Held | None
    held: Held
    absorbed_at: datetime

    @property
    def ref(self) -> Ref:
        """The object's name."""
        return Ref(kind=self.held.kind, id=self.held.id)

    @property
    def is_news(self) -> bool:
        """Whether anybody could notice: a later read of the same state is no news."""
        return self.was is None or _differs(self.was, self.held)

    def people(self) -> tuple[str | None, str | None]:
        """Return whose it was, and whose it is."""
        return person_of(self.was) if self.was else None, person_of(self.held)


class Draft:
    """The rows that *snapshots* touch: their objects, the orders of these, and all their parts.

    While it is at work, nobody else works on these objects and orders: see `Transaction.lock`.
    """

    def __init__(self, tx: Transaction, store: str, snapshots: Sequence[Snapshot]) -> None:
        self._tx, self._store = tx, store
        self._entries: dict[tuple[Kind, str], Entry] = {}
        self._parts: dict[str, list[Entry]] = defaultdict(list)
        records = [record for one in snapshots for record in one.records]
        orders = {one for record in records if (one := order_of(record))}
        names = {(record.kind, record.id) for record in records}
        names.update((Kind.ORDER, one) for one in orders)
        names.update(_checkouts(records))
        locks = [*_locks(tx, store, names, records), *_notices(store, snapshots)]
        with tx.together():
            tx.lock(*locks, sharing=erasing(store))
            # Whether anybody was erased is looked up without a lock: everybody asks that.
            rows = tx.records.touched(store, {*names, _SOMEBODY}, order_ids=orders)
        for row in rows:
            held = held_of(row)
            self._add(Entry(row, held, held, row.absorbed_at))

    def get(self, kind: Kind, key: str) -> Entry | None:
        """Return one object, if anything is held of it."""
        return self._entries.get((kind, key))

    def put(self, held: Held, now: datetime) -> None:
        """Hold *held*."""
        entry = self._entries.get((held.kind, held.id))
        if entry is None:
            self._add(Entry(None, None, held, now))
            return
        if entry.held.order_id is None and held.order_id:
            self._parts[held.order_id].append(entry)
        entry.held, entry.absorbed_at = held, now

    def parts(self, order_id: str) -> Sequence[Entry]:
        """Return the parts of an order."""
        return self._parts.get(order_id, ())

    def write(self) -> list[Entry]:
        """Write what changed, and return it."""
        changed = [
            entry
            for entry in self._entries.values()
            if entry.held is not entry.was and entry.held != entry.was
        ]
        rows = [(one.row, record_row(self._store, one.held, one.absorbed_at)) for one in changed]
        self._tx.records.put(rows)
        return changed

    def _add(self, entry: Entry) -> None:
        self._entries[entry.held.kind, entry.held.id] = entry
        if entry.held.order_id:
            self._parts[entry.held.order_id].append(entry)


def order_of(record: Record) -> str | None:
    """Return the order that a record speaks of, if it is about one."""
    return record.id if record.kind is Kind.ORDER else record.order_id


Name = tuple[Kind, str]


def _checkouts(records: Iterable[Record]) -> Iterator[Name]:
    """Return the checkouts that orders came from."""
    for record in records:
        if record.kind is Kind.ORDER and record.fields.get("checkout_id"):
            yield Kind.CHECKOUT, record.fields["checkout_id"]


def _locks(
    tx: Transaction, store: str, names: Iterable[Name], records: Iterable[Record]
) -> Iterator[str]:
    """Name what must not be worked on by two at once, as planning and delivery do, too."""
    for kind, key in names:
        yield f"{store}/{kind}:{key}"
    lone = [one.ref for one in records if one.kind in _PARTS and one.order_id is None]
    for order_id in tx.records.parents(store, lone) if lone else ():
        yield f"{store}/{Kind.ORDER}:{order_id}"


_PARTS = {Kind.SHIPMENT, Kind.REFUND, Kind.RETURN}
_SOMEBODY = (Kind.PERSON, PREFIX)


def _notices(store: str, snapshots: Iterable[Snapshot]) -> Iterator[str]:
    for snapshot in snapshots:
        for notice in snapshot.notices:
            yield f"{store}/{notice.kind}/{notice.id}"


def _differs(was: Held, held: Held) -> bool:
    """Say whether two states of one object show anything different."""
    if was.cells.keys() != held.cells.keys() or _around(was) != _around(held):
        return True
    return any(
        cell is not was.cells[name] and _shown(cell) != _shown(was.cells[name])
        for name, cell in held.cells.items()
    )


def _around(held: Held) -> tuple[object, ...]:
    is_open = held.needs_read_since is not None
    return _state(held.seen), held.order_id, held.within, held.is_deleted, is_open


def _shown(cell: Cell) -> tuple[object, ...]:
    return cell.value, cell.tied, _state(cell.version)


def _state(version: Version) -> tuple[int, bool]:
    """Two reads of one state are the same to everybody."""
    return version.state_at, version.read_at >= 0
