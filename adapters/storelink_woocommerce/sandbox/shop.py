"""Products, reviews, accounts and coupons: how they are made and changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from storelink_woocommerce.sandbox import ordering
from storelink_woocommerce.sandbox.calls import coupon_date
from storelink_woocommerce.sandbox.refusals import Refusal
from storelink_woocommerce.sandbox.site import Row, money
from storelink_woocommerce.sandbox.world import TRASH, World

COUPON_TYPES = ("percent", "fixed_cart", "fixed_product")

_PRODUCT: Mapping[str, Any] = {
    "type": "simple",
    "status": "publish",
    "featured": False,
    "catalog_visibility": "visible",
    "description": "",
    "short_description": "",
    "sku": "",
    "price": "",
    "regular_price": "",
    "sale_price": "",
    "date_on_sale_from": None,
    "date_on_sale_from_gmt": None,
    "date_on_sale_to": None,
    "date_on_sale_to_gmt": None,
    "on_sale": False,
    "purchasable": True,
    "total_sales": 0,
    "virtual": False,
    "downloadable": False,
    "downloads": [],
    "download_limit": -1,
    "download_expiry": -1,
    "external_url": "",
    "button_text": "",
    "tax_status": "taxable",
    "tax_class": "",
    "manage_stock": False,
    "stock_quantity": None,
    "backorders": "no",
    "backorders_allowed": False,
    "backordered": False,
    "low_stock_amount": None,
    "sold_individually": False,
    "weight": "",
    "dimensions": {"length": "", "width": "", "height": ""},
    "shipping_required": True,
    "shipping_taxable": True,
    "shipping_class": "",
    "shipping_class_id": 0,
    "reviews_allowed": True,
    "average_rating": "0",
    "rating_count": 0,
    "upsell_ids": [],
    "cross_sell_ids": [],
    "parent_id": 0,
    "purchase_note": "",
    "categories": [{"id": 15, "name": "Uncategorized", "slug": "uncategorized"}],
    "brands": [],
    "tags": [],
    "images": [],
    "attributes": [],
    "default_attributes": [],
    "variations": [],
    "grouped_products": [],
    "menu_order": 0,
    "price_html": "",
    "related_ids": [],
    "meta_data": [],
    "stock_status": "instock",
    "has_options": False,
    "post_password": "",
    "global_unique_id": "",
}
"""A product as the API creates it when it is told nothing."""

_COUPON: Mapping[str, Any] = {
    "discount_type": "fixed_cart",
    "description": "",
    "individual_use": False,
    "product_ids": [],
    "excluded_product_ids": [],
    "usage_limit": None,
    "usage_limit_per_user": None,
    "limit_usage_to_x_items": None,
    "free_shipping": False,
    "product_categories": [],
    "excluded_product_categories": [],
    "exclude_sale_items": False,
}
_AMOUNTS = ("minimum_amount", "maximum_amount")
_WRITABLE_CUSTOMER = ("first_name", "last_name", "email")


def add_product(world: World, data: Mapping[str, Any], *, product_id: int = 0) -> Row:
    """Create a product, and raise what that raises."""
    row = silent_product(world, data, product_id=product_id)
    is_public = row["status"] == "publish"
    world.tell(row["id"], (*(("product.published",) if is_public else ()), "product.created"))
    return row


def silent_product(world: World, data: Mapping[str, Any], *, product_id: int = 0) -> Row:
    """Create a product without raising anything."""
    now, number = world.site.now(), product_id or world.new_id("post")
    world.seen("post", number)
    row: Row = {
        "id": number,
        "name": data.get("name") or "Product",
        "slug": _slug(data.get("name") or "product"),
        "created": now,
        "modified": now,
        **_PRODUCT,
        "meta_data": [],
    }
    world.products[number] = row
    world.posts.add(number)
    _write_product(world, row, data)
    return row


def change_product(world: World, row: Row, data: Mapping[str, Any]) -> Row:
    """Change a product, and raise that."""
    _write_product(world, row, data)
    row["modified"] = world.site.now()
    world.tell(row["id"], ["product.updated"])
    return row


def _write_product(world: World, row: Row, data: Mapping[str, Any]) -> None:
    known = {name: data[name] for name in ("name", *_PRODUCT) if name in data}
    metas = known.pop("meta_data", ())
    row.update(known)
    ordering.merge_meta(world, row, metas)
    row["price"] = str(row["sale_price"] or row["regular_price"] or row["price"])


def throw_away(world: World, table: dict[int, Row], row: Row) -> None:
    """Put a product or a coupon into the trash.

    Each of them also raises the other's topic with its id: both listen to `wp_trash_post`.
    """
    if row["status"] == TRASH:
        text = "The object has already been deleted."
        raise Refusal(410, "woocommerce_rest_already_trashed", text)
    table[row["id"]] = row | {"status": TRASH, "modified": world.site.now()}
    world.tell(row["id"], ["coupon.deleted", "product.deleted"])


def post_review(world: World, data: Mapping[str, Any]) -> Row:
    """Create a review as the API does.

    It is approved unless something else is asked for: a default of the API's schema wins over what
    the site's discussion settings say (`WC_REST_Product_Reviews_Controller.create_item`).

    Raises:
        Refusal: there is no such product, no text, or the same person said the same of it.
    """
    if int(data.get("product_id") or 0) not in world.products:
        raise Refusal(404, "woocommerce_rest_product_invalid_id", "Invalid product ID.")
    if not data.get("review"):
        raise Refusal(400, "woocommerce_rest_review_content_invalid", "Invalid review content.")
    _refuse_twice(world, data)
    return add_review(world, data)


def add_review(world: World, data: Mapping[str, Any]) -> Row:
    """Create a review; WooCommerce raises no webhook for it."""
    product = world.find("products", int(data.get("product_id", 0)))
    account = _account(world, str(data.get("reviewer_email") or ""))
    row: Row = {
        "id": world.new_id("comment"),
        "created": world.site.now(),
        "product_id": product["id"],
        "status": data.get("status", "approved"),
        "reviewer": data.get("reviewer", ""),
        "reviewer_email": data.get("reviewer_email", ""),
        "review": data.get("review", ""),
        "rating": int(data.get("rating") or 0),
        "verified": bool(data.get("verified", False)),
        "reviewer_id": account["id"] if account else 0,
    }
    world.reviews[row["id"]] = row
    return row


def _refuse_twice(world: World, data: Mapping[str, Any]) -> None:
    """Refuse what was said already (`wp_allow_comment`): by that name, or from that address."""
    said = [
        one
        for one in world.reviews.values()
        if one["product_id"] == int(data["product_id"])
        and one["status"] != TRASH
        and one["review"] == data["review"]
        and (
            one["reviewer"] == data.get("reviewer")
            or one["reviewer_email"].casefold() == str(data.get("reviewer_email")).casefold()
        )
    ]
    if said:
        text = "Duplicate comment detected; it looks as though you&#8217;ve already said that!"
        raise Refusal(409, "woocommerce_rest_comment_duplicate", text)


def add_customer(world: World, data: Mapping[str, Any]) -> Row:
    """Create an account.

    Raises:
        Refusal: there is one of that address.
    """
    email = str(data.get("email") or "")
    if not ordering.is_mail(email):
        text = "Please provide a valid email address."
        raise Refusal(400, "registration-error-invalid-email", text)
    if _account(world, email):
        text = f"An account is already registered with {email}. "
        text += "Please log in or use a different email address."
        raise Refusal(400, "registration-error-email-exists", text)
    now = world.site.now()
    row: Row = {
        "id": world.new_id("user"),
        "created": now,
        "modified": now,
        "email": email,
        "first_name": data.get("first_name") or "",
        "last_name": data.get("last_name") or "",
        "role": "customer",
        "username": data.get("username") or email.partition("@")[0],
        "billing": ordering.address(data.get("billing"), ordering.BILLING),
        "shipping": ordering.address(data.get("shipping"), ordering.SHIPPING),
        "is_paying_customer": False,
        "meta_data": [world.meta("default_password_nag", "1")],
    }
    ordering.merge_meta(world, row, data.get("meta_data", ()))
    world.customers[row["id"]] = row
    world.tell(row["id"], ("customer.created", "customer.updated"))
    return row


def change_customer(world: World, row: Row, data: Mapping[str, Any]) -> Row:
    """Change an account, and raise that."""
    row.update({name: data[name] for name in _WRITABLE_CUSTOMER if name in data})
    for name in ("billing", "shipping"):
        row[name] = row[name] | dict(data.get(name, {}))
    ordering.merge_meta(world, row, data.get("meta_data", ()))
    row["modified"] = world.site.now()
    world.tell(row["id"], ["customer.updated"])
    return row


def _account(world: World, email: str) -> Row | None:
    wanted = email.casefold()
    return next(
        (one for one in world.customers.values() if one["email"].casefold() == wanted), None
    )


def add_coupon(world: World, data: Mapping[str, Any]) -> Row:
    """Create a coupon.

    Raises:
        Refusal: the code is taken, or the amount is impossible.
    """
    code = str(data.get("code", "")).lower()
    is_taken = any(one["code"] == code for one in world.coupons.values() if one["status"] != TRASH)
    if is_taken:
        text = "The coupon code already exists"
        raise Refusal(400, "woocommerce_rest_coupon_code_already_exists", text)
    now = world.site.now()
    row: Row = {
        "code": code,
        "amount": "0.00",
        "status": "publish",
        "created": now,
        "modified": now,
        **_COUPON,
        "date_expires": None,
        "usage_count": 0,
        "minimum_amount": "0.00",
        "maximum_amount": "0.00",
        "email_restrictions": [],
        "used_by": [],
        "meta_data": [],
    }
    _write_coupon(world, row, data)
    row["id"] = world.new_id("post")
    world.coupons[row["id"]] = row
    world.posts.add(row["id"])
    world.tell(row["id"], ["coupon.created"])
    return row


def change_coupon(world: World, row: Row, data: Mapping[str, Any]) -> Row:
    """Change a coupon, and raise that."""
    _write_coupon(world, row, data)
    row["code"] = str(data.get("code", row["code"])).lower()
    row["modified"] = world.site.now()
    world.tell(row["id"], ["coupon.updated"])
    return row


def _write_coupon(world: World, row: Row, data: Mapping[str, Any]) -> None:
    """Write what a coupon may be told. `date_expires_gmt` is not among it: it is ignored."""
    if data.get("discount_type", "percent") not in COUPON_TYPES:
        raise Refusal(400, "coupon_invalid_discount_type", "Invalid discount type.")
    row.update({name: data[name] for name in _COUPON if name in data})
    if "amount" in data:
        row["amount"] = _amount(data["amount"], is_percent=row["discount_type"] == "percent")
    for name in _AMOUNTS:
        if name in data:
            row[name] = _amount(data[name], is_percent=False)
    if "date_expires" in data:
        row["date_expires"] = coupon_date(data["date_expires"], world.site)
    if "email_restrictions" in data:
        row["email_restrictions"] = _restrictions(data["email_restrictions"])
    ordering.merge_meta(world, row, data.get("meta_data", ()))


def _amount(value: Any, *, is_percent: bool) -> str:
    try:
        amount = Decimal(str(value or 0))
    except InvalidOperation:
        amount = Decimal(0)
    if amount < 0 or (is_percent and amount > 100):  # noqa: PLR2004  per cent
        raise Refusal(400, "coupon_invalid_amount", "Invalid discount amount.")
    return money(amount)


def _restrictions(emails: Any) -> list[str]:
    """Return the addresses that WordPress takes for such; all others are dropped silently."""
    lowered = (str(one).strip().lower() for one in emails)
    return [one for one in lowered if ordering.is_mail(one)]


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "product"
