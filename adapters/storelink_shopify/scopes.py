"""Which rights a Shopify app needs for what.

Facts: the Admin schema 2026-10, which names for each type, field and webhook topic the access that
it requires.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from storelink_shopify.answers import part, parts

GATES: Mapping[str, tuple[str, ...]] = {
    "withCustomer": ("read_customers",),
    "withProduct": ("read_products",),
    "withReturns": ("read_returns",),
    "withLocales": ("read_locales", "read_markets_home"),
    "withStatusUrl": (),
    "withUrl": (),
}
"""The documents' gate variables: any one of the rights opens the gate.

A denied field that must not be null takes the whole answer with it; so it is not asked for without
the right. A gate without rights is open until Shopify denies the field, for no list of rights tells
for which protected customer data an app is approved.
"""

OPTIONAL = frozenset(
    {
        "address1", "address2", "billingAddress", "city", "customer", "defaultAddress",
        "defaultEmailAddress", "defaultPhoneNumber", "email", "firstName", "image", "lastName",
        "lastOrder", "note", "phone", "product", "shippingAddress", "variant", "zip",
    }
)  # fmt: skip
"""What may be denied while the rest of the answer is used: it is left out, as if not asked for."""


@dataclass(frozen=True, slots=True)
class Use:
    """What a right is good for.

    Attributes:
        what: for people.
        rights: any one of them is enough.
        vital: nothing works without.
    """

    what: str
    rights: tuple[str, ...]
    vital: bool = False


USES: tuple[Use, ...] = (
    Use("orders, parcels and refunds", ("read_orders",), vital=True),
    Use("customers and their consent", ("read_customers",)),
    Use("products", ("read_products",)),
    Use("returns", ("read_returns",)),
    Use("taking back what customers ask to return", ("write_returns",)),
    Use("webhooks of parcels and their scans", ("read_fulfillments",)),
    Use("webhooks of merged accounts", ("read_customer_merge",)),
    Use("issuing coupons", ("write_discounts",)),
    Use("tags and consent of customers", ("write_customers",)),
    Use("tags and notes of orders", ("write_orders",)),
    Use("reporting what carriers say", ("write_fulfillments",)),
    Use("what is missing to free shipping", ("read_shipping", "read_assigned_shipping")),
    Use("store credit", ("write_store_credit_account_transactions",)),
)
"""What storelink does with a shop, and what it needs for that."""

ALL_ORDERS = "read_all_orders"
WINDOW = timedelta(days=60)
"""Without that right, orders are seen for so long only."""

ASKED: tuple[str, ...] = (
    "write_orders",
    "write_customers",
    "read_products",
    "write_returns",
    "write_discounts",
    "write_fulfillments",
    "read_customer_merge",
    "read_locales",
    "read_shipping",
    "read_store_credit_accounts",
    "write_store_credit_account_transactions",
)
"""What an installation asks for: writing includes reading. Not `read_all_orders`: an app that
Shopify did not approve for it cannot be installed with it."""


def of(data: Mapping[str, Any]) -> frozenset[str]:
    """Return the rights that an answer tells in `currentAppInstallation`."""
    told = parts(part(data, "currentAppInstallation"), "accessScopes")
    return expanded([str(one.get("handle")) for one in told if isinstance(one, Mapping)])


def expanded(handles: Collection[str]) -> frozenset[str]:
    """Return the rights that *handles* give: writing includes reading."""
    implied = {one.replace("write_", "read_", 1) for one in handles if one.startswith("write_")}
    return frozenset(handles) | implied


def opened(gates: Collection[str], granted: Collection[str]) -> Mapping[str, bool]:
    """Say for each gate whether it is open."""
    return {gate: _any(GATES[gate], granted) for gate in gates}


def missing(granted: Collection[str]) -> tuple[Use, ...]:
    """Return what cannot be done with the rights that are granted."""
    return tuple(use for use in USES if not _any(use.rights, granted))


def _any(rights: tuple[str, ...], granted: Collection[str]) -> bool:
    return not rights or any(one in granted for one in rights)
