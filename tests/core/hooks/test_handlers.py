"""`@link.on`: every event once or more often, in the worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from core.world import ADA, BOB, DAY, MUG, START, World

from storelink.errors import ConfigError
from storelink.events import Event, OrderPaid, OrderPlaced, ShipmentEvent, ShipmentOverdue

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A shop without hooks."""
    return new_world(hooks=[])


def test_a_handler_is_called_for_each_event_of_its_type_once(world: World) -> None:
    heard: list[str] = []

    @world.link.on(OrderPaid)
    def tell(event: OrderPaid) -> None:
        assert event.order is not None
        heard.append(event.order.number)

    first, second = world.timeline.place(ADA, [MUG]), world.timeline.place(BOB, [MUG])
    world.store.edit(first, tags=("x",))
    world.tell()
    world.wait(10 * DAY)
    assert [f"#{first}", f"#{second}"] == heard


def test_nothing_of_a_user_s_runs_while_a_webhook_is_received(world: World) -> None:
    heard: list[str] = []
    world.link.on(OrderPaid, key="tell")(lambda event: heard.append(event.id))
    world.store.place(ADA, [MUG])
    world.absorb()
    assert [] == heard
    world.link.run_once()
    assert 1 == len(heard)


def test_a_handler_of_a_family_hears_all_of_it(world: World) -> None:
    heard: list[str] = []
    world.link.on(ShipmentEvent, key="parcels")(lambda event: heard.append(event.type))
    order_id = world.timeline.place(ADA, [MUG])
    world.timeline.deliver(order_id, world.timeline.ship(order_id))
    expected = ["shipment.changed", "shipment.created", "shipment.delivered"]
    assert expected == sorted(heard)


def test_it_hears_what_only_time_causes(world: World) -> None:
    heard: list[Event] = []
    world.link.on(ShipmentOverdue, key="late")(heard.append)
    order_id = world.timeline.place(ADA, [MUG])
    world.timeline.ship(order_id, promised_in=DAY)
    world.wait(3 * DAY)
    assert [START + DAY] == [event.at for event in heard]


def test_it_hears_of_history_and_can_tell(new_world: Callable[..., World]) -> None:
    world = new_world(hooks=[], since=START + DAY)
    heard: list[bool] = []
    world.link.on(OrderPlaced, key="tell")(lambda event: heard.append(event.historic))
    world.timeline.place(ADA, [MUG])
    world.wait(DAY)
    world.timeline.place(ADA, [MUG])
    assert [True, False] == heard


def test_a_handler_that_fails_is_called_again_less_and_less_often(
    world: World, errors_are_expected: None
) -> None:
    calls: list[timedelta] = []

    @world.link.on(OrderPaid)
    def broken(event: OrderPaid) -> None:
        calls.append(world.clock.now() - START)
        raise RuntimeError

    world.timeline.place(ADA, [MUG])
    world.wait(100 * DAY)
    expected = [MINUTE * ((1 << number) - 1) for number in range(12)]
    assert expected == calls


def test_it_is_at_least_once(world: World, errors_are_expected: None) -> None:
    heard: list[str] = []

    @world.link.on(OrderPaid)
    def shaky(event: OrderPaid) -> None:
        heard.append(event.id)
        if len(heard) == 1:
            raise RuntimeError

    order_id = world.timeline.place(ADA, [MUG])
    world.wait(DAY)
    assert [f"shop/order/{order_id}/paid"] * 2 == heard


def test_a_handler_that_fails_does_not_hold_up_the_others(
    world: World, errors_are_expected: None
) -> None:
    heard: list[str] = []

    @world.link.on(OrderPaid)
    def broken(event: OrderPaid) -> None:
        raise RuntimeError

    world.link.on(OrderPaid, key="other")(lambda event: heard.append(event.id))
    world.timeline.place(ADA, [MUG])
    assert 1 == len(heard)


def test_two_handlers_of_one_name_are_refused(world: World) -> None:
    world.link.on(OrderPaid, key="tell")(print)
    with pytest.raises(ConfigError, match="two handlers are called 'tell'"):
        world.link.on(OrderPaid, key="tell")(print)
