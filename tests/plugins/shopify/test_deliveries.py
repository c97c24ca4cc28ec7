from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storelink.errors import BadSignature, WrongStore
from storelink.toolkit.signing import hmac_sha256_base64
from storelink_shopify import Shopify

BODY = b'{"id":7}'
SHOP = "acme.myshopify.com"


def headers(secret="hush", family="X-Shopify-", body=BODY, **other):
    return {
        f"{family}Topic": "orders/create",
        f"{family}Hmac-Sha256": hmac_sha256_base64(secret, body),
        f"{family}Shop-Domain": SHOP,
        f"{family}Webhook-Id": "6f0d1c2e-0001",
        f"{family}Event-Id": "e-1",
        f"{family}Triggered-At": "2026-11-02T09:30:15.123456789Z",
        **{family + name: value for name, value in other.items()},
    }


@pytest.fixture
def store():
    return Shopify(shop="acme", webhook_secret=("hush", "older"))


@pytest.mark.parametrize("family", ["X-Shopify-", "shopify-"])
def test_both_families_of_headers_are_understood(store, family):
    delivery = store.verify(headers(family=family), BODY)
    assert (delivery.topic, delivery.key, delivery.body) == ("orders/create", "6f0d1c2e-0001", BODY)
    assert datetime(2026, 11, 2, 9, 30, 15, 123456, UTC) == delivery.triggered_at


@pytest.mark.parametrize("change", [str.lower, str.upper, str.title])
def test_header_names_come_in_any_case(store, change):
    sent = {change(name): value for name, value in headers().items()}
    assert store.verify(sent, BODY).topic == "orders/create"


@pytest.mark.parametrize("secret", ["hush", "older"])
def test_every_secret_counts_while_they_are_rotated(store, secret):
    assert store.verify(headers(secret=secret), BODY).topic == "orders/create"


def test_another_secret_is_refused(store):
    with pytest.raises(BadSignature):
        store.verify(headers(secret="guess"), BODY)


@pytest.mark.parametrize(
    "altered", [b"", b'{"id":8}', BODY + b" ", BODY[:-1], b"\xef\xbb\xbf" + BODY]
)
def test_an_altered_body_is_refused(store, altered):
    with pytest.raises(BadSignature):
        store.verify(headers(), altered)


@pytest.mark.parametrize(
    "signature", ["", " ", "ünïcode", "\udcff\udc80", "A" * 44, "x" * 100_000, "\x00", "=" * 44]
)
def test_a_malformed_signature_is_refused(store, signature):
    with pytest.raises(BadSignature):
        store.verify(headers(**{"Hmac-Sha256": signature}), BODY)


def test_a_missing_signature_is_refused(store):
    sent = headers()
    del sent["X-Shopify-Hmac-Sha256"]
    with pytest.raises(BadSignature):
        store.verify(sent, BODY)
    with pytest.raises(BadSignature):
        store.verify({}, BODY)


@pytest.mark.parametrize("other", ["beta.myshopify.com", "", "acme.example", "\udcff"])
def test_a_webhook_of_another_shop_of_the_same_app_is_refused(store, other):
    with pytest.raises(WrongStore):
        store.verify(headers(**{"Shop-Domain": other}), BODY)


def test_who_did_not_sign_is_not_told_which_shop_it_is(store):
    with pytest.raises(BadSignature):
        store.verify(headers(secret="guess", **{"Shop-Domain": "beta.myshopify.com"}), BODY)


def test_the_headers_of_one_family_do_not_speak_for_the_other(store):
    """A signature of one family with the shop of the other names no shop."""
    sent = {
        "Shopify-Hmac-Sha256": headers()["X-Shopify-Hmac-Sha256"],
        "X-Shopify-Shop-Domain": SHOP,
    }
    with pytest.raises(WrongStore):
        store.verify(sent, BODY)


def test_a_webhook_with_both_families_of_headers_is_a_webhook(store):
    both = headers(family="Shopify-", Topic="Order") | headers()
    assert store.verify(both, BODY).topic == "orders/create"


def test_a_retry_has_the_key_of_the_first_attempt(store):
    later = headers(**{"Triggered-At": "2026-11-02T13:00:00Z", "Event-Id": "e-9"})
    assert store.verify(headers(), BODY).key == store.verify(later, BODY).key


def test_two_topics_of_one_action_have_two_keys(store):
    """They share the event id, and must both be kept."""
    paid = headers(Topic="orders/paid", **{"Webhook-Id": "6f0d1c2e-0002"})
    assert store.verify(headers(), BODY).key != store.verify(paid, BODY).key


@pytest.mark.parametrize("webhook_id", ["", "two words", "é", "x" * 300, "\udcff", "\n"])
def test_without_a_usable_id_topic_and_body_make_the_key(store, webhook_id):
    key = store.verify(headers(**{"Webhook-Id": webhook_id}), BODY).key
    other_topic = store.verify(headers(Topic="orders/paid", **{"Webhook-Id": ""}), BODY).key
    other = b'{"id":8}'
    other_body = store.verify(headers(body=other, **{"Webhook-Id": ""}), other).key
    assert len({key, other_topic, other_body}) == 3
    assert key == store.verify(headers(**{"Webhook-Id": ""}), BODY).key


@pytest.mark.parametrize(
    "time",
    [
        "",
        "yesterday",
        "2026-11-02T09:30:15",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_a_time_that_cannot_be_read_is_none(store, time):
    assert None is store.verify(headers(**{"Triggered-At": time}), BODY).triggered_at


@given(st.dictionaries(st.text(), st.text(), max_size=5), st.booleans())
def test_whatever_the_headers_a_delivery_or_a_refusal(other, signed):
    """A delivery can be stored: no text of it is broken Unicode."""
    store = Shopify(shop="acme", webhook_secret="hush")
    sent = {**(headers() if signed else {}), **other}
    try:
        delivery = store.verify(sent, BODY)
    except (BadSignature, WrongStore):
        return
    texts = [delivery.key, delivery.topic, *delivery.headers, *delivery.headers.values()]
    assert "".join(texts) == "".join(texts).encode().decode()


@given(st.text(st.characters(codec=None), max_size=20), st.sampled_from(list(headers())))
def test_whatever_one_header_says(value, name):
    store = Shopify(shop="acme", webhook_secret="hush")
    try:
        delivery = store.verify({**headers(), name: value}, BODY)
    except (BadSignature, WrongStore):
        return
    texts = [delivery.key, delivery.topic, *delivery.headers.values()]
    assert "".join(texts) == "".join(texts).encode().decode()
