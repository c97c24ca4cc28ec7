"""Thank the customer: personally, once for each order."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Final

from storelink.contracts.hook import Decision, Facts, Hook, Reason, Send, Skip
from storelink.events.types import Event, InvoiceIssued, OrderPaid, OrderPlaced
from storelink.hooks.spans import check_spans
from storelink.hooks.standing import called_off, in_the_way
from storelink.models.enums import OrderStatus, PaymentStatus
from storelink.models.message import Message
from storelink.models.order import Order
from storelink.models.ref import Ref

CASH_ON_DELIVERY = frozenset(
    {"cod", "cash_on_delivery", "cash on delivery", "cash on delivery (cod)"}
)
"""How WooCommerce and Shopify call payment at the door, in lower case."""

INVOICE: Final = "invoice"
"""What messages call the invoice that goes with them; also the step and the template of a message
that brings it later."""
PATIENCE: Final = timedelta(minutes=30)
"""How long a thank-you waits for its invoice, if nothing else is said."""

_PAID = {PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED}


class ThankYou(Hook[Order]):
    """Thanks for an order when it is paid, or when it is placed with cash on delivery.

    Never for drafts, unpaid, failed, on-hold, cancelled, fully refunded or deleted orders.

    With *invoice*, the invoice goes with it. If that is not there in time, the thank-you goes
    without, and the invoice follows in a message of its own.

    Args:
        after: how long to wait after the payment (or the placing).
        good_when_placed: payment methods whose orders count as good before they are paid; the
            platforms' names, without regard to case.
        expires_after: a thank-you that could not be sent for so long is dropped.
        invoice: attach the invoice; wait so long for it (by default 30 minutes). `Storelink` needs
            to know where invoices come from.
    """

    name = "thank_you"

    def __init__(
        self,
        *,
        after: timedelta = timedelta(),
        good_when_placed: Collection[str] = CASH_ON_DELIVERY,
        expires_after: timedelta = timedelta(days=30),
        invoice: bool | timedelta = False,
    ) -> None:
        self.after = after
        self.good_when_placed = frozenset(method.casefold() for method in good_when_placed)
        self.expires_after = expires_after
        self.patience = (PATIENCE if invoice else None) if isinstance(invoice, bool) else invoice
        check_spans(self)

    def decide(self, subject: Order, facts: Facts, now: datetime) -> Iterator[Decision]:
        """Say whether to thank for the order *subject*."""
        order, ref = subject, Ref.order(subject.id)
        cause = self._cause(order, facts)
        reason = in_the_way(order)
        if reason or cause is None:
            is_odd = order.status is OrderStatus.UNKNOWN
            unpaid = Reason.UNKNOWN_STATUS if is_odd else Reason.NOT_PAID
            yield Skip(ref, reason or unpaid, order_id=order.id)
            return
        due_at, invoice = cause.at + self.after, self._invoice(facts)
        is_late = self.patience is not None and invoice is None
        yield Send(
            subject=ref,
            message=Message("thank_you", attachments=(INVOICE,) if invoice else ()),
            order_id=order.id,
            cause=cause,
            due_at=due_at + (self.patience or timedelta()) if is_late else due_at,
            expires_at=due_at + self.expires_after,
        )
        if invoice is not None and self._went_without(facts, ref):
            yield Send(
                subject=ref,
                message=Message(INVOICE, attachments=(INVOICE,)),
                order_id=order.id,
                cause=invoice,
                due_at=invoice.at,
                step=INVOICE,
                expires_at=invoice.at + self.expires_after,
            )

    def is_good(self, order: Order) -> bool:
        """Say whether an order is good for an invoice: paid or as good as paid, and not off."""
        is_paid = order.payment_status in _PAID or self._is_good_when_placed(order)
        return is_paid and called_off(order) is None

    def _invoice(self, facts: Facts) -> InvoiceIssued | None:
        return None if self.patience is None else facts.first(InvoiceIssued)

    def _went_without(self, facts: Facts, ref: Ref) -> bool:
        return any(
            INVOICE not in sent.attachments
            for sent in facts.sent_by(self.name)
            if sent.subject == ref and not sent.step
        )

    def _cause(self, order: Order, facts: Facts) -> Event | None:
        if self._is_good_when_placed(order):
            return facts.first(OrderPlaced)
        return facts.first(OrderPaid) if order.payment_status in _PAID else None

    def _is_good_when_placed(self, order: Order) -> bool:
        methods = {method.casefold() for method in order.payment_methods}
        placed = order.status in (OrderStatus.OPEN, OrderStatus.COMPLETED)
        return placed and bool(methods & self.good_when_placed)
