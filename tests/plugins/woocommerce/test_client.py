"""The client: credentials, retries, and writes whose answer is lost."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import woocommerce
from plugins.woocommerce.odd_shop import (
    KEY,
    NOW,
    SECRET,
    OddShop,
    page,
    recorded,
    reply,
    running,
    signature,
    wire,
)
from pydantic import SecretStr
from werkzeug import Response

from storelink.errors import (
    AccessDenied,
    ConfigError,
    NotFound,
    StoreError,
    StoreUnavailable,
    Throttled,
    WriteInDoubt,
    WriteRefused,
)
from storelink.testing.clock import FrozenClock
from storelink_woocommerce import WooCommerce
from storelink_woocommerce.answers import NoRoute
from storelink_woocommerce.client import MOST_IN_BATCH, Client

Build = Callable[..., Client]


@pytest.fixture
def shop() -> Iterator[OddShop]:
    with running() as shop:
        yield shop


@pytest.fixture
def safe_shop() -> Iterator[OddShop]:
    """A shop over https."""
    with running(tls=True) as shop:
        yield shop


@pytest.fixture
def naps() -> list[float]:
    """How long was waited, each time."""
    return []


@pytest.fixture
def client(naps: list[float]) -> Iterator[Build]:
    built: list[Client] = []

    def build(shop: OddShop, path: str = "", **options: Any) -> Client:
        on = wire(FrozenClock(NOW), naps, **options.pop("wire", {}))
        one = Client(shop.url + path, SecretStr(KEY), SecretStr(SECRET), wire=on, **options)
        built.append(one)
        return one

    yield build
    for one in built:
        one.wire.session.close()


# -- the package -----------------------------------------------------------------------------------


def test_the_package_still_has_the_method_that_is_replaced() -> None:
    assert callable(getattr(woocommerce.API, "_API__request", None))


def test_an_existing_api_object_gives_its_settings() -> None:
    wcapi = woocommerce.API(
        "https://atelier.example/shop/",
        KEY,
        SECRET,
        version="wc/v2",
        query_string_auth=True,
        verify_ssl=False,
    )

    store = WooCommerce.from_api(wcapi, webhook_secret="whsec", currency="EUR")

    told = store.settings
    expected = ("https://atelier.example/shop", "wc/v2", True, "EUR")
    assert expected == (told.url, told.api_version, told.query_string_auth, told.currency)
    assert SECRET == (told.consumer_secret or SecretStr("")).get_secret_value()
    assert store.client.wire.session.verify is False
    assert SECRET not in f"{store!r} {store.client!r} {store.settings!r} {vars(store.client)}"


def test_an_existing_api_object_is_left_as_it_is() -> None:
    wcapi = woocommerce.API("https://atelier.example", KEY, SECRET)
    before = dict(vars(wcapi))

    WooCommerce.from_api(wcapi, webhook_secret="whsec").client  # noqa: B018  it builds the client

    assert before == vars(wcapi)


def test_without_a_key_the_store_says_how_to_get_one() -> None:
    store = WooCommerce(url="https://atelier.example", webhook_secret="whsec")

    with pytest.raises(ConfigError, match="consumer_key and consumer_secret are missing"):
        store.client  # noqa: B018  it builds the client


def test_the_vault_holds_the_key_that_the_options_do_not(shop: OddShop) -> None:
    class Kept:
        def load(self) -> dict[str, str]:
            return {"consumer_key": KEY, "consumer_secret": SECRET}

    store = WooCommerce(url=shop.url, webhook_secret="whsec", wire=wire(FrozenClock(NOW)))
    store.vault = Kept()  # type: ignore[assignment]  # the half of it that is used

    store.client.get("orders")
    store.close()

    assert [KEY] == [request.args["oauth_consumer_key"] for request in shop.asked]


# -- what is sent ----------------------------------------------------------------------------------


def test_an_answer_tells_data_and_totals(shop: OddShop, client: Build) -> None:
    shop.answer = lambda request: reply(
        [{"id": 7, "price": 2.5}], headers={"X-WP-Total": "199", "X-WP-TotalPages": "2"}
    )

    answer = client(shop, "/shop").get("orders", {"per_page": 100, "include": [7, 8]})

    assert [{"id": 7, "price": Decimal("2.5")}] == answer.data
    assert (199, 2) == (answer.total, answer.pages)
    assert [("GET", "/shop/wp-json/wc/v3/orders")] == shop.routes
    assert "7,8" == shop.asked[0].args["include"]


def test_connections_are_kept(client: Build) -> None:
    connections = []

    class Keeping(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            connections.append(1)

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Keeping) as server:
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        shop = OddShop()
        shop.url = f"http://localhost:{server.server_port}"
        one = client(shop)
        for _ in range(20):
            one.get("orders")
        one.wire.session.close()
        server.shutdown()

    assert [1] == connections


def test_over_http_requests_are_signed_as_woocommerce_checks_it(
    shop: OddShop, client: Build
) -> None:
    params = {"search": "50% off/tea & 1+1 ~ Zoë", "email": "ada+x@example.com", "page": 2}

    client(shop, "/shop").get("orders", params)

    request = shop.asked[0]
    assert signature(request) == request.args["oauth_signature"]
    assert str(int(NOW.timestamp())) == request.args["oauth_timestamp"]
    assert "50% off/tea & 1+1 ~ Zoë" == request.args["search"]
    assert "Authorization" not in request.headers
    assert SECRET not in request.url


def test_a_nonce_is_never_used_twice(shop: OddShop, client: Build) -> None:
    one = client(shop)

    for _ in range(10):
        one.get("orders")

    assert 10 == len({request.args["oauth_nonce"] for request in shop.asked})


def test_over_https_the_key_is_a_header(safe_shop: OddShop, client: Build) -> None:
    client(safe_shop).post("coupons", {"code": "Müller"})

    request = safe_shop.asked[0]
    assert (KEY, SECRET) == (request.authorization.username, request.authorization.password)
    assert {} == dict(request.args)
    assert {"code": "Müller"} == request.get_json()


def test_over_https_the_key_may_be_in_the_query(safe_shop: OddShop, client: Build) -> None:
    params = {"page": "1"}

    client(safe_shop, query_string_auth=True).get("orders", params)

    asked = safe_shop.asked[0]
    assert (KEY, SECRET) == (asked.args["consumer_key"], asked.args["consumer_secret"])
    assert "Authorization" not in asked.headers
    assert {"page": "1"} == params


def test_every_read_has_an_address_that_no_cache_knows(shop: OddShop, client: Build) -> None:
    one = client(shop)

    for _ in range(3):
        one.get("orders")

    assert 3 == len({request.args["_"] for request in shop.asked})
    assert {"no-cache"} == {request.headers["Cache-Control"] for request in shop.asked}


def test_a_short_list_is_read_whole(shop: OddShop, client: Build) -> None:
    shop.answer = lambda request: reply(
        [int(request.args["page"])], headers={"X-WP-Total": "3", "X-WP-TotalPages": "3"}
    )

    pages = list(client(shop).pages("webhooks"))

    assert [[1], [2], [3]] == [page.data for page in pages]


# -- reads are retried -------------------------------------------------------------------------


CUT = b'[{"id":1},{"id":2},{"id"'


@pytest.mark.parametrize(
    "fault",
    [
        None,
        reply({"code": "internal_server_error", "message": "…", "data": {"status": 500}}, 500),
        page("<html><title>502 Bad Gateway</title></html>", 502),
        page("<html><title>503</title></html>", 503),
        Response(CUT, content_type="application/json"),
        Response(b"", content_type="application/json"),
        reply({"code": "too_many", "message": "slow down", "data": {"status": 429}}, 429),
    ],
    ids=["hang-up", "php", "502", "503", "cut", "empty", "429"],
)
def test_a_read_is_repeated_until_it_works(
    shop: OddShop, client: Build, fault: Response | None
) -> None:
    shop.script = [fault, fault, reply([{"id": 1}])]

    answer = client(shop).get("orders")

    assert [{"id": 1}] == answer.data
    assert 3 == len(shop.asked)


def test_the_shop_says_how_long_to_wait(shop: OddShop, client: Build, naps: list[float]) -> None:
    shop.script = [page("slow down", 429, {"Retry-After": "7"}), reply([])]

    client(shop).get("orders")

    assert [pytest.approx(7.05)] == naps


def test_a_read_is_not_repeated_for_ever(shop: OddShop, client: Build) -> None:
    shop.answer = lambda request: page("slow down", 429, {"Retry-After": "2"})

    with pytest.raises(Throttled) as error:
        client(shop, wire={"attempts": 3}).get("orders")

    assert 3 == len(shop.asked)
    assert timedelta(seconds=2) == error.value.after


def test_a_shop_that_is_not_there_is_unavailable(client: Build) -> None:
    nobody = OddShop()
    nobody.url = f"http://localhost:{_free_port()}"

    with pytest.raises(StoreUnavailable, match="did not answer") as error:
        client(nobody).get("orders")

    assert KEY not in str(error.value)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_a_certificate_that_is_not_trusted_is_named(safe_shop: OddShop, client: Build) -> None:
    one = client(safe_shop)
    one.wire.session.verify = True

    with pytest.raises(StoreError, match="renew its certificate"):
        one.get("orders")


# -- recorded errors -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("error_401_bad_key", AccessDenied, "does not know the consumer key"),
        ("error_401_bad_secret", AccessDenied, "Consumer secret is invalid"),
        ("error_401_oauth_bad_signature", AccessDenied, "exactly the Site Address"),
        ("error_401_write_key_reads", AccessDenied, "no right to read"),
        ("error_404_order", NotFound, "no such object"),
        ("error_404_product", NotFound, "no such object"),
        ("error_404_namespace", NoRoute, "whether WooCommerce is active"),
        ("error_404_route", NoRoute, "has no route orders/1"),
        ("error_400_per_page_101", StoreError, "per_page"),
        ("error_400_date_only", StoreError, "modified_after"),
    ],
)
def test_what_a_read_is_refused_for(
    shop: OddShop, client: Build, name: str, kind: type[StoreError], words: str
) -> None:
    shop.answer = lambda request: recorded(name)

    with pytest.raises(StoreError, match=words) as error:
        client(shop).get("orders/1")

    assert kind is type(error.value)
    assert 1 == [path for _, path in shop.routes].count("/wp-json/wc/v3/orders/1")


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("error_refund_too_much", WriteRefused, "woocommerce_rest_cannot_create_order_refund"),
        ("error_400_coupon_duplicate", WriteRefused, "woocommerce_rest_coupon_code_already_exists"),
        ("error_501_webhook_delete_without_force", WriteRefused, "woocommerce_rest_trash_not_"),
        ("error_404_order_put", NotFound, ""),
        ("error_401_read_key_writes", AccessDenied, ""),
        ("error_400_order_bad_email", WriteRefused, "rest_invalid_param"),
    ],
)
def test_what_a_write_is_refused_for(
    shop: OddShop, client: Build, name: str, kind: type[StoreError], code: str
) -> None:
    shop.answer = lambda request: recorded(name)

    with pytest.raises(StoreError) as error:
        client(shop).post("orders", {"status": "completed"})

    assert kind is type(error.value)
    assert 1 == len(shop.asked)
    assert getattr(error.value, "code", "").startswith(code)


def test_a_refund_that_is_refused_is_not_taken_for_a_failure(shop: OddShop, client: Build) -> None:
    """It is HTTP 500, with the number 500 in place of the details."""
    body = {"code": "error", "message": "Invalid refund amount.", "data": 500}
    shop.answer = lambda request: reply(body, 500)

    with pytest.raises(WriteRefused, match=r"Invalid refund amount\. \(error\)"):
        client(shop).post("orders/1/refunds", {"amount": "1"})

    assert 1 == len(shop.asked)


def test_a_read_only_key_is_told_by_what_it_lacks(shop: OddShop, client: Build) -> None:
    shop.answer = lambda request: recorded("error_401_read_key_writes")

    with pytest.raises(AccessDenied, match="Read/Write") as error:
        client(shop).put("orders/1", {})

    assert "write" == error.value.needs


def test_messages_lose_their_entities_markup_and_people(shop: OddShop, client: Build) -> None:
    message = "<strong>Error:</strong> &ldquo;caf&#233;&rdquo; is ada@example.com&#8217;s, cs_12ab"
    body = {"code": "nope", "message": message, "data": {"status": 400}}
    shop.answer = lambda request: reply(body, 400)

    with pytest.raises(WriteRefused) as error:
        client(shop).post("orders", {})

    assert "WooCommerce refused orders: Error: “café” is … …" in str(error.value).replace("’s,", "")


# -- writes whose answer is lost -----------------------------------------------------------------


LOST: list[Response | None] = [
    None,
    page("<title>504 Gateway Time-out</title>", 504),
    Response(b'{"id": 7, "co', content_type="application/json"),
]


@pytest.mark.parametrize("fault", LOST, ids=["hang-up", "504", "cut"])
def test_a_write_that_was_executed_is_not_repeated(
    shop: OddShop, client: Build, naps: list[float], fault: Response | None
) -> None:
    shop.script = [fault]

    answer = client(shop).post("coupons", {"code": "a"}, read_back=lambda: {"id": 7})

    assert {"id": 7} == answer.data
    assert [("POST", "/wp-json/wc/v3/coupons")] == shop.routes
    assert naps  # it may still be running: looking at once could miss it


@pytest.mark.parametrize("fault", LOST, ids=["hang-up", "504", "cut"])
def test_a_write_that_was_not_executed_is_repeated(
    shop: OddShop, client: Build, fault: Response | None
) -> None:
    shop.script = [fault, reply({"id": 8}, 201)]

    answer = client(shop).post("coupons", {"code": "a"}, read_back=lambda: None)

    assert {"id": 8} == answer.data
    assert 2 == len(shop.asked)


@pytest.mark.parametrize("fault", LOST, ids=["hang-up", "504", "cut"])
def test_without_reading_back_a_lost_answer_is_in_doubt(
    shop: OddShop, client: Build, fault: Response | None
) -> None:
    shop.script = [fault]

    with pytest.raises(WriteInDoubt):
        client(shop).post("orders/7/notes", {"note": "hello"})

    assert 1 == len(shop.asked)


def test_a_write_that_cannot_be_read_back_is_in_doubt(shop: OddShop, client: Build) -> None:
    def unread() -> None:
        raise StoreUnavailable("down")

    shop.script = [None]

    with pytest.raises(WriteInDoubt, match="could not be read back: down"):
        client(shop).put("orders/7", {}, read_back=unread)

    assert 1 == len(shop.asked)


def test_a_slow_answer_is_a_lost_one(shop: OddShop, client: Build) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it accepts and says nothing
        shop.url = f"http://localhost:{silent.getsockname()[1]}"
        one = client(shop, wire={"read_timeout": 0.05})

        with pytest.raises(WriteInDoubt, match="no answer in time"):
            one.post("orders/7/notes", {})


def test_a_write_that_never_left_is_repeated_without_asking(client: Build) -> None:
    nobody = OddShop()
    nobody.url = f"http://localhost:{_free_port()}"

    with pytest.raises(StoreUnavailable, match="did not answer"):
        client(nobody).post("orders", {})


def test_a_write_that_came_too_often_is_repeated_without_asking(
    shop: OddShop, client: Build
) -> None:
    shop.script = [page("slow down", 429), reply({"id": 7}, 201)]

    assert {"id": 7} == client(shop).post("orders", {}).data


# -- batches ---------------------------------------------------------------------------------------


def test_each_item_of_a_batch_succeeds_or_fails_by_itself(shop: OddShop, client: Build) -> None:
    shop.answer = lambda request: recorded("coupons_batch_create")

    batch = client(shop).batch("coupons", create=[{"code": "a"}, {"code": "b"}, {"code": "c"}])

    made, taken, wrong = batch.create
    assert 2215 == made["id"]
    assert "woocommerce_rest_coupon_code_already_exists" == taken.code
    assert "coupon_invalid_discount_type" == wrong.code
    assert [("POST", "/wp-json/wc/v3/coupons/batch")] == shop.routes


def test_a_batch_is_not_larger_than_the_shop_allows(shop: OddShop, client: Build) -> None:
    with pytest.raises(ValueError, match="at most 100"):
        client(shop).batch("coupons", delete=range(MOST_IN_BATCH + 1))

    assert [] == shop.asked


def test_a_batch_whose_answer_leaves_out_items_is_in_doubt(shop: OddShop, client: Build) -> None:
    shop.answer = lambda request: reply({"update": [{"id": 1}]})

    with pytest.raises(WriteInDoubt):
        client(shop).batch("orders", update=[{"id": 1}, {"id": 2}])
