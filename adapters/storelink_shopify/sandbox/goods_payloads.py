"""Bodies of the topics about products, checkouts and codes, in the shape of Shopify's examples."""

from __future__ import annotations

from datetime import datetime

from storelink.models.money import Money
from storelink_shopify.sandbox.goods_state import CheckoutState, CouponState, ProductState
from storelink_shopify.sandbox.people_payloads import buyer
from storelink_shopify.sandbox.spelling import Body, address, gid, stamp, text
from storelink_shopify.sandbox.state import LineState, Shop


def product(state: ProductState) -> Body:
    """Return the body of the topics `products/create` and `products/update`."""
    return {
        "id": state.id,
        "admin_graphql_api_id": gid("Product", state.id),
        "title": state.title,
        "body_html": f"<p>{state.title}</p>",
        "handle": state.handle,
        "product_type": state.kind,
        "vendor": state.vendor,
        "status": state.status,
        "tags": ", ".join(state.tags),
        "created_at": stamp(state.created_at),
        "updated_at": stamp(state.updated_at),
        "published_at": stamp(state.created_at) if state.status == "active" else None,
        "variants": [_variant(state)],
        "image": {"src": image_url(state.id), "alt": None},
        "images": [],
        "media": [],
        "options": [],
        "category": None,
        "published_scope": "web",
        "template_suffix": None,
        "has_variants_that_requires_components": False,
        "variant_gids": [
            {
                "admin_graphql_api_id": gid("ProductVariant", state.variant_id),
                "updated_at": stamp(state.updated_at),
            }
        ],
    }


def image_url(product_id: int) -> str:
    """Return where the picture of a product is."""
    return f"https://cdn.example/{product_id}.jpg"


def _variant(state: ProductState) -> Body:
    return {
        "id": state.variant_id,
        "admin_graphql_api_id": gid("ProductVariant", state.variant_id),
        "product_id": state.id,
        "title": "Default Title",
        "price": text(state.price),
        "compare_at_price": None,
        "sku": f"SKU-{state.id}",
        "inventory_policy": "deny",
        "inventory_quantity": state.stock,
        "old_inventory_quantity": state.stock,
        "inventory_item_id": None,
        "position": 1,
        "taxable": True,
        "barcode": None,
        "image_id": None,
        "option1": "Default Title",
        "option2": None,
        "option3": None,
        "created_at": stamp(state.created_at),
        "updated_at": stamp(state.updated_at),
    }


def checkout(shop: Shop, state: CheckoutState) -> Body:
    """Return the body of the topics `checkouts/create` and `checkouts/update`."""
    contact = state.customer.contact
    return {
        "token": state.token,
        "name": f"#{state.id}",
        "abandoned_checkout_url": recovery_url(shop, state),
        "email": contact.email,
        "phone": contact.phone,
        "customer_locale": contact.locale,
        "buyer_accepts_marketing": state.accepts_marketing,
        "buyer_accepts_sms_marketing": False,
        "created_at": stamp(state.created_at),
        "updated_at": stamp(state.updated_at),
        "completed_at": stamp(state.completed_at),
        "currency": shop.own(state.total).currency,
        "presentment_currency": state.total.currency,
        **_checkout_sums(state),
        "line_items": [_checkout_line(line) for line in state.lines],
        "shipping_address": address(contact),
        "billing_address": address(contact),
        "customer": buyer(shop, state.customer),
        **_NOT_USED_BY_CHECKOUTS,
    }


def recovery_url(shop: Shop, state: CheckoutState) -> str:
    """Return where the customer can go on with a checkout."""
    return f"https://{shop.domain}/checkouts/{state.token}/recover?key=k{state.id}"


def _checkout_sums(state: CheckoutState) -> Body:
    nothing = text(Money.zero(state.total.currency))
    # In the customer's currency: Shopify's page on the topic shows only one, unnamed.
    return {
        "subtotal_price": text(state.total),
        "total_line_items_price": text(state.total),
        "total_price": text(state.total),
        "total_discounts": nothing,
        "total_tax": nothing,
    }


def _checkout_line(state: LineState) -> Body:
    return {
        "key": f"key{state.id}",
        "product_id": state.product_id,
        "variant_id": state.variant_id,
        "title": state.title,
        "presentment_title": state.title,
        "variant_title": None,
        "presentment_variant_title": None,
        "sku": f"SKU-{state.product_id}",
        "vendor": None,
        "quantity": state.quantity,
        "price": text(state.price),
        "line_price": text(state.total),
        "variant_price": text(state.price),
        "requires_shipping": state.requires_shipping,
        "gift_card": False,
        "taxable": True,
        "grams": 0,
        "tax_lines": [],
        "applied_discounts": [],
        "discount_allocations": [],
        "properties": None,
        "compare_at_price": None,
        "destination_location_id": None,
        "origin_location_id": None,
        "fulfillment_service": "manual",
        "unit_price_measurement": {},
        "rank": None,
        "user_id": None,
    }


def deleted_checkout(state: CheckoutState) -> Body:
    """Return the body of the topic `checkouts/delete`."""
    return {
        "id": state.id,
        "presentment_currency": state.total.currency,
        "buyer_accepts_sms_marketing": False,
        "sms_marketing_phone": None,
        **_checkout_sums(state),
        "cart_token": None,
        "total_duties": None,
        "reservation_token": None,
    }


def coupon(state: CouponState, now: datetime) -> Body:
    """Return the body of the topics `discounts/create` and `discounts/update`."""
    return {
        "admin_graphql_api_id": gid("DiscountCodeNode", state.id),
        "title": state.title,
        "status": state.status(now),
        "created_at": stamp(state.created_at),
        "updated_at": stamp(state.updated_at),
    }


def deleted_coupon(state: CouponState, now: datetime) -> Body:
    """Return the body of the topic `discounts/delete`."""
    return {"admin_graphql_api_id": gid("DiscountCodeNode", state.id), "deleted_at": stamp(now)}


def redeem_code(state: CouponState, now: datetime) -> Body:
    """Return the body of the topics `discounts/redeemcode_added` and `…_removed`."""
    return {
        "admin_graphql_api_id": gid("DiscountCodeNode", state.id),
        "redeem_code": {"id": gid("DiscountRedeemCode", state.id + 1), "code": state.code},
        "updated_at": f"{now:%Y-%m-%dT%H:%M:%S}.000Z",
    }


_NOT_USED_BY_CHECKOUTS: Body = {
    "cart_token": None,
    "closed_at": None,
    "device_id": None,
    "discount_codes": [],
    "gateway": None,
    "landing_site": None,
    "location_id": None,
    "note": None,
    "note_attributes": [],
    "referring_site": None,
    "reservation_token": None,
    "shipping_lines": [],
    "sms_marketing_phone": None,
    "source": None,
    "source_identifier": None,
    "source_name": "web",
    "source_url": None,
    "tax_lines": [],
    "taxes_included": False,
    "total_duties": None,
    "total_weight": 0,
    "user_id": None,
}
