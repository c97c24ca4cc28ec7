"""How webhook bodies write ids, times, amounts and addresses."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from storelink.models.contact import Contact
from storelink.models.money import Money
from storelink_shopify.sandbox.state import Shop

Body = dict[str, Any]

SHOP_ID = 610_000_001

_COUNTRY = re.compile(r"[A-Z]{2}")
_SHOP_TIME = timezone(timedelta(hours=1))


def stamp(instant: datetime | None) -> str | None:
    """Write a time as webhooks do: whole seconds, in the time zone of the shop."""
    return instant.astimezone(_SHOP_TIME).isoformat(timespec="seconds") if instant else None


def gid(kind: str, number: int) -> str:
    """Write a GID."""
    return f"gid://shopify/{kind}/{number}"


def text(amount: Money) -> str:
    """Write an amount as webhooks do: always two decimals."""
    return f"{amount.amount:.2f}"


def bag(shop: Shop, amount: Money) -> Body:
    """Write an amount in both currencies."""
    sides = {"shop_money": shop.own(amount), "presentment_money": amount}
    return {
        name: {"amount": text(side), "currency_code": side.currency} for name, side in sides.items()
    }


def country(contact: Contact) -> str:
    """Return where somebody lives, as their locale says: `"fa-IR"` lives in `"IR"`."""
    region = (contact.locale or "").rpartition("-")[2]
    return region if _COUNTRY.fullmatch(region) else "US"


def address(contact: Contact) -> Body:
    """Write somebody's address; all people of the scripted shop live in one street."""
    return {
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "name": contact.name,
        "company": None,
        "address1": "12 Orchard Lane",
        "address2": None,
        "city": "Millbrook",
        "province": "North",
        "province_code": "NO",
        "country": country(contact),
        "country_code": country(contact),
        "zip": "10001",
        "phone": contact.phone,
        "latitude": None,
        "longitude": None,
    }
