"""Issuing the codes that were promised for reviews: on the platform first, then known here."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b32encode
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from storelink.clock import Clock
from storelink.contracts.store import StoreAdapter
from storelink.events.types import Event, ProductReviewed, ReviewAnswered, RewardIssued
from storelink.hooks.function import Handler
from storelink.hooks.incentive import Incentive
from storelink.hooks.registry import Registry
from storelink.hooks.review import ReviewRequest
from storelink.hooks.reward import ReviewReward
from storelink.mirror import load
from storelink.mirror.facts import Fact
from storelink.mirror.merge import Version, micros
from storelink.mirror.telling import Listeners, tell
from storelink.models.enums import MessageState
from storelink.models.order import Order
from storelink.models.ref import Kind, Ref
from storelink.storage import Database, MessageRow, Transaction

_ASKED = {MessageState.SENT, MessageState.IN_DOUBT, MessageState.SENDING}
_LETTERS = 8


class _Owed(NamedTuple):
    """An order whose customer was promised something."""

    order: Order
    incentive: Incentive


class Rewarding:
    """Called with each review, at least once: whoever was promised a code for it gets one.

    The code is made from the order, so that a repeated call finds the same one on the platform;
    an order is rewarded once, however many of its products are reviewed.

    Args:
        database: the database.
        adapters: the stores by name; they issue codes.
        clock: the clock.
        listeners: names the handlers of an event.
    """

    def __init__(
        self,
        database: Database,
        adapters: Mapping[str, StoreAdapter],
        clock: Clock,
        listeners: Listeners,
    ) -> None:
        self._database, self._adapters = database, adapters
        self._clock, self._listeners = clock, listeners

    def __call__(self, review: Event) -> None:
        """Issue the code, and let it be known.

        Raises:
            StoreError: the store could not issue it now, or will not.
        """
        with self._database.read() as tx:
            owed = _owed(tx, review)
        if owed is None:
            return
        order, code = owed.order, _code(self._key(), owed.order)
        offer = owed.incentive.offer(
            code, email=order.contact.email, customer_id=order.customer_id, at=review.at
        )
        issued = self._adapters[review.store].issue_coupon(offer)
        told = RewardIssued(
            id=f"{review.store}/order/{order.id}/reward",
            store=review.store,
            at=self._clock.now(),
            order_id=order.id,
            customer_id=order.customer_id,
            code=issued.code or code,
            because_of=review.id,
            expires_at=offer.expires_at,
        )
        self._tell(told)

    def _tell(self, issued: RewardIssued) -> None:
        with self._database.write(rings=True) as tx:
            tx.lock(f"{issued.store}/{Ref.order(str(issued.order_id))}")
            # Whoever was erased meanwhile is not named any more.
            order = load.order(tx, issued.store, str(issued.order_id))
            whose = {"customer_id": order.customer_id if order else None}
            fact = Fact(issued.model_copy(update=whose), Version(micros(issued.at), -1))
            if not tx.events.known([issued.id]):
                tell(tx, [fact], now=issued.at, listeners=self._listeners)
                tx.plans.mark(
                    issued.store, [str(Ref.order(str(issued.order_id)))], due_at=issued.at
                )

    def _key(self) -> str:
        """Return what makes codes that nobody can guess."""
        with self._database.write() as tx:
            return tx.keys.get_or_make("rewards", secrets.token_hex, now=self._clock.now())


def reward(registry: Registry, rewarding: Rewarding) -> None:
    """Let what is promised for reviews be given, if anything is promised at all."""
    hooks = registry.about(Kind.PERSON).values()
    if not any(isinstance(hook, ReviewRequest) and hook.incentive for hook in hooks):
        return
    if registry.get(ReviewReward.name) is None:
        registry.add(ReviewReward())
    for event in (ReviewAnswered, ProductReviewed):
        registry.add_handler(Handler(f"storelink.reward/{event.type}", event, rewarding))


def _code(key: str, order: Order) -> str:
    made = hmac.digest(key.encode(), f"{order.store}/{order.id}".encode(), hashlib.sha256)
    return f"THANKS-{b32encode(made).decode()[:_LETTERS]}"


def _owed(tx: Transaction, review: Event) -> _Owed | None:
    """Return the order that was promised something for a review, and has not got it."""
    for order in _orders(tx, review):
        if tx.events.known([f"{review.store}/order/{order.id}/reward"]):
            continue
        for row in tx.messages.of_orders(review.store, [order.id]):
            incentive = _promised(row, review)
            if incentive is not None:
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
