"""Hooks that users write."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from core.world import ADA, DAY, HOUR, MUG, POT, START, TEA, World

from storelink import Message, Money
from storelink.contracts import Decision, Facts, Hook, Reason, Send, Skip
from storelink.errors import ConfigError
from storelink.events import (
    ConsentChanged,
    CustomerCreated,
    Event,
    OrderCancelled,
    OrderPaid,
    OrderRefunded,
    ShipmentDelivered,
)
from storelink.models import Contact, MessageState, Order, Ref, Shipment

NOTE = Message("note", subject="A note", text="Hello {{ contact.first_name }}")
SENT = (MessageState.SENT, None)


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A shop without hooks."""
    return new_world(hooks=[])


def key(order_id: str, hook: str = "note", what: str = "paid") -> str:
    return f"{hook}/order:{order_id}/order/{order_id}/{what}"


def test_a_function_is_asked_for_each_event(world: World) -> None:
    @world.link.hook(OrderPaid, after=2 * HOUR)
    def note(order: Order) -> Message | None:
        return NOTE if order.total > Money("20", order.currency) else None

    cheap = world.timeline.place(ADA, [MUG])
    dear = world.timeline.place(ADA, [POT])
    assert [key(dear)] == world.keys()
    assert START + 2 * HOUR == world.message(key(dear)).due_at
    world.wait(2 * HOUR)
    assert [key(dear)] == world.sent()
    assert "condition" in {line.reason for line in world.link.explain("shop", cheap).messages}


def test_it_is_asked_again_just_before_sending(world: World) -> None:
    @world.link.hook(OrderPaid, after=DAY)
    def note(order: Order) -> Message | None:
        return None if "no-mail" in order.tags else NOTE

    order_id = world.timeline.place(ADA, [MUG])
    world.store.edit(order_id, tags=("no-mail",))
    world.store.take()  # the webhook was lost
    world.wait(DAY)
    assert [] == world.sent()
    assert (MessageState.CANCELLED, "condition") == world.state(key(order_id))


def test_the_message_holds_what_the_function_says_at_last(world: World) -> None:
    @world.link.hook(OrderPaid, after=DAY)
    def note(order: Order) -> Message:
        return Message("note", subject="{{ order.number }}", text="x", data={"tags": [*order.tags]})

    order_id = world.timeline.place(ADA, [MUG])
    world.store.edit(order_id, tags=("gift",))
    world.tell()
    assert {"tags": ["gift"]} == world.message(key(order_id)).data


def test_it_is_given_what_it_asks_for(world: World) -> None:
    given: list[tuple[Any, ...]] = []

    @world.link.hook(ShipmentDelivered)
    def note(
        now: datetime, contact: Contact, shipment: Shipment, event: ShipmentDelivered, order: Order
    ) -> None:
        given.append((now, contact, shipment.id, event.shipment_id, event.order == order))

    order_id = world.timeline.place(ADA, [MUG])
    parcel = world.timeline.ship(order_id)
    world.timeline.deliver(order_id, parcel)
    assert {(START, ADA, parcel, parcel, True)} == set(given)


def test_a_message_about_a_parcel_is_sent_for_each_parcel(world: World) -> None:
    @world.link.hook(ShipmentDelivered)
    def note(shipment: Shipment) -> Message:
        return Message("note", subject="{{ shipment.tracking[0].number }}", text="x")

    order_id = world.timeline.place(ADA, [MUG, TEA])
    for index, number in enumerate("AB"):
        parcel = world.timeline.ship(order_id, number=number, lines={index: 1})
        world.timeline.deliver(order_id, parcel)
    assert ["A", "B"] == [mail.subject for mail in world.channel.sent]


@pytest.mark.parametrize("act", ["cancel", "refund", "delete"])
@pytest.mark.parametrize("also", [False, True])
def test_an_order_that_is_off_gets_none_unless_the_hook_says_so(
    world: World, act: str, also: bool
) -> None:
    word = {"cancel": "cancelled", "refund": "refunded", "delete": "deleted"}[act]

    @world.link.hook(OrderPaid, after=DAY, also_when=[word] if also else [])
    def note(order: Order) -> Message:
        return NOTE

    order_id = world.timeline.place(ADA, [MUG])
    getattr(world.timeline, act)(order_id)
    world.wait(DAY)
    assert (SENT if also else (MessageState.CANCELLED, word)) == world.state(key(order_id))


def test_a_hook_about_a_cancellation_is_sent_for_a_cancelled_order(world: World) -> None:
    @world.link.hook(OrderCancelled)
    def sorry(order: Order) -> Message:
        return NOTE

    order_id = world.timeline.place(ADA, [MUG])
    world.timeline.refund(order_id)
    world.timeline.cancel(order_id)
    assert [key(order_id, "sorry", "cancelled")] == world.sent()


def test_a_hook_about_refunds_is_asked_for_each_refund(world: World) -> None:
    @world.link.hook(OrderRefunded)
    def money_back(event: OrderRefunded) -> Message:
        return Message("note", subject=f"{event.amount}", text="x")

    order_id = world.timeline.place(ADA, [MUG, TEA])
    world.wait(HOUR)
    world.timeline.refund(order_id, lines={1: 1})
    world.wait(HOUR)
    world.timeline.refund(order_id, lines={0: 1})
    assert ["5.50 EUR", "12.00 EUR"] == [mail.subject for mail in world.channel.sent]


def test_a_message_may_become_pointless(world: World) -> None:
    @world.link.hook(OrderPaid, after=HOUR, expires_after=DAY)
    def note(order: Order) -> Message:
        return NOTE

    order_id = world.store.place(ADA, [MUG])
    world.absorb()
    world.clock.advance(HOUR + DAY)
    world.link.run_once()
    assert (MessageState.EXPIRED, "expired") == world.state(key(order_id))


def test_a_key_keeps_the_identity_of_a_renamed_function(
    new_world: Callable[..., World], tmp_path: Any
) -> None:
    database = f"sqlite:///{tmp_path}/link.db"
    before = new_world(database, hooks=[])

    @before.link.hook(OrderPaid, key="note")
    def first_name() -> Message:
        return NOTE

    order_id = before.timeline.place(ADA, [MUG])
    assert [key(order_id)] == before.sent()

    after = new_world(database, hooks=[], clock=before.clock)

    @after.link.hook(OrderPaid, key="note")
    def second_name() -> Message:
        return NOTE

    before.store.edit(order_id, tags=("x",))
    for webhook in before.store.take():
        after.link.receive("shop", headers=webhook.headers, body=webhook.body)
    after.link.run_once()
    assert [] == after.sent()
    assert [key(order_id)] == after.keys()


# -- what is wrong with a hook ---------------------------------------------------------------------


def test_a_parameter_that_there_is_not_is_named(world: World) -> None:
    with pytest.raises(ConfigError, match=r"note asks for customer; a hook may ask for: order,"):

        @world.link.hook(OrderPaid)
        def note(customer: Any) -> Message:
            return NOTE


def test_a_condition_that_there_is_not_is_named(world: World) -> None:
    with pytest.raises(ConfigError, match="also_when knows cancelled, refunded and deleted, not x"):
        world.link.hook(OrderPaid, also_when=["x"])(lambda: NOTE)


@pytest.mark.parametrize("event", [CustomerCreated, ConsentChanged])
def test_an_event_without_an_order_is_refused(world: World, event: type[Event]) -> None:
    """Such a hook would never be asked."""
    with pytest.raises(ConfigError, match="belongs to no order"):
        world.link.hook(event)(lambda: NOTE)


def test_two_hooks_of_one_name_are_refused(world: World) -> None:
    world.link.hook(OrderPaid, key="note")(lambda: NOTE)
    with pytest.raises(ConfigError, match="two hooks are called 'note'"):
        world.link.hook(OrderPaid, key="note")(lambda: NOTE)


@pytest.mark.parametrize("name", ["", "a/b"])
def test_a_name_is_part_of_a_key(world: World, name: str) -> None:
    with pytest.raises(ConfigError, match="needs a name without a slash"):
        world.link.hook(OrderPaid, key=name or "/")(lambda: NOTE)


def test_a_hook_that_raises_does_not_hold_up_the_others(world: World) -> None:
    is_broken = True

    @world.link.hook(OrderPaid)
    def broken(order: Order) -> Message:
        if is_broken:
            raise RuntimeError("ada@example.com")
        return NOTE

    @world.link.hook(OrderPaid)
    def note(order: Order) -> Message:
        return NOTE

    order_id = world.timeline.place(ADA, [MUG])
    assert [key(order_id)] == world.sent()
    sentences = [line.sentence for line in world.link.explain("shop", order_id).messages]
    assert "Not sent: the rule that decides about it failed (RuntimeError)." in sentences
    is_broken = False
    world.wait(timedelta(minutes=5))
    assert [key(order_id), key(order_id, "broken")] == world.sent()


def test_a_hook_that_raises_just_before_sending_lets_the_message_wait(
    world: World, errors_are_expected: None
) -> None:
    is_broken = False

    @world.link.hook(OrderPaid, after=DAY)
    def note(order: Order) -> Message:
        if is_broken:
            raise RuntimeError
        return NOTE

    order_id = world.timeline.place(ADA, [MUG])
    is_broken = True
    world.wait(DAY)
    assert (MessageState.WAITING, "hook_error") == world.state(key(order_id))
    is_broken = False
    world.wait(timedelta(minutes=5))
    assert SENT == world.state(key(order_id))


@pytest.mark.parametrize("answer", ["note", 7, {"template": "note"}])
def test_a_hook_returns_a_message(world: World, answer: Any) -> None:
    @world.link.hook(OrderPaid)
    def note(order: Order) -> Any:
        return answer

    order_id = world.timeline.place(ADA, [MUG])
    assert {"hook_error"} == {line.reason for line in world.link.explain("shop", order_id).messages}


class Own(Hook[Order]):
    """A hook whose answer is given."""

    name = "own"

    def __init__(self, answer: Callable[[Order, Facts], Any]) -> None:
        self._answer = answer

    def decide(self, subject: Order, facts: Facts, now: datetime) -> Iterator[Decision]:
        yield from self._answer(subject, facts)


def a_send(order: Order, facts: Facts, **change: Any) -> Send:
    told: dict[str, Any] = {
        "subject": Ref.order(order.id),
        "message": NOTE,
        "order_id": order.id,
        "cause": facts.events[0],
        "due_at": START,
    }
    return Send(**{**told, **change})


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda order, facts: [NOTE], id="a message"),
        pytest.param(lambda order, facts: [None], id="nothing"),
        pytest.param(lambda order, facts: None, id="no list"),
        pytest.param(lambda order, facts: [a_send(order, facts, order_id="2")], id="another order"),
        pytest.param(
            lambda order, facts: [a_send(order, facts, due_at=datetime(2026, 11, 2))],  # noqa: DTZ001
            id="naive time",
        ),
        pytest.param(
            lambda order, facts: [
                a_send(order, facts, expires_at=datetime(2026, 11, 2))  # noqa: DTZ001
            ],
            id="naive expiry",
        ),
        pytest.param(
            lambda order, facts: [
                Skip(Ref.order(order.id), Reason.CONDITION, detail={"total": order.total})
            ],
            id="detail that is no JSON",
        ),
    ],
)
def test_what_is_no_decision_is_an_error_of_that_hook_alone(
    world: World, answer: Callable[[Order, Facts], Any]
) -> None:
    world.link._registry.add(Own(answer))

    @world.link.hook(OrderPaid)
    def note(order: Order) -> Message:
        return NOTE

    order_id = world.timeline.place(ADA, [MUG])
    assert [key(order_id)] == world.sent()
    lines = {line.hook: line.reason for line in world.link.explain("shop", order_id).messages}
    assert "hook_error" == lines["own"]


def test_of_two_decisions_about_one_message_the_last_counts(world: World) -> None:
    """Planning and the relay must see the same, or the worker would never rest."""
    world.link._registry.add(
        Own(
            lambda order, facts: [
                Skip(Ref.order(order.id), Reason.CONDITION, order_id=order.id),
                a_send(order, facts),
            ]
        )
    )
    order_id = world.timeline.place(ADA, [MUG])
    assert [f"own/order:{order_id}"] == world.sent()


def test_a_hook_that_was_removed_sends_nothing_any_more(
    new_world: Callable[..., World], tmp_path: Any
) -> None:
    database = f"sqlite:///{tmp_path}/link.db"
    before = new_world(database, hooks=[])
    before.link.hook(OrderPaid, after=DAY, key="note")(lambda: NOTE)
    order_id = before.timeline.place(ADA, [MUG])
    before.link.close()
    before.clock.advance(DAY)
    after = new_world(database, hooks=[], clock=before.clock)
    after.store._orders = before.store._orders
    after.link.run_once()
    assert (MessageState.CANCELLED, "withdrawn") == after.state(key(order_id))
    assert [] == after.sent()


def test_a_message_that_a_hook_does_not_name_any_more_is_withdrawn(world: World) -> None:
    world.link._registry.add(
        Own(lambda order, facts: [] if order.tags else [a_send(order, facts, due_at=START + DAY)])
    )
    order_id = world.timeline.place(ADA, [MUG])
    world.store.edit(order_id, tags=("x",))
    world.tell()
    assert (MessageState.CANCELLED, "withdrawn") == world.state(f"own/order:{order_id}")


class Wordy(Hook[Order]):
    """Names the messages about some orders with more words than PostgreSQL takes for a key."""

    name = "wordy"
    of = ""

    def decide(self, subject: Order, facts: Facts, now: datetime) -> Iterator[Decision]:
        (paid,), about = facts.all(OrderPaid), Ref.order(subject.id)
        words = random.Random(1).randbytes(9_000).hex() if subject.id == self.of else ""
        yield Send(about, NOTE, subject.id, paid, due_at=paid.at, step=words)


def test_what_is_too_long_for_a_database_holds_up_no_other(
    new_world: Callable[..., World], errors_are_expected: None
) -> None:
    """It is not the database that is out of reach: to try again helps nobody."""
    hook = Wordy()
    world = new_world(hooks=[hook])
    hook.of, other = world.store.place(ADA, [MUG]), world.store.place(ADA, [POT])
    world.tell()
    assert f"wordy/order:{other}" in world.sent()
