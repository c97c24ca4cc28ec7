"""Every event: a fact about a store, with an id made from what happened.

The same happening has the same id, however often and in whatever order a platform reports it.
"""

from __future__ import annotations

from pydantic import Field

from storelink.events.base import Event as Event
from storelink.events.base import UnknownEvent as UnknownEvent
from storelink.events.own import Answered as Answered
from storelink.events.own import InvoiceIssued as InvoiceIssued
from storelink.events.own import ReturnAsked as ReturnAsked
from storelink.events.own import ReviewAnswered as ReviewAnswered
from storelink.events.own import RewardEarned as RewardEarned
from storelink.events.own import RewardEvent as RewardEvent
from storelink.events.own import RewardIssued as RewardIssued
from storelink.events.own import RewardRefused as RewardRefused
from storelink.events.own import RewardWithdrawn as RewardWithdrawn
from storelink.events.own import SurveyAnswered as SurveyAnswered
from storelink.events.own import SurveyUnhappy as SurveyUnhappy
from storelink.models.base import Instant
from storelink.models.checkout import Checkout
from storelink.models.enums import CartReason, ConsentChannel, ConsentState
from storelink.models.money import Money
from storelink.models.shipment import Shipment


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


class OrderStalled(Event):
    """A paid order should have been shipped by now, and was not. Only time causes this.

    Attributes:
        promised_at: until when it should have been.
    """

    type = "order.stalled"
    promised_at: Instant


class CareEscalated(Event):
    """Something has been wrong with an order for too long: the shop should look into it.

    Attributes:
        why: `stalled` (not shipped), `silent` (no news of a parcel), `late` or `overdue` (it does
            not come in time), `exception` (the carrier has a problem with it), or `returning` (it
            is on its way back).
        because_of: the id of the event that began it.
        shipment_id: the parcel; `None` if it is the whole order.
    """

    type = "care.escalate"
    why: str
    because_of: str
    shipment_id: str | None = None


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


class ShipmentStuck(ShipmentEvent):
    """Something is wrong with a parcel that nobody has told of. Only time causes this.

    Attributes:
        why: `silent` (nothing was heard of it for longer than usual), `late` (it cannot keep the
            promised day any more), `overdue` (it takes longer than usual), or `returning`.
        expected_at: when it was, or is, expected; `None` where nobody knows.
    """

    type = "shipment.stuck"
    why: str
    expected_at: Instant | None = None


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


class ReturnExchanged(ReturnEvent):
    """Other goods were given for what came back."""

    type = "return.exchanged"


class ReturnClosed(ReturnEvent):
    """The return is done."""

    type = "return.closed"


class CustomerCreated(Event):
    """Somebody opened an account."""

    type = "customer.created"


class CustomerLapsed(Event):
    """Somebody who used to buy has stayed away for longer than is usual for them.

    Only time causes this. It is about their last order.

    Attributes:
        usual_days: how many days there usually were between two orders of theirs.
        last_ordered_at: when they last bought.
    """

    type = "customer.lapsed"
    usual_days: int
    last_ordered_at: Instant


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


class CheckoutAnswered(CheckoutEvent):
    """A customer said why they left a checkout, on a page that storelink shows.

    Attributes:
        answer_id: which answer; what was written in it is in the answer, not in the event.
        reason: the reason that was chosen; `None` for words alone.
    """

    type = "checkout.answered"
    answer_id: str
    reason: CartReason | None = None


class ProductReviewed(Event):
    """Somebody reviewed a product in the store itself.

    Attributes:
        rating: from 1 to 5; `None` for a comment without stars.
    """

    type = "product.reviewed"
    review_id: str
    product_id: str | None = None
    rating: int | None = None


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
    if issubclass(one, Answered | CheckoutAnswered | RewardEvent | InvoiceIssued)
    or issubclass(one, OrderStalled | ShipmentStuck | CareEscalated | CustomerLapsed)
)
"""What no store tells, because it happens at storelink's own."""
