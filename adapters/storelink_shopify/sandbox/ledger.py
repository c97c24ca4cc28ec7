"""Everything that a scripted shop has, and how it tells the outside."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from storelink.clock import Clock
from storelink.contracts.sandbox import Item, Webhook
from storelink.errors import NotFound
from storelink.models.contact import Contact
from storelink.models.money import Money
from storelink.models.record import Snapshot
from storelink.models.ref import Kind, Ref
from storelink_shopify import nodes
from storelink_shopify.sandbox import graph, payloads
from storelink_shopify.sandbox.outlet import Outlet
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
    """The orders and customers of one shop, and the webhooks it has raised."""

    def __init__(self, clock: Clock, shop: Shop, secret: str) -> None:
        self.shop = shop
        self.orders: dict[str, OrderState] = {}
        self.raised: list[Webhook] = []
        self._clock = clock
        self._outlet = Outlet(shop.domain, secret)
        self._ids = itertools.count(7_100_000_000_000, 1000)
        self._numbers = itertools.count(1001)
        self._products: dict[str, int] = {}
        self._customers: dict[str, CustomerState] = {}

    def now(self) -> datetime:
        """Return the present second: Shopify counts no less."""
        return self._clock.now().replace(microsecond=0)

    def new_id(self) -> int:
        """Return an id that nothing has yet."""
        return next(self._ids)

    def new_number(self) -> int:
        """Return the number of the next order."""
        return next(self._numbers)

    def changed(self, order: OrderState, *tellings: Telling) -> None:
        """Raise *tellings* about an order that was changed just now, and that it was updated."""
        order.updated_at = self.now()
        body = payloads.order(self.shop, order)
        told = [(one, body) if isinstance(one, str) else one for one in tellings]
        self.tell(*told, ("orders/updated", body))

    def tell(self, *tellings: tuple[str, Mapping[str, Any]]) -> None:
        """Raise the webhooks of one act."""
        self.raised += self._outlet.act(self._clock.now(), *tellings)

    def order(self, order_id: str) -> OrderState:
        """Return an order, or raise `NotFound`."""
        return _found(self.orders.get(order_id), f"order {order_id}")

    def parcel(self, order: OrderState, shipment_id: str) -> ParcelState:
        """Return a parcel of an order, or raise `NotFound`."""
        found = (one for one in order.parcels if str(one.id) == shipment_id)
        return _found(next(found, None), f"fulfillment {shipment_id}")

    def returned(self, return_id: str) -> tuple[OrderState, ReturnState]:
        """Return a return with its order, or raise `NotFound`."""
        found = (
            (order, one)
            for order in self.orders.values()
            for one in order.returns
            if str(one.id) == return_id
        )
        return _found(next(found, None), f"return {return_id}")

    def customer(self, customer_id: str) -> CustomerState:
        """Return an account, or raise `NotFound`."""
        return _found(self._customers.get(customer_id), f"customer {customer_id}")

    def customer_for(self, contact: Contact) -> CustomerState:
        """Return the account of *contact*, told by address or phone; if need be, a new one."""
        for known in self._customers.values():
            if _is_same(known.contact, contact):
                return known
        now = self.now()
        made = CustomerState(self.new_id(), contact, created_at=now, updated_at=now)
        self._customers[str(made.id)] = made
        return made

    def forget(self, customer: CustomerState) -> None:
        """Delete an account."""
        del self._customers[str(customer.id)]

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
        if item.product_id.isdecimal():
            return int(item.product_id)
        name = item.product_id or item.title
        if name not in self._products:
            self._products[name] = self.new_id()
        return self._products[name]

    def spent(self, customer: CustomerState) -> Money:
        """Return what somebody spent, in the shop's own currency."""
        orders = [self.orders[str(order_id)] for order_id in customer.orders]
        kept = [self.shop.own(one.total - one.refunded) for one in orders]
        code = self.shop.currency or (kept[-1].currency if kept else "EUR")
        return Money.total((one for one in kept if one.currency == code), code)

    def read(self, ref: Ref) -> Snapshot:
        """Return the present truth about one object, as GraphQL would tell it.

        Raises:
            NotFound: it does not exist.
        """
        if ref.kind is Kind.RETURN:
            return nodes.return_(_answered(graph.return_(*self.returned(ref.id))))
        if ref.kind in {Kind.CUSTOMER, Kind.CONSENT}:
            customer = self.customer(ref.id.partition("/")[0])
            return nodes.customer(_answered(graph.customer(customer, self.spent(customer))))
        order = self._order_with(ref)
        node = graph.order(self.shop, order, self.spent(order.customer))
        returns = [_answered(graph.return_(order, one)) for one in order.returns]
        return nodes.order(_answered(node), returns=returns)

    def _order_with(self, ref: Ref) -> OrderState:
        parts = {Kind.SHIPMENT: "parcels", Kind.REFUND: "refunds"}
        if ref.kind not in parts:
            return self.order(ref.id)
        found = (
            order
            for order in self.orders.values()
            if any(str(part.id) == ref.id for part in getattr(order, parts[ref.kind]))
        )
        return _found(next(found, None), str(ref))


def left(order: OrderState, done: str) -> dict[int, int]:
    """Return the quantities that are not yet *done*: shipped or refunded."""
    counts = {i: line.quantity - getattr(line, done) for i, line in enumerate(order.lines)}
    return {index: count for index, count in counts.items() if count > 0}


def _found(thing: T | None, name: str) -> T:
    if thing is None:
        raise NotFound(f"the scripted shop has no {name}")
    return thing


def _is_same(known: Contact, asked: Contact) -> bool:
    if known.email or asked.email:
        return (known.email or "").casefold() == (asked.email or "").casefold()
    return known.phone == asked.phone


def _answered(node: Mapping[str, Any]) -> Any:
    """Return *node* as it comes out of an answer: through JSON."""
    return json.loads(json.dumps(node))
