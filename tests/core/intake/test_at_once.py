"""Many threads receive the same shuffled webhooks, and know what one alone would know."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from core.marks import due_marks
from core.world import ADA, BOB, MUG, POT, START, TEA

from storelink.contracts import Delivery
from storelink.intake.receive import Receipt, Receiver
from storelink.intake.taking import Taking
from storelink.models import ShipmentStatus, Snapshot
from storelink.storage import Database, InboxState
from storelink.testing import FakeStore, FrozenClock, Webhook

THREADS = 6
LATE = START + timedelta(days=365)


class Flaky(FakeStore):
    """A store whose adapter fails until it was repaired."""

    is_repaired = False

    def normalize(self, delivery: Delivery) -> Snapshot:
        if not self.is_repaired:
            raise RuntimeError("not today")
        return super().normalize(delivery)


def lived(store: FakeStore, clock: FrozenClock) -> tuple[list[str], list[Webhook]]:
    """Return some orders, and everything that the store told of them."""
    orders = []
    for buyer, items in ((ADA, [MUG]), (BOB, [TEA, POT]), (ADA, [POT])):
        order_id = store.place(buyer, items)
        orders.append(order_id)
        clock.advance(timedelta(minutes=1))
        store.pay(order_id)
        parcel = store.ship(order_id, number=f"N{order_id}", carrier="DHL")
        for status in (ShipmentStatus.IN_TRANSIT, ShipmentStatus.DELIVERED):
            clock.advance(timedelta(hours=7))
            store.scan(order_id, parcel, status)
        store.refund(order_id)
    return orders, list(store.take())


@contextmanager
def receiver(url: str, store: FakeStore, clock: FrozenClock) -> Iterator[tuple[Receiver, Database]]:
    database = Database(url)
    try:
        yield Receiver(database, {"shop": store}, clock, Taking(lambda event: ["post"])), database
    finally:
        database.close()


def hear(receiver: Receiver, webhooks: Sequence[Webhook], threads: int) -> list[Receipt]:
    def receive(webhook: Webhook) -> Receipt:
        return receiver.receive("shop", headers=webhook.headers, body=webhook.body)

    with ThreadPoolExecutor(threads) as workers:
        return list(workers.map(receive, webhooks))


def known(database: Database, orders: Sequence[str]) -> Mapping[str, Any]:
    with database.read() as tx:
        headers = tx.records.orders("shop", orders)
        parts = tx.records.parts("shop", orders)
        marks = due_marks(tx, LATE)
        rows = sorted(headers + parts, key=lambda row: (row.kind, row.id))
        return {
            # Which of several open questions is written down depends on the order.
            "records": [replace(row, needs_read=row.needs_read and "open") for row in rows],
            "events": [replace(row, seq=0) for row in tx.events.all()],
            "marks": sorted(mark.subject for mark in marks),
            "inbox": tx.inbox.counts(),
        }


def test_many_threads_know_what_one_knows_and_absorb_each_webhook_once(database_url: str) -> None:
    clock = FrozenClock(START)
    store = FakeStore(clock=clock)
    orders, webhooks = lived(store, clock)
    shuffled = webhooks * 3
    random.Random(7).shuffle(shuffled)

    with receiver("sqlite://", store, clock) as (alone, by_one):
        hear(alone, webhooks, threads=1)
        expected = known(by_one, orders)
    with receiver(database_url, store, clock) as (together, by_many):
        receipts = hear(together, shuffled, threads=THREADS)
        found = known(by_many, orders)

    assert found == expected
    first = [receipt for receipt in receipts if not receipt.duplicate]
    assert len(first) == len(webhooks)
    told = [event for receipt in first for event in receipt.events]
    assert sorted(told) == sorted(row.id for row in expected["events"])


@pytest.mark.usefixtures("errors_are_expected")
def test_a_waiting_delivery_is_absorbed_by_one_worker(database_url: str) -> None:
    clock = FrozenClock(START)
    store = Flaky(clock=clock)
    _, webhooks = lived(store, clock)

    with receiver(database_url, store, clock) as (one, database):
        hear(one, webhooks, threads=1)
        store.is_repaired = True
        with ThreadPoolExecutor(THREADS) as workers:
            tried = sum(workers.map(lambda _: one.absorb_waiting(), range(THREADS)))

        with database.read() as tx:
            attempts = {row.attempts for row in tx.inbox.rows()}
            counts = tx.inbox.counts()
    assert tried == len(webhooks)
    assert attempts == {2}
    assert counts == {InboxState.ABSORBED: len(webhooks)}


@pytest.mark.usefixtures("errors_are_expected")
def test_deliveries_of_other_stores_are_left_to_others(database_url: str) -> None:
    clock = FrozenClock(START)
    store = Flaky(clock=clock)
    store.place(ADA, [MUG])
    webhooks = store.take()

    with receiver(database_url, store, clock) as (one, _):
        hear(one, webhooks, threads=1)
        store.is_repaired = True

        assert one.absorb_waiting(stores=["other"]) == 0
        assert one.absorb_waiting(stores=["shop"]) == len(webhooks)
