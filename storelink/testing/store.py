"""A store for tests, whose life is scripted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from storelink.clock import Clock
from storelink.contracts.manifest import Manifest
from storelink.contracts.sandbox import Item, ScriptedStore, Webhook
from storelink.contracts.store import Delivery, StoreAdapter
from storelink.errors import BadSignature, NotFound
from storelink.models.contact import Contact
from storelink.models.enums import (
    FulfillmentStatus,
    OrderStatus,
    PaymentStatus,
    ShipmentStatus,
)
from storelink.models.money import Money
from storelink.models.order import LineItem, Totals
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind, Ref
from storelink.models.returns import RefundLine
from storelink.models.shipment import Scan, ShipmentLine, Tracking
from storelink.testing import wire
from storelink.testing.goods import Goods, lines_of
from storelink.testing.listing import CAPABILITIES, Listed, Listing
from storelink.testing.orders import (
    OrderTruth,
    currency_of,
    fulfillment_of,
    parts_of,
    price_of,
    without_lines,
)
from storelink.testing.taking_back import Sold, TakingBack
from storelink.toolkit.signing import hmac_sha256_base64, is_signed


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    secret: str = Field("fake-secret", repr=False)


class FakeStore(Goods, TakingBack, Listing, ScriptedStore):
    """A store in memory, with webhooks and reads that behave like the worst of both platforms.

    Whole orders, single parts and single scans are told; times count whole seconds; an order's
    webhook names its refunds without their lines; a deletion tells only the id.

    >>> from storelink.testing import FrozenClock
    >>> store = FakeStore(clock=FrozenClock())
    >>> mug = Item("Mug", Money("12.00", "EUR"))
    >>> order_id = store.place(Contact(email="ada@example.com"), [mug])
    >>> [webhook.topic for webhook in store.take()]
    ['order.created', 'order.updated']

    Args:
        clock: the store's clock.
        secret: what webhooks are signed with.
        first_id: the first number that is given out.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        secret: str = "fake-secret",  # noqa: S107  invented
        first_id: int = 1001,
    ) -> None:
        super().__init__()
        self._clock, self._secret = clock, secret
        self._ids: Iterator[int] = itertools.count(first_id)
        self._orders: dict[str, OrderTruth] = {}
        self._deleted: dict[str, OrderTruth] = {}
        self._raised: list[Webhook] = []

    def __repr__(self) -> str:
        return f"FakeStore({len(self._orders)} orders)"

    @property
    def manifest(self) -> Manifest[StoreAdapter]:
        """What this store can do."""
        return Manifest(
            name="fake",
            title="Fake store",
            factory=FakeStore,
            settings=_Settings,
            capabilities=CAPABILITIES,
            lists=(Kind.ORDER, Kind.PRODUCT, Kind.CHECKOUT, Kind.COUPON, Kind.REVIEW),
        )

    # -- as an adapter ---------------------------------------------------------------------------

    def verify(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Check the signature over the raw bytes."""
        known = {name.lower(): value for name, value in headers.items()}
        if not is_signed(body, known.get("x-fake-signature", ""), [self._secret]):
            raise BadSignature("not signed with this store's secret")
        key = known.get("x-fake-delivery", "")
        return Delivery(key=key, topic=known.get("x-fake-topic", ""), headers=known, body=body)

    def normalize(self, delivery: Delivery) -> Snapshot:
        """Return the records that the body holds."""
        return wire.decode(delivery.body)

    def read(self, ref: Ref) -> Snapshot:
        """Return the present truth about an object, with all its parts."""
        if ref.kind is Kind.ORDER and ref.id in self._orders:
            return self._whole(ref.id, with_refund_lines=True)
        if ref.kind is Kind.RETURN:
            return self._return(ref.id)
        return self._thing(ref)

    def listed(self, kind: Kind) -> list[Listed]:
        """Return the objects of a kind that exist."""
        orders = self._orders.items() if kind is Kind.ORDER else ()
        known = [Listed(one.updated_at, key, one.fields["created_at"]) for key, one in orders]
        return known + self._things_of(kind)

    # -- as a script -----------------------------------------------------------------------------

    def place(
        self,
        contact: Contact,
        items: Sequence[Item],
        *,
        paid: bool = True,
        payment_method: str = "card",
        checkout_id: str | None = None,
    ) -> str:
        """Place an order and return its id. With *payment_method* `"cod"` it is paid later.

        Args:
            contact: who buys.
            items: what is bought.
            paid: whether it is paid at once.
            payment_method: the platform's name of it.
            checkout_id: the checkout that it came from, which is completed by it.
        """
        order_id, now = str(next(self._ids)), self._now()
        paid = paid and payment_method != "cod"
        good = paid or payment_method == "cod"
        currency = items[0].unit_price.currency
        total = Money.total((item.unit_price * item.quantity for item in items), currency)
        self._orders[order_id] = OrderTruth(
            fields={
                "number": f"#{order_id}",
                "status": OrderStatus.OPEN if good else OrderStatus.PENDING,
                "payment_status": PaymentStatus.PAID if paid else PaymentStatus.PENDING,
                "fulfillment_status": FulfillmentStatus.UNFULFILLED,
                "payment_methods": (payment_method,),
                "currency": currency,
                "total": total,
                "totals": Totals(total=total),
                "created_at": now,
                "placed_at": now if good else None,
                "paid_at": now if paid else None,
                "completed_at": None,
                "cancelled_at": None,
                "contact": contact,
                "lines": lines_of(items),
                "checkout_id": checkout_id,
            },
            updated_at=now,
        )
        if checkout_id is not None:
            self.change(Ref(kind=Kind.CHECKOUT, id=checkout_id), completed_at=now)
        self._tell(order_id, "order.created")
        self._tell(order_id, "order.updated")
        return order_id

    def pay(self, order_id: str) -> None:
        """Pay an order that was placed unpaid."""
        order, now = self._orders[order_id], self._now()
        self.edit(
            order_id,
            status=OrderStatus.OPEN,
            payment_status=PaymentStatus.PAID,
            placed_at=order.fields["placed_at"] or now,
            paid_at=now,
        )

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
        """Send a parcel and return its id; *lines* maps the item's index to a quantity."""
        order, shipment_id, now = self._orders[order_id], str(next(self._ids)), self._now()
        order.shipments[shipment_id] = Record(
            kind=Kind.SHIPMENT,
            id=shipment_id,
            order_id=order_id,
            updated_at=now,
            within="shipments",
            fields={
                "tracking": [Tracking(number=number, carrier=carrier, url=url)],
                "lines": [
                    ShipmentLine(line_id=str(index + 1), quantity=quantity)
                    for index, quantity in self._quantities(order_id, lines).items()
                ],
                "created_at": now,
                "shipped_at": now,
                "estimated_delivery_at": promised_at,
            },
        )
        self._raise("shipment.created", Snapshot((order.shipments[shipment_id],)))
        self.edit(order_id, fulfillment_status=fulfillment_of(order))
        return shipment_id

    def retrack(self, order_id: str, shipment_id: str, *, number: str) -> None:
        """Put another tracking number on a parcel."""
        before = self._orders[order_id].shipments[shipment_id]
        tracking = [before.fields["tracking"][0].model_copy(update={"number": number})]
        after = replace(
            before, fields={**before.fields, "tracking": tracking}, updated_at=self._now()
        )
        self._orders[order_id].shipments[shipment_id] = after
        self._raise("shipment.updated", Snapshot((after,)))
        self.edit(order_id)

    def scan(
        self,
        order_id: str,
        shipment_id: str,
        status: ShipmentStatus,
        *,
        message: str = "",
        promised_at: datetime | None = None,
    ) -> None:
        """Let the carrier report *status*; the webhook tells nothing but that."""
        order, now = self._orders[order_id], self._now()
        scan = Scan(
            id=str(next(self._ids)),
            status=status,
            at=now,
            recorded_at=now,
            message=message or None,
            estimated_delivery_at=promised_at,
        )
        before = order.shipments[shipment_id]
        promise = {"estimated_delivery_at": promised_at} if promised_at else {}
        order.shipments[shipment_id] = replace(
            before,
            fields={**before.fields, **promise},
            scans=(*before.scans, scan),
            updated_at=now,
        )
        told = replace(before, fields=promise, scans=(scan,), updated_at=now)
        self._raise("shipment.scanned", Snapshot((told,)))

    def untrack(self, order_id: str, shipment_id: str) -> None:
        """Take a parcel off the order again."""
        order = self._orders[order_id]
        del order.shipments[shipment_id]
        self.edit(order_id, fulfillment_status=fulfillment_of(order))

    def refund(self, order_id: str, *, lines: Mapping[int, int] | None = None) -> str:
        """Give money back, for *lines* or for the whole order, and return the refund's id."""
        order, refund_id, now = self._orders[order_id], str(next(self._ids)), self._now()
        items: Sequence[LineItem] = order.fields["lines"]
        back = [
            RefundLine(
                line_id=items[index].id,
                quantity=quantity,
                amount=price_of(items[index]) * quantity,
            )
            for index, quantity in self._quantities(order_id, lines).items()
        ]
        amounts = (line.amount for line in back if line.amount is not None)
        amount = Money.total(amounts, currency_of(order))
        order.refunds[refund_id] = Record(
            kind=Kind.REFUND,
            id=refund_id,
            order_id=order_id,
            updated_at=now,
            within="refunds",
            fields={"amount": amount, "lines": back, "created_at": now},
        )
        self._raise("refund.created", Snapshot((order.refunds[refund_id],)))
        given = sum(record.fields["amount"].amount for record in order.refunds.values())
        whole = given >= order.fields["total"].amount
        status = PaymentStatus.REFUNDED if whole else PaymentStatus.PARTIALLY_REFUNDED
        self.edit(order_id, payment_status=status)
        return refund_id

    def cancel(self, order_id: str) -> None:
        """Call the order off."""
        self.edit(order_id, status=OrderStatus.CANCELLED, cancelled_at=self._now())

    def complete(self, order_id: str) -> None:
        """Close the order: the shop is done with it."""
        self.edit(order_id, status=OrderStatus.COMPLETED, completed_at=self._now())

    def hold(self, order_id: str) -> None:
        """Put the order on hold."""
        self.edit(order_id, status=OrderStatus.ON_HOLD)

    def delete(self, order_id: str) -> None:
        """Delete the order; the webhook tells only its id."""
        self._deleted[order_id] = self._orders.pop(order_id)
        gone = Record(kind=Kind.ORDER, id=order_id, deleted=True, needs_read="only an id")
        self._raise("order.deleted", Snapshot((gone,)))

    def order_ids(self) -> list[str]:
        """Return the ids of every order that exists."""
        return list(self._orders)

    def restore(self, order_id: str) -> None:
        """Take a deleted order back."""
        self._orders[order_id] = self._deleted.pop(order_id)
        self.edit(order_id)

    def edit(self, order_id: str, **fields: Any) -> None:
        """Change *fields* of the order, as somebody in the shop would."""
        order = self._orders[order_id]
        order.fields.update(fields)
        order.updated_at = self._now()
        self._tell(order_id, "order.updated")

    def take(self) -> list[Webhook]:
        """Return the webhooks raised since the last call, in the order of the acts."""
        raised, self._raised = self._raised, []
        return raised

    # -- inside ----------------------------------------------------------------------------------

    def _new_id(self) -> str:
        return str(next(self._ids))

    def _now(self) -> datetime:
        return self._clock.now().astimezone(UTC).replace(microsecond=0)

    def _quantities(self, order_id: str, lines: Mapping[int, int] | None) -> Mapping[int, int]:
        items: Sequence[LineItem] = self._orders[order_id].fields["lines"]
        return lines or {index: item.quantity for index, item in enumerate(items)}

    def _tell(self, order_id: str, topic: str) -> None:
        self._raise(topic, self._whole(order_id, with_refund_lines=False))

    def _whole(self, order_id: str, *, with_refund_lines: bool) -> Snapshot:
        order = self._orders[order_id]
        told = with_refund_lines or not order.refunds
        header = Record(
            kind=Kind.ORDER,
            id=order_id,
            updated_at=order.updated_at,
            fields={**order.fields, "updated_at": order.updated_at, "deleted_at": None},
            children={name: tuple(parts) for name, parts in parts_of(order).items()},
            needs_read=None if told else "the refunds come without their lines",
        )
        refunds = [one if told else without_lines(one) for one in order.refunds.values()]
        return Snapshot((header, *order.shipments.values(), *refunds, *order.returns.values()))

    def _return(self, return_id: str) -> Snapshot:
        for order in self._orders.values():
            if return_id in order.returns:
                return Snapshot((order.returns[return_id],))
        raise NotFound("there is no return of that id")

    def _sold(self, order_id: str) -> Sold:
        if order_id not in self._orders:
            raise NotFound("there is no order of that id")
        order = self._orders[order_id]
        return Sold({line.id: line.quantity for line in order.fields["lines"]}, order.returns)

    def _raise(self, topic: str, snapshot: Snapshot) -> None:
        body = wire.encode(snapshot)
        headers = {
            "X-Fake-Topic": topic,
            "X-Fake-Delivery": f"delivery-{next(self._ids)}",
            "X-Fake-Signature": hmac_sha256_base64(self._secret, body),
        }
        self._raised.append(Webhook(topic, headers, body))
