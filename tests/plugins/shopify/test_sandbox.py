from __future__ import annotations

import json
from pathlib import Path

import pytest

from storelink.contracts.sandbox import Item
from storelink.errors import NotFound
from storelink.models import Kind, Money, Ref, ShipmentStatus
from storelink_shopify import PLUGIN

DATA = Path(__file__).parents[2] / "data" / "shopify"
SHAPES = json.loads((DATA / "shapes.json").read_text())
"""The keys, and nothing but the keys, of Shopify's examples and of the documents' answers."""

WHOLE_ORDER = "orders/create"
SAME_SHAPE = {
    "orders/updated": WHOLE_ORDER,
    "orders/paid": WHOLE_ORDER,
    "orders/cancelled": WHOLE_ORDER,
    "orders/fulfilled": WHOLE_ORDER,
    "orders/partially_fulfilled": WHOLE_ORDER,
    "fulfillments/update": "fulfillments/create",
    "returns/approve": "returns/request",
    "customers/update": "customers/create",
}


def differences(shape, value, path=""):
    """Where the keys differ; an example that shows nothing at a place says nothing about it."""
    if isinstance(shape, dict) and isinstance(value, dict):
        if shape and value:
            yield from (f"{path}.{key}" for key in shape.keys() ^ value.keys())
        for key in shape.keys() & value.keys():
            yield from differences(shape[key], value[key], f"{path}.{key}")
    elif isinstance(shape, list) and isinstance(value, list):
        for item in value if shape else ():
            yield from differences(shape[0], item, f"{path}[]")
    elif isinstance(shape, dict | list) and value is not None:
        yield f"{path}: {type(value).__name__}"


def test_every_webhook_has_the_keys_of_the_example(life, account, shop):
    bodies = {one.topic: json.loads(one.body) for one in [*life.webhooks, *shop.take()]}
    found = {
        topic: sorted(differences(SHAPES["webhooks"][SAME_SHAPE.get(topic, topic)], body))
        for topic, body in bodies.items()
    }
    assert {topic: [] for topic in bodies} == found


def test_the_parts_inside_an_order_have_the_keys_of_the_same_parts_alone(life):
    order = life.body("orders/updated")
    parts = {"fulfillments": "fulfillments/create", "refunds": "refunds/create"}
    found = [
        difference
        for name, topic in parts.items()
        for part in order[name]
        for difference in differences(SHAPES["webhooks"][topic], part)
    ]
    assert (len(order["fulfillments"]), len(order["refunds"]), found) == (2, 2, [])


def node_differences(shape, node, path=""):
    if isinstance(node, list):
        for item in node:
            yield from node_differences(shape, item, f"{path}[]")
    elif isinstance(node, dict):
        yield from (f"{path}.{key}" for key in (shape or {}).keys() - node.keys())
        for key in node.keys() & (shape or {}).keys():
            yield from node_differences(shape[key], node[key], f"{path}.{key}")


def test_every_node_has_the_keys_that_its_document_asks_for(life):
    raw = life.acts[-1][1].records[0].raw
    (coming_back, *_) = [one for one in life.acts[-1][1].records if one.kind is Kind.RETURN]
    returned = life.shop.read(coming_back.ref).records[0].raw
    customer = life.shop.read(Ref(kind=Kind.CUSTOMER, id=life_customer(life))).records[0].raw
    allowed = {".returnLineItems.nodes[].unitPrice"}  # only lines that match nothing have it
    found = [
        *node_differences(SHAPES["nodes"]["order"], raw),
        *node_differences(SHAPES["nodes"]["return"], returned),
        *node_differences(SHAPES["nodes"]["customer"], customer),
    ]
    assert [one for one in found if one not in allowed] == []


def life_customer(life):
    return life.acts[-1][1].records[0].fields["customer_id"]


def test_every_webhook_is_genuinely_signed_and_has_its_own_key(life, deliver):
    deliveries = [deliver(webhook) for webhook in life.webhooks]
    assert [one.topic for one in life.webhooks] == [one.topic for one in deliveries]
    assert len(deliveries) == len({one.key for one in deliveries})
    assert all(one.triggered_at for one in deliveries)


def test_the_webhooks_of_one_act_share_an_event_id(life):
    events = [{one.headers["X-Shopify-Event-Id"] for one in told} for told, _ in life.acts]
    acts = [told for told, _ in life.acts]
    assert [one.topic for one in acts[0]] == ["orders/create", "orders/updated"]
    assert len(events[0]) == 1


def test_the_same_life_raises_the_same_bytes(life, another_life):
    assert life.webhooks == another_life.webhooks


def test_what_was_deleted_is_not_found(shop, maya):
    order_id = shop.place(maya, [Item("Mug", Money(5, "EUR"))])
    shop.delete(order_id)
    with pytest.raises(NotFound):
        shop.read(Ref.order(order_id))
    assert {"id": int(order_id)} == json.loads(shop.take()[-1].body)


@pytest.mark.parametrize("kind", list(Kind))
def test_what_never_was_is_not_found(shop, kind):
    with pytest.raises(NotFound):
        shop.read(Ref(kind=kind, id="404"))


def test_a_part_is_read_with_its_order(life):
    whole = life.shop.read(Ref.order(life.order_id))
    parts = [one.ref for one in whole.records if one.kind in {Kind.SHIPMENT, Kind.REFUND}]
    assert len(parts) == 4
    assert [whole] * 4 == [life.shop.read(ref) for ref in parts]


@pytest.mark.parametrize("status", [ShipmentStatus.RETURNING, ShipmentStatus.UNKNOWN])
def test_shopify_has_no_word_for_every_status(life, status):
    order = life.shop.read(Ref.order(life.order_id))
    parcel = next(one.id for one in order.records if one.kind is Kind.SHIPMENT)
    with pytest.raises(ValueError, match=status):
        life.shop.scan(life.order_id, parcel, status)


def test_the_manifest_builds_it(clock):
    assert PLUGIN.sandbox is not None
    sandbox = PLUGIN.sandbox(clock=clock, secret="s", shop="beta.myshopify.com")
    assert sandbox.store.take() == []
