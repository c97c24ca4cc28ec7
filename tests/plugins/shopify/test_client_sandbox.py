"""The client against the sandbox, which speaks the Admin API on Shopify's own schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from storelink.contracts.connect import Request
from storelink.contracts.sandbox import Faults, Item
from storelink.errors import AccessDenied
from storelink.models import Contact, Money
from storelink.toolkit.http import Wire
from storelink_shopify import PLUGIN, Shopify, documents
from storelink_shopify.sandbox.access import ALL_DATA, EVERY_SCOPE
from storelink_shopify.sandbox.server import ShopifySandbox


class World:
    """One time for the sandbox and for whoever talks to it; waiting moves it."""

    def __init__(self) -> None:
        self._start = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self.seconds = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    @property
    def wire(self) -> Wire:
        return Wire(now=self.now, monotonic=lambda: self.seconds, sleep=self.sleep)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def play(world: World) -> Iterator[Callable[..., ShopifySandbox]]:
    with ExitStack() as running:

        def sandbox(**options: Any) -> ShopifySandbox:
            return running.enter_context(ShopifySandbox(clock=world, **options))

        yield sandbox


def bought(sandbox: ShopifySandbox) -> str:
    """Let somebody with an account buy something that is sent, and partly comes back."""
    maya = Contact(email="maya@example.org", first_name="Maya", last_name="Ito")
    sandbox.store.register(maya)
    order_id = sandbox.store.place(maya, [Item("Mug", Money("12.50", "EUR"), 2, product_id="1")])
    sandbox.store.ship(order_id, number="JD01", carrier="DHL")
    sandbox.store.refund(order_id, lines={0: 1})
    return order_id


def read(store: Shopify, order_id: str) -> dict[str, Any]:
    ids = {"ids": [f"gid://shopify/Order/{order_id}"]}
    (node,) = store.client.query("orders_by_ids", ids)["nodes"]
    return node


@pytest.mark.parametrize(
    ("missing", "left_out"),
    [
        ((), set()),
        (("customers",), {"customer"}),
        (("products",), set()),
        (("returns",), {"returns"}),
        (("customers", "products", "returns", "locales"), {"customer", "returns"}),
    ],
)
def test_an_order_is_read_whatever_right_is_missing(play, world, missing, left_out):
    scopes = {one for one in EVERY_SCOPE if one.partition("_")[2] not in missing}
    sandbox = play(scopes=scopes)
    order_id = bought(sandbox)
    order = read(Shopify(**sandbox.options, wire=world.wire), order_id)
    assert {"customer", "returns"} - order.keys() == left_out
    assert 1 == len(order["fulfillments"])
    assert ("product" in order["lineItems"]["nodes"][0]) is ("products" not in missing)


@pytest.mark.parametrize("missing", ["name", "email", "address", "phone"])
def test_an_order_is_read_whatever_protected_data_is_withheld(play, world, missing):
    sandbox = play(approved=ALL_DATA - {missing})
    order_id = bought(sandbox)
    store = Shopify(**sandbox.options, wire=world.wire)
    order = read(store, order_id)
    assert ("email" in order) is (missing != "email")
    assert ("statusPageUrl" in order) is (missing != "name")
    assert "25" in order["totalPriceSet"]["shopMoney"]["amount"]
    found = {one.code for one in store.check(world.now())} - {""}
    assert {"protected-data"} == found - {"orders-60-days"}


def test_an_app_that_is_not_approved_at_all_is_told_so(play, world):
    sandbox = play(approved=())
    bought(sandbox)
    store = Shopify(**sandbox.options, wire=world.wire)
    with pytest.raises(AccessDenied, match="protected customer data"):
        store.client.page("order_ids", first=5)
    assert "protected-data" in {one.code for one in store.check(world.now())}


@pytest.mark.parametrize("name", ["order_ids", "customer_ids", "product_ids", "coupon_ids"])
def test_a_budget_that_is_too_small_is_waited_for(play, world, name):
    """0 THROTTLED, while the sandbox counts what each query costs by the published formula."""
    sandbox = play()
    for _ in range(3):
        bought(sandbox)
    store = Shopify(**sandbox.options, wire=world.wire)
    for _ in range(25):
        store.client.query("orders_by_ids", {"ids": ["gid://shopify/Order/1"]})
        store.client.page(name, first=250)
    assert {"ok"} == set(sandbox.calls)
    assert world.seconds > 20


def test_reads_survive_a_shop_that_fails_every_third_time(play, world):
    sandbox = play(faults=Faults(seed=3, unavailable=0.15, throttled=0.1, cut=0.05, lost=0.05))
    order_id = bought(sandbox)
    store = Shopify(**sandbox.options, wire=world.wire)
    for _ in range(40):
        assert order_id in read(store, order_id)["id"]
    assert sum(sandbox.calls.values()) > 45


def test_every_version_is_answered(play, world):
    sandbox = play()
    order_id = bought(sandbox)
    for version in documents.SUPPORTED:
        store = Shopify(**sandbox.options, api_version=version, wire=world.wire)
        assert order_id in read(store, order_id)["id"]
        assert version == store.client.answered_version


def test_an_app_gets_its_own_tokens(play, world):
    sandbox = play()
    store = Shopify(**sandbox.app_options, wire=world.wire)
    assert "read_orders" in store.client.scopes()
    world.sleep(25 * 3600)
    assert "read_orders" in store.client.scopes()
    assert {"ok"} == set(sandbox.calls)


def test_an_expiring_token_is_refreshed_when_it_is_refused(play, world):
    sandbox = play()
    store = Shopify(**sandbox.expiring_options, wire=world.wire)
    for _ in range(3):
        assert "read_orders" in store.client.scopes()
        world.sleep(2 * 3600)


def test_the_app_is_installed_and_its_tokens_work(play, world):
    sandbox = play(auto_grant=True)
    app = sandbox.app_options
    installation = PLUGIN.connect(**app, callback="http://localhost/granted", wire=world.wire)
    answer = requests.get(installation.page, allow_redirects=False, timeout=5)
    query = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    grant = installation.receive(Request("GET", "/granted", query))
    store = Shopify(**{**app, **grant.options, **grant.secrets}, wire=world.wire)
    assert "read_orders" in store.client.scopes()


def test_the_faults_of_a_shop_are_named(play, world):
    sandbox = play(scopes=EVERY_SCOPE - {"read_all_orders", "write_discounts"})
    options = dict(sandbox.options)

    def found(now: datetime, **changed: Any) -> set[str]:
        store = Shopify(**{**options, **changed}, wire=world.wire)
        return {one.code for one in store.check(now)} - {""}

    assert {"orders-60-days", "scope-missing"} <= found(world.now())
    assert "clock-skew" in found(world.now() + timedelta(minutes=9))
    assert "token-refused" in found(world.now(), access_token="shpat-wrong")
    assert "shop-mismatch" in found(world.now(), shop="other")
    assert "version-fell-forward" in found(world.now(), api_version="2025-10")
