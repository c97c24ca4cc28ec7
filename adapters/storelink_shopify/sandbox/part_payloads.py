"""Bodies of the topics about parts of an order, in the exact shape of Shopify's own examples."""

from __future__ import annotations

from datetime import datetime

from storelink.models.money import Money
from storelink_shopify.sandbox.spelling import (
    SHOP_ID,
    Body,
    address,
    bag,
    country,
    gid,
    stamp,
    text,
)
from storelink_shopify.sandbox.state import (
    EventState,
    LineState,
    OrderState,
    ParcelState,
    PieceState,
    RefundState,
    ReturnState,
    Shop,
)


def line(shop: Shop, state: LineState, quantity: int) -> Body:
    """Return a line of an order as it stands in its parts, too."""
    return {
        "id": state.id,
        "admin_graphql_api_id": gid("LineItem", state.id),
        "variant_id": state.variant_id,
        "product_id": state.product_id,
        "title": state.title,
        "name": state.title,
        "quantity": quantity,
        "sku": f"SKU-{state.product_id}",
        "requires_shipping": state.requires_shipping,
        "fulfillable_quantity": state.quantity - state.shipped,
        "fulfillment_status": "fulfilled" if state.shipped >= state.quantity else None,
        "price": text(shop.own(state.price)),
        "price_set": bag(shop, state.price),
        "total_discount": text(shop.own(state.discount)),
        "total_discount_set": bag(shop, state.discount),
        **_NOT_USED_BY_LINES,
    }


def fulfillment(shop: Shop, state: OrderState, parcel: ParcelState) -> Body:
    """Return the body of the topics `fulfillments/*`."""
    return {
        "id": parcel.id,
        "admin_graphql_api_id": gid("Fulfillment", parcel.id),
        "order_id": state.id,
        "name": parcel.name,
        "status": parcel.status,
        "shipment_status": parcel.carrier_status,
        "created_at": stamp(parcel.created_at),
        "updated_at": stamp(parcel.updated_at),
        "service": "manual",
        "location_id": None,
        "origin_address": None,
        "email": state.customer.contact.email,
        "destination": address(state.customer.contact),
        "line_items": [
            line(shop, state.lines[index], count) for index, count in parcel.lines.items()
        ],
        "tracking_company": parcel.carrier,
        "tracking_number": parcel.number,
        "tracking_numbers": [parcel.number],
        "tracking_url": parcel.url,
        "tracking_urls": [parcel.url] if parcel.url else [],
        "receipt": {},
    }


def fulfillment_event(state: OrderState, parcel: ParcelState, event: EventState) -> Body:
    """Return the body of the topics `fulfillment_events/*`."""
    return {
        "id": event.id,
        "admin_graphql_api_id": gid("FulfillmentEvent", event.id),
        "fulfillment_id": parcel.id,
        "order_id": state.id,
        "shop_id": SHOP_ID,
        "status": event.status,
        "message": event.message,
        "happened_at": stamp(event.happened_at),
        "created_at": stamp(event.happened_at),
        "updated_at": stamp(event.happened_at),
        "estimated_delivery_at": stamp(event.promised_at),
        "city": None,
        "province": None,
        "country": country(state.customer.contact),
        "zip": None,
        "address1": None,
        "latitude": None,
        "longitude": None,
    }


def refund(shop: Shop, state: OrderState, given_back: RefundState) -> Body:
    """Return the body of the topic `refunds/create`."""
    has_moved = bool(given_back.amount)
    return {
        "id": given_back.id,
        "admin_graphql_api_id": gid("Refund", given_back.id),
        "order_id": state.id,
        "created_at": stamp(given_back.created_at),
        "processed_at": stamp(given_back.created_at),
        "note": given_back.note,
        "user_id": None,
        "duties": [],
        "total_duties_set": bag(shop, Money.zero(state.currency)),
        "return": None,
        "refund_shipping_lines": [],
        "restock": False,
        "order_adjustments": [],
        "refund_line_items": [
            _refund_line(shop, state.lines[index], count)
            for index, count in given_back.lines.items()
        ],
        "transactions": [_refund_transaction(state, given_back)] if has_moved else [],
    }


def _refund_line(shop: Shop, state: LineState, quantity: int) -> Body:
    subtotal, tax = state.share(quantity), Money.zero(state.price.currency)
    return {
        "id": state.id + 500,
        "quantity": quantity,
        "line_item_id": state.id,
        "location_id": None,
        "restock_type": "no_restock",
        # The only amounts that are JSON numbers.
        "subtotal": float(shop.own(subtotal).amount),
        "total_tax": 0,
        "subtotal_set": bag(shop, subtotal),
        "total_tax_set": bag(shop, tax),
        "line_item": line(shop, state, state.quantity),
    }


def _refund_transaction(state: OrderState, given_back: RefundState) -> Body:
    body = _transaction(state, given_back.transaction_id, given_back.amount, "refund", "success")
    return {**body, "created_at": stamp(given_back.created_at)}


def failed_payment(state: OrderState, transaction_id: int, at: datetime) -> Body:
    """Return the body of the topic `order_transactions/create` for a refused payment."""
    return {
        **_transaction(state, transaction_id, state.total, "sale", "failure"),
        "created_at": stamp(at),
        "processed_at": stamp(at),
        "message": "The card was declined",
        "error_code": "card_declined",
        "payment_details": {**_NO_CARD, "payment_method_name": "visa"},
    }


def _transaction(
    state: OrderState, transaction_id: int, amount: Money, kind: str, status: str
) -> Body:
    nothing = {"amount": "0.0", "currency": amount.currency}
    return {
        "id": transaction_id,
        "admin_graphql_api_id": gid("OrderTransaction", transaction_id),
        "order_id": state.id,
        "kind": kind,
        "status": status,
        "gateway": state.gateway,
        "amount": text(amount),
        "currency": amount.currency,
        "payment_id": f"#{state.number}.1",
        "total_unsettled_set": {"presentment_money": nothing, "shop_money": nothing},
        **_NOT_USED_BY_TRANSACTIONS,
    }


def returned(state: OrderState, coming_back: ReturnState) -> Body:
    """Return the body of the topics `returns/request` and `returns/approve`."""
    lines = [
        _return_line(coming_back, state.lines[one.index], one, number)
        for number, one in enumerate(coming_back.pieces, 1)
    ]
    return {
        "id": coming_back.id,
        "admin_graphql_api_id": gid("Return", coming_back.id),
        "status": coming_back.status,
        "order": {"id": state.id, "admin_graphql_api_id": gid("Order", state.id)},
        "total_return_line_items": sum(one.count for one in coming_back.pieces),
        "name": coming_back.name,
        "return_line_items": lines,
        "return_shipping_fees": [],
        "exchange_line_items": [],
        "total_exchange_line_items": 0,
    }


def _return_line(
    coming_back: ReturnState, state: LineState, piece: PieceState, number: int
) -> Body:
    shipped = {
        "id": piece.shipped_id,
        "admin_graphql_api_id": gid("FulfillmentLineItem", piece.shipped_id),
        "line_item": {"id": state.id, "admin_graphql_api_id": gid("LineItem", state.id)},
    }
    return {
        "id": coming_back.id + number,
        "admin_graphql_api_id": gid("ReturnLineItem", coming_back.id + number),
        "fulfillment_line_item": shipped,
        "quantity": piece.count,
        "return_reason": piece.reason,
        "return_reason_note": "",
        "customer_note": piece.note,
    }


def declined_return(state: OrderState, coming_back: ReturnState) -> Body:
    """Return the body of the topic `returns/decline`."""
    return {
        "id": coming_back.id,
        "admin_graphql_api_id": gid("Return", coming_back.id),
        "status": coming_back.status,
        "order": {"id": state.id, "admin_graphql_api_id": gid("Order", state.id)},
        "decline": {"reason": "return_period_ended", "note": "The thirty days are over."},
    }


def moved_return(state: OrderState, coming_back: ReturnState) -> Body:
    """Return the body of the topics `returns/cancel`, `returns/close` and `returns/reopen`."""
    return {
        "id": coming_back.id,
        "admin_graphql_api_id": gid("Return", coming_back.id),
        "order_id": state.id,
        "status": coming_back.status,
    }


def updated_return(coming_back: ReturnState) -> Body:
    """Return the body of the topic `returns/update`: what changed, and not the return."""
    removed = [
        {"admin_graphql_api_id": gid("ReturnLineItem", coming_back.id), "delta": 1},
    ]
    nothing: Body = {"updates": [], "removals": []}
    return {
        "admin_graphql_api_id": gid("Return", coming_back.id),
        "return_line_items": {"removals": removed},
        "restocking_fees": nothing,
        "return_shipping_fees": nothing,
    }


def held(state: OrderState) -> Body:
    """Return the body of the topics about holds of the goods."""
    status = "on_hold" if state.on_hold else "open"
    return {"fulfillment_order": {"id": gid("FulfillmentOrder", state.id + 8), "status": status}}


_NOT_USED_BY_LINES: Body = {
    "discount_allocations": [],
    "duties": [],
    "fulfillment_service": "manual",
    "gift_card": False,
    "grams": 0,
    "product_exists": True,
    "properties": [],
    "tax_lines": [],
    "taxable": True,
    "variant_inventory_management": None,
    "variant_title": None,
    "vendor": None,
}

_NOT_USED_BY_TRANSACTIONS: Body = {
    "amount_rounding": None,
    "authorization": None,
    "device_id": None,
    "error_code": None,
    "location_id": None,
    "manual_payment_gateway": False,
    "message": None,
    "parent_id": None,
    "processed_at": None,
    "receipt": {},
    "source_name": "web",
    "test": False,
    "user_id": None,
}

_NO_CARD: Body = {
    "avs_result_code": None,
    "buyer_action_info": None,
    "credit_card_bin": None,
    "credit_card_company": None,
    "credit_card_expiration_month": None,
    "credit_card_expiration_year": None,
    "credit_card_name": None,
    "credit_card_number": None,
    "credit_card_wallet": None,
    "cvv_result_code": None,
}
