"""Old orders of many people, made from their number whenever somebody asks for them."""

from __future__ import annotations

import random
from datetime import timedelta

from storelink_woocommerce.sandbox import ordering, totals
from storelink_woocommerce.sandbox.order_table import Head, instant, seconds
from storelink_woocommerce.sandbox.site import VERSION, Row, money
from storelink_woocommerce.sandbox.world import World

_AGE = timedelta(days=730)
_LONGEST = 14 * 24 * 3600
_PEOPLE = 40_000
_LEAST_AGE = 3600
_STATUSES = (
    ("completed", 86),
    ("processing", 4),
    ("cancelled", 4),
    ("on-hold", 2),
    ("failed", 2),
    ("pending", 1),
    ("refunded", 1),
)
_GOODS = (("Assam Black Tea 250g", 349), ("Khadi Kurta", 1349), ("Steel Bottle 750ml", 999))
_NAMES = ("Priya", "Vikram", "রহিম", "مریم", "José", "Ananya", "नादिया")
_ALIKE: Row = {
    "parent_id": 0,
    "version": VERSION,
    "prices_include_tax": False,
    "customer_id": 0,
    "payment_method": "stripe",
    "payment_method_title": "Credit / Debit Card",
    "customer_note": "",
    "customer_ip_address": "203.0.113.7",
    "customer_user_agent": "Mozilla/5.0",
    "created_via": "checkout",
    "cart_hash": "",
    "shipping_lines": [],
    "fee_lines": [],
    "coupon_lines": [],
    "tax_lines": [],
    "needs_processing": True,
}
_PAID = frozenset({"completed", "processing", "refunded"})


def grow(world: World, orders: int) -> None:
    """Let the store have so many more old orders; nothing is raised."""
    first = world.counters["post"] + 1
    world.counters["post"] += orders
    start = seconds(world.site.now() - _AGE)
    step = (_AGE.total_seconds() - _LONGEST - _LEAST_AGE) / max(orders, 1)
    words = [word for word, share in _STATUSES for _ in range(share)]
    heads = []
    for index in range(orders):
        chance = _chance(first + index)
        created = start + int(index * step)
        modified = created + chance.randrange(_LONGEST)
        heads.append((first + index, Head(created, modified, chance.choice(words), 0)))
    world.orders.grow(heads, lambda number, head: _make(world, number, head))
    for number, head in heads:
        if head.status == "refunded":
            _refund(world, number)


def _chance(number: int) -> random.Random:
    return random.Random(number)  # noqa: S311  no secret


def _make(world: World, number: int, head: Head) -> Row:
    """Make one order; the same number always makes the same one."""
    chance = random.Random(number + 1)  # noqa: S311  no secret
    created, changed = instant(head.created), instant(head.modified)
    person = _person(chance)
    row: Row = {
        **_ALIKE,
        "id": number,
        "status": head.status,
        "currency": world.site.currency,
        "created": created,
        "modified": changed,
        "paid": created if head.status in _PAID else None,
        "completed": changed if head.status == "completed" else None,
        "order_key": f"wc_order_{number}",
        "billing": ordering.address(person, ordering.BILLING),
        "shipping": ordering.address(person, ordering.SHIPPING),
        "transaction_id": f"pay_{number}",
        "number": str(number),
        "meta_data": [],
        "line_items": [_line(number, chance)],
    }
    totals.settle(world.site, row, lambda kind: number)
    return row


def _person(chance: random.Random) -> Row:
    person = chance.randrange(_PEOPLE)
    return {
        "first_name": chance.choice(_NAMES),
        "last_name": "Sandbox",
        "city": "Pune",
        "country": "IN",
        "email": f"buyer{person}@mail.example",
        "phone": f"+9198{person:08d}",
    }


def _line(number: int, chance: random.Random) -> Row:
    title, price = chance.choice(_GOODS)
    quantity = chance.choice((1, 1, 1, 2, 3))
    amount = money(price * quantity)
    return {
        "id": number,
        "name": title,
        "product_id": 0,
        "variation_id": 0,
        "quantity": quantity,
        "tax_class": "",
        "subtotal": amount,
        "subtotal_tax": "0.00",
        "total": amount,
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": [],
        "sku": "",
        "global_unique_id": "",
        "price": price,
        "image": {"id": "", "src": ""},
        "parent_name": None,
    }


def _refund(world: World, number: int) -> None:
    row = world.orders.row(number)
    refund: Row = {
        "id": world.new_id("post"),
        "parent_id": number,
        "created": row["modified"],
        "amount": row["total"],
        "reason": "Order fully refunded.",
        "refunded_by": 1,
        "refunded_payment": False,
        "meta_data": [world.meta("_refund_type", "full")],
        **{name: [] for name in ("line_items", "shipping_lines", "tax_lines", "fee_lines")},
    }
    world.refunds[number] = [refund]
