"""Money given back: by lines, or by an amount that names none."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from storelink_woocommerce.sandbox.refusals import refund_error
from storelink_woocommerce.sandbox.site import Row, money, number
from storelink_woocommerce.sandbox.world import World


def left(world: World, row: Row) -> Decimal:
    """Return what can still be given back."""
    given = (Decimal(one["amount"]) for one in world.refunds.get(row["id"], ()))
    return Decimal(row["total"]) - sum(given, Decimal(0))


def quantities_refunded(world: World, row: Row) -> dict[int, int]:
    """Return how many of each line were given back, by the line's id."""
    given: dict[int, int] = {}
    for refund in world.refunds.get(row["id"], ()):
        for line in refund["line_items"]:
            original = int(line["meta_data"][0]["value"])
            given[original] = given.get(original, 0) - int(line["quantity"])
    return given


def request(world: World, row: Row, lines: Mapping[int, int] | None) -> Row:
    """Return the body that asks for a refund of *lines*, by their index, or of all that is left."""
    chosen = dict(lines) if lines else rest_of(row, quantities_refunded(world, row))
    entries = [_share(row["line_items"][index], count) for index, count in chosen.items()]
    amount = sum(map(_entry_total, entries), Decimal(0)) if lines else left(world, row)
    return {"amount": str(amount), "line_items": entries}


def rest_of(row: Row, gone: Mapping[int, int]) -> dict[int, int]:
    """Return what is left of an order's lines, by their index; *gone* is by their id."""
    rest = {
        index: line["quantity"] - gone.get(line["id"], 0)
        for index, line in enumerate(row["line_items"])
    }
    return {index: count for index, count in rest.items() if count > 0}


def _share(line: Row, count: int) -> Row:
    """Return what is given back for *count* of a line."""
    taxes = [
        {"id": tax["id"], "refund_total": _part(tax["total"], line, count)} for tax in line["taxes"]
    ]
    total = _part(line["total"], line, count)
    return {"id": line["id"], "quantity": count, "refund_total": total, "refund_tax": taxes}


def _part(amount: str, line: Row, count: int) -> str:
    return money(Decimal(amount) * count / line["quantity"])


def create(world: World, row: Row, data: Mapping[str, Any]) -> Row:
    """Give money back as `POST /orders/{id}/refunds` does.

    Raises:
        Refusal: the amount is not above zero, or more than is left; HTTP 500, as in WooCommerce.
    """
    entries = data.get("line_items") or ()
    named = sum((_entry_total(entry) for entry in entries), Decimal(0))
    amount = Decimal(str(data.get("amount") or named))
    if amount <= 0 or amount > left(world, row):
        raise refund_error("Invalid refund amount.")
    refund = _refund(world, row, amount, str(data.get("reason") or ""))
    refund["line_items"] = [_line(world, row, entry) for entry in entries]
    is_last = left(world, row) == 0
    refund["meta_data"] = [world.meta("_refund_type", "full" if is_last else "partial")]
    if is_last:
        row["status"] = "refunded"
        world.add_note(row["id"], "Order status changed to Refunded.")
        world.tell(row["id"], ["action.woocommerce_order_status_refunded"])
    if refund["line_items"]:
        world.tell_stock(row)
    world.save(row, "order.updated")
    return refund


def fill_up(world: World, row: Row) -> None:
    """Give back all that is left, without lines: what the status `refunded` does."""
    rest = left(world, row)
    if rest > 0:
        refund = _refund(world, row, rest, "Order fully refunded.")
        refund["meta_data"] = [world.meta("_refund_type", "full")]


def remove(world: World, order_id: int, refund_id: int) -> Row:
    """Delete a refund: the order's date does not move, and nothing is raised."""
    refund = next(one for one in world.refunds[order_id] if one["id"] == refund_id)
    world.refunds[order_id].remove(refund)
    return refund


def _refund(world: World, row: Row, amount: Decimal, reason: str) -> Row:
    refund: Row = {
        "id": world.new_id("post"),
        "parent_id": row["id"],
        "created": world.site.now(),
        "amount": money(amount),
        "reason": reason,
        "refunded_by": 1,
        "refunded_payment": False,
        "meta_data": [],
        "line_items": [],
        "shipping_lines": [],
        "tax_lines": [],
        "fee_lines": [],
    }
    # the newest first
    world.refunds.setdefault(row["id"], []).insert(0, refund)
    return refund


def _entry_total(entry: Mapping[str, Any]) -> Decimal:
    taxes = entry.get("refund_tax") or ()
    tax = sum((Decimal(str(one.get("refund_total") or 0)) for one in taxes), Decimal(0))
    return Decimal(str(entry.get("refund_total") or 0)) + tax


def _line(world: World, row: Row, entry: Mapping[str, Any]) -> Row:
    original = next((one for one in row["line_items"] if one["id"] == entry.get("id")), None)
    if original is None:
        raise refund_error("Invalid line item.")
    quantity, total = int(entry.get("quantity") or 0), Decimal(str(entry.get("refund_total") or 0))
    tax = _entry_total(entry) - total
    refunded = world.meta("_refunded_item_id", str(original["id"]))
    shown = {"display_key": refunded["key"], "display_value": refunded["value"]}
    changed: Row = {
        "id": world.new_id("item"),
        "quantity": -quantity,
        "subtotal": money(-total),
        "subtotal_tax": money(-tax),
        "total": money(-total),
        "total_tax": money(-tax),
        "taxes": [_tax(one) for one in entry.get("refund_tax") or ()],
        "meta_data": [refunded | shown],
        "price": number(total / quantity) if quantity else 0,
    }
    return {**original, **changed}


def _tax(entry: Mapping[str, Any]) -> Row:
    amount = money(-Decimal(str(entry.get("refund_total") or 0)))
    return {"id": entry["id"], "total": amount, "subtotal": amount}
