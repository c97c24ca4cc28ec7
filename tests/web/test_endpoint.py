"""The address that platforms deliver to, over real HTTP."""

from __future__ import annotations

import http.client
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from storelink import Storelink
from storelink.contracts.cart import SIGNATURE, TIMESTAMP, signature
from storelink.contracts.sandbox import Item, Webhook
from storelink.models import Contact, Money
from storelink.storage import InboxState
from storelink.testing import FakeStore, FrozenClock
from storelink.toolkit.serving import served
from storelink.web import Endpoint

ADA = Contact(email="ada@example.com", first_name="Ada")
MUG = Item("Mug", Money("12.00", "EUR"))


class Shop:
    """A store, the app that knows it, and the address where its webhooks arrive."""

    def __init__(self, folder: Path) -> None:
        self.clock = FrozenClock()
        self.store = FakeStore(clock=self.clock)
        self.database = folder / "link.db"
        self.link = Storelink(
            f"sqlite:///{self.database}",
            stores={"atelier": self.store},
            cart_secrets={"atelier": ["s3cret"]},
            clock=self.clock,
        )
        self.url = ""

    def webhook(self) -> Webhook:
        self.store.place(ADA, [MUG])
        return self.store.take()[0]

    def post(
        self, webhook: Webhook, *, store: str = "atelier", **headers: str
    ) -> requests.Response:
        told = {**webhook.headers, **headers}
        url = f"{self.url}/webhooks/{store}"
        return requests.post(url, data=webhook.body, headers=told, timeout=30)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    with shop.link, served(Endpoint(shop.link)) as shop.url:
        yield shop


def test_a_webhook_is_stored_absorbed_and_answered(shop: Shop) -> None:
    answer = shop.post(shop.webhook())
    assert (200, "absorbed") == (answer.status_code, answer.text)
    assert [InboxState.ABSORBED] == [row.state for row in shop.link.inbox()]


def test_a_repeat_is_answered_as_well(shop: Shop) -> None:
    webhook = shop.webhook()
    shop.post(webhook)
    answer = shop.post(webhook)
    assert (200, "duplicate") == (answer.status_code, answer.text)
    assert 1 == len(shop.link.inbox())


def test_a_wrong_signature_is_401_and_nothing_is_stored(shop: Shop) -> None:
    answer = shop.post(shop.webhook(), **{"X-Fake-Signature": "bm90IHRoZSBzaWduYXR1cmU="})
    assert 401 == answer.status_code
    assert [] == shop.link.inbox()


def test_an_unknown_store_is_404(shop: Shop) -> None:
    assert 404 == shop.post(shop.webhook(), store="nobody").status_code


def test_a_body_that_is_too_large_is_413_before_it_is_sent(shop: Shop) -> None:
    connection = http.client.HTTPConnection(shop.url.removeprefix("http://"), timeout=30)
    connection.putrequest("POST", "/webhooks/atelier")
    connection.putheader("Content-Length", str(32 * 1024 * 1024 + 2))
    connection.endheaders()
    assert 413 == connection.getresponse().status
    connection.close()


def test_get_changes_nothing(shop: Shop) -> None:
    for path in ("/webhooks/atelier", "/", "/elsewhere"):
        assert requests.get(f"{shop.url}{path}", timeout=30).status_code in {404, 405}
    assert "ok" == requests.get(f"{shop.url}/live", timeout=30).text


def test_a_busy_database_asks_the_platform_to_come_again(shop: Shop) -> None:
    webhook = shop.webhook()
    busy = sqlite3.connect(shop.database)
    busy.execute("BEGIN IMMEDIATE")
    try:
        answer = shop.post(webhook)
    finally:
        busy.rollback()
        busy.close()
    assert (503, "10") == (answer.status_code, answer.headers["Retry-After"])
    assert 200 == shop.post(webhook).status_code


@pytest.mark.parametrize(
    ("secret", "store", "expected"),
    [
        ("s3cret", "atelier", (200, "absorbed")),
        ("wrong", "atelier", (401, "refused")),
        ("s3cret", "none", (404, "unknown store")),
    ],
)
def test_a_cart_is_taken_as_a_webhook_is(
    shop: Shop, secret: str, store: str, expected: tuple[int, str]
) -> None:
    at, timestamp = shop.clock.now().isoformat(), str(int(shop.clock.now().timestamp()))
    cart = {"format": "storelink.cart/1", "id": "c1", "created_at": at, "updated_at": at}
    body = json.dumps(cart).encode()
    headers = {TIMESTAMP: timestamp, SIGNATURE: signature(secret, timestamp, body)}
    answer = requests.post(f"{shop.url}/carts/{store}", data=body, headers=headers, timeout=30)
    assert expected == (answer.status_code, answer.text)
