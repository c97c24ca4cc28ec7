from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from storelink.contracts.sandbox import Item, Webhook
from storelink.contracts.store import Delivery
from storelink.models import (
    ConsentChannel,
    Contact,
    Kind,
    Money,
    Record,
    Ref,
    ShipmentStatus,
    Snapshot,
)
from storelink_shopify import Shopify
from storelink_shopify.normalize import webhook as say
from storelink_shopify.sandbox import ScriptedShopify

SHOP = "acme.myshopify.com"
SECRET = "hush-hush"

MAYA = Contact(
    email="maya.ito@example.org",
    phone="+4915112345678",
    first_name="Maya",
    last_name="Ito",
    locale="de-DE",
)


class HandClock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 11, 2, 9, 30, 15, 250_000, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant

    def advance(self, **amount: float) -> datetime:
        self.instant += timedelta(**amount)
        return self.instant


@dataclass
class Life:
    """What became of one order: every webhook, and after each act what a read would have said."""

    shop: ScriptedShopify
    clock: HandClock
    order_id: str
    acts: list[tuple[list[Webhook], Snapshot]] = field(default_factory=list)

    @property
    def webhooks(self) -> list[Webhook]:
        return [webhook for told, _ in self.acts for webhook in told]

    def last(self, topic: str) -> Webhook:
        return next(one for one in reversed(self.webhooks) if one.topic == topic)

    def body(self, topic: str) -> dict[str, Any]:
        return json.loads(self.last(topic).body)

    def done(self) -> None:
        """Note what the last act raised, and let an hour pass."""
        told, truth = self.shop.take(), self.shop.read(Ref.order(self.order_id))
        self.acts.append((told, truth))
        self.clock.advance(hours=1)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def shop(clock: HandClock) -> ScriptedShopify:
    return ScriptedShopify(shop=SHOP, secret=SECRET, clock=clock)


@pytest.fixture
def adapter() -> Shopify:
    return Shopify(shop=SHOP, webhook_secret=SECRET)


@pytest.fixture
def maya() -> Contact:
    return MAYA


@pytest.fixture
def life() -> Life:
    return lived()


@pytest.fixture
def another_life() -> Life:
    return lived()


def lived() -> Life:
    """Place, pay, two parcels, scans, a partial refund, a return, closed, then called off."""
    clock = HandClock()
    shop = ScriptedShopify(
        shop=SHOP, secret=SECRET, clock=clock, currency="USD", rate=Decimal("1.08")
    )
    mug, tea = Item("Mug", Money("12.50", "EUR"), 2), Item("Tea", Money("7.95", "EUR"), 1)
    order_id = shop.place(MAYA, [mug, tea], payment_method="cod", code="TENTH", shipping="4.90")
    life = Life(shop, clock, order_id)
    life.done()
    shop.fail_payment(order_id)
    life.done()
    shop.pay(order_id)
    life.done()
    _ship(life)
    shop.refund(order_id, lines={1: 1})
    life.done()
    _send_back(life)
    for act in (shop.complete, shop.cancel):
        act(order_id)
        life.done()
    shop.refund(order_id)
    life.done()
    return life


def _ship(life: Life) -> None:
    shop, order_id = life.shop, life.order_id
    promised = life.clock.now() + timedelta(days=3)
    one = shop.ship(
        order_id,
        number="JD01",
        carrier="DHL",
        url="https://track.example/JD01",
        lines={0: 1},
        promised_at=promised,
    )
    life.done()
    two = shop.ship(order_id, number="1Z02", carrier="UPS")
    life.done()
    for status in (ShipmentStatus.IN_TRANSIT, ShipmentStatus.DELAYED, ShipmentStatus.DELIVERED):
        shop.scan(order_id, one, status, message=f"now {status}", promised_at=promised)
        life.done()
    shop.scan(order_id, two, ShipmentStatus.OUT_FOR_DELIVERY)
    life.done()


def _send_back(life: Life) -> None:
    shop = life.shop
    first = shop.request_return(life.order_id, lines={0: 1})
    life.done()
    for act in (shop.approve_return, shop.receive_return, shop.close_return, shop.reopen_return):
        act(first)
        life.done()
    shop.cancel_return(first)
    life.done()
    shop.decline_return(shop.request_return(life.order_id, lines={0: 1}))
    life.done()


@dataclass
class Trade:
    """What became of a product, a checkout and a code, with a read of the thing after each act."""

    shop: ScriptedShopify
    acts: list[tuple[list[Webhook], Snapshot | None]] = field(default_factory=list)

    @property
    def webhooks(self) -> list[Webhook]:
        return [webhook for told, _ in self.acts for webhook in told]

    def done(self, kind: Kind | None, object_id: str) -> None:
        truth = self.shop.read(Ref(kind=kind, id=object_id)) if kind else None
        self.acts.append((self.shop.take(), truth))


def traded() -> Trade:
    """A product, a checkout that becomes an order, a code; in the end the app is taken off."""
    clock = HandClock()
    shop = ScriptedShopify(
        shop=SHOP, secret=SECRET, clock=clock, currency="EUR", rate=Decimal("1.08")
    )
    trade = Trade(shop)
    _sell(trade, clock)
    for checkout_id in (_check_out(trade, clock), _check_out(trade, clock)):
        if checkout_id:
            shop.delete_checkout(checkout_id)
            trade.done(None, checkout_id)
    _give_codes(trade, clock)
    customer_id = shop.register(MAYA)
    for act in (shop.request_data, shop.redact_customer):
        act(customer_id)
        clock.advance(hours=1)
    for act in (shop.uninstall, shop.redact_shop):
        act()
        clock.advance(hours=48)
    trade.done(None, "")
    return trade


def _sell(trade: Trade, clock: HandClock) -> None:
    shop = trade.shop
    product_id = shop.add_product("Teapot", Money("39.00", "EUR"), stock=3)
    trade.done(Kind.PRODUCT, product_id)
    clock.advance(hours=1)
    shop.edit_product(product_id, title="Green teapot", status="draft", tags=["tea", "clay"])
    trade.done(Kind.PRODUCT, product_id)
    clock.advance(hours=1)
    shop.set_stock(product_id, 0)
    trade.done(Kind.PRODUCT, product_id)
    shop.delete_product(product_id)
    trade.done(None, product_id)


def _check_out(trade: Trade, clock: HandClock) -> str:
    shop, mug = trade.shop, Item("Mug", Money("12.50", "EUR"), 2)
    checkout_id = shop.begin_checkout(MAYA, [mug], accepts_marketing=True)
    trade.done(Kind.CHECKOUT, checkout_id)
    clock.advance(minutes=20)
    shop.continue_checkout(checkout_id, [Item("Tea", Money("7.95", "EUR"))])
    trade.done(Kind.CHECKOUT, checkout_id)
    clock.advance(minutes=20)
    shop.complete_checkout(checkout_id)
    trade.done(Kind.CHECKOUT, checkout_id)
    return checkout_id


def _give_codes(trade: Trade, clock: HandClock) -> None:
    shop = trade.shop
    customer_id = shop.register(MAYA)
    coupon_id = shop.add_coupon(
        "THANKS-1",
        percent=Decimal("12.5"),
        minimum=Money("20.00", "EUR"),
        usage_limit=1,
        customer_ids=[customer_id],
        ends_at=clock.now() + timedelta(days=30),
    )
    trade.done(Kind.COUPON, coupon_id)
    clock.advance(hours=1)
    shop.end_coupon(coupon_id)
    trade.done(Kind.COUPON, coupon_id)
    shop.delete_coupon(coupon_id)
    trade.done(None, coupon_id)


@pytest.fixture
def trade() -> Trade:
    return traded()


@pytest.fixture
def account(shop: ScriptedShopify, clock: HandClock) -> str:
    return opened(shop, clock)


def opened(shop: ScriptedShopify, clock: HandClock) -> str:
    """An account with an order, tags and consent on every channel."""
    customer_id = shop.register(MAYA)
    clock.advance(minutes=5)
    shop.place(MAYA, [Item("Mug", Money("12.50", "EUR"))])
    shop.tag(customer_id, "regular")
    for channel in (ConsentChannel.EMAIL, ConsentChannel.SMS, ConsentChannel.WHATSAPP):
        clock.advance(minutes=5)
        shop.agree(customer_id, channel)
    clock.advance(minutes=5)
    shop.rename(customer_id, first_name="Maya", last_name="Ito-Lang")
    shop.sum_up(customer_id)
    return customer_id


def said(topic: str, body: Any, triggered_at: datetime | None = None) -> Snapshot:
    return say(topic, json.dumps(body).encode(), triggered_at)


@pytest.fixture
def normalize() -> Callable[..., Snapshot]:
    """Says what a body says, given as a value: `normalize(topic, body)`."""
    return said


@pytest.fixture
def only() -> Callable[..., Record]:
    """The one record of what a body says: `only(topic, body)`."""

    def record(topic: str, body: Any, triggered_at: datetime | None = None) -> Record:
        (found,) = said(topic, body, triggered_at).records
        return found

    return record


@pytest.fixture
def deliver(adapter: Shopify) -> Callable[[Webhook], Delivery]:
    return lambda webhook: adapter.verify(webhook.headers, webhook.body)


@dataclass(frozen=True)
class Corpus:
    """A genuine body of every topic, and a genuine node of every kind."""

    bodies: dict[str, Any]
    nodes: dict[str, Any]


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    life, clock = lived(), HandClock()
    shop = ScriptedShopify(shop=SHOP, secret=SECRET, clock=clock)
    customer = Ref(kind=Kind.CUSTOMER, id=opened(shop, clock))
    account = shop.read(customer)
    shop.close_account(customer.id)
    truth = life.acts[-1][1]
    coming_back = next(one.ref for one in truth.records if one.kind is Kind.RETURN)
    trade = traded()
    raised = [*life.webhooks, *shop.take(), *trade.webhooks]
    bodies = {webhook.topic: json.loads(webhook.body) for webhook in raised}
    more = {
        "orders/delete": {"id": 7100000000001},
        "orders/edited": {"order_edit": {"id": 1, "order_id": 7100000000001}},
        "fulfillment_events/delete": bodies["fulfillment_events/create"],
        "customers/enable": bodies["customers/update"],
        "customers/disable": bodies["customers/update"],
        "customer.tags_removed": bodies["customer.tags_added"],
        "customers/merge": {
            "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
            "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
            "admin_graphql_api_job_id": None,
            "status": "success",
            "errors": [],
        },
        "discounts/redeemcode_removed": bodies["discounts/redeemcode_added"],
    }
    return Corpus(
        bodies=bodies | more,
        nodes={
            "order": dict(truth.records[0].raw),
            "return_": dict(life.shop.read(coming_back).records[0].raw),
            "customer": dict(account.records[0].raw),
            **{
                str(truth.records[0].kind): dict(truth.records[0].raw)
                for _, truth in trade.acts
                if truth is not None
            },
        },
    )
