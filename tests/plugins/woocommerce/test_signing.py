"""WordPress takes itself for another, and is asked with signatures for that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from plugins.woocommerce.odd_shop import (
    KEY,
    SECRET,
    OddShop,
    recorded,
    reply,
    running,
    signature,
    wire,
)
from pydantic import SecretStr
from werkzeug import Request

from storelink.errors import AccessDenied
from storelink.testing import FrozenClock
from storelink_woocommerce import WooCommerce
from storelink_woocommerce.client import Client
from storelink_woocommerce.sandbox.server import WooCommerceSandbox


@pytest.fixture
def safe_shop() -> Iterator[OddShop]:
    with running(tls=True) as shop:
        yield shop


def asking(url: str, key: str = KEY, secret: str = SECRET) -> Client:
    return Client(url, SecretStr(key), SecretStr(secret), wire=wire(FrozenClock()))


def test_a_shop_at_another_address_than_it_believes_gets_signatures_for_that(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The signature is made for the Site Address (`check_oauth_signature`)."""
    with WooCommerceSandbox(clock=FrozenClock()) as box:
        key, secret = (box.options[name] for name in ("consumer_key", "consumer_secret"))
        one = asking(box.url.replace("127.0.0.1", "localhost"), key, secret)

        for _ in range(2):
            assert [] == one.get("orders", {"include": [1, 2]}).data
        made = one.post("coupons", {"code": "a/b c", "amount": "5"}).data

        assert "a/b c" == made["code"]
        assert box.url == one.mode.signed_for
        assert 1 == len(caplog.records)
        assert secret not in caplog.text


def test_a_shop_that_does_not_know_of_its_https_gets_signatures(
    safe_shop: OddShop,
) -> None:
    """Behind a proxy `is_ssl()` may be false; then there is no basic authentication."""

    def answer(request: Request) -> Any:
        if request.path == "/wp-json/":
            return reply({"home": "https://atelier.example/"})
        if request.args.get("oauth_signature") == signature(request, "atelier.example"):
            return reply([{"id": 1}])
        return recorded("error_401_no_auth")

    safe_shop.answer = answer
    one = asking(safe_shop.url)

    assert [{"id": 1}] == one.get("orders", {"search": "a b/c+d"}).data
    assert [{"id": 1}] == one.post("orders", {}).data
    assert not any(SECRET in request.url for request in safe_shop.asked[-2:])
    assert 5 == len(safe_shop.asked)


def test_a_shop_that_was_put_right_is_asked_in_the_usual_way_again(safe_shop: OddShop) -> None:
    is_right = False

    def answer(request: Request) -> Any:
        if request.path == "/wp-json/":
            return reply({"home": "https://atelier.example"})
        if "oauth_signature" in request.args:
            return recorded("error_401_oauth_bad_signature") if is_right else reply([])
        return reply([]) if is_right else recorded("error_401_no_auth")

    safe_shop.answer = answer
    one = asking(safe_shop.url)
    assert [] == one.get("orders").data
    assert "http://atelier.example" == one.mode.signed_for

    is_right = True

    assert [] == one.get("orders").data
    assert "" == one.mode.signed_for


def test_a_wrong_secret_stays_a_wrong_secret() -> None:
    with WooCommerceSandbox(clock=FrozenClock()) as box:
        url = box.url.replace("127.0.0.1", "localhost")
        one = asking(url, box.options["consumer_key"], "cs_wrong")

        for _ in range(2):
            with pytest.raises(AccessDenied, match="does not accept the signature"):
                one.get("orders")

        assert "" == one.mode.signed_for


def test_the_doctor_names_the_address_that_wordpress_believes_to_have() -> None:
    clock = FrozenClock()
    with WooCommerceSandbox(clock=clock) as box:
        url = box.url.replace("127.0.0.1", "localhost")
        store = WooCommerce(**{**box.options, "url": url}, wire=wire(clock))

        found = {finding.code: finding.detail for finding in store.check(clock.now())}

        assert box.url in found["other-address"]
