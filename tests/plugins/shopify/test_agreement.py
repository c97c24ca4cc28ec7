"""What a webhook says and what a read says must not contradict each other."""

from __future__ import annotations

import json
import re

import pytest

from storelink.contracts.sandbox import Item
from storelink.models import ConsentChannel, Kind, Money, Ref, ReturnStatus
from storelink.toolkit.payload import parse_json
from storelink_shopify import nodes


def pairs(told, truth):
    """Each record of a webhook with the same object's record of a read."""
    by_ref = {record.ref: record for record in truth.records}
    return [(record, by_ref[record.ref]) for record in told.records]


def contradictions(told, read):
    for name in told.fields.keys() & read.fields.keys():
        if told.fields[name] != read.fields[name]:
            yield f"{told.ref}.{name}: {told.fields[name]!r} != {read.fields[name]!r}"
    for name in told.children.keys() & read.children.keys():
        if set(told.children[name]) != set(read.children[name]):
            yield f"{told.ref}.children.{name}"
    known = {scan.id: scan for scan in read.scans}
    for scan in told.scans:
        if known[scan.id] != scan:
            yield f"{told.ref}.scan.{scan.id}"


def test_whole_orders_agree_with_the_read_after_every_act(life, adapter, deliver):
    compared, found = set(), []
    for webhooks, truth in life.acts:
        for webhook in webhooks:
            if not webhook.topic.startswith("orders/"):
                continue
            for told, read in pairs(adapter.normalize(deliver(webhook)), truth):
                compared.add(told.kind)
                found += contradictions(told, read)
                if told.updated_at != read.updated_at:
                    found.append(f"{told.ref}: {told.updated_at} != {read.updated_at}")
    assert found == []
    assert {Kind.ORDER, Kind.SHIPMENT, Kind.REFUND} == compared


@pytest.mark.parametrize(
    "topic",
    [
        "fulfillments/create",
        "fulfillments/update",
        "fulfillment_events/create",
        "refunds/create",
        "order_transactions/create",
    ],
)
def test_parts_alone_agree_with_the_read(life, adapter, deliver, topic):
    found = [
        one
        for webhooks, truth in life.acts
        for webhook in webhooks
        if webhook.topic == topic
        for told, read in pairs(adapter.normalize(deliver(webhook)), truth)
        for one in contradictions(told, read)
    ]
    assert found == []
    assert topic in {webhook.topic for webhook in life.webhooks}


def test_products_checkouts_and_codes_agree_with_the_read_after_every_act(trade, adapter, deliver):
    compared, found = set(), []
    for webhooks, truth in trade.acts:
        for webhook in webhooks if truth else ():
            told = adapter.normalize(deliver(webhook)).records[0]
            read = truth.records[0]
            if told.kind is not read.kind:
                continue
            compared.add(told.kind)
            found += contradictions(told, read)
            if told.updated_at not in (None, read.updated_at):
                found.append(f"{told.ref}: {told.updated_at} != {read.updated_at}")
    assert found == []
    assert {Kind.PRODUCT, Kind.CHECKOUT, Kind.COUPON} == compared


def test_what_only_one_shape_of_goods_has_is_a_decision(trade, adapter, deliver):
    only_read = {
        "products/update": {"categories", "image_url", "in_stock", "price", "price_to", "url"},
        "checkouts/update": set(),
        "discounts/update": {
            "amount", "code", "customer_ids", "expires_at", "kind", "minimum", "percent",
            "starts_at", "usage_count", "usage_limit",
        },
    }  # fmt: skip
    only_told = {"checkouts/update": {"accepts_marketing"}}
    last = {webhook.topic: (webhook, truth) for told, truth in trade.acts for webhook in told}
    for topic, more in only_read.items():
        webhook, truth = last[topic]
        told, read = adapter.normalize(deliver(webhook)).records[0], truth.records[0]
        assert more == read.fields.keys() - told.fields.keys()
        assert only_told.get(topic, set()) == told.fields.keys() - read.fields.keys()


def test_a_part_says_the_same_alone_and_inside_its_order(life, normalize):
    order = normalize("orders/updated", life.body("orders/updated"))
    inside = {record.ref: record for record in order.records}
    for topic in ("fulfillments/update", "refunds/create"):
        (alone,) = normalize(topic, life.body(topic)).records
        assert alone.fields == inside[alone.ref].fields
        assert alone.within == inside[alone.ref].within
        assert alone.order_id == inside[alone.ref].order_id


def test_the_fields_that_both_carry_are_nearly_all(life, normalize):
    """What only one shape has is a decision, not an oversight."""
    (header, *parts) = normalize("orders/updated", life.body("orders/updated")).records
    truth = {record.ref: record for record in life.acts[-1][1].records}
    assert header.fields.keys() == truth[header.ref].fields.keys()
    shipment = next(part for part in parts if part.kind is Kind.SHIPMENT)
    only_read = truth[shipment.ref].fields.keys() - shipment.fields.keys()
    assert {"in_transit_at", "delivered_at", "estimated_delivery_at"} == only_read
    refund = next(part for part in parts if part.kind is Kind.REFUND)
    assert truth[refund.ref].fields.keys() == refund.fields.keys()
    assert {"fulfillments", "refunds"} == header.children.keys()
    assert {"fulfillments", "refunds", "returns"} == truth[header.ref].children.keys()


@pytest.mark.parametrize("state", ["requested", "open", "declined", "canceled", "closed"])
def test_returns_agree(life, only, state):
    moves = {
        "open": ["approve_return"],
        "declined": ["decline_return"],
        "canceled": ["cancel_return"],
        "closed": ["approve_return", "close_return"],
    }
    return_id = life.shop.request_return(life.order_id, lines={0: 1})
    for move in moves.get(state, []):
        getattr(life.shop, move)(return_id)
    bodies = [one for one in life.shop.take() if one.topic.startswith("returns/")]
    (read,) = life.shop.read(Ref(kind=Kind.RETURN, id=return_id)).records
    told = only(bodies[-1].topic, json.loads(bodies[-1].body))
    assert list(contradictions(told, read)) == []
    assert ReturnStatus(state.replace("canceled", "cancelled")) is read.fields["status"]


def test_the_order_and_the_return_itself_agree_on_a_return(life):
    header = life.acts[-1][1].records[0]
    inside = [one for one in nodes.order(header.raw).records if one.kind is Kind.RETURN]
    assert ["lines" in one.fields for one in inside] == [False, False]
    for told in inside:
        (read,) = life.shop.read(told.ref).records
        assert list(contradictions(told, read)) == []
        assert told.order_id == read.order_id


def test_an_order_that_is_read_says_all_of_its_returns(life):
    """The document of an order leaves the lines out, so that each return is read with it."""
    returns = [one for one in life.acts[-1][1].records if one.kind is Kind.RETURN]
    assert [life.shop.read(one.ref).records for one in returns] == [(one,) for one in returns]
    assert ["lines" in one.fields for one in returns] == [True, True]


@pytest.mark.parametrize("name", ["order", "return_", "customer"])
def test_both_ways_to_parse_a_node_give_the_same(corpus, name):
    """`requests` gives floats where this library reads `Decimal`; amounts are text in both."""
    text = json.dumps(corpus.nodes[name]).replace('"amount": "', '"amount": ').encode()
    text = re.sub(rb'("amount": [0-9.]+)"', rb"\1", text)
    exact, floats = parse_json(text), json.loads(text)
    read = getattr(nodes, name)
    assert read(exact) == read(floats) == read(corpus.nodes[name])
    assert name == "return_" or exact != corpus.nodes[name]


def test_customers_and_consents_agree(shop, account, adapter, deliver):
    truth = shop.read(Ref(kind=Kind.CUSTOMER, id=account))
    by_ref = {record.ref: record for record in truth.records}
    last = {webhook.topic: webhook for webhook in shop.take()}
    topics = [name for name in last if name.startswith("customers") and "create" not in name]
    told = [one for name in topics for one in adapter.normalize(deliver(last[name])).records]
    assert len(told) == 5
    known = [one for one in told if one.ref in by_ref]
    assert [c for one in known for c in contradictions(one, by_ref[one.ref])] == []
    whatsapp = [one.fields["channel"] for one in told if one.ref not in by_ref]
    assert whatsapp == [ConsentChannel.WHATSAPP]
    consents = [one for one in known if one.kind is Kind.CONSENT]
    assert [one.updated_at for one in consents] == [by_ref[one.ref].updated_at for one in consents]


def test_a_shop_in_the_currency_of_its_customers_agrees(shop, maya, clock, adapter, deliver):
    order_id = shop.place(maya, [Item("Vase", Money("1200", "JPY"), 3)], shipping="300")
    clock.advance(minutes=3)
    shop.refund(order_id, lines={0: 1})
    truth = shop.read(Ref.order(order_id))
    told = adapter.normalize(deliver(shop.take()[-1]))
    found = [one for pair in pairs(told, truth) for one in contradictions(*pair)]
    assert found == []
    assert Money("3900", "JPY") == told.records[0].fields["total"]
