"""Many snapshots in one go are the same as one after the other; old news are planned for nobody."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.marks import due_marks
from core.properties.history import History, histories
from core.properties.test_convergence import disordered
from core.world import DAY, START
from hypothesis import given, settings
from hypothesis import strategies as st

from storelink.errors import NotFound
from storelink.mirror import Source, absorb
from storelink.models import Record, Ref, Snapshot
from storelink.storage import Database

NOW = START + timedelta(days=60)
LATE = NOW + 365 * DAY
chances = st.randoms(use_true_random=False)


@contextmanager
def a_mirror() -> Iterator[Database]:
    database = Database("sqlite://")
    try:
        yield database
    finally:
        database.close()


def told(history: History, chance: random.Random) -> list[Snapshot]:
    """What the webhooks say, in any order and some of it twice."""
    store = history.store
    heard = disordered(history.webhooks, chance)
    return [store.normalize(store.verify(one.headers, one.body)) for one in heard]


def read(history: History) -> list[Snapshot]:
    """What a read of everything says."""
    found = []
    for ref in (*map(Ref.order, history.order_ids), *history.goods):
        try:
            found.append(history.store.read(ref))
        except NotFound:
            found.append(Snapshot((Record(kind=ref.kind, id=ref.id, deleted=True),)))
    return found


def listed(snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    """The same as a list that does not show orders whole."""
    return [
        replace(
            one,
            records=tuple(
                replace(record, needs_read="a list") if record.children else record
                for record in one.records
            ),
        )
        for one in snapshots
    ]


def rows(database: Database, history: History) -> dict[str, Any]:
    with database.read() as tx:
        ids = history.order_ids
        records = tx.records.many("shop", [*map(Ref.order, ids), *history.goods])
        return {
            "records": sorted(records + tx.records.parts("shop", ids), key=lambda one: one.id),
            "events": [replace(one, seq=0) for one in tx.events.all()],
            "marks": {mark.subject for mark in due_marks(tx, LATE)},
        }


@settings(max_examples=60)
@given(histories, chances, st.integers(1, 7))
def test_many_at_once_are_as_one_after_the_other(
    history: History, chance: random.Random, size: int
) -> None:
    batches = [
        (told(history, chance), Source(NOW)),
        (listed(read(history)), Source(NOW + DAY, is_read=True)),
        (read(history), Source(NOW + 2 * DAY, is_read=True)),
    ]
    with a_mirror() as slow, a_mirror() as fast:
        for snapshots, source in batches:
            with slow.write() as tx:
                for one in snapshots:
                    absorb(tx, "shop", one, source, now=NOW)
            for start in range(0, len(snapshots), size):
                with fast.write() as tx:
                    absorb(tx, "shop", snapshots[start : start + size], source, now=NOW)
            one, other = rows(slow, history), rows(fast, history)
            # Whose an order was for a moment, and nobody planned for: nobody has to plan again.
            passing = {mark for mark in one["marks"] - other["marks"] if mark[:7] == "person:"}
            assert one | {"marks": one["marks"] - passing} == other


@settings(max_examples=40)
@given(histories)
def test_a_page_read_again_is_no_news(history: History) -> None:
    """A sweep sees much twice: nothing is planned, and nothing becomes known, because of it."""
    with a_mirror() as database:
        for days in (0, 1):
            source = Source(NOW + days * DAY, is_read=True)
            with database.write() as tx:
                for mark in due_marks(tx, NOW + 9 * DAY):
                    tx.plans.done(mark, again_at=None)
                done = absorb(tx, "shop", read(history), source, now=source.at)
        assert ([], []) == (done.changed, done.events)
        with database.read() as tx:
            assert tx.plans.next_due(["shop"]) is None


@settings(max_examples=40)
@given(histories)
def test_what_is_older_than_the_connection_marks_nothing(history: History) -> None:
    """But for what time will still do: it is known, and nobody is planned for."""
    with a_mirror() as database, a_mirror() as other:
        late = NOW + 365 * DAY
        source = Source(late, is_read=True)
        for mirror, silent_before in ((database, late), (other, None)):
            with mirror.write() as tx:
                absorb(tx, "shop", read(history), source, now=late, silent_before=silent_before)
        found, expected = rows(database, history), rows(other, history)
        gone = {f"order:{key}" for key in history.deleted} | set(map(str, history.removed))
        authors = {mark for mark in expected["marks"] if mark.startswith("person:")}
        assert found.pop("marks") <= gone | authors
        assert expected.pop("marks") >= set(map(str, map(Ref.order, history.order_ids))) - gone
        assert expected == found
