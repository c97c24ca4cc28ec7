"""The REST bodies of what the store holds. A webhook carries the same ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from storelink_woocommerce.sandbox.site import Row, Site, currency_body, money, symbol

_ALL = ("GET", "POST", "PUT", "PATCH", "DELETE")
_READ_OR_DELETE = ("GET", "DELETE")


def _names(text: str) -> list[str]:
    return text.split()


_ORDER_HEAD = _names(
    "id parent_id status currency version prices_include_tax created modified discount_total "
    "discount_tax shipping_total shipping_tax cart_tax total total_tax customer_id order_key "
    "billing shipping payment_method payment_method_title transaction_id customer_ip_address "
    "customer_user_agent created_via customer_note completed paid cart_hash number meta_data "
    "line_items tax_lines shipping_lines fee_lines coupon_lines"
)
_UNPAID = frozenset({"pending", "failed", "checkout-draft"})
_DATES = ("created", "modified", "completed", "paid")


def order(site: Site, row: Row, refunds: Sequence[Row]) -> Row:
    """Return the body of an order; its total stays gross after refunds."""
    body: Row = {}
    for name in _ORDER_HEAD:
        if name in _DATES:
            body[f"date_{name}"] = site.local(row[name])
        else:
            body[name] = row[name]
    path = f"orders/{row['id']}"
    can_pay = row["status"] in _UNPAID and Decimal(row["total"]) > 0
    link = f"{site.url}/checkout/order-pay/{row['id']}/?pay_for_order=true&key={row['order_key']}"
    body |= {
        "refunds": [_refund_entry(refund) for refund in refunds],
        "payment_url": link,
        "is_editable": row["status"] in {"pending", "on-hold", "auto-draft"},
        "needs_payment": can_pay,
        "needs_processing": row["needs_processing"],
        **{f"date_{name}_gmt": site.dates("at", row[name])["at_gmt"] for name in _DATES},
        "currency_symbol": symbol(row["currency"]),
        "_links": site.links(path, *_ALL),
    }
    body["_links"]["email_templates"] = [
        {"embeddable": True, "href": site.rest(f"{path}/actions/email_templates")}
    ]
    if row["customer_id"]:
        body["_links"]["customer"] = [{"href": site.rest(f"customers/{row['customer_id']}")}]
    return body


def _refund_entry(refund: Row) -> Row:
    return {
        "id": refund["id"],
        "reason": refund["reason"],
        "total": f"-{refund['amount']}",
        "total_tax": money(_tax_of(refund)),
    }


def _tax_of(refund: Row) -> Decimal:
    lines = [*refund["line_items"], *refund["shipping_lines"], *refund["fee_lines"]]
    return sum((Decimal(line["total_tax"]) for line in lines), Decimal(0))


def refund(site: Site, row: Row, *, with_parent: bool = False) -> Row:
    """Return the body of a refund: a positive amount, negative lines."""
    parent = row["parent_id"]
    names = ("amount", "reason", "refunded_by", "refunded_payment", "meta_data")
    lines = ("line_items", "shipping_lines", "tax_lines", "fee_lines")
    path = f"orders/{parent}/refunds/{row['id']}"
    return {
        "id": row["id"],
        **({"parent_id": parent} if with_parent else {}),
        **site.dates("date_created", row["created"]),
        **{name: row[name] for name in names + lines},
        "_links": site.links(path, *_READ_OR_DELETE, up=f"orders/{parent}"),
    }


def note(site: Site, row: Row) -> Row:
    """Return the body of an order's note."""
    parent = f"orders/{row['order_id']}"
    return {
        "id": row["id"],
        "author": row["author"],
        **site.dates("date_created", row["created"]),
        "note": row["note"],
        "customer_note": row["customer_note"],
        "_links": site.links(f"{parent}/notes/{row['id']}", *_READ_OR_DELETE, up=parent),
    }


_COUPON = _names(
    "discount_type description date_expires usage_count individual_use product_ids "
    "excluded_product_ids usage_limit usage_limit_per_user limit_usage_to_x_items free_shipping "
    "product_categories excluded_product_categories exclude_sale_items minimum_amount "
    "maximum_amount email_restrictions used_by meta_data"
)


def coupon(site: Site, row: Row) -> Row:
    """Return the body of a coupon."""
    body = {name: row[name] for name in ("id", "code", "amount", "status")}
    body |= _stamps(site, row)
    for name in _COUPON:
        body |= site.dates(name, row[name]) if name == "date_expires" else {name: row[name]}
    return body | {"_links": site.links(f"coupons/{row['id']}", *_ALL)}


def customer(site: Site, row: Row) -> Row:
    """Return the body of an account."""
    path = f"customers/{row['id']}"
    names = _names("email first_name last_name role username billing shipping is_paying_customer")
    return {
        "id": row["id"],
        **_stamps(site, row),
        **{name: row[name] for name in names},
        "avatar_url": _avatar(row["email"], 96),
        "meta_data": row["meta_data"],
        "_links": site.links(path, *_ALL),
    }


def product(site: Site, row: Row) -> Row:
    """Return the body of a product."""
    path = f"products/{row['id']}"
    slug = row["slug"]
    names = [name for name in row if name not in {"id", "name", "created", "modified", "slug"}]
    return {
        "id": row["id"],
        "name": row["name"],
        "slug": slug,
        "permalink": f"{site.url}/product/{slug}/",
        **_stamps(site, row),
        **{name: row[name] for name in names if not name.startswith("_")},
        "_links": site.links(path, *_ALL),
    }


def variation(site: Site, row: Row) -> Row:
    """Return the body of a variation, which says nothing of reviews."""
    parent = f"products/{row['parent_id']}"
    names = [name for name in row if name not in {"id", "type", "created", "modified"}]
    return {
        "id": row["id"],
        "type": row["type"],
        **_stamps(site, row),
        "permalink": f"{site.url}/?p={row['id']}",
        **{name: row[name] for name in names},
        "_links": site.links(f"{parent}/variations/{row['id']}", *_ALL, up=parent),
    }


def review(site: Site, row: Row, product_row: Row) -> Row:
    """Return the body of a review."""
    sizes = {str(size): _avatar(row["reviewer_email"], size) for size in (24, 48, 96)}
    names = _names("status reviewer reviewer_email review rating verified")
    links = site.links(f"products/reviews/{row['id']}", *_ALL, up=f"products/{row['product_id']}")
    if row.get("reviewer_id"):
        links["reviewer"] = [
            {"embeddable": True, "href": site.rest(f"users/{row['reviewer_id']}", "wp/v2")}
        ]
    return {
        "id": row["id"],
        **site.dates("date_created", row["created"]),
        "product_id": row["product_id"],
        "product_name": product_row["name"],
        "product_permalink": f"{site.url}/product/{product_row['slug']}/",
        **{name: row[name] for name in names},
        "review": _paragraphs(row["review"]),
        "reviewer_avatar_urls": sizes,
        "_links": links,
    }


def _paragraphs(text: str) -> str:
    """Return a text as `wpautop` shows it; recorded ones are shown so already."""
    if text.startswith("<p>"):
        return text
    parts = (part.strip().replace("\n", "<br />\n") for part in re.split(r"\n\s*\n", text.strip()))
    return "".join(f"<p>{part}</p>\n" for part in parts)


def webhook(site: Site, row: Row) -> Row:
    """Return the body of a webhook; the secret and the count of failures are not in it."""
    names = _names("id name status topic resource event hooks delivery_url")
    links = site.links(f"webhooks/{row['id']}", *_ALL)
    return {**{name: row[name] for name in names}, **_stamps(site, row), "_links": links}


def currency(site: Site, code: str) -> Row:
    """Return what the site's currency is."""
    return currency_body(code) | {"_links": site.links(f"data/currencies/{code}", "GET")}


def fields(body: Any, wanted: Sequence[str]) -> Any:
    """Return only what `_fields` names; `billing.email` names a part of a part."""
    if isinstance(body, list):
        return [fields(one, wanted) for one in body]
    tree: dict[str, list[str]] = {}
    for name in wanted:
        head, _, rest = name.partition(".")
        tree.setdefault(head, []).append(rest)
    return {name: _part(body[name], tree[name]) for name in body if name in tree}


def _part(value: Any, rest: Sequence[str]) -> Any:
    return value if "" in rest or not isinstance(value, dict) else fields(value, rest)


def _stamps(site: Site, row: Row) -> Row:
    return {
        **site.dates("date_created", row["created"]),
        **site.dates("date_modified", row["modified"]),
    }


def _avatar(email: str, size: int) -> str:
    mark = sha256(email.strip().lower().encode()).hexdigest()
    return f"https://secure.gravatar.com/avatar/{mark}?s={size}&d=mm&r=g"


View = Callable[[Site, Row], Row]
SIMPLE: Mapping[str, View] = {
    "coupons": coupon,
    "customers": customer,
    "products": product,
    "webhooks": webhook,
}
"""The bodies that need nothing but the object itself."""
