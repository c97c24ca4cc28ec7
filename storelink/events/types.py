"""Every event: a fact about a store, with an id made from what happened.

The same happening has the same id, however often and in whatever order a platform reports it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from storelink.models.base import Instant, Value
from storelink.models.checkout import Checkout
from storelink.models.enums import ConsentChannel, ConsentState
from storelink.models.money import Money
from storelink.models.order import Order
from storelink.models.shipment import Shipment


class Event(Value):
    """Something that happened in a store.

    Attributes:
        type: the kind of event, for example `"order.paid"`.
        id: made from what happened, never from how it became known.
        at: when it happened (UTC).
        exact: the platform told the time; otherwise `at` is the earliest state that showed it.
        historic: it happened before the store was connected, and therefore sends no message.
        order: the order as it is known now; `None` for an event that belongs to no order.
    """

    type: ClassVar[str] = "unknown"

    id: str
    store: str
    at: Instant
    exact: bool = True
    historic: bool = False
    order_id: str | None = None
    customer_id: str | None = None
    order: Order | None = Field(None, repr=False, exclude=True)


class UnknownEvent(Event):
    """An event of a type that this version does not know.

    Attributes:
        name: its type, as it was stored.
        data: what else was stored.
    """

    name: str
    data: dict[str, Any] = Field(default_factory=dict, repr=False)


class OrderPlaced(Event):
    """An order was placed: paid, or promised to be paid. A draft is not an order."""

    type = "order.placed"


class OrderPaid(Event):
    """An order was paid in full."""

    type = "order.paid"


class OrderPaymentFailed(Event):
    """An attempt to pay failed. It can still succeed later.

    Attributes:
        attempt: what tells one attempt from another, where the platform counts them.
    """

    type = "order.payment_failed"
    attempt: str | None = None


class OrderCompleted(Event):
    """The shop is done with the order."""

    type = "order.completed"


class OrderCancelled(Event):
    """The order was called off."""

    type = "order.cancelled"


class OrderRefunded(Event):
    """Money was given back; an order can have several refunds."""

    type = "order.refunded"
    refund_id: str
    amount: Money | None = None


class ShipmentEvent(Event):
    """Something happened to one parcel."""

    shipment_id: str

    @property
    def shipment(self) -> Shipment | None:
        """The parcel as it is known now; `None` if it was removed."""
        return self.order.shipment(self.shipment_id) if self.order else None


class ShipmentCreated(ShipmentEvent):
    """A parcel was made ready and handed over."""

    type = "shipment.created"


class ShipmentChanged(ShipmentEvent):
    """The parcel carries this tracking number; the first one counts, too."""

    type = "shipment.changed"
    number: str


class ShipmentInTransit(ShipmentEvent):
    """The carrier has the parcel."""

    type = "shipment.in_transit"


class ScanEvent(ShipmentEvent):
    """The carrier reported something that can happen more than once."""

    scan_id: str


class ShipmentOutForDelivery(ScanEvent):
    """The parcel is on its last way to the customer."""

    type = "shipment.out_for_delivery"


class ShipmentReadyForPickup(ScanEvent):
    """The parcel waits to be picked up."""

    type = "shipment.ready_for_pickup"


class ShipmentAttempted(ScanEvent):
    """The carrier tried to deliver, in vain."""

    type = "shipment.attempted"


class ShipmentDelayed(ScanEvent):
    """The carrier says that the parcel will be late.

    Attributes:
        promised_at: the new promise, if there is one.
    """

    type = "shipment.delayed"
    promised_at: Instant | None = None


class ShipmentException(ScanEvent):
    """Something is wrong with the parcel: damaged, lost, refused, held."""

    type = "shipment.exception"


class ShipmentOverdue(ShipmentEvent):
    """The promised day has passed without a delivery. Only time causes this.

    Attributes:
        promised_at: the promise that was not kept.
    """

    type = "shipment.overdue"
    promised_at: Instant


class ShipmentDelivered(ShipmentEvent):
    """The parcel arrived."""

    type = "shipment.delivered"


class ReturnEvent(Event):
    """Something happened to one return."""

    return_id: str


class ReturnRequested(ReturnEvent):
    """The customer asked to send something back."""

    type = "return.requested"


class ReturnApproved(ReturnEvent):
    """The shop agreed to take it back."""

    type = "return.approved"


class ReturnDeclined(ReturnEvent):
    """The shop refused to take it back."""

    type = "return.declined"


class ReturnReceived(ReturnEvent):
    """Returned goods have arrived at the shop."""

    type = "return.received"


class ReturnClosed(ReturnEvent):
    """The return is done."""

    type = "return.closed"


class CustomerCreated(Event):
    """Somebody opened an account."""

    type = "customer.created"


class ConsentChanged(Event):
    """Somebody agreed to marketing on a channel, or took it back."""

    type = "consent.changed"
    channel: ConsentChannel
    state: ConsentState


class CheckoutEvent(Event):
    """Something happened to one checkout.

    Attributes:
        checkout: the checkout as it is known now; `None` if it is not known any more.
    """

    checkout_id: str
    checkout: Checkout | None = Field(None, repr=False, exclude=True)


class CheckoutAbandoned(CheckoutEvent):
    """Nobody went on with a checkout for an hour. Only time causes this.

    Going on with it and leaving it again is another time: `at` is the hour after the last change.
    """

    type = "checkout.abandoned"


class CheckoutRecovered(CheckoutEvent):
    """A checkout that had been abandoned became an order after all."""

    type = "checkout.recovered"


class ProductReviewed(Event):
    """Somebody reviewed a product in the store itself.

    Attributes:
        rating: from 1 to 5; `None` for a comment without stars.
    """

    type = "product.reviewed"
    review_id: str
    product_id: str | None = None
    rating: int | None = None


class Answered(Event):
    """A customer answered on a page of the shop's that storelink shows. Any answer counts alike.

    Attributes:
        answer_id: which answer; what was written in it is in the answer, not in the event.
        rating: what was given, as the question counts; `None` for words alone.
    """

    answer_id: str
    rating: int | None = None


class ReviewAnswered(Answered):
    """A customer reviewed what was ordered, from 1 to 5."""

    type = "review.answered"
    product_id: str | None = None


class SurveyAnswered(Answered):
    """A customer said how the order went, from 0 to 10."""

    type = "survey.answered"


class RewardIssued(Event):
    """A customer was given a code as a thank-you, once.

    Attributes:
        code: what the customer types; the store knows it.
        because_of: the id of the event that it is for.
        expires_at: from then on it cannot be used.
    """

    type = "reward.issued"
    code: str
    because_of: str
    expires_at: Instant | None = None


class InvoiceIssued(Event):
    """An order got its invoice, once; the document is kept until it is pruned or erased.

    Attributes:
        number: the invoice's number.
    """

    type = "invoice.issued"
    number: str


class CustomerDataRequested(Event):
    """A person asked what is stored about them; the shop has to answer within 30 days."""

    type = "customer.data_requested"
    order_ids: tuple[str, ...] = ()


class CustomerRedacted(Event):
    """The platform asks to erase a person; the shop has to do so within 30 days."""

    type = "customer.redacted"
    order_ids: tuple[str, ...] = ()


class StoreRedacted(Event):
    """The platform asks to erase everything of a store that took the app off before."""

    type = "store.redacted"


class StoreUninstalled(Event):
    """The store took the app off: its credentials are void, and it is not asked any more."""

    type = "store.uninstalled"


def _concrete(parent: type[Event]) -> list[type[Event]]:
    found = []
    for child in parent.__subclasses__():
        if "type" in vars(child):
            found.append(child)
        found.extend(_concrete(child))
    return found


EVENT_TYPES: dict[str, type[Event]] = {event.type: event for event in _concrete(Event)}
"""Every event class by its type."""

OWN_TYPES = frozenset(
    one.type
    for one in EVENT_TYPES.values()
    if issubclass(one, Answered | RewardIssued | InvoiceIssued)
)
"""What no store tells, because it happens at storelink's own."""
