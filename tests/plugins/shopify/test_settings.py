from __future__ import annotations

import pytest

from storelink.contracts.manifest import Capability
from storelink.errors import ConfigError, Unsupported
from storelink.models import Ref
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
    assert frozenset({Capability.WEBHOOKS}) == PLUGIN.capabilities
    with pytest.raises(Unsupported):
        store.read(Ref.order("1"))
