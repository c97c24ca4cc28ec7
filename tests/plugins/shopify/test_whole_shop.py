"""The adapter and the sandbox over HTTP: what is read, listed and exported is the shop's truth."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from storelink.contracts.sandbox import Item
from storelink.models import Contact, Kind, Money, Ref, ShipmentStatus
from storelink.models.coupon import Offer
from storelink.testing import FrozenClock
from storelink.toolkit.http import Wire
from storelink_shopify import Shopify
from storelink_shopify.sandbox.server import ShopifySandbox

ADA = Contact(email="ada@example.com", phone="+4915112345678", first_name="Ada", locale="de")
MUG = Item("Mug", Money("12.50", "EUR"), 2)


class Time:
    """A clock that goes on by as much as somebody waits."""

    def __init__(self) -> None:
        self.clock = FrozenClock(datetime(2026, 11, 2, 9, tzinfo=UTC))
        self.seconds = 0.0

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.clock.advance(timedelta(seconds=seconds))


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def sandbox(time):
    with ShopifySandbox(clock=time.clock, currency="EUR") as running:
        yield running


@pytest.fixture
def shop(sandbox, time, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    wire = Wire(sleep=time.sleep, monotonic=lambda: time.seconds, now=time.clock.now)
    return Shopify(**sandbox.options, wire=wire)


@pytest.fixture
def full(sandbox, time):
    """A shop with one of everything, and the names of what is in it."""
    store = sandbox.store
    order_id = store.place(ADA, [MUG, Item("Tea", Money("7.95", "EUR"))])
    parcel_id = store.ship(order_id, number="A1", carrier="DHL", lines={0: 1})
    for status in (ShipmentStatus.IN_TRANSIT, ShipmentStatus.DELIVERED):
        time.clock.advance(timedelta(hours=1))
        store.scan(order_id, parcel_id, status)
    store.refund(order_id, lines={1: 1})
    store.approve_return(store.request_return(order_id, lines={0: 1}))
    product_id = store.add_product("Teapot", Money("39.00", "EUR"), stock=3)
    checkout_id = store.begin_checkout(ADA, [MUG])
    customer_id = store.register(ADA)
    coupon_id = store.add_coupon("THANKS", percent=Decimal(10), customer_ids=[customer_id])
    return [
        Ref.order(order_id),
        Ref(kind=Kind.PRODUCT, id=product_id),
        Ref(kind=Kind.CHECKOUT, id=checkout_id),
        Ref(kind=Kind.CUSTOMER, id=customer_id),
        Ref(kind=Kind.COUPON, id=coupon_id),
    ]


def said(snapshot):
    return {
        one.ref: (one.updated_at, one.fields, one.children, one.scans) for one in snapshot.records
    }


@pytest.fixture
def through(time):
    """Follows a list to its end, and waits where Shopify asks for it."""

    def follow(listed, kind, **options):
        cursor = None
        for _ in range(200):
            page = listed(kind, cursor=cursor, **options)
            yield from page.snapshots
            time.sleep(page.wait.total_seconds())
            cursor = page.cursor
            if cursor is None:
                return
        raise AssertionError("no end")

    return follow


def test_each_object_is_read_as_it_is(sandbox, shop, full):
    answers = shop.read_many(full)
    for ref in full:
        assert said(sandbox.store.read(ref)) == said(answers[ref]) == said(shop.read(ref))


def test_a_return_is_read_by_itself(sandbox, shop, full):
    (ref,) = (one.ref for one in shop.read(full[0]).records if one.kind is Kind.RETURN)
    assert said(sandbox.store.read(ref)) == said(shop.read(ref))


def test_what_is_listed_is_what_is_read(shop, full, through):
    for ref in full:
        listed = {one.records[0].ref: one for one in through(shop.changed, ref.kind)}
        assert said(shop.read(ref)) == said(listed[ref])


def test_a_return_under_way_brings_its_order(shop, full, through):
    (found,) = through(shop.changed, Kind.RETURN)
    assert {Kind.ORDER, Kind.RETURN} <= {one.kind for one in found.records}


def test_only_what_changed_since_is_listed(sandbox, shop, full, time, through):
    time.clock.advance(timedelta(days=2))
    since = time.clock.now()
    kinds = [ref.kind for ref in full]
    assert [[]] * 5 == [list(through(shop.changed, kind, since=since)) for kind in kinds]
    new_id = sandbox.store.place(ADA, [MUG])
    assert [new_id] == [one.records[0].id for one in through(shop.changed, Kind.ORDER, since=since)]


def test_the_history_agrees_with_the_reads(sandbox, shop, full, through):
    """It tells less of an order, and nothing else."""
    sandbox.grow(600)
    for kind in shop.manifest.lists:
        told = {
            one.ref: one for snapshot in through(shop.history, kind) for one in snapshot.records
        }
        for ref in (one for one in full if one.kind is kind):
            for record in shop.read(ref).records:
                known = told[record.ref]
                assert known.children.items() <= record.children.items()
                assert {n: v for n, v in record.fields.items() if n in known.fields} == known.fields


def test_the_history_has_every_order_once(sandbox, shop, through):
    sandbox.grow(600)
    ids = [one.records[0].id for one in through(shop.history, Kind.ORDER)]
    assert sorted(sandbox.store.order_ids()) == sorted(ids)


def test_counts_and_ids_of_every_kind_agree(shop, full):
    for ref in full:
        ids = shop.ids(ref.kind)
        assert ref.id in ids
        assert len(ids) == shop.count(ref.kind)


def test_a_large_order_is_read_to_its_end(sandbox, shop):
    """More lines, scans and lines of parcels than any first page holds."""
    store = sandbox.store
    items = [Item(f"Thing {n}", Money("1.00", "EUR")) for n in range(130)]
    order_id = store.place(ADA, items)
    parcel_id = store.ship(order_id, number="A1", carrier="DHL")
    for _ in range(45):
        store.scan(order_id, parcel_id, ShipmentStatus.IN_TRANSIT)
    store.refund(order_id)
    for number in range(12):
        store.request_return(order_id, lines={number: 1})
    told, truth = shop.read(Ref.order(order_id)), store.read(Ref.order(order_id))
    parts = {one.ref: one for one in told.records}
    header = parts[Ref.order(order_id)]
    assert 130 == len(header.fields["lines"])
    assert 12 == len(header.children["returns"])
    parcel = parts[Ref.shipment(parcel_id)]
    assert (130, 45) == (len(parcel.fields["lines"]), len(parcel.scans))
    assert {one.ref for one in truth.records} == parts.keys()


def test_webhooks_arrive_for_every_topic_that_can_be_asked_for(shop):
    topics = shop.topics(set(Kind))
    for topic in topics:
        shop.subscribe(topic, "https://hooks.example/webhooks/acme")
    assert sorted(topics) == sorted(one.topic for one in shop.subscriptions())
    again = shop.subscribe(topics[0], "https://hooks.example/webhooks/acme")
    assert again in shop.subscriptions()
    assert len(topics) == len(shop.subscriptions())


def test_a_code_that_was_issued_is_read_and_withdrawn(shop, full, time):
    customer_id = full[3].id
    offer = Offer(
        code="ONCE-7F3K",
        amount=Money("5.00", "EUR"),
        customer_id=customer_id,
        expires_at=time.clock.now() + timedelta(days=30),
    )
    coupon = shop.issue_coupon(offer)
    ref = Ref(kind=Kind.COUPON, id=coupon.id)
    assert (True, (customer_id,)) == (coupon.active, coupon.customer_ids)
    shop.withdraw_coupon(offer.code)
    assert shop.read(ref).records[0].fields["active"] is False


def test_what_is_written_is_read(sandbox, shop, full):
    write, order, customer = shop.write, full[0], full[3]
    write.add_tags(to=order, tags=["vip", "gift"])
    write.remove_tags(of=order, tags=["gift"])
    assert "vip" in shop.read(order).records[0].fields["tags"]
    assert "gift" not in shop.read(order).records[0].fields["tags"]
    assert write.store_credit(customer_id=customer.id, amount=Money("5.00", "EUR"))
    (parcel,) = (one for one in shop.read(order).records if one.kind is Kind.SHIPMENT)
    at = datetime(2026, 11, 3, tzinfo=UTC)
    said = {"shipment_id": parcel.id, "status": ShipmentStatus.ATTEMPTED, "at": at}
    assert write.fulfillment_event(**said) == write.fulfillment_event(**said)
    (now,) = (one for one in shop.read(order).records if one.kind is Kind.SHIPMENT)
    assert len(parcel.scans) + 1 == len(now.scans)
