"""The site that is played: where it stands, its time zone and its money."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from storelink.clock import Clock

Row = dict[str, Any]
"""One object of the store: its REST body without what is computed, times as `datetime`."""

VERSION = "11.0.1"
NAMESPACE = "wc/v3"

_SYMBOLS: Mapping[str, tuple[str, str, str]] = {
    "INR": ("₹", "&#8377;", "Indian rupee"),
    "EUR": ("€", "&euro;", "Euro"),
    "USD": ("$", "&#36;", "United States (US) dollar"),
    "GBP": ("£", "&pound;", "Pound sterling"),
    "IRR": ("﷼", "&#xfdfc;", "Iranian rial"),
    "JPY": ("¥", "&yen;", "Japanese yen"),
}
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class TaxRate:
    """One rate of the site's tax table. Shipping is not taxed.

    Attributes:
        percent: for example `Decimal("18")`.
        tax_class: of the lines it is for; empty for the standard one.
    """

    id: int
    country: str
    name: str
    percent: Decimal
    tax_class: str = ""


@dataclass(frozen=True, slots=True)
class Zone:
    """Where a shop ships to, and from which worth on for free.

    Attributes:
        locations: pairs of a type and a code, for example `("country", "DE")`.
        minimum: of its free shipping; `None` without any.
        requires: what free shipping asks for: nothing (`""`), `"min_amount"`, `"coupon"`,
            `"either"`, `"both"`.
    """

    name: str
    locations: tuple[tuple[str, str], ...] = ()
    minimum: Decimal | None = None
    requires: str = "min_amount"
    enabled: bool = True
    order: int = 0


@dataclass(slots=True)
class Site:
    """The settings of one WordPress site.

    Attributes:
        url: its address, without a slash at the end.
        zone: dates without `_gmt` are in this zone.
        tracking: where parcels are kept: `"fulfillments"` (the core's feature), `"ast"` (Advanced
            Shipment Tracking), `"shipment_tracking"` (the paid plugin).
        plain_permalinks: the API is found at `?rest_route=` only.
        takes_reviews: the shop-wide switch of reviews.
    """

    clock: Clock
    zone: ZoneInfo
    currency: str
    tracking: str = "fulfillments"
    taxes: tuple[TaxRate, ...] = ()
    url: str = "http://shop.example"
    plain_permalinks: bool = False
    takes_reviews: bool = True

    @property
    def has_fulfillments(self) -> bool:
        """Whether the core's feature is on."""
        return self.tracking == "fulfillments"

    def now(self) -> datetime:
        """Return the present second: WooCommerce keeps no parts of it."""
        return self.clock.now().replace(microsecond=0)

    def rest(self, path: str, namespace: str = NAMESPACE) -> str:
        """Return the address of a resource of the API."""
        if self.plain_permalinks:
            return f"{self.url}/index.php?rest_route=/{namespace}/{path}"
        return f"{self.url}/wp-json/{namespace}/{path}"

    def dates(self, name: str, at: datetime | None) -> dict[str, str | None]:
        """Return a date twice, as WooCommerce does: in the site's time, and in GMT without Z."""
        return {name: self.local(at), f"{name}_gmt": gmt(at)}

    def local(self, at: datetime | None) -> str | None:
        """Return an instant in the site's own time, without saying so."""
        return _text(at.astimezone(self.zone)) if at else None

    def read_local(self, text: str) -> datetime:
        """Return the instant that a date of the site's own time means."""
        return datetime.fromisoformat(text).replace(tzinfo=self.zone).astimezone(UTC)

    def links(self, path: str, *allowed: str, up: str = "") -> Row:
        """Return `_links` of the object at *path*."""
        collection = path.rpartition("/")[0]
        hints = {"targetHints": {"allow": list(allowed)}} if allowed else {}
        links: Row = {
            "self": [{"href": self.rest(path), **hints}],
            "collection": [{"href": self.rest(collection)}],
        }
        return links | ({"up": [{"href": self.rest(up)}]} if up else {})


def gmt(at: datetime | None) -> str | None:
    """Return an instant in GMT, without saying so."""
    return _text(at.astimezone(UTC)) if at else None


def zulu(at: datetime | None) -> str | None:
    """Return an instant as fulfillments do: with a Z."""
    return f"{gmt(at)}Z" if at else None


def read_gmt(text: str | None) -> datetime | None:
    """Return what `gmt` and `zulu` wrote."""
    return datetime.fromisoformat(text.rstrip("Z")).replace(tzinfo=UTC) if text else None


def money(amount: Decimal | str | float) -> str:
    """Return an amount with two decimals, whatever the currency."""
    return str(Decimal(str(amount)).quantize(_CENT, ROUND_HALF_UP))


def number(amount: Decimal) -> int | float:
    """Return a number as PHP writes it into JSON: a whole one without a point."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def symbol(currency: str) -> str:
    """Return the sign of a currency."""
    return _SYMBOLS.get(currency, (currency, currency, currency))[0]


def currency_body(currency: str) -> Row:
    """Return what `data/currencies` says of one."""
    _, entity, name = _SYMBOLS.get(currency, (currency, currency, currency))
    return {"code": currency, "name": name, "symbol": entity}


def encode(body: Any) -> bytes:
    """Return JSON as `wp_json_encode` writes it: ASCII, slashes escaped."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


def _text(at: datetime) -> str:
    return at.replace(tzinfo=None, microsecond=0).isoformat()
