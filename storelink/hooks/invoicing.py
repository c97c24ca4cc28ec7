"""Issuing invoices: when an order is good, apart from the messages that they go with."""

from __future__ import annotations

from typing import Final

from storelink.clock import Clock
from storelink.contracts.invoice import InvoiceSource
from storelink.errors import ConfigError
from storelink.events.types import Event, InvoiceIssued, OrderCompleted, OrderPaid, OrderPlaced
from storelink.hooks.function import Handler
from storelink.hooks.registry import Registry
from storelink.hooks.thank_you import INVOICE, ThankYou
from storelink.mirror.facts import Fact
from storelink.mirror.merge import Version, micros
from storelink.mirror.muting import is_erased
from storelink.mirror.telling import Listeners, tell
from storelink.models.order import Order
from storelink.models.ref import Ref
from storelink.storage import Database, DocumentRow

HANDLER: Final = "storelink.invoice"
"""The name of the handlers; the type of the event follows."""

_CAUSES: Final = (OrderPlaced, OrderPaid, OrderCompleted)
"""After each of these an order may be good that was not before."""


class Invoicing:
    """Called when an order may have become good, at least once: then it gets its invoice, once.

    What goes wrong is tried again by the caller, and holds up no message.

    Args:
        database: the database.
        source: gives the invoices.
        hook: says which orders are good.
        clock: the clock.
        listeners: names the handlers of an event.
    """

    def __init__(
        self,
        database: Database,
        source: InvoiceSource,
        hook: ThankYou,
        clock: Clock,
        listeners: Listeners,
    ) -> None:
        self._database, self._source, self._hook = database, source, hook
        self._clock, self._listeners = clock, listeners

    def __call__(self, event: Event) -> None:
        """Issue the invoice, and let it be known.

        Raises:
            Exception: whatever the source raises.
        """
        order = event.order
        if order is None or event.historic or not self._hook.is_good(order):
            return
        name = f"{order.store}/order/{order.id}/invoice"
        with self._database.read() as tx:
            if tx.events.known([name]) or is_erased(tx, order.store, Ref.order(order.id)):
                return
        self._tell(self._issued(order, name), str(Ref.order(order.id)))

    def _issued(self, order: Order, name: str) -> tuple[DocumentRow, InvoiceIssued]:
        now = self._clock.now()
        document = self._source.invoice(order, at=now)
        row = DocumentRow(
            store=order.store,
            order_id=order.id,
            kind=INVOICE,
            number=document.number,
            name=document.name,
            media_type=document.media_type,
            body=document.content,
            issued_at=now,
        )
        event = InvoiceIssued(
            id=name,
            store=order.store,
            at=now,
            order_id=order.id,
            customer_id=order.customer_id,
            number=document.number,
        )
        return row, event

    def _tell(self, issued: tuple[DocumentRow, InvoiceIssued], subject: str) -> None:
        row, event = issued
        with self._database.write(rings=True) as tx:
            tx.lock(f"{event.store}/{subject}")
            if tx.events.known([event.id]):  # another worker was faster
                return
            if is_erased(tx, event.store, Ref.parse(subject)):  # it named a person when it was made
                event = event.model_copy(update={"customer_id": None})
            else:
                tx.documents.add(row)
            fact = Fact(event, Version(micros(event.at), -1))
            tell(tx, [fact], now=event.at, listeners=self._listeners)
            tx.plans.mark(event.store, [subject], due_at=event.at)


def issue_invoices(
    registry: Registry,
    source: InvoiceSource | None,
    *,
    database: Database,
    clock: Clock,
    listeners: Listeners,
) -> None:
    """Let invoices be issued, if a hook sends them.

    Raises:
        ConfigError: a hook sends them, and there is nothing that gives them.
    """
    hook = next((one for one in registry.hooks if _sends_invoices(one)), None)
    if not isinstance(hook, ThankYou):
        return
    if source is None:
        raise ConfigError(
            "ThankYou(invoice=…) needs Storelink(invoices=…): storelink.invoices.TypstInvoices, "
            "or a source of the shop's own"
        )
    invoicing = Invoicing(database, source, hook, clock, listeners)
    for event in _CAUSES:
        registry.add_handler(Handler(f"{HANDLER}/{event.type}", event, invoicing))


def _sends_invoices(hook: object) -> bool:
    return isinstance(hook, ThankYou) and hook.patience is not None
