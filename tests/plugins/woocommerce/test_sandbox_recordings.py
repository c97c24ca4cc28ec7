"""The sandbox is held to a real store: recorded requests are sent to it, answers compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from storelink.testing import FrozenClock
from storelink.toolkit.payload import parse_json
from storelink_woocommerce.sandbox.auth import Key
from storelink_woocommerce.sandbox.server import WooCommerceSandbox
from storelink_woocommerce.sandbox.site import TaxRate

REST = Path(__file__).parents[2] / "data" / "woocommerce" / "recordings" / "rest"
NAMES = sorted(path.stem for path in REST.glob("[a-z]*.json"))

LEFT_OUT = {
    "coupon_create_bad_date_accepted": "PHP's strtotime understands English; the sandbox does not",
    "customer_downloads": "no adapter reads downloads",
    "data_countries_in": "no adapter reads countries",
    "data_currencies": "no adapter reads all currencies; the present one is there",
    "order_receipt_create": "no adapter makes receipts",
    "products_attributes": "no adapter reads attributes",
    "products_categories": "no adapter reads categories by themselves",
    "products_tags": "no adapter reads tags by themselves",
    "settings_single_currency": "no adapter reads settings: they need an administrator",
    "shipping_methods": "no adapter reads shipping methods",
    "tax_classes": "no adapter reads taxes",
    "taxes_list": "no adapter reads taxes",
    "wc_shipment_tracking_compat_list": "the same answer as ast_tracking_list, under another name",
} | {
    name: "no adapter uses the Store API, which is for the shop's own pages"
    for name in NAMES
    if name.startswith("store_")
}
"""Recordings that are not compared, and why."""

USED = [name for name in NAMES if name not in LEFT_OUT]

KEYS = {
    "read_write": Key("ck_both", "cs_both"),
    "read": Key("ck_read", "cs_read", "read"),
    "write": Key("ck_write", "cs_write", "write"),
}
CUSTOM = {"error_401_bad_key": ("ck_nobody", "cs"), "error_401_bad_secret": ("ck_both", "cs_bad")}

KINDS = {
    "orders": "orders",
    "products": "products",
    "coupons": "coupons",
    "customers": "customers",
    "products/reviews": "reviews",
    "webhooks": "webhooks",
}
HEADERS = ("Allow", "Location", "X-WP-Total", "X-WP-TotalPages", "Vary", "Content-Type")
HEADERS += ("Expires", "Cache-Control", "X-Robots-Tag", "X-Content-Type-Options")
HEADERS += ("Access-Control-Expose-Headers", "Access-Control-Allow-Headers")

TOTAL = 1951
"""How many orders the recorded store listed."""

COUNTED = {"orders_list_page1", "orders_list_page2", "orders_list_last_page", "orders_list_fields"}
"""Lists whose total is that of the whole recorded store."""


@cache
def recording(name: str) -> Any:
    return parse_json((REST / f"{name}.json").read_bytes())


def body_of(name: str) -> Any:
    return recording(name)["response"].get("body")


def path_of(name: str) -> str:
    """The path below the namespace, without the query."""
    path = urlsplit(recording(name)["request"]["url"]).path
    return re.sub(r"^/wp-json/wc[^/]*/v\d/", "", path)


def plain(value: Any) -> Any:
    """JSON as `json` would give it: the store keeps no exact numbers."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


# -- the recorded world --------------------------------------------------------------------------


def objects(kind: str) -> Iterator[Any]:
    """Everything of one kind that reads showed."""
    for name in NAMES:
        request = recording(name)["request"]
        path = path_of(name)
        collection = re.sub(r"/\d+$", "", path)
        is_read = request["method"] == "GET" and "_fields" not in request["url"]
        if is_read and KINDS.get(collection) == kind and not name.startswith("error_"):
            body = body_of(name)
            yield from body if isinstance(body, list) else [body]


@cache
def whole(kind: str) -> list[Any]:
    known = {one["id"]: plain(one) for one in objects(kind) if "id" in one}
    return list(known.values())


def order_of_parts(name: str) -> tuple[str, int]:
    found = re.match(r"orders/(\d+)/(refunds|notes|fulfillments)", path_of(name))
    return (found[2], int(found[1])) if found else ("", 0)


def before(name: str) -> Iterator[tuple[str, list[Any], int]]:
    """What the store held when a request came: kind, bodies, the order they belong to."""
    for kind in ("products", "customers", "coupons", "orders"):
        yield kind, whole(kind), 0
    yield "orders", [plain(body_of("order_update_completed"))], 0
    yield from SEEDS.get(name, ())
    method, body = recording(name)["request"]["method"], plain(body_of(name))
    if method == "POST" or not isinstance(body, dict | list) or name.startswith("error_"):
        return
    bodies = body if isinstance(body, list) else [body]
    parts, order = order_of_parts(name)
    kind = parts or KINDS.get(re.sub(r"/\d+$", "", path_of(name)), "")
    if name == "fulfillment_metadata_get":
        return
    if "/variations" in path_of(name):
        yield "variations", bodies, 55
    elif kind and "_fields" not in recording(name)["request"]["url"]:
        yield kind, [one for one in bodies if "id" in one], order


def fulfilled(name: str) -> tuple[str, list[Any], int]:
    return "fulfillments", [plain(body_of(name))], 2183


def order_named(name: str) -> tuple[str, list[Any], int]:
    return "orders", [plain(body_of(name))], 0


def product_like(number: int, price: str) -> Any:
    """A product that was sold and is in no list: like another one, with its own price."""
    product = plain(body_of("product_by_sku"))[0]
    return product | {"id": number, "price": price, "regular_price": price, "sale_price": ""}


DELETED = plain(body_of("fulfillment_get")) | {"id": 140, "entity_id": "1995"}
SEEDS: dict[str, list[tuple[str, list[Any], int]]] = {
    "order_create": [
        ("coupons", [plain(body_of("coupon_delete_trash"))], 0),
        ("customers", [plain(body_of("customer_update"))], 0),
        ("products", [product_like(15, "899.00")], 0),
    ],
    "order_create_guest_pending": [("products", [product_like(16, "149.50")], 0)],
    "fulfillment_lookup": [fulfilled("fulfillment_get")],
    "fulfillment_metadata_get": [fulfilled("fulfillment_get")],
    "fulfillment_update_to_fulfilled": [fulfilled("fulfillment_create_draft")],
    "fulfillment_delete": [
        ("orders", [plain(body_of("order_single_with_fulfillments")) | {"id": 1995}], 0),
        ("fulfillments", [DELETED], 1995),
    ],
    "error_501_webhook_delete_without_force": [("webhooks", [plain(body_of("webhook_single"))], 0)],
    "orders_batch_update": [("orders", plain(body_of("orders_batch_update")["update"]), 0)],
    "order_single_status_refunded": [("refunds", plain(body_of("refunds_list_full_refund")), 103)],
    "order_trash": [("refunds", [plain(body_of("refund_create_partial"))], 2207)],
    "order_untrash_by_put": [("refunds", [plain(body_of("refund_create_partial"))], 2207)],
    "refunds_list_all": [("refunds", plain(body_of("refunds_list_all")), 0)],
    "customer_delete": [("customers", [plain(body_of("customer_delete"))], 0)],
    "order_delete_force": [order_named("order_create_guest_pending")],
    "order_notes_customer_only": [("notes", plain(body_of("order_notes_list")), 318)],
    "order_notes_list": [("orders", [plain(body_of("order_single_guest")) | {"id": 318}], 0)],
    "product_reviews_by_product": [("reviews", whole("reviews"), 0)],
    "product_reviews_hold": [("reviews", whole("reviews"), 0)],
}
SEEDS["order_notes_customer_only"] += SEEDS["order_notes_list"]


def make(name: str) -> WooCommerceSandbox:
    at = datetime.fromisoformat(recording(name)["recorded_at"]).astimezone(UTC)
    sandbox = WooCommerceSandbox(
        clock=FrozenClock(at),
        keys=list(KEYS.values()),
        taxes=[TaxRate(7, "BD", "VAT", Decimal(15))],
        tracking="ast" if name.startswith("ast_") else "fulfillments",
    )
    for kind, bodies, order in before(name):
        sandbox.store.load(kind, bodies, parent=order)
    if name.startswith("refunds_list_all"):
        return sandbox
    listed = len(sandbox.store.order_ids())
    if path_of(name) == "orders" and recording(name)["request"]["method"] == "GET":
        sandbox.grow(TOTAL - listed)
    return sandbox


def send(sandbox: WooCommerceSandbox, name: str) -> requests.Response:
    asked = recording(name)["request"]
    parts = urlsplit(asked["url"])
    query = parts.query.replace("ck_example", "ck_both").replace("cs_example", "cs_both")
    headers = dict(asked["headers"])
    if parts.scheme == "https":
        headers["X-Forwarded-Proto"] = "https"
    kind = asked["auth"].removeprefix("basic:")
    key = KEYS.get(kind)
    auth = CUSTOM.get(name) or ((key.consumer_key, key.consumer_secret) if key else None)
    options: dict[str, Any] = {"json": plain(asked["json"])} if asked["json"] is not None else {}
    if name == "error_400_invalid_json":
        options = {"data": b"{not json"}
    address = sandbox.url + parts.path + (f"?{query}" if query else "")
    return requests.request(asked["method"], address, headers=headers, auth=auth, **options)


@cache
def answer(name: str) -> requests.Response:
    """What the sandbox answers to a recorded request."""
    with make(name) as sandbox:
        return send(sandbox, name)


@pytest.fixture(params=USED)
def exchange(request: pytest.FixtureRequest) -> tuple[str, requests.Response]:
    return request.param, answer(request.param)


# -- what is compared ----------------------------------------------------------------------------

TYPES = {int: "number", float: "number", Decimal: "number"}


def type_of(value: Any) -> str:
    return TYPES.get(type(value), type(value).__name__)


class Shape:
    """The shape of what was recorded: of several values, whatever any of them shows."""

    def __init__(self, values: list[Any]) -> None:
        self.types = {type_of(value) for value in values}
        self.keys: dict[str, Shape] = {}
        objects_ = [value for value in values if isinstance(value, dict)]
        for key in {key for value in objects_ for key in value}:
            self.keys[key] = Shape([value[key] for value in objects_ if key in value])
        self.always = {key for key in self.keys if all(key in value for value in objects_)}
        items = [item for value in values if isinstance(value, list) for item in value]
        self.items = Shape(items) if items else None

    def faults(self, value: Any, path: str = "") -> Iterator[str]:
        """Where *value* is of another shape."""
        if type_of(value) not in self.types:
            yield f"{path}: {type_of(value)} instead of {sorted(self.types)}"
        elif isinstance(value, dict):
            yield from (f"{path}.{key} is missing" for key in self.always - value.keys())
            yield from (f"{path}.{key} is too much" for key in value.keys() - self.keys.keys())
            for key in value.keys() & self.keys.keys():
                yield from self.keys[key].faults(value[key], f"{path}.{key}")
        elif isinstance(value, list) and self.items:
            for item in value:
                yield from self.items.faults(item, f"{path}[]")


FREE = {"meta_data"}
"""What shops and plugins write: any value is possible."""


def test_status_is_the_recorded_one(exchange: tuple[str, requests.Response]) -> None:
    name, response = exchange
    assert recording(name)["response"]["status"] == response.status_code


def test_headers_are_the_recorded_ones(exchange: tuple[str, requests.Response]) -> None:
    name, response = exchange
    told = {key: value for key, value in recording(name)["response"]["headers"] if key in HEADERS}
    found = {key: response.headers[key] for key in HEADERS if key in response.headers}
    assert told.keys() == found.keys()
    free = {"Location"} | ({"X-WP-Total", "X-WP-TotalPages"} if name not in COUNTED else set())
    same = told.keys() - free
    assert {key: told[key] for key in same} == {key: found[key] for key in same}
    assert _numberless(told.get("Location")) == _numberless(found.get("Location"))


def _numberless(address: str | None) -> str:
    return re.sub(r"\d+$", "N", urlsplit(address or "").path)


def test_links_are_the_recorded_ones(exchange: tuple[str, requests.Response]) -> None:
    name, response = exchange
    told = _links(dict(recording(name)["response"]["headers"]).get("Link", ""))
    found = _links(response.headers.get("Link", ""))
    for rel in ("next", "https://api.w.org/") if name in SHORT else ():
        told.pop(rel, None)
        found.pop(rel, None)
    assert told == found


SHORT = {
    "customers_list",
    "customers_search",
    "products_list_modified_after",
    "products_list",
    "refunds_list_all",
    "customers_list_role_all",
    "product_reviews_by_product",
    "product_reviews_hold",
    "product_reviews_list",
    "product_external",
    "product_grouped",
    "product_simple",
    "orders_list_checkout_draft",
}
"""Lists of which only the first page was recorded: whether there is a next one is not told."""


def _links(header: str) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    found = re.findall(r'<([^>]*)>; rel="([^"]*)"', header)
    parts = {rel: urlsplit(address) for address, rel in found}
    return {rel: (one.path, _open(parse_qsl(one.query))) for rel, one in parts.items()}


def _open(query: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(key, value) for key, value in query if not key.startswith("consumer_")]


def test_body_has_the_recorded_shape(exchange: tuple[str, requests.Response]) -> None:
    name, response = exchange
    told = plain(body_of(name))
    found = response.json()
    is_list = isinstance(told, list)
    of_its_kind = shape_of(name) if is_list else Shape([told])
    assert [] == sorted(set(of_its_kind.faults(found)))
    if is_list and told:
        assert found, "the list is empty"


def shape_of(name: str) -> Shape:
    """The shape of a list: its elements are like those of any recorded list of its kind."""
    told = plain(body_of(name))
    if "_fields" in recording(name)["request"]["url"]:
        return Shape([told])
    same = [
        one
        for one in USED
        if path_of(one) == path_of(name)
        and "_fields" not in recording(one)["request"]["url"]
        and isinstance(body_of(one), list)
    ]
    return Shape([plain(body_of(one)) for one in same] + [told])


@pytest.mark.parametrize("name", [name for name in USED if name.startswith("error_")])
def test_an_error_is_the_recorded_one_word_by_word(name: str) -> None:
    found = answer(name).json()
    told = plain(body_of(name))
    for body in (told, found):
        if isinstance(body["data"], dict):
            body["data"].pop("new_draft_order_id", None)
    assert told == found


WRITES = [
    name
    for name in USED
    if isinstance(recording(name)["request"]["json"], dict)
    and recording(name)["response"]["status"] < 300
    and "batch" not in name
]


@pytest.mark.parametrize("name", WRITES)
def test_a_write_answers_with_what_was_written(name: str) -> None:
    """Each value of the request comes back as the real store gave it back, rules included."""
    found = answer(name).json()
    told = plain(body_of(name))
    asked = recording(name)["request"]["json"].keys()
    more = {"status", "total", "total_tax", "discount_total", "shipping_total", "needs_payment"}
    more |= {"date_expires", "date_expires_gmt", "customer_id", "resource", "event", "hooks"}
    keys = ((asked | more) & told.keys() & found.keys()) - LINES - FREE
    assert {key: told[key] for key in keys} == {key: found[key] for key in keys}


LINES = {"line_items", "shipping_lines", "fee_lines", "coupon_lines"}
"""They have ids of their own; their shape is compared."""

READS = [
    name
    for name in USED
    if recording(name)["request"]["method"] == "GET"
    and recording(name)["response"]["status"] == 200
    and isinstance(body_of(name), dict)
]


@pytest.mark.parametrize("name", READS)
def test_an_object_that_was_taken_in_is_told_again(name: str) -> None:
    found = answer(name).json()
    told = plain(body_of(name))
    changing = {"_links", "payment_url", "permalink", "product_permalink"}
    assert {key: told[key] for key in told.keys() - changing} == {
        key: found.get(key) for key in told.keys() - changing
    }


def test_every_recording_is_compared_or_left_out_for_a_reason() -> None:
    assert set(NAMES) == set(USED) | set(LEFT_OUT)
    assert all(LEFT_OUT.values())
    assert len(USED) > 120
