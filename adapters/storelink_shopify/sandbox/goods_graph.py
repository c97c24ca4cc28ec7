"""GraphQL nodes of products, checkouts and codes, with everything that documents may ask."""

from __future__ import annotations

from datetime import datetime

from storelink_shopify.sandbox.goods_payloads import image_url, recovery_url
from storelink_shopify.sandbox.goods_state import CheckoutState, CouponState, ProductState
from storelink_shopify.sandbox.graph import Node, bag, postal, side, stamp
from storelink_shopify.sandbox.spelling import gid
from storelink_shopify.sandbox.state import LineState, Shop


def product(shop: Shop, state: ProductState) -> Node:
    """Return the node of a product."""
    image = {"url": image_url(state.id), "altText": None}
    is_visible = state.status == "active"
    price = side(state.price)
    return {
        "__typename": "Product",
        "id": gid("Product", state.id),
        "legacyResourceId": str(state.id),
        "title": state.title,
        "handle": state.handle,
        "vendor": state.vendor,
        "productType": state.kind,
        "tags": sorted(state.tags),
        "status": state.status.upper(),
        "onlineStoreUrl": f"https://{shop.domain}/products/{state.handle}" if is_visible else None,
        "totalInventory": state.stock,
        "tracksInventory": True,
        "hasOutOfStockVariants": state.stock <= 0,
        "createdAt": stamp(state.created_at),
        "updatedAt": stamp(state.updated_at),
        "publishedAt": stamp(state.created_at) if is_visible else None,
        "featuredMedia": {"preview": {"image": image}, "alt": None},
        "priceRangeV2": {"minVariantPrice": price, "maxVariantPrice": price},
        "collections": {"nodes": []},
        "variants": {"nodes": [variant(state)]},
        "variantsCount": {"count": 1, "precision": "EXACT"},
    }


def variant(state: ProductState) -> Node:
    """Return the node of a product's only variant."""
    return {
        "__typename": "ProductVariant",
        "id": gid("ProductVariant", state.variant_id),
        "title": "Default Title",
        "sku": f"SKU-{state.id}",
        "price": f"{state.price.amount:.2f}",
        "inventoryQuantity": state.stock,
        "availableForSale": state.stock > 0,
        "createdAt": stamp(state.created_at),
        "updatedAt": stamp(state.updated_at),
    }


def checkout(shop: Shop, state: CheckoutState) -> Node:
    """Return the node of a checkout; the account comes from elsewhere."""
    return {
        "__typename": "AbandonedCheckout",
        "id": gid("AbandonedCheckout", state.id),
        "name": f"#{state.id}",
        "createdAt": stamp(state.created_at),
        "updatedAt": stamp(state.updated_at),
        "completedAt": stamp(state.completed_at),
        "abandonedCheckoutUrl": recovery_url(shop, state),
        "note": "",
        "discountCodes": [],
        "customAttributes": [],
        "totalPriceSet": bag(shop, state.total),
        "subtotalPriceSet": bag(shop, state.total),
        "totalLineItemsPriceSet": bag(shop, state.total),
        "shippingAddress": postal(state.customer.contact),
        "billingAddress": postal(state.customer.contact),
        "lineItemsQuantity": sum(line.quantity for line in state.lines),
        "lineItems": {"nodes": [_checkout_line(shop, line) for line in state.lines]},
    }


def _checkout_line(shop: Shop, line: LineState) -> Node:
    return {
        "id": gid("AbandonedCheckoutLineItem", line.id),
        "title": line.title,
        "variantTitle": None,
        "sku": f"SKU-{line.product_id}",
        "quantity": line.quantity,
        "image": {"url": image_url(line.product_id), "altText": None},
        "product": {
            "id": gid("Product", line.product_id),
            "handle": f"product-{line.product_id}",
            "onlineStoreUrl": None,
        },
        "variant": {"id": gid("ProductVariant", line.variant_id)},
        "discountedTotalPriceSet": bag(shop, line.total),
        "discountedUnitPriceSet": bag(shop, line.price),
        "originalTotalPriceSet": bag(shop, line.price * line.quantity),
        "originalUnitPriceSet": bag(shop, line.price),
    }


def coupon(state: CouponState, now: datetime) -> Node:
    """Return the node of a code."""
    code = {
        "id": gid("DiscountRedeemCode", state.id + 1),
        "code": state.code,
        "asyncUsageCount": state.used,
    }
    discount = {
        "__typename": "DiscountCodeBasic",
        "title": state.title,
        "status": state.status(now),
        "startsAt": stamp(state.starts_at),
        "endsAt": stamp(state.ends_at),
        "createdAt": stamp(state.created_at),
        "updatedAt": stamp(state.updated_at),
        "usageLimit": state.usage_limit,
        "asyncUsageCount": state.used,
        "appliesOncePerCustomer": state.once_per_customer,
        "summary": state.title,
        "shortSummary": state.title,
        "codes": {"nodes": [code]},
        "codesCount": {"count": 1, "precision": "EXACT"},
        "context": _context(state),
        "customerGets": {"value": _value(state), "items": _EVERYTHING},
        "minimumRequirement": _minimum(state),
    }
    return {
        "__typename": "DiscountCodeNode",
        "id": gid("DiscountCodeNode", state.id),
        "codeDiscount": discount,
        "discount": discount,
    }


_EVERYTHING = {"__typename": "AllDiscountItems", "allItems": True}


def _context(state: CouponState) -> Node:
    if not state.customers:
        return {"__typename": "DiscountBuyerSelectionAll", "all": "ALL"}
    people = [{"id": gid("Customer", one)} for one in state.customers]
    return {"__typename": "DiscountCustomers", "customers": people}


def _value(state: CouponState) -> Node:
    if state.amount is None:
        return {"__typename": "DiscountPercentage", "percentage": float((state.percent or 0) / 100)}
    return {
        "__typename": "DiscountAmount",
        "amount": side(state.amount),
        "appliesOnEachItem": False,
    }


def _minimum(state: CouponState) -> Node | None:
    if state.minimum is None:
        return None
    return {
        "__typename": "DiscountMinimumSubtotal",
        "greaterThanOrEqualToSubtotal": side(state.minimum),
    }
