from __future__ import annotations

from datetime import UTC, datetime

import pytest

from storelink.contracts.manifest import Capability
from storelink.contracts.store import Delivery
from storelink.errors import BadSignature, ConfigError, Unsupported
from storelink.events import EVENT_TYPES
from storelink.models import OrderStatus
from storelink.models.ref import Kind, Ref
from storelink.toolkit.signing import hmac_sha256_base64
from storelink_woocommerce import PLUGIN, WooCommerce

OPTIONS = {
    "url": "https://atelier.example/",
    "webhook_secret": ["whsec_one", "whsec_two"],
    "consumer_key": "ck_1",
    "consumer_secret": "cs_1",
}
READS = {"read", "list", "find_orders", "coupons", "reviews", "shipping", "returns"}


def test_nothing_secret_is_shown() -> None:
    store = WooCommerce(**OPTIONS)

    shown = f"{store!r} {store.settings!r} {store.settings} {vars(store.settings)}"

    assert repr(store) == "WooCommerce('https://atelier.example')"
    assert not [word for word in ("whsec", "ck_1", "cs_1") if word in shown]


def test_one_secret_may_be_given_alone() -> None:
    store = WooCommerce(url="https://atelier.example", webhook_secret="whsec_one")

    secrets = [secret.get_secret_value() for secret in store.settings.webhook_secret]

    assert secrets == ["whsec_one"]


def test_a_store_that_is_not_connected_yet_stands_in_nobodys_way() -> None:
    """It stands in the configuration beside others; `check` says that it is not connected."""
    store = WooCommerce(url="https://atelier.example")
    assert frozenset() == store.manifest.capabilities
    assert {"no-credentials"} == {one.code for one in store.check(datetime.now(UTC)) if one.code}


def test_half_a_key_is_refused() -> None:
    with pytest.raises(ConfigError, match="go together"):
        WooCommerce(url="https://atelier.example", consumer_key="ck_1")


def test_without_a_webhook_secret_no_webhook_is_accepted() -> None:
    """A store can be known by reading alone; nobody can sign with a secret that is not there."""
    keys = {"consumer_key": "ck_1", "consumer_secret": "cs_1"}
    store = WooCommerce(url="https://atelier.example", **keys)
    assert READS == set(store.manifest.capabilities)
    with pytest.raises(Unsupported):
        store.subscribe("order.created", "https://hooks.example")
    signature = hmac_sha256_base64("", b"{}")
    with pytest.raises(BadSignature):
        store.verify({"X-WC-Webhook-Signature": signature}, b"{}")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"webhook_secret": ""}, "webhook_secret.0"),  # anybody could sign with an empty secret
        ({"webhook_secret": []}, "webhook_secret"),
        ({"webhook_secret": ["whsec_one", ""]}, "webhook_secret.1"),
        ({"webhook_secret": 5}, "webhook_secret"),
        ({"url": "atelier.example"}, "url"),
        ({"url": "ftp://atelier.example"}, "url"),
        ({"url": "https://whsec_key:whsec_word@atelier.example"}, "url"),
        ({"url": "https://["}, "url"),
        ({"consumer_key": ["whsec"]}, "consumer_key"),
        ({"statuses": {"packed": "wrapped"}}, "statuses.packed"),
        ({"statuses": {"packed": ["open"]}}, "statuses.packed"),
        ({"statuses": ["packed"]}, "statuses"),
    ],
)
def test_a_wrong_option_is_named_and_not_shown(wrong: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        WooCommerce(**OPTIONS | wrong)

    assert str(refusal.value).startswith(f"WooCommerce: {named}: ")
    assert "whsec" not in str(refusal.value)


def test_with_a_key_the_store_can_do_everything() -> None:
    store = PLUGIN.factory(**OPTIONS)

    assert store.manifest is PLUGIN
    assert READS | {"subscribe", "webhooks"} == set(PLUGIN.capabilities)
    assert {"order", "customer", "product", "coupon", "review"} == set(PLUGIN.lists)
    assert PLUGIN.facts <= EVENT_TYPES.keys()


def test_without_a_key_the_store_only_understands_webhooks() -> None:
    store = WooCommerce(url="https://atelier.example", webhook_secret="whsec_one")

    assert frozenset({Capability.WEBHOOKS}) == store.manifest.capabilities
    assert () == store.manifest.lists
    with pytest.raises(Unsupported, match="without a consumer_key"):
        store.read(Ref.order("1"))
    with pytest.raises(Unsupported):
        store.changed(Kind.ORDER)


def test_a_shop_names_its_own_statuses() -> None:
    store = WooCommerce(**OPTIONS, statuses={"packed": "open", "wc-archived": "completed"})
    body = b'{"id": 7, "status": "packed"}'

    told = store.normalize(Delivery(key="1/1/1", topic="order.updated", headers={}, body=body))

    expected = {"packed": OrderStatus.OPEN, "archived": OrderStatus.COMPLETED}
    assert expected == dict(store.settings.statuses)
    assert OrderStatus.OPEN == told.records[0].fields["status"]


@pytest.mark.parametrize("name", ["", "wc-", "Being packed", "pa\ncked"])
def test_a_status_is_named_as_woocommerce_writes_it(name: str) -> None:
    with pytest.raises(ConfigError, match=r"^WooCommerce: statuses\."):
        WooCommerce(**OPTIONS, statuses={name: "open"})
