"""PostgreSQL is restarted while the worker works: nothing is lost, and nothing is sent twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from core.faults.shop import (
    STEPS,
    Once,
    TroubledChannel,
    nothing,
    place_orders,
    work,
    wrong,
)
from core.world import ADA, MUG, World

from storelink.errors import StorageUnavailable
from storelink.storage import InboxState
from storelink.testing.postgres import NoPostgres, PostgresServer

pytestmark = pytest.mark.usefixtures("errors_are_expected")


class Power:
    """The switch of a server of one's own."""

    def __init__(self, server: PostgresServer) -> None:
        self._server, self._is_on = server, True

    def off(self) -> None:
        """Let the server crash."""
        self._server.stop()
        self._is_on = False

    def on(self) -> None:
        """Start the server, if it does not run."""
        if not self._is_on:
            self._server.start()
            self._is_on = True

    def off_and_on(self) -> None:
        """Restart the server."""
        self.off()
        self.on()


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    try:
        with PostgresServer(durable=True) as one:
            if not one.is_own:
                pytest.skip("a server that was named is not restarted")
            yield one
    except NoPostgres as error:
        pytest.skip(f"no PostgreSQL here: {error}")


@pytest.fixture
def power(server: PostgresServer) -> Iterator[Power]:
    switch = Power(server)
    yield switch
    switch.on()


@pytest.fixture
def database(server: PostgresServer, power: Power) -> Iterator[str]:
    with server.database() as url:
        yield url
        power.on()


def shops(database: str, **options: object) -> World:
    return World(database, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("step", STEPS)
def test_a_restart_between_two_steps(database: str, power: Power, step: str) -> None:
    once = Once(step, power.off_and_on)
    world = shops(database, on_step=once)
    with world.link:
        keys = place_orders(world)
        work(world)
        assert once.is_done
        assert [] == wrong(world, keys)


@pytest.mark.parametrize("step", STEPS)
def test_a_database_that_is_away_from_a_step_on_until_the_next_round(
    database: str, power: Power, step: str
) -> None:
    once = Once(step, power.off)
    world = shops(database, on_step=once)
    with world.link:
        keys = place_orders(world)
        work(world, repair=power.on)
        assert once.is_done
        assert [] == wrong(world, keys)


@pytest.mark.parametrize("away", ["for a moment", "until the next round"])
def test_a_database_that_goes_while_the_provider_takes_a_message(
    database: str, power: Power, away: str
) -> None:
    """The provider's answer is kept until it can be written down: there is no doubt."""
    act, repair = (power.off_and_on, nothing) if away == "for a moment" else (power.off, power.on)
    channel = TroubledChannel(act)
    world = shops(database, channels=[channel])
    world.channel = channel
    with world.link:
        keys = place_orders(world)
        work(world, repair=repair)
        assert [] == wrong(world, keys)


def test_a_webhook_that_comes_while_the_database_is_away_comes_again(
    database: str, power: Power
) -> None:
    world = shops(database)
    with world.link:
        order_id = world.store.place(ADA, [MUG])
        power.off()
        first, *others = world.store.take()
        with pytest.raises(StorageUnavailable):
            world.link.receive("shop", headers=first.headers, body=first.body)
        power.on()
        for webhook in (first, *others):
            receipt = world.link.receive("shop", headers=webhook.headers, body=webhook.body)
            assert InboxState.ABSORBED == receipt.state
        work(world)
        assert [] == wrong(world, [f"thank_you/order:{order_id}"])


def test_a_restart_while_webhooks_are_received_loses_none(database: str, power: Power) -> None:
    world = shops(database)
    with world.link:
        keys = [f"thank_you/order:{world.store.place(ADA, [MUG])}" for _ in range(4)]
        answer: Callable[..., object] = world.link.receive
        waiting = list(world.store.take())
        for number, webhook in enumerate(waiting):
            if number % 3 == 1:
                power.off_and_on()
            try:
                answer("shop", headers=webhook.headers, body=webhook.body)
            except StorageUnavailable:
                waiting.append(webhook)  # the platform sends it again
        work(world)
        assert [] == wrong(world, keys)
