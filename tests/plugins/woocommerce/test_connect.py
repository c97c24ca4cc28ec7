"""The shop's own page grants a key."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from storelink.contracts.connect import Request
from storelink.errors import AccessDenied, ConfigError, StoreError
from storelink_woocommerce import PLUGIN
from storelink_woocommerce.connect import WooCommerceConnector

CALLBACK = "https://tunnel.example/granted"
KEY, SECRET = "ck_3f1d5", "cs_97ab2"


@pytest.fixture
def connector() -> WooCommerceConnector:
    return WooCommerceConnector(url="https://atelier.example/shop/", callback=CALLBACK)


def state(connector: WooCommerceConnector) -> str:
    return parse_qs(urlsplit(connector.page).query)["user_id"][0]


def posted(connector: WooCommerceConnector, **changes: Any) -> Request:
    """Return the shop's request as `WC_Auth::post_consumer_data` makes it."""
    body = {
        "key_id": 1,
        "user_id": state(connector),
        "consumer_key": KEY,
        "consumer_secret": SECRET,
        "key_permissions": "read_write",
    }
    return Request("POST", "/granted", body=json.dumps({**body, **changes}).encode())


def test_the_plugin_says_how_to_connect() -> None:
    assert PLUGIN.connect is not None

    built = PLUGIN.connect(url="https://atelier.example", callback=CALLBACK, currency="EUR")

    assert isinstance(built, WooCommerceConnector)


def test_the_owner_agrees_on_a_page_of_the_shop(connector: WooCommerceConnector) -> None:
    page = urlsplit(connector.page)
    query = {name: values[0] for name, values in parse_qs(page.query).items()}

    assert "https://atelier.example/shop/wc-auth/v1/authorize" == page._replace(query="").geturl()
    expected = {
        "app_name": "storelink",
        "scope": "read_write",
        "return_url": f"{CALLBACK}/back",
        "callback_url": CALLBACK,
        "user_id": query["user_id"],
    }
    assert expected == query
    assert 32 <= len(query["user_id"])


def test_every_state_is_another(connector: WooCommerceConnector) -> None:
    other = WooCommerceConnector(url="https://atelier.example", callback=CALLBACK)

    assert state(connector) != state(other)


def test_a_key_is_granted(connector: WooCommerceConnector) -> None:
    grant = connector.receive(posted(connector))

    assert grant is not None
    assert (KEY, SECRET) == (grant.secrets["consumer_key"], grant.secrets["consumer_secret"])
    assert {"url": "https://atelier.example/shop"} == grant.options
    assert not [word for word in (KEY, SECRET) if word in f"{grant!r} {connector!r}"]


def test_webhooks_get_a_secret_with_the_key(connector: WooCommerceConnector) -> None:
    grant = connector.receive(posted(connector))

    assert grant is not None
    assert 32 <= len(grant.secrets["webhook_secret"])


def test_a_secret_that_is_configured_stays() -> None:
    known = WooCommerceConnector(
        url="https://atelier.example", callback=CALLBACK, webhook_secret="whsec"
    )

    grant = known.receive(posted(known))

    assert grant is not None
    assert {"consumer_key", "consumer_secret"} == set(grant.secrets)


@pytest.mark.parametrize(
    "changes",
    [
        {"user_id": "somebody"},
        {"user_id": None},
        {"user_id": "é"},
        {"consumer_key": ""},
        {"consumer_secret": None},
        {"consumer_key": ["ck"]},
    ],
)
def test_what_was_not_asked_for_is_refused(
    connector: WooCommerceConnector, changes: dict[str, Any]
) -> None:
    with pytest.raises(StoreError) as error:
        connector.receive(posted(connector, **changes))

    assert SECRET not in str(error.value)


def test_what_is_no_json_is_refused(connector: WooCommerceConnector) -> None:
    with pytest.raises(StoreError):
        connector.receive(Request("POST", "/granted", body=b"consumer_key=ck"))


def test_a_key_that_may_only_read_is_not_enough(connector: WooCommerceConnector) -> None:
    with pytest.raises(AccessDenied) as error:
        connector.receive(posted(connector, key_permissions="read"))

    assert "read_write" == error.value.needs


def test_the_owner_may_refuse(connector: WooCommerceConnector) -> None:
    back = Request("GET", "/granted/back", {"success": "0", "user_id": state(connector)})

    with pytest.raises(AccessDenied, match="refused"):
        connector.receive(back)


def test_nobody_else_can_refuse(connector: WooCommerceConnector) -> None:
    back = Request("GET", "/granted/back", {"success": "0", "user_id": "somebody"})

    assert connector.receive(back) is None


def test_the_owner_who_comes_back_is_told_that_it_worked(connector: WooCommerceConnector) -> None:
    back = Request("GET", "/granted/back", {"success": "1", "user_id": state(connector)})
    before = connector.receive(back)
    grant = connector.receive(posted(connector))

    assert before is None
    assert grant == connector.receive(back)


def test_without_https_the_other_ways_are_told() -> None:
    local = WooCommerceConnector(url="https://atelier.example", callback="http://localhost:8765")

    with pytest.raises(ConfigError, match="tunnel") as error:
        local.page  # noqa: B018  it is refused

    assert "WooCommerce > Settings > Advanced > REST API" in str(error.value)


def test_a_key_can_be_entered_by_hand() -> None:
    local = WooCommerceConnector(url="https://atelier.example", callback="http://localhost:8765")

    grant = local.entered({"consumer_key": f" {KEY} ", "consumer_secret": SECRET})

    assert {"consumer_key", "consumer_secret"} == set(local.by_hand)
    assert (KEY, SECRET) == (grant.secrets["consumer_key"], grant.secrets["consumer_secret"])
    assert "webhook_secret" in grant.secrets


@pytest.mark.parametrize("options", [{}, {"url": "atelier.example"}])
def test_an_address_is_needed(options: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="url"):
        WooCommerceConnector(callback=CALLBACK, **options)
