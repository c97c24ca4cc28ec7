"""What `check` finds: each fault by its name, with a remedy."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from shop_server import Call, Hours, Said, Server, serving

from storelink.contracts.finding import Finding, Level
from storelink_shopify import Shopify, scopes

ALL = {right for use in scopes.USES for right in use.rights} | {"read_all_orders", "read_locales"}
TOKEN = "shpat-secret"


class Shop:
    """A shop in perfect order, until a test disturbs it."""

    def __init__(self) -> None:
        self.scopes = set(ALL)
        self.domain = "acme.myshopify.com"
        self.withheld = ""
        self.headers = {"X-Shopify-API-Version": "2026-10"}
        self.instead: Said | None = None

    def __call__(self, call: Call) -> Said:
        if self.instead:
            return self.instead
        query = call.json["query"]
        installation = {"accessScopes": [{"handle": one} for one in sorted(self.scopes)]}
        data: dict[str, Any] = {"currentAppInstallation": installation}
        if "query ShopInfo" in query:
            data["shop"] = {"myshopifyDomain": self.domain}
        if "query ProtectedData" in query:
            return self.people()
        return Said({"data": data}, headers=self.headers)

    def people(self) -> Said:
        order = {"id": "gid://shopify/Order/1", "email": "maya@example.org"}
        errors = []
        if self.withheld:
            order["email"] = None
            message = f"This app is not approved to use the {self.withheld} field."
            path = ["orders", "nodes", 0, self.withheld]
            errors = [{"message": message, "path": path, "extensions": {"code": "ACCESS_DENIED"}}]
        return Said({"data": {"orders": {"nodes": [order]}}, "errors": errors})


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def server(shop: Shop) -> Iterator[Server]:
    with serving(shop) as running:
        yield running


@pytest.fixture
def check(server: Server) -> Callable[..., list[Finding]]:
    def found(*, ahead: timedelta = timedelta(), **options: Any) -> list[Finding]:
        given = {"access_token": TOKEN, "webhook_secret": "hush", "base_url": server.url, **options}
        store = Shopify(shop="acme", wire=Hours().wire, **given)
        return list(store.check(datetime.now(UTC) + ahead))

    return found


def faults(findings: list[Finding]) -> dict[str, Level]:
    """Return the faults by their codes; each must name a remedy, and no secret."""
    bad = [one for one in findings if one.level is not Level.OK]
    assert [] == [one for one in bad if not one.code or not one.remedy]
    assert [] == [one for one in findings if TOKEN in repr(one) or "maya" in repr(one)]
    return {one.code: one.level for one in bad}


def test_a_shop_in_order_has_no_fault(check):
    findings = check()
    assert {} == faults(findings)
    expected = ["shop", "credentials", "version", "clock", "scopes", "protected customer data"]
    assert expected == [one.about for one in findings]


@pytest.mark.parametrize(
    ("instead", "code"),
    [
        (Said({"errors": "[API] Invalid API key or access token"}, 401), "token-refused"),
        (Said({"errors": "Unavailable Shop"}, 402), "store-frozen"),
        (Said({"errors": "Forbidden"}, 403), "access-forbidden"),
        (Said({"errors": "Not Found"}, 404), "shop-not-found"),
        (Said({"errors": "Locked"}, 423), "store-locked"),
        (Said(b"", 301, {"Location": "https://acme.example/"}), "redirected"),
        (Said(b"<html>", 200, {"Content-Type": "text/html"}), "not-the-api"),
        (Said(b"{}", 503), "unreachable"),
        (Said({"data": {}}), "shop-mismatch"),
    ],
)
def test_each_fault_of_the_shop_has_a_name(check, shop, instead, code):
    shop.instead = instead
    assert Level.FAULT is faults(check())[code]


@pytest.mark.parametrize(
    "data", [{"shop": "?"}, {"shop": []}, {"currentAppInstallation": {"accessScopes": [None, 7]}}]
)
def test_an_answer_that_makes_no_sense_is_a_fault_and_no_error(check, shop, data):
    shop.instead = Said({"data": data})
    assert Level.FAULT is faults(check())["shop-mismatch"]


def test_a_shop_that_does_not_answer_is_found(check):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
    assert {"unreachable": Level.FAULT} == faults(check(base_url=f"http://127.0.0.1:{port}"))


def test_a_missing_token_is_found(check):
    assert {"token-missing": Level.FAULT} == faults(check(access_token=None))


def test_another_shops_answer_is_found(check, shop):
    shop.domain = "other.myshopify.com"
    assert {"shop-mismatch": Level.FAULT} == faults(check())


def test_a_missing_right_is_found_and_says_what_needs_it(check, shop):
    shop.scopes -= {"write_discounts"}
    findings = check()
    assert {"scope-missing": Level.WARNING} == faults(findings)
    (one,) = [one for one in findings if one.code]
    assert "issuing coupons" in one.detail
    assert "write_discounts" in one.remedy


def test_without_the_right_to_orders_nothing_works(check, shop):
    shop.scopes -= {"read_orders", "write_orders"}
    findings = check()
    assert Level.FAULT is next(one.level for one in findings if "read_orders" in one.detail)


def test_one_of_several_rights_is_enough(check, shop):
    shop.scopes -= {"read_assigned_shipping"}
    assert {} == faults(check())
    shop.scopes -= {"read_shipping"}
    assert {"scope-missing": Level.WARNING} == faults(check())


def test_the_window_of_sixty_days_is_found(check, shop):
    shop.scopes -= {"read_all_orders"}
    assert {"orders-60-days": Level.WARNING} == faults(check())


def test_withheld_customer_data_is_found(check, shop):
    shop.withheld = "email"
    findings = check()
    assert {"protected-data": Level.FAULT} == faults(findings)
    assert "email" in findings[-1].detail


def test_withheld_orders_are_found(check, shop):
    shop.withheld = "email"
    message = "This app is not approved to access the Order object."
    error = {"message": message, "path": ["orders"], "extensions": {"code": "ACCESS_DENIED"}}
    shop.people = lambda: Said({"data": None, "errors": [error]})
    assert {"protected-data": Level.FAULT} == faults(check())


@pytest.mark.parametrize("version", ["2025-10", "2027-01", "unstable"])
def test_a_version_that_was_never_tried_is_found(check, shop, version):
    shop.headers = {"X-Shopify-API-Version": version}
    assert {"version-unsupported": Level.WARNING} == faults(check(api_version=version))


def test_a_version_that_fell_forward_is_found(check, shop):
    shop.headers = {"X-Shopify-API-Version": "2026-04"}
    assert {"version-fell-forward": Level.WARNING} == faults(check(api_version="2026-01"))


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (0.5, {}),
        (-0.5, {}),
        (3, {"clock-skew": Level.WARNING}),
        (-3, {"clock-skew": Level.WARNING}),
        (6, {"clock-skew": Level.FAULT}),
        (-6, {"clock-skew": Level.FAULT}),
    ],
)
def test_a_wrong_clock_is_found(check, minutes, expected):
    assert expected == faults(check(ahead=timedelta(minutes=minutes)))


def test_a_wrong_clock_is_found_even_where_the_token_is_refused(check, shop):
    at = format_datetime(datetime.now(UTC) - timedelta(hours=2), usegmt=True)
    shop.instead = Said({"errors": "no"}, 401, {"Date": at})
    assert {"token-refused", "clock-skew"} == set(faults(check()))


def test_a_refreshed_token_that_is_kept_nowhere_is_found(check):
    options = {"client_id": "a", "client_secret": "b", "refresh_token": "r"}
    assert {"token-not-kept": Level.WARNING} == faults(check(**options))
