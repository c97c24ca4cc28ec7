"""Answers that are endless, slow, broken or none of a shop's: an error in time, and no secret."""

from __future__ import annotations

import contextlib
import gzip
import itertools
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from plugins.woocommerce.odd_shop import KEY, SECRET, OddShop, page, reply, running, wire
from pydantic import SecretStr
from werkzeug import Response

from storelink.errors import NotTheApi, PayloadError, StoreError, StoreUnavailable, WriteInDoubt
from storelink.models import Kind, Ref
from storelink.models.coupon import Offer
from storelink.testing import FrozenClock
from storelink_woocommerce import WooCommerce, transport
from storelink_woocommerce.client import Client

PERSON = "priya@mail.example"


@pytest.fixture
def shop() -> Iterator[OddShop]:
    with running() as shop:
        yield shop


def asking(shop: OddShop, **options: Any) -> Client:
    on = wire(FrozenClock(), attempts=2, **options)
    return Client(shop.url, SecretStr(KEY), SecretStr(SECRET), wire=on)


def endless() -> Response:
    return Response(itertools.chain(["["], itertools.repeat(" ")), content_type="application/json")


def zipped(body: bytes) -> Response:
    return Response(body, headers={"Content-Encoding": "gzip"}, content_type="application/json")


def too_short() -> Response:
    whole = reply([{"id": 1, "email": PERSON}])
    whole.headers["Content-Length"] = "4000"
    whole.headers["Connection"] = "close"
    return whole


def test_an_answer_that_drips_is_given_up(shop: OddShop) -> None:
    shop.answer = lambda request: endless()
    clock = itertools.count(step=7.0).__next__

    with pytest.raises(StoreUnavailable, match="no answer in time"):
        asking(shop, monotonic=clock).get("orders")

    assert 2 == len(shop.asked)


def test_an_answer_without_an_end_is_given_up(
    shop: OddShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MOST_BYTES", 10_000)
    shop.answer = lambda request: endless()

    with pytest.raises(StoreUnavailable):
        asking(shop).get("orders")


def test_an_answer_that_unpacks_without_an_end_is_given_up(
    shop: OddShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MOST_BYTES", 10_000)
    shop.answer = lambda request: zipped(gzip.compress(b" " * 10_000_000))

    with pytest.raises(StoreUnavailable):
        asking(shop).get("orders")


def test_a_packed_answer_is_unpacked(shop: OddShop) -> None:
    body = b"[" + b",".join([b'{"id": 1}'] * 50_000) + b"]"
    shop.answer = lambda request: zipped(gzip.compress(body))

    assert [{"id": 1}] * 50_000 == asking(shop).get("orders").data


BROKEN: dict[str, Callable[[], Response]] = {
    "gzip that is none": lambda: zipped(b'[{"email": "priya@mail.example"}]'),
    "gzip cut off": lambda: zipped(gzip.compress(b'[{"email": "priya@mail.example"}]' * 99)[:40]),
    "shorter than it says": too_short,
    "cut off": lambda: Response('[{"id": 1, "email": "priya@mail.example"}, {"id'),
    "empty": lambda: Response(""),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_asked_for_again_and_leaves_a_write_in_doubt(
    shop: OddShop, name: str
) -> None:
    shop.answer = lambda request: BROKEN[name]()

    with pytest.raises(StoreUnavailable) as read:
        asking(shop).get("orders")
    assert 2 == len(shop.asked)
    with pytest.raises(WriteInDoubt) as written:
        asking(shop).post("orders", {"billing": {"email": PERSON}})
    assert 3 == len(shop.asked)

    for told in (str(read.value), str(written.value)):
        assert not any(word in told for word in (PERSON, KEY, SECRET, "oauth"))


@pytest.mark.parametrize(
    "body",
    [
        "<html><title>Log in</title><form action=/wp-login.php>priya@mail.example</form></html>",
        f"<html>{'<p>priya@mail.example</p>' * 400_000}</html>",
        "<br /><b>Fatal error</b>: Uncaught Exception: priya@mail.example in /www/x.php",
        '{"data": {"email": "priya@mail.example"}, "code": 7, "message": ["priya@mail.example"]}',
        "[" * 200_000,
        '"priya@mail.example"',
    ],
)
@pytest.mark.parametrize("status", [200, 403, 404, 500])
def test_a_page_in_place_of_the_api_is_an_error_that_repeats_nothing(
    shop: OddShop, body: str, status: int
) -> None:
    shop.answer = lambda request: page(body, status)

    with pytest.raises(StoreError) as error:
        _ = asking(shop).get("orders").rows

    assert not any(word in str(error.value) for word in (PERSON, KEY, SECRET, "oauth"))


ACTS: dict[str, Callable[[WooCommerce], Any]] = {
    "read": lambda store: store.read(Ref(kind=Kind.ORDER, id="7")),
    "read_many": lambda store: store.read_many(
        [Ref(kind=Kind.ORDER, id="7"), Ref(kind=Kind.ORDER, id="8")]
    ),
    "changed": lambda store: store.changed(Kind.ORDER),
    "history": lambda store: store.history(Kind.CUSTOMER),
    "ids": lambda store: store.ids(Kind.REVIEW),
    "subscriptions": lambda store: store.subscriptions(),
    "subscribe": lambda store: store.subscribe("order.updated", "https://hooks.example/"),
    "coupon": lambda store: store.issue_coupon(
        Offer(code="THANKS1", email="a@mail.example", percent=Decimal(5), expires_at=None)
    ),
    "withdraw": lambda store: store.withdraw_coupon("A1"),
    "note": lambda store: store.write.note(order_id="7", text="x"),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("data", [None, True, 7, "x", [], {}, [7], ["x"], [None], [[]]])
def test_json_of_another_shape_is_an_error_of_the_store(shop: OddShop, act: str, data: Any) -> None:
    shop.answer = lambda request: reply(data)
    store = WooCommerce(
        url=shop.url,
        webhook_secret="w",
        consumer_key=KEY,
        consumer_secret=SECRET,
        wire=wire(FrozenClock(), attempts=2),
    )

    with contextlib.suppress(StoreError, PayloadError):
        ACTS[act](store)
        assert data in ([], {}), "it went unnoticed"


def test_a_redirect_is_not_followed_round_and_round(shop: OddShop) -> None:
    shop.answer = lambda request: page("", 302, {"Location": request.url})

    with pytest.raises(NotTheApi, match="redirects its own REST API"):
        asking(shop).get("orders")

    assert 1 == len(shop.asked)
