"""A store's life told in a test: acts, webhooks and weeks in milliseconds."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta

from storelink.app import Storelink
from storelink.contracts.sandbox import Item, ScriptedStore, Webhook
from storelink.intake import Receipt
from storelink.models.contact import Contact
from storelink.models.enums import ShipmentStatus
from storelink.testing.clock import FrozenClock


class Timeline:
    """Scripts one store of a `Storelink` and delivers its webhooks.

    Every act is told at once, and the worker runs. With *disorder*, webhooks are kept back until
    `deliver_all`, and then come shuffled and doubled.

    Args:
        link: the app, with *clock* as its clock.
        store: the store's name in the app.
        script: the scripted store behind that name.
        clock: moves on with `wait`.
        disorder: decides the order of delivery; `None` delivers in order, once, at once.
    """

    def __init__(
        self,
        link: Storelink,
        store: str,
        script: ScriptedStore,
        clock: FrozenClock,
        *,
        disorder: random.Random | None = None,
    ) -> None:
        self.link, self.store, self.script, self.clock = link, store, script, clock
        self._disorder = disorder
        self._held: list[Webhook] = []

    def place(
        self,
        contact: Contact,
        items: Sequence[Item],
        *,
        paid: bool = True,
        payment_method: str = "card",
    ) -> str:
        """Place an order and return its id."""
        order_id = self.script.place(contact, items, paid=paid, payment_method=payment_method)
        self.tell()
        return order_id

    def pay(self, order_id: str) -> None:
        """Pay an order that was placed unpaid."""
        self.script.pay(order_id)
        self.tell()

    def ship(
        self,
        order_id: str,
        *,
        number: str = "TRACK1",
        carrier: str = "DHL",
        url: str | None = None,
        lines: Mapping[int, int] | None = None,
        promised_in: timedelta | None = None,
    ) -> str:
        """Send a parcel and return its id."""
        promised_at = self.clock.now() + promised_in if promised_in else None
        shipment_id = self.script.ship(
            order_id, number=number, carrier=carrier, url=url, lines=lines, promised_at=promised_at
        )
        self.tell()
        return shipment_id

    def scan(
        self,
        order_id: str,
        shipment_id: str,
        status: ShipmentStatus,
        *,
        promised_in: timedelta | None = None,
    ) -> None:
        """Let the carrier report *status*."""
        promised_at = self.clock.now() + promised_in if promised_in else None
        self.script.scan(order_id, shipment_id, status, promised_at=promised_at)
        self.tell()

    def delay(self, order_id: str, shipment_id: str, *, promised_in: timedelta) -> None:
        """Let the carrier report a delay, with a new promise."""
        self.scan(order_id, shipment_id, ShipmentStatus.DELAYED, promised_in=promised_in)

    def deliver(self, order_id: str, shipment_id: str) -> None:
        """Let the parcel arrive."""
        self.scan(order_id, shipment_id, ShipmentStatus.DELIVERED)

    def refund(self, order_id: str, *, lines: Mapping[int, int] | None = None) -> str:
        """Give money back, for *lines* or for the whole order."""
        refund_id = self.script.refund(order_id, lines=lines)
        self.tell()
        return refund_id

    def cancel(self, order_id: str) -> None:
        """Call the order off."""
        self.script.cancel(order_id)
        self.tell()

    def complete(self, order_id: str) -> None:
        """Close the order."""
        self.script.complete(order_id)
        self.tell()

    def delete(self, order_id: str) -> None:
        """Delete the order."""
        self.script.delete(order_id)
        self.tell()

    def tell(self) -> None:
        """Deliver what the store has raised, also after acts that are not named here."""
        self._held += self.script.take()
        if self._disorder is None:
            self.deliver_all()

    def wait(self, time: timedelta) -> None:
        """Let *time* pass, with the worker running whenever something is due."""
        until = self.clock.now() + time
        self.link.run_once()
        while (due := self.link.next_due()) is not None and self.clock.now() < due <= until:
            self.clock.set(due)
            self.link.run_once()
        self.clock.set(until)
        self.link.run_once()

    def deliver_all(self) -> list[Receipt]:
        """Deliver the webhooks that were held back, shuffled and doubled, and run the worker."""
        held, self._held = self._held, []
        if self._disorder is not None:
            held = held * 2
            self._disorder.shuffle(held)
        receipts = [self._deliver(webhook) for webhook in held]
        self.link.run_once()
        return receipts

    def _deliver(self, webhook: Webhook) -> Receipt:
        return self.link.receive(self.store, headers=webhook.headers, body=webhook.body)
