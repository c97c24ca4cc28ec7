from __future__ import annotations

import pytest

from storelink.contracts.store import Delivery
from storelink.errors import PayloadError
from storelink.models import Kind, Money, Snapshot
from storelink.testing.journeys import RecordedDelivery
from storelink.toolkit.payload import parse_object
from storelink_woocommerce import WooCommerce, normalize


def said(store: WooCommerce, topic: str, body: bytes) -> Snapshot:
    return store.normalize(Delivery(key="1/1/1", topic=topic, headers={}, body=body))


def error(status: object) -> bytes:
    return f'{{"code": "rest_x", "message": "No.", "data": {{"status": {status}}}}}'.encode()


def test_every_recorded_webhook_says_something_or_why_not(
    store: WooCommerce, everything: list[RecordedDelivery]
) -> None:
    for recorded in everything:
        delivery = store.verify(recorded.headers, recorded.body)
        if delivery.is_ping:
            continue
        resource = delivery.topic.partition(".")[0]
        if b'"status":404' in recorded.body:
            with pytest.raises(PayloadError, match="the object was gone before"):
                store.normalize(delivery)
            continue
        snapshot = store.normalize(delivery)
        if resource != "action":
            first = snapshot.records[0]
            assert (first.kind, first.id) == (resource, str(parse_object(recorded.body)["id"]))
        else:
            assert snapshot == Snapshot(note=f"the topic {delivery.topic} is not used yet")


def test_a_deleted_order_is_gone_until_a_read(store: WooCommerce) -> None:
    """Trashed and deleted for ever look the same, and a revival by PUT sends nothing."""
    (order,) = said(store, "order.deleted", b'{"id":2328}').records

    assert (order.kind, order.id, order.deleted) == (Kind.ORDER, "2328", True)
    assert order.needs_read == normalize.ONLY_THE_ID
    assert order.fields == {}


def test_a_whole_order_under_the_topic_of_a_deletion_speaks_for_itself(
    store: WooCommerce, webhooks: list[RecordedDelivery]
) -> None:
    """The topic is not signed: a recorded body under another topic must not delete."""
    recorded = next(one for one in webhooks if "order.updated" in one.name)

    deleted = said(store, "order.deleted", recorded.body)

    assert deleted == said(store, "order.updated", recorded.body)
    assert not deleted.records[0].deleted


def test_an_unknown_topic_is_no_error(store: WooCommerce) -> None:
    assert said(store, "subscription.renewed", b"not even JSON") == Snapshot(
        note="the topic subscription.renewed is not known"
    )


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "the object was gone before WooCommerce sent the webhook"),
        ('"404"', "the object was gone before WooCommerce sent the webhook"),
        (401, "give the webhook to an administrator"),
        (403, "give the webhook to an administrator"),
        (500, "an error of WooCommerce with status 500"),
        ("null", "an error of WooCommerce with status 0"),
        ("[]", "expected a whole number"),
    ],
)
@pytest.mark.parametrize("topic", ["order.updated", "order.deleted", "customer.created"])
def test_a_signed_error_is_explained(
    store: WooCommerce, topic: str, status: object, words: str
) -> None:
    with pytest.raises(PayloadError, match=words):
        said(store, topic, error(status))


def test_a_coupon_has_a_code_and_is_no_error(store: WooCommerce) -> None:
    body = b'{"id": 3, "code": "tea", "message": "", "data": {"status": 404}}'

    (coupon,) = said(store, "coupon.created", body).records

    assert ("3", "tea") == (coupon.id, coupon.fields["code"])


@pytest.mark.parametrize(("topic", "kind"), [("product", Kind.PRODUCT), ("coupon", Kind.COUPON)])
def test_a_deleted_product_or_coupon_is_gone_until_a_read(
    store: WooCommerce, topic: str, kind: Kind
) -> None:
    """Trashing either one sends both topics with the same id (recorded: 0042 to 0045)."""
    (record,) = said(store, f"{topic}.deleted", b'{"id":2210}').records

    expected = (kind, "2210", True, normalize.ONLY_THE_ID)
    assert expected == (record.kind, record.id, record.deleted, record.needs_read)


@pytest.mark.parametrize("topic", ["product.deleted", "coupon.deleted"])
def test_a_whole_body_under_the_topic_of_a_deletion_deletes_nothing(
    store: WooCommerce, topic: str
) -> None:
    """The topic is not signed."""
    body = b'{"id":7,"status":"publish","date_modified_gmt":"2026-05-01T10:00:00"}'

    (record,) = said(store, topic, body).records

    assert not record.deleted
    assert record.fields["deleted_at"] is None


def test_prices_in_webhooks_are_in_the_configured_currency() -> None:
    body = b'{"id":7,"type":"simple","price":"12.50","date_modified_gmt":"2026-05-01T10:00:00"}'
    silent = WooCommerce(url="https://shop.example", webhook_secret="s")
    told = WooCommerce(url="https://shop.example", webhook_secret="s", currency="EUR")

    assert "price" not in said(silent, "product.updated", body).records[0].fields
    expected = Money("12.50", "EUR")
    assert expected == said(told, "product.updated", body).records[0].fields["price"]
