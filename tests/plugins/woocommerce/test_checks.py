"""The doctor: each fault of a shop is found by its code, with a remedy, and nothing is changed."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
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
    wire,
)
from werkzeug import Request, Response

from storelink.contracts.finding import Finding, Level
from storelink.testing.clock import FrozenClock
from storelink_woocommerce import WooCommerce

Special = Callable[[Request], Response | None]


@pytest.fixture
def shop() -> Iterator[OddShop]:
    with running() as shop:
        shop.answer = healthy
        yield shop


@pytest.fixture
def safe_shop() -> Iterator[OddShop]:
    with running(tls=True) as shop:
        shop.answer = healthy
        yield shop


def healthy(request: Request) -> Response:
    """Answer as a shop does in which all is well."""
    route = request.args.get("rest_route") or request.path.partition("/wp-json")[2]
    answers: dict[str, Any] = {
        "/": {"namespaces": ["wp/v2", "wc/v3", "wc/store"]},
        "/wc/v3/orders": [{"id": 7}],
        "/wc/v3/orders/batch": [],
        "/wc/v3/system_status": {"environment": {"version": "11.0.1"}},
    }
    return dated(reply(answers[route]))


def dated(response: Response, ahead: timedelta = timedelta()) -> Response:
    response.headers["Date"] = format_datetime(NOW + ahead, usegmt=True)
    return response


def but(special: Special) -> Callable[[Request], Response]:
    """Answer as *special* does, and otherwise as a healthy shop."""
    return lambda request: special(request) or healthy(request)


def found(shop: OddShop, **options: Any) -> list[Finding]:
    keys = {"consumer_key": KEY, "consumer_secret": SECRET, "webhook_secret": "whsec"}
    on = wire(FrozenClock(NOW))
    store = WooCommerce(wire=on, **{"url": shop.url, **keys, **options})
    findings = list(store.check(NOW))
    store.close()
    assert all(finding.remedy for finding in findings if finding.level is not Level.OK)
    shown = " ".join(map(repr, findings))
    assert not [word for word in (KEY, SECRET, "whsec") if word in shown]
    return findings


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings if finding.code]


@pytest.mark.parametrize("tls", [False, True])
def test_all_is_well(tls: bool) -> None:
    with running(tls=tls) as shop:
        shop.answer = healthy

        findings = found(shop)

    assert [] == codes(findings)
    expected = ["address", "clock", "credentials", "rights", "version"]
    assert expected == [finding.about for finding in findings]


def test_nothing_is_written(shop: OddShop) -> None:
    found(shop)

    written = [request for request in shop.asked if request.method != "GET"]
    expected = [("POST", "/wp-json/wc/v3/orders/batch", {})]
    assert expected == [(one.method, one.path, one.get_json()) for one in written]


def test_no_key() -> None:
    store = WooCommerce(url="https://atelier.example", webhook_secret="whsec")

    assert ["no-credentials"] == codes(list(store.check(NOW)))


def test_no_such_store() -> None:
    nobody = OddShop()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody.url = f"http://localhost:{taken.getsockname()[1]}"

        findings = found(nobody)

    assert ["store-not-found"] == codes(findings)


def test_no_wordpress(shop: OddShop) -> None:
    shop.answer = lambda request: dated(page("<title>Fine mugs</title>"))

    assert ["not-the-api"] == codes(found(shop))


def test_no_woocommerce(shop: OddShop) -> None:
    def special(request: Request) -> Response | None:
        if request.path == "/wp-json/":
            return dated(reply({"namespaces": ["wp/v2"]}))
        return recorded("error_404_namespace")

    shop.answer = but(special)

    assert ["not-woocommerce"] == codes(found(shop))[:1]


def test_rest_switched_off(shop: OddShop) -> None:
    body = {"code": "rest_cannot_access", "message": "", "data": {"status": 401}}
    shop.answer = lambda request: dated(reply(body, 401))

    assert "rest-disabled" in codes(found(shop))


def test_plain_permalinks(shop: OddShop) -> None:
    def special(request: Request) -> Response | None:
        return page("<title>404</title>", 404) if "rest_route" not in request.args else None

    shop.answer = but(special)
    findings = found(shop)

    assert ["plain-permalinks"] == codes(findings)
    assert Level.WARNING is next(one.level for one in findings if one.code)


def test_another_address(shop: OddShop) -> None:
    def elsewhere(request: Request) -> Response:
        return Response(
            status=301, headers={"Location": f"https://www.atelier.example{request.path}"}
        )

    shop.answer = elsewhere
    findings = found(shop)

    assert ["redirected"] == codes(findings)
    assert "set url to https://www.atelier.example" in findings[0].remedy


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (page("Generated by Wordfence", 403), "blocked"),
        (page("Briefly unavailable for scheduled maintenance.", 503), "maintenance"),
        (reply([], headers={"Age": "60"}), "cached"),
        (page("There has been a critical error on this website", 500), "php-failed"),
    ],
)
def test_something_in_front_of_the_shop(shop: OddShop, response: Response, code: str) -> None:
    shop.answer = lambda request: dated(response)

    assert [code] == codes(found(shop))


@pytest.mark.parametrize(
    ("recording", "code"),
    [
        ("error_401_bad_key", "key-unknown"),
        ("error_401_bad_secret", "key-refused"),
        ("error_401_oauth_old_timestamp", "key-refused"),
    ],
)
def test_the_key_is_wrong(shop: OddShop, recording: str, code: str) -> None:
    shop.answer = but(lambda request: recorded(recording) if "wc/v3" in request.path else None)

    assert [code] == codes(found(shop))


def test_the_key_may_not_read(shop: OddShop) -> None:
    def special(request: Request) -> Response | None:
        is_read = request.method == "GET" and "wc/v3" in request.path
        return recorded("error_401_write_key_reads") if is_read else None

    shop.answer = but(special)

    assert ["key-cannot-read"] == codes(found(shop))


@pytest.mark.parametrize("message", [None, "Der API-Schlüssel hat keine Schreibrechte."])
def test_the_key_may_not_write(shop: OddShop, message: str | None) -> None:
    """In a shop of any language: the same key was just good enough to read."""
    code = "woocommerce_rest_authentication_error"
    foreign = {"code": code, "message": message, "data": {"status": 401}}

    def special(request: Request) -> Response | None:
        if request.method != "POST":
            return None
        return reply(foreign, 401) if message else recorded("error_401_read_key_writes")

    shop.answer = but(special)

    assert ["key-cannot-write"] == codes(found(shop))


def test_the_user_of_the_key_may_not_write(shop: OddShop) -> None:
    body = {"code": "woocommerce_rest_cannot_batch", "message": "", "data": {"status": 403}}
    shop.answer = but(lambda request: reply(body, 403) if request.method == "POST" else None)

    findings = found(shop)

    assert ["key-cannot-write"] == codes(findings)
    assert "administrator" in next(one.remedy for one in findings if one.code)


@pytest.mark.parametrize(
    ("ahead", "level"),
    [
        (timedelta(seconds=30), None),
        (timedelta(minutes=5), Level.WARNING),
        (timedelta(minutes=-20), Level.FAULT),
    ],
)
def test_the_clocks_differ(shop: OddShop, ahead: timedelta, level: Level | None) -> None:
    shop.answer = lambda request: dated(healthy(request), ahead)

    findings = [one for one in found(shop) if one.code]

    assert [("clock-skew", level)] * bool(level) == [(one.code, one.level) for one in findings]


def test_over_https_clocks_that_differ_only_warn(safe_shop: OddShop) -> None:
    safe_shop.answer = lambda request: dated(healthy(request), timedelta(hours=-1))

    levels = [one.level for one in found(safe_shop) if one.code]

    assert [Level.WARNING] == levels


def test_an_old_version(shop: OddShop) -> None:
    old = {"environment": {"version": "7.9.1"}}
    shop.answer = but(
        lambda request: reply(old) if request.path.endswith("/system_status") else None
    )

    findings = found(shop)

    assert ["old-version"] == codes(findings)
    assert "7.9.1" in findings[-1].detail


def test_a_version_that_may_not_be_seen_is_no_fault(shop: OddShop) -> None:
    body = {"code": "woocommerce_rest_cannot_view", "message": "", "data": {"status": 403}}
    shop.answer = but(
        lambda request: reply(body, 403) if request.path.endswith("/system_status") else None
    )

    assert [] == codes(found(shop))


def test_the_status_is_asked_for_nothing_but_the_version(shop: OddShop) -> None:
    """All of it makes the shop call other servers."""
    found(shop)

    asked = next(one for one in shop.asked if one.path.endswith("/system_status"))
    assert "environment.version" == asked.args["_fields"]


def test_a_server_that_drops_the_header(safe_shop: OddShop) -> None:
    def special(request: Request) -> Response | None:
        is_known = "consumer_key" in request.args or request.path == "/wp-json/"
        return None if is_known else recorded("error_401_no_auth")

    safe_shop.answer = but(special)

    assert ["header-dropped"] == codes(found(safe_shop))


def test_plain_http(shop: OddShop) -> None:
    """An address that others can reach; this one is resolved to this machine."""
    port = shop.url.rpartition(":")[2]

    assert ["not-https"] == codes(found(shop, url=f"http://0.0.0.0:{port}"))


def mails(shop: OddShop) -> list[str] | None:
    store = WooCommerce(
        wire=wire(FrozenClock(NOW)), url=shop.url, consumer_key=KEY, consumer_secret=SECRET
    )
    found = store.own_mails()
    store.close()
    return None if found is None else [mail.doubles for mail in found]


def settings(**values: str) -> Special:
    """Answer with the settings of mails; those that are not named do not exist."""
    gone = {"code": "rest_setting_setting_group_invalid", "message": "?", "data": {"status": 404}}

    def answer(request: Request) -> Response | None:
        match = re.search(r"/settings/email_(\w+)/enabled$", request.path)
        if match is None:
            return None
        value = values.get(match[1])
        return reply(gone, 404) if value is None else reply({"value": value})

    return answer


def test_the_mails_that_the_shop_sends_itself_are_known(shop: OddShop) -> None:
    """One that is off is not sent; a shop before 10.8 has no review request."""
    shop.answer = but(settings(customer_processing_order="yes", customer_completed_order="no"))
    assert ["thank_you"] == mails(shop)
    shop.answer = but(settings(customer_review_request="yes"))
    assert ["review_request"] == mails(shop)


def test_a_shop_that_does_not_say_which_mails_it_sends_is_told_apart(shop: OddShop) -> None:
    refused = {"code": "woocommerce_rest_cannot_view", "message": "?", "data": {"status": 403}}
    shop.answer = but(lambda request: reply(refused, 403) if "/settings/" in request.path else None)
    assert mails(shop) is None
