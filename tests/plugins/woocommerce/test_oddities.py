"""WordPress as it is: every oddity is lived with, or ends in an error that says what to do."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
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
from werkzeug import Request, Response

from storelink.errors import (
    AccessDenied,
    ConfigError,
    NotFound,
    NotTheApi,
    StoreError,
    StoreUnavailable,
)
from storelink.testing.clock import FrozenClock
from storelink_woocommerce import WooCommerce
from storelink_woocommerce.client import Client

Build = Callable[..., Client]


@pytest.fixture
def shop() -> Iterator[OddShop]:
    with running() as shop:
        yield shop


@pytest.fixture
def safe_shop() -> Iterator[OddShop]:
    with running(tls=True) as shop:
        yield shop


@pytest.fixture
def client() -> Iterator[Build]:
    built: list[Client] = []

    def build(shop: OddShop, path: str = "", **options: Any) -> Client:
        on = wire(FrozenClock(NOW), attempts=2)
        one = Client(shop.url + path, SecretStr(KEY), SecretStr(SECRET), wire=on, **options)
        built.append(one)
        return one

    yield build
    for one in built:
        one.wire.session.close()


# -- addresses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://atelier.example/shop/",
        "https://atelier.example/shop/wp-json/",
        "https://atelier.example/shop/wp-json/wc/v3",
        "https://atelier.example/shop/wp-admin/admin.php",
        "https://atelier.example/shop/?utm_source=mail#top",
    ],
)
def test_the_address_may_be_copied_from_anywhere_in_the_shop(url: str) -> None:
    store = WooCommerce(url=url, webhook_secret="whsec")

    assert "https://atelier.example/shop" == store.settings.url


@pytest.mark.parametrize("url", ["http://localhost:80shop", "http://localhost:99999", "http:///x"])
def test_what_is_no_address_is_refused_at_once(url: str) -> None:
    with pytest.raises(ConfigError, match="url"):
        WooCommerce(url=url, webhook_secret="whsec")


def test_a_currency_is_a_code() -> None:
    with pytest.raises(ConfigError, match="currency"):
        WooCommerce(url="https://atelier.example", webhook_secret="whsec", currency="rupees")


# -- plain permalinks ------------------------------------------------------------------------------


NO_PAGE = "<html><head><title>Page not found</title></head><body>…</body></html>"


def plain(request: Request) -> Response:
    """Answer as WordPress with plain permalinks does, before WooCommerce 11.1."""
    if request.path.endswith("/wp-json/wc/v3/orders") or "wp-json/wc/" not in request.url:
        return page(NO_PAGE, 404)
    return reply([{"route": request.args.get("rest_route")}])


def test_plain_permalinks_are_found_out_and_remembered(
    shop: OddShop, client: Build, caplog: pytest.LogCaptureFixture
) -> None:
    shop.answer = plain
    one = client(shop, "/shop")

    first = one.get("orders")
    one.get("orders")

    assert [{"route": "/wc/v3/orders"}] == first.data
    expected = ["/shop/wp-json/wc/v3/orders", "/shop/index.php", "/shop/index.php"]
    assert expected == [request.path for request in shop.asked]
    assert ["plain permalinks" in record.message for record in caplog.records] == [True]


def test_a_write_finds_plain_permalinks_out_too(shop: OddShop, client: Build) -> None:
    shop.answer = plain

    assert [{"route": "/wc/v3/orders"}] == client(shop).post("orders", {}).data


def test_a_signature_holds_with_plain_permalinks(shop: OddShop, client: Build) -> None:
    shop.answer = plain
    client(shop).get("orders", {"search": "a/b c"})

    assert signature(shop.asked[1]) == shop.asked[1].args["oauth_signature"]


def test_an_object_that_is_missing_is_no_sign_of_plain_permalinks(
    shop: OddShop, client: Build
) -> None:
    shop.answer = lambda request: recorded("error_404_order")

    with pytest.raises(NotFound):
        client(shop).get("orders/1")

    assert 1 == len(shop.asked)


def test_an_address_without_wordpress_is_told_so(shop: OddShop, client: Build) -> None:
    shop.answer = lambda request: page(NO_PAGE, 404)

    with pytest.raises(NotTheApi, match="sub-directory"):
        client(shop).get("orders")

    assert not client(shop).mode.plain


# -- the Authorization header ----------------------------------------------------------------------


def dropping(request: Request) -> Response:
    """Answer as a server does that drops the Authorization header."""
    keys = request.args.get("consumer_key"), request.args.get("consumer_secret")
    return reply([]) if keys == (KEY, SECRET) else recorded("error_401_no_auth")


def test_a_dropped_header_is_found_out_and_remembered(
    safe_shop: OddShop, client: Build, caplog: pytest.LogCaptureFixture
) -> None:
    safe_shop.answer = dropping
    one = client(safe_shop)

    for _ in range(2):
        one.get("orders")

    used = ["consumer_key" in request.args for request in safe_shop.asked]
    assert [False, True, True] == used
    assert 1 == len(caplog.records)
    assert SECRET not in caplog.text


def test_a_wrong_key_is_put_into_the_address_only_once(safe_shop: OddShop, client: Build) -> None:
    safe_shop.answer = lambda request: recorded("error_401_bad_key")
    one = client(safe_shop)

    for _ in range(3):
        with pytest.raises(AccessDenied, match="does not know the consumer key"):
            one.get("orders")

    orders = [request for request in safe_shop.asked if request.path.endswith("/orders")]
    used = ["consumer_key" in request.args for request in orders]
    assert [False, True, False, False] == used
    assert 4 + 1 == len(safe_shop.asked)  # and once what WordPress takes its address for


def test_a_dropped_header_is_found_out_behind_a_plugin_that_keeps_visitors_out(
    safe_shop: OddShop, client: Build
) -> None:
    body = {"code": "rest_not_logged_in", "message": "", "data": {"status": 401}}
    safe_shop.answer = lambda request: (
        reply([]) if "consumer_key" in request.args else reply(body, 401)
    )
    one = client(safe_shop)

    assert [] == one.get("orders").data
    assert one.mode.query_auth


def test_whoever_forbids_it_never_has_the_key_in_the_address(
    safe_shop: OddShop, client: Build
) -> None:
    safe_shop.answer = dropping

    with pytest.raises(AccessDenied):
        client(safe_shop, query_string_auth=False).get("orders")

    assert not any(KEY in request.url or SECRET in request.url for request in safe_shop.asked)


def test_over_http_the_key_is_never_in_the_address(shop: OddShop, client: Build) -> None:
    shop.answer = lambda request: recorded("error_401_no_auth")

    with pytest.raises(AccessDenied):
        client(shop, query_string_auth=True).get("orders")

    assert not [request for request in shop.asked if SECRET in request.url]


# -- things around the JSON ------------------------------------------------------------------------


JSON = '[{"id":7,"note":"a [b] {c} <br />\\n{\\"x\\":1}"},{"id":8}]'
NOTICE = (
    "<br />\n<b>Notice</b>:  Undefined offset: [0] in <b>/www/x.php</b> on line <b>3</b><br />\n"
)
LOGGED = "PHP Warning:  Array to string conversion {closure} in /www/x.php on line 3\n"


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + JSON,
        "\ufeff\ufeff\n" + JSON,
        NOTICE + JSON,
        NOTICE * 3 + "\n" + JSON + "\n",
        LOGGED + JSON,
        JSON + "\n" + NOTICE,
        JSON + "\n<!-- Cached by nobody -->",
    ],
)
def test_what_php_prints_around_the_json_is_ignored(
    shop: OddShop, client: Build, text: str
) -> None:
    shop.answer = lambda request: page(text)

    assert [7, 8] == [row["id"] for row in client(shop).get("orders").data]


def test_it_is_warned_once_of_what_php_prints(
    shop: OddShop, client: Build, caplog: pytest.LogCaptureFixture
) -> None:
    shop.answer = lambda request: page(NOTICE + JSON)
    one = client(shop)

    for _ in range(3):
        one.get("orders")

    assert ["WP_DEBUG_DISPLAY" in record.message for record in caplog.records] == [True]
    assert "/www/x.php" not in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        JSON[:-1],
        JSON[:-10],
        NOTICE + JSON[:-1],
        NOTICE + '[{"id":7},{"id":8}',
        '[{"id":7}',
        JSON + "{",
    ],
)
def test_half_an_answer_is_never_taken_for_a_whole_one(
    shop: OddShop, client: Build, text: str
) -> None:
    shop.answer = lambda request: Response(text, content_type="application/json")

    with pytest.raises(StoreError):
        client(shop).get("orders")


def test_an_error_behind_a_status_of_success_is_one(shop: OddShop, client: Build) -> None:
    body = {
        "code": "woocommerce_rest_shop_order_invalid_id",
        "message": "",
        "data": {"status": 404},
    }
    shop.answer = lambda request: reply(body)

    with pytest.raises(NotFound):
        client(shop).get("orders/1")


# -- pages for people --------------------------------------------------------------------------


def titled(title: str, words: str = "") -> str:
    filling = "<p>" + "lorem ipsum " * 2000 + "</p>" if words == "long" else words
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{filling}</body></html>"


@pytest.mark.parametrize(
    ("response", "kind", "words"),
    [
        (
            page("Briefly unavailable for scheduled maintenance.", 503),
            StoreUnavailable,
            "delete the file .maintenance",
        ),
        (page(titled("Site Maintenance", "long")), StoreUnavailable, "maintenance page"),
        (page(titled("Coming Soon", "long")), NotTheApi, "coming-soon plugin"),
        (page(titled("Your access to this site has been limited"), 403), NotTheApi, "Wordfence"),
        (page("<p>Generated by Wordfence</p>", 503), NotTheApi, "Wordfence"),
        (page("You have been locked out.", 403), NotTheApi, "Solid Security"),
        (page(titled("Just a moment...", "long"), 403), NotTheApi, "Cloudflare"),
        (page("x", 403, {"cf-mitigated": "challenge"}), NotTheApi, "Cloudflare"),
        (page(titled("Attention Required! | Cloudflare", "long"), 403), NotTheApi, "Cloudflare"),
        (page(titled("Not Acceptable!", "Mod_Security"), 406), NotTheApi, "ask the host"),
        (page(titled("Forbidden"), 403), NotTheApi, "firewall or a security plugin"),
        (reply({"error": "forbidden"}, 403), NotTheApi, "firewall or a security plugin"),
        (reply({"message": "upstream"}, 502), StoreUnavailable, "answered 502"),
        (page(titled("401"), 401), AccessDenied, "web server itself asks for a password"),
        (
            page(titled("Database Error", "Error establishing a database connection"), 500),
            StoreUnavailable,
            "database",
        ),
        (
            page(titled("WordPress › Error", "A critical error on this website"), 500),
            StoreUnavailable,
            "fatal-errors",
        ),
        (page("<b>Fatal error</b>: Allowed memory size of 1 bytes", 200), StoreUnavailable, "PHP"),
        (page(titled("shop.example | 522: Connection timed out", "Cloudflare"), 522),
         StoreUnavailable, "answered 522"),
        (page(titled("Log In ‹ Atelier", '<form action="wp-login.php">')), NotTheApi, "log in"),
        (page(titled("Atelier – fine mugs", "long")), NotTheApi, "a page for people"),
    ],
)  # fmt: skip
def test_a_page_for_people_is_told_by_its_likely_cause(
    shop: OddShop, client: Build, response: Response, kind: type[StoreError], words: str
) -> None:
    shop.answer = lambda request: response

    with pytest.raises(StoreError, match=words) as error:
        client(shop).get("orders")

    assert kind is type(error.value)
    assert ("; " in str(error.value)) or issubclass(kind, StoreUnavailable)


@pytest.mark.parametrize(
    "code",
    [
        "rest_cannot_access",
        "rest_not_logged_in",
        "rest_disabled",
        "itsec_rest_api_access_restricted",
    ],
)
def test_a_rest_api_that_is_switched_off_is_told_so(
    shop: OddShop, client: Build, code: str
) -> None:
    body = {"code": code, "message": "DRA: Only authenticated users.", "data": {"status": 401}}
    shop.answer = lambda request: reply(body, 401)

    with pytest.raises(NotTheApi, match="exempt the namespace wc/v3"):
        client(shop).get("orders")


def test_a_right_that_the_user_of_the_key_lacks_is_told(shop: OddShop, client: Build) -> None:
    body = {"code": "woocommerce_rest_cannot_view", "message": "Sorry.", "data": {"status": 403}}
    shop.answer = lambda request: reply(body, 403)

    with pytest.raises(AccessDenied, match="an administrator or a shop manager"):
        client(shop).get("orders")


# -- redirects -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://localhost/shop/wp-json/wc/v3/orders?consumer_key=x", "https://localhost/shop"),
        (
            "https://www.atelier.example/shop/wp-json/wc/v3/orders/",
            "https://www.atelier.example/shop",
        ),
        ("https://u:p@atelier.example/", "https://atelier.example"),
        ("https://atelier.example/index.php?rest_route=/wc/v3/orders", "https://atelier.example"),
    ],
)
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_and_names_the_address_to_configure(
    shop: OddShop, client: Build, location: str, told: str, status: int
) -> None:
    shop.answer = lambda request: Response(status=status, headers={"Location": location})

    with pytest.raises(NotTheApi) as error:
        client(shop, "/shop").post("orders", {})

    assert str(error.value).endswith(f"set url to {told}")
    assert 1 == len(shop.asked)


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("/wp-json/wc/v3/orders/", "redirects its own REST API"),
        ("/wp-login.php?redirect_to=x", "page to log in"),
        ("/.well-known/sgcaptcha/?r=x", "ask the host"),
    ],
)
def test_a_redirect_within_the_shop_is_told_by_its_cause(
    shop: OddShop, client: Build, location: str, words: str
) -> None:
    shop.answer = lambda request: Response(status=302, headers={"Location": location})

    with pytest.raises(NotTheApi, match=words):
        client(shop).get("orders")


# -- caches ------------------------------------------------------------------------------------


OTHER = '<http://x/wp-json/wc/v3/orders?per_page=1&_=0123456789abcdef&page=2>; rel="next"'


@pytest.mark.parametrize(
    "headers",
    [
        {"Age": "17"},
        {"X-Cache": "HIT"},
        {"X-Cache": "Hit from cloudfront"},
        {"CF-Cache-Status": "HIT"},
        {"X-LiteSpeed-Cache": "hit"},
        {"Link": OTHER},
    ],
)
def test_an_old_page_is_never_taken_for_an_answer(
    shop: OddShop, client: Build, headers: dict[str, str]
) -> None:
    shop.answer = lambda request: reply([{"id": 7}], headers=headers)

    with pytest.raises(NotTheApi, match="exempt /wp-json/ in the cache plugin"):
        client(shop).get("orders")


def test_an_answer_that_a_cache_let_pass_is_one(shop: OddShop, client: Build) -> None:
    def fresh(request: Request) -> Response:
        link = f'<{request.base_url}?_={request.args["_"]}&page=2>; rel="next"'
        headers = {"Age": "0", "X-Cache": "MISS", "CF-Cache-Status": "DYNAMIC", "Link": link}
        return reply([{"id": 7}], headers=headers)

    shop.answer = fresh

    assert [{"id": 7}] == client(shop).get("orders").data


# -- secrets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["error_401_bad_key", "error_401_bad_secret", "error_401_oauth_bad_signature"]
)
def test_no_error_and_no_log_shows_a_secret(
    safe_shop: OddShop, client: Build, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    safe_shop.answer = lambda request: recorded(name)

    with caplog.at_level(logging.INFO), pytest.raises(AccessDenied) as error:
        client(safe_shop).get("orders")

    shown = f"{error.value!r} {caplog.text} {client(safe_shop)!r}"
    assert not [word for word in (KEY, SECRET) if word in shown]
