"""Webhooks: genuine or refused, kept whatever they say, absorbed once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from core.world import ADA, HOUR, MUG, START, World

from storelink.contracts import Delivery
from storelink.errors import (
    BadSignature,
    BodyTooLarge,
    PayloadError,
    StorageUnavailable,
    UnknownStore,
)
from storelink.intake.receive import MAX_BODY_BYTES
from storelink.intake.taking import Taking
from storelink.models import Snapshot
from storelink.storage import InboxState, Undone
from storelink.testing import FakeStore, Webhook
from storelink.toolkit.signing import hmac_sha256_base64

SECRET = "fake-secret"


def signed(body: bytes, delivery: str = "d1", topic: str = "order.updated") -> Webhook:
    """A genuine request with this body."""
    headers = {
        "X-Fake-Topic": topic,
        "X-Fake-Delivery": delivery,
        "X-Fake-Signature": hmac_sha256_base64(SECRET, body),
    }
    return Webhook(topic, headers, body)


def receive(world: World, webhook: Webhook, **change: Any) -> Any:
    told = {"headers": webhook.headers, "body": webhook.body, **change}
    return world.link.receive("shop", **told)


@pytest.fixture
def webhook(world: World) -> Webhook:
    """The first webhook of a new order."""
    world.store.place(ADA, [MUG])
    return world.store.take()[0]


# -- genuine or not --------------------------------------------------------------------------------


def test_a_genuine_webhook_is_stored_and_absorbed_before_the_answer(
    world: World, webhook: Webhook
) -> None:
    receipt = receive(world, webhook)
    assert ("shop", "order.created", False, InboxState.ABSORBED) == (
        receipt.store,
        receipt.topic,
        receipt.duplicate,
        receipt.state,
    )
    assert ("shop/order/1001/placed", "shop/order/1001/paid") == receipt.events
    (row,) = world.link.inbox()
    assert webhook.body == row.body
    assert START == row.received_at


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda w: {"body": w.body + b" "}, id="one more blank"),
        pytest.param(lambda w: {"body": w.body.replace(b"Mug", b"Cup")}, id="another word"),
        pytest.param(lambda w: {"headers": {}}, id="no header at all"),
        pytest.param(lambda w: {"headers": without(w, "X-Fake-Signature")}, id="no signature"),
        pytest.param(lambda w: {"headers": with_signature(w, "")}, id="empty signature"),
        pytest.param(lambda w: {"headers": with_signature(w, "ä€\udcff")}, id="not ASCII"),
        pytest.param(lambda w: {"headers": with_signature(w, "A" * 100_000)}, id="very long"),
        pytest.param(
            lambda w: {"headers": with_signature(w, hmac_sha256_base64("other", w.body))},
            id="another secret",
        ),
    ],
)
def test_what_is_not_signed_is_refused_and_leaves_no_trace(
    world: World, webhook: Webhook, change: Callable[[Webhook], dict[str, Any]]
) -> None:
    with pytest.raises(BadSignature) as caught:
        receive(world, webhook, **change(webhook))
    assert 401 == caught.value.status
    assert [] == world.link.inbox()
    assert [] == world.link.events()


def without(webhook: Webhook, name: str) -> dict[str, str]:
    return {key: value for key, value in webhook.headers.items() if key != name}


def with_signature(webhook: Webhook, signature: str) -> dict[str, str]:
    return {**webhook.headers, "X-Fake-Signature": signature}


def test_the_names_of_headers_have_no_case(world: World, webhook: Webhook) -> None:
    headers = {name.upper(): value for name, value in webhook.headers.items()}
    assert InboxState.ABSORBED is receive(world, webhook, headers=headers).state


def test_a_store_that_there_is_not_is_named(world: World, webhook: Webhook) -> None:
    with pytest.raises(UnknownStore, match="no store is called 'atelier'; configured: shop"):
        world.link.receive("atelier", headers=webhook.headers, body=webhook.body)


def test_secret_headers_are_not_kept(world: World, webhook: Webhook) -> None:
    headers = {**webhook.headers, "Authorization": "Basic x", "Cookie": "a=b"}
    receive(world, webhook, headers=headers)
    (row,) = world.link.inbox()
    assert {"x-fake-topic", "x-fake-delivery", "x-fake-signature"} == set(row.headers)


def test_a_ping_is_answered_and_not_stored(new_world: Callable[..., World]) -> None:
    class Pinging(FakeStore):
        def verify(self, headers: Mapping[str, str], body: bytes) -> Delivery:
            return replace(super().verify(headers, body), is_ping=True)

    world = new_world()
    world.link._receiver._adapters["shop"] = Pinging(clock=world.clock)  # type: ignore[index]
    receipt = receive(world, signed(b"webhook_id=7"))
    assert (InboxState.IGNORED, None) == (receipt.state, receipt.inbox_id)
    assert [] == world.link.inbox()


# -- duplicates ------------------------------------------------------------------------------------


def test_a_repeated_delivery_changes_nothing(world: World, webhook: Webhook) -> None:
    first = receive(world, webhook)
    before = world.link.orders("shop"), world.link.events(), world.link.next_due()
    world.clock.advance(HOUR)
    again = receive(world, webhook)
    assert (True, first.inbox_id, InboxState.ABSORBED) == (
        again.duplicate,
        again.inbox_id,
        again.state,
    )
    assert () == again.events
    assert before == (world.link.orders("shop"), world.link.events(), world.link.next_due())
    assert [START] == [row.received_at for row in world.link.inbox()]


def test_the_same_body_delivered_twice_by_the_platform_changes_nothing_either(
    world: World, webhook: Webhook
) -> None:
    """Two deliveries with ids of their own: both are kept, and the second says nothing new."""
    receive(world, webhook)
    before = world.link.orders("shop"), world.link.events()
    again = receive(world, signed(webhook.body, "another"))
    assert (False, InboxState.ABSORBED, ()) == (again.duplicate, again.state, again.events)
    assert before == (world.link.orders("shop"), world.link.events())


# -- what cannot be understood ---------------------------------------------------------------------


def record(**change: Any) -> bytes:
    told: dict[str, Any] = {
        "kind": "order",
        "id": "1",
        "updated_at": "2026-11-02T09:00:00+00:00",
        "fields": {"status": "open", "number": "#1", "currency": "EUR"},
    }
    return json.dumps({"records": [{**told, **change}]}).encode()


HOSTILE = {
    "empty": b"",
    "no JSON": b"<html>503</html>",
    "truncated": record()[:-7],
    "a list": b"[]",
    "a text": b'"records"',
    "nothing": b"null",
    "not UTF-8": b'{"records": "\xff\xfe"}',
    "a lone surrogate": b'{"records": [{"kind": "order", "id": "\\ud800"}]}',
    "NaN": b'{"records": [{"kind": "order", "id": NaN}]}',
    "an infinity": b'{"records": [{"kind": "order", "id": -Infinity}]}',
    "too large a number": b'{"records": 1e999999999999999999999}',
    "deep nesting": b'{"records": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep nesting of objects": b'{"a": ' * 50_000 + b"1" + b"}" * 50_000,
    "ten megabytes of nonsense": b'{"records": "' + b"x" * 10_000_000 + b'"}',
    "ten megabytes of records": b'{"records": [' + b"1," * 5_000_000 + b"1]}",
    "no records": b"{}",
    "records that are no list": b'{"records": {}}',
    "records that are no objects": b'{"records": [1, null, "x"]}',
    "an unknown kind": record(kind="invoice"),
    "a kind that nothing is told of": record(kind="person"),
    "no id": record(id=None),
    "an id that is a list": record(id=[1]),
    "an id that is a flag": record(id=True),
    "an id that is endless": record(id="9" * 300),
    "an id with a control character": record(id="1\n2"),
    "fields that are a list": record(fields=[1]),
    "fields that are a text": record(fields="open"),
    "an unknown field": record(fields={"colour": "red"}),
    "a field of parts": record(fields={"shipments": []}),
    "a status that is a list": record(fields={"status": ["open"], "lines": 7}),
    "lines that are a number": record(fields={"lines": 7}),
    "a line without an id": record(fields={"lines": [{"title": "Mug", "quantity": 1}]}),
    "money that is no number": record(fields={"total": {"amount": "x", "currency": "EUR"}}),
    "money without a currency": record(fields={"total": {"amount": "1.5"}}),
    "a contact that is a text": record(fields={"contact": "ada@example.com"}),
    "a naive time": record(updated_at="2026-11-02T09:00:00"),
    "a time that is a number": record(updated_at=7),
    "a time that is none": record(updated_at="yesterday"),
    "a time before all time": record(fields={"placed_at": "0001-01-01T00:00:00+14:00"}),
    "children that are a list": record(children=["1"]),
    "children that are numbers": record(children={"shipments": [1]}),
    "scans that are texts": record(kind="shipment", scans=["delivered"]),
    "a scan without a time": record(kind="shipment", scans=[{"id": "1", "status": "delivered"}]),
    "deleted that is a text": record(deleted="yes"),
    "a failed payment without a time": record(failed_payments=[{"id": "1"}]),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_genuine_webhook_that_cannot_be_understood_is_kept_with_its_reason(
    world: World, body: bytes
) -> None:
    """Never a crash, never a message; the shop owner can look at it and replay it."""
    receipt = receive(world, signed(body))
    assert InboxState.KEPT is receipt.state
    assert receipt.reason
    assert len(receipt.reason) < 200
    (row,) = world.link.inbox(state=InboxState.KEPT)
    assert (body, receipt.reason) == (row.body, row.reason)
    world.link.run_once()
    assert [] == world.link.events()
    assert [] == world.link.messages()
    assert [] == world.link.orders("shop")


def test_the_reason_names_the_field_and_not_its_value(world: World) -> None:
    body = record(fields={"contact": {"email": ["ada@example.com"]}})
    receipt = receive(world, signed(body))
    assert "order.contact.email: Input should be a valid string" == receipt.reason


def test_one_bad_record_keeps_all_of_its_webhook_out(world: World) -> None:
    """A webhook is absorbed whole, or not at all."""
    good = json.loads(record())["records"]
    bad = json.loads(record(id="2", fields={"colour": "red"}))["records"]
    receive(world, signed(json.dumps({"records": good + bad}).encode()))
    with world.link._database.read() as tx:
        assert [] == tx.records.order_ids("shop")


def test_a_body_larger_than_any_genuine_one_is_refused(world: World) -> None:
    body = b" " * (MAX_BODY_BYTES + 1)
    with pytest.raises(BodyTooLarge) as caught:
        receive(world, signed(body))
    assert 413 == caught.value.status
    assert [] == world.link.inbox()


def test_a_webhook_without_anything_for_us_is_ignored_with_a_note(
    new_world: Callable[..., World],
) -> None:
    class Deaf(FakeStore):
        def normalize(self, delivery: Delivery) -> Snapshot:
            return Snapshot(note=f"nobody listens to {delivery.topic}")

    world = new_world()
    world.link._receiver._adapters["shop"] = Deaf(clock=world.clock)  # type: ignore[index]
    receipt = receive(world, signed(b"{}", topic="theme.updated"))
    assert (InboxState.IGNORED, "nobody listens to theme.updated") == (
        receipt.state,
        receipt.reason,
    )


# -- replay ----------------------------------------------------------------------------------------


def test_what_was_kept_can_be_replayed_after_a_repair(new_world: Callable[..., World]) -> None:
    class Old(FakeStore):
        """An adapter that does not understand yet."""

        def normalize(self, delivery: Delivery) -> Snapshot:
            raise PayloadError("order.colour: not understood by this version")

    world = new_world()
    adapters: Any = world.link._receiver._adapters
    new, adapters["shop"] = adapters["shop"], Old(clock=world.clock)
    order_id = world.store.place(ADA, [MUG])
    webhook = world.store.take()[0]
    kept = receive(world, webhook)
    assert InboxState.KEPT is kept.state
    world.clock.advance(timedelta(minutes=5))
    adapters["shop"] = new
    replayed = world.link.replay(kept.inbox_id)
    assert (InboxState.ABSORBED, None) == (replayed.state, replayed.reason)
    world.link.run_once()
    assert [f"thank_you/order:{order_id}"] == world.sent()


def test_replaying_what_was_absorbed_changes_nothing(world: World, webhook: Webhook) -> None:
    receipt = receive(world, webhook)
    world.link.run_once()
    before = world.order("1001"), world.link.events(), world.keys()
    for _ in range(3):
        assert () == world.link.replay(receipt.inbox_id).events
    world.link.run_once()
    assert before == (world.order("1001"), world.link.events(), world.keys())
    assert 1 == len(world.sent())


def test_a_row_that_there_is_not_cannot_be_replayed(world: World) -> None:
    with pytest.raises(LookupError, match="the inbox has no row 7"):
        world.link.replay(7)


# -- absorbing fails -------------------------------------------------------------------------------


class Shaky(FakeStore):
    """An adapter with a bug that shows only sometimes."""

    failures = 0

    def normalize(self, delivery: Delivery) -> Snapshot:
        if self.failures:
            self.failures -= 1
            raise ZeroDivisionError("ada@example.com")
        return super().normalize(delivery)


@pytest.fixture
def shaky(new_world: Callable[..., World]) -> World:
    world = new_world()
    world.store = Shaky(clock=world.clock)
    for part in (world.link._receiver, world.link._reader):
        part._adapters["shop"] = world.store  # type: ignore[index]
    return world


def test_a_webhook_that_could_not_be_absorbed_stays_for_the_worker(
    shaky: World, errors_are_expected: None
) -> None:
    order_id = shaky.store.place(ADA, [MUG])
    shaky.store.failures = 1  # type: ignore[attr-defined]
    receipt = receive(shaky, shaky.store.take()[0])
    assert (InboxState.NEW, "absorbing failed: ZeroDivisionError") == (
        receipt.state,
        receipt.reason,
    )
    report = shaky.link.run_once()
    assert 1 == report.absorbed
    assert [f"thank_you/order:{order_id}"] == shaky.sent()
    assert [InboxState.ABSORBED] == [row.state for row in shaky.link.inbox()]


def test_what_is_absorbed_late_counts_from_when_it_was_received(
    shaky: World, errors_are_expected: None
) -> None:
    order_id = shaky.store.place(ADA, [MUG])
    shaky.absorb()
    shaky.clock.advance(HOUR)
    shaky.store.delete(order_id)
    shaky.store.failures = 1  # type: ignore[attr-defined]
    receipt = receive(shaky, shaky.store.take()[0])
    shaky.clock.advance(HOUR)
    shaky.link.replay(receipt.inbox_id)
    assert START + HOUR == shaky.order(order_id).deleted_at


def test_after_five_attempts_it_is_kept(shaky: World, errors_are_expected: None) -> None:
    shaky.store.place(ADA, [MUG])
    shaky.store.failures = 100  # type: ignore[attr-defined]
    receive(shaky, shaky.store.take()[0])
    shaky.link.run_once()
    (row,) = shaky.link.inbox()
    assert (InboxState.KEPT, 5) == (row.state, row.attempts)
    assert "absorbing failed: ZeroDivisionError" == row.reason


def test_a_repetition_of_a_webhook_that_waits_is_a_duplicate(
    shaky: World, errors_are_expected: None
) -> None:
    shaky.store.place(ADA, [MUG])
    shaky.store.failures = 1  # type: ignore[attr-defined]
    webhook = shaky.store.take()[0]
    receive(shaky, webhook)
    again = receive(shaky, webhook)
    assert (True, InboxState.NEW) == (again.duplicate, again.state)
    assert 1 == len(shaky.link.inbox())


def test_one_that_cannot_be_absorbed_does_not_hold_up_the_others(
    shaky: World, errors_are_expected: None
) -> None:
    first, second = shaky.store.place(ADA, [MUG]), shaky.store.place(ADA, [MUG])
    webhooks = shaky.store.take()
    shaky.store.failures = 1  # type: ignore[attr-defined]
    for webhook in webhooks:
        receive(shaky, webhook)
    shaky.link.run_once()
    assert {first, second} == {message.order_id for message in shaky.link.messages()}


def test_a_failure_half_way_leaves_nothing_of_the_webhook_in_the_mirror(
    shaky: World, errors_are_expected: None
) -> None:
    """The savepoint: the first record was merged when the second one broke."""
    shaky.store.place(ADA, [MUG])
    webhook = shaky.store.take()[0]
    taking = shaky.link._receiver._taking

    def broken(event: object) -> list[str]:
        raise RuntimeError

    shaky.link._receiver._taking = Taking(broken)
    receipt = receive(shaky, webhook)
    assert InboxState.NEW is receipt.state
    assert [] == shaky.link.orders("shop")
    assert [] == shaky.link.events()
    shaky.link._receiver._taking = taking
    shaky.link.run_once()
    assert 1 == len(shaky.sent())


@pytest.fixture
def busy(world: World) -> Callable[[], None]:
    """A database that is busy in the middle of absorbing, until it is called."""
    taking = world.link._receiver._taking

    def undone(event: object) -> list[str]:
        raise Undone("busy")

    def be_free() -> None:
        world.link._receiver._taking = taking

    world.link._receiver._taking = Taking(undone)
    return be_free


def test_a_webhook_is_kept_while_the_database_is_busy_and_that_costs_no_attempt(
    world: World, busy: Callable[[], None], errors_are_expected: None
) -> None:
    order_id = world.store.place(ADA, [MUG])
    assert InboxState.NEW is receive(world, world.store.take()[0]).state
    for _ in range(6):
        with pytest.raises(StorageUnavailable):
            world.link.run_once()
    busy()
    world.link.run_once()
    (row,) = world.link.inbox()
    assert (InboxState.ABSORBED, 2) == (row.state, row.attempts)
    assert [f"thank_you/order:{order_id}"] == world.sent()


@pytest.mark.parametrize("odd", ["\0", "\ud800"], ids=["NUL", "half a character"])
def test_words_that_no_database_keeps_stop_nothing(world: World, odd: str) -> None:
    """A database refuses them; the webhook is genuine all the same."""
    webhook = signed(record(), topic=f"order{odd}", delivery=f"d{odd}")
    first, again = receive(world, webhook), receive(world, webhook)
    assert (InboxState.ABSORBED, True) == (first.state, again.duplicate)
    assert ["order\ufffd" if odd == "\0" else "order?"] == [row.topic for row in world.link.inbox()]


def test_a_payload_with_nul_in_its_words_is_absorbed(world: World, webhook: Webhook) -> None:
    body = webhook.body
    for plain, odd in ((b'"#1001"', rb'"#1001\u0000"'), (b'"Ada"', rb'"A\u0000da \\u0000"')):
        assert plain in body
        body = body.replace(plain, odd)
    assert InboxState.ABSORBED is receive(world, signed(body, topic=webhook.topic)).state
    order = world.order("1001")
    assert ("#1001\ufffd", "A\ufffdda \\u0000") == (order.number, order.contact.first_name)
