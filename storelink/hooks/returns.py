"""Keep the customer informed about what goes back: each return, and each refund."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from storelink.contracts.hook import Decision, Facts, Hook, Reason, Send, Skip
from storelink.events.types import (
    OrderRefunded,
    ReturnApproved,
    ReturnDeclined,
    ReturnEvent,
    ReturnExchanged,
    ReturnReceived,
    ReturnRequested,
)
from storelink.hooks.spans import check_spans
from storelink.hooks.standing import RETURNS
from storelink.models.enums import ReturnStatus
from storelink.models.message import Message
from storelink.models.order import Order
from storelink.models.ref import Kind, Ref
from storelink.models.returns import Return

Kinds = tuple[type[ReturnEvent], ...]


class _Step(NamedTuple):
    """One thing to tell of a return.

    Attributes:
        unless: the return is further when any of these is known, whatever its time.
        unless_later: the return is further when any of these came afterwards.
        when_closed: it is told also of a return that is done.
    """

    name: str
    event: type[ReturnEvent]
    unless: Kinds = ()
    unless_later: Kinds = ()
    when_closed: bool = False


_BACK: Final = (ReturnReceived, ReturnExchanged)
_STEPS: Final = (
    _Step("requested", ReturnRequested, unless=(ReturnApproved, ReturnDeclined, *_BACK)),
    _Step("approved", ReturnApproved, unless=_BACK, unless_later=(ReturnDeclined,)),
    _Step("declined", ReturnDeclined, unless=_BACK, unless_later=(ReturnApproved,)),
    _Step("received", ReturnReceived, unless=(ReturnExchanged,)),
    _Step("exchanged", ReturnExchanged, when_closed=True),
)


class ReturnsUpdates(Hook[Order]):
    """Tells of each return: requested, approved, declined, received, exchanged; and each refund.

    Each is told once, and never with yesterday's news: once a return is further, its earlier steps
    are not told any more, and of one that is closed or was called off only the exchange and the
    money are. A refund
    without money (goods that were put back into stock) is not told. Money is told of whatever
    became of the order: of one that was cancelled, too.

    Args:
        expires_after: news that could not be sent for so long are dropped.
    """

    name = RETURNS

    def __init__(self, *, expires_after: timedelta = timedelta(days=7)) -> None:
        self.expires_after = expires_after
        check_spans(self)

    def decide(self, subject: Order, facts: Facts, now: datetime) -> Iterator[Decision]:
        """Say what to tell of what goes back of the order *subject*."""
        standing = {one.id: one for one in subject.returns}
        known = {one.return_id for one in facts.events if isinstance(one, ReturnEvent)}
        for key in sorted(standing.keys() | known):
            yield from self._return(subject, key, standing.get(key), facts)
        refunds = facts.all(OrderRefunded, order_id=subject.id)
        for cause in refunds:
            yield self._refund(subject, cause)
        if not known and not refunds:
            yield Skip(Ref.order(subject.id), Reason.NOTHING_RETURNED, order_id=subject.id)

    def _return(
        self, order: Order, key: str, known: Return | None, facts: Facts
    ) -> Iterator[Decision]:
        """Say what to tell of one return; *known* is `None` if it is not there any more."""
        ref = Ref(kind=Kind.RETURN, id=key)
        events = [
            one for one in facts.events if isinstance(one, ReturnEvent) and one.return_id == key
        ]
        for step in _STEPS:
            cause = next((one for one in events if isinstance(one, step.event)), None)
            if cause is None:
                continue
            against = _off(order, known, step) or _further(step, cause, events)
            if against is not None:
                yield Skip(ref, against, step=step.name, order_id=order.id)
            else:
                yield self._send(order, ref, step.name, f"return_{step.name}", cause)

    def _refund(self, order: Order, cause: OrderRefunded) -> Decision:
        ref = Ref(kind=Kind.REFUND, id=cause.refund_id)
        refund = next((one for one in order.refunds if one.id == cause.refund_id), None)
        against = None
        if order.deleted_at is not None:
            against = Reason.DELETED
        elif refund is None:
            against = Reason.REFUND_REMOVED
        elif refund.amount is not None and refund.amount.amount <= 0:
            against = Reason.NO_MONEY
        if against is not None:
            return Skip(ref, against, step="refunded", order_id=order.id)
        return self._send(order, ref, "refunded", "refund_confirmation", cause)

    def _send(
        self, order: Order, ref: Ref, step: str, template: str, cause: ReturnEvent | OrderRefunded
    ) -> Send:
        return Send(
            subject=ref,
            step=step,
            message=Message(template),
            order_id=order.id,
            cause=cause,
            due_at=cause.at,
            expires_at=cause.at + self.expires_after,
        )


def _off(order: Order, known: Return | None, step: _Step) -> Reason | None:
    """Return what speaks against a step of a return as it stands."""
    if order.deleted_at is not None:
        return Reason.DELETED
    if known is None or known.status is ReturnStatus.CANCELLED:
        return Reason.RETURN_CANCELLED
    # a return can be opened again: that it was closed once says nothing
    is_over = known.status is ReturnStatus.CLOSED and not step.when_closed
    return Reason.RETURN_CLOSED if is_over else None


def _further(step: _Step, cause: ReturnEvent, events: list[ReturnEvent]) -> Reason | None:
    for one in events:
        is_later = (one.at, one.id) > (cause.at, cause.id)
        if isinstance(one, step.unless) or (is_later and isinstance(one, step.unless_later)):
            return Reason.RETURN_FURTHER
    return None
