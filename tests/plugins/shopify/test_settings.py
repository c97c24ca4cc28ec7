from __future__ import annotations

from datetime import UTC, datetime

import pytest

from storelink.contracts.finding import Level
from storelink.contracts.manifest import Capability
from storelink.errors import BadSignature, ConfigError, Unsupported
from storelink.models import Kind, Ref
from storelink.toolkit.signing import hmac_sha256_base64
from storelink_shopify import PLUGIN, Shopify


@pytest.mark.parametrize(
    "given", ["acme", "acme.myshopify.com", "ACME.MyShopify.com", "  acme.myshopify.com "]
)
def test_a_shop_is_known_by_its_own_domain(given):
    assert Shopify(shop=given, webhook_secret="s").settings.shop == "acme.myshopify.com"


@pytest.mark.parametrize(
    "given",
    [
        "",
        "acme.example",
        "https://acme.myshopify.com",
        "a/b",
        "acme.myshopify.com.evil.example",
        "-",
    ],
)
def test_any_other_domain_is_refused_with_the_remedy(given):
    with pytest.raises(ConfigError, match=r"shop: .*acme\.myshopify\.com"):
        Shopify(shop=given, webhook_secret="s")


@pytest.mark.parametrize("given", ["", (), ("good", "")])
def test_a_store_without_a_secret_is_refused(given):
    """Anybody could sign with an empty one."""
    with pytest.raises(ConfigError, match="webhook_secret"):
        Shopify(shop="acme", webhook_secret=given)


def test_a_store_that_is_not_connected_yet_stands_in_nobodys_way():
    """It stands in the configuration beside others; `check` says that it is not connected."""
    found = {one.code: one.level for one in Shopify(shop="acme").check(datetime.now(UTC))}
    assert Level.FAULT == found["token-missing"]


def test_without_a_webhook_secret_no_webhook_is_accepted():
    """A store can be known by reading alone; nobody can sign with a secret that is not there."""
    store = Shopify(shop="acme", access_token="shpat-3")
    assert {"read", "list", "find_orders", "coupons", "shipping", "returns"} == set(
        store.manifest.capabilities
    )
    for signature in ("", hmac_sha256_base64("", b"{}")):
        headers = {"X-Shopify-Hmac-Sha256": signature, "X-Shopify-Shop-Domain": store.settings.shop}
        with pytest.raises(BadSignature):
            store.verify(headers, b"{}")


def test_secrets_are_never_shown():
    store = Shopify(shop="acme", webhook_secret=["whsec-1", "whsec-2"], access_token="shpat-3")
    shown = f"{store!r} {store.settings!r}"
    assert [word for word in ("whsec-1", "whsec-2", "shpat-3") if word in shown] == []
    assert repr(store) == "Shopify('acme.myshopify.com')"


def test_a_wrong_option_is_named_without_its_value():
    with pytest.raises(ConfigError) as caught:
        Shopify(shop="acme", webhook_secret="s", api_version="the-secret")
    assert "api_version" in str(caught.value)
    assert "the-secret" not in str(caught.value)


def test_the_plugin_says_what_it_can_do():
    store = PLUGIN.factory(shop="acme", webhook_secret="s")
    assert PLUGIN is store.manifest
    for capability in ("webhooks", "read", "list", "subscribe", "coupons"):
        PLUGIN.require(Capability(capability))
    assert {Kind.ORDER, Kind.CUSTOMER, Kind.PRODUCT, Kind.CHECKOUT} <= set(PLUGIN.lists)
    assert {"order.paid", "shipment.delivered", "checkout.abandoned"} <= PLUGIN.facts
    assert "product.reviewed" not in PLUGIN.facts
    with pytest.raises(Unsupported):
        store.read(Ref.shipment("1"))
