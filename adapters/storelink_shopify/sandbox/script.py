"""A Shopify store that does what it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from storelink.clock import Clock
from storelink.contracts.sandbox import Item, ScriptedStore, Webhook
from storelink.models.contact import Contact
from storelink.models.enums import ConsentChannel, ShipmentStatus
from storelink.models.money import Money
from storelink.models.record import Snapshot
from storelink.models.ref import Ref
from storelink_shopify.sandbox import part_payloads, people_payloads
from storelink_shopify.sandbox.ledger import Ledger, left
from storelink_shopify.sandbox.state import (
    ConsentState,
    CustomerState,
    EventState,
    OrderState,
    ParcelState,
    RefundState,
    ReturnState,
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
_CONSENT_TOPICS: Mapping[ConsentChannel, str] = {
    ConsentChannel.EMAIL: "customers_email_marketing_consent/update",
    ConsentChannel.SMS: "customers_marketing_consent/update",
    ConsentChannel.WHATSAPP: "customers_whats_app_marketing_consent/update",
}


class ScriptedShopify(ScriptedStore):
    """A Shopify store in memory. Every act raises the webhooks that Shopify would send.

    It knows more acts than every scripted store: returns, accounts, consent, failed payments.

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
        return self._ledger.read(ref)

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
        now, customer = self._ledger.now(), self._ledger.customer_for(contact)
        order = OrderState(
            id=self._ledger.new_id(),
            number=self._ledger.new_number(),
            customer=customer,
            lines=[self._ledger.line(item, discounted=code is not None) for item in items],
            shipping=Money(shipping, items[0].unit_price.currency),
            gateway=_GATEWAYS.get(payment_method, payment_method),
            created_at=now,
            updated_at=now,
            payment="paid" if paid and payment_method != "cod" else "pending",
            code=code,
        )
        self._ledger.orders[str(order.id)] = order
        customer.orders.append(order.id)
        topics = ["orders/create", "orders/paid"] if order.payment == "paid" else ["orders/create"]
        self._ledger.changed(order, *topics)
        return str(order.id)

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
            id=self._ledger.new_id(),
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
            self._report(order, parcel, "label_purchased", "", promised_at)
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
        order = self._ledger.order(order_id)
        self._report(order, self._ledger.parcel(order, shipment_id), word, message, promised_at)

    def _report(
        self,
        order: OrderState,
        parcel: ParcelState,
        word: str,
        message: str,
        promised_at: datetime | None,
    ) -> None:
        now = self._ledger.now()
        event = EventState(self._ledger.new_id(), word, message, now, promised_at)
        parcel.events.append(event)
        parcel.updated_at = now
        self._ledger.changed(
            order,
            ("fulfillment_events/create", part_payloads.fulfillment_event(order, parcel, event)),
            ("fulfillments/update", part_payloads.fulfillment(self._ledger.shop, order, parcel)),
        )

    def refund(self, order_id: str, *, lines: Mapping[int, int] | None = None) -> str:
        """Give money back, for *lines* or for the whole order, and return the refund's id."""
        order = self._ledger.order(order_id)
        chosen = dict(lines) if lines else left(order, "refunded")
        shares = order.sum(order.lines[index].share(count) for index, count in chosen.items())
        given_back = RefundState(
            id=self._ledger.new_id(),
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

    def request_return(self, order_id: str, *, lines: Mapping[int, int] | None = None) -> str:
        """Let the customer ask to send something back, and return the return's id."""
        order = self._ledger.order(order_id)
        coming_back = ReturnState(
            id=self._ledger.new_id(),
            name=f"#{order.number}-R{len(order.returns) + 1}",
            status="requested",
            lines=dict(lines) if lines else left(order, "refunded"),
            created_at=self._ledger.now(),
        )
        order.returns.append(coming_back)
        self._ledger.changed(order, ("returns/request", part_payloads.returned(order, coming_back)))
        return str(coming_back.id)

    def approve_return(self, return_id: str) -> None:
        """Agree to take it back."""
        order, coming_back = self._ledger.returned(return_id)
        coming_back.status, coming_back.approved_at = "open", self._ledger.now()
        self._ledger.changed(order, ("returns/approve", part_payloads.returned(order, coming_back)))

    def decline_return(self, return_id: str) -> None:
        """Refuse to take it back."""
        order, coming_back = self._ledger.returned(return_id)
        coming_back.status = "declined"
        body = part_payloads.declined_return(order, coming_back)
        self._ledger.changed(order, ("returns/decline", body))

    def receive_return(self, return_id: str) -> None:
        """Let the goods arrive. Shopify's example of this webhook is an empty object."""
        order, coming_back = self._ledger.returned(return_id)
        coming_back.received = True
        self._ledger.changed(
            order,
            ("returns/process", {}),
            ("returns/update", part_payloads.updated_return(coming_back)),
        )

    def cancel_return(self, return_id: str) -> None:
        """Call the return off."""
        self._move_return(return_id, "canceled", "returns/cancel")

    def close_return(self, return_id: str) -> None:
        """Be done with the return."""
        self._ledger.returned(return_id)[1].closed_at = self._ledger.now()
        self._move_return(return_id, "closed", "returns/close")

    def reopen_return(self, return_id: str) -> None:
        """Take up a closed return again."""
        self._ledger.returned(return_id)[1].closed_at = None
        self._move_return(return_id, "open", "returns/reopen")

    def _move_return(self, return_id: str, status: str, topic: str) -> None:
        order, coming_back = self._ledger.returned(return_id)
        coming_back.status = status
        self._ledger.changed(order, (topic, part_payloads.moved_return(order, coming_back)))

    def register(self, contact: Contact) -> str:
        """Open an account and return its id."""
        customer = self._ledger.customer_for(contact)
        self._ledger.tell(("customers/create", self._account(customer)))
        return str(customer.id)

    def rename(self, customer_id: str, *, first_name: str, last_name: str) -> None:
        """Let somebody change their name."""
        customer = self._ledger.customer(customer_id)
        names = {"first_name": first_name, "last_name": last_name}
        customer.contact = customer.contact.model_copy(update=names)
        customer.updated_at = self._ledger.now()
        self._ledger.tell(("customers/update", self._account(customer)))

    def agree(self, customer_id: str, channel: ConsentChannel, state: str = "subscribed") -> None:
        """Let somebody agree to marketing on *channel*, or with another *state* withdraw."""
        customer = self._ledger.customer(customer_id)
        customer.consents[channel] = ConsentState(state, self._ledger.now())
        customer.updated_at = self._ledger.now()
        topic = _CONSENT_TOPICS[channel]
        self._ledger.tell((topic, people_payloads.consent(customer, channel)))

    def tag(self, customer_id: str, *tags: str) -> None:
        """Put *tags* on an account."""
        customer = self._ledger.customer(customer_id)
        customer.tags += tags
        customer.updated_at = self._ledger.now()
        body = people_payloads.tags(customer, tags, customer.updated_at)
        self._ledger.tell(("customer.tags_added", body))

    def sum_up(self, customer_id: str) -> None:
        """Tell how often somebody bought, and for how much."""
        customer = self._ledger.customer(customer_id)
        customer.updated_at = self._ledger.now()
        spent = self._ledger.spent(customer)
        body = people_payloads.purchases(customer, spent, customer.updated_at)
        self._ledger.tell(("customers/purchasing_summary", body))

    def close_account(self, customer_id: str) -> None:
        """Delete an account."""
        customer = self._ledger.customer(customer_id)
        self._ledger.forget(customer)
        self._ledger.tell(("customers/delete", people_payloads.deleted_customer(customer)))

    def _account(self, customer: CustomerState) -> Mapping[str, Any]:
        return people_payloads.customer(self._ledger.shop, customer)
