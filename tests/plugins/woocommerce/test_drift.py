"""Whatever is touched, made or removed while a list is walked, nothing that stays is left out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from plugins.woocommerce.listed_shop import ListedShop, gmt
from plugins.woocommerce.odd_shop import KEY, SECRET, running, wire

from storelink.contracts.store import Page
from storelink.models.ref import Kind
from storelink.testing import FrozenClock
from storelink_woocommerce import WooCommerce

START = datetime(2026, 6, 1, tzinfo=UTC)
PATHS = {Kind.ORDER: "orders", Kind.COUPON: "coupons", Kind.CUSTOMER: "customers"}
MOST_CHANGES = 400


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with running() as server:
        yield server


@pytest.fixture
def store(server: Any) -> WooCommerce:
    return WooCommerce(
        url=server.url,
        webhook_secret="whsec_1",
        consumer_key=KEY,
        consumer_secret=SECRET,
        currency="EUR",
        wire=wire(FrozenClock(START)),
    )


class LivelyShop(ListedShop):
    """A shop of many rows in few seconds, where much happens while it is asked."""

    def __init__(self, seed: int, path: str, *, recent: bool) -> None:
        super().__init__()
        self.dice = random.Random(seed)
        self.path = path
        self.rows = {path: []}
        self.gone: set[int] = set()
        self.late: set[int] = set()
        self.changes = 0
        seconds = self.dice.choice([1, 2, 5, 60, 600])
        for _ in range(self.dice.choice([0, 1, 99, 100, 101, 250, 400])):
            self.add(START + timedelta(seconds=self.dice.randrange(seconds)))
        self.now = START + timedelta(seconds=seconds, days=0 if recent else 1)
        self.meanwhile = self.loading = self.live

    def add(self, at: datetime) -> int:
        key = 1 + len(self.rows[self.path]) + len(self.gone)
        dates = {"date_created_gmt": gmt(at), "date_modified_gmt": gmt(at)}
        order = {"status": "processing", "currency": "EUR", "total": "1.00", "number": str(key)}
        more = {"refunds": [], "meta_data": [], "code": f"c{key}"}
        self.rows[self.path].append({"id": key, **dates, **order, **more})
        return key

    def live(self, lists: int) -> None:
        """Let a few things happen; in the end the shop calms down."""
        self.now += timedelta(seconds=self.dice.choice([0, 0, 1, 3]))
        for _ in range(self.dice.choice([0, 1, 5, 40])):
            rows = self.rows[self.path]
            if self.changes == MOST_CHANGES or not rows:
                return
            self.changes += 1
            row = self.dice.choice(rows)
            match self.dice.choice(["touch", "touch", "remove", "add"]):
                case "touch":
                    row["date_modified_gmt"] = gmt(self.now)
                    self.now += timedelta(seconds=self.dice.choice([0, 0, 0, 1]))
                case "remove":
                    rows.remove(row)
                    self.gone.add(row["id"])
                case "add":
                    self.late.add(self.add(self.now))

    @property
    def stayed(self) -> set[str]:
        """What was there all the time."""
        return {str(row["id"]) for row in self.rows[self.path] if row["id"] not in self.late}


def walked(ask: Callable[..., Page], most: int = 200) -> list[str]:
    found: list[str] = []
    cursor = None
    for _ in range(most):
        page = ask(cursor=cursor)
        found += [snapshot.records[0].id for snapshot in page.snapshots]
        cursor = page.cursor
        if cursor is None:
            return found
    raise AssertionError("it does not end")


@pytest.mark.parametrize("recent", [False, True])
@pytest.mark.parametrize("kind", [Kind.ORDER, Kind.COUPON])
@pytest.mark.parametrize("seed", range(12))
def test_what_changed(server: Any, store: WooCommerce, kind: Kind, seed: int, recent: bool) -> None:
    server.answer = shop = LivelyShop(seed, PATHS[kind], recent=recent)

    found = walked(partial(store.changed, kind, since=START))

    assert not shop.stayed - set(found)


@pytest.mark.parametrize("kind", [Kind.ORDER, Kind.CUSTOMER])
@pytest.mark.parametrize("seed", range(12))
def test_history(server: Any, store: WooCommerce, kind: Kind, seed: int) -> None:
    server.answer = shop = LivelyShop(seed, PATHS[kind], recent=False)

    found = walked(partial(store.history, kind))

    assert not shop.stayed - set(found)


@pytest.mark.parametrize("seed", range(6))
def test_new_accounts_and_ids_of_a_span(server: Any, store: WooCommerce, seed: int) -> None:
    server.answer = shop = LivelyShop(seed, "customers", recent=False)
    found = walked(partial(store.changed, Kind.CUSTOMER, since=START))
    assert not shop.stayed - set(found)

    server.answer = shop = LivelyShop(seed, "orders", recent=False)
    named = store.ids(Kind.ORDER, start=START)
    assert not shop.stayed - set(named)


def test_five_thousand_orders_edited_in_one_second_are_walked_once(
    server: Any, store: WooCommerce
) -> None:
    server.answer = shop = LivelyShop(0, "orders", recent=False)
    shop.meanwhile = shop.loading = lambda lists: None
    shop.rows["orders"].clear()
    for _ in range(5000):
        shop.add(START)

    found = walked(partial(store.changed, Kind.ORDER, since=START - timedelta(hours=1)))

    assert {str(key) for key in range(1, 5001)} == set(found)
    assert len(found) <= 5000 + 100
    assert len(shop.asked) <= 50 + 10
