"""The audit finds what no list told: what is missing, and what left silently."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from core.world import ADA, DAY, HOUR, MUG, START, World

from storelink.contracts.store import Page
from storelink.errors import AccessDenied
from storelink.intake import AuditReport
from storelink.intake.audit import Auditor
from storelink.models import Kind
from storelink.models.ref import Ref

NewWorld = Callable[..., World]


@pytest.fixture
def world(new_world: NewWorld) -> World:
    return new_world(hooks=[])


def sold(world: World, number: int, *, every: timedelta = HOUR) -> list[str]:
    """Orders that webhooks told of, one after the other."""
    placed = []
    for _ in range(number):
        placed.append(world.store.place(ADA, [MUG]))
        world.clock.advance(every)
    world.absorb()
    return placed


def silent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the lists of changes tell nothing."""
    monkeypatch.setattr(world.store, "changed", lambda kind, **options: Page())


def audit(world: World) -> AuditReport:
    report = world.link.sweep("shop").audit
    assert report is not None
    return report


def auditor(world: World, **options: int) -> Auditor:
    sweeper = world.link._caretaker._sweeper(lambda seconds: None, lambda: False)
    of = sweeper.auditor
    return Auditor(of.database, of.adapters, of.clock, of.reader, **options)


def test_a_missing_order_is_found_and_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    silent(world, monkeypatch)
    sold(world, 3)
    lost = world.store.place(ADA, [MUG])
    world.store.take()
    world.clock.advance(HOUR)
    report = audit(world)
    assert ((lost,), (), 4, 3) == (report.missing, report.gone, report.theirs, report.ours)
    assert world.link.order("shop", lost) is not None
    assert () == audit(world).missing


def test_an_order_that_left_silently_is_deleted(world: World) -> None:
    gone, *_ = sold(world, 3)
    world.store.delete(gone)
    world.store.take()
    report = audit(world)
    assert ((), (gone,)) == (report.missing, report.gone)
    assert world.order(gone).deleted_at is not None
    assert () == audit(world).gone


def test_few_among_many_are_found_by_halving(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not all ids are asked for."""
    silent(world, monkeypatch)
    placed = sold(world, 60)
    world.store.delete(placed[10])
    world.store.take()
    world.clock.advance(HOUR)
    named: list[int] = []
    truth = world.store.ids

    def ids(kind: Kind, **span: Any) -> list[str]:
        found = list(truth(kind, **span))
        named.append(len(found))
        return found

    monkeypatch.setattr(world.store, "count", lambda kind, **span: len(truth(kind, **span)))
    monkeypatch.setattr(world.store, "ids", ids)
    report = auditor(world, few=8).audit("shop", START)
    assert (placed[10],) == report.gone
    assert 1 == len(named)
    assert named[0] <= 8


def test_a_missing_one_and_one_that_left_are_both_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their counts make up for each other in the whole, and not in its parts."""
    silent(world, monkeypatch)
    placed = sold(world, 20)
    world.store.delete(placed[2])
    lost = [world.store.place(ADA, [MUG]), world.store.place(ADA, [MUG])]
    world.store.take()
    world.clock.advance(HOUR)
    report = auditor(world, few=4).audit("shop", START)
    assert (tuple(lost), (placed[2],)) == (report.missing, report.gone)


def test_a_budget_that_is_used_up_goes_on_next_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent(world, monkeypatch)
    placed = sold(world, 40)
    for order_id in (placed[1], placed[20], placed[39]):
        world.store.delete(order_id)
    world.store.take()
    world.clock.advance(HOUR)
    gone: list[str] = []
    for _ in range(60):
        report = auditor(world, few=2, budget=3).audit("shop", START)
        gone += report.gone
        if not report.is_open:
            break
    assert {placed[1], placed[20], placed[39]} == set(gone)
    assert 3 == len(gone)


def test_a_platform_that_does_not_count_the_whole_is_asked_for_parts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent(world, monkeypatch)
    placed = sold(world, 20)
    world.store.delete(placed[7])
    world.store.take()
    truth = world.store.count

    def count(kind: Kind, **span: Any) -> int | None:
        found = truth(kind, **span)
        return None if found is None or found > 10 else found

    monkeypatch.setattr(world.store, "count", count)
    report = auditor(world, few=4).audit("shop", START)
    assert (None, (placed[7],)) == (report.theirs, report.gone)


def test_a_difference_that_nothing_explains_is_looked_into_once_a_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A platform that counts what it does not name."""
    sold(world, 3)
    world.clock.advance(HOUR)
    truth, named = world.store.ids, []

    def ids(kind: Kind, **span: Any) -> Sequence[str]:
        named.append(span)
        return truth(kind, **span)

    monkeypatch.setattr(world.store, "count", lambda kind, **span: len(truth(kind, **span)) + 1)
    monkeypatch.setattr(world.store, "ids", ids)
    audit(world)
    audit(world)
    assert 1 == len(named)
    world.clock.advance(DAY)
    audit(world)
    assert 2 == len(named)


def test_what_was_there_before_the_connection_is_not_missed(new_world: NewWorld) -> None:
    world = new_world(hooks=[], since=START + DAY)
    world.store.place(ADA, [MUG])
    world.store.take()
    world.clock.advance(2 * DAY)
    report = audit(world)
    assert (0, 0, ()) == (report.theirs, report.ours, report.missing)


def test_after_a_backfill_everything_is_compared(new_world: NewWorld) -> None:
    world = new_world(hooks=[], since=START + DAY)
    old = world.store.place(ADA, [MUG])
    world.store.take()
    world.clock.advance(2 * DAY)
    world.link.backfill("shop")
    world.store.delete(old)
    world.store.take()
    assert (old,) == audit(world).gone


def test_what_the_store_does_not_show_any_more_is_not_taken_for_deleted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shopify shows sixty days of orders, unless the app may read all."""
    old, *_ = sold(world, 2)
    monkeypatch.setattr(world.store, "shown_since", lambda kind, now: now - 60 * DAY)
    del world.store._orders[old]
    world.clock.advance(61 * DAY)
    report = audit(world)
    assert ((), None) == (report.gone, report.error)
    answers = auditor(world).reader.read_many("shop", [Ref.order(old)])
    assert [] == answers.gone
    assert [Ref.order(old)] == list(answers.failed)
    assert world.order(old).deleted_at is None


def test_a_right_that_is_missing_is_told_with_its_remedy(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count(kind: Kind, start: datetime, end: datetime) -> int:
        raise AccessDenied("grant the scope read_orders", needs="read_orders")

    monkeypatch.setattr(world.store, "count", count)
    report = world.link.sweep("shop")
    assert ("grant the scope read_orders",) == report.problems


def test_what_was_created_a_moment_ago_is_not_compared(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its webhook may be under way."""
    silent(world, monkeypatch)
    world.clock.advance(HOUR)
    world.store.place(ADA, [MUG])
    world.store.take()
    world.clock.advance(timedelta(minutes=1))
    assert () == audit(world).missing
    world.clock.advance(HOUR)
    assert 1 == len(audit(world).missing)
