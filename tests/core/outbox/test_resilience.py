"""Outages of a channel and of the database, and rates: what they delay, and what they do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from core.world import DAY, MUG, START, World

from storelink.contracts import Accepted, Channel, Manifest, Rate, Retry
from storelink.errors import ConfigError, Rejected, RetryLater, StorageUnavailable, UnknownStore
from storelink.hooks import ReviewRequest, ThankYou, views
from storelink.models import Contact, MessageState, Outgoing
from storelink.testing import RecordingChannel

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
SENT = (MessageState.SENT, None)
OUTAGE = RetryLater("connection refused", outage=True)


class Watched(RecordingChannel):
    """A channel that can be out of order, and notes when it is asked."""

    def __init__(self, name: str = "mail") -> None:
        super().__init__()
        self.name, self.is_down = name, False
        self.now: Callable[[], datetime] = lambda: START
        self.asked: list[datetime] = []

    @property
    def manifest(self) -> Manifest[Channel]:
        return replace(super().manifest, name=self.name)

    def send(self, message: Outgoing) -> Any:
        self.asked.append(self.now())
        if self.is_down:
            raise OUTAGE
        return super().send(message)


@pytest.fixture
def channel() -> Watched:
    return Watched()


@pytest.fixture
def new_shop(new_world: Callable[..., World], channel: Watched) -> Callable[..., World]:
    """Makes shops that say thank you."""

    def make(**options: Any) -> World:
        world = new_world(**{"hooks": [ThankYou()], "channels": [channel], **options})
        channel.now = world.clock.now
        return world

    return make


def place(world: World, number: int) -> list[str]:
    """Place orders of different people."""
    return [
        world.store.place(Contact(email=f"buyer{one}@example.com"), [MUG]) for one in range(number)
    ]


# -- outages of a channel --------------------------------------------------------------------------


def test_a_channel_that_fails_five_times_is_left_in_peace(
    new_shop: Callable[..., World], channel: Watched
) -> None:
    world = new_shop()
    channel.is_down = True
    place(world, 20)
    world.tell()
    assert 5 == len(channel.asked)
    reasons = Counter(message.reason for message in world.link.messages())
    assert {"channel_down": 20} == reasons


def test_then_one_message_tries_and_the_others_follow(
    new_shop: Callable[..., World], channel: Watched
) -> None:
    world = new_shop()
    channel.is_down = True
    place(world, 20)
    world.tell()
    world.wait(29 * SECOND)
    assert 5 == len(channel.asked)
    world.wait(SECOND)
    assert 6 == len(channel.asked)
    channel.is_down = False
    world.wait(10 * MINUTE)
    assert [MessageState.SENT] * 20 == [message.state for message in world.link.messages()]
    assert 20 == len({mail.key for mail in channel.sent}) == len(channel.sent)


def test_a_long_outage_asks_less_and_less_often_and_loses_no_message(
    new_shop: Callable[..., World], channel: Watched
) -> None:
    world = new_shop()
    channel.is_down = True
    place(world, 3)
    world.tell()
    world.wait(3 * DAY)
    assert len(channel.asked) < 3 * 24 * 6 * 3
    assert {MessageState.WAITING} == {message.state for message in world.link.messages()}
    channel.is_down = False
    world.wait(timedelta(hours=1))
    assert {MessageState.SENT} == {message.state for message in world.link.messages()}


def test_an_outage_of_one_channel_stops_no_other(new_world: Callable[..., World]) -> None:
    class Phone(Watched):
        def address(self, contact: Contact) -> str | None:
            return contact.phone

    mail, phone = Watched(), Phone("phone")
    mail.is_down = True
    world = new_world(hooks=[ThankYou()], channels=[mail, phone])
    place(world, 9)
    for number in range(9):
        world.store.place(Contact(phone=f"+49302312{number:03}"), [MUG])
    world.tell()
    assert 5 == len(mail.asked)
    assert 9 == len(phone.sent)


def test_the_provider_says_how_long(new_shop: Callable[..., World], channel: Watched) -> None:
    """Already the first such answer counts."""
    world = new_shop()
    channel.fail_next(RetryLater("too many requests", after=timedelta(hours=2), outage=True))
    place(world, 3)
    world.tell()
    assert 1 == len(channel.asked)
    world.wait(2 * DAY)
    assert START + timedelta(hours=2) == channel.asked[1]
    assert 3 == len(channel.sent)


def test_what_is_told_of_an_outage(new_shop: Callable[..., World], channel: Watched) -> None:
    world = new_shop()
    channel.is_down = True
    (order_id,) = place(world, 1)
    world.tell()
    sentence = world.said(order_id)["Thank-you"]
    assert (
        "Not sent yet: its channel is out of order at the moment (connection refused)" in sentence
    )


def test_the_refusals_of_one_message_are_no_outage(
    new_shop: Callable[..., World], channel: Watched
) -> None:
    world = new_shop()
    channel.fail_next(RetryLater("mailbox full"), times=9)
    place(world, 12)
    world.tell()
    assert 3 == len(channel.sent)


def test_a_channel_has_its_own_rule_for_trying_again(
    new_shop: Callable[..., World], channel: Watched
) -> None:
    channel.retry = Retry(first=SECOND, longest=2 * SECOND, attempts=4)
    world = new_shop()
    channel.fail_next(RetryLater("busy"), times=9)
    (order_id,) = place(world, 1)
    world.tell()
    world.wait(MINUTE)
    assert [0, 1, 3, 5] == [(at - START) // SECOND for at in channel.asked]
    assert (MessageState.FAILED, "gave_up") == world.state(f"thank_you/order:{order_id}")


def test_waits_differ_by_chance(new_shop: Callable[..., World], channel: Watched) -> None:
    world = new_shop(chance=iter([0.0, 0.5, 0.999]).__next__)
    channel.fail_next(RetryLater("busy"), times=3)
    place(world, 3)
    world.tell()
    waits = [(message.due_at - START) / MINUTE for message in world.link.messages()]
    assert pytest.approx([1.0, 1.125, 1.25], abs=0.001) == waits


# -- rates -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("of_store", [True, False])
def test_a_rate_spreads_messages_out(
    new_shop: Callable[..., World], channel: Watched, of_store: bool
) -> None:
    if not of_store:
        channel.rate = Rate.parse("30/min")
    world = new_shop(store_rates={"shop": "30/min"} if of_store else {})
    place(world, 5)
    world.tell()
    world.wait(MINUTE)
    assert [0, 2, 4, 6, 8] == [(at - START) // SECOND for at in channel.asked]


def test_what_is_over_the_rate_is_decided_about_once_again(
    new_shop: Callable[..., World], channel: Watched
) -> None:
    channel.rate = Rate.parse("1/s")
    world = new_shop()
    place(world, 10)
    world.tell()
    assert {"rate_limited": 9, None: 1} == Counter(one.reason for one in world.link.messages())
    report = world.link.run_once()
    assert {} == report.messages
    outcomes: Counter[str] = Counter()
    for _ in range(10):
        world.clock.advance(SECOND)
        outcomes.update(world.link.run_once().messages)
    assert {"sent": 9} == outcomes


def test_a_rate_of_one_store_holds_up_no_other(
    new_world: Callable[..., World], channel: Watched
) -> None:
    world = new_world(hooks=[ThankYou()], channels=[channel], store_rates={"shop": Rate(1, DAY)})
    gate = world.link._relay._gate
    assert gate.ask(1, store="shop", channel="mail", now=START) is None
    assert gate.ask(2, store="shop", channel="mail", now=START) is not None
    assert gate.ask(3, store="another", channel="mail", now=START) is None


def test_a_rate_that_is_none_is_refused(new_shop: Callable[..., World]) -> None:
    with pytest.raises(ConfigError, match="the rate of store 'shop': a rate is a number of"):
        new_shop(store_rates={"shop": "fast"})
    with pytest.raises(UnknownStore):
        new_shop(store_rates={"ship": "1/s"})
    with pytest.raises(ConfigError, match="at least 1"):
        new_shop(attempts_per_commit=0)


# -- outages of the database -----------------------------------------------------------------------


@contextmanager
def away(world: World) -> Iterator[None]:
    """Nothing can be written meanwhile."""
    database = world.link._database
    write = database.write

    def unavailable(**options: Any) -> Any:
        raise StorageUnavailable("the database is being restarted")

    database.write = unavailable  # type: ignore[method-assign]
    try:
        yield
    finally:
        database.write = write  # type: ignore[method-assign]


@pytest.mark.parametrize("odd", ["\0", "\ud800"], ids=["NUL", "half a character"])
def test_an_outcome_is_settled_whatever_the_provider_says(
    new_shop: Callable[..., World], channel: Watched, odd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words that a database refuses must not stop the relay for ever."""
    world = new_shop()
    place(world, 3)
    channel.fail_next(Rejected(f"no{odd}"))
    channel.fail_next(RetryLater(f"later{odd}"))
    monkeypatch.setattr(Watched, "send", lambda me, one: _odd(RecordingChannel.send(me, one), odd))
    world.tell()
    states = {message.state for message in world.link.messages()}
    assert {MessageState.FAILED, MessageState.WAITING, MessageState.SENT} == states


def _odd(accepted: Accepted, odd: str) -> Accepted:
    return Accepted(accepted.provider_id + odd, odd)


@pytest.mark.parametrize("size", [1, 3])
def test_an_outcome_is_owed_until_the_database_is_back(
    new_shop: Callable[..., World], channel: Watched, size: int
) -> None:
    steps: list[str] = []
    failing = [True]

    def note(step: str) -> None:
        steps.append(step)
        if step == "settle" and failing[0]:
            raise StorageUnavailable("the disk is full")

    world = new_shop(attempts_per_commit=size, on_step=note)
    place(world, 3)
    world.absorb()
    world.link._planner.run_once(["shop"])
    for _ in range(3):
        with pytest.raises(StorageUnavailable):
            world.link._relay.run_once(["shop"])
    assert size == len(channel.sent)
    failing[0] = False
    world.link.run_once()
    assert [MessageState.SENT] * 3 == [message.state for message in world.link.messages()]
    assert 3 == len({mail.key for mail in channel.sent}) == len(channel.sent)
    assert [0, 0, 0] == [message.doubts for message in world.link.messages()]


def test_what_was_claimed_when_the_database_went_away_is_given_back_at_once(
    new_shop: Callable[..., World], channel: Watched
) -> None:
    world = new_shop()
    place(world, 2)
    world.absorb()
    world.link._planner.run_once(["shop"])
    decide = world.link._relay._decider.decide

    def interrupted(*args: Any) -> Any:
        with away(world):
            world.link._outbox.begin([], now=START)
        return decide(*args)

    world.link._relay._decider.decide = interrupted  # type: ignore[method-assign]
    with pytest.raises(StorageUnavailable):
        world.link._relay.run_once(["shop"])
    world.link._relay._decider.decide = decide  # type: ignore[method-assign]
    world.link.run_once()
    assert 2 == len(channel.sent)


# -- batches ---------------------------------------------------------------------------------------


def test_attempts_are_begun_and_settled_together(new_shop: Callable[..., World]) -> None:
    seen: list[str] = []
    world = new_shop(attempts_per_commit=2, on_step=seen.append)
    place(world, 3)
    world.tell()
    first = ["begin", "send", "send", "settle", "settled"]
    second = ["begin", "send", "settle", "settled"]
    assert first + second == [step for step in seen if step in first]


def test_of_a_batch_whose_channel_fails_the_rest_is_not_tried(
    new_shop: Callable[..., World], channel: Watched
) -> None:
    world = new_shop(attempts_per_commit=20)
    channel.is_down = True
    place(world, 20)
    world.tell()
    assert 5 == len(channel.asked)
    channel.is_down = False
    world.wait(10 * MINUTE)
    assert 20 == len({mail.key for mail in channel.sent}) == len(channel.sent)
    assert {MessageState.SENT} == {message.state for message in world.link.messages()}


@pytest.mark.parametrize("size", [1, 2, 20])
def test_a_worker_that_is_told_to_stop_gives_back_what_it_has_not_sent(
    new_shop: Callable[..., World], channel: Watched, size: int
) -> None:
    world = new_shop(attempts_per_commit=size)
    place(world, 6)
    world.absorb()
    world.link._planner.run_once(["shop"])
    world.link._relay.run_once(["shop"], stop=lambda: len(channel.asked) >= 3)
    assert 3 == len(channel.asked)
    world.link.run_once()
    assert 6 == len({mail.key for mail in channel.sent}) == len(channel.sent)
    assert {SENT} == {(message.state, message.reason) for message in world.link.messages()}


def test_a_broken_order_in_a_batch_holds_up_no_other(
    new_shop: Callable[..., World],
    channel: Watched,
    monkeypatch: pytest.MonkeyPatch,
    errors_are_expected: None,
) -> None:
    world = new_shop(hooks=[ThankYou(after=MINUTE)])
    bad, good = place(world, 2)
    world.tell()
    orders = views.load.orders

    def half(tx: Any, store: str, ids: Any) -> Any:
        if bad in ids:
            raise ValueError
        return orders(tx, store, ids)

    monkeypatch.setattr(views.load, "orders", half)
    world.clock.advance(MINUTE)
    world.link._relay.run_once(["shop"])
    assert [f"shop/thank_you/order:{good}"] == [mail.key for mail in channel.sent]
    assert (MessageState.WAITING, "hook_error") == world.state(f"thank_you/order:{bad}")


def test_a_message_in_doubt_is_settled_with_all_others(new_world: Callable[..., World]) -> None:
    world = new_world(hooks=[ReviewRequest()])
    world.channel.fail_next(TimeoutError(), times=2)
    for number in range(2):
        world.delivered_order(Contact(email=f"{number}@example.com"))
    world.wait(8 * DAY)
    assert 2 == len(world.link.messages(state="in_doubt"))
    assert 2 == len(world.link.settle_all(sent=False, store="shop"))
    assert [] == world.link.settle_all(sent=True)
    assert {MessageState.FAILED} == {message.state for message in world.link.messages()}
