"""GraphQL nodes, as the documents `OrderById`, `ReturnById` and `CustomerById` are answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from storelink.models.contact import Contact
from storelink.models.enums import ConsentChannel
from storelink.models.money import Money
from storelink_shopify.sandbox.payloads import ATTRIBUTES, NOTE, status_url
from storelink_shopify.sandbox.spelling import address, gid
from storelink_shopify.sandbox.state import (
    CustomerState,
    EventState,
    LineState,
    OrderState,
    ParcelState,
    PieceState,
    RefundState,
    ReturnState,
    Shop,
)

Node = dict[str, Any]
REST = "…"
"""Under this name a node may have a function that gives what else it says."""


def said(node: Node, name: str, default: Any = None) -> Any:
    """Return what a node says under a name."""
    if name not in node and REST in node:
        node.update(node.pop(REST)())
    return node.get(name, default)


_FULFILLMENT = {None: "UNFULFILLED", "partial": "PARTIALLY_FULFILLED", "fulfilled": "FULFILLED"}
RETURN_REASONS = (
    "unknown",
    "size-too-small",
    "size-too-large",
    "unwanted",
    "not-as-described",
    "wrong-item",
    "defective",
    "style",
    "color",
    "other",
)
"""The handles of the shop's library of reasons."""


def return_reason(handle: str) -> Node:
    """Return one reason of the shop's library."""
    return {
        "__typename": "ReturnReasonDefinition",
        "id": gid("ReturnReasonDefinition", RETURN_REASONS.index(handle) + 1),
        "handle": handle,
        "name": handle.replace("-", " ").capitalize(),
        "deleted": False,
    }


def order(shop: Shop, state: OrderState, spent: Money) -> Node:
    """Return the node of an order; *spent* is what its customer spent in all."""
    return {
        **order_alone(shop, state),
        "customer": {**_account(state.customer), "amountSpent": side(spent)},
        "returns": _nodes([_return_of_order(one) for one in state.returns]),
    }


def order_alone(shop: Shop, state: OrderState) -> Node:
    """Return the node of an order without what it refers to: its customer and its returns."""
    return {
        "id": gid("Order", state.id),
        "legacyResourceId": str(state.id),
        **_order_state(shop, state),
        **_order_sums(shop, state),
        "shippingLine": {"title": "Standard", "code": "standard"},
        "shippingAddress": postal(state.customer.contact),
        "billingAddress": postal(state.customer.contact),
        "lineItems": {
            "nodes": [_line(shop, line) for line in state.lines],
            "pageInfo": {"hasNextPage": False, "endCursor": None},
        },
        "fulfillments": [_fulfillment(state, parcel) for parcel in state.parcels],
        "refunds": [_refund(shop, state, one) for one in state.refunds],
    }


def _order_state(shop: Shop, state: OrderState) -> Node:
    contact = state.customer.contact
    return {
        "name": f"#{state.number}",
        "confirmationNumber": None,
        "test": False,
        "createdAt": stamp(state.created_at),
        "processedAt": stamp(state.created_at),
        "updatedAt": stamp(state.updated_at),
        "closedAt": stamp(state.closed_at),
        "cancelledAt": stamp(state.cancelled_at),
        "cancelReason": "CUSTOMER" if state.cancelled_at else None,
        "displayFinancialStatus": state.payment.upper(),
        "displayFulfillmentStatus": "ON_HOLD" if state.on_hold else _FULFILLMENT[state.fulfillment],
        "returnStatus": return_status(state),
        "paymentGatewayNames": [state.gateway],
        "checkoutToken": state.checkout_token,
        "sourceName": "web",
        "requiresShipping": any(line.requires_shipping for line in state.lines),
        "email": contact.email,
        "phone": contact.phone,
        "customerLocale": contact.locale,
        "customerAcceptsMarketing": ConsentChannel.EMAIL in state.customer.consents,
        "currencyCode": shop.currency or state.currency,
        "presentmentCurrencyCode": state.currency,
        "taxesIncluded": False,
        "taxLines": [],
        "statusPageUrl": status_url(shop, state),
        "note": NOTE,
        "tags": list(state.tags),
        "discountCodes": [state.code] if state.code else [],
        "customAttributes": [{"key": key, "value": value} for key, value in ATTRIBUTES.items()],
    }


def return_status(state: OrderState) -> str:
    """Return how the returns of an order stand, all in all."""
    words = {one.status for one in state.returns}
    if "requested" in words:
        return "RETURN_REQUESTED"
    if "open" in words:
        return "IN_PROGRESS"
    return "RETURNED" if "closed" in words else "NO_RETURN"


def _order_sums(shop: Shop, state: OrderState) -> Node:
    subtotal, refunded = state.subtotal, state.refunded
    total = subtotal + state.shipping
    sums = {
        "totalPriceSet": total,
        "currentTotalPriceSet": total - refunded,
        "subtotalPriceSet": subtotal,
        "totalDiscountsSet": state.discount,
        "totalShippingPriceSet": state.shipping,
        "totalTaxSet": Money.zero(state.currency),
        "totalRefundedSet": refunded,
    }
    return {name: bag(shop, value) for name, value in sums.items()}


def _line(shop: Shop, line: LineState) -> Node:
    return {
        "id": gid("LineItem", line.id),
        "title": line.title,
        "variantTitle": None,
        "sku": f"SKU-{line.product_id}",
        "vendor": None,
        "quantity": line.quantity,
        "currentQuantity": line.quantity - line.refunded,
        "refundableQuantity": line.quantity - line.refunded,
        "isGiftCard": False,
        "requiresShipping": line.requires_shipping,
        "image": {"url": f"https://cdn.example/{line.product_id}.jpg", "altText": None},
        "product": {
            "id": gid("Product", line.product_id),
            "handle": f"product-{line.product_id}",
            "onlineStoreUrl": None,
        },
        "variant": {"id": gid("ProductVariant", line.variant_id)},
        "originalUnitPriceSet": bag(shop, line.price),
        "discountedTotalSet": bag(shop, line.total),
    }


def _fulfillment(state: OrderState, parcel: ParcelState) -> Node:
    in_transit_at, delivered_at = parcel.first("in_transit"), parcel.first("delivered")
    newest_first = sorted(parcel.events, key=lambda one: (one.happened_at, one.id), reverse=True)
    return {
        "id": gid("Fulfillment", parcel.id),
        "name": parcel.name,
        "status": parcel.status.upper(),
        "displayStatus": (parcel.carrier_status or "fulfilled").upper(),
        "createdAt": stamp(parcel.created_at),
        "updatedAt": stamp(parcel.updated_at),
        "inTransitAt": stamp(in_transit_at),
        "deliveredAt": stamp(delivered_at),
        "estimatedDeliveryAt": stamp(parcel.promised_at),
        "totalQuantity": sum(parcel.lines.values()),
        "trackingInfo": [{"company": parcel.carrier, "number": parcel.number, "url": parcel.url}],
        "events": _nodes([_event(state, event) for event in newest_first]),
        "fulfillmentLineItems": _nodes(
            [
                {
                    "id": gid("FulfillmentLineItem", parcel.id + index + 1),
                    "quantity": count,
                    "lineItem": {"id": gid("LineItem", state.lines[index].id)},
                }
                for index, count in parcel.lines.items()
            ]
        ),
    }


def _event(state: OrderState, event: EventState) -> Node:
    return {
        "id": gid("FulfillmentEvent", event.id),
        "status": event.status.upper(),
        "message": event.message,
        "createdAt": stamp(event.happened_at),
        "happenedAt": stamp(event.happened_at),
        "estimatedDeliveryAt": stamp(event.promised_at),
        "city": None,
        "province": None,
        "country": address(state.customer.contact)["country_code"],
        "zip": None,
    }


def _refund(shop: Shop, state: OrderState, given_back: RefundState) -> Node:
    lines = [
        {
            "quantity": count,
            "restockType": "NO_RESTOCK",
            "lineItem": {"id": gid("LineItem", state.lines[index].id)},
            "subtotalSet": bag(shop, state.lines[index].share(count)),
        }
        for index, count in given_back.lines.items()
    ]
    return {
        "id": gid("Refund", given_back.id),
        "createdAt": stamp(given_back.created_at),
        "note": given_back.note,
        "totalRefundedSet": bag(shop, given_back.amount),
        "return": None,
        "refundLineItems": _nodes(lines),
    }


def _return_of_order(coming_back: ReturnState) -> Node:
    return {
        "id": gid("Return", coming_back.id),
        "name": coming_back.name,
        "status": coming_back.status.upper(),
        "totalQuantity": sum(one.count for one in coming_back.pieces),
        "createdAt": stamp(coming_back.created_at),
        "closedAt": stamp(coming_back.closed_at),
    }


def return_(state: OrderState, coming_back: ReturnState) -> Node:
    """Return the node of a return."""
    declined = {"reason": "RETURN_PERIOD_ENDED", "note": coming_back.declined}
    return {
        **_return_of_order(coming_back),
        "requestApprovedAt": stamp(coming_back.approved_at),
        "decline": declined if coming_back.status == "declined" else None,
        "order": {"id": gid("Order", state.id), "name": f"#{state.number}"},
        "returnLineItems": _nodes(
            [
                _return_line(coming_back, state.lines[one.index], one, number)
                for number, one in enumerate(coming_back.pieces, 1)
            ]
        ),
        "exchangeLineItems": _nodes(
            [{"id": gid("ExchangeLineItem", coming_back.id)}] if coming_back.exchanged else []
        ),
        "refunds": _nodes([]),
        "reverseFulfillmentOrders": _nodes([]),
    }


def _return_line(coming_back: ReturnState, line: LineState, piece: PieceState, number: int) -> Node:
    return {
        "id": gid("ReturnLineItem", coming_back.id + number),
        "quantity": piece.count,
        "processedQuantity": piece.count if coming_back.received else 0,
        "refundedQuantity": 0,
        "returnReasonNote": "",
        "customerNote": piece.note,
        "returnReasonDefinition": return_reason(piece.reason),
        "fulfillmentLineItem": {
            "lineItem": {"id": gid("LineItem", line.id), "title": line.title},
        },
    }


def customer(state: CustomerState, spent: Money) -> Node:
    """Return the node of an account; *spent* is what its owner spent in all."""
    return {
        **customer_alone(state),
        "amountSpent": side(spent),
        "lastOrder": None,
        "storeCreditAccounts": _nodes([]),
    }


def customer_alone(state: CustomerState) -> Node:
    """Return the node of an account without what its orders make of it."""
    return {
        **_account(state),
        "defaultAddress": {**postal(state.contact), "timeZone": "Europe/Berlin"},
    }


def _account(state: CustomerState) -> Node:
    return {
        "id": gid("Customer", state.id),
        "firstName": state.contact.first_name,
        "lastName": state.contact.last_name,
        "locale": state.contact.locale or "en",
        "tags": sorted(state.tags),
        "note": None,
        "state": "DISABLED",
        "createdAt": stamp(state.created_at),
        "updatedAt": stamp(state.updated_at),
        "numberOfOrders": str(len(state.orders)),
        "defaultEmailAddress": _email(state),
        "defaultPhoneNumber": _phone(state),
    }


def _email(state: CustomerState) -> Node | None:
    if not state.contact.email:
        return None
    given = state.consents.get(ConsentChannel.EMAIL)
    return {
        "emailAddress": state.contact.email,
        "validFormat": True,
        "marketingState": given.state.upper() if given else "NOT_SUBSCRIBED",
        "marketingOptInLevel": "SINGLE_OPT_IN" if given else None,
        "marketingUpdatedAt": stamp(given.at) if given else None,
    }


def _phone(state: CustomerState) -> Node | None:
    if not state.contact.phone:
        return None
    given = state.consents.get(ConsentChannel.SMS)
    consent = {
        "state": given.state.upper() if given else "NEVER_SUBSCRIBED",
        "optInLevel": "SINGLE_OPT_IN" if given else None,
        "updatedAt": stamp(given.at) if given else None,
        "collectedFrom": "OTHER" if given else None,
    }
    return {
        "phoneNumber": state.contact.phone,
        "smsMarketingConsent": consent,
        # Before 2026-10, with another word for those who never agreed.
        "marketingState": given.state.upper() if given else "NOT_SUBSCRIBED",
        "marketingOptInLevel": consent["optInLevel"],
        "marketingUpdatedAt": consent["updatedAt"],
        "marketingCollectedFrom": consent["collectedFrom"],
    }


def postal(contact: Contact) -> Node:
    """Write an address; all people of the scripted shop live in one street."""
    body = address(contact)
    return {
        "firstName": body["first_name"],
        "lastName": body["last_name"],
        "company": body["company"],
        "address1": body["address1"],
        "address2": body["address2"],
        "city": body["city"],
        "provinceCode": body["province_code"],
        "zip": body["zip"],
        "countryCodeV2": body["country_code"],
        "phone": body["phone"],
    }


def _nodes(nodes: Sequence[Node]) -> Node:
    return {"nodes": list(nodes)}


def stamp(instant: datetime | None) -> str | None:
    """Write a time as GraphQL does: whole seconds, in UTC."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if instant else None


def bag(shop: Shop, amount: Money) -> Node:
    """Write an amount in both currencies."""
    return {"shopMoney": side(shop.own(amount)), "presentmentMoney": side(amount)}


def side(amount: Money) -> Node:
    """Write an amount in one currency."""
    # GraphQL leaves out the zeros at the end, but for one: "24.9", "10.0".
    whole, _, cents = f"{amount.amount:.2f}".partition(".")
    shown = f"{whole}.{cents.rstrip('0') or '0'}"
    return {"amount": shown, "currencyCode": amount.currency}
