"""Two states of one second: until the read, the one that is further along stands, as a whole."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from storelink.mirror.merge import Held, Source, merge
from storelink.models import Kind, Record

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def state(**fields: Any) -> Record:
    return Record(kind=Kind.ORDER, id="1", updated_at=AT, fields=fields)


PENDING = state(status="pending", payment_status="pending", paid_at=None, note="z")
PAID = state(status="open", payment_status="paid", paid_at=AT, note="a")
ON_HOLD = state(status="on_hold", payment_status="pending", paid_at=None, note="y")
COMPLETED = state(status="completed", payment_status="paid", paid_at=AT, note="b")
REFUNDED = state(status="completed", payment_status="refunded", paid_at=AT, note="c")


def merged(records: list[Record]) -> Held:
    held: Held | None = None
    for record in records:
        held = merge(held, record, Source(AT))
    assert held is not None
    return held


@pytest.mark.parametrize(
    ("states", "stands"),
    [
        ([PENDING, PAID], PAID),
        ([ON_HOLD, PAID], PAID),
        ([PAID, COMPLETED], COMPLETED),
        ([COMPLETED, REFUNDED], REFUNDED),
        ([PENDING, PAID, COMPLETED], COMPLETED),
    ],
)
def test_the_later_state_stands_whatever_came_first(states: list[Record], stands: Record) -> None:
    """No mixture of two states: every field is of the one that stands, and the order is read."""
    for order in itertools.permutations(states):
        held = merged(list(order))
        assert {name: held.value(name) for name in stands.fields} == {
            name: merged([stands]).value(name) for name in stands.fields
        }
        assert held.needs_read is not None


def test_states_equally_far_along_are_never_mixed() -> None:
    """Which of them stands is decided by their content, not by their arrival."""
    twins = [
        state(status="open", payment_status="paid", note=note, cancel_reason=other)
        for note, other in (("a", "z"), ("b", "y"), ("c", "x"))
    ]
    pictures = set()
    for seed in range(20):
        shuffled = [*twins, *twins]
        random.Random(seed).shuffle(shuffled)
        held = merged(shuffled)
        pictures.add((held.value("note"), held.value("cancel_reason")))
    assert len(pictures) == 1
    assert pictures <= {("a", "z"), ("b", "y"), ("c", "x")}
