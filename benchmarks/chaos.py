"""Chaos: a store whose webhooks are lost, doubled and shuffled, and whose API fails.

Lets many orders live in a sandbox twice, once undisturbed and once with everything going wrong,
and compares what storelink knows, what it told, and what it sent.

    python -m benchmarks.chaos --platform shopify --orders 1000 --seed 1 --json
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from storelink import Storelink, plugins
from storelink.contracts.sandbox import Faults, Item, Sandbox, ScriptedStore
from storelink.contracts.store import StoreAdapter
from storelink.delivery.safe import Safety
from storelink.errors import NotFound, PluginError
from storelink.hooks import ReviewRequest, ThankYou, TrackingUpdates
from storelink.models import Contact, Money, Order, Ref, ShipmentStatus, Snapshot
from storelink.testing import AnsweringStore, FrozenClock, RecordingChannel, anything_goes
from storelink.toolkit.http import Wire
from storelink.toolkit.serving import served
from storelink.web import Endpoint

STORE = "chaos"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
STEP = timedelta(hours=12)
STEPS = 44
STARTS = 18
"""So many steps orders begin in; the rest is for what becomes of them."""

CLOSED = range(12, 16)
"""In these steps nobody answers webhooks, so that the platform gives the subscriptions up."""

CALM: Mapping[str, Any] = {}
WORST: Mapping[str, Any] = {
    "drop": 0.3,
    "duplicate": 0.3,
    "shuffle": True,
    "unavailable": 0.04,
    "throttled": 0.02,
    "cut": 0.02,
    "lost": 0.02,
    "drift": False,
}
"""30 % of webhooks dropped, 30 % doubled, all shuffled; 10 % of API calls fail."""


@dataclass(slots=True)
class Life:
    """One order's acts, each at its step; the names of its parts are the same in every run."""

    number: int
    acts: Mapping[int, Callable[[Life, ScriptedStore], None]]
    order_id: str = ""
    parcels: list[str] = field(default_factory=list)
    refunds: list[str] = field(default_factory=list)


def place(life: Life, store: ScriptedStore, **options: Any) -> None:
    """Place an order of one mug and two bowls."""
    buyer = Contact(email=f"buyer{life.number % 700}@example.com", first_name="Buyer")
    items = [Item("Mug", Money("12.00", "EUR")), Item("Bowl", Money("30.50", "EUR"), 2)]
    life.order_id = store.place(buyer, items, **options)


def place_cod(life: Life, store: ScriptedStore) -> None:
    """Place an order that is paid on delivery."""
    place(life, store, payment_method="cod")


def place_unpaid(life: Life, store: ScriptedStore) -> None:
    """Place an order that is not paid yet."""
    place(life, store, paid=False)


def ship(life: Life, store: ScriptedStore, lines: Mapping[int, int] | None = None) -> None:
    """Send a parcel."""
    number = f"CH{life.number:05}{len(life.parcels)}"
    url = f"https://parcels.example/{number}"
    sent = store.ship(life.order_id, number=number, carrier="DHL", url=url, lines=lines)
    life.parcels.append(sent)


def ship_mug(life: Life, store: ScriptedStore) -> None:
    """Send the mug."""
    ship(life, store, {0: 1})


def ship_bowls(life: Life, store: ScriptedStore) -> None:
    """Send the bowls."""
    ship(life, store, {1: 2})


def scan(status: ShipmentStatus) -> Callable[[Life, ScriptedStore], None]:
    """Let the carrier report on the newest parcel, where the platform shows that."""

    def act(life: Life, store: ScriptedStore) -> None:
        try:
            store.scan(life.order_id, life.parcels[-1], status)
        except PluginError:
            return

    return act


def refund_bowl(life: Life, store: ScriptedStore) -> None:
    """Give the money for one bowl back."""
    life.refunds.append(store.refund(life.order_id, lines={1: 1}))


def refund(life: Life, store: ScriptedStore) -> None:
    """Give all the money back."""
    life.refunds.append(store.refund(life.order_id))


def pay(life: Life, store: ScriptedStore) -> None:
    """Pay."""
    store.pay(life.order_id)


def complete(life: Life, store: ScriptedStore) -> None:
    """Be done with it."""
    store.complete(life.order_id)


def cancel(life: Life, store: ScriptedStore) -> None:
    """Call it off."""
    store.cancel(life.order_id)


def delete(life: Life, store: ScriptedStore) -> None:
    """Delete it."""
    store.delete(life.order_id)


IN_TRANSIT, DELIVERED = scan(ShipmentStatus.IN_TRANSIT), scan(ShipmentStatus.DELIVERED)
OUT = scan(ShipmentStatus.OUT_FOR_DELIVERY)

LIVES: Sequence[Mapping[int, Callable[[Life, ScriptedStore], None]]] = (
    {0: place, 2: ship, 3: IN_TRANSIT, 5: OUT, 6: DELIVERED, 7: complete},
    {0: place, 1: ship_mug, 3: ship_bowls, 5: DELIVERED, 6: complete, 9: refund_bowl},
    {0: place_cod, 2: ship, 4: DELIVERED, 5: pay, 6: complete},
    {0: place, 1: cancel, 2: refund},
    {0: place_unpaid, 1: pay, 3: ship, 6: complete},
    {0: place, 2: ship, 8: complete, 11: refund},
    {0: place, 3: delete},
)


def lives(orders: int, seed: int) -> list[Life]:
    """Return so many orders' lives, in the order of their numbers."""
    chance = random.Random(seed)
    found = []
    for number in range(orders):
        begins, acts = chance.randrange(STARTS), chance.choice(LIVES)
        found.append(Life(number, {begins + step: act for step, act in acts.items()}))
    return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to, in names that are the same in every run.

    Attributes:
        orders: each order as storelink knows it; `None` for one that is gone.
        truth: the same, as the store itself has it.
        messages: every message: whose, which, and what became of it.
        sent: how often each message was handed over.
    """

    orders: Mapping[int, Any]
    truth: Mapping[int, Any]
    events: Counter[tuple[Any, ...]]
    messages: Counter[tuple[Any, ...]]
    sent: Counter[str]
    calls: Mapping[str, int]
    webhooks: int
    dropped: int
    missing: int
    repaired: int
    seconds: float


def run(
    platform: str, *, orders: int, seed: int, folder: Path, wrong: Mapping[str, Any] = CALM
) -> Outcome:
    """Let *orders* live, while what is *wrong* goes wrong, and say what came of it."""
    started = time.perf_counter()
    with _world(platform, Faults(seed=seed), folder) as world:
        for name, share in wrong.items():
            setattr(world.sandbox.faults, name, share)
        cast = lives(orders, seed)
        for step in range(STEPS):
            world.step(step, cast)
        world.settle()
        return world.outcome(cast, time.perf_counter() - started)


class _World:
    """A sandbox, storelink, and the way between them."""

    def __init__(
        self,
        sandbox: Sandbox,
        link: Storelink,
        adapter: StoreAdapter,
        clock: FrozenClock,
        channel: RecordingChannel,
        door: _Door,
    ) -> None:
        self.sandbox, self.link, self.adapter = sandbox, link, adapter
        self.clock, self.channel, self.door = clock, channel, door
        self.webhooks = self.missing = self.repaired = 0

    def step(self, step: int, cast: Sequence[Life]) -> None:
        """Let things happen, let their webhooks arrive, sweep, and send what is due."""
        self.clock.set(START + step * STEP)
        self.door.is_closed = step in CLOSED and self.sandbox.faults.drop > 0
        for life in cast:
            act = life.acts.get(step)
            if act is not None:
                act(life, self.sandbox.store)
                self.clock.advance(timedelta(seconds=2))
        self.webhooks += self.sandbox.deliver()
        self.sweep()
        self.link.run_once()

    def sweep(self) -> None:
        """Sweep until nothing went wrong: every tenth call fails."""
        for _ in range(20):
            report = self.link.sweep(STORE)
            self.missing += len(report.audit.missing) if report.audit else 0
            self.repaired += len(report.webhooks)
            if not report.problems and not (report.audit and report.audit.is_open):
                return
        raise RuntimeError(f"no sweep succeeded: {report.problems}")

    def settle(self) -> None:
        """Let the last things be read and sent."""
        self.clock.advance(timedelta(days=21))
        for _ in range(2):
            self.sandbox.deliver()
            self.sweep()
            self.link.run_once()

    def outcome(self, cast: Sequence[Life], seconds: float) -> Outcome:
        """Say what became of everybody."""
        names = _names(cast)
        truth = _truth(self.sandbox, self.adapter, cast)
        return Outcome(
            orders={one.number: _order(self.link.order(STORE, one.order_id)) for one in cast},
            truth=truth,
            events=Counter(_event(event, names) for event in self.link.events(store=STORE)),
            messages=Counter(_message(one, names) for one in self.link.messages(store=STORE)),
            sent=Counter(one.key for one in self.channel.sent),
            calls=self.sandbox.calls,
            webhooks=self.webhooks,
            dropped=self.sandbox.faults.happened["drop"],
            missing=self.missing,
            repaired=self.repaired,
            seconds=seconds,
        )


def wire(clock: FrozenClock) -> Wire:
    """Return a network on which waiting moves the clock, and takes no time."""
    return Wire(
        now=clock.now,
        monotonic=lambda: clock.now().timestamp(),
        sleep=lambda seconds: clock.advance(timedelta(seconds=seconds)),
        chance=random.Random(7).random,
    )


@contextmanager
def _world(platform: str, faults: Faults, folder: Path) -> Iterator[_World]:
    clock, channel = FrozenClock(START), RecordingChannel()
    manifest = plugins.store(platform)
    if manifest.sandbox is None:
        raise PluginError(f"{manifest.title} has no sandbox")
    with ExitStack() as stack:
        sandbox = stack.enter_context(manifest.sandbox(clock=clock, faults=faults))
        adapter = manifest.factory(**sandbox.options, wire=wire(clock))
        door = _Door()
        url = stack.enter_context(served(door))
        link = stack.enter_context(
            Storelink(
                f"sqlite:///{folder / 'chaos.db'}",
                stores={STORE: adapter},
                channels=[channel],
                hooks=[ThankYou(), TrackingUpdates(), ReviewRequest()],
                policy=anything_goes,
                safety=Safety(brake=None),
                clock=clock,
                sleep=lambda seconds: clock.advance(timedelta(seconds=seconds)),
                webhook_url=f"{url}/webhooks/{{store}}",
            )
        )
        door.endpoint = Endpoint(link)
        link.register_webhooks(STORE)
        sandbox.deliver()
        yield _World(sandbox, link, adapter, clock, channel, door)


class _Door:
    """Where webhooks arrive; while it is closed, nobody answers them."""

    endpoint: Endpoint
    is_closed = False

    def __call__(self, environ: Any, start_response: Any) -> Any:
        if self.is_closed:
            start_response("500 Internal Server Error", [("Content-Length", "0")])
            return []
        return self.endpoint(environ, start_response)


def _names(cast: Sequence[Life]) -> Mapping[str, str]:
    """Return the same names in every run for what stores give ids of their own."""
    names = {}
    for life in cast:
        names[life.order_id] = f"order {life.number}"
        parts = {"parcel": life.parcels, "refund": life.refunds}
        for kind, ids in parts.items():
            names |= {key: f"{kind} {number} of {life.number}" for number, key in enumerate(ids)}
    return names


def _event(event: Any, names: Mapping[str, str]) -> tuple[Any, ...]:
    """Say what an event says; of one whose time was only seen, not when."""
    part = getattr(event, "shipment_id", None) or getattr(event, "refund_id", None)
    about = names.get(part or event.order_id or "", "an account")
    return (event.type, about, event.at.isoformat() if event.exact else None)


def _message(message: Any, names: Mapping[str, str]) -> tuple[Any, ...]:
    about = names.get(message.subject.id, str(message.subject))
    return (message.hook, about, re.sub(r"\d{5,}", "n", message.step), str(message.state))


def _order(order: Order | None) -> Any:
    """Return what is known of an order, without the platform's own words."""
    if order is None or order.deleted_at is not None:
        return None
    return _without_raw(order.model_dump(mode="json"))


def _without_raw(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_raw(one) for name, one in value.items() if name != "raw"}
    return [_without_raw(one) for one in value] if isinstance(value, list) else value


def _truth(sandbox: Sandbox, adapter: StoreAdapter, cast: Sequence[Life]) -> Mapping[int, Any]:
    """Return each order as the store itself has it, told by nobody but itself."""

    def ask(ref: Ref) -> Snapshot:
        found = sandbox.store.read(ref)
        if found.records[0].deleted:
            raise NotFound("deleted")
        return found

    honest = AnsweringStore(adapter, ask)
    clock = FrozenClock(START + STEPS * STEP * 2)
    with Storelink("sqlite://", stores={STORE: honest}, clock=clock) as link:
        return {one.number: _order(link.read(STORE, one.order_id)) for one in cast}


def differences(calm: Outcome, worst: Outcome) -> list[str]:
    """Say what is not as it has to be."""
    found = []
    for name, outcome in (("undisturbed", calm), ("chaos", worst)):
        wrong = [key for key in outcome.truth if outcome.truth[key] != outcome.orders[key]]
        if wrong:
            found.append(f"{name}: {len(wrong)} orders are not as the store has them: {wrong[:5]}")
        twice = [key for key, times in outcome.sent.items() if times > 1]
        if twice:
            found.append(f"{name}: sent twice: {twice[:5]}")
    for what in ("events", "messages"):
        one, other = getattr(calm, what), getattr(worst, what)
        if one != other:
            found.append(f"{what} lost: {list((one - other).items())[:5]}")
            found.append(f"{what} too many: {list((other - one).items())[:5]}")
    return found


def main() -> int:
    """Run once undisturbed and once not, and print what came of it."""
    parser = argparse.ArgumentParser(prog="benchmarks.chaos", description=__doc__)
    parser.add_argument("--platform", default="shopify", choices=["shopify", "woocommerce"])
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    outcomes = []
    for wrong in (CALM, WORST):
        with tempfile.TemporaryDirectory() as folder:
            outcome = run(
                asked.platform,
                orders=asked.orders,
                seed=asked.seed,
                folder=Path(folder),
                wrong=wrong,
            )
        outcomes.append(outcome)
    calm, worst = outcomes
    found = differences(calm, worst)
    report = {
        "platform": asked.platform,
        "orders": asked.orders,
        "webhooks": worst.webhooks,
        "dropped": worst.dropped,
        "undisturbed_webhooks": calm.webhooks,
        "calls": dict(worst.calls),
        "events": worst.events.total(),
        "messages": worst.messages.total(),
        "missing_found_by_audit": worst.missing,
        "webhooks_repaired": worst.repaired,
        "seconds": [round(calm.seconds, 1), round(worst.seconds, 1)],
        "differences": found,
    }
    print(json.dumps(report, indent=None if asked.json else 2))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
