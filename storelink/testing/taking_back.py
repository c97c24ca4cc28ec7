"""What a scripted store takes back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from storelink.errors import NotFound, WriteRefused
from storelink.models.enums import ReturnStatus, ReturnStep
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.models.returns import Return, ReturnLine, ReturnRequest

_OVER: Final = {ReturnStatus.DECLINED, ReturnStatus.CANCELLED}
"""What of a return that stands so was not taken back, and may be asked for again."""
_FROM: Final = {
    ReturnStep.APPROVED: {ReturnStatus.REQUESTED},
    ReturnStep.DECLINED: {ReturnStatus.REQUESTED},
    ReturnStep.RECEIVED: {ReturnStatus.OPEN},
    ReturnStep.EXCHANGED: {ReturnStatus.OPEN},
}
"""Where a return stands that a step can be said of."""


class Sold(NamedTuple):
    """How many of each line an order has, and its returns by id."""

    lines: Mapping[str, int]
    returns: dict[str, Record]


class TakingBack(ABC):
    """The part of `FakeStore` that takes goods back."""

    @abstractmethod
    def _new_id(self) -> str: ...

    @abstractmethod
    def _now(self) -> datetime: ...

    @abstractmethod
    def _raise(self, topic: str, snapshot: Snapshot) -> None: ...

    @abstractmethod
    def _sold(self, order_id: str) -> Sold: ...

    def request_return(self, request: ReturnRequest) -> Snapshot:
        """Write a request down; asked again, the same one is returned."""
        sold = self._sold(request.order_id)
        asked = (one for one in sold.returns.values() if one.fields["key"] == request.key)
        known = next(asked, None)
        if known is not None:
            return Snapshot((known,))
        self._refuse_too_much(sold, request)
        lines = [
            ReturnLine(line_id=one.line_id, quantity=one.quantity, reason=one.reason)
            for one in request.lines
        ]
        told = {"status": ReturnStatus.REQUESTED, "lines": lines, "key": request.key}
        new = Record(
            kind=Kind.RETURN,
            id=self._new_id(),
            order_id=request.order_id,
            within="returns",
            fields={**told, "requested_at": self._now()},
        )
        return self._write(sold, new)

    def settle_return(
        self, known: Return, step: ReturnStep, *, at: datetime, note: str = ""
    ) -> Snapshot:
        """Let a return go on."""
        sold = self._sold(known.order_id)
        if known.id not in sold.returns:
            raise NotFound("there is no return of that id")
        held = sold.returns[known.id]
        changed = _step(held.fields, step, at.replace(microsecond=0))
        if changed.items() <= held.fields.items():
            return Snapshot((held,))
        if held.fields["status"] not in _FROM[step]:
            raise WriteRefused(f"it is {held.fields['status']}", code="STATE")
        return self._write(sold, replace(held, fields={**held.fields, **changed}))

    def _write(self, sold: Sold, changed: Record) -> Snapshot:
        sold.returns[changed.id] = replace(changed, updated_at=self._now())
        snapshot = Snapshot((sold.returns[changed.id],))
        self._raise("return.updated", snapshot)
        return snapshot

    def _refuse_too_much(self, sold: Sold, request: ReturnRequest) -> None:
        standing = (one for one in sold.returns.values() if one.fields["status"] not in _OVER)
        left = Counter(dict(sold.lines))
        for one in standing:
            left.subtract({line.line_id: line.quantity for line in one.fields["lines"]})
        left.subtract({line.line_id: line.quantity for line in request.lines})
        if any(quantity < 0 for quantity in left.values()):
            raise WriteRefused("that is more than was bought", code="QUANTITY")


def _step(held: Mapping[str, Any], step: ReturnStep, at: datetime) -> dict[str, Any]:
    """Return what a step makes of a return; of one that made that step before, the same."""
    if step is ReturnStep.APPROVED:
        done = held.get("approved_at")
        return {"approved_at": done} if done else {"status": ReturnStatus.OPEN, "approved_at": at}
    if step is ReturnStep.DECLINED:
        return {"status": ReturnStatus.DECLINED}
    if step is ReturnStep.EXCHANGED:
        return {"exchanged": True}
    whole = [
        line.model_copy(update={"processed_quantity": line.quantity}) for line in held["lines"]
    ]
    return {"lines": whole}
