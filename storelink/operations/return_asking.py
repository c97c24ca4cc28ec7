"""Which requests to send something back can be made, and how they are told apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import count
from typing import Final

from pydantic import ValidationError

from storelink.errors import ReturnRefused
from storelink.models.enums import ReturnWish
from storelink.models.order import Order
from storelink.models.ref import Ref
from storelink.models.returns import OFF, ReturnRequest, WantedLine
from storelink.operations.return_views import KIND, Asked
from storelink.policy.returning import Against, MayReturn
from storelink.storage import Transaction

_NO_KEY: Final = re.compile(r"[^A-Za-z0-9._-]")
_WHY: Final = {
    Against.NOT_SENT: "nothing of the order has been sent yet",
    Against.TOO_LATE: "its window is over",
    Against.NOTHING_LEFT: "nothing is left of it that could be sent back",
}


def lock_of(store: str, order_id: str) -> str:
    """Return the name of the lock under which requests about an order are written."""
    return f"{store}/{Ref.order(order_id)}"


def standing(asked: Iterable[Asked]) -> Iterator[ReturnRequest]:
    """Return the requests that the store knows nothing of yet."""
    return (one.request for one in asked if one.waits)


def new_request(
    key: str, order_id: str, lines: Iterable[WantedLine], wish: ReturnWish, note: str
) -> ReturnRequest:
    """Return what a customer asks.

    Raises:
        ReturnRefused: that is no request.
    """
    try:
        return ReturnRequest(
            key=key, order_id=order_id, lines=tuple(lines), wish=wish, note=note or None
        )
    except ValidationError as error:
        what = ".".join(map(str, error.errors()[0]["loc"]))
        raise ReturnRefused(f"{what}: {error.errors()[0]['msg']}") from None


def new_key(tx: Transaction, order: Order, now: datetime) -> str:
    """Return a key that the store never saw, be it that all of this was lost here and made anew."""
    known = {one.key for one in order.returns}
    name = _NO_KEY.sub("_", order.id)[:50]
    keys = (f"{name}-{second:x}" for second in count(int(now.timestamp())))
    return next(
        key
        for key in keys
        if key not in known and tx.answers.get(order.store, f"{KIND}/{key}") is None
    )


def again(order: Order, wanted: ReturnRequest, before: Sequence[Asked]) -> ReturnRequest:
    """Return the request that was taken before, if it is the same one and stands.

    Raises:
        ReturnRefused: it is another one, or it was refused meanwhile.
    """
    returns = {one.key: one for one in order.returns}
    for one in before:
        back = returns.get(one.request.key)
        stands = one.waits or (back is not None and back.status not in OFF)
        if stands and one.request == wanted.model_copy(update={"key": one.request.key}):
            return one.request
    raise ReturnRefused("something else was asked of it meanwhile")


def refuse(may: MayReturn, wanted: ReturnRequest) -> None:
    """Refuse what may not be sent back.

    Raises:
        ReturnRefused: something of *wanted* may not.
    """
    if may.against is not None:
        raise ReturnRefused(_WHY[may.against])
    left = {one.line.id: one.most for one in may.lines}
    for line in wanted.lines:
        if line.quantity > left.pop(line.line_id, 0):  # named a second time, it has nothing left
            raise ReturnRefused(f"no so many of line {line.line_id} can be sent back")
