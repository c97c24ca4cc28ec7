"""Taking snapshots into the mirror: merge their records, tell their facts, mark what to plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from storelink.events.types import Event, StoreUninstalled
from storelink.mirror.assemble import is_torn
from storelink.mirror.draft import Draft, Entry, order_of
from storelink.mirror.facts import Fact, facts
from storelink.mirror.forgetting import forgotten, mark_of
from storelink.mirror.merge import (
    HEADER_UNKNOWN,
    Held,
    Source,
    after_list,
    ask,
    is_complete,
    merge,
    version_of,
)
from storelink.mirror.muting import Muted, mute
from storelink.mirror.notices import notice_fact
from storelink.mirror.telling import Listeners, Told, tell
from storelink.mirror.tick import ABANDONED_AFTER
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind, Ref
from storelink.storage import Transaction


@dataclass(slots=True)
class Absorbed:
    """What snapshots changed.

    Attributes:
        changed: the objects whose state is now another one.
        events: the facts that were not known before.
        silent: the subjects that nothing can come of, and that are not marked for planning.
        muted: something was told of a person who was erased, and was left out.
        taken: what was told, without that.
    """

    changed: list[Ref] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    silent: frozenset[Ref] = frozenset()
    muted: bool = False
    taken: Sequence[Snapshot] = ()


def absorb(
    tx: Transaction,
    store: str,
    snapshots: Snapshot | Iterable[Snapshot],
    source: Source,
    *,
    now: datetime,
    listeners: Listeners = lambda event: (),
    silent_before: datetime | None = None,
) -> Absorbed:
    """Take *snapshots* into the mirror. Doing it again changes nothing.

    Many at once are the same as one after the other, and faster.

    Args:
        tx: the transaction.
        store: the store's name.
        snapshots: one, or many of one source.
        source: where they come from.
        now: the present instant.
        listeners: names the handlers of an event.
        silent_before: an order or checkout that was not known, and whose news are all older, is
            not marked for planning: no message can come of it. Nor is it read because a list left
            something out: when it changes, that will be asked. By default every one is.
    """
    told = (snapshots,) if isinstance(snapshots, Snapshot) else tuple(snapshots)
    draft = Draft(tx, store, told)
    muted = mute(tx, store, draft, told)
    told = muted.snapshots
    for snapshot in told:
        _merge(draft, snapshot, source, now)
    _forget(draft, muted, now)
    silent = _history(draft, told, silent_before)
    _leave_unasked(draft, silent)
    with tx.together():
        known = tell(tx, _facts(store, told, source), now=now, listeners=listeners)
        news = [entry for entry in draft.write() if entry.is_news]
        subjects = {Ref.order(order_id) for order_id in known.order_ids}
        subjects.update(*(_subjects(draft, entry, silent) for entry in news))
        tx.plans.mark(store, sorted(map(str, subjects - silent)), due_at=now)
    _obey(tx, store, known)
    changed = [entry.ref for entry in news]
    return Absorbed(changed, known.events, silent, bool(muted.people), told)


def _merge(draft: Draft, snapshot: Snapshot, source: Source, now: datetime) -> None:
    """Merge what a snapshot says, and what follows from it for the parts of its orders."""
    for record in snapshot.records:
        entry = draft.get(record.kind, record.id)
        held = entry.held if entry else None
        merged = merge(held, record, source)
        if merged != held:
            draft.put(merged, now)
    for record in snapshot.records:
        if source.answers(record) and record.kind is Kind.ORDER:
            _settle_parts(draft, record, source, now)
    _look_for_gaps(draft, snapshot, source, now)


def _forget(draft: Draft, muted: Muted, now: datetime) -> None:
    """Let objects of erased people say so, from the first time that they are told of."""
    for name, person in muted.people.items():
        entry = draft.get(*name)
        if entry is not None and mark_of(entry.held) is None:
            draft.put(forgotten(entry.held, person), now)


def _settle_parts(draft: Draft, order: Record, source: Source, now: datetime) -> None:
    """A whole read of an order answers what is open about its parts, and says which are gone."""
    for part in draft.parts(order.id):
        settled = after_list(part.held, order, source, known_since=part.absorbed_at)
        if settled != part.held:
            draft.put(settled, now)


def _look_for_gaps(draft: Draft, snapshot: Snapshot, source: Source, now: datetime) -> None:
    """Let an order be read whose header is missing, or whose lists and parts disagree."""
    touched = {order_of(one) for one in snapshot.records if one.order_id or one.children}
    read = {record.id for record in snapshot.records if record.kind is Kind.ORDER}
    for order_id in sorted(one for one in touched if one):
        entry = draft.get(Kind.ORDER, order_id)
        header = entry.held if entry else Held(kind=Kind.ORDER, id=order_id)
        why = None if is_complete(header) else HEADER_UNKNOWN
        if why and source.is_read and order_id in read:
            continue  # the read itself did not tell enough; another would not, either
        if why is None and is_torn(header, (part.held for part in draft.parts(order_id))):
            why = "a list and a part of it are equally new and disagree"
        if why and header.needs_read is None:
            draft.put(ask(header, why, source), now)


def _facts(store: str, snapshots: Sequence[Snapshot], source: Source) -> list[Fact]:
    found: list[Fact] = []
    for snapshot in snapshots:
        for record in snapshot.records:
            seen_at = record.updated_at or source.at
            found += facts(store, record, version_of(record, source), seen_at)
        found += [notice_fact(store, notice, source) for notice in snapshot.notices]
    return found


def _obey(tx: Transaction, store: str, told: Told) -> None:
    """A store that took storelink off is not asked any more."""
    for event in told.events:
        if isinstance(event, StoreUninstalled):
            tx.stores.uninstall(store, at=event.at)


def _subjects(draft: Draft, entry: Entry, silent: frozenset[Ref]) -> list[Ref]:
    """Return whom or what a change is about; of a new order, whoever placed it, too.

    A message about the person may be just about to go: about a cart, for example.
    """
    held = entry.held
    before, after = entry.people()
    found = [Ref.order(held.order_id)] if held.order_id else []
    if held.kind is Kind.ORDER:
        found.append(Ref.order(held.id))
        checkout_id = held.value("checkout_id")
        if checkout_id and draft.get(Kind.CHECKOUT, checkout_id):
            found.append(Ref(kind=Kind.CHECKOUT, id=checkout_id))
        if before and before != after:
            found.append(Ref(kind=Kind.PERSON, id=before))
        if after and before is None and entry.ref not in silent:
            found.append(Ref(kind=Kind.PERSON, id=after))
    elif held.kind in (Kind.CHECKOUT, Kind.CUSTOMER):
        found.append(entry.ref)
        if before and before != after:
            found.append(Ref(kind=Kind.PERSON, id=before))
    elif held.kind is Kind.REVIEW:
        found += [Ref(kind=Kind.PERSON, id=one) for one in {before, after} if one]
    return found


def _history(
    draft: Draft, snapshots: Sequence[Snapshot], before: datetime | None
) -> frozenset[Ref]:
    """Return the subjects that are new here, and of which everything happened before *before*."""
    if before is None:
        return frozenset()
    told: set[Ref] = set()
    late: set[Ref] = set()
    for record in (record for snapshot in snapshots for record in snapshot.records):
        subject = _subject(record)
        if subject is not None:
            told.add(subject)
            if not _is_older(record, before):
                late.add(subject)
    return frozenset(one for one in told - late if _is_new(draft, one))


def _leave_unasked(draft: Draft, silent: frozenset[Ref]) -> None:
    """Do not ask for what a list left out of objects that nobody will be told about."""
    for subject in silent:
        entry = draft.get(subject.kind, subject.id)
        for one in (*((entry,) if entry else ()), *draft.parts(subject.id)):
            if one.was is None and one.held.needs_read != HEADER_UNKNOWN:
                one.held = replace(one.held, needs_read=None, needs_read_since=None)


def _subject(record: Record) -> Ref | None:
    order_id = order_of(record)
    if order_id:
        return Ref.order(order_id)
    return record.ref if record.kind is Kind.CHECKOUT else None


def _is_new(draft: Draft, subject: Ref) -> bool:
    entry = draft.get(subject.kind, subject.id)
    return entry is None or entry.was is None


def _is_older(record: Record, before: datetime) -> bool:
    """Say whether a record's state is older, and time will cause nothing about it."""
    if record.updated_at is None:
        return False
    times = [record.updated_at, record.fields.get("estimated_delivery_at")]
    times += [scan.estimated_delivery_at for scan in record.scans]
    if record.kind is Kind.CHECKOUT:
        times.append(record.updated_at + ABANDONED_AFTER)
    return all(time is None or time < before for time in times)
