"""A whole store is read and written over HTTP, while it lives and its answers get lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from plugins.woocommerce.odd_shop import wire

from storelink.contracts.sandbox import Item
from storelink.contracts.store import Page
from storelink.models import Contact, Kind, Money, Ref
from storelink.models.coupon import Offer
from storelink.models.record import Record, Snapshot
from storelink.testing import FrozenClock
from storelink_woocommerce import WooCommerce
from storelink_woocommerce.sandbox.server import WooCommerceSandbox

TEA = Item("Tea", Money("100", "INR"))


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def box(clock: FrozenClock) -> Iterator[WooCommerceSandbox]:
    """A shop in Kolkata with 250 orders of the last half hour."""
    box = WooCommerceSandbox(clock=clock, time_zone="Asia/Kolkata")
    for number in range(250):
        clock.advance(timedelta(seconds=7))
        box.store.place(Contact(email=f"a{number}@mail.example"), [TEA])
    with box:
        yield box


@pytest.fixture
def store(box: WooCommerceSandbox, clock: FrozenClock) -> WooCommerce:
    return WooCommerce(**box.options, wire=wire(clock, attempts=12))


def walked(ask: Callable[[str | None], Page]) -> list[Record]:
    found: list[Record] = []
    page = ask(None)
    while True:
        found += [snapshot.records[0] for snapshot in page.snapshots]
        if page.cursor is None:
            return found
        page = ask(page.cursor)


def test_what_changed_is_found_though_orders_are_touched_between_the_pages(
    box: WooCommerceSandbox, store: WooCommerce, clock: FrozenClock
) -> None:
    ids = box.store.order_ids()
    since = clock.now() - timedelta(minutes=30)
    clock.advance(timedelta(hours=1))
    box.store.delete(ids[5])
    box.faults.drift = True
    box.faults.unavailable = 0.1

    found = walked(lambda cursor: store.changed(Kind.ORDER, since=since, cursor=cursor))

    assert set(ids) == {record.id for record in found}
    assert {ids[5]} == {record.id for record in found if record.fields["deleted_at"]}


def test_history_counts_and_ids_agree(
    box: WooCommerceSandbox, store: WooCommerce, clock: FrozenClock
) -> None:
    ids = box.store.order_ids()
    start = clock.now() - timedelta(seconds=7 * 9)

    assert list(ids) == [
        record.id for record in walked(lambda c: store.history(Kind.ORDER, cursor=c))
    ]
    assert 250 == store.count(Kind.ORDER)
    assert 10 == store.count(Kind.ORDER, start=start)
    assert 240 == store.count(Kind.ORDER, end=start)
    assert set(ids[-10:]) == set(store.ids(Kind.ORDER, start=start))


def test_an_order_is_read_as_the_shop_knows_it(box: WooCommerceSandbox, store: WooCommerce) -> None:
    refunded, shipped, deleted, plain = box.store.order_ids()[:4]
    box.store.refund(refunded)
    box.store.ship(shipped, number="1Z9", carrier="ups")
    box.store.delete(deleted)
    refs = [Ref.order(key) for key in (refunded, shipped, deleted, plain)]

    many = store.read_many(refs)

    for ref in refs:
        truth = box.store.read(ref)
        assert truth == store.read(ref)
        assert truth == many[ref]
    snapshots = [one for one in many.values() if isinstance(one, Snapshot)]
    assert [2, 2, 1, 1] == [len(one.records) for one in snapshots]


def test_a_coupon_is_made_once_though_answers_are_lost(
    box: WooCommerceSandbox, store: WooCommerce, clock: FrozenClock
) -> None:
    end = clock.now() + timedelta(days=30)
    offers = [
        Offer(code=f"THX-{number}", percent="10", email="Ana@Mail.example", expires_at=end)
        for number in range(10)
    ]
    box.faults.lost = 0.3

    made = [store.issue_coupon(offer) for offer in offers]
    box.faults.lost = 0.0

    assert 10 == store.count(Kind.COUPON)
    assert {("ana@mail.example",)} == {coupon.emails for coupon in made}
    assert {end} == {coupon.expires_at for coupon in made}
    assert made == [store.issue_coupon(offer) for offer in offers]


def test_accounts_of_every_role_are_listed(box: WooCommerceSandbox, store: WooCommerce) -> None:
    """Plugins give buyers other roles; by default WooCommerce lists only "customer"."""
    made = store.client.post("customers", {"email": "s@mail.example"}).data["id"]
    box.store.world.customers[made]["role"] = "subscriber"

    listed = [record.id for record in walked(lambda c: store.history(Kind.CUSTOMER, cursor=c))]
    both = store.read_many([Ref(kind=Kind.CUSTOMER, id=key) for key in (str(made), "1")])

    assert str(made) in listed
    assert 2 == store.count(Kind.CUSTOMER) == len(listed)
    assert all(isinstance(outcome, Snapshot) for outcome in both.values())
