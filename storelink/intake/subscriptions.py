"""Which webhooks a platform is asked to send: finding what is wrong with them, and repairing it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from storelink.contracts.store import StoreAdapter, Subscription
from storelink.errors import StoreUnavailable
from storelink.intake.failures import failure_of
from storelink.models.ref import Kind

FAILING = 3
"""So many failed deliveries in a row are trouble; WooCommerce gives up after a few more."""


class Trouble(StrEnum):
    """What can be wrong with a subscription. Others' subscriptions are never in trouble."""

    MISSING = "missing"
    DISABLED = "disabled"
    FAILING = "failing"
    DUPLICATED = "duplicated"
    WRONG_ADDRESS = "wrong_address"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        subscription: which one; `None` for a topic that is missing.
    """

    trouble: Trouble
    topic: str
    address: str
    subscription: Subscription | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that was done about a problem, or could not be done.

    Attributes:
        verb: `"created"` or `"deleted"`.
        why: the trouble that it repairs.
        error: why it could not be done, with the remedy; `None` if it was done.
    """

    verb: str
    topic: str
    address: str
    why: Trouble
    error: str | None = None

    def row(self) -> dict[str, Any]:
        """Return it for a table."""
        return {
            "action": f"not {self.verb}" if self.error else self.verb,
            "topic": self.topic,
            "address": self.address,
            "why": self.error or self.why.value.replace("_", " "),
        }


def kinds_of(adapter: StoreAdapter) -> tuple[Kind, ...]:
    """Return the kinds of objects that storelink wants to be told of: what can be listed."""
    lists = adapter.manifest.lists or (Kind.ORDER, Kind.CUSTOMER)
    parts = [part for kind in lists for part in _PARTS.get(kind, ())]
    return tuple(dict.fromkeys([*lists, *parts]))


_PARTS = {
    Kind.ORDER: (Kind.SHIPMENT, Kind.REFUND, Kind.RETURN),
    Kind.CUSTOMER: (Kind.CONSENT,),
}


def inspect(adapter: StoreAdapter, address: str) -> list[Problem]:
    """Ask the platform for its subscriptions, and say what is wrong with them.

    Args:
        adapter: the store.
        address: where its webhooks are to arrive.

    Raises:
        StoreError: the store could not be asked.
    """
    return problems(adapter.topics(kinds_of(adapter)), address, adapter.subscriptions())


def problems(
    topics: Iterable[str], address: str, subscriptions: Iterable[Subscription]
) -> list[Problem]:
    """Say what is wrong: each topic is wanted once, active, at *address*.

    Topics that are not wanted, and subscriptions of others, are nobody's business.
    """
    ours: dict[str, list[Subscription]] = {}
    for one in subscriptions:
        if one.ours:
            ours.setdefault(one.topic, []).append(one)
    found: list[Problem] = []
    for topic in dict.fromkeys(topics):
        found += _of_topic(topic, address, ours.get(topic, []))
    return found


def _of_topic(topic: str, address: str, ours: Sequence[Subscription]) -> Iterator[Problem]:
    here = sorted((one for one in ours if one.address == address), key=_best_first)
    if not here:
        yield Problem(Trouble.MISSING, topic, address)
    elif not here[0].active:
        yield Problem(Trouble.DISABLED, topic, address, here[0])
    elif here[0].failures >= FAILING:
        yield Problem(Trouble.FAILING, topic, address, here[0])
    for one in here[1:]:
        yield Problem(Trouble.DUPLICATED, topic, address, one)
    for one in ours:
        if one.address != address:
            yield Problem(Trouble.WRONG_ADDRESS, topic, one.address, one)


def _best_first(one: Subscription) -> tuple[bool, int, int, str]:
    return not one.active, one.failures, len(one.id), one.id


def repair(adapter: StoreAdapter, address: str) -> list[Action]:
    """Repair what `inspect` finds. What cannot be repaired does not stop the rest.

    One that is disabled or failing is made anew: WooCommerce keeps the count of failures when a
    webhook is enabled again, so that the very next one disables it (`WC_Webhook`). What is of no
    use is deleted last, and only if its topic is provided for.

    Raises:
        StoreUnavailable: the store does not answer; what is left is for the next time.
        StoreError: the subscriptions could not be listed.
    """
    found = inspect(adapter, address)
    done = [_delete(adapter, one) for one in found if one.trouble in _MADE_ANEW]
    stuck = {one.topic for one in done if one.error}
    done += [
        _create(adapter, one.topic, address, one.trouble)
        for one in found
        if one.trouble in _CREATED and one.topic not in stuck
    ]
    unserved = {one.topic for one in done if one.error}
    done += [
        _delete(adapter, one)
        for one in found
        if one.trouble not in _CREATED and one.topic not in unserved
    ]
    return done


_MADE_ANEW = {Trouble.DISABLED, Trouble.FAILING}
_CREATED = {Trouble.MISSING, *_MADE_ANEW}


def _create(adapter: StoreAdapter, topic: str, address: str, why: Trouble) -> Action:
    error = _error_of(lambda: adapter.subscribe(topic, address))
    return Action("created", topic, address, why, error)


def _delete(adapter: StoreAdapter, problem: Problem) -> Action:
    subscription_id = problem.subscription.id if problem.subscription else ""
    error = _error_of(lambda: adapter.unsubscribe(subscription_id))
    return Action("deleted", problem.topic, problem.address, problem.trouble, error)


def _error_of(act: Callable[[], object]) -> str | None:
    """Act, and return what went wrong."""
    failure = failure_of(act, "changing a subscription")
    if isinstance(failure, StoreUnavailable):
        raise failure
    return str(failure) if failure else None
