"""The sandbox lives as WooCommerce does: keys, lists, dates, rules, faults, oddities."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from woocommerce.oauth import OAuth

from storelink.contracts.sandbox import Faults, Item
from storelink.errors import ConfigError, NotFound, PluginError
from storelink.models import Contact, Kind, Money, Ref, ShipmentStatus
from storelink.testing import FrozenClock
from storelink.toolkit.serving import served
from storelink_woocommerce import PLUGIN, WooCommerce
from storelink_woocommerce.sandbox.auth import Credentials, base_string
from storelink_woocommerce.sandbox.oddities import Oddities
from storelink_woocommerce.sandbox.server import KEY, WooCommerceSandbox
from storelink_woocommerce.sandbox.site import TaxRate

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADA = Contact(email="Ada@example.com", first_name="Ada", last_name="L", phone="+919800000001")
MUG, TEA = Item("Mug", Money("12.00", "INR"), 2), Item("Tea", Money(5, "INR"))
HTTPS = {"X-Forwarded-Proto": "https"}
LOGIN = (KEY.consumer_key, KEY.consumer_secret)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOON)


@pytest.fixture
def sandbox(clock: FrozenClock) -> Iterator[WooCommerceSandbox]:
    with WooCommerceSandbox(clock=clock) as running:
        yield running


def call(sandbox: WooCommerceSandbox, method: str, path: str, **options: Any) -> Any:
    address = f"{sandbox.url}/wp-json/wc/v3/{path}"
    return requests.request(method, address, headers=HTTPS, auth=LOGIN, timeout=10, **options)


def ids(sandbox: WooCommerceSandbox, query: str) -> list[int]:
    return [row["id"] for row in call(sandbox, "GET", f"orders?{query}").json()]


def place(sandbox: WooCommerceSandbox, count: int = 1) -> list[int]:
    return [int(sandbox.store.place(ADA, [MUG, TEA])) for _ in range(count)]


# -- keys ----------------------------------------------------------------------------------------


def signed(sandbox: WooCommerceSandbox, *, secret: str = KEY.consumer_secret, at: int = 0) -> str:
    address = f"{sandbox.url}/wp-json/wc/v3/orders?status[]=any&search=a b"
    stamp = {"oauth_timestamp": at or int(time.time())}
    return str(OAuth(address, KEY.consumer_key, secret, version="wc/v3", **stamp).get_oauth_url())


def test_over_plain_http_a_right_signature_is_let_in(sandbox: WooCommerceSandbox) -> None:
    assert 200 == requests.get(signed(sandbox), timeout=10).status_code


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"secret": "cs_wrong"}, "Invalid signature - provided signature does not match."),
        ({"at": 1_000_000_000}, "Invalid timestamp."),
    ],
)
def test_a_wrong_signature_is_refused(
    sandbox: WooCommerceSandbox, options: dict[str, Any], message: str
) -> None:
    refused = requests.get(signed(sandbox, **options), timeout=10)
    assert (401, message) == (refused.status_code, refused.json()["message"])


def test_a_nonce_counts_once(sandbox: WooCommerceSandbox) -> None:
    address = signed(sandbox)
    requests.get(address, timeout=10)
    assert (
        "Invalid nonce - nonce has already been used."
        == (requests.get(address, timeout=10).json()["message"])
    )


def test_a_changed_query_is_refused(sandbox: WooCommerceSandbox) -> None:
    assert 401 == requests.get(f"{signed(sandbox)}&per_page=1", timeout=10).status_code


def test_slashes_are_signed_as_php_encodes_them() -> None:
    shown = Credentials("GET", "http://a.example/x", "b=1/2&oauth_signature=s", "", is_https=False)
    assert "GET&http%3A%2F%2Fa.example%2Fx&b%3D1%252F2" == base_string(shown)


def test_a_stripped_authorization_header_makes_one_a_stranger() -> None:
    with WooCommerceSandbox(oddities=Oddities(strips_authorization=True)) as sandbox:
        assert "woocommerce_rest_cannot_view" == call(sandbox, "GET", "orders").json()["code"]
        query = f"orders?consumer_key={LOGIN[0]}&consumer_secret={LOGIN[1]}"
        assert 200 == call(sandbox, "GET", query).status_code


def test_with_plain_permalinks_only_rest_route_answers(clock: FrozenClock) -> None:
    with WooCommerceSandbox(clock=clock, plain_permalinks=True) as sandbox:
        assert 404 == call(sandbox, "GET", "orders").status_code
        route = f"{sandbox.url}/?rest_route=/wc/v3/orders&_for=wp-json/wc/"
        found = requests.get(route, headers=HTTPS, auth=LOGIN, timeout=10)
        assert (200, []) == (found.status_code, found.json())


def test_a_sub_directory_is_part_of_every_address(clock: FrozenClock) -> None:
    with WooCommerceSandbox(clock=clock, prefix="/shop") as sandbox:
        order = place(sandbox)[0]
        links = call(sandbox, "GET", f"orders/{order}").json()["_links"]
        assert f"{sandbox.url}/wp-json/wc/v3/orders/{order}" == links["self"][0]["href"]
        assert sandbox.url.endswith("/shop")
        outside = sandbox.url.removesuffix("/shop") + "/wp-json/"
        assert 404 == requests.get(outside, timeout=10).status_code


def test_the_owner_grants_keys_that_work(clock: FrozenClock) -> None:
    posted: list[bytes] = []
    with (
        served(receiver(posted)) as callback,
        WooCommerceSandbox(clock=clock, grants_at_once=True, demands_https=False) as sandbox,
    ):
        query = {"app_name": "storelink", "scope": "read", "user_id": "state"}
        query |= {"return_url": f"{callback}/back", "callback_url": f"{callback}/keys"}
        page = f"{sandbox.url}/wc-auth/v1/authorize"
        back = requests.get(page, params=query, allow_redirects=False, timeout=10)
        granted = requests.models.complexjson.loads(posted[0])
        assert f"{callback}/back?success=1&user_id=state" == back.headers["Location"]
        assert ("state", "read") == (granted["user_id"], granted["key_permissions"])
        key = (granted["consumer_key"], granted["consumer_secret"])
        orders = f"{sandbox.url}/wp-json/wc/v3/orders"
        assert 200 == requests.get(orders, headers=HTTPS, auth=key, timeout=10).status_code


def test_a_callback_that_is_not_https_is_refused(sandbox: WooCommerceSandbox) -> None:
    query = "app_name=a&scope=read&user_id=1&return_url=http://a&callback_url=http://a"
    page = requests.get(f"{sandbox.url}/wc-auth/v1/authorize?{query}", timeout=10)
    assert 401 == page.status_code
    assert "needs to be over SSL" in page.text


def receiver(bodies: list[bytes]) -> Any:
    def app(environ: Any, start: Any) -> list[bytes]:
        bodies.append(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        start("200 OK", [("Content-Length", "0")])
        return [b""]

    return app


# -- lists and dates -----------------------------------------------------------------------------


def test_modified_after_is_exclusive_and_counts_whole_seconds(
    sandbox: WooCommerceSandbox, clock: FrozenClock
) -> None:
    first = place(sandbox)
    clock.advance(timedelta(seconds=1))
    second = place(sandbox)
    base = "dates_are_gmt=true&orderby=modified&order=asc&modified_after="
    assert first + second == ids(sandbox, f"{base}2026-11-22T11:59:59")
    assert second == ids(sandbox, f"{base}2026-11-22T12:00:00")
    assert second == ids(sandbox, f"{base}2026-11-22T12:00:00.9")


def test_a_z_together_with_the_gmt_flag_is_off_by_the_sites_offset(
    sandbox: WooCommerceSandbox,
) -> None:
    """Asia/Kolkata: what is meant as 11:00 GMT is compared as 16:30 GMT."""
    order = place(sandbox)
    assert [] == ids(sandbox, "modified_after=2026-11-22T11:00:00Z&dates_are_gmt=true")
    assert order == ids(sandbox, "modified_after=2026-11-22T11:00:00Z")
    assert order == ids(sandbox, "modified_after=2026-11-22T16:30:00")
    assert [] == ids(sandbox, "modified_after=2026-11-22T17:30:00")


def test_any_leaves_out_drafts_and_the_trash(sandbox: WooCommerceSandbox) -> None:
    kept, thrown = place(sandbox, 2)
    draft = call(sandbox, "POST", "orders", json={"status": "checkout-draft"}).json()["id"]
    sandbox.store.delete(str(thrown))
    assert [kept] == ids(sandbox, "")
    assert [kept] == ids(sandbox, "status=any,checkout-draft")
    assert [thrown] == ids(sandbox, "status=trash")
    assert [draft] == ids(sandbox, "status=processing&status=checkout-draft")
    assert {kept, draft} == set(ids(sandbox, "status=processing,checkout-draft"))
    assert {kept, draft} == set(ids(sandbox, "status[]=processing&status[]=checkout-draft"))


def test_touching_an_order_between_two_pages_hides_another(
    sandbox: WooCommerceSandbox, clock: FrozenClock
) -> None:
    orders = place(sandbox, 6)
    clock.advance(timedelta(minutes=1))
    query = "orderby=modified&order=asc&per_page=3&page="
    first = ids(sandbox, f"{query}1")
    sandbox.store.touch(str(orders[0]))
    assert [orders[3]] == sorted(set(orders) - {*first, *ids(sandbox, f"{query}2")})


def test_drift_touches_an_order_of_every_page(clock: FrozenClock) -> None:
    with WooCommerceSandbox(clock=clock, faults=Faults(drift=True)) as sandbox:
        place(sandbox, 4)
        clock.advance(timedelta(minutes=1))
        ids(sandbox, "per_page=2")
        assert 1 == len(ids(sandbox, "modified_after=2026-11-22T12:00:30&dates_are_gmt=true"))


def test_a_page_beyond_the_end_is_empty_and_counts_nothing(sandbox: WooCommerceSandbox) -> None:
    place(sandbox)
    found = call(sandbox, "GET", "orders?page=5")
    assert (200, [], "0") == (found.status_code, found.json(), found.headers["X-WP-Total"])


def test_include_exclude_offset_and_customer_choose_orders(sandbox: WooCommerceSandbox) -> None:
    one, two, three = place(sandbox, 3)
    sandbox.store.register(ADA)
    four = place(sandbox)[0]
    assert [three, one] == ids(sandbox, f"include={one},{three}")
    assert [one, three, four] == ids(sandbox, f"exclude={two}&orderby=id&order=asc")
    assert [two, three] == ids(sandbox, "offset=1&per_page=2&orderby=id&order=asc")
    assert [four] == ids(sandbox, "customer=2")
    assert [three, two, one] == ids(sandbox, "customer=0")


@pytest.mark.parametrize(
    "query",
    [
        "orderby=id&order=asc&page=700",
        "orderby=date&page=700",
        "orderby=modified&order=asc&modified_after=2026-01-01T00:00:00&dates_are_gmt=true",
        "orderby=modified&order=asc&exclude=101,102&modified_after=2026-01-01T00:00:00",
        "status=completed",
    ],
)
def test_a_hundred_thousand_orders_are_listed_fast(big: WooCommerceSandbox, query: str) -> None:
    start = time.perf_counter()
    found = call(big, "GET", f"orders?per_page=100&{query}")
    took = time.perf_counter() - start
    assert 100 == len(found.json())
    assert took < 1.0  # usually below 0.1


def test_grown_orders_are_the_same_whenever_they_are_read(big: WooCommerceSandbox) -> None:
    row = call(big, "GET", "orders?per_page=1&page=77777").json()[0]
    assert row == call(big, "GET", f"orders/{row['id']}").json()
    assert "100000" == call(big, "GET", "orders?per_page=1").headers["X-WP-Total"]


def test_a_grown_order_can_be_changed(big: WooCommerceSandbox) -> None:
    row = call(big, "GET", "orders?per_page=1&status=processing").json()[0]
    call(big, "PUT", f"orders/{row['id']}", json={"customer_note": "gift"})
    assert "gift" == call(big, "GET", f"orders/{row['id']}").json()["customer_note"]
    assert [row["id"]] == ids(big, "modified_after=2026-11-22T11:59:59&dates_are_gmt=true")


def test_days_count_as_many_as_all(big: WooCommerceSandbox) -> None:
    def count(query: str) -> int:
        found = call(big, "GET", f"orders?per_page=1&dates_are_gmt=true&{query}")
        return int(found.headers["X-WP-Total"])

    old, new = count("before=2026-01-01T00:00:00"), count("after=2025-12-31T23:59:59")
    assert 100_000 == old + new
    assert old > 10_000
    assert new > 10_000


@pytest.fixture(scope="module")
def big() -> Iterator[WooCommerceSandbox]:
    with WooCommerceSandbox(clock=FrozenClock(NOON)) as running:
        running.grow(100_000)
        yield running


# -- rules ---------------------------------------------------------------------------------------


def test_an_address_that_is_none_makes_a_coupon_public(sandbox: WooCommerceSandbox) -> None:
    body = {"code": "ONE", "email_restrictions": ["ada@mail.example", "ada@bücher.example"]}
    assert ["ada@mail.example"] == (
        call(sandbox, "POST", "coupons", json=body).json()["email_restrictions"]
    )


@pytest.mark.parametrize(
    ("written", "expires"),
    [
        ({"date_expires": "2026-12-24T18:30:00Z"}, "2026-12-24T18:30:00"),
        ({"date_expires": "2026-12-24T18:30:00"}, "2026-12-24T13:00:00"),
        ({"date_expires": "2026-12-24T18:30:00+05:30"}, "2026-12-24T13:30:00"),
        ({"date_expires_gmt": "2026-12-24T18:30:00"}, None),
    ],
)
def test_when_a_coupon_ends_depends_on_how_it_is_written(
    sandbox: WooCommerceSandbox, written: dict[str, str], expires: str | None
) -> None:
    made = call(sandbox, "POST", "coupons", json={"code": "A", **written}).json()
    assert expires == made["date_expires_gmt"]


def test_dates_are_in_the_sites_zone_and_in_gmt(sandbox: WooCommerceSandbox) -> None:
    body = call(sandbox, "GET", f"orders/{place(sandbox)[0]}").json()
    assert ("2026-11-22T17:30:00", "2026-11-22T12:00:00") == (
        body["date_created"],
        body["date_created_gmt"],
    )


def test_an_order_stays_gross_and_a_full_refund_sets_its_status(
    sandbox: WooCommerceSandbox,
) -> None:
    order = str(place(sandbox)[0])
    sandbox.store.refund(order, lines={0: 1})
    body = call(sandbox, "GET", f"orders/{order}").json()
    assert ("29.00", "processing") == (body["total"], body["status"])
    assert ["-12.00"] == [one["total"] for one in body["refunds"]]
    last = sandbox.store.refund(order)
    body = call(sandbox, "GET", f"orders/{order}").json()
    assert ("29.00", "refunded") == (body["total"], body["status"])
    refund = call(sandbox, "GET", f"orders/{order}/refunds/{last}").json()
    assert ("17.00", [-1, -1]) == (
        refund["amount"],
        [one["quantity"] for one in refund["line_items"]],
    )
    assert "full" == refund["meta_data"][0]["value"]


def test_taxes_are_added_and_given_back(clock: FrozenClock) -> None:
    rate = TaxRate(1, "", "GST", Decimal(18))
    with WooCommerceSandbox(clock=clock, taxes=[rate]) as sandbox:
        order = str(place(sandbox)[0])
        sandbox.store.refund(order, lines={0: 2})
        body = call(sandbox, "GET", f"orders/{order}").json()
        assert ("34.22", "5.22") == (body["total"], body["total_tax"])
        assert ("-28.32", "-4.32") == (
            body["refunds"][0]["total"],
            body["refunds"][0]["total_tax"],
        )


def test_cash_on_delivery_is_paid_when_the_order_is_completed(sandbox: WooCommerceSandbox) -> None:
    order = sandbox.store.place(ADA, [MUG], payment_method="cod")
    placed = call(sandbox, "GET", f"orders/{order}").json()
    sandbox.store.complete(order)
    done = call(sandbox, "GET", f"orders/{order}").json()
    assert ("processing", None) == (placed["status"], placed["date_paid_gmt"])
    assert ("completed", "2026-11-22T12:00:00") == (done["status"], done["date_paid_gmt"])


def test_notes_and_deleted_refunds_do_not_move_an_order(
    sandbox: WooCommerceSandbox, clock: FrozenClock
) -> None:
    order = str(place(sandbox)[0])
    refund = sandbox.store.refund(order, lines={1: 1})
    clock.advance(timedelta(hours=1))
    sandbox.store.add_note(order, "packed", to_customer=True)
    call(sandbox, "DELETE", f"orders/{order}/refunds/{refund}?force=true")
    body = call(sandbox, "GET", f"orders/{order}").json()
    assert ("2026-11-22T12:00:00", []) == (body["date_modified_gmt"], body["refunds"])
    clock.advance(timedelta(hours=1))
    call(sandbox, "PUT", f"orders/{order}", json={})
    again = call(sandbox, "GET", f"orders/{order}").json()
    assert "2026-11-22T14:00:00" == again["date_modified_gmt"]


def test_an_order_comes_back_from_the_trash(sandbox: WooCommerceSandbox) -> None:
    order = str(place(sandbox)[0])
    sandbox.store.delete(order)
    assert "trash" == call(sandbox, "GET", f"orders/{order}").json()["status"]
    assert () == tuple(sandbox.store.order_ids())
    sandbox.store.restore(order)
    assert "processing" == call(sandbox, "GET", f"orders/{order}").json()["status"]


def test_a_batch_tells_of_each_what_became_of_it(sandbox: WooCommerceSandbox) -> None:
    order = place(sandbox)[0]
    body = {"update": [{"id": order, "status": "completed"}, {"id": 999}], "delete": [order]}
    told = call(sandbox, "POST", "orders/batch", json=body).json()
    assert ["completed", None] == [one.get("status") for one in told["update"]]
    assert 400 == told["update"][1]["error"]["data"]["status"]
    assert 404 == call(sandbox, "GET", f"orders/{order}").status_code


def test_without_the_feature_there_is_no_route_for_fulfillments(clock: FrozenClock) -> None:
    with WooCommerceSandbox(clock=clock, tracking="ast") as sandbox:
        order = str(place(sandbox)[0])
        sandbox.store.ship(order, number="T1", carrier="fedex")
        found = call(sandbox, "GET", f"orders/{order}/fulfillments")
        assert (404, "rest_no_route") == (found.status_code, found.json()["code"])


@pytest.mark.parametrize("tracking", ["fulfillments", "ast", "shipment_tracking"])
def test_the_adapter_reads_what_the_store_knows(clock: FrozenClock, tracking: str) -> None:
    with WooCommerceSandbox(clock=clock, tracking=tracking) as sandbox:
        store, adapter = sandbox.store, WooCommerce(**sandbox.options)
        product = store.add_product("Kurta", "1349.00")
        refs = [
            Ref(kind=Kind.CUSTOMER, id=store.register(ADA)),
            Ref(kind=Kind.PRODUCT, id=product),
            Ref(kind=Kind.REVIEW, id=store.review(product, ADA, rating=4)),
        ]
        order = store.place(ADA, [MUG, TEA])
        parcel = store.ship(order, number="T1", carrier="dhl", lines={0: 1})
        store.ship(order, number="T2", carrier="Blue Dart", url="https://track.example/T2")
        store.refund(order, lines={0: 1})
        refs.append(Ref.order(order))
        for ref in refs:
            assert store.read(ref) == adapter.read(ref)
        parts = {(one.kind, one.id) for one in store.read(Ref.order(order)).records}
        assert (Kind.SHIPMENT, parcel) in parts
        assert 4 == len(parts)


def test_what_does_not_exist_is_not_read(sandbox: WooCommerceSandbox) -> None:
    with pytest.raises(NotFound):
        sandbox.store.read(Ref.order("999"))


def test_what_woocommerce_would_refuse_is_no_act(sandbox: WooCommerceSandbox) -> None:
    with pytest.raises(ValueError, match="rest_invalid_param"):
        sandbox.store.place(Contact(email="nobody"), [MUG])
    order = str(place(sandbox)[0])
    sandbox.store.refund(order)
    with pytest.raises(ValueError, match="cannot_create_order_refund"):
        sandbox.store.refund(order)


def test_nothing_can_scan_a_parcel(sandbox: WooCommerceSandbox) -> None:
    with pytest.raises(PluginError, match="no scans"):
        sandbox.store.scan("1", "1", ShipmentStatus.DELIVERED)


# -- faults and oddities -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("faults", "statuses"),
    [
        (Faults(throttled=1.0), {429}),
        (Faults(unavailable=1.0), {500, 502, 503, 504}),
    ],
)
def test_hosts_answer_faults_with_pages(faults: Faults, statuses: set[int]) -> None:
    with WooCommerceSandbox(faults=faults) as sandbox:
        found = call(sandbox, "GET", "orders")
    assert found.status_code in statuses
    assert "text/html; charset=UTF-8" == found.headers["Content-Type"]


def test_a_lost_answer_was_a_write_that_happened(sandbox: WooCommerceSandbox) -> None:
    sandbox.faults.lost = 1.0
    with pytest.raises(requests.ConnectionError):
        call(sandbox, "POST", "coupons", json={"code": "once"})
    sandbox.faults.lost = 0.0
    assert 1 == len(call(sandbox, "GET", "coupons?code=ONCE").json())


def test_a_site_may_write_before_the_json() -> None:
    with WooCommerceSandbox(oddities=Oddities(php_notices=True, bom=True)) as sandbox:
        found = call(sandbox, "GET", "orders").content
    assert found.startswith(b"\xef\xbb\xbf<br />\n<b>Deprecated</b>")
    assert found.endswith(b"[]")


@pytest.mark.parametrize(
    ("oddities", "status", "text"),
    [
        (Oddities(maintenance=True), 503, "scheduled maintenance"),
        (Oddities(blocked=True), 403, "has been limited"),
    ],
)
def test_pages_stand_in_place_of_the_api(oddities: Oddities, status: int, text: str) -> None:
    with WooCommerceSandbox(oddities=oddities) as sandbox:
        found = call(sandbox, "GET", "orders")
    assert status == found.status_code
    assert text in found.text


def test_a_site_may_redirect_everything() -> None:
    with WooCommerceSandbox(oddities=Oddities(redirect_to="https://www.shop.example")) as sandbox:
        found = call(sandbox, "GET", "orders?page=2", allow_redirects=False)
    assert (301, "https://www.shop.example/wp-json/wc/v3/orders?page=2") == (
        found.status_code,
        found.headers["Location"],
    )


def test_a_cache_shows_an_old_list_at_the_same_address() -> None:
    with WooCommerceSandbox(oddities=Oddities(cached=True)) as sandbox:
        call(sandbox, "GET", "orders")
        order = place(sandbox)
        old = call(sandbox, "GET", "orders")
        assert ([], "3600") == (old.json(), old.headers["Age"])
        assert order == ids(sandbox, "_=1")


def test_the_plugin_builds_the_sandbox_and_names_a_wrong_option() -> None:
    assert PLUGIN.sandbox is not None
    with PLUGIN.sandbox(currency="EUR") as sandbox:
        assert {"url", "consumer_key", "consumer_secret", "webhook_secret"} == set(sandbox.options)
    with pytest.raises(ConfigError, match="tracking"):
        PLUGIN.sandbox(tracking="pigeons")


def test_people_play_the_store_by_its_control(sandbox: WooCommerceSandbox) -> None:
    order = str(place(sandbox)[0])
    act = f"{sandbox.url}/_sandbox/cancel"
    done = requests.post(act, json={"order_id": order}, timeout=10)
    assert 200 == done.status_code, done.text
    assert "cancelled" == call(sandbox, "GET", f"orders/{order}").json()["status"]


def test_secrets_are_not_shown() -> None:
    shown = repr(KEY) + repr(Credentials("GET", "http://a", "q=cs_x", "Basic abc", is_https=True))
    assert "cs_" not in shown
    assert base64.b64encode(b"x").decode() not in shown
    assert "Basic" not in shown


def test_webhooks_ignore_the_offset_that_is_asked_for(sandbox: WooCommerceSandbox) -> None:
    """`WC_REST_Webhooks_V1_Controller::get_items` hands only the page on."""
    wanted = {"topic": "order.updated", "delivery_url": "http://127.0.0.1:9/"}
    made = [call(sandbox, "POST", "webhooks", json=wanted).json()["id"] for _ in range(3)]

    asked = "webhooks?orderby=id&order=asc&per_page=2"
    first = [row["id"] for row in call(sandbox, "GET", f"{asked}&offset=2").json()]
    second = [row["id"] for row in call(sandbox, "GET", f"{asked}&page=2").json()]

    assert (made[:2], made[2:]) == (first, second)


def test_a_time_that_the_clocks_leap_over_is_taken_for_one_an_hour_later() -> None:
    """`WP_Date_Query::build_mysql_datetime` reads it in the site's time, also if it is in GMT."""
    clock = FrozenClock(datetime(2026, 3, 29, 2, 45, tzinfo=UTC))
    with WooCommerceSandbox(clock=clock, time_zone="Europe/Berlin") as sandbox:
        order = place(sandbox)
        base = "dates_are_gmt=true&modified_after="
        assert order == ids(sandbox, f"{base}2026-03-29T01:59:59")
        assert [] == ids(sandbox, f"{base}2026-03-29T02:30:00")
        assert order == ids(sandbox, "modified_after=2026-03-29T02:30:00Z")
