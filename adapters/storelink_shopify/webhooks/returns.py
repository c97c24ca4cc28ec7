"""Goods on their way back.

Facts: shopify.dev, "Webhooks", topics `returns/*`. No body has a time, and most have only ids and
a status.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.models.returns import ReturnLine
from storelink.toolkit.payload import Reader, exact_json
from storelink_shopify import meaning, values, words
from storelink_shopify.values import UNSET, Fields


def returned(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say what is known of a return, and that it has to be read."""
    if not body.has("id") and not body.has("admin_graphql_api_id"):
        return Snapshot(note="the webhook does not name the return")
    record = Record(
        kind=Kind.RETURN,
        id=values.webhook_id(body),
        order_id=_order_id(body),
        # The only time there is comes in a header, which is not signed: it orders the states for
        # the moment, and the read settles them.
        updated_at=triggered_at,
        fields=values.carried(body, _RETURN),
        needs_read="webhooks of returns have no times and not all of the return",
        raw=exact_json(body.data),
    )
    return Snapshot((record,))


def _order_id(body: Reader) -> str | None:
    order = body.object("order")
    return values.webhook_id(order) if order else body.optional_id("order_id")


def _lines(body: Reader) -> Any:
    """Return the lines, if they name what was bought; `returns/update` has differences there."""
    if not isinstance(body.data["return_line_items"], list):
        return UNSET
    lines = [_line(line) for line in body.objects("return_line_items")]
    return lines if lines and None not in lines else UNSET


def _line(line: Reader) -> ReturnLine | None:
    shipped = line.object("fulfillment_line_item")
    item = shipped.object("line_item") if shipped else None
    if item is None:
        return None
    return ReturnLine(
        line_id=values.webhook_id(item),
        quantity=values.count(line, "quantity"),
        reason=meaning.return_reason(line.filled("return_reason")),
    )


_RETURN: Fields = {
    "name": (("name",), lambda body: body.filled("name")),
    "status": (("status",), lambda body: words.return_status(body.text("status"))),
    "lines": (("return_line_items",), _lines),
}
