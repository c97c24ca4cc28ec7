"""Giving the codes that were promised for reviews."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from storelink.events.types import Event, ProductReviewed, ReviewAnswered, RewardEarned
from storelink.hooks.function import Handler
from storelink.hooks.incentive import Incentive
from storelink.hooks.minting import Minting, earned
from storelink.hooks.registry import Registry
from storelink.hooks.review import ReviewRequest
from storelink.hooks.reward import ReviewReward
from storelink.mirror import load
from storelink.models.enums import MessageState
from storelink.models.order import Order
from storelink.models.ref import Kind, Ref
from storelink.storage import Database, MessageRow, Transaction

_ASKED = {MessageState.SENT, MessageState.IN_DOUBT, MessageState.SENDING}


class _Owed(NamedTuple):
    """An order whose customer was promised something."""

    order: Order
    incentive: Incentive


class Rewarding:
    """Called with each review, at least once: whoever was promised a code for it has earned one.

    An order is rewarded once, however many of its products are reviewed.

    Args:
        database: the database.
        minting: has codes made.
    """

    def __init__(self, database: Database, minting: Minting) -> None:
        self._database, self._minting = database, minting

    def __call__(self, review: Event) -> None:
        """Let it be known that a code was earned."""
        with self._database.read() as tx:
            owed = _owed(tx, review)
        if owed is not None:
            self._minting.tell(_earned(owed.order, owed.incentive, review))


def reward(registry: Registry, rewarding: Rewarding) -> None:
    """Let what is promised for reviews be given, if anything is promised at all."""
    hooks = registry.about(Kind.PERSON).values()
    if not any(isinstance(hook, ReviewRequest) and hook.incentive for hook in hooks):
        return
    if registry.get(ReviewReward.name) is None:
        registry.add(ReviewReward())
    for event in (ReviewAnswered, ProductReviewed):
        registry.add_handler(Handler(f"storelink.reward/{event.type}", event, rewarding))


def _earned(order: Order, incentive: Incentive, review: Event) -> RewardEarned:
    hook, because = ReviewReward.name, review.id
    return earned(hook, order, incentive, at=review.at, because_of=because)


def _owed(tx: Transaction, review: Event) -> _Owed | None:
    """Return the order that was promised something for a review, and has not got it."""
    for order in _orders(tx, review):
        for row in tx.messages.of_orders(review.store, [order.id]):
            incentive = _promised(row, review)
            if incentive is not None:
                is_earned = tx.events.known([_earned(order, incentive, review).id])
                if not is_earned:
                    return _Owed(order, incentive)
    return None


def _orders(tx: Transaction, review: Event) -> Sequence[Order]:
    """Return the orders that a review can be about, oldest first."""
    if review.order_id is not None:
        order = load.order(tx, review.store, review.order_id)
        return [order] if order else []
    if not isinstance(review, ProductReviewed):
        return []
    record = tx.records.get(review.store, Ref(kind=Kind.REVIEW, id=review.review_id))
    if record is None or record.person is None:
        return []
    return load.person(tx, review.store, record.person).orders


def _promised(row: MessageRow, review: Event) -> Incentive | None:
    """Return what a message promised for such a review."""
    data = row.message.get("data", {})
    if row.hook != ReviewRequest.name or row.state not in _ASKED or not data.get("incentive"):
        return None
    if isinstance(review, ProductReviewed):
        about = {item.get("product_id") for item in data.get("items", ())}
        if review.product_id not in about or (row.sent_at and review.at < row.sent_at):
            return None
    return Incentive.model_validate(data["incentive"])
