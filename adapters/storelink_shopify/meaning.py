"""What Shopify's values mean, from either shape."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest

from storelink.models.enums import OrderStatus
from storelink.models.order import ShippingLine
from storelink.models.shipment import Tracking
from storelink.toolkit.payload import Reader, number_text

_WEB_LINK = re.compile(r"https?://\S+", re.IGNORECASE)


def order_status(cancelled_at: datetime | None, closed_at: datetime | None) -> OrderStatus:
    """Return where an order stands: Shopify has no status, but two times."""
    if cancelled_at:
        return OrderStatus.CANCELLED
    return OrderStatus.COMPLETED if closed_at else OrderStatus.OPEN


def tags(words: Iterable[str]) -> tuple[str, ...]:
    """Return tags without blanks, each once, in order of the alphabet."""
    return tuple(sorted({word.strip() for word in words} - {""}))


def attributes(entries: Iterable[Reader], name: str) -> dict[str, str | None]:
    """Return what the checkout or an app wrote on the order; *name* is what holds each key."""
    return {entry.text(name) or "": _plain(entry) for entry in entries}


def _plain(entry: Reader) -> str | None:
    value = entry.data.get("value")
    if isinstance(value, Decimal | float):
        return number_text(value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else entry.text("value")


def variant_title(title: str | None) -> str | None:
    """Return a variant's title; the only variant of a product has none of its own."""
    return None if title == "Default Title" else title


def shipping_line(line: Reader) -> ShippingLine:
    """Return how the order is shipped."""
    return ShippingLine(title=line.filled("title") or "", code=line.filled("code"))


def return_reason(word: str | None) -> str | None:
    """Return why something comes back: `"SIZE_TOO_SMALL"` and `"size-too-small"` are the same."""
    return word.lower().replace("_", "-") if word else None


def tracking(
    carrier: str | None, numbers: Iterable[str], links: Iterable[str]
) -> tuple[Tracking, ...]:
    """Return one entry a number; Shopify gives the links in the order of the numbers."""
    pairs = zip_longest((one.strip() for one in numbers), (one.strip() for one in links))
    return tuple(
        Tracking(number=number or None, carrier=carrier, url=web_link(url))
        for number, url in pairs
        if number or url
    )


def web_link(url: str | None) -> str | None:
    """Return *url* if it can be put into a message: an `http` or `https` address."""
    return url if url and _WEB_LINK.fullmatch(url) else None
