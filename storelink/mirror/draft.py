"""What one transaction makes of the mirror's rows: read once, changed in memory, written once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from storelink.mirror.merge import Held, Version
from storelink.mirror.rows import held_of, person_of, record_row
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind, Ref
from storelink.storage import Transaction


@dataclass(slots=True)
class Entry:
    """One object.

    Attributes:
        was: what the row held when the draft began; `None` if there was none.
        held: what is held now.
        absorbed_at: when what is held was last changed.
    """

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
        return self.was is None or _shown(self.was) != _shown(self.held)

    def people(self) -> tuple[str | None, str | None]:
        """Return whose it was, and whose it is."""
        return person_of(self.was) if self.was else None, person_of(self.held)


class Draft:
    """The rows that *snapshots* touch: their objects, the orders of these, and all their parts."""

    def __init__(self, tx: Transaction, store: str, snapshots: Sequence[Snapshot]) -> None:
        self._tx, self._store = tx, store
        self._entries: dict[tuple[Kind, str], Entry] = {}
        self._parts: dict[str, list[Entry]] = defaultdict(list)
        records = [record for one in snapshots for record in one.records]
        orders = {one for record in records if (one := order_of(record))}
        refs = {record.ref for record in records} | set(map(Ref.order, orders))
        refs.update(_checkouts(records))
        rows = tx.records.many(store, refs) + tx.records.parts(store, sorted(orders))
        for row in rows:
            if (row.kind, row.id) not in self._entries:
                held = held_of(row)
                self._add(Entry(held, held, row.absorbed_at))

    def get(self, kind: Kind, key: str) -> Entry | None:
        """Return one object, if anything is held of it."""
        return self._entries.get((kind, key))

    def put(self, held: Held, now: datetime) -> None:
        """Hold *held*."""
        entry = self._entries.get((held.kind, held.id))
        if entry is None:
            self._add(Entry(None, held, now))
            return
        if entry.held.order_id is None and held.order_id:
            self._parts[held.order_id].append(entry)
        entry.held, entry.absorbed_at = held, now

    def parts(self, order_id: str) -> Sequence[Entry]:
        """Return the parts of an order."""
        return self._parts.get(order_id, ())

    def write(self) -> list[Entry]:
        """Write what changed, and return it."""
        changed = [entry for entry in self._entries.values() if entry.held != entry.was]
        self._tx.records.put(
            [record_row(self._store, one.held, one.absorbed_at) for one in changed]
        )
        return changed

    def _add(self, entry: Entry) -> None:
        self._entries[entry.held.kind, entry.held.id] = entry
        if entry.held.order_id:
            self._parts[entry.held.order_id].append(entry)


def order_of(record: Record) -> str | None:
    """Return the order that a record speaks of, if it is about one."""
    return record.id if record.kind is Kind.ORDER else record.order_id


def _checkouts(records: Sequence[Record]) -> Iterator[Ref]:
    """Return the checkouts that orders came from."""
    for record in records:
        if record.kind is Kind.ORDER and record.fields.get("checkout_id"):
            yield Ref(kind=Kind.CHECKOUT, id=record.fields["checkout_id"])


def _shown(held: Held) -> tuple[object, ...]:
    cells = {
        name: (cell.value, cell.tied, _state(cell.version)) for name, cell in held.cells.items()
    }
    return (
        cells,
        _state(held.seen),
        held.order_id,
        held.within,
        held.is_deleted,
        held.needs_read_since is None,
    )


def _state(version: Version) -> tuple[int, bool]:
    """Two reads of one state are the same to everybody."""
    return version.state_at, version.read_at >= 0
