"""Everything that a scripted shop has, and how it tells the outside."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from storelink.clock import Clock
from storelink.contracts.sandbox import Item, Webhook
from storelink.errors import NotFound
from storelink.models.contact import Contact
from storelink.models.money import Money
from storelink_shopify.sandbox import goods_payloads, payloads
from storelink_shopify.sandbox.goods_state import CheckoutState, CouponState, ProductState
from storelink_shopify.sandbox.listing import Listing
from storelink_shopify.sandbox.outlet import Outlet
from storelink_shopify.sandbox.past import CATALOG, STRIDE, Past
from storelink_shopify.sandbox.state import (
    CustomerState,
    LineState,
    OrderState,
    ParcelState,
    ReturnState,
    Shop,
)

Telling = str | tuple[str, Mapping[str, Any]]
"""A topic with its body; of a topic alone, the body is the order."""


T = TypeVar("T")

_CENT = Decimal("0.01")


class Ledger:
    """The orders, customers and goods of one shop, and the webhooks it has raised.

    Attributes:
        listener: told of every webhook as soon as it is raised.
    """

    def __init__(self, clock: Clock, shop: Shop, secret: str) -> None:
        self.shop = shop
        self.orders: dict[str, OrderState] = {}
        self.customers: dict[str, CustomerState] = {}
        self.products: dict[str, ProductState] = {}
        self.checkouts: dict[str, CheckoutState] = {}
        self.coupons: dict[str, CouponState] = {}
        self.free_shipping: dict[str, Money] = {}
        self.raised: list[Webhook] = []
        self.listener: Callable[[Webhook], None] = lambda _: None
        self._clock = clock
        self._outlet = Outlet(shop.domain, secret)
        self._ids = itertools.count(7_100_000_000_000, STRIDE)
        self._numbers = itertools.count(1001)
        self._named: dict[str, int] = {}
        self._people: dict[str | None, CustomerState] = {}
        self._parts: dict[str, str] = {}
        self._past: list[Past] = []
        self._catalog: list[ProductState] = []
        self._taken: set[int] = set()

    def now(self) -> datetime:
        """Return the present second: Shopify counts no less."""
        return self._clock.now().replace(microsecond=0)

    def new_id(self) -> int:
        """Return an id that nothing has yet."""
        return next(self._ids)

    def new_part(self, order: OrderState) -> int:
        """Return an id for a part of an order, by which the order is found again."""
        number = self.new_id()
        self._parts[str(number)] = str(order.id)
        return number

    def new_number(self) -> int:
        """Return the number of the next order."""
        return next(self._numbers)

    # -- telling ---------------------------------------------------------------------------------

    def changed(self, order: OrderState, *tellings: Telling) -> None:
        """Raise *tellings* about an order that was changed just now, and that it was updated."""
        order.updated_at = self.now()
        body = payloads.order(self.shop, order)
        told = [(one, body) if isinstance(one, str) else one for one in tellings]
        self.tell(*told, ("orders/updated", body))

    def product_changed(self, product: ProductState, topic: str = "products/update") -> None:
        """Raise that a product was changed just now."""
        product.updated_at = self.now()
        self.tell((topic, goods_payloads.product(product)))

    def checkout_changed(self, checkout: CheckoutState, topic: str = "checkouts/update") -> None:
        """Raise that a checkout was changed just now."""
        checkout.updated_at = self.now()
        self.tell((topic, goods_payloads.checkout(self.shop, checkout)))

    def tell(self, *tellings: tuple[str, Mapping[str, Any]]) -> None:
        """Raise the webhooks of one act."""
        for webhook in self._outlet.act(self._clock.now(), *tellings):
            self.raised.append(webhook)
            self.listener(webhook)

    # -- finding ---------------------------------------------------------------------------------

    def order(self, order_id: str) -> OrderState:
        """Return an order to act upon, or raise `NotFound`."""
        if order_id not in self.orders and (found := self.find_order(order_id)):
            self._taken |= {found.id, found.customer.id}
            self.orders[order_id] = found
            self._keep(found.customer)
        return _found(self.orders.get(order_id), f"order {order_id}")

    def find_order(self, order_id: str) -> OrderState | None:
        """Return an order to look at, by its id or that of a part; `None` if there is none."""
        order_id = self._parts.get(order_id, order_id)
        if order_id in self.orders or not order_id.isdecimal():
            return self.orders.get(order_id)
        for past in self._past:
            place = past.orders.place(int(order_id))
            if place is not None:
                number = past.orders.id(place)
                known = self.orders.get(str(number))
                return known if number in self._taken else past.orders.make(place)
        return None

    def every_order(self) -> Listing[OrderState]:
        """Return all orders."""
        return Listing(self.orders.values(), [past.orders for past in self._past], self._taken)

    def parcel(self, order: OrderState, shipment_id: str) -> ParcelState:
        """Return a parcel of an order, or raise `NotFound`."""
        found = (one for one in order.parcels if str(one.id) == shipment_id)
        return _found(next(found, None), f"fulfillment {shipment_id}")

    def returned(self, return_id: str) -> tuple[OrderState, ReturnState]:
        """Return a return with its order, or raise `NotFound`."""
        order = self.orders.get(self._parts.get(return_id, ""))
        found = (one for one in order.returns if str(one.id) == return_id) if order else iter(())
        coming_back = _found(next(found, None), f"return {return_id}")
        return _found(order, f"return {return_id}"), coming_back

    def customer(self, customer_id: str) -> CustomerState:
        """Return an account to act upon, or raise `NotFound`."""
        if customer_id not in self.customers and (found := self.find_customer(customer_id)):
            self._taken.add(found.id)
            self._keep(found)
        return _found(self.customers.get(customer_id), f"customer {customer_id}")

    def find_customer(self, customer_id: str) -> CustomerState | None:
        """Return an account to look at; `None` if there is none."""
        if customer_id in self.customers or not customer_id.isdecimal():
            return self.customers.get(customer_id)
        number = int(customer_id)
        for past in self._past:
            place = past.people.place(number)
            if place is not None and number not in self._taken:
                return past.people.make(place) if past.people.id(place) == number else None
        return None

    def every_customer(self) -> Listing[CustomerState]:
        """Return all accounts."""
        return Listing(self.customers.values(), [past.people for past in self._past], self._taken)

    def customer_for(self, contact: Contact) -> CustomerState:
        """Return the account of *contact*, told by address or phone; if need be, a new one."""
        known = self._people.get(_person(contact))
        if known is not None:
            return known
        now = self.now()
        made = CustomerState(self.new_id(), contact, created_at=now, updated_at=now)
        self._keep(made)
        return made

    def _keep(self, customer: CustomerState) -> None:
        self.customers[str(customer.id)] = customer
        self._people.setdefault(_person(customer.contact), customer)

    def forget(self, customer: CustomerState) -> None:
        """Delete an account."""
        del self.customers[str(customer.id)]
        self._people = {key: one for key, one in self._people.items() if one is not customer}

    def product(self, product_id: str) -> ProductState:
        """Return a product, or raise `NotFound`."""
        return _found(self.products.get(product_id), f"product {product_id}")

    def checkout(self, checkout_id: str) -> CheckoutState:
        """Return a checkout, or raise `NotFound`."""
        return _found(self.checkouts.get(checkout_id), f"checkout {checkout_id}")

    def coupon(self, code: str) -> CouponState | None:
        """Return what a code takes off; the case of the code does not matter."""
        wanted = code.casefold()
        return next((one for one in self.coupons.values() if one.code.casefold() == wanted), None)

    def keep_coupon(self, made: CouponState) -> None:
        """Take a code into the shop, and tell of it."""
        self.coupons[str(made.id)] = made
        self.tell(
            ("discounts/create", goods_payloads.coupon(made, self.now())),
            ("discounts/redeemcode_added", goods_payloads.redeem_code(made, self.now())),
        )

    # -- making ----------------------------------------------------------------------------------

    def line(self, item: Item, *, discounted: bool) -> LineState:
        """Return the line that *item* becomes; a discount is a tenth."""
        tenth = (item.unit_price * item.quantity).amount / 10
        taken_off = tenth.quantize(_CENT) if discounted else 0
        product_id = self._product_id(item)
        return LineState(
            id=self.new_id(),
            product_id=product_id,
            variant_id=product_id + 1,
            title=item.title,
            quantity=item.quantity,
            price=item.unit_price,
            discount=Money(taken_off, item.unit_price.currency),
            requires_shipping=item.requires_shipping,
        )

    def _product_id(self, item: Item) -> int:
        """Return the id of what is bought; what the shop did not have yet, it had all along."""
        if item.product_id.isdecimal():
            number = int(item.product_id)
        else:
            name = item.product_id or item.title
            number = self._named.get(name) or self._named.setdefault(name, self.new_id())
        if str(number) not in self.products:
            self.stock_up(number, item.title, self.shop.own(item.unit_price))
        return number

    def stock_up(self, number: int, title: str, price: Money) -> ProductState:
        """Put a product on the shelf, and tell nobody."""
        now = self.now()
        made = ProductState(number, number + 1, title, price, created_at=now, updated_at=now)
        self.products[str(number)] = made
        return made

    def grow(self, orders: int) -> None:
        """Let the shop have so many more old orders; the last was changed a day ago."""
        currency = self.shop.currency or "EUR"
        if not self._catalog:
            self._catalog = [
                self.stock_up(self.new_id(), title, Money(price, currency))
                for title, price in CATALOG
            ]
        past = Past(
            orders,
            first=sum(one.orders.count for one in self._past),
            until=self.now() - timedelta(days=1),
            products=self._catalog,
            known=lambda number: self.customers.get(str(number)),
        )
        self._past.append(past)

    def spent(self, customer: CustomerState) -> Money:
        """Return what somebody spent, in the shop's own currency."""
        orders = [self.find_order(str(order_id)) for order_id in customer.orders]
        kept = [self.shop.own(one.total - one.refunded) for one in orders if one]
        code = self.shop.currency or (kept[-1].currency if kept else "EUR")
        return Money.total((one for one in kept if one.currency == code), code)


def left(order: OrderState, done: str) -> dict[int, int]:
    """Return the quantities that are not yet *done*: shipped or refunded."""
    counts = {i: line.quantity - getattr(line, done) for i, line in enumerate(order.lines)}
    return {index: count for index, count in counts.items() if count > 0}


def _found(thing: T | None, name: str) -> T:
    if thing is None:
        raise NotFound(f"the scripted shop has no {name}")
    return thing


def _person(contact: Contact) -> str | None:
    """Return what one account is told from another by."""
    return contact.email.casefold() if contact.email else contact.phone


def answered(node: Mapping[str, Any]) -> Any:
    """Return *node* as it comes out of an answer: through JSON."""
    return json.loads(json.dumps(node))
