"""Two stores, and processes that work for them. Everything that others see is in one folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from storelink import Message, Money, Storelink
from storelink.contracts import Accepted, Channel
from storelink.contracts.sandbox import Webhook
from storelink.delivery.safe import Safety
from storelink.errors import PayloadError, StoreError
from storelink.events import OrderPaid
from storelink.models import Contact, Outgoing, Ref, Snapshot
from storelink.testing import FakeStore, FrozenClock, Item, RecordingChannel

TESTS = Path(__file__).parents[1]
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
STORES = ("one", "two")
MUG = Item("Mug", Money("12.00", "EUR"))
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Shop:
    """What all processes know: each opens the same stores, in which the same was bought.

    Attributes:
        database: the URL of the database that they share.
        folder: where they leave their traces: `sent`, `read` and `called`, a line for each.
        orders: how many orders each store has.
        parcels: whether each order left in a parcel; then only the parcels are told.
        lease: of each worker, in seconds.
        hold: the step at which the first who comes there waits until the file `go` exists.
    """

    database: str
    folder: Path
    orders: int = 6
    parcels: bool = False
    lease: float = 300.0
    hold: str | None = None

    def environment(self) -> dict[str, str]:
        """Return what tells a process of this shop."""
        return {
            **os.environ,
            "PYTHONPATH": str(TESTS),
            "SHOP_DATABASE": self.database,
            "SHOP_FOLDER": str(self.folder),
            "SHOP_ORDERS": str(self.orders),
            "SHOP_PARCELS": "yes" if self.parcels else "",
            "SHOP_LEASE": str(self.lease),
            "SHOP_HOLD": self.hold or "",
        }

    @classmethod
    def of_environment(cls) -> Shop:
        """Return the shop that this process was told of."""
        told = os.environ
        return cls(
            told["SHOP_DATABASE"],
            Path(told["SHOP_FOLDER"]),
            int(told["SHOP_ORDERS"]),
            bool(told["SHOP_PARCELS"]),
            float(told["SHOP_LEASE"]),
            told["SHOP_HOLD"] or None,
        )

    def lines(self, name: str) -> list[list[str]]:
        """Return the traces of one kind: the process's id, and what it did."""
        path = self.folder / name
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []

    def sent(self) -> Counter[str]:
        """Return how often each message was sent."""
        return Counter(key for _, key in self.lines("sent"))

    def go(self) -> None:
        """Let whoever waits go on."""
        (self.folder / "go").touch()

    def is_held(self) -> bool:
        """Say whether somebody waits."""
        return (self.folder / "held").exists()

    def everything(self, stores: Sequence[str] = STORES) -> Counter[str]:
        """Return what is to be sent: a note for each order, once."""
        numbers = [f"order:{1001 + 3 * number}" for number in range(self.orders)]
        return Counter(
            f"{store}/note/{one}/{one.replace(':', '/')}/paid"
            for store in stores
            for one in numbers
        )

    def raised(self) -> list[Webhook]:
        """Return what each of the stores raises."""
        store = FakeStore(clock=FrozenClock(START))
        orders = place(store, self.orders)
        return ship(store, orders) if self.parcels else list(store.take())

    def receive_all(self, stores: Sequence[str] = STORES) -> None:
        """Receive what the stores raised."""
        with opened(self) as link:
            for store in stores:
                for webhook in self.raised():
                    link.receive(store, headers=webhook.headers, body=webhook.body)


class TracingStore(FakeStore):
    """Writes down what is read from it."""

    def __init__(self, shop: Shop, **options: Any) -> None:
        super().__init__(**options)
        self._shop = shop

    def read_many(self, refs: Sequence[Ref]) -> Mapping[Ref, Snapshot | StoreError | PayloadError]:
        for ref in refs:
            trace(self._shop, "read", str(ref))
        return super().read_many(refs)


class TracingChannel(RecordingChannel):
    """Writes down what is sent by it."""

    def __init__(self, shop: Shop) -> None:
        super().__init__()
        self._shop = shop

    def send(self, message: Outgoing) -> Accepted:
        hold(self._shop, "handing over")
        trace(self._shop, "sent", message.key)
        return super().send(message)


def trace(shop: Shop, name: str, what: str) -> None:
    """Add a line; lines of several processes do not mix."""
    with (shop.folder / name).open("a") as file:
        file.write(f"{os.getpid()} {what}\n")


def hold(shop: Shop, step: str) -> None:
    """Wait, if this is the step, and nobody waited there before."""
    if step != shop.hold:
        return
    try:
        (shop.folder / "held").touch(exist_ok=False)
    except FileExistsError:
        return
    until((shop.folder / "go").exists)


def until(is_so: Callable[[], object]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < end, f"not so after {PATIENCE_SECONDS} seconds"
        threading.Event().wait(0.02)


def place(store: FakeStore, orders: int) -> list[str]:
    """Place so many orders."""
    some = [Contact(email=f"{number}@example.com", first_name="Ada") for number in range(orders)]
    return [store.place(one, [MUG]) for one in some]


def ship(store: FakeStore, orders: Sequence[str]) -> list[Webhook]:
    """Ship orders, and return what tells of the parcels alone."""
    told = []
    for order_id in orders:
        store.take()
        store.ship(order_id, number="T", carrier="DHL")
        parcel, _ = store.take()
        told.append(parcel)
    return told


def a_store(shop: Shop) -> FakeStore:
    """Return a store as every process has it."""
    store = TracingStore(shop, clock=FrozenClock(START))
    orders = place(store, shop.orders)
    if shop.parcels:
        ship(store, orders)
    return store


def opened(shop: Shop, **options: Any) -> Storelink:
    """Open the app as every process opens it."""
    channels: list[Channel] = [TracingChannel(shop)]
    link = Storelink(
        shop.database,
        stores={name: a_store(shop) for name in STORES},
        channels=channels,
        since=START,
        lease=timedelta(seconds=shop.lease),
        **{
            "sweep_every": None,
            "safety": Safety(brake=None),
            "on_step": lambda step: hold(shop, step),
            **options,
        },
    )

    @link.hook(OrderPaid)
    def note() -> Message:
        return Message("note", subject="Note {{ order.number }}", text="Hello")

    @link.on(OrderPaid)
    def tell(event: OrderPaid) -> None:
        trace(shop, "called", event.id)

    return link


@contextmanager
def process(shop: Shop, *command: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run a process of the shop, and kill it in the end, with those that it has started.

    What it says is in the file `log`.
    """
    with (shop.folder / "log").open("a") as log:
        started = subprocess.Popen(
            [sys.executable, *command],
            env={**shop.environment(), **environment},
            cwd=shop.folder,
            stdout=log,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    try:
        yield started
    finally:
        kill_all(started)


def kill_all(started: subprocess.Popen[str]) -> None:
    """Kill a process and those that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()


@contextmanager
def worker(shop: Shop) -> Iterator[subprocess.Popen[str]]:
    """Run a worker process."""
    with process(shop, "-m", "workers.shop") as started:
        yield started


def main() -> None:
    """Work until a signal comes."""
    with opened(Shop.of_environment()) as link:
        link.run()


if __name__ == "__main__":
    main()
