"""Whatever a genuine signature covers, only a snapshot or a `PayloadError` comes out."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storelink.contracts.store import Delivery
from storelink.errors import PayloadError
from storelink.models import Snapshot
from storelink.testing.journeys import Journeys
from storelink_woocommerce import WooCommerce, coupons, normalize, products

Answer = Callable[[str], Any]

WRONG = (
    None,
    5,
    -1,
    0,
    "x",
    "",
    [],
    {},
    [None],
    {"id": 1},
    True,
    "12.5",
    "9e9999999",
    "\x00",
    10**400,
    Decimal("1E-999999"),
    Decimal("NaN"),
    0.5,
    float("inf"),
    "x" * 10_000,
    "0000-00-00 00:00:00",
    "9999-12-31T23:59:59-14:00",
)

TRACKING = [
    {
        "tracking_provider": "dhl",
        "custom_tracking_provider": "Post",
        "custom_tracking_link": "https://track.example/%1$s",
        "tracking_number": "N1",
        "date_shipped": "1795323205",
        "tracking_id": "t1",
    }
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Name every key and position below *value*; of a list only the first and second."""
    entries = (
        list(value.items())
        if isinstance(value, dict)
        else list(enumerate(value))[:2]
        if isinstance(value, list)
        else []
    )
    for key, item in entries:
        yield (*path, key)
        yield from places(item, (*path, key))


def replaced(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return *body* with *value* at *path*, copying only what is on the way."""
    key, rest = path[0], path[1:]
    changed = copy.copy(body)
    changed[key] = replaced(body[key], rest, value) if rest else value
    return changed


def check(read: Callable[[Any], Snapshot], body: Any) -> None:
    try:
        snapshot = read(body)
    except PayloadError:
        return
    assert isinstance(snapshot, Snapshot)


def hostile(read: Callable[[Any], Snapshot], body: Any) -> int:
    tried = 0
    for path in places(body):
        for value in WRONG:
            check(read, replaced(body, path, value))
            tried += 1
    return tried


@pytest.fixture
def busy(answer: Answer) -> dict[str, Any]:
    """Return a real order with lines, taxes, a fee, a coupon, a refund and parcels."""
    body = {**answer("order_single_status_refunded")}
    meta = [
        {"id": 1, "key": "_wc_shipment_tracking_items", "value": TRACKING},
        {"id": 2, "key": "_wp_trash_meta_time", "value": "1795318699"},
        {"id": 3, "key": "wpml_language", "value": "de"},
    ]
    return {**body, "status": "trash", "meta_data": meta, "_links": {}}


def test_a_wrong_value_at_any_place_of_an_order(busy: dict[str, Any]) -> None:
    assert hostile(normalize.order, busy) > 3000


def test_a_wrong_value_at_any_place_of_a_refund(answer: Answer) -> None:
    order = {"id": 103, "currency": "INR"}

    assert hostile(
        lambda refund: normalize.order_read(order, refunds=[refund]),
        {**answer("refund_single"), "_links": {}},
    )


def test_a_wrong_value_at_any_place_of_a_fulfillment(answer: Answer) -> None:
    order = {"id": 2183, "currency": "INR"}

    assert hostile(
        lambda entry: normalize.order_read(order, refunds=[], fulfillments=[entry]),
        answer("fulfillment_get"),
    )


def test_a_wrong_value_at_any_place_of_a_customer(answer: Answer) -> None:
    assert hostile(normalize.customer, answer("customer_single"))


def test_a_wrong_value_at_any_place_of_a_product(answer: Answer) -> None:
    body = {**answer("product_variable"), "price_html": "", "_links": {}}

    for kind in ("variable", "simple", "variation"):
        assert hostile(
            lambda product: products.product(product, currency="INR"),
            {**body, "type": kind, "parent_id": 3},
        )


def test_a_wrong_value_at_any_place_of_a_coupon(answer: Answer) -> None:
    assert hostile(
        lambda coupon: coupons.coupon(coupon, currency="INR"),
        {**answer("coupon_create"), "_links": {}},
    )


def test_a_wrong_value_at_any_place_of_a_review(answer: Answer) -> None:
    assert hostile(products.review, {**answer("product_review_create"), "_links": {}})


@pytest.mark.parametrize(
    "name",
    [
        "id",
        "status",
        "currency",
        "total",
        "date_modified_gmt",
        "refunds",
        "line_items",
        "meta_data",
    ],
)
def test_a_refusal_names_the_path(busy: dict[str, Any], name: str) -> None:
    with pytest.raises(PayloadError, match=rf"^order\.{name}: "):
        normalize.order({**busy, name: True})


def test_a_refusal_does_not_repeat_what_it_refuses(busy: dict[str, Any]) -> None:
    """Errors are logged and listed: no word of a customer may be in them."""
    wrong = ("Zaubernuss", ["Zaubernuss"], {"Zaubernuss": "Zaubernuss"})
    bodies = [replaced(busy, path, value) for path in places(busy) for value in wrong]

    refusals = [words for body in bodies if (words := refusal(body))]

    assert len(refusals) > 10
    assert [words for words in refusals if "Zaubernuss" in words] == []


def refusal(body: dict[str, Any]) -> str | None:
    try:
        normalize.order(body)
    except PayloadError as refused:
        return str(refused)
    return None


def test_a_body_that_ends_anywhere(store: WooCommerce, journeys: Journeys) -> None:
    recorded = next(one for one in journeys.deliveries if "order.updated" in one.name)
    step = max(1, len(recorded.body) // 400)

    for length in range(0, len(recorded.body), step):
        with pytest.raises(PayloadError):
            normalized(store, recorded.body[:length])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"5",
        b"\xff\xfe",
        b'{"id": NaN}',
        b'{"id": 1, "total": Infinity}',
        b'{"id": 1e9999999999999999999999}',
        b'{"id": "\\ud800"}',
        b'{"id": 1, "customer_note": "\\udfff"}',
        b'{"id": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
        b'{"id": "' + b"x" * 10_000_000 + b'"}',
    ],
    ids=lambda body: repr(body[:40]),
)
def test_a_hostile_body_is_refused(store: WooCommerce, body: bytes) -> None:
    with pytest.raises(PayloadError):
        normalized(store, body)


def normalized(store: WooCommerce, body: bytes) -> Snapshot:
    return store.normalize(Delivery(key="1/1/1", topic="order.updated", headers={}, body=body))


WORDS = (
    "id status total currency refunds meta_data line_items billing key value name quantity price "
    "date_modified_gmt needs_processing _wc_shipment_tracking_items is_fulfilled tracking_number"
)
KEYS = st.sampled_from(WORDS.split())
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals()
    | st.text()
    | st.sampled_from(["INR", "trash", "2026-11-22T03:00:00", "-5.00"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(), inner, max_size=6)
    ),
    max_leaves=25,
)


@settings(deadline=None)
@given(st.dictionaries(KEYS | st.text(), JSON))
def test_any_object_is_read_or_refused(members: dict[str, Any]) -> None:
    body = {"id": 1, "currency": "INR", **members}

    check(normalize.order, body)
    check(normalize.customer, body)
    check(lambda one: normalize.order_read(one, refunds=[one], fulfillments=[one]), body)


@settings(deadline=None)
@given(JSON)
def test_any_json_is_read_or_refused(value: Any) -> None:
    text = json.dumps(value, default=str).encode()
    store = WooCommerce(url="https://shop.example", webhook_secret="whsec")

    check(
        lambda body: store.normalize(
            Delivery(key="1/1/1", topic="order.updated", headers={}, body=body)
        ),
        text,
    )
