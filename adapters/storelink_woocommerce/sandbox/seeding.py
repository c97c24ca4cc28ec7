"""Takes in what a real store's REST API told, so that the sandbox tells it again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from storelink_woocommerce.sandbox.site import Row, read_gmt
from storelink_woocommerce.sandbox.world import World

Take = Callable[[World, Row, int], None]

_COMPUTED = frozenset(
    {
        "_links",
        "avatar_url",
        "currency_symbol",
        "is_editable",
        "needs_payment",
        "payment_url",
        "permalink",
        "product_name",
        "product_permalink",
        "refunds",
        "reviewer_avatar_urls",
        "permalink_template",
        "generated_slug",
    }
)
_TIMES = frozenset({"date_created", "date_modified", "date_completed", "date_paid"})


def load(world: World, kind: str, bodies: Iterable[Mapping[str, Any]], *, parent: int = 0) -> None:
    """Take in objects of one kind, as lists of the API tell them; nothing is raised.

    Args:
        world: what takes them in.
        kind: `"orders"`, `"refunds"`, `"notes"`, `"fulfillments"`, `"products"`, `"variations"`,
            `"customers"`, `"coupons"`, `"reviews"` or `"webhooks"`.
        bodies: the bodies.
        parent: the order, of what is part of one.

    Raises:
        ValueError: there is no such kind.
    """
    take = _KINDS.get(kind)
    if take is None:
        raise ValueError(f"a kind is one of {', '.join(_KINDS)}")
    for body in bodies:
        take(world, _kept(body) | _linked(body), parent or body.get("parent_id") or 0)


def _kept(body: Mapping[str, Any]) -> Row:
    """Return what is kept of a body: no computed fields, and times instead of dates."""
    row = {name: value for name, value in body.items() if name not in _COMPUTED}
    for name in [name for name in row if name.startswith("date_") and name.endswith("_gmt")]:
        plain = name.removesuffix("_gmt")
        if plain in _TIMES:
            row[plain.removeprefix("date_")] = read_gmt(row.pop(name))
            del row[plain]
        elif plain == "date_expires":
            row[plain] = read_gmt(row.pop(name))
    return row


def _linked(body: Mapping[str, Any]) -> Row:
    """Return what only the links of a body tell: the account of who wrote a review."""
    links = body.get("_links", {}).get("reviewer")
    return {"reviewer_id": int(links[0]["href"].rpartition("/")[2])} if links else {}


def _order(world: World, row: Row, parent: int) -> None:
    world.orders.put(row)
    world.posts.add(row["id"])
    world.seen("post", row["id"])
    lines = ("line_items", "shipping_lines", "fee_lines", "coupon_lines", "tax_lines")
    for line in (one for name in lines for one in row[name]):
        world.seen("item", line["id"])
    for entry in row["meta_data"]:
        world.seen("meta", entry["id"])


def _refund(world: World, row: Row, parent: int) -> None:
    given = world.refunds.setdefault(parent, [])
    given.append({**row, "parent_id": parent})
    given.sort(key=lambda one: (one["created"], one["id"]), reverse=True)
    world.seen("post", row["id"])


def _note(world: World, row: Row, parent: int) -> None:
    # the API tells the newest first
    world.notes.setdefault(parent, []).insert(0, {**row, "order_id": parent})
    world.seen("comment", row["id"])


def _fulfillment(world: World, row: Row, parent: int) -> None:
    is_sent = row["is_fulfilled"] in {True, "1"}
    world.fulfillments.setdefault(parent, []).append({**row, "is_fulfilled": is_sent})
    world.seen("fulfillment", row["id"])


def _product(world: World, row: Row, parent: int) -> None:
    world.products[row["id"]] = row
    world.posts.add(row["id"])
    world.seen("post", row["id"])


def _variation(world: World, row: Row, parent: int) -> None:
    row["parent_id"] = parent
    world.variations[row["id"]] = row
    world.seen("post", row["id"])


def _customer(world: World, row: Row, parent: int) -> None:
    world.customers[row["id"]] = row
    world.seen("user", row["id"])


def _coupon(world: World, row: Row, parent: int) -> None:
    world.coupons[row["id"]] = row
    world.seen("post", row["id"])


def _review(world: World, row: Row, parent: int) -> None:
    world.reviews[row["id"]] = row
    world.seen("comment", row["id"])


def _webhook(world: World, row: Row, parent: int) -> None:
    world.outgoing.hooks[row["id"]] = {"secret": "", "failures": 0, **row}
    world.seen("webhook", row["id"])


_KINDS: Mapping[str, Take] = {
    "orders": _order,
    "refunds": _refund,
    "notes": _note,
    "fulfillments": _fulfillment,
    "products": _product,
    "variations": _variation,
    "customers": _customer,
    "coupons": _coupon,
    "reviews": _review,
    "webhooks": _webhook,
}
