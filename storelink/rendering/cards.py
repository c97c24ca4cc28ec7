"""What a message says for machines: schema.org, so that mail programs can show a card.

As Google reads it: "Order" and "Parcel Delivery" of "Email Markup" (developers.google.com).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from storelink.models.contact import Address
from storelink.models.enums import OrderStatus, ShipmentStatus
from storelink.models.money import Money
from storelink.models.order import LineItem, Order
from storelink.models.shipment import Shipment
from storelink.rendering.brand import Brand
from storelink.rendering.filters import LONGEST
from storelink.rendering.links import safe_url

LINES: Final = 20
"""A card is a glance: so many things are named at most."""

TITLE: Final = 120
"""How many characters of a thing's name are told."""

_CONTEXT: Final = "https://schema.org"
_STATUS: Final = {
    OrderStatus.PENDING: "OrderPaymentDue",
    OrderStatus.OPEN: "OrderProcessing",
    OrderStatus.ON_HOLD: "OrderProblem",
    OrderStatus.COMPLETED: "OrderDelivered",
    OrderStatus.CANCELLED: "OrderCancelled",
}
_PARCEL: Final = {
    ShipmentStatus.OUT_FOR_DELIVERY: "OrderInTransit",
    ShipmentStatus.READY_FOR_PICKUP: "OrderPickupAvailable",
    ShipmentStatus.DELIVERED: "OrderDelivered",
    ShipmentStatus.EXCEPTION: "OrderProblem",
    ShipmentStatus.RETURNED: "OrderReturned",
}


def order_card(order: Order, brand: Brand, pages: Mapping[str, str]) -> dict[str, Any]:
    """Return an order as schema.org's `Order`."""
    page = safe_url(pages.get("tracking"))
    return _told(
        {
            "@context": _CONTEXT,
            **_order(order, brand),
            "orderStatus": _schema(_STATUS.get(order.status)),
            "orderDate": _instant(order.placed_at),
            **_price(order.total),
            "acceptedOffer": [_offer(line) for line in order.lines[:LINES]],
            "url": page,
            "potentialAction": {"@type": "ViewAction", "target": page} if page else None,
        }
    )


def parcel_card(
    order: Order, shipment: Shipment, brand: Brand, pages: Mapping[str, str]
) -> dict[str, Any]:
    """Return a parcel as schema.org's `ParcelDelivery`."""
    first = shipment.tracking[0] if shipment.tracking else None
    url = safe_url(pages.get("tracking")) or safe_url(first.url if first else None)
    lines = [order.line(part.line_id) for part in (shipment.lines or ())[:LINES]]
    status = _PARCEL.get(shipment.status, "OrderInTransit")
    return _told(
        {
            "@context": _CONTEXT,
            "@type": "ParcelDelivery",
            "partOfOrder": {**_order(order, brand), "orderStatus": _schema(status)},
            "carrier": _told({"@type": "Organization", "name": first.carrier}) if first else None,
            "trackingNumber": first.number if first else None,
            "trackingUrl": url,
            "expectedArrivalUntil": _instant(shipment.estimated_delivery_at),
            "deliveryAddress": _address(order.shipping_address),
            "itemShipped": [_product(line) for line in lines if line],
            "potentialAction": {"@type": "TrackAction", "target": url} if url else None,
        }
    )


def _order(order: Order, brand: Brand) -> dict[str, Any]:
    merchant = {"@type": "Organization", "name": brand.name, "url": safe_url(brand.website)}
    return _told({"@type": "Order", "orderNumber": order.number, "merchant": _told(merchant)})


def _offer(line: LineItem) -> dict[str, Any]:
    return _told(
        {
            "@type": "Offer",
            "itemOffered": _product(line),
            **_price(line.unit_price),
            "eligibleQuantity": {"@type": "QuantitativeValue", "value": line.quantity},
        }
    )


def _product(line: LineItem) -> dict[str, Any]:
    return _told(
        {"@type": "Product", "name": line.title[:TITLE], "image": safe_url(line.image_url)}
    )


def _price(amount: Money | None) -> dict[str, str]:
    return {} if amount is None else {"price": str(amount.amount), "priceCurrency": amount.currency}


def _address(place: Address | None) -> dict[str, Any] | None:
    if place is None:
        return None
    street = ", ".join(part for part in (place.line1, place.line2) if part)
    told = _told(
        {
            "streetAddress": street,
            "addressLocality": place.city,
            "addressRegion": place.region,
            "postalCode": place.postcode,
            "addressCountry": place.country,
        }
    )
    return {"@type": "PostalAddress", **told} if told else None


def _schema(status: str | None) -> str | None:
    return f"{_CONTEXT}/{status}" if status else None


def _instant(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _told(fields: dict[str, Any]) -> dict[str, Any]:
    """Return *fields* without those that say nothing, and none of them too long."""
    return {name: _cut(value) for name, value in fields.items() if value not in (None, "", [], {})}


def _cut(value: Any) -> Any:
    return value[:LONGEST] if isinstance(value, str) and not safe_url(value) else value
