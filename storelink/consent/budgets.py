"""Reserving a place in a person's budget, so that no two workers take the same one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from storelink.models.enums import MessageClass
from storelink.policy.budget import EXEMPT, Limits, Spent, horizon, spare
from storelink.storage import BudgetRow, Transaction
from storelink.storage.budget import RESERVED


class Wanted(NamedTuple):
    """A message that wants to go.

    Attributes:
        message: its idempotency key.
        person: whom it is for, as `Addresses.person` tells.
        channel: the channel's name.
        limits: what counts for this message beside the limits of all: the caps of a law.
        at: when it wants to go, if not now.
    """

    message: str
    person: str
    message_class: MessageClass
    channel: str
    limits: Limits = ()
    at: datetime | None = None


def reserve_all(
    tx: Transaction, store: str, wanted: Sequence[Wanted], limits: Limits, now: datetime
) -> list[datetime | None]:
    """Reserve places for messages, and return of each when it may ask again.

    `None` means that it may go, and counts from now on. A message that asks again counts once. The
    people are locked by name until the transaction ends.

    Args:
        tx: the transaction.
        store: the store's name.
        wanted: the messages; the first ones come first.
        limits: how many a person may get.
        now: the present instant.
    """
    counted = [one for one in wanted if one.message_class is not EXEMPT]
    people = {one.person for one in counted}
    every = (*limits, *(limit for one in counted for limit in one.limits))
    if not people or not every:
        return [None] * len(wanted)
    tx.lock(*(f"{store}/budget:{person}" for person in people))
    counts: dict[str, dict[str, Spent]] = defaultdict(dict)
    for row in tx.budget.spent(store, people, since=now - horizon(every)):
        counts[row.person][row.message] = _spent(row)
    found: list[datetime | None] = []
    taken: list[BudgetRow] = []
    for one in wanted:
        others = [what for message, what in counts[one.person].items() if message != one.message]
        at, ours = one.at or now, (*limits, *one.limits)
        until = spare(others, ours, one.message_class, at, channel=one.channel)
        if until is None and one.message_class is not EXEMPT:
            taken.append(_row(store, one, at))
            counts[one.person][one.message] = _spent(taken[-1])
        found.append(until)
    tx.budget.reserve(*taken)
    return found


def _spent(row: BudgetRow) -> Spent:
    return Spent(row.at, MessageClass(row.message_class), row.channel)


def _row(store: str, wanted: Wanted, now: datetime) -> BudgetRow:
    return BudgetRow(
        message=wanted.message,
        store=store,
        person=wanted.person,
        message_class=wanted.message_class,
        channel=wanted.channel,
        at=now,
        state=RESERVED,
    )
