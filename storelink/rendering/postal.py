"""Postal addresses as lines."""

from __future__ import annotations

from typing import Final

from storelink.models.contact import Address
from storelink.rendering.session import current

POSTCODE_LAST: Final = frozenset({"AU", "BD", "CA", "GB", "IE", "IN", "NZ", "PK", "US"})
"""Countries that write the town first and the postcode after it."""

_WITH_REGION: Final = frozenset({"AU", "CA", "US"})


def address_lines(address: Address | None) -> list[str]:
    """Return *address* line by line, with its names; the country in the reader's language."""
    if address is None:
        return []
    country = current().language.territories.get(address.country or "", address.country)
    name = " ".join(part for part in (address.first_name, address.last_name) if part)
    lines = (name, address.company, address.line1, address.line2, _town(address), country)
    return [line for line in lines if line]


def _town(address: Address) -> str:
    if address.country not in POSTCODE_LAST:
        return " ".join(part for part in (address.postcode, address.city) if part)
    region = address.region if address.country in _WITH_REGION else None
    end = " ".join(part for part in (region, address.postcode) if part)
    return ", ".join(part for part in (address.city, end) if part)
