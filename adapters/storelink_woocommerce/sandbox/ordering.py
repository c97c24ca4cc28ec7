"""The life of an order: created, changed, paid, moved from status to status, thrown away."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from storelink.toolkit.signing import digest
from storelink_woocommerce.sandbox import refunding, totals
from storelink_woocommerce.sandbox.refusals import Refusal, invalid, missing
from storelink_woocommerce.sandbox.site import VERSION, Row, money, number
from storelink_woocommerce.sandbox.world import TRASH, World

STATUSES = (
    "auto-draft",
    "pending",
    "processing",
    "on-hold",
    "completed",
    "cancelled",
    "refunded",
    "failed",
    "checkout-draft",
)
_NAMES: Mapping[str, str] = {
    "pending": "Pending payment",
    "on-hold": "On hold",
    "checkout-draft": "Draft",
}
_PLACE = ("first_name", "last_name", "company", "address_1", "address_2", "city", "state")
BILLING = (*_PLACE, "postcode", "country", "email", "phone")
SHIPPING = (*_PLACE, "postcode", "country", "phone")
_PLAIN = (
    "payment_method",
    "payment_method_title",
    "transaction_id",
    "customer_note",
    "currency",
    "customer_id",
)
_TEXTS = ("payment_method", "payment_method_title", "transaction_id", "customer_note")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

BY_REST = ("order.created", "order.updated")
BY_CHECKOUT = ("order.updated", "order.created")
"""Of an order placed in the checkout the update comes first."""


def create(world: World, data: Mapping[str, Any], *, via: str = "rest-api") -> Row:
    """Create an order as `POST /orders` does, and raise what it raises.

    Raises:
        Refusal: the customer or a coupon does not exist; for a coupon, a draft is left behind.
    """
    _check(world, data)
    row = _new_row(world, data, via)
    coupons = _coupons(world, row, data)
    totals.apply_coupons(row, coupons)
    totals.settle(world.site, row, world.new_id)
    status = data.get("status", "pending")
    if data.get("set_paid"):
        status = _status_of_payment(row)
    if status != "pending":
        _move(world, row, status)
    world.posts.add(row["id"])
    world.save(row, *(BY_REST if via == "rest-api" else BY_CHECKOUT))
    if row["status"] in {"processing", "completed", "on-hold"}:
        world.tell_stock(row)
    world.tell_customer(row)
    return row


def update(world: World, row: Row, data: Mapping[str, Any]) -> Row:
    """Change an order as `PUT /orders/{id}` does.

    Even one that changes nothing moves its date. A trashed order comes back when its status is
    set, and nothing is raised but the action of the status.
    """
    _check(world, data)
    was_trashed = row["status"] == TRASH
    for name in _PLAIN:
        if name in data:
            row[name] = data[name]
    for name in ("billing", "shipping"):
        row[name] = row[name] | dict(data.get(name, {}))
    merge_meta(world, row, data.get("meta_data", ()))
    if "line_items" in data:
        _change_lines(world, row, data["line_items"])
    if data.get("set_paid") and row["paid"] is None:
        _move(world, row, _status_of_payment(row))
    if data.get("status", row["status"]) != row["status"]:
        _move(world, row, data["status"])
    world.save(row, *(() if was_trashed else ("order.updated",)))
    return row


def set_status(world: World, row: Row, status: str) -> None:
    """Move an order to *status*, as the shop's own pages do."""
    _move(world, row, status)
    world.save(row, "order.updated")


def pay(world: World, row: Row) -> None:
    """Take the payment; one in cash is taken when the order is completed."""
    set_status(world, row, _status_of_payment(row))
    world.tell_customer(row)


def trash(world: World, row: Row) -> None:
    """Throw an order into the trash."""
    if row["status"] == TRASH:
        text = "The order has already been deleted."
        raise Refusal(410, "woocommerce_rest_already_trashed", text)
    now = int(world.site.now().timestamp())
    world.set_meta(row, "_wp_trash_meta_status", f"wc-{row['status']}")
    world.set_meta(row, "_wp_trash_meta_time", str(now))
    row["status"] = TRASH
    world.save(row, "order.deleted")


def restore(world: World, row: Row) -> None:
    """Take an order out of the trash."""
    status = next(one for one in row["meta_data"] if one["key"] == "_wp_trash_meta_status")
    row["status"] = status["value"].removeprefix("wc-")
    world.set_meta(row, "_wp_trash_meta_status", None)
    world.set_meta(row, "_wp_trash_meta_time", None)
    world.save(row, "order.restored")


def erase(world: World, order_id: int) -> None:
    """Delete an order for ever: nothing is raised."""
    world.orders.remove(order_id)
    for table in (world.refunds, world.notes, world.fulfillments):
        table.pop(order_id, None)


def merge_meta(world: World, row: Row, entries: Any) -> None:
    """Write `meta_data`: an entry is found by its id, or by its key."""
    for entry in entries:
        known = next((one for one in row["meta_data"] if _is_same(one, entry)), None)
        if known is not None:
            known["value"] = entry.get("value")
        elif entry.get("value") is not None:
            row["meta_data"].append(world.meta(entry["key"], entry["value"]))
    row["meta_data"] = [one for one in row["meta_data"] if one["value"] is not None]


def _is_same(known: Row, entry: Mapping[str, Any]) -> bool:
    if entry.get("id"):
        return bool(known["id"] == entry["id"])
    return bool(known["key"] == entry.get("key"))


def is_mail(text: str) -> bool:
    """Say whether WordPress takes a text for an address; it knows no other script than Latin."""
    return text.isascii() and _EMAIL.fullmatch(text) is not None


def address(data: Mapping[str, Any] | None, names: tuple[str, ...]) -> Row:
    """Return an address with every field, empty where nothing is known."""
    return {name: str((data or {}).get(name) or "") for name in names}


def _check(world: World, data: Mapping[str, Any]) -> None:
    email = (data.get("billing") or {}).get("email")
    if email and not is_mail(email):
        raise invalid({"billing": ("rest_invalid_email", "Invalid email address.", None)})
    customer = data.get("customer_id")
    if customer and customer not in world.customers:
        raise Refusal(400, "woocommerce_rest_invalid_customer_id", "Customer ID is invalid.")


def _new_row(world: World, data: Mapping[str, Any], via: str) -> Row:
    now, number_ = world.site.now(), world.new_id("post")
    row: Row = {
        "id": number_,
        "parent_id": 0,
        "status": "pending",
        "currency": data.get("currency") or world.site.currency,
        "version": VERSION,
        "prices_include_tax": False,
        "created": now,
        "modified": now,
        "paid": None,
        "completed": None,
        "customer_id": data.get("customer_id") or 0,
        "order_key": f"wc_order_{digest(str(number_))[:13]}",
        "billing": address(data.get("billing"), BILLING),
        "shipping": address(data.get("shipping"), SHIPPING),
        **{name: data.get(name) or "" for name in _TEXTS},
        "customer_ip_address": "" if via == "rest-api" else "203.0.113.7",
        "customer_user_agent": "" if via == "rest-api" else "Mozilla/5.0",
        "created_via": via,
        "cart_hash": "",
        "number": str(number_),
        "meta_data": [],
        "line_items": [line(world, one) for one in data.get("line_items", ())],
        "shipping_lines": [_shipping(world, one) for one in data.get("shipping_lines", ())],
        "fee_lines": [_fee(world, one) for one in data.get("fee_lines", ())],
        "coupon_lines": [],
        "tax_lines": [],
    }
    row["needs_processing"] = any(_needs_processing(world, one) for one in row["line_items"])
    merge_meta(world, row, data.get("meta_data", ()))
    return row


def line(world: World, data: Mapping[str, Any]) -> Row:
    """Return a line of an order, of what was asked for and of the product.

    Raises:
        Refusal: neither a product nor a name is known.
    """
    product = world.products.get(data.get("product_id", 0))
    variation = world.variations.get(data.get("variation_id", 0), {})
    if product is None and "name" not in data:
        raise missing("products", write=True)
    source, quantity = product or {}, int(data.get("quantity", 1))
    unit = Decimal(str(data.get("price") or variation.get("price") or source.get("price") or 0))
    subtotal = money(data.get("subtotal") or unit * quantity)
    total = money(data.get("total") or subtotal)
    image: Row = next(iter(source.get("images", ())), {})
    return {
        "id": world.new_id("item"),
        "name": data.get("name") or source["name"],
        "product_id": data.get("product_id", 0),
        "variation_id": data.get("variation_id", 0),
        "quantity": quantity,
        "tax_class": source.get("tax_class", ""),
        "subtotal": subtotal,
        "subtotal_tax": "0.00",
        "total": total,
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": [],
        "sku": variation.get("sku") or source.get("sku", ""),
        "global_unique_id": source.get("global_unique_id", ""),
        "price": number(Decimal(total) / max(quantity, 1)),
        # a number as text where there is an image (WC_REST_Orders_V2_Controller)
        "image": {"id": str(image.get("id", "")), "src": image.get("src", "")},
        "parent_name": source.get("name") if variation else None,
    }


def _shipping(world: World, data: Mapping[str, Any]) -> Row:
    return {
        "id": world.new_id("item"),
        "method_title": data.get("method_title", ""),
        "method_id": data.get("method_id", ""),
        "instance_id": str(data.get("instance_id", "")),
        "total": money(data.get("total") or 0),
        "total_tax": "0.00",
        "taxes": [],
        "tax_status": "taxable",
        "meta_data": [],
    }


def _fee(world: World, data: Mapping[str, Any]) -> Row:
    return {
        "id": world.new_id("item"),
        "name": data.get("name", ""),
        "tax_class": data.get("tax_class", ""),
        "tax_status": data.get("tax_status", "taxable"),
        "amount": "",
        "total": money(data.get("total") or 0),
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": [],
    }


def _coupons(world: World, row: Row, data: Mapping[str, Any]) -> list[tuple[Row, Row]]:
    """Put the coupons on the order, and return each line with its coupon."""
    used = []
    for entry in data.get("coupon_lines", ()):
        code = str(entry.get("code", "")).lower()
        coupon = next((one for one in world.coupons.values() if one["code"] == code), None)
        if coupon is None:
            row["status"] = "auto-draft"
            totals.settle(world.site, row, world.new_id)
            world.save(row)
            text = f"Coupon &quot;{code}&quot; cannot be applied because it does not exist."
            raise Refusal(
                400, "woocommerce_rest_invalid_coupon", text, new_draft_order_id=row["id"]
            )
        coupon["usage_count"] += 1
        coupon["used_by"].append(str(row["customer_id"] or row["billing"]["email"]))
        used.append((_coupon_line(world, coupon), coupon))
    row["coupon_lines"] = [entry for entry, _ in used]
    return used


def _coupon_line(world: World, coupon: Row) -> Row:
    value = number(Decimal(coupon["amount"]))
    info = f'[{coupon["id"]},"{coupon["code"]}","{coupon["discount_type"]}",{value}]'
    return {
        "id": world.new_id("item"),
        "code": coupon["code"],
        "discount": "0",
        "discount_tax": "0",
        "meta_data": [_shown(world, "coupon_info", info)],
        "discount_type": coupon["discount_type"],
        "nominal_amount": value,
        "free_shipping": coupon["free_shipping"],
    }


def _shown(world: World, key: str, value: str) -> Row:
    return world.meta(key, value) | {"display_key": key, "display_value": value}


def _change_lines(world: World, row: Row, entries: Any) -> None:
    for entry in entries:
        known = next((one for one in row["line_items"] if one["id"] == entry.get("id")), None)
        if known is None:
            row["line_items"].append(line(world, entry))
        elif entry.get("quantity") == 0:
            row["line_items"].remove(known)
        else:
            known.update({name: entry[name] for name in ("name", "quantity") if name in entry})
            amounts = {name: money(entry[name]) for name in ("subtotal", "total") if name in entry}
            known.update(amounts)
    totals.settle(world.site, row, world.new_id)


def _status_of_payment(row: Row) -> str:
    """Return the status after payment: cash on delivery is paid when the order is completed."""
    is_done = row["payment_method"] == "cod" or not row["needs_processing"]
    return "completed" if is_done else "processing"


def _move(world: World, row: Row, status: str) -> None:
    """Set a status, with its dates, notes and action."""
    before, now = row["status"], world.site.now()
    row["status"] = status
    if status in {"completed", _status_of_payment(row)} and row["paid"] is None:
        row["paid"] = now
    if status == "completed":
        row["completed"] = now
    if status in {"processing", "completed"}:
        _after_payment(world, row)
    if status == "refunded":
        refunding.fill_up(world, row)
    text = f"Order status changed from {name_of(before)} to {name_of(status)}."
    world.add_note(row["id"], text)
    world.tell(row["id"], [f"action.woocommerce_order_status_{status}"])


def _after_payment(world: World, row: Row) -> None:
    is_marked = any(one["key"] == "_auto_fulfill_processed" for one in row["meta_data"])
    if world.site.has_fulfillments and not is_marked:
        world.set_meta(row, "_auto_fulfill_processed", "1")
    for one in row["line_items"]:
        has_stock = world.products.get(one["product_id"], {}).get("manage_stock")
        if has_stock and not one["meta_data"]:
            one["meta_data"].append(_shown(world, "_reduced_stock", str(one["quantity"])))


def _needs_processing(world: World, entry: Row) -> bool:
    product = world.products.get(entry["product_id"], {})
    return not (product.get("virtual") and product.get("downloadable"))


def name_of(status: str) -> str:
    """Return what people call a status."""
    return _NAMES.get(status, status.capitalize())
