"""One object is read whole; several are read in few calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from plugins.woocommerce.listed_shop import ListedShop, refusal
from plugins.woocommerce.odd_shop import KEY, SECRET, recorded, reply, running, wire
from werkzeug import Request, Response

from storelink.errors import NotFound, PayloadError, Unsupported
from storelink.models import Kind, Money, Ref, Snapshot
from storelink.models.enums import OrderStatus
from storelink.testing import FrozenClock
from storelink_woocommerce import WooCommerce

Row = dict[str, Any]
Shop = tuple[ListedShop, WooCommerce]

NO_ROUTE = refusal("rest_no_route", 404)


class Ticks:
    """Seconds of a clock that goes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def shop(ticks: Ticks) -> Iterator[Shop]:
    """A shop that answers over HTTP, and the adapter that asks it."""
    listed = ListedShop()
    clock = FrozenClock()
    with running() as server:
        server.answer = listed
        yield (
            listed,
            WooCommerce(
                url=server.url,
                webhook_secret="whsec_1",
                consumer_key=KEY,
                consumer_secret=SECRET,
                statuses={"packed": "open"},
                wire=wire(clock, monotonic=ticks),
            ),
        )


def order(key: int, **fields: Any) -> Row:
    return {
        "id": key,
        "number": str(key),
        "status": "processing",
        "currency": "EUR",
        "total": "10.00",
        "date_created_gmt": "2026-05-01T10:00:00",
        "date_modified_gmt": "2026-05-01T10:00:00",
        "refunds": [],
        "meta_data": [],
        **fields,
    }


def refund(key: int) -> Row:
    return {"id": key, "amount": "1.00", "reason": "", "line_items": []}


FULFILLED = [{"id": 1, "key": "_fulfillment_status", "value": "fulfilled"}]
PARCEL = {
    "id": 5,
    "status": "fulfilled",
    "is_fulfilled": "1",
    "meta_data": [{"key": "_tracking_number", "value": "1Z9"}],
}


def test_an_order_is_read_with_its_refunds_and_fulfillments(shop: Shop) -> None:
    listed, store = shop
    entries = [{"id": key, "total": "-1.00"} for key in range(1, 131)]
    listed.rows["orders"] = [order(7, status="packed", refunds=entries, meta_data=FULFILLED)]
    listed.rows["orders/7/refunds"] = [refund(key) for key in range(1, 131)]
    listed.other["GET", "orders/7/fulfillments"] = lambda request: reply([PARCEL])

    snapshot = store.read(Ref.order("7"))

    header = snapshot.records[0]
    assert header.needs_read is None
    assert OrderStatus.OPEN == header.fields["status"]
    assert {str(key) for key in range(1, 131)} == set(header.children["refunds"])
    assert ("5",) == header.children["fulfillments"]


def test_an_order_without_parts_costs_one_call(shop: Shop) -> None:
    """An order's own body says that it has no refund and no fulfillment."""
    listed, store = shop
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.path)
        return reply(order(7))

    listed.other["GET", "orders/7"] = answer

    header = store.read(Ref.order("7")).records[0]

    assert 1 == len(asked)
    expected = {"refunds": (), "meta_shipments": (), "fulfillments": ()}
    assert (expected, None) == (header.children, header.needs_read)


def test_a_shop_without_fulfillments_is_asked_for_them_once_in_an_hour(
    shop: Shop, ticks: Ticks
) -> None:
    listed, store = shop
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.path)
        return NO_ROUTE

    for key in (7, 8):
        listed.rows.setdefault("orders", []).append(order(key, meta_data=FULFILLED))
        listed.other["GET", f"orders/{key}/fulfillments"] = answer
    ticks.seconds = 10.0

    headers = [store.read(Ref.order(key)).records[0] for key in ("7", "8")]

    assert 1 == len(asked)
    assert [None, None] == [header.needs_read for header in headers]
    assert not any("fulfillments" in header.children for header in headers)
    ticks.seconds += 3601.0
    store.read(Ref.order("7"))
    assert 2 == len(asked)


def test_an_order_in_the_trash_is_deleted_and_one_deleted_for_ever_is_not_found(
    shop: Shop,
) -> None:
    listed, store = shop
    listed.rows["orders"] = [order(7, status="trash")]

    assert store.read(Ref.order("7")).records[0].fields["deleted_at"] is not None
    with pytest.raises(NotFound):
        store.read(Ref.order("8"))


@pytest.mark.parametrize("key", ["", "7/refunds", "7?force=true", "../users", "٧", "x"])
def test_an_id_is_a_number_and_nothing_else_of_an_address(shop: Shop, key: str) -> None:
    listed, store = shop
    listed.rows["orders"] = [order(7)]

    with pytest.raises(NotFound):
        store.read(Ref.order(key))
    assert [] == listed.asked


def test_many_orders_are_read_by_one_list_and_their_parts(shop: Shop) -> None:
    listed, store = shop
    listed.rows["orders"] = [order(key) for key in range(1, 151)]
    listed.rows["orders"] += [
        order(151, refunds=[{"id": 9, "total": "-1.00"}]),
        order(152, status="trash"),
        order(153, currency="DOGE"),
    ]
    listed.rows["orders/151/refunds"] = [refund(9)]
    refs = [Ref.order(str(key)) for key in range(1, 155)]

    told = store.read_many(refs)

    assert refs == list(told)
    lists = [path for path, asked in listed.asked if "include" in asked]
    assert ["orders", "orders"] == lists
    whole = [ref.id for ref, one in told.items() if isinstance(one, Snapshot)]
    assert [str(key) for key in range(1, 153)] == whole
    first, trashed = told[refs[150]], told[refs[151]]
    assert isinstance(first, Snapshot)
    assert isinstance(trashed, Snapshot)
    assert (("9",), None) == (first.records[0].children["refunds"], first.records[0].needs_read)
    assert trashed.records[0].fields["deleted_at"] is not None
    assert isinstance(told[refs[152]], PayloadError)
    assert isinstance(told[refs[153]], NotFound)


def test_objects_of_several_kinds_are_read_each_from_its_list(
    shop: Shop, recorded_row: dict[str, Row]
) -> None:
    listed, store = shop
    paths = {"product": "products", "coupon": "coupons", "review": "products/reviews"}
    for kind, path in {**paths, "customer": "customers"}.items():
        row = recorded_row[kind]
        listed.rows[path] = [row, {**row, "id": 1}]
    listed.other["GET", "data/currencies/current"] = lambda request: recorded(
        "data_currencies_current"
    )
    refs = [Ref(kind=Kind(kind), id=str(row["id"])) for kind, row in recorded_row.items()]
    refs += [Ref(kind=Kind(kind), id="1") for kind in recorded_row]

    told = store.read_many(refs)

    assert set(refs) == {one.records[0].ref for one in told.values() if isinstance(one, Snapshot)}
    assert 4 == len(listed.asked)
    product = told[refs[0]]
    assert isinstance(product, Snapshot)
    assert Money("1499", "INR") == product.records[0].fields["price"]


@pytest.fixture
def recorded_row() -> dict[str, Row]:
    """A recorded object of each kind."""
    names = {
        "product": "product_variable",
        "coupon": "coupon_create",
        "review": "product_review_create",
        "customer": "customer_single",
    }
    return {kind: recorded(name).get_json() for kind, name in names.items()}


def test_the_currency_is_asked_once(shop: Shop, recorded_row: dict[str, Row]) -> None:
    listed, store = shop
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.path)
        return recorded("data_currencies_current")

    listed.rows["products"] = [recorded_row["product"]]
    listed.other["GET", "data/currencies/current"] = answer

    for _ in range(3):
        store.read(Ref(kind=Kind.PRODUCT, id="55"))

    assert 1 == len(asked)


def test_a_variation_is_no_product(shop: Shop) -> None:
    listed, store = shop
    listed.rows["products"] = [recorded("product_variation_single").get_json()]

    with pytest.raises(NotFound, match="its parent"):
        store.read(Ref(kind=Kind.PRODUCT, id="60"))


def test_what_woocommerce_does_not_have_cannot_be_read(shop: Shop) -> None:
    _, store = shop

    with pytest.raises(Unsupported):
        store.read(Ref(kind=Kind.CHECKOUT, id="1"))
