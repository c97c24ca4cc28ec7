"""What a person bought, and what of it is still open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from storelink.contracts.hook import Facts
from storelink.hooks.standing import in_the_way
from storelink.models.message import Person
from storelink.models.order import Order
from storelink.policy.trouble import open_return, open_trouble


def bought(person: Person) -> list[tuple[datetime, Order]]:
    """Return the orders that stand, with the time of each, oldest first.

    An order stands that was placed and paid for, and was not called off or refunded in full.
    """
    found = [
        (at, order)
        for order in person.orders
        if in_the_way(order) is None and (at := order.placed_at or order.created_at)
    ]
    return sorted(found, key=lambda one: (one[0], len(one[1].id), one[1].id))


def open_case(orders: Sequence[Order], facts: Facts, at: datetime) -> str | None:
    """Say what of somebody's is open, as far as is known now: a return, or trouble with an order.

    Args:
        orders: theirs.
        facts: what happened to these.
        at: the instant that it is asked for; trouble that nobody hears of any more passes.
    """
    for order in orders:
        if found := open_return(order, at) or open_trouble(order, facts.events, at):
            return found
    return None
