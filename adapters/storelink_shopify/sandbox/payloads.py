"""Bodies of the topics `orders/*`, in the exact shape of Shopify's own examples (2026-07)."""

from __future__ import annotations

from storelink.models.enums import ConsentChannel
from storelink.models.money import Money
from storelink_shopify.sandbox.part_payloads import fulfillment, line, refund
from storelink_shopify.sandbox.people_payloads import buyer
from storelink_shopify.sandbox.spelling import SHOP_ID, Body, address, bag, gid, stamp, text
from storelink_shopify.sandbox.state import LineState, OrderState, Shop

NOTE = "Please ring twice"
ATTRIBUTES = {"gift wrap": "paper", "delivery slot": "morning"}
"""What the checkout of the scripted shop writes on every order."""


def order(shop: Shop, state: OrderState) -> Body:
    """Return the body of the topics `orders/*` that carry the whole order."""
    return {
        "id": state.id,
        "admin_graphql_api_id": gid("Order", state.id),
        **_NOT_USED_BY_ORDERS,
        **_order_state(shop, state),
        **_order_sums(shop, state),
        "customer": buyer(shop, state.customer),
        "billing_address": address(state.customer.contact),
        "shipping_address": address(state.customer.contact),
        "fulfillments": [fulfillment(shop, state, parcel) for parcel in state.parcels],
        "line_items": [_order_line(shop, line) for line in state.lines],
        "refunds": [refund(shop, state, one) for one in state.refunds],
        "shipping_lines": [_shipping_line(shop, state)],
    }


def _order_state(shop: Shop, state: OrderState) -> Body:
    contact = state.customer.contact
    return {
        "name": f"#{state.number}",
        "number": state.number - 1000,
        "order_number": state.number,
        "token": f"token{state.id}",
        "checkout_token": state.checkout_token,
        "order_status_url": status_url(shop, state),
        "created_at": stamp(state.created_at),
        "processed_at": stamp(state.created_at),
        "updated_at": stamp(state.updated_at),
        "cancelled_at": stamp(state.cancelled_at),
        "cancel_reason": "customer" if state.cancelled_at else None,
        "closed_at": stamp(state.closed_at),
        "financial_status": state.payment,
        "fulfillment_status": state.fulfillment,
        "payment_gateway_names": [state.gateway],
        "currency": shop.own(state.total).currency,
        "presentment_currency": state.currency,
        "email": contact.email or "",
        "contact_email": contact.email,
        "phone": contact.phone,
        "customer_locale": contact.locale,
        "buyer_accepts_marketing": ConsentChannel.EMAIL in state.customer.consents,
        "discount_codes": _discount_codes(shop, state),
        "tags": ", ".join(state.tags),
        "note": NOTE,
        "note_attributes": [{"name": name, "value": value} for name, value in ATTRIBUTES.items()],
    }


def status_url(shop: Shop, state: OrderState) -> str:
    """Return the address of the page where the customer sees the order."""
    return f"https://{shop.domain}/{SHOP_ID}/orders/token{state.id}/authenticate?key=k{state.id}"


def _discount_codes(shop: Shop, state: OrderState) -> list[Body]:
    if state.code is None:
        return []
    taken_off = str(shop.own(state.discount).amount)
    return [{"code": state.code, "amount": taken_off, "type": "percentage"}]


def _order_sums(shop: Shop, state: OrderState) -> Body:
    nothing = Money.zero(state.currency)
    left = state.total - state.refunded
    twice = {
        "current_subtotal_price": left,
        "current_total_discounts": state.discount,
        "current_total_price": left,
        "current_total_tax": nothing,
        "subtotal_price": state.subtotal,
        "total_discounts": state.discount,
        "total_line_items_price": state.items,
        "total_price": state.total,
        "total_tax": nothing,
    }
    only_sets = {
        "current_shipping_price_set": state.shipping,
        "total_shipping_price_set": state.shipping,
        "total_cash_rounding_payment_adjustment_set": nothing,
        "total_cash_rounding_refund_adjustment_set": nothing,
    }
    due = state.total if state.payment == "pending" else nothing
    return {
        **{name: text(shop.own(value)) for name, value in twice.items()},
        **{f"{name}_set": bag(shop, value) for name, value in twice.items()},
        **{name: bag(shop, value) for name, value in only_sets.items()},
        "total_outstanding": text(shop.own(due)),
    }


def _order_line(shop: Shop, state: LineState) -> Body:
    return {
        **line(shop, state, state.quantity),
        "attributed_staffs": [],
        "current_quantity": state.quantity - state.refunded,
        "sales_line_item_group_id": None,
    }


def _shipping_line(shop: Shop, state: OrderState) -> Body:
    sums = {"price": state.shipping, "discounted_price": state.shipping}
    return {
        "id": state.id + 7,
        "title": "Standard",
        "code": "standard",
        "source": "shopify",
        "is_removed": False,
        "carrier_identifier": None,
        "phone": None,
        "requested_fulfillment_service_id": None,
        "current_discounted_price_set": bag(shop, state.shipping),
        **{name: text(shop.own(value)) for name, value in sums.items()},
        **{f"{name}_set": bag(shop, value) for name, value in sums.items()},
        "tax_lines": [],
        "discount_allocations": [],
    }


_NOT_USED_BY_ORDERS: Body = {
    "app_id": None,
    "browser_ip": None,
    "cart_token": None,
    "client_details": None,
    "confirmation_number": None,
    "confirmed": True,
    "current_total_additional_fees_set": None,
    "current_total_duties_set": None,
    "device_id": None,
    "discount_applications": [],
    "duties_included": False,
    "estimated_taxes": False,
    "landing_site": None,
    "landing_site_ref": None,
    "line_item_groups": [],
    "location_id": None,
    "merchant_business_entity_id": "MTIzNDU2Nzg5",
    "merchant_of_record_app_id": None,
    "original_total_additional_fees_set": None,
    "original_total_duties_set": None,
    "payment_terms": None,
    "po_number": None,
    "reference": None,
    "referring_site": None,
    "returns": [],
    "source_identifier": None,
    "source_name": "web",
    "source_url": None,
    "tax_exempt": False,
    "tax_lines": [],
    "taxes_included": False,
    "test": False,
    "total_tip_received": "0.00",
    "total_weight": 0,
    "user_id": None,
}
