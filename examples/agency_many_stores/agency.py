"""Fifty stores of two platforms in one process, as an agency runs them for its clients.

    python examples/agency_many_stores/agency.py
    python examples/agency_many_stores/agency.py --stores 200 --days 10

Every store here is a sandbox that speaks its platform's API over HTTP and sends signed webhooks;
with real ones, only the addresses and credentials differ. Each store's webhooks arrive at an
address of their own. One store's trouble is nobody else's: here one is out of order for a day.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta

from storelink import Brand, Storelink, plugins
from storelink.contracts.sandbox import Item, Sandbox
from storelink.hooks import ReviewRequest, ThankYou, TrackingUpdates
from storelink.models import Contact, Money
from storelink.testing import FrozenClock, RecordingChannel
from storelink.toolkit.http import Wire
from storelink.toolkit.serving import served
from storelink.web import Endpoint

PLATFORMS = ("shopify", "woocommerce")
TEA = Item("Tea", Money("8.50", "EUR"), 2)


def main() -> None:
    """Let the stores live for some days, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--stores", type=int, default=50)
    parser.add_argument("--days", type=int, default=5)
    asked = parser.parse_args()
    clock, channel, chance = FrozenClock(), RecordingChannel(), random.Random(1)
    with ExitStack() as stack:
        stores = stack.enter_context(opened(asked.stores, clock))
        link = stack.enter_context(connected(stores, clock, channel))
        for name in stores:
            link.register_webhooks(name)
        for day in range(asked.days):
            live_a_day(day, stores, link, clock, chance)
        report(stores, link, channel)


@contextmanager
def opened(number: int, clock: FrozenClock) -> Iterator[dict[str, Sandbox]]:
    """Open so many stores, of the platforms in turn."""
    with ExitStack() as stack:
        stores = {}
        for index in range(number):
            manifest = plugins.store(PLATFORMS[index % len(PLATFORMS)])
            assert manifest.sandbox is not None
            sandbox = manifest.sandbox(clock=clock)
            stores[f"client-{index + 1:03}"] = stack.enter_context(sandbox)
        yield stores


@contextmanager
def connected(
    stores: Mapping[str, Sandbox], clock: FrozenClock, channel: RecordingChannel
) -> Iterator[Storelink]:
    """Connect one storelink to all of them, with an address that their webhooks can reach."""
    wire = Wire(
        now=clock.now,
        monotonic=lambda: clock.now().timestamp(),
        sleep=lambda seconds: clock.advance(timedelta(seconds=seconds)),
    )
    adapters = {
        name: plugins.store(PLATFORMS[index % len(PLATFORMS)]).factory(**one.options, wire=wire)
        for index, (name, one) in enumerate(stores.items())
    }
    endpoint: list[Endpoint] = []
    with (
        served(lambda environ, start: endpoint[0](environ, start)) as url,  # noqa: PLW0108  it comes later
        Storelink(
            "sqlite://",
            stores=adapters,
            channels=[channel],
            hooks=[ThankYou(), TrackingUpdates(), ReviewRequest()],
            brand=Brand(name="The shop"),
            clock=clock,
            webhook_url=f"{url}/webhooks/{{store}}",
        ) as link,
    ):
        endpoint.append(Endpoint(link))
        yield link


def live_a_day(
    day: int,
    stores: Mapping[str, Sandbox],
    link: Storelink,
    clock: FrozenClock,
    chance: random.Random,
) -> None:
    """Let people buy and parcels leave, take the webhooks, sweep, and send what is due."""
    out_of_order = list(stores)[day % len(stores)]
    stores[out_of_order].faults.unavailable = 1.0
    for name, sandbox in stores.items():
        for _ in range(chance.randrange(3)):
            buyer = Contact(email=f"{name}-{day}@example.com", first_name="Ada")
            order = sandbox.store.place(buyer, [TEA])
            clock.advance(timedelta(seconds=1))
            if chance.random() < 0.7:
                number = f"{name[-3:]}{day}"
                sandbox.store.ship(order, number=number, carrier="DHL")
        sandbox.deliver()
        for problem in link.sweep(name).problems:
            print(f"day {day + 1}, {name}: {problem}")
    link.run_once()
    stores[out_of_order].faults.unavailable = 0.0
    clock.advance(timedelta(days=1))


def report(stores: Mapping[str, Sandbox], link: Storelink, channel: RecordingChannel) -> None:
    """Compare what is known with what the stores have."""
    for name in stores:
        link.sweep(name)
    link.run_once()
    sent = Counter(message.key.partition("/")[0] for message in channel.sent)
    placed = sum(len(sandbox.store.order_ids()) for sandbox in stores.values())
    known = sum(len(link.orders(name)) for name in stores)
    twice = len(channel.sent) - len({message.key for message in channel.sent})
    print(f"{len(stores)} stores, {placed} orders placed, {known} known,", end=" ")
    print(f"{len(channel.sent)} messages to customers of {len(sent)} stores, {twice} twice")


if __name__ == "__main__":
    main()
