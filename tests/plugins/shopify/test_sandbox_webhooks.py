from __future__ import annotations

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from shopify_calls import MAYA, MUG, running

from storelink.contracts.sandbox import Faults
from storelink_shopify import Shopify
from storelink_shopify.sandbox.subscriptions import REPEATS

EXAMPLES = Path(__file__).parents[2] / "data" / "shopify" / "payloads"
CREATE = """mutation($topic: WebhookSubscriptionTopic!, $uri: String!, $fields: [String!]) {
webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri, includeFields: $fields})
{ webhookSubscription { id topic uri apiVersion { handle } } userErrors { field message } } }"""
DELETE = """mutation($id: ID!) { webhookSubscriptionDelete(id: $id)
{ deletedWebhookSubscriptionId userErrors { message } } }"""
LIST = "{ webhookSubscriptions(first: 50) { nodes { id topic uri } } }"


class Receiver:
    """Somebody's address for webhooks; answers with `status`."""

    def __init__(self):
        self.status, self.got = 200, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((dict(self.headers), body))
                self.send_response(outer.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def topics(self):
        return [headers["X-Shopify-Topic"] for headers, _ in self.got]

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def receiver():
    started = Receiver()
    yield started
    started.close()


@pytest.fixture
def calls():
    with running() as started:
        yield started


def subscribe(calls, topic, uri, **given):
    made = calls.ask(CREATE, topic=topic, uri=uri, **given)["webhookSubscriptionCreate"]
    assert [] == made["userErrors"]
    return made["webhookSubscription"]


def held(calls):
    return calls.ask(LIST)["webhookSubscriptions"]["nodes"]


def test_whoever_subscribed_gets_genuine_webhooks_of_the_topic(calls, receiver):
    subscribe(calls, "ORDERS_CREATE", receiver.url)
    subscribe(calls, "ORDERS_PAID", receiver.url)
    calls.place()
    assert 2 == calls.sandbox.deliver()
    adapter = Shopify(**calls.sandbox.options)
    deliveries = [adapter.verify(headers, body) for headers, body in receiver.got]
    assert ["orders/create", "orders/paid"] == [one.topic for one in deliveries]
    assert 2 == len({one.key for one in deliveries})
    assert {"2026-10"} == {headers["X-Shopify-API-Version"] for headers, _ in receiver.got}
    assert 3 == len(calls.store.take()), "what is taken does not depend on subscriptions"


def test_two_addresses_get_their_own_delivery_of_the_same_event(calls, receiver):
    for path in ("a", "b"):
        subscribe(calls, "ORDERS_CREATE", f"{receiver.url}/{path}")
    calls.place()
    calls.sandbox.deliver()
    ids, events = (
        {headers[f"X-Shopify-{name}-Id"] for headers, _ in receiver.got}
        for name in ("Webhook", "Event")
    )
    assert (2, 1) == (len(ids), len(events))


def test_only_the_fields_that_were_asked_for_are_sent_and_signed(calls, receiver):
    subscribe(calls, "ORDERS_CREATE", receiver.url, fields=["id", "updated_at"])
    (order_id,) = calls.place()
    calls.sandbox.deliver()
    ((headers, body),) = receiver.got
    assert body.startswith(f'{{"id":{order_id},"updated_at":'.encode())
    assert Shopify(**calls.sandbox.options).verify(headers, body)


def test_the_same_address_for_the_same_topic_is_refused(calls):
    subscribe(calls, "ORDERS_CREATE", "https://example.com/hooks")
    again = calls.ask(CREATE, topic="ORDERS_CREATE", uri="https://example.com/hooks")
    errors = again["webhookSubscriptionCreate"]["userErrors"]
    assert ["Address for this topic has already been taken"] == [one["message"] for one in errors]
    assert 1 == len(held(calls))


def test_a_deleted_subscription_gets_nothing_more(calls, receiver):
    made = subscribe(calls, "ORDERS_CREATE", receiver.url)
    calls.place()
    calls.ask(DELETE, id=made["id"])
    calls.place()
    assert (0, [], []) == (calls.sandbox.deliver(), receiver.got, held(calls))


def test_a_failed_delivery_is_repeated_as_it_was(calls, receiver):
    subscribe(calls, "ORDERS_CREATE", receiver.url)
    calls.place()
    receiver.status = 500
    calls.sandbox.deliver()
    receiver.status = 204
    assert calls.clock.now() + REPEATS[0] == calls.sandbox.next_delivery()
    assert 0 == calls.sandbox.deliver()
    calls.clock.advance(REPEATS[0])
    assert 1 == calls.sandbox.deliver()
    assert receiver.got[0] == receiver.got[1]
    assert None is calls.sandbox.next_delivery()


def test_eight_failures_in_a_row_end_a_subscription(calls, receiver):
    subscribe(calls, "ORDERS_CREATE", receiver.url)
    calls.place()
    receiver.status = 503
    for wait in REPEATS[:7]:
        calls.sandbox.deliver()
        assert 1 == len(held(calls))
        calls.clock.advance(wait)
    calls.sandbox.deliver()
    assert ([], None) == (held(calls), calls.sandbox.next_delivery())
    assert 8 == len(receiver.got)


def test_repeats_take_four_hours():
    assert (8, timedelta(hours=4)) == (len(REPEATS), sum(REPEATS, timedelta()))


def test_faults_lose_and_repeat_webhooks(receiver):
    with running(faults=Faults(seed=5, drop=0.5, duplicate=0.5)) as calls:
        subscribe(calls, "ORDERS_CREATE", receiver.url)
        calls.place(40)
        made = calls.sandbox.deliver()
    ids = {headers["X-Shopify-Webhook-Id"] for headers, _ in receiver.got}
    assert made == len(receiver.got)
    assert 8 < len(ids) < 32
    assert len(ids) < made


def test_privacy_requests_go_to_the_address_of_the_app(receiver):
    with running(app_url=receiver.url) as calls:
        customer = calls.store.register(MAYA)
        calls.store.request_data(customer)
        calls.store.redact_customer(customer)
        calls.store.redact_shop()
        calls.sandbox.deliver()
    expected = ["customers/data_request", "customers/redact", "shop/redact"]
    assert expected == receiver.topics


def test_a_removed_app_has_no_token_and_no_subscriptions(calls, receiver):
    subscribe(calls, "APP_UNINSTALLED", receiver.url)
    subscribe(calls, "ORDERS_CREATE", receiver.url)
    calls.store.uninstall()
    calls.place()
    calls.sandbox.deliver()
    assert ["app/uninstalled"] == receiver.topics
    assert 401 == calls.post("{ shop { id } }").status_code


def test_other_faults_come_into_force_at_once(calls, receiver):
    subscribe(calls, "ORDERS_CREATE", receiver.url)
    calls.sandbox.faults = Faults(drop=1.0)
    calls.place(3)
    calls.sandbox.faults = Faults()
    calls.place()
    assert 1 == calls.sandbox.deliver()


def test_held_goods_are_seen(calls):
    (order_id,) = calls.place()
    query = "{ orders(first: 1) { nodes { displayFulfillmentStatus } } }"
    calls.store.take(), calls.store.hold(order_id)
    told = [one.topic for one in calls.store.take()]
    assert ["fulfillment_orders/placed_on_hold", "orders/updated"] == told
    nodes = calls.ask(query)["orders"]["nodes"]
    assert [{"displayFulfillmentStatus": "ON_HOLD"}] == nodes
    calls.store.release(order_id)
    nodes = calls.ask(query)["orders"]["nodes"]
    assert [{"displayFulfillmentStatus": "UNFULFILLED"}] == nodes


def keys(shape, body, path=""):
    """Where the keys differ; an example that shows nothing at a place says nothing about it."""
    if isinstance(shape, dict) and isinstance(body, dict):
        yield from (f"{path}.{key}" for key in shape.keys() ^ body.keys() if shape and body)
        for key in shape.keys() & body.keys():
            yield from keys(shape[key], body[key], f"{path}.{key}")
    elif isinstance(shape, list) and isinstance(body, list) and shape:
        for item in body:
            yield from keys(shape[0], item, f"{path}[]")


def test_what_is_told_of_goods_and_privacy_has_the_keys_of_the_examples(calls):
    store = calls.store
    store.delete_product(store.add_product("Pot", MUG.unit_price))
    store.delete_checkout(store.begin_checkout(MAYA, [MUG]))
    coupon = store.add_coupon("HELLO")
    store.end_coupon(coupon)
    store.delete_coupon(coupon)
    customer = store.register(MAYA)
    store.request_data(customer)
    store.redact_customer(customer)
    store.redact_shop()
    store.uninstall()
    found = {}
    for webhook in store.take():
        if webhook.topic == "customers/create":
            continue
        example = EXAMPLES / f"{webhook.topic.replace('/', '__')}.json"
        found[webhook.topic] = [*keys(json.loads(example.read_text()), json.loads(webhook.body))]
    assert {topic: [] for topic in found} == found
    assert 12 == len(found)


def test_goods_are_told_of(calls):
    store = calls.store
    product = store.add_product("Pot", MUG.unit_price)
    store.edit_product(product, title="Teapot")
    store.set_stock(product, 0)
    store.delete_product(product)
    checkout = store.begin_checkout(MAYA, [MUG])
    store.continue_checkout(checkout, [MUG])
    store.complete_checkout(checkout)
    coupon = store.add_coupon("HELLO")
    store.end_coupon(coupon)
    store.delete_coupon(coupon)
    expected = [
        "products/create",
        *["products/update"] * 2,
        "products/delete",
        "checkouts/create",
        *["checkouts/update"] * 2,
        "orders/create",
        "orders/paid",
        "orders/updated",
        "discounts/create",
        "discounts/redeemcode_added",
        "discounts/update",
        "discounts/delete",
    ]
    assert expected == [one.topic for one in store.take()]
