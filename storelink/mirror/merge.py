"""Merging what payloads say into what is held: pure, and the same in whatever order they come.

What is held of an object is a set of cells, one for each field. A cell keeps the newest value that
any payload told, by its version. Joining two cells takes the newer one; that is commutative,
associative and changes nothing when repeated, and so is the merging of whole records. This is why
shuffled, duplicated and partial webhooks all lead to the same mirror.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from storelink.mirror.progress import weight
from storelink.models.record import MODELS, Record
from storelink.models.ref import Kind
from storelink.models.shipment import Scan

_MICROSECOND = timedelta(microseconds=1)
_INDISTINCT = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Version(NamedTuple):
    """How new a telling is: the platform's time of the state, then a read over a webhook.

    Attributes:
        state_at: `updated_at` in microseconds; -1 if the payload has no time.
        read_at: when it was read, in microseconds; -1 for a webhook.
    """

    state_at: int
    read_at: int


NEVER = Version(-1, -1)
HEADER_UNKNOWN = "only a part of the order is known"
DELETED_BEFORE = "it was deleted, but newer news of it are known"
RAW = "raw"


class Cell(NamedTuple):
    """The newest telling of one field, as a row keeps it.

    Attributes:
        state_at: its version's, as `read_at` is; see `Version`.
        tied: equally new payloads told different values; only a read can settle that.
        weight: which of equally new payloads stands until then; see `progress`.
    """

    state_at: int
    read_at: int
    value: Any
    tied: bool = False
    weight: str = ""

    @property
    def version(self) -> Version:
        """How new it is."""
        return Version(self.state_at, self.read_at)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a snapshot comes from.

    Attributes:
        at: when the webhook was received, or when the reading began.
        is_read: the platform was asked, and answered with its present state.
    """

    at: datetime
    is_read: bool = False

    def answers(self, record: Record) -> bool:
        """Say whether *record* was read whole: only then it settles what is open."""
        return self.is_read and record.needs_read is None


@dataclass(frozen=True, slots=True)
class Held:
    """What the mirror holds of one object.

    Attributes:
        seen: the newest version that spoke of this object at all.
        read_at: when it was last read; `read_state_at` is the state that the read showed.
        needs_read_since: the platform should be asked; `needs_read` says why.
        deleted_since: somebody said that it is gone; it counts until a later read shows it.
    """

    kind: Kind
    id: str
    order_id: str | None = None
    within: str | None = None
    seen: Version = NEVER
    cells: Mapping[str, Cell] = field(default_factory=dict, repr=False)
    read_at: datetime | None = None
    read_state_at: datetime | None = None
    needs_read_since: datetime | None = None
    needs_read: str | None = None
    deleted_since: datetime | None = None

    @property
    def is_deleted(self) -> bool:
        """A deletion mutes at once, and only a later read revives."""
        if self.deleted_since is None:
            return False
        return self.read_at is None or self.deleted_since > self.read_at

    def value(self, name: str) -> Any:
        """Return the newest value of a field, as JSON has it; `None` if it was never told."""
        cell = self.cells.get(name)
        return cell.value if cell else None


def merge(held: Held | None, record: Record, source: Source) -> Held:
    """Return what is held after *record* was told."""
    held = held or Held(kind=record.kind, id=record.id)
    is_late = not source.is_read and placed(held, source) != source
    source = placed(held, source)
    version = version_of(record, source)
    cells = _cells(record, version)
    told = replace(
        held,
        order_id=held.order_id or record.order_id,
        within=held.within or record.within,
        seen=held.seen if record.deleted else max(held.seen, version),
        cells=_join(held.cells, cells),
    )
    if source.answers(record):
        return _after_read(told, record, source)
    if source.is_read and held.read_at is not None and source.at <= held.read_at:
        return told  # a later read has already answered what this one leaves out
    is_old = record.deleted and (is_late or bool(held.cells and held.seen >= version))
    question = DELETED_BEFORE if is_old else _open_question(held, record, cells) or _tie(told)
    return _after_hint(told, record, source, question if record.readable else None)


def version_of(record: Record, source: Source) -> Version:
    """Return how new the record's telling is."""
    state_at = record.updated_at or (source.at if source.is_read else None)
    return Version(
        micros(state_at) if state_at else -1,
        micros(source.at) if source.is_read else -1,
    )


def placed(held: Held, source: Source) -> Source:
    """Return *source* at its place among the reads that are known.

    What a webhook says counts as later than the last read, however late it was received, so that
    the next read has to answer it. Two reads that the clock cannot tell apart (a clock of tests
    stands still) follow each other as they were absorbed; one that was overtaken stays older.
    """
    if held.read_at is None or source.at > held.read_at:
        return source
    if source.is_read and held.read_at - source.at > _INDISTINCT:
        return source
    return replace(source, at=held.read_at + _MICROSECOND)


def _cells(record: Record, version: Version) -> dict[str, Cell]:
    """Return what the record tells, as JSON values by cell name."""
    told = record.json_fields()
    told |= {f"children/{name}": sorted(ids) for name, ids in record.children.items()}
    told |= {f"scan/{scan.id}": scan.model_dump(mode="json") for scan in record.scans}
    heavy = weight(told)
    if record.raw:
        told[RAW] = dict(record.raw)
    return {name: Cell(*version, value, weight=heavy) for name, value in told.items()}


def _join(held: Mapping[str, Cell], told: Mapping[str, Cell]) -> dict[str, Cell]:
    joined = dict(held)
    for name, cell in told.items():
        joined[name] = _newer(joined[name], cell) if name in joined else cell
    return joined


def _newer(one: Cell, other: Cell) -> Cell:
    if one[:2] != other[:2]:
        return one if one[:2] > other[:2] else other
    # Both platforms count whole seconds, so two states can be equally new. Which one stands until
    # the read must not depend on the order of arrival.
    is_same = one.value == other.value
    if one.weight != other.weight:
        winner = one if one.weight > other.weight else other
    else:
        winner = one if is_same else max(one, other, key=_content)
    tied = one.tied or other.tied or not is_same
    return winner if winner.tied == tied else winner._replace(tied=tied)


def _content(cell: Cell) -> str:
    return json.dumps(cell.value, sort_keys=True)


def _after_read(held: Held, record: Record, source: Source) -> Held:
    """A read settles what was open when it began, and says whether the object exists."""
    if held.needs_read_since is not None and held.needs_read_since <= source.at:
        held = replace(held, needs_read_since=None, needs_read=None)
    if record.deleted:
        return replace(held, deleted_since=max(source.at, held.deleted_since or source.at))
    if held.read_at is not None and source.at <= held.read_at:
        return held
    return replace(held, read_at=source.at, read_state_at=record.updated_at)


def _after_hint(held: Held, record: Record, source: Source, question: str | None) -> Held:
    """A telling that settles nothing may mute the object, or leave a question for a read."""
    if record.deleted:
        held = replace(held, deleted_since=max(source.at, held.deleted_since or source.at))
    if held.needs_read == HEADER_UNKNOWN and is_complete(held):
        held = replace(held, needs_read=None, needs_read_since=None)
    return ask(held, question, source) if question else held


def after_list(part: Held, parent: Record, source: Source, *, known_since: datetime) -> Held:
    """Return *part* after a read of its order, which carries lists of its parts whole.

    A part that was *known_since* before the read began and is not named any more is gone, also
    when its own time is newer than the order's: not every change of a part moves the order's time.
    What was open about a part is answered, except about returns, which have reads of their own.
    """
    moment = placed(part, source).at
    named = parent.children.get(part.within or "")
    if named is not None and part.id not in named and known_since <= source.at:
        part = replace(part, deleted_since=max(moment, part.deleted_since or moment))
    asked = part.needs_read_since
    if part.kind is not Kind.RETURN and asked is not None and asked <= moment:
        part = replace(part, needs_read_since=None, needs_read=None)
    return part


def ask(held: Held, why: str, source: Source) -> Held:
    """Let the object be read, because of *why*; only a read that begins from now on answers."""
    since = placed(held, source).at
    if held.needs_read_since is not None:
        since = max(since, held.needs_read_since)
    reason = why if held.needs_read in (None, HEADER_UNKNOWN) else held.needs_read
    return replace(held, needs_read=reason, needs_read_since=since)


def is_complete(held: Held) -> bool:
    """Say whether enough is known to make an object of what is held."""
    return _required(held.kind) <= held.cells.keys()


@functools.cache
def _required(kind: Kind) -> frozenset[str]:
    fields = MODELS[kind].model_fields.items()
    return frozenset(name for name, one in fields if one.is_required()) - _OF_THE_ROW


_OF_THE_ROW = {"id", "store", "order_id"}


def _open_question(held: Held, record: Record, told: Mapping[str, Cell]) -> str | None:
    """Return what a telling leaves open, seen from what was *held* before it."""
    differing = sorted(
        name for name, cell in told.items() if name != RAW and _contradicts(held, name, cell)
    )
    if record.needs_read and (record.deleted or not _is_covered(held, record, differing)):
        return record.needs_read
    if held.is_deleted and told and not record.deleted:
        return "the store speaks of it, although it was deleted"
    return _differ(differing)


def _contradicts(held: Held, name: str, told: Cell) -> bool:
    """Say whether a webhook tells another state than the last read, of the very same second.

    Both platforms count whole seconds: the read may have come between the two states.
    """
    known = held.cells.get(name)
    return (
        known is not None
        and known.read_at >= 0
        and known.state_at == told.state_at
        and known.value != told.value
    )


def _tie(held: Held) -> str | None:
    return _differ(sorted(name for name, cell in held.cells.items() if cell.tied and name != RAW))


def _differ(names: list[str]) -> str | None:
    return f"two states of the same second differ in {', '.join(names)}" if names else None


def _is_covered(held: Held, record: Record, differing: Collection[str]) -> bool:
    """Say whether the last read already showed the state that the record speaks of."""
    if record.updated_at is None or held.read_state_at is None:
        return False
    if held.read_state_at == record.updated_at:
        return not differing
    return held.read_state_at > record.updated_at


def micros(instant: datetime) -> int:
    """Return whole microseconds since 1970, exactly."""
    return (instant - _EPOCH) // _MICROSECOND


def scans_of(held: Held) -> list[Scan]:
    """Return the carrier's reports that are held of a shipment, oldest first."""
    scans = [
        Scan.model_validate(cell.value)
        for name, cell in held.cells.items()
        if name.startswith("scan/")
    ]
    return sorted(scans, key=lambda scan: (scan.at, scan.id))
