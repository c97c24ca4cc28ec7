"""Two workers on one database, and what happens between the relay's steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from core.world import ADA, BOB, DAY, HOUR, MUG, START, World

from storelink import Message
from storelink.contracts import Facts, Hook, Reason, Send, Skip
from storelink.delivery import RelayReport
from storelink.events import OrderPaid
from storelink.hooks import ReviewRequest, ThankYou
from storelink.models import MessageState, Order, OrderStatus, Ref, ShipmentStatus
from storelink.outbox import steps
from storelink.outbox.life import Attempt, unsettled
from storelink.outbox.steps import cancelled
from storelink.storage import MessageRow
from storelink.testing import FrozenClock, RecordingChannel

LEASE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
SENT = (MessageState.SENT, None)


class At:
    """Does something once, when a step of the relay begins."""

    def __init__(self) -> None:
        self.acts: dict[str, Callable[[], Any]] = {}
        self.seen: list[str] = []

    def __call__(self, step: str) -> None:
        self.seen.append(step)
        self.acts.pop(step, lambda: None)()


class Pair:
    """One store, two workers; the second is asked to act between the steps of the first."""

    def __init__(self, new_world: Callable[..., World], path: Path, **options: Any) -> None:
        database = f"sqlite:///{path}/link.db"
        options = {"hooks": [ThankYou()], "lease": LEASE, **options}
        self.at = At()
        self.first = new_world(database, on_step=self.at, **options)
        self.second = new_world(database, clock=self.first.clock, **options)
        self.second.store._orders = self.first.store._orders

    def place(self) -> str:
        """Place an order that is absorbed and not worked on yet, and return its thank-you's key."""
        order_id = self.first.store.place(ADA, [MUG])
        self.first.absorb()
        return f"thank_you/order:{order_id}"

    def plan(self) -> str:
        key = self.place()
        self.first.link._planner.run_once(["shop"])
        return key


@pytest.fixture
def pair(new_world: Callable[..., World], tmp_path: Path) -> Pair:
    return Pair(new_world, tmp_path)


def test_the_steps_have_names(pair: Pair) -> None:
    pair.plan()
    pair.first.link._relay.run_once(["shop"])
    assert ["claim", "decide", "render", "begin", "send", "settle", "settled"] == pair.at.seen


# -- leases ----------------------------------------------------------------------------------------


def test_a_claimed_message_is_nobody_else_s(pair: Pair) -> None:
    key = pair.plan()
    pair.at.acts["send"] = pair.second.link.run_once
    pair.first.link._relay.run_once(["shop"])
    assert [key] == pair.first.sent()
    assert [] == pair.second.sent()


@pytest.mark.parametrize("step", ["decide", "render", "begin"])
def test_a_lease_that_ran_out_is_somebody_else_s(pair: Pair, step: str) -> None:
    """The first worker was suspended for longer than its lease; it must not send any more."""
    key = pair.plan()

    def suspended() -> None:
        pair.first.clock.advance(LEASE)
        pair.second.link.run_once()

    pair.at.acts[step] = suspended
    pair.first.link.run_once()
    assert [] == pair.first.sent()
    assert [key] == pair.second.sent()


@pytest.mark.parametrize("step", ["decide", "render", "begin"])
def test_a_worker_whose_lease_ran_out_does_not_send(pair: Pair, step: str) -> None:
    """Also when nobody else was there to take the message: it starts again from the claim."""
    key = pair.plan()
    pair.at.acts[step] = lambda: pair.first.clock.advance(LEASE)
    report = pair.first.link._relay.run_once(["shop"])
    assert {"changed": 1} == report.outcomes
    assert [] == pair.first.sent()
    pair.first.link.run_once()
    assert [key] == pair.first.sent()


def test_a_lease_of_a_dead_worker_can_be_claimed_again(pair: Pair) -> None:
    key = pair.plan()
    pair.first.link._relay._outbox.claim(START, limit=9, stores=["shop"])
    pair.second.link.run_once()
    assert [] == pair.second.sent()
    pair.second.clock.advance(LEASE - timedelta(microseconds=1))
    pair.second.link.run_once()
    assert [] == pair.second.sent()
    pair.second.clock.advance(timedelta(microseconds=1))
    pair.second.link.run_once()
    assert [key] == pair.second.sent()


def test_next_due_knows_of_leases(pair: Pair) -> None:
    pair.plan()
    pair.first.link._relay._outbox.claim(START, limit=9, stores=["shop"])
    assert START + LEASE == pair.first.link.next_due()


# -- an answer after the lease ---------------------------------------------------------------------


class Late(RecordingChannel):
    """A channel whose provider answers late."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], Any] = lambda: None

    def send(self, message: Any) -> Any:
        answer = super().send(message)
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return answer


@pytest.mark.parametrize("hook", [ThankYou(), ReviewRequest()])
def test_an_answer_that_comes_after_the_lease_still_counts(
    new_world: Callable[..., World], tmp_path: Path, hook: Any
) -> None:
    """Somebody took the message for doubtful; the one who sent it knows better."""
    channel = Late()
    pair = Pair(new_world, tmp_path, hooks=[hook], channels=[channel])
    pair.first.delivered_order()

    def lease_runs_out() -> None:
        pair.first.clock.advance(LEASE)
        report = RelayReport()
        pair.second.link._relay._settle_lost(["shop"], 9, report)
        assert {"in doubt": 1} == report.outcomes

    channel.meanwhile = lease_runs_out
    pair.first.wait(8 * DAY)
    assert 1 == len(channel.sent)
    (message,) = pair.first.link.messages()
    assert SENT == (message.state, message.reason)
    assert ["sent"] == [one["outcome"] for one in pair.first.link.attempts(message.key)]


def test_an_answer_after_somebody_tried_again_changes_nothing(
    new_world: Callable[..., World], tmp_path: Path
) -> None:
    """The documented case: a transactional message whose worker hangs may be sent twice."""
    channel = Late()
    pair = Pair(new_world, tmp_path, channels=[channel])
    key = pair.plan()

    def lease_runs_out() -> None:
        pair.first.clock.advance(LEASE)
        pair.second.link.run_once()

    channel.meanwhile = lease_runs_out
    report = pair.first.link._relay.run_once(["shop"])
    assert {"changed": 1} == report.outcomes
    assert SENT == pair.first.state(key)
    outcomes = [one["outcome"] for one in pair.first.link.attempts(f"shop/{key}")]
    assert ["in doubt", "sent"] == outcomes
    assert 2 == len(channel.sent)


# -- the plan or the order changes between the steps -----------------------------------------------


@pytest.mark.parametrize("step", ["claim", "decide", "render", "begin"])
@pytest.mark.parametrize("is_planned", [False, True])
def test_an_order_that_is_cancelled_before_the_attempt_is_not_thanked_for(
    pair: Pair, step: str, is_planned: bool
) -> None:
    """Its webhook arrived; whether it was planned already does not matter."""
    key = pair.plan()

    def cancelled() -> None:
        pair.first.store.cancel(key.rpartition(":")[2])
        pair.first.absorb()
        if is_planned:
            pair.second.link._planner.run_once(["shop"])

    pair.at.acts[step] = cancelled
    pair.first.link.run_once()
    assert [] == pair.first.sent() + pair.second.sent()
    assert (MessageState.CANCELLED, "cancelled") == pair.first.state(key)


@pytest.mark.parametrize("step", ["claim", "decide", "render", "begin"])
def test_also_when_only_another_read_can_tell(pair: Pair, step: str) -> None:
    """The order was read a moment ago, and is cancelled in the same second."""
    key = pair.plan()
    order_id = key.rpartition(":")[2]
    pair.first.link.read("shop", order_id)
    pair.first.link._planner.run_once(["shop"])

    def cancelled() -> None:
        pair.first.store.cancel(order_id)
        pair.first.absorb()
        assert OrderStatus.OPEN is pair.first.order(order_id).status

    pair.at.acts[step] = cancelled
    pair.first.link.run_once()
    assert [] == pair.first.sent()
    assert (MessageState.CANCELLED, "cancelled") == pair.first.state(key)


@pytest.mark.parametrize("step", ["send", "settle", "settled"])
def test_an_order_that_is_cancelled_after_the_attempt_was_thanked_for(
    pair: Pair, step: str
) -> None:
    key = pair.plan()

    def cancelled() -> None:
        pair.first.store.cancel(key.rpartition(":")[2])
        pair.first.absorb()
        pair.second.link.run_once()

    pair.at.acts[step] = cancelled
    pair.first.link.run_once()
    assert [key] == pair.first.sent()
    assert SENT == pair.first.state(key)


@pytest.mark.parametrize("step", ["decide", "render", "begin"])
def test_a_change_that_speaks_for_nothing_else_only_costs_another_look(
    pair: Pair, step: str
) -> None:
    key = pair.plan()

    def edited() -> None:
        pair.first.store.edit(key.rpartition(":")[2], tags=("x",))
        pair.first.absorb()

    pair.at.acts[step] = edited
    pair.first.link.run_once()
    assert [key] == pair.first.sent()


def test_the_clock_of_whoever_absorbs_the_cancellation_may_be_ahead(
    new_world: Callable[..., World], tmp_path: Path
) -> None:
    pair = Pair(new_world, tmp_path)
    key = pair.plan()
    ahead = new_world(f"sqlite:///{tmp_path}/link.db", clock=FrozenClock(START + 5 * SECOND))

    def cancelled() -> None:
        pair.first.store.cancel(key.rpartition(":")[2])
        for webhook in pair.first.store.take():
            ahead.link.receive("shop", headers=webhook.headers, body=webhook.body)

    pair.at.acts["begin"] = cancelled
    pair.first.link._relay.run_once(["shop"])
    assert [] == pair.first.sent()


class OnlyOne(Hook[Order]):
    """Wants two messages about an order, and of these only the one that goes first."""

    name = "only_one"

    def decide(self, subject: Order, facts: Facts, now: datetime) -> Iterable[Send | Skip]:
        (paid,), about = facts.all(OrderPaid), Ref.order(subject.id)
        sent = {one.step for one in facts.sent_by(self.name)}
        message = Message("thank_you")
        for step in ("a", "b"):
            yield (
                Skip(about, Reason.ALREADY_ASKED, step=step)
                if sent - {step}
                else Send(about, message, subject.id, paid, due_at=paid.at, step=step)
            )


def test_a_hook_is_asked_again_after_another_worker_began_an_attempt(
    new_world: Callable[..., World], tmp_path: Path
) -> None:
    """The second worker is still sending when the first, which was asked before, would begin."""
    pair = Pair(new_world, tmp_path, hooks=[OnlyOne()])
    pair.plan()
    others: list[MessageRow] = []

    def another() -> None:
        outbox, database = pair.second.link._outbox, pair.second.link._database
        (row,) = outbox.claim(START, limit=1, stores=["shop"])
        with database.read() as tx:
            basis = unsettled(tx, [row])[row.id]
        attempt = Attempt(row, Message("thank_you"), "recording", basis)
        others.extend(outbox.begin([attempt], now=START).values())

    pair.at.acts["begin"] = another
    report = pair.first.link._relay.run_once(["shop"], limit=1)
    assert {"changed": 1} == report.outcomes
    pair.first.link.run_once()
    assert [] == pair.first.sent()
    assert [MessageState.SENDING] == [one.state for one in others]
    skipped = pair.first.message(f"only_one/order:{others[0].order_id}/a")
    assert (MessageState.CANCELLED, Reason.ALREADY_ASKED) == (skipped.state, skipped.reason)


def test_a_message_cancelled_by_hand_before_the_attempt_is_not_sent(pair: Pair) -> None:
    key = pair.plan()
    pair.at.acts["begin"] = lambda: pair.second.link.cancel(f"shop/{key}")
    pair.first.link.run_once()
    assert [] == pair.first.sent()
    assert (MessageState.CANCELLED, "by_hand") == pair.first.state(key)


def test_a_change_of_another_order_of_the_person_moves_its_request(
    new_world: Callable[..., World], tmp_path: Path
) -> None:
    """An earlier order of the same person becomes known between decision and attempt."""
    pair = Pair(new_world, tmp_path, hooks=[ReviewRequest()])
    earlier = pair.first.store.place(ADA, [MUG])
    parcel = pair.first.store.ship(earlier, number="T", carrier="DHL")
    pair.first.store.scan(earlier, parcel, ShipmentStatus.DELIVERED)
    lost = pair.first.store.take()
    pair.first.clock.advance(HOUR)
    later = pair.first.delivered_order()

    def found() -> None:
        for webhook in lost:
            pair.first.link.receive("shop", headers=webhook.headers, body=webhook.body)
        pair.second.link._planner.run_once(["shop"])

    pair.at.acts["begin"] = found
    pair.first.wait(7 * DAY)
    assert [f"review_request/order:{earlier}"] == pair.first.sent()
    reasons = {line.reason for line in pair.first.link.explain("shop", later).messages}
    assert {"already_asked"} == reasons


def test_a_change_of_the_address_before_the_attempt_goes_to_the_new_one(pair: Pair) -> None:
    key = pair.plan()

    def readdressed() -> None:
        pair.first.store.edit(key.rpartition(":")[2], contact=BOB)
        pair.first.absorb()

    pair.at.acts["begin"] = readdressed
    pair.first.link.run_once()
    assert ["bob@example.com"] == [mail.to for mail in pair.first.channel.sent]


def test_the_attempt_of_a_released_message_is_refused(pair: Pair) -> None:
    """Whoever holds an older row can neither begin nor settle."""
    pair.plan()
    outbox = pair.first.link._relay._outbox
    (row,) = outbox.claim(START, limit=9, stores=["shop"])
    outbox.commit([steps.released(row)], now=START)
    attempt = Attempt(row, Message("thank_you"), "recording", frozenset())
    assert {} == outbox.begin([attempt], now=START)
    step = cancelled(row, Reason.WITHDRAWN)
    assert [step] == outbox.commit([step], now=START)


def test_a_hold_that_is_lifted_between_the_steps_is_decided_anew(pair: Pair) -> None:
    key = pair.plan()
    order_id = key.rpartition(":")[2]

    def held() -> None:
        pair.first.store.hold(order_id)
        pair.first.absorb()

    def lifted() -> None:
        pair.first.store.edit(order_id, status=OrderStatus.OPEN)
        pair.first.absorb()

    pair.at.acts = {"render": held, "begin": lifted}
    pair.first.link.run_once()
    assert [key] == pair.first.sent()


# -- planning --------------------------------------------------------------------------------------


class Slow(ThankYou):
    """A hook that takes its time: something happens while it thinks."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], Any] = lambda: None

    def decide(self, subject: Any, facts: Any, now: Any) -> Any:
        decisions = list(super().decide(subject, facts, now))
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return decisions


@pytest.mark.parametrize("is_planned", [False, True])
def test_an_answer_about_an_order_that_changed_meanwhile_is_thrown_away(
    new_world: Callable[..., World], tmp_path: Path, is_planned: bool
) -> None:
    """And nobody waits for a hook: another process receives, and plans, while it thinks."""
    hook = Slow()
    pair = Pair(new_world, tmp_path, hooks=[hook])
    key = pair.place()

    def cancelled() -> None:
        pair.first.store.cancel(key.rpartition(":")[2])
        pair.second.store.take()
        pair.second.link.read("shop", key.rpartition(":")[2])
        if is_planned:
            pair.second.link._planner.run_once(["shop"])

    hook.meanwhile = cancelled
    pair.first.link._planner.run_once(["shop"])
    assert [] == pair.first.keys()
    pair.first.link.run_once()
    assert [] == pair.first.keys()
    assert [] == pair.first.sent()
