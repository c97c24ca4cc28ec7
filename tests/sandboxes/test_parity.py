"""One life on both platforms gives the same events, as far as each platform shows them.

The golden file has every event. What a platform cannot show is told by its manifest, and by the
table in its page of the documentation.
"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storelink import plugins
from storelink.contracts.sandbox import Item
from storelink.errors import PluginError
from storelink.events import Event, dump
from storelink.models import (
    Contact,
    Money,
    Ref,
    Return,
    ReturnRequest,
    ReturnStep,
    ReturnWish,
    ShipmentStatus,
    Snapshot,
    WantedLine,
)

GOLDEN = Path(__file__).parents[1] / "data" / "parity" / "events.jsonl"
ADA = Contact(email="ada@example.com", first_name="Ada", last_name="Byron", phone="+4366012345678")
MUG, BOWL = Item("Mug", Money("12.00", "EUR")), Item("Bowl", Money("30.50", "EUR"), 2)


class Life:
    """Place, pay, two parcels, a delay, deliveries, a partial refund, a return."""

    def __init__(self, town: Any) -> None:
        self._town, self._store = town, town.sandbox.store
        self.names: dict[str, str] = {}

    def live(self) -> None:
        store, wait = self._store, self._town.pass_time
        order = self._named("the order", store.place(ADA, [MUG, BOWL], paid=False))
        wait(minutes=20)
        store.pay(order)
        wait(hours=20)
        promised = self._town.clock.now() + timedelta(days=3)
        mug = self._ship(order, "AB1", {0: 1}, promised)
        wait(hours=6)
        bowls = self._ship(order, "AB2", {1: 2}, promised)
        self._scan(order, mug, ShipmentStatus.IN_TRANSIT)
        wait(days=1)
        later = promised + timedelta(days=2)
        self._scan(order, bowls, ShipmentStatus.DELAYED, promised_at=later)
        wait(days=1)
        self._scan(order, mug, ShipmentStatus.OUT_FOR_DELIVERY)
        wait(hours=3)
        self._scan(order, mug, ShipmentStatus.DELIVERED)
        wait(days=2)
        self._scan(order, bowls, ShipmentStatus.DELIVERED)
        store.complete(order)
        wait(days=3)
        self._named("the refund", store.refund(order, lines={1: 1}))
        wait(days=1)
        self._send_back(order)

    def _ship(self, order: str, number: str, lines: dict[int, int], promised: Any) -> str:
        url = f"https://parcels.example/{number}"
        parcel: str = self._store.ship(
            order, number=number, carrier="DHL", url=url, lines=lines, promised_at=promised
        )
        return self._named(f"parcel {number}", parcel)

    def _scan(self, order: str, parcel: str, status: ShipmentStatus, **options: Any) -> None:
        try:
            self._store.scan(order, parcel, status, **options)
        except PluginError:
            assert self._town.adapter.manifest.name == "woocommerce"

    def _send_back(self, order: str) -> None:
        if not hasattr(self._store, "request_return"):
            self._ask_storelink(order)
            return
        coming = self._named("the return", self._store.request_return(order, lines={0: 1}))
        self._town.pass_time(hours=3)
        self._store.approve_return(coming)
        self._town.pass_time(days=4)
        self._store.receive_return(coming)
        self._town.pass_time(hours=1)

    def _ask_storelink(self, order: str) -> None:
        """Where a platform has no returns, storelink writes them down in the store."""
        adapter, wait = self._town.adapter, self._town.pass_time
        mug = adapter.read(Ref.order(order)).records[0].fields["lines"][0]
        line, wish = WantedLine(line_id=mug.id, quantity=1), ReturnWish.REFUND
        wanted = ReturnRequest(key=f"{order}-1", order_id=order, lines=(line,), wish=wish)
        coming = self._named("the return", self._absorbed(adapter.request_return(wanted)))
        back = Return(id=coming, order_id=order)
        for step, time in ((ReturnStep.APPROVED, 3), (ReturnStep.RECEIVED, 4 * 24 + 1)):
            wait(hours=time)
            at = self._town.clock.now()
            self._absorbed(adapter.settle_return(back, step, at=at))

    def _absorbed(self, snapshot: Snapshot) -> str:
        """Let the mirror have what the store keeps of a return, and return its id."""
        [record] = snapshot.records
        self._town.link._reader.read("shop", record.ref)
        return record.id

    def _named(self, name: str, key: str) -> str:
        self.names[key] = name
        return key


def canonical(event: Event, names: dict[str, str]) -> dict[str, Any]:
    """Say what an event says, in names instead of the platform's ids."""
    body = dump(event)
    del body["id"], body["store"]
    body.pop("scan_id", None)
    told = {name: names.get(value, value) for name, value in body.items() if isinstance(value, str)}
    told.pop("customer_id", None)
    return {**body, **told, **({"customer_id": "Ada"} if event.customer_id else {})}


def lived(found: Any, platform: str, *, by: str) -> list[dict[str, Any]]:
    """Let the life be lived, with all that is known told *by* webhooks or sweeps."""
    town = found(platform, since=None)
    if by == "webhooks":
        town.link.register_webhooks("shop", address=town.address)
        town.sandbox.deliver()
    life = Life(town)
    life.live()
    if by == "sweeps":
        assert not town.link.sweep("shop").problems
    town.link.run_once()
    events = [canonical(one, life.names) for one in town.link.events(store="shop")]
    events = [one for one in events if one["type"] not in {"customer.created", "consent.changed"}]
    return sorted(events, key=lambda one: (one.get("at", ""), json.dumps(one, sort_keys=True)))


def golden() -> list[dict[str, Any]]:
    return [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]


def shown(platform: str) -> list[dict[str, Any]]:
    """Return the events of the golden file that the platform can show."""
    facts = plugins.store(platform).facts
    return [one for one in golden() if one["type"] in facts]


def without(names: set[str], events: list[dict[str, Any]]) -> list[str]:
    """Return *events* without some of what they say, in an order of their own."""
    kept = ({name: one[name] for name in one.keys() - names} for one in events)
    return sorted(json.dumps(one, sort_keys=True) for one in kept)


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_one_life_gives_the_same_events(found: Any, platform: str) -> None:
    """Whether the platform told an event's time, or storelink saw it at once, is not compared."""
    events = lived(found, platform, by="webhooks")
    if os.environ.get("STORELINK_WRITE_GOLDEN") and platform == "shopify":
        GOLDEN.write_text("\n".join(without({"exact"}, events)) + "\n", encoding="utf-8")
    assert without(set(), shown(platform)) == without({"exact"}, events)


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_without_any_webhook_a_sweep_gives_the_same_events(found: Any, platform: str) -> None:
    """Only the time of what has none is the time of looking."""
    events = lived(found, platform, by="sweeps")
    assert without({"at"}, shown(platform)) == without({"at", "exact"}, events)
    timed = without({"exact"}, [one for one in events if one["exact"]])
    assert set(timed) <= set(without(set(), shown(platform)))


def test_the_golden_file_tells_the_whole_life() -> None:
    expected = {
        "order.placed",
        "order.paid",
        "order.completed",
        "order.refunded",
        "shipment.created",
        "shipment.changed",
        "shipment.in_transit",
        "shipment.delayed",
        "shipment.out_for_delivery",
        "shipment.delivered",
        "return.requested",
        "return.approved",
        "return.received",
    }
    assert expected <= {one["type"] for one in golden()}
