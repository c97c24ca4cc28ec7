"""A Shopify store that does what it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from storelink.clock import Clock
from storelink.contracts.sandbox import Item, ScriptedStore, Webhook
from storelink.models.contact import Contact
from storelink.models.enums import ShipmentStatus
from storelink.models.money import Money
from storelink.models.record import Snapshot
from storelink.models.ref import Ref
from storelink_shopify.sandbox import part_payloads, truth
from storelink_shopify.sandbox.account_acts import AccountActs
from storelink_shopify.sandbox.goods_acts import GoodsActs
from storelink_shopify.sandbox.ledger import Ledger, left
from storelink_shopify.sandbox.notice_acts import NoticeActs
from storelink_shopify.sandbox.return_acts import ReturnActs
from storelink_shopify.sandbox.state import (
    CustomerState,
    EventState,
    LineState,
    OrderState,
    ParcelState,
    RefundState,
    Shop,
)

_GATEWAYS = {"card": "shopify_payments", "cod": "Cash on Delivery (COD)"}
_SCANS: Mapping[ShipmentStatus, str] = {
    ShipmentStatus.LABEL_CREATED: "label_printed",
    ShipmentStatus.PICKED_UP: "carrier_picked_up",
    ShipmentStatus.IN_TRANSIT: "in_transit",
    ShipmentStatus.OUT_FOR_DELIVERY: "out_for_delivery",
    ShipmentStatus.READY_FOR_PICKUP: "ready_for_pickup",
    ShipmentStatus.ATTEMPTED: "attempted_delivery",
    ShipmentStatus.DELAYED: "delayed",
    ShipmentStatus.EXCEPTION: "failure",
    ShipmentStatus.DELIVERED: "delivered",
}


class ScriptedShopify(ReturnActs, AccountActs, GoodsActs, NoticeActs, ScriptedStore):
    """A Shopify store in memory. Every act raises the webhooks that Shopify would send.

    It knows more acts than every scripted store: returns, accounts, consent, products, checkouts,
    codes, failed payments, and what Shopify tells an app about itself.

    Args:
        clock: tells when an act happens.
        shop: the shop's own domain.
        secret: what the webhooks are signed with.
        currency: the shop's own; `None` for the one the customer pays in.
        rate: how much of the shop's currency one unit of the customer's is worth.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        secret: str,
        shop: str = "acme.myshopify.com",
        currency: str | None = None,
        rate: Decimal = Decimal(1),
    ) -> None:
        self._ledger = Ledger(clock, Shop(shop, currency, rate), secret)

    @property
    def ledger(self) -> Ledger:
        """Everything that the shop has."""
        return self._ledger

    def ship_free(self, country: str, minimum: Money) -> None:
        """Ship to a country for free from a worth of *minimum* on."""
        self._ledger.free_shipping[country] = minimum

    def take(self) -> list[Webhook]:
        """Return the webhooks raised since the last call, in the order of the acts."""
        taken, self._ledger.raised = self._ledger.raised, []
        return taken

    def read(self, ref: Ref) -> Snapshot:
        """Return the present truth about one object, as GraphQL would tell it.

        A part of an order is read with its order, a consent with its customer.

        Raises:
            NotFound: it does not exist.
        """
        return truth.read(self._ledger, ref)

    def place(
        self,
        contact: Contact,
        items: Sequence[Item],
        *,
        paid: bool = True,
        payment_method: str = "card",
        code: str | None = None,
        shipping: str = "0",
    ) -> str:
        """Place an order and return its id. With *payment_method* `"cod"` it is paid later.

        Args:
            contact: who buys.
            items: what is bought.
            paid: whether it is paid at once.
            payment_method: `"card"`, `"cod"`, or the name of a gateway.
            code: the name of a discount of the lines: a tenth off every one.
            shipping: what shipping costs, in the currency of the items.
        """
        if not items:
            raise ValueError("an order has items")
        order = self._order(
            self._ledger.customer_for(contact),
            [self._ledger.line(item, discounted=code is not None) for item in items],
            shipping=Money(shipping, items[0].unit_price.currency),
            gateway=_GATEWAYS.get(payment_method, payment_method),
            is_paid=paid and payment_method != "cod",
        )
        order.code = code
        coupon = self._ledger.coupon(code) if code else None
        if coupon is not None:
            coupon.used += 1
        self._open(order)
        return str(order.id)

    def complete_checkout(self, checkout_id: str, *, paid: bool = True) -> str:
        """Let a checkout become an order, and return the order's id."""
        checkout = self._ledger.checkout(checkout_id)
        order = self._order(
            checkout.customer,
            checkout.lines,
            shipping=Money.zero(checkout.total.currency),
            gateway=_GATEWAYS["card"],
            is_paid=paid,
        )
        order.checkout_token = checkout.token
        checkout.completed_at = order.created_at
        self._ledger.checkout_changed(checkout)
        self._open(order)
        return str(order.id)

    def _order(
        self,
        customer: CustomerState,
        lines: list[LineState],
        *,
        shipping: Money,
        gateway: str,
        is_paid: bool,
    ) -> OrderState:
        now = self._ledger.now()
        return OrderState(
            id=self._ledger.new_id(),
            number=self._ledger.new_number(),
            customer=customer,
            lines=lines,
            shipping=shipping,
            gateway=gateway,
            created_at=now,
            updated_at=now,
            payment="paid" if is_paid else "pending",
        )

    def _open(self, order: OrderState) -> None:
        self._ledger.orders[str(order.id)] = order
        order.customer.orders.append(order.id)
        topics = ["orders/create", "orders/paid"] if order.payment == "paid" else ["orders/create"]
        self._ledger.changed(order, *topics)

    def hold(self, order_id: str) -> None:
        """Keep the goods back for now."""
        self._hold(order_id, "placed_on_hold", is_held=True)

    def release(self, order_id: str) -> None:
        """Keep the goods back no longer."""
        self._hold(order_id, "hold_released", is_held=False)

    def _hold(self, order_id: str, topic: str, *, is_held: bool) -> None:
        order = self._ledger.order(order_id)
        order.on_hold = is_held
        body = part_payloads.held(order)
        self._ledger.changed(order, (f"fulfillment_orders/{topic}", body))

    def tag_order(self, order_id: str, *tags: str) -> None:
        """Put *tags* on an order."""
        order = self._ledger.order(order_id)
        order.tags += [one for one in tags if one not in order.tags]
        self._ledger.changed(order)

    def untag_order(self, order_id: str, *tags: str) -> None:
        """Take *tags* off an order."""
        order = self._ledger.order(order_id)
        order.tags = [one for one in order.tags if one not in tags]
        self._ledger.changed(order)

    def touch(self, order_id: str) -> None:
        """Let somebody save the order without changing anything in it."""
        self._ledger.changed(self._ledger.order(order_id))

    def pay(self, order_id: str) -> None:
        """Pay an order that was placed unpaid."""
        order = self._ledger.order(order_id)
        order.payment = "paid"
        self._ledger.changed(order, "orders/paid")

    def fail_payment(self, order_id: str) -> None:
        """Let an attempt to pay fail."""
        order = self._ledger.order(order_id)
        body = part_payloads.failed_payment(order, self._ledger.new_id(), self._ledger.now())
        self._ledger.tell(("order_transactions/create", body))

    def cancel(self, order_id: str) -> None:
        """Call the order off."""
        order = self._ledger.order(order_id)
        order.cancelled_at = self._ledger.now()
        if order.payment == "pending":
            order.payment = "voided"
        self._ledger.changed(order, "orders/cancelled")

    def complete(self, order_id: str) -> None:
        """Close the order: the shop is done with it."""
        order = self._ledger.order(order_id)
        order.closed_at = self._ledger.now()
        self._ledger.changed(order)

    def delete(self, order_id: str) -> None:
        """Delete the order."""
        order = self._ledger.order(order_id)
        del self._ledger.orders[order_id]
        order.customer.orders.remove(order.id)
        self._ledger.tell(("orders/delete", {"id": order.id}))

    def order_ids(self) -> Sequence[str]:
        """Return the ids of every order that exists."""
        return [str(one) for one in self._ledger.every_order().ids()]

    def ship(
        self,
        order_id: str,
        *,
        number: str,
        carrier: str,
        url: str | None = None,
        lines: Mapping[int, int] | None = None,
        promised_at: datetime | None = None,
    ) -> str:
        """Send a parcel and return its id; *lines* maps the item's index to a quantity.

        A fulfillment cannot promise a day: the carrier does, with its first report.
        """
        order, now = self._ledger.order(order_id), self._ledger.now()
        parcel = ParcelState(
            id=self._ledger.new_part(order),
            name=f"#{order.number}.{len(order.parcels) + 1}",
            carrier=carrier,
            number=number,
            url=url,
            lines=dict(lines) if lines else left(order, "shipped"),
            created_at=now,
            updated_at=now,
        )
        for index, count in parcel.lines.items():
            order.lines[index].shipped += count
        order.parcels.append(parcel)
        is_all = order.fulfillment == "fulfilled"
        body = part_payloads.fulfillment(self._ledger.shop, order, parcel)
        topic = "orders/fulfilled" if is_all else "orders/partially_fulfilled"
        self._ledger.changed(order, ("fulfillments/create", body), topic)
        if promised_at:
            self.report(order_id, str(parcel.id), "label_purchased", promised_at=promised_at)
        return str(parcel.id)

    def scan(
        self,
        order_id: str,
        shipment_id: str,
        status: ShipmentStatus,
        *,
        message: str = "",
        promised_at: datetime | None = None,
    ) -> None:
        """Let the carrier report *status*.

        Raises:
            ValueError: Shopify has no word for it.
        """
        word = _SCANS.get(status)
        if word is None:
            raise ValueError(f"Shopify has no word for {status}")
        self.report(order_id, shipment_id, word, message=message, promised_at=promised_at)

    def report(
        self,
        order_id: str,
        shipment_id: str,
        word: str,
        *,
        message: str = "",
        promised_at: datetime | None = None,
        happened_at: datetime | None = None,
    ) -> str:
        """Let a report come in, in Shopify's own *word*, and return its id."""
        order, now = self._ledger.order(order_id), self._ledger.now()
        parcel = self._ledger.parcel(order, shipment_id)
        event = EventState(self._ledger.new_id(), word, message, happened_at or now, promised_at)
        parcel.events.append(event)
        parcel.updated_at = now
        self._ledger.changed(
            order,
            ("fulfillment_events/create", part_payloads.fulfillment_event(order, parcel, event)),
            ("fulfillments/update", part_payloads.fulfillment(self._ledger.shop, order, parcel)),
        )
        return str(event.id)

    def refund(self, order_id: str, *, lines: Mapping[int, int] | None = None) -> str:
        """Give money back, for *lines* or for the whole order, and return the refund's id."""
        order = self._ledger.order(order_id)
        chosen = dict(lines) if lines else left(order, "refunded")
        shares = order.sum(order.lines[index].share(count) for index, count in chosen.items())
        given_back = RefundState(
            id=self._ledger.new_part(order),
            lines=chosen,
            amount=shares if lines else order.total - order.refunded,
            created_at=self._ledger.now(),
            transaction_id=self._ledger.new_id(),
        )
        for index, count in chosen.items():
            order.lines[index].refunded += count
        order.refunds.append(given_back)
        is_all = order.refunded >= order.total
        order.payment = "refunded" if is_all else "partially_refunded"
        body = part_payloads.refund(self._ledger.shop, order, given_back)
        self._ledger.changed(order, ("refunds/create", body))
        return str(given_back.id)
