"""Sample orders to write about, one for each language, and what a message about them is told."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from storelink.events.types import Event, OrderRefunded, ShipmentException
from storelink.models.checkout import Checkout
from storelink.models.contact import Address, Contact
from storelink.models.enums import MessageClass, OrderStatus, ShipmentStatus
from storelink.models.message import Message
from storelink.models.money import Money
from storelink.models.order import LineItem, Order, ShippingLine, Totals
from storelink.models.shipment import Scan, Shipment, ShipmentLine, Tracking
from storelink.rendering import Brand
from storelink.rendering.blocks import LINES

BRAND: Final = Brand(
    name="Atelier Nord",
    color="#1f4d3a",
    website="https://atelier.example",
    support_email="hello@atelier.example",
    address="Lindenstraße 4, 10969 Berlin",
)
"""Who writes where no shop is configured."""

PAGES: Final = {
    "tracking": "https://shop.example/t/c2FtcGxl",
    "preferences": "https://shop.example/p/c2FtcGxl",
    "answer": "https://shop.example/a/c2FtcGxl",
    "return": "https://shop.example/r/c2FtcGxl",
}
"""The hosted pages that sample messages link to."""

_DAY = timedelta(days=1)
PLACED: Final = datetime(2026, 11, 3, 10, 30, tzinfo=UTC)
"""When sample orders were placed."""
_MANY = 60
_LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh"
_NASTY = "<b onclick=alert(1)>{{ 7*7 }}</b>\r\nBcc: all@mail.example\0\u202etxt.exe 🧨"


@functools.cache
def _data() -> Mapping[str, Any]:
    path = Path(__file__).with_name("samples.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def sample_locales() -> tuple[str, ...]:
    """Return the languages that there are sample orders in, as BCP 47 tags, English first."""
    return tuple(_data())


def sample(locale: str, kind: str = "usual") -> Order:
    """Return a sample order in a language; of one without a sample, the English one.

    Args:
        locale: BCP 47.
        kind: one of `SAMPLES`.
    """
    tags = (locale, locale.partition("-")[0])
    row = next((_data()[tag] for tag in tags if tag in _data()), _data()["en"])
    return SAMPLES[kind](_usual(row, locale))


def _usual(row: Mapping[str, Any], locale: str) -> Order:
    def money(amount: str) -> Money:
        return Money(amount, row["currency"])

    lines = tuple(
        LineItem(id=f"line-{index}", product_id=f"product-{index}", title=title,
                 variant_title=variant or None, quantity=quantity, total=money(total))
        for index, (title, variant, quantity, total) in enumerate(row["lines"], 1)
    )  # fmt: skip
    contact = Contact(**row["contact"], locale=locale)
    names = {"first_name": contact.first_name, "last_name": contact.last_name}
    return _summed(
        Order(
            id="1042",
            store="atelier",
            number="#1042",
            status=OrderStatus.OPEN,
            currency=row["currency"],
            total=money("0"),
            placed_at=PLACED,
            contact=contact,
            shipping_address=Address(**names, **row["address"]),
            lines=lines,
            shipping=(ShippingLine(title=row["carrier"], total=money(row["shipping"])),),
            totals=Totals(shipping=money(row["shipping"]), tax=money(row["tax"])),
            shipments=(_parcel(lines, row["carrier"]),),
        )
    )


def _parcel(lines: tuple[LineItem, ...], carrier: str) -> Shipment:
    return Shipment(
        id="parcel-1",
        order_id="1042",
        lines=tuple(ShipmentLine(line_id=one.id, quantity=one.quantity) for one in lines),
        status=ShipmentStatus.IN_TRANSIT,
        tracking=(
            Tracking(number="JD0146000112", carrier=carrier, url="https://track.example/JD014"),
        ),
        shipped_at=PLACED + _DAY,
        estimated_delivery_at=PLACED + 5 * _DAY,
        delivered_at=PLACED + 4 * _DAY,
        scans=(
            Scan(id="scan-1", status=ShipmentStatus.EXCEPTION, at=PLACED + 3 * _DAY,
                 message="Address incomplete"),
        ),
    )  # fmt: skip


def _summed(order: Order) -> Order:
    shipping = order.totals.shipping or Money("0", order.currency)
    parts = [shipping, *(one.total for one in order.lines if one.total)]
    total = Money.total(parts, order.currency)
    totals = order.totals.model_copy(update={"total": total})
    return order.model_copy(update={"total": total, "totals": totals})


def _large(order: Order) -> Order:
    """Return *order* with as many things as a mail tells of, with names of some 50 letters."""
    return _with_many(order, LINES, times=2)


def _long(order: Order) -> Order:
    """Return *order* with more things than a mail tells of, and names that are cut."""
    contact = order.contact.model_copy(update={"last_name": _LONG_NAME})
    return _with_many(order.model_copy(update={"contact": contact}), _MANY, times=6)


def _with_many(order: Order, count: int, *, times: int) -> Order:
    """Return *order* with *count* things that have pictures; their names are said some *times*."""
    lines = tuple(
        one.model_copy(
            update={
                "id": f"line-{index}",
                "title": " · ".join([one.title] * times),
                "image_url": "https://shop.example/picture.jpg",
            }
        )
        for index in range(count)
        for one in [order.lines[index % len(order.lines)]]
    )
    parcel = _parcel(lines, order.shipping[0].title)
    return _summed(order.model_copy(update={"lines": lines, "shipments": (parcel,)}))


def _hostile(order: Order) -> Order:
    """Return *order* as somebody would write it who tries to break the message."""
    contact = order.contact.model_copy(update={"first_name": _NASTY, "last_name": _NASTY})
    lines = tuple(
        one.model_copy(update={"title": _NASTY, "image_url": "javascript:alert(1)"})
        for one in order.lines
    )
    [parcel] = order.shipments
    bad = Tracking(number=_NASTY, carrier=_NASTY, url="javascript:alert(1)")
    update = {
        "number": _NASTY,
        "contact": contact,
        "lines": lines,
        "shipping_address": Address(line1=_NASTY, city=_NASTY, country="US"),
        "shipments": (parcel.model_copy(update={"tracking": (bad,)}),),
    }
    return order.model_copy(update=update)


def _as_it_is(order: Order) -> Order:
    return order


SAMPLES: Final[Mapping[str, Callable[[Order], Order]]] = {
    "usual": _as_it_is,
    "large": _large,
    "long": _long,
    "hostile": _hostile,
}
"""The kinds of sample orders."""


def sample_message(template: str, order: Order) -> Message:
    """Return the message *template* about an order, with all that a built-in hook would tell it."""
    review = "https://shop.example/r/c2FtcGxl"
    data = {
        "items": [{"title": one.title, "image_url": one.image_url, "review_url": review,
                   "url": "https://shop.example/care.pdf", "text": _own_words("tip")}
                  for one in order.lines],
        "asks": "survey",
        "step": 3,
        "url": "https://shop.example/community",
        "text": _own_words("invitation"),
        "years": 3,
        "festival": {"en": "New Year’s Day", "de": "Neujahr", "fr": "Jour de l’An"},
        "incentive": {"percent": 10},
        "code": "THANKS-7F3K",
        "expires_at": "2027-02-01T00:00:00+00:00",
        "promised_at": (PLACED + 7 * _DAY).isoformat(),
        "expected_from": (PLACED + 8 * _DAY).isoformat(),
        "recommended": [_recommended(one, order.lines[0]) for one in order.lines[1:3]],
        "free_shipping_gap": {"amount": "6", "currency": order.currency},
        "expected_until": (PLACED + 10 * _DAY).isoformat(),
    }  # fmt: skip
    kinds = (kind for name, kind in _CLASSES.items() if template.startswith(name))
    kind = next(kinds, MessageClass.TRANSACTIONAL)
    return Message(template, data=data, message_class=kind)


def sample_about(template: str, order: Order) -> Order | Checkout:
    """Return what the message *template* is about: an order, or the cart before it was one."""
    if not template.startswith("cart_"):
        return order
    told = {name: getattr(order, name) for name in ("store", "currency", "total", "contact")}
    return Checkout(
        id="cart-1",
        url="https://shop.example/cart?restore=c2FtcGxl",
        lines=order.lines,
        created_at=order.placed_at,
        updated_at=order.placed_at,
        **told,
    )


_CLASSES: Final = {
    "cart_": MessageClass.MARKETING,
    "care_tips": MessageClass.RELATIONSHIP,
    "community_invite": MessageClass.MARKETING,
    "greeting": MessageClass.MARKETING,
    "next_purchase": MessageClass.MARKETING,
    "win_back": MessageClass.MARKETING,
    "review_request": MessageClass.RELATIONSHIP,
    "survey": MessageClass.RELATIONSHIP,
    "cart": MessageClass.MARKETING,
}


def _own_words(name: str) -> dict[str, str]:
    """Return what a shop would write itself, by language."""
    return {tag: row[name] for tag, row in _data().items()}


def _recommended(line: LineItem, because: LineItem) -> dict[str, Any]:
    """Return what the recommender would tell of a thing."""
    price = line.total
    return {
        "title": line.title,
        "url": "https://shop.example/products/7",
        "image_url": line.image_url,
        "price": {"amount": str(price.amount), "currency": price.currency} if price else None,
        "because": because.title,
        "people": 12,
    }


def sample_event(template: str, order: Order) -> Event | None:
    """Return what would make the message due, if the message tells of it."""
    what: dict[str, Any] = {"id": "event-1", "store": order.store, "at": PLACED + 3 * _DAY}
    if template == "refund_confirmation":
        return OrderRefunded(**what, refund_id="refund-1", amount=order.total)
    if template == "delivery_problem" and order.shipments:
        return ShipmentException(**what, shipment_id=order.shipments[0].id, scan_id="scan-1")
    return None
