"""The sandbox sends webhooks as WooCommerce does, to a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from storelink.contracts.sandbox import Faults, Item
from storelink.models import Contact, Kind, Money
from storelink.testing import FrozenClock
from storelink.toolkit.serving import served
from storelink_woocommerce import WooCommerce
from storelink_woocommerce.sandbox.script import ScriptedWooCommerce
from storelink_woocommerce.sandbox.server import KEY, WooCommerceSandbox

WEBHOOKS = Path(__file__).parents[2] / "data" / "woocommerce" / "recordings" / "webhooks"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADA = Contact(email="ada@example.com", first_name="Ada")
MUG = Item("Mug", Money("12.00", "INR"))
SECRET = "a&amp;b 'secret'"


@dataclass
class Inbox:
    """What arrived, and what is answered."""

    status: str = "200 OK"
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def __call__(self, environ: Any, start: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        self.requests.append((headers, body))
        start(self.status, [("Content-Length", "0")])
        return [b""]

    def take(self) -> list[tuple[str, Any]]:
        """Topic and body of what arrived, pings left out."""
        taken, self.requests = self.requests, []
        return [
            (headers["x-wc-webhook-topic"], json.loads(body))
            for headers, body in taken
            if "x-wc-webhook-topic" in headers
        ]


class Shop:
    """A sandbox, its clock, and somebody who listens."""

    def __init__(self, sandbox: WooCommerceSandbox, clock: FrozenClock, address: str) -> None:
        self.sandbox, self.clock, self.address = sandbox, clock, address
        self.store = sandbox.store

    def api(self, method: str, path: str, **body: Any) -> Any:
        return requests.request(
            method,
            f"{self.sandbox.url}/wp-json/wc/v3/{path}",
            headers={"X-Forwarded-Proto": "https"},
            auth=(KEY.consumer_key, KEY.consumer_secret),
            json=body,
            timeout=10,
        ).json()

    def subscribe(self, *topics: str, path: str = "") -> list[int]:
        asked = {"delivery_url": self.address + path, "secret": SECRET}
        return [self.api("POST", "webhooks", topic=topic, **asked)["id"] for topic in topics]

    def pass_(self, seconds: int = 60) -> None:
        self.clock.advance(timedelta(seconds=seconds))


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def shop(inbox: Inbox) -> Iterator[Shop]:
    clock = FrozenClock(NOON)
    with served(inbox) as address, WooCommerceSandbox(clock=clock) as sandbox:
        yield Shop(sandbox, clock, address)


ORDERS = ("order.created", "order.updated", "order.deleted", "order.restored")


def test_a_new_webhook_is_pinged_unsigned_before_it_is_answered(shop: Shop, inbox: Inbox) -> None:
    (number,) = shop.subscribe("order.created")
    ((headers, body),) = inbox.requests
    assert f"webhook_id={number}".encode() == body
    assert not [name for name in headers if name.startswith("x-wc-")]


def test_a_webhook_is_made_though_nobody_answers_and_its_secret_is_not_told(shop: Shop) -> None:
    asked = {"topic": "order.created", "delivery_url": "http://127.0.0.1:9/", "secret": "hush"}
    made = shop.api("POST", "webhooks", **asked)
    assert "active" == made["status"]
    assert "hush" not in json.dumps(made)


def test_deliveries_are_signed_with_the_decoded_secret_and_genuine(
    shop: Shop, inbox: Inbox
) -> None:
    shop.subscribe(*ORDERS)
    inbox.requests.clear()
    shop.store.place(ADA, [MUG])
    assert 2 == shop.sandbox.deliver()
    adapter = WooCommerce(url=shop.sandbox.url, webhook_secret=SECRET)
    decoded = WooCommerce(url=shop.sandbox.url, webhook_secret="a&b 'secret'")
    for headers, body in inbox.requests:
        assert adapter.verify(headers, body).key == decoded.verify(headers, body).key
        assert f"{shop.sandbox.url}/" == headers["x-wc-webhook-source"]


def test_a_delivery_has_the_recorded_headers(shop: Shop, inbox: Inbox) -> None:
    recorded = json.loads((WEBHOOKS / "0024_order.created.json").read_bytes())
    told = {name.lower(): value for name, value in recorded["headers"]}
    shop.subscribe("order.created")
    inbox.requests.clear()
    shop.store.place(ADA, [MUG])
    shop.sandbox.deliver()
    ((headers, _),) = inbox.requests
    named = {name for name in told if name.startswith("x-wc-")} | {"user-agent"}
    assert named <= headers.keys()
    same = ("user-agent", "x-wc-webhook-topic", "x-wc-webhook-resource", "x-wc-webhook-event")
    assert {name: told[name] for name in same} == {name: headers[name] for name in same}
    assert len(told["x-wc-webhook-delivery-id"]) == len(headers["x-wc-webhook-delivery-id"])


def test_of_an_order_from_the_checkout_the_update_comes_first(shop: Shop, inbox: Inbox) -> None:
    shop.subscribe(*ORDERS)
    shop.store.place(ADA, [MUG])
    shop.sandbox.deliver()
    assert ["order.updated", "order.created"] == [topic for topic, _ in inbox.take()]
    shop.api("POST", "orders", status="pending")
    shop.sandbox.deliver()
    assert ["order.created", "order.updated"] == [topic for topic, _ in inbox.take()]


def test_changes_within_a_second_are_one_webhook_built_when_it_is_sent(
    shop: Shop, inbox: Inbox
) -> None:
    shop.subscribe("order.updated")
    order = shop.store.place(ADA, [MUG], paid=False)
    shop.store.pay(order)
    shop.store.complete(order)
    shop.sandbox.deliver()
    assert ["completed"] == [body["status"] for _, body in inbox.take()]


def test_changes_at_different_times_are_told_one_by_one(shop: Shop, inbox: Inbox) -> None:
    shop.subscribe("order.updated")
    order = shop.store.place(ADA, [MUG], paid=False)
    shop.pass_()
    shop.store.pay(order)
    shop.pass_()
    shop.store.complete(order)
    shop.sandbox.deliver()
    expected = ["pending", "processing", "completed"]
    assert expected == [body["status"] for _, body in inbox.take()]


def test_trash_and_restore_are_told_and_nothing_of_what_is_gone_for_ever(
    shop: Shop, inbox: Inbox
) -> None:
    shop.subscribe(*ORDERS)
    order = shop.store.place(ADA, [MUG])
    shop.sandbox.deliver()
    inbox.take()
    shop.store.delete(order)
    shop.sandbox.deliver()
    assert [("order.deleted", {"id": int(order)})] == inbox.take()
    shop.store.restore(order)
    shop.sandbox.deliver()
    assert [("order.restored", "processing")] == [(t, b["status"]) for t, b in inbox.take()]
    shop.store.add_note(order, "packed")
    shop.store.delete(order, force=True)
    assert 0 == shop.sandbox.deliver()


def test_reviving_a_trashed_order_over_the_api_tells_nothing(shop: Shop, inbox: Inbox) -> None:
    shop.subscribe(*ORDERS, "action.woocommerce_order_status_completed")
    order = shop.store.place(ADA, [MUG])
    shop.store.delete(order)
    shop.sandbox.deliver()
    inbox.take()
    shop.api("PUT", f"orders/{order}", status="completed")
    shop.sandbox.deliver()
    action = {"action": "woocommerce_order_status_completed", "arg": int(order)}
    assert [("action.woocommerce_order_status_completed", action)] == inbox.take()


def test_an_order_that_is_gone_before_it_is_sent_is_a_signed_error(
    shop: Shop, inbox: Inbox
) -> None:
    shop.subscribe("order.updated")
    order = shop.store.place(ADA, [MUG])
    shop.store.delete(order, force=True)
    shop.sandbox.deliver()
    ((_, body),) = inbox.take()
    assert ("woocommerce_rest_shop_order_invalid_id", 404) == (
        body["code"],
        body["data"]["status"],
    )


def test_trashing_a_product_is_told_as_a_coupon_too(shop: Shop, inbox: Inbox) -> None:
    shop.subscribe("product.deleted", "coupon.deleted")
    product = shop.store.add_product("Kurta")
    shop.store.delete_product(product)
    shop.sandbox.deliver()
    gone = {"id": int(product)}
    assert [("coupon.deleted", gone), ("product.deleted", gone)] == sorted(inbox.take())


def test_only_accounts_are_customers(shop: Shop, inbox: Inbox) -> None:
    shop.subscribe("customer.created", "customer.updated")
    shop.store.place(ADA, [MUG])
    assert 0 == shop.sandbox.deliver()
    shop.store.register(ADA)
    shop.sandbox.deliver()
    shop.pass_()
    shop.store.place(ADA, [MUG])
    shop.sandbox.deliver()
    told = [topic for topic, _ in inbox.take()]
    assert ["customer.created", "customer.updated", "customer.updated"] == told


def test_different_bodies_of_a_second_share_a_delivery_id(shop: Shop, inbox: Inbox) -> None:
    shop.subscribe("order.created")
    inbox.requests.clear()
    shop.store.place(ADA, [MUG])
    shop.store.place(ADA, [MUG])
    shop.sandbox.deliver()
    numbers = {headers["x-wc-webhook-delivery-id"] for headers, _ in inbox.requests}
    assert (1, 2) == (len(numbers), len({body for _, body in inbox.requests}))


def failures(shop: Shop, count: int) -> str:
    """Raise and deliver so many webhooks, and return the status of the subscription."""
    for _ in range(count):
        shop.store.do_action("wc_lab", 1)
        shop.sandbox.deliver()
        shop.pass_()
    return str(shop.api("GET", "webhooks")[0]["status"])


@pytest.mark.parametrize("status", ["500 Error", "303 See Other", "404 Not Found"])
def test_the_seventh_failure_in_a_row_disables_and_the_count_survives(
    shop: Shop, inbox: Inbox, status: str
) -> None:
    (number,) = shop.subscribe("action.wc_lab")
    inbox.status = status
    assert "active" == failures(shop, 6)
    assert "disabled" == failures(shop, 1)
    shop.api("PUT", f"webhooks/{number}", status="active")
    assert "disabled" == failures(shop, 1)
    assert 0 == shop.sandbox.deliver()


@pytest.mark.parametrize("status", ["200 OK", "204 No Content", "301 Moved", "302 Found"])
def test_up_to_302_is_success_and_nothing_is_sent_again(
    shop: Shop, inbox: Inbox, status: str
) -> None:
    shop.subscribe("action.wc_lab")
    inbox.status = status
    inbox.requests.clear()
    assert "active" == failures(shop, 9)
    assert 9 == len(inbox.requests)


def test_one_success_begins_the_count_anew(shop: Shop, inbox: Inbox) -> None:
    shop.subscribe("action.wc_lab")
    for _ in range(3):
        inbox.status = "500 Error"
        assert "active" == failures(shop, 5)
        inbox.status = "200 OK"
        assert "active" == failures(shop, 1)


def test_a_deleted_webhook_is_sent_nothing(shop: Shop) -> None:
    (number,) = shop.subscribe("order.created")
    shop.store.place(ADA, [MUG])
    shop.api("DELETE", f"webhooks/{number}?force=true")
    assert 0 == shop.sandbox.deliver()


def test_faults_drop_double_and_delay(inbox: Inbox) -> None:
    clock = FrozenClock(NOON)
    faults = Faults(duplicate=1.0, delay=timedelta(hours=1))
    with served(inbox) as address, WooCommerceSandbox(clock=clock, faults=faults) as sandbox:
        shop = Shop(sandbox, clock, address)
        shop.subscribe("order.created")
        shop.store.place(ADA, [MUG])
        assert NOON == sandbox.next_delivery()
        assert 0 == sandbox.deliver()
        at = sandbox.next_delivery()
        assert at is not None
        assert NOON < at < NOON + timedelta(hours=1)
        clock.advance(timedelta(hours=1))
        assert 2 == sandbox.deliver()
        faults.drop = 1.0
        shop.store.place(ADA, [MUG])
        assert 0 == sandbox.deliver()
        assert sandbox.next_delivery() is None


def test_in_process_every_topic_is_raised_signed_and_understood() -> None:
    clock = FrozenClock(NOON)
    store = ScriptedWooCommerce(clock=clock, secret="hush")
    adapter = WooCommerce(url="https://shop.example", webhook_secret="hush")
    order = store.place(ADA, [MUG])
    clock.advance(timedelta(days=1))
    store.ship(order, number="T1", carrier="DHL")
    clock.advance(timedelta(days=1))
    store.complete(order)
    taken = store.take()
    expected = ["order.updated", "order.created", "order.updated", "order.updated"]
    assert expected == [one.topic for one in taken]
    snapshots = [adapter.normalize(adapter.verify(one.headers, one.body)) for one in taken]
    assert {Kind.ORDER} <= {one.kind for snapshot in snapshots for one in snapshot.records}
    assert [] == store.take()
