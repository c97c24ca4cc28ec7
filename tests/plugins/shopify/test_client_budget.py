"""The budget of queries, against a server that keeps a leaky bucket as Shopify describes it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from shop_server import Call, Hours, Said, Server, serving

from storelink.errors import StoreError
from storelink_shopify import Shopify, answers, documents
from storelink_shopify.client import Client
from storelink_shopify.costs import estimate

SIZE, RATE = 2000.0, 100.0
LATENCY = 0.15


class Leaky:
    """A shop whose queries cost what they cost: by document, a part of it given back.

    Attributes:
        spent: points that were used up, and when.
    """

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self.level, self.filled_at = SIZE, hours.monotonic()
        self.costs = {"OrderIds": 600.0, "ProductIds": 90.0, "AccessScopes": 2.0}
        self.chance = random.Random(7)
        self.throttled = 0
        self.spent: list[tuple[float, float]] = []

    def __call__(self, call: Call) -> Said:
        self.hours.sleep(LATENCY)
        name = call.json["query"].split("query ")[1].split("(")[0].split(" ")[0].strip()
        requested = self.costs[name] * call.json["variables"].get("first", 50) / 50
        self.fill()
        if requested > self.level:
            self.throttled += 1
            error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            return Said({"errors": [error], **self.told(requested, None)})
        actual = requested * self.chance.uniform(0.2, 1.0)
        self.level -= actual
        self.spent.append((self.hours.monotonic(), actual))
        return Said({"data": data(name), **self.told(requested, actual)})

    def fill(self) -> None:
        now = self.hours.monotonic()
        self.level = min(SIZE, self.level + RATE * (now - self.filled_at))
        self.filled_at = now

    def told(self, requested: float, actual: float | None) -> dict[str, Any]:
        status = {"maximumAvailable": SIZE, "currentlyAvailable": self.level, "restoreRate": RATE}
        cost = {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": status,
        }
        return {"extensions": {"cost": cost}}


def data(name: str) -> dict[str, Any]:
    if name == "AccessScopes":
        return {"currentAppInstallation": {"accessScopes": [{"handle": "read_orders"}]}}
    return {"orders": {"nodes": []}}


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
def leaky(hours: Hours) -> Leaky:
    return Leaky(hours)


@pytest.fixture
def server(leaky: Leaky) -> Iterator[Server]:
    with serving(leaky) as running:
        yield running


@pytest.fixture
def connect(server: Server, hours: Hours) -> Callable[[], Client]:
    """Connects as another part of the same process would: with a session of its own."""

    def client() -> Client:
        wire = hours.wire
        options = {"access_token": "shpat", "base_url": server.url, "wire": wire}
        return Shopify(shop="acme", webhook_secret="s", **options).client

    return client


def test_a_steady_sweep_is_never_throttled_and_uses_what_is_restored(connect, leaky, hours):
    """0 THROTTLED, and at least 80 % of the restore rate from when the first bucket is empty."""
    client = connect()
    for _ in range(80):
        client.page("order_ids", first=50)
        client.page("product_ids", first=50)
    assert 0 == leaky.throttled
    began = next(at for at, _ in leaky.spent if at > 30)
    used = sum(points for at, points in leaky.spent if at > began)
    assert hours.monotonic() - began > 100
    assert used / (RATE * (hours.monotonic() - began)) >= 0.8


def test_a_query_that_the_bucket_allows_does_not_wait(connect, hours):
    client = connect()
    client.page("product_ids", first=50)
    begun = hours.monotonic()
    client.page("product_ids", first=50)
    assert LATENCY == pytest.approx(hours.monotonic() - begun)


def test_all_who_use_the_same_app_in_the_same_shop_share_one_budget(connect, leaky):
    one, other = connect(), connect()
    for _ in range(20):
        one.page("order_ids", first=50)
        other.page("order_ids", first=50)
    assert 0 == leaky.throttled


def test_several_threads_are_never_throttled(connect, leaky):
    clients = [connect() for _ in range(4)]
    clients[0].scopes()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda at: clients[at % 4].page("order_ids", first=50), range(40)))
    assert 0 == leaky.throttled
    assert 40 == sum(1 for _, points in leaky.spent if points > 2)


def test_another_user_of_the_app_is_noticed(connect, leaky, hours):
    """Another process uses the same bucket: what Shopify says of it goes before own accounts."""
    client = connect()
    for _ in range(12):
        client.page("order_ids", first=50)
        leaky.fill()
        leaky.level = max(leaky.level - 200, 0)
    assert leaky.throttled <= 12
    assert 12 == sum(1 for _, points in leaky.spent if points > 2)


def test_after_being_throttled_it_waits_as_long_as_needed_and_no_longer(connect, leaky, hours):
    client = connect()
    client.page("order_ids", first=50)
    leaky.fill()
    leaky.level = 0.0
    begun = hours.monotonic()
    client.page("order_ids", first=50)
    assert 1 == leaky.throttled
    assert 6.0 <= hours.monotonic() - begun <= 8.0


def test_a_query_that_is_refused_as_it_stands_takes_nothing_from_the_budget(hours):
    """Such an answer tells of no cost: so nothing has to be waited for."""
    refused = Said({"errors": [{"message": "no such field"}]})
    with serving(lambda call: refused) as server:
        options = {"access_token": "t", "base_url": server.url, "wire": hours.wire}
        client = Shopify(shop="acme", webhook_secret="s", **options).client
        begun = hours.monotonic()
        for _ in range(300):
            with pytest.raises(StoreError):
                client.page("order_ids", first=50)
    assert begun == hours.monotonic()


def test_what_a_query_will_cost_is_guessed_before_it_was_ever_made():
    """The figures beside it were computed by the formula that fits the costs of live shops."""
    products = documents.load("product_ids")
    assert estimate(products, 25) < estimate(products, 50) < estimate(products, 250)
    assert 10 == estimate(documents.load("tags_add"), None)
    assert 1 == estimate(documents.load("bulk_operation"), None)
    assert 2 + 6 == estimate(documents.load("order_ids"), 25)
    assert estimate(documents.load("order_ids"), 250) <= 1000


def test_what_shopify_tells_of_the_budget_is_read():
    told = {
        "requestedQueryCost": 101,
        "actualQueryCost": None,
        "throttleStatus": {
            "maximumAvailable": 2000.0,
            "currentlyAvailable": 46,
            "restoreRate": 100.0,
        },
    }
    cost = answers.cost({"extensions": {"cost": told}})
    assert answers.Cost(101.0, None, 46.0, 2000.0, 100.0) == cost
    assert None is answers.cost({"extensions": {}})
    assert None is answers.cost({})
