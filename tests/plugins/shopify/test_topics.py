from __future__ import annotations

import json
import re

import pytest

from storelink.errors import PayloadError
from storelink.models import Kind, Snapshot
from storelink_shopify import normalize, topics

RAISED_BY_HAND = {
    "orders/edited",
    "fulfillment_events/delete",
    "customers/enable",
    "customers/disable",
    "customer.tags_removed",
    "customers/merge",
    "discounts/redeemcode_removed",
}
RETURNS = {topic for topic in topics.NORMALIZERS if topic.startswith("returns/")}


def test_every_topic_is_met_in_these_tests(life, account, shop, trade):
    shop.redact_customer(account)
    shop.close_account(account)
    order_id = life.order_id
    life.shop.delete(order_id)
    raised = [*life.webhooks, *life.shop.take(), *shop.take(), *trade.webhooks]
    met = {webhook.topic for webhook in raised} | RAISED_BY_HAND
    assert set(topics.NORMALIZERS) == met


def test_every_webhook_of_a_life_is_understood(life, account, shop, trade, adapter, deliver):
    quiet = [
        webhook.topic
        for webhook in [*life.webhooks, *shop.take(), *trade.webhooks]
        if adapter.normalize(deliver(webhook)).note
    ]
    assert quiet == ["returns/process"]


@pytest.mark.parametrize(
    "written", ["orders/create", "ORDERS/CREATE", "ORDERS_CREATE", "Orders/Create"]
)
def test_a_topic_is_one_topic_however_it_is_written(life, written):
    body = life.last("orders/create").body
    expected = normalize.webhook("orders/create", body, None)
    assert expected == normalize.webhook(written, body, None)


@pytest.mark.parametrize(
    "topic",
    [
        "carts/create",
        "carts/update",
        "draft_orders/create",
    ],
)
def test_what_comes_later_is_noted_whatever_it_holds(topic):
    snapshot = normalize.webhook(topic, b"not even JSON", None)
    assert snapshot.records == ()
    assert "later" in snapshot.note


@pytest.mark.parametrize("topic", ["orders/teleported", "", "/", "themes/publish", "é" * 50])
def test_an_unknown_topic_is_noted(topic):
    snapshot = normalize.webhook(topic, b"{}", None)
    assert snapshot.records == ()
    assert "not a topic" in snapshot.note


@pytest.mark.parametrize("topic", sorted(set(topics.NORMALIZERS) - RETURNS))
def test_an_empty_object_is_refused_by_name(topic):
    with pytest.raises(PayloadError, match=re.escape(topic)):
        normalize.webhook(topic, b"{}", None)


@pytest.mark.parametrize("topic", sorted(RETURNS))
def test_a_return_that_is_not_named_is_noted(topic):
    """Shopify's example of `returns/process` is an empty object."""
    snapshot = normalize.webhook(topic, b"{}", None)
    assert Snapshot(note="the webhook does not name the return") == snapshot


def test_an_edited_order_has_to_be_read(only):
    edit = {"id": 5, "order_id": 7100000000001, "line_items": {"additions": [], "removals": []}}
    record = only("orders/edited", {"order_edit": edit})
    assert (record.kind, record.id, record.fields) == (Kind.ORDER, "7100000000001", {})
    assert "edited" in record.needs_read


def test_a_deleted_order_is_gone_and_has_to_be_read(only):
    record = only("orders/delete", {"id": 7100000000001})
    assert (record.kind, record.id, record.deleted) == (Kind.ORDER, "7100000000001", True)
    assert record.needs_read


def test_a_report_taken_back_makes_the_order_be_read(life, only):
    event = life.body("fulfillment_events/create")
    record = only("fulfillment_events/delete", event)
    assert (Kind.ORDER, life.order_id, ()) == (record.kind, record.id, record.scans)
    assert record.needs_read


def test_raw_is_what_json_can_keep_exactly(life, normalize):
    """The mirror stores it; `subtotal` of a refund is the one amount that is a JSON number."""
    record = normalize("refunds/create", life.body("refunds/create")).records[0]
    assert isinstance(record.raw["refund_line_items"][0]["subtotal"], str)
    assert record.raw == json.loads(json.dumps(record.raw))
