"""Money given back.

Facts: shopify.dev, "Webhooks", topic `refunds/create`; the REST resources Refund and Transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from storelink.models.money import Money
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.models.returns import RefundLine
from storelink.toolkit.payload import Reader, exact_json
from storelink_shopify import money, values
from storelink_shopify.money import WEBHOOK_BAG
from storelink_shopify.values import Fields

WITHIN = "refunds"


def created(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say what one refund says. What it does to the order's payment comes with the order."""
    return Snapshot((refund(body, body.id("order_id"), body.time("created_at")),))


def refund(body: Reader, order_id: str, updated_at: datetime | None) -> Record:
    """Return what a refund, alone or in its order, says.

    Args:
        body: the refund, which has a time of its making, and none of a change.
        order_id: the order it belongs to.
        updated_at: the time of the state that the payload shows.
    """
    return Record(
        kind=Kind.REFUND,
        id=values.webhook_id(body),
        order_id=order_id,
        updated_at=updated_at,
        fields=values.carried(body, _REFUND),
        within=WITHIN,
        needs_read=None if updated_at else values.NO_TIME,
        raw=exact_json(body.data),
    )


def amount(body: Reader) -> Money | None:
    """Return what a refund gave back, in the customer's currency; `None` if that is not known.

    It is the sum of its transactions. Their own currency can be null, and is the customer's then.
    """
    if not body.has("transactions"):
        return None
    paid_back = [one for one in body.objects("transactions") if _gave_back(one)]
    code = _currency(body) or _paid_in(paid_back)
    return money.total((_transaction(one, code) for one in paid_back), code) if code else None


def _currency(body: Reader) -> str | None:
    """Return the customer's currency, which the order has and the refund shows in its sums."""
    duties = WEBHOOK_BAG.customer(body, "total_duties_set")
    lines = (line.amount for line in _lines(body))
    return next((one.currency for one in (duties, *lines) if one is not None), None)


def _paid_in(transactions: Iterable[Reader]) -> str | None:
    """Return the one currency of *transactions*: a refund by amount may have no other sums."""
    currencies = {one.text("currency") for one in transactions}
    return currencies.pop() if len(currencies) == 1 else None


def _gave_back(transaction: Reader) -> bool:
    kind, status = values.lower(transaction, "kind"), values.lower(transaction, "status")
    return kind == "refund" and status == "success"


def _transaction(transaction: Reader, code: str) -> Money | None:
    if transaction.text("currency") is not None:
        return money.amount(transaction, "currency")
    return transaction.money("amount", code)


def _lines(body: Reader) -> list[RefundLine]:
    return [
        RefundLine(
            line_id=_line_id(line),
            quantity=values.count(line, "quantity"),
            amount=WEBHOOK_BAG.customer(line, "subtotal_set"),
        )
        for line in body.objects("refund_line_items")
    ]


def _line_id(line: Reader) -> str:
    item = line.object("line_item")
    return values.webhook_id(item) if item else line.id("line_item_id")


_REFUND: Fields = {
    "created_at": (("created_at",), lambda body: body.time("created_at")),
    "amount": (("transactions",), amount),
    "lines": (("refund_line_items",), _lines),
    "reason": (("note",), lambda body: body.filled("note")),
}
