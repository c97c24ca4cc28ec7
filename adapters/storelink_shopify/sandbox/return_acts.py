"""What can happen to a scripted shop's returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from storelink_shopify.sandbox import part_payloads
from storelink_shopify.sandbox.ledger import Ledger, left
from storelink_shopify.sandbox.state import OrderState, PieceState, ReturnState


class ReturnActs:
    """Lets goods come back."""

    _ledger: Ledger

    def request_return(
        self,
        order_id: str,
        *,
        lines: Mapping[int, int] | None = None,
        pieces: Sequence[PieceState] = (),
    ) -> str:
        """Let the customer ask to send something back, and return the return's id.

        Args:
            order_id: the order's id.
            lines: how many, by the index of the line; by default all.
            pieces: the same, with all that the customer says of it.
        """
        order = self._ledger.order(order_id)
        wanted = left(order, "refunded") if lines is None else lines
        coming_back = ReturnState(
            id=self._ledger.new_part(order),
            name=f"#{order.number}-R{len(order.returns) + 1}",
            status="requested",
            pieces=[*pieces] or list(_pieces(order, wanted)),
            created_at=self._ledger.now(),
        )
        order.returns.append(coming_back)
        self._ledger.changed(order, ("returns/request", part_payloads.returned(order, coming_back)))
        return str(coming_back.id)

    def approve_return(self, return_id: str) -> None:
        """Agree to take it back."""
        order, coming_back = self._ledger.returned(return_id)
        coming_back.status, coming_back.approved_at = "open", self._ledger.now()
        self._ledger.changed(order, ("returns/approve", part_payloads.returned(order, coming_back)))

    def decline_return(self, return_id: str, *, note: str | None = None) -> None:
        """Refuse to take it back."""
        order, coming_back = self._ledger.returned(return_id)
        coming_back.status = "declined"
        coming_back.declined = note or coming_back.declined
        body = part_payloads.declined_return(order, coming_back)
        self._ledger.changed(order, ("returns/decline", body))

    def receive_return(self, return_id: str) -> None:
        """Let the goods arrive. Shopify's example of this webhook is an empty object."""
        order, coming_back = self._ledger.returned(return_id)
        coming_back.received = True
        self._ledger.changed(
            order,
            ("returns/process", {}),
            ("returns/update", part_payloads.updated_return(coming_back)),
        )

    def exchange_return(self, return_id: str) -> None:
        """Give other goods for those that came back."""
        order, coming_back = self._ledger.returned(return_id)
        coming_back.exchanged = True
        self._ledger.changed(order, ("returns/update", part_payloads.updated_return(coming_back)))

    def cancel_return(self, return_id: str) -> None:
        """Call the return off."""
        self._move_return(return_id, "canceled", "returns/cancel")

    def close_return(self, return_id: str) -> None:
        """Be done with the return."""
        self._ledger.returned(return_id)[1].closed_at = self._ledger.now()
        self._move_return(return_id, "closed", "returns/close")

    def reopen_return(self, return_id: str) -> None:
        """Take up a closed return again."""
        self._ledger.returned(return_id)[1].closed_at = None
        self._move_return(return_id, "open", "returns/reopen")

    def _move_return(self, return_id: str, status: str, topic: str) -> None:
        order, coming_back = self._ledger.returned(return_id)
        coming_back.status = status
        self._ledger.changed(order, (topic, part_payloads.moved_return(order, coming_back)))


def _pieces(order: OrderState, lines: Mapping[int, int]) -> Iterator[PieceState]:
    """Yield so many of each line, parcel by parcel."""
    for index, wanted in lines.items():
        rest = wanted
        for parcel in order.parcels:
            taken = min(rest, parcel.lines.get(index, 0))
            if taken:
                yield PieceState(index, taken, parcel.id)
            rest -= taken
        if rest:
            yield PieceState(index, rest)
