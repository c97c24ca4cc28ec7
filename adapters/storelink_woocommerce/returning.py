"""Taking goods back: WooCommerce has no returns, so that an order's private notes keep them.

What the notes say is read in `return_notes`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Final

from storelink.errors import NotFound, WriteInDoubt, WriteRefused
from storelink.models.enums import ReturnStatus, ReturnStep
from storelink.models.record import Record, Snapshot
from storelink.models.returns import Return, ReturnRequest
from storelink_woocommerce import lines, return_notes
from storelink_woocommerce.orders import OrderBody
from storelink_woocommerce.return_notes import id_of, is_said
from storelink_woocommerce.shop import Shop, number
from storelink_woocommerce.writes import Writes

_FROM: Final = {
    ReturnStep.APPROVED: ReturnStatus.REQUESTED,
    ReturnStep.DECLINED: ReturnStatus.REQUESTED,
    ReturnStep.RECEIVED: ReturnStatus.OPEN,
    ReturnStep.EXCHANGED: ReturnStatus.OPEN,
}
"""Where a return stands that a step can be said of."""


@dataclass(frozen=True, slots=True)
class Returning:
    """The returns of one shop's orders."""

    shop: Shop

    def read(self, return_id: str) -> Snapshot:
        """Read one return; its id names the order."""
        order_id = return_notes.order_of(return_id)
        return Snapshot((_known(self._held(order_id) if order_id else {}, return_id),))

    def request(self, request: ReturnRequest) -> Snapshot:
        """Write a request down; asked again, the same one is returned."""
        order_id = request.order_id
        held, key = self._held(order_id), id_of(order_id, request.key)
        if key not in held:
            goods = self._goods(order_id)
            _refuse_too_much(goods, held.values(), request)
            titles = {one["id"]: one["title"] for one in goods}
            held = self._write(order_id, return_notes.request_note(request, titles))
        return Snapshot((held[key],))

    def settle(self, known: Return, step: ReturnStep, at: datetime, why: str) -> Snapshot:
        """Say what becomes of a return; what was said already is not said again."""
        held = _known(self._held(known.order_id), known.id)
        if not is_said(held, step) and held.fields["status"] is _FROM[step]:
            text = return_notes.step_note(held.fields["key"], step, at, why)
            held = self._write(known.order_id, text)[held.id]
        if not is_said(held, step):  # also if another worker said otherwise just before
            status = held.fields["status"]
            raise WriteRefused(f"a return that is {status} cannot be {step}", code="STATE")
        return Snapshot((held,))

    def _held(self, order_id: str) -> Mapping[str, Record]:
        """Return the returns of an order by id."""
        return return_notes.returns_in(order_id, self._notes(order_id))

    def _notes(self, order_id: str) -> Sequence[Mapping[str, Any]]:
        """Return the notes of an order: they are listed whole, without pages."""
        return self.shop.client.get(f"orders/{number(order_id)}/notes").rows

    def _goods(self, order_id: str) -> Sequence[Mapping[str, Any]]:
        """Return the lines of an order that is there."""
        body = self.shop.client.get(f"orders/{number(order_id)}").body
        order = OrderBody.of(body, self.shop.statuses)
        if order.is_trashed:
            raise NotFound("the order lies in the trash")
        return lines.goods(order.reader, order.currency)

    def _write(self, order_id: str, text: str) -> Mapping[str, Record]:
        """Write a note, and return what the order's notes say then."""
        written = Writes(self.shop).note(order_id=order_id, text=text)
        notes = self._notes(order_id)
        listed = next((one for one in notes if str(one.get("id")) == written), None)
        if not return_notes.is_kept(listed or self._note(order_id, written), text):
            raise WriteRefused(
                "the note was written, and the shop does not show it as it was written: exempt "
                "storelink's notes from the plugin that hides or changes order notes",
                code="HIDDEN",
            )
        if listed is None:  # the list is a cache's, or another server's
            raise WriteInDoubt("the note was written, and the shop does not list it yet")
        return return_notes.returns_in(order_id, notes)

    def _note(self, order_id: str, note_id: str) -> Mapping[str, Any]:
        """Return one note; nothing of one that is hidden."""
        try:
            return self.shop.client.get(f"orders/{number(order_id)}/notes/{note_id}").body
        except NotFound:
            return {}


def _known(held: Mapping[str, Record], return_id: str) -> Record:
    if return_id not in held:
        raise NotFound("there is no return of that id")
    return held[return_id]


def _refuse_too_much(
    goods: Sequence[Mapping[str, Any]], held: Iterable[Record], request: ReturnRequest
) -> None:
    """Refuse what was not bought, or goes back already."""
    left = Counter({one["id"]: one["quantity"] for one in goods})
    back = [one.fields for one in held if one.fields["status"] is not ReturnStatus.DECLINED]
    for line in (*request.lines, *chain.from_iterable(told["lines"] for told in back)):
        left[line.line_id] -= line.quantity
    if any(left[line.line_id] < 0 for line in request.lines):
        raise WriteRefused("that is more than was bought and does not go back yet", code="QUANTITY")
