"""One store's flood delays no other store: in each stage's next round, the other is served."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from core.world import ADA, MUG, START
from sqlalchemy import update

from storelink import RunReport, Storelink
from storelink.events import OrderPaid
from storelink.hooks import ThankYou
from storelink.intake import Tries
from storelink.models import MessageState
from storelink.storage import InboxState
from storelink.storage.tables import inbox, records
from storelink.testing import FakeStore, FrozenClock, RecordingChannel

FLOOD = 220
"""More than any stage takes in one round."""


class TwoShops:
    """A shop with very much to do, and one with a single order that came after all of it."""

    def __init__(self, database: str) -> None:
        self.clock = FrozenClock(START)
        self.stores = {name: FakeStore(clock=self.clock) for name in ("busy", "calm")}
        self.link = Storelink(
            database,
            stores=self.stores,
            channels=[RecordingChannel()],
            hooks=[ThankYou()],
            clock=self.clock,
        )
        self.called: list[str] = []
        self.link.on(OrderPaid)(lambda event: self.called.append(event.store))
        for _ in range(FLOOD):
            self.stores["busy"].place(ADA, [MUG])
        self.stores["calm"].place(ADA, [MUG])
        for name, store in self.stores.items():
            for webhook in store.take()[::2]:  # one for each order
                self.link.receive(name, headers=webhook.headers, body=webhook.body)

    def round(self, stage: str) -> None:
        """Let a stage take what it takes at once."""
        self.link._stages(RunReport(), ["busy", "calm"], Tries())[stage]()

    def change(self, statement: Any) -> None:
        with self.link._database.write() as tx:
            tx._connection.execute(statement)

    def open(self, name: str) -> int:
        with self.link._database.read() as tx:
            return len(list(tx.records.needing_read(limit=2 * FLOOD, stores=[name])))


@pytest.fixture
def shops(new_database: Callable[[], str]) -> Iterator[TwoShops]:
    shops = TwoShops(new_database())
    with shops.link:
        yield shops


def left(shops: TwoShops, name: str) -> int:
    return len(shops.link.inbox(store=name, state=InboxState.NEW))


def test_absorbing(shops: TwoShops) -> None:
    shops.change(update(inbox).values(state=InboxState.NEW, attempts=0))
    shops.round("absorb")
    assert 0 < left(shops, "busy")
    assert 0 == left(shops, "calm")


def test_reading(shops: TwoShops) -> None:
    shops.change(update(records).values(needs_read_since=START, needs_read="why"))
    shops.round("read")
    assert 0 < shops.open("busy")
    assert 0 == shops.open("calm")


def test_planning(shops: TwoShops) -> None:
    shops.round("plan")
    assert 0 < len(shops.link.messages(store="busy")) < FLOOD
    assert 1 == len(shops.link.messages(store="calm"))


def test_calling(shops: TwoShops) -> None:
    shops.round("call")
    assert 0 < shops.called.count("busy") < FLOOD
    assert 1 == shops.called.count("calm")


def test_delivering(shops: TwoShops) -> None:
    while any(not shops.link.messages(store=name) for name in shops.stores):
        shops.round("plan")
    shops.round("plan")
    shops.round("deliver")
    assert 0 < len(shops.link.messages(store="busy", state=MessageState.WAITING))
    assert 1 == len(shops.link.messages(store="calm", state=MessageState.SENT))
