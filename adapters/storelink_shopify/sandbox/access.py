"""What an app may see: scopes for types and mutations, and approval for protected customer data.

Facts: the Admin schema 2026-10 names the access that each type requires; shopify.dev, "Work with
protected customer data".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import GraphQLError

Scopes = frozenset[str]


def _any_of(*scopes: str) -> Scopes:
    return frozenset(scopes)


_ORDERS = _any_of("read_orders", "read_marketplace_orders")
_SHIPMENTS = _ORDERS | _any_of(
    "read_assigned_fulfillment_orders",
    "read_merchant_managed_fulfillment_orders",
    "read_third_party_fulfillment_orders",
    "read_marketplace_fulfillment_orders",
)
_RETURNS = _any_of("read_returns", "read_marketplace_returns")
_TAKING_BACK = _any_of("write_returns", "write_marketplace_returns")
_CUSTOMERS, _PRODUCTS = _any_of("read_customers"), _any_of("read_products")
_DISCOUNTS = _any_of("read_discounts")
_SHIPPING = _any_of("read_shipping", "read_assigned_shipping")

TYPES: Mapping[str, Scopes] = {
    "AbandonedCheckout": _any_of("read_orders"),
    "AbandonedCheckoutLineItem": _any_of("read_orders"),
    "Collection": _PRODUCTS,
    "Customer": _CUSTOMERS,
    "CustomerEmailAddress": _CUSTOMERS,
    "CustomerPhoneNumber": _CUSTOMERS,
    "CustomerSmsMarketingConsent": _CUSTOMERS,
    "DeliveryCountryCodeOrRestOfWorld": _SHIPPING,
    "DeliveryZone": _SHIPPING,
    "DiscountCodeBasic": _DISCOUNTS,
    "DiscountCodeNode": _DISCOUNTS,
    "DiscountRedeemCode": _DISCOUNTS,
    "DraftOrder": _any_of("read_draft_orders", "read_quick_sale"),
    "Fulfillment": _SHIPMENTS,
    "FulfillmentEvent": _any_of("read_orders"),
    "FulfillmentLineItem": _ORDERS,
    "FulfillmentTrackingInfo": _SHIPMENTS,
    "LineItem": _ORDERS,
    "Order": _ORDERS | _any_of("read_quick_sale"),
    "Product": _PRODUCTS,
    "ProductVariant": _PRODUCTS,
    "Refund": _ORDERS,
    "RefundLineItem": _ORDERS,
    "Return": _RETURNS,
    "ReturnLineItemType": _RETURNS,
    "ReturnableFulfillment": _RETURNS,
    "ReturnReasonDefinition": _any_of("read_returns"),
    "ReverseFulfillmentOrder": _RETURNS,
    "ShopLocale": _any_of("read_locales", "read_markets_home"),
    "StoreCreditAccount": _any_of("read_store_credit_accounts"),
    "StoreCreditAccountTransaction": _any_of("read_store_credit_account_transactions"),
}
"""What each type requires: one of these scopes."""

FIELDS: Mapping[str, Scopes] = {
    "QueryRoot.ordersCount": _ORDERS,
    "QueryRoot.customersCount": _CUSTOMERS,
    "QueryRoot.productsCount": _PRODUCTS,
    "QueryRoot.abandonedCheckoutsCount": _any_of("read_orders"),
    "QueryRoot.discountCodesCount": _DISCOUNTS,
    "Mutation.customerCreate": _any_of("write_customers"),
    "Mutation.customerEmailMarketingConsentUpdate": _any_of("write_customers"),
    "Mutation.customerSmsMarketingConsentUpdate": _any_of("write_customers"),
    "Mutation.discountCodeBasicCreate": _any_of("write_discounts"),
    "Mutation.discountCodeDeactivate": _any_of("write_discounts"),
    "Mutation.discountCodeDelete": _any_of("write_discounts"),
    "Mutation.fulfillmentEventCreate": _any_of("write_fulfillments"),
    "Mutation.returnRequest": _TAKING_BACK,
    "Mutation.returnApproveRequest": _TAKING_BACK,
    "Mutation.returnDeclineRequest": _TAKING_BACK,
    "Mutation.storeCreditAccountCredit": _any_of("write_store_credit_account_transactions"),
}
"""What single fields require."""

PROTECTED: Mapping[str, str] = {
    **dict.fromkeys(("Customer.firstName", "Customer.lastName", "Customer.displayName"), "name"),
    "Customer.email": "email",
    "Customer.phone": "phone",
    "CustomerEmailAddress.emailAddress": "email",
    "CustomerPhoneNumber.phoneNumber": "phone",
    **dict.fromkeys(("FulfillmentEvent.city", "FulfillmentEvent.zip"), "address"),
    **dict.fromkeys(("MailingAddress.firstName", "MailingAddress.lastName"), "name"),
    "MailingAddress.name": "name",
    "MailingAddress.phone": "phone",
    **dict.fromkeys(
        ("MailingAddress.address1", "MailingAddress.address2", "MailingAddress.zip"), "address"
    ),
    "Order.email": "email",
    "Order.phone": "phone",
    "Order.statusPageUrl": "name",
}
"""Level 2: what about the customer each field tells."""

_LEVEL_1 = frozenset({"Order", "Customer", "AbandonedCheckout", "DraftOrder"})
ALL_DATA = frozenset({"customer", "name", "address", "phone", "email"})
"""What Shopify can approve: customers at all, and four kinds of details."""

EVERY_SCOPE = frozenset(
    {
        *(scope for scopes in TYPES.values() for scope in scopes if "marketplace" not in scope),
        *(scope for scopes in FIELDS.values() for scope in scopes if "marketplace" not in scope),
        "read_all_orders",
        "read_customer_merge",
        "read_fulfillments",
        "write_orders",
    }
)
"""Everything that the sandbox knows a scope for."""


@dataclass(frozen=True, slots=True)
class Access:
    """What one app was granted.

    Attributes:
        scopes: as granted.
        approved: which of `ALL_DATA` Shopify approved.
    """

    scopes: Scopes = EVERY_SCOPE
    approved: frozenset[str] = ALL_DATA
    _had: Scopes = field(init=False, repr=False, default=frozenset())
    _fine: set[tuple[str, str]] = field(init=False, repr=False, compare=False, default_factory=set)

    def __post_init__(self) -> None:
        # Whoever may write may read.
        read = {one.replace("write_", "read_", 1) for one in self.scopes}
        object.__setattr__(self, "_had", self.scopes | read)

    def has(self, scope: str) -> bool:
        """Say whether a scope was granted."""
        return scope in self._had

    def refusal(self, parent: str, name: str, type_name: str) -> GraphQLError | None:
        """Return why a field of this type is denied; `None` if it is not."""
        if (parent, name) in self._fine:
            return None
        refusal = self._refusal(parent, name, type_name)
        if refusal is None:
            self._fine.add((parent, name))
        return refusal

    def _refusal(self, parent: str, name: str, type_name: str) -> GraphQLError | None:
        for needed in (FIELDS.get(f"{parent}.{name}"), TYPES.get(type_name)):
            if needed is not None and not needed & self._had:
                return denied(name, needed)
        if type_name in _LEVEL_1 and "customer" not in self.approved:
            return unapproved(f"access the {type_name} object")
        detail = PROTECTED.get(f"{parent}.{name}")
        if detail is not None and detail not in self.approved:
            return unapproved(f"use the {name} field")
        return None


def denied(name: str, needed: Scopes) -> GraphQLError:
    """Return the error for a field without its scope."""
    required = " or ".join(f"`{scope}` access scope" for scope in sorted(needed, key=_rank)) + "."
    return GraphQLError(
        f"Access denied for {name} field. Required access: {required}",
        extensions={
            "code": "ACCESS_DENIED",
            "documentation": "https://shopify.dev/api/usage/access-scopes",
            "requiredAccess": required,
        },
    )


def _rank(scope: str) -> tuple[bool, str]:
    return "marketplace" in scope, scope  # as Shopify names them


def unapproved(what: str) -> GraphQLError:
    """Return the error for customer data that Shopify did not approve."""
    return GraphQLError(
        f"This app is not approved to {what}. See "
        "https://shopify.dev/docs/apps/launch/protected-customer-data for more details.",
        extensions={
            "code": "ACCESS_DENIED",
            "documentation": "https://shopify.dev/docs/apps/launch/protected-customer-data",
        },
    )
