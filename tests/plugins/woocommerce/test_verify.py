from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from storelink.contracts.store import Delivery
from storelink.errors import BadSignature
from storelink.testing.journeys import RecordedDelivery
from storelink_woocommerce import WooCommerce

BODY = b'{"id":7}'


def headers_for(body: bytes = BODY, secret: str = "whsec", **other: str) -> dict[str, str]:
    signature = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
    return {
        "X-WC-Webhook-Source": "https://shop.example/",
        "X-WC-Webhook-Topic": "order.deleted",
        "X-WC-Webhook-Signature": signature,
        "X-WC-Webhook-ID": "3",
        "X-WC-Webhook-Delivery-ID": "e86ba0b5b9e018a5ecec5e52e86a9c99",
        **other,
    }


def verify(headers: dict[str, str], body: bytes = BODY, secret: object = "whsec") -> Delivery:
    return WooCommerce(url="https://shop.example", webhook_secret=secret).verify(headers, body)


def test_every_recorded_webhook_verifies_with_its_own_secret(
    everything: list[RecordedDelivery],
) -> None:
    for recorded in everything:
        delivery = verify(recorded.headers, recorded.body, recorded.secret)

        is_ping = "ping" in recorded.name
        topic = "ping" if is_ping else recorded.name[5:].removesuffix(".json")
        assert (recorded.name, delivery.is_ping, delivery.topic) == (recorded.name, is_ping, topic)
        assert delivery.body == recorded.body


def test_every_recorded_webhook_has_its_own_key(
    store: WooCommerce, webhooks: list[RecordedDelivery]
) -> None:
    """The platform's delivery id is shared by different bodies, and a body by two real events."""
    signed = [recorded for recorded in webhooks if "ping" not in recorded.name]

    deliveries = [store.verify(recorded.headers, recorded.body) for recorded in signed]

    numbers = [delivery.headers["x-wc-webhook-delivery-id"] for delivery in deliveries]
    bodies = {(d.headers["x-wc-webhook-id"], d.body) for d in deliveries}
    assert len(set(numbers)) < len(signed)
    assert len(bodies) < len(signed)
    assert len({delivery.key for delivery in deliveries}) == len(signed)


def test_a_repeated_delivery_has_the_same_key(
    store: WooCommerce, webhooks: list[RecordedDelivery]
) -> None:
    recorded = next(one for one in webhooks if "order.updated" in one.name)
    shouted = {name.upper(): value for name, value in reversed(recorded.headers.items())}

    first = store.verify(recorded.headers, recorded.body)
    again = store.verify(shouted, recorded.body)

    assert again.key == first.key


def test_header_names_may_come_in_any_case() -> None:
    spelled = {name.swapcase(): value for name, value in headers_for().items()}

    delivery = verify(spelled)

    assert delivery.topic == "order.deleted"
    assert delivery.headers["x-wc-webhook-id"] == "3"
    assert delivery.triggered_at is None


@pytest.mark.parametrize("secrets", [["new", "whsec"], ["whsec", "new"], ["a", "b", "whsec"]])
def test_each_of_several_secrets_is_accepted(secrets: list[str]) -> None:
    assert verify(headers_for(), secret=secrets).topic == "order.deleted"


@pytest.mark.parametrize(
    ("configured", "signing"),
    [
        ("a&amp;b", "a&b"),  # WooCommerce decodes entities before it signs
        ("&lt;&#039;&quot;&#x27;&#038;&gt;", "<'\"'&>"),
        ("&amp;lt;", "&lt;"),  # once
        ("a&copy;b", "a&copy;b"),  # only those of wp_specialchars_decode
        ("a&b", "a&b"),
        (" blanks count ", " blanks count "),
        ("p&ss<w>\"q'uote é ₹", "p&ss<w>\"q'uote é ₹"),
    ],
)
def test_a_secret_counts_as_woocommerce_signs_with_it(configured: str, signing: str) -> None:
    assert verify(headers_for(secret=signing), secret=configured).topic == "order.deleted"


def test_a_secret_is_not_trimmed() -> None:
    with pytest.raises(BadSignature):
        verify(headers_for(secret="whsec"), secret=" whsec ")


def test_an_altered_body_is_refused(store: WooCommerce, webhooks: list[RecordedDelivery]) -> None:
    recorded = next(one for one in webhooks if "order.updated" in one.name)
    middle = len(recorded.body) // 2
    flipped = bytes([recorded.body[middle] ^ 1])
    altered = [
        recorded.body + b" ",
        recorded.body[:-1],
        recorded.body[:middle] + flipped + recorded.body[middle + 1 :],
        b"",
    ]

    for body in altered:
        with pytest.raises(BadSignature):
            store.verify(recorded.headers, body)


@pytest.mark.parametrize(
    "signature",
    ["", " ", "=", "é" * 44, "\ud800", "\x00", "A" * 44, "A" * 100_000, "Ａ" * 44],
)
def test_a_wrong_signature_is_refused(signature: str) -> None:
    with pytest.raises(BadSignature):
        verify(headers_for(**{"X-WC-Webhook-Signature": signature}))


@pytest.mark.parametrize(
    "name",
    ["X-WC-Webhook-Signature", "X-WC-Webhook-Topic", "X-WC-Webhook-ID", "X-WC-Webhook-Delivery-ID"],
)
@pytest.mark.parametrize("value", [None, "", "a b", "\udcff", "x" * 300, "\x00", "é"])
def test_a_webhook_without_its_own_headers_is_refused(name: str, value: str | None) -> None:
    headers = headers_for()
    if value is None:
        del headers[name]
    else:
        headers[name] = value

    with pytest.raises(BadSignature):
        verify(headers)


@pytest.mark.parametrize("odd", [None, 5, b"bytes", ["list"]])
def test_headers_of_odd_types_are_refused_and_do_not_crash(odd: object) -> None:
    with pytest.raises(BadSignature):
        verify(headers_for(**{"X-WC-Webhook-Signature": odd}))
    with pytest.raises(BadSignature):
        verify({odd if isinstance(odd, bytes) else str(odd): "x"})


def test_the_source_header_proves_nothing() -> None:
    """It is not signed, and it changes when a shop moves: the secret names the store."""
    moved = headers_for(**{"X-WC-Webhook-Source": "https://elsewhere.example/"})

    assert verify(moved).topic == "order.deleted"


def test_a_ping_is_unsigned_and_carries_nothing() -> None:
    delivery = verify({"Content-Type": "application/x-www-form-urlencoded"}, b"webhook_id=12")

    assert (delivery.is_ping, delivery.topic, delivery.key) == (True, "ping", "ping/12")


@pytest.mark.parametrize("body", [b"webhook_id=", b"webhook_id=1&x=2", b"webhook_id=x", b"{}", b""])
def test_nothing_else_is_a_ping(body: bytes) -> None:
    with pytest.raises(BadSignature):
        verify({}, body)


def test_a_ping_with_webhook_headers_is_verified_like_any_other() -> None:
    body = b"webhook_id=12"

    with pytest.raises(BadSignature):
        verify({"x-wc-webhook-topic": "order.deleted"}, body)
    assert not verify(headers_for(body), body).is_ping
