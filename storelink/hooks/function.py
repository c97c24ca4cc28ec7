"""Hooks that users write as plain functions: `@link.hook` and `@link.on`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storelink.contracts.hook import Decision, Facts, Hook, Reason, Send, Skip
from storelink.errors import ConfigError
from storelink.events.types import (
    CheckoutAbandoned,
    ConsentChanged,
    CustomerCreated,
    CustomerDataRequested,
    CustomerRedacted,
    Event,
    OrderCancelled,
    OrderRefunded,
    ProductReviewed,
    ShipmentEvent,
    StoreRedacted,
    StoreUninstalled,
)
from storelink.hooks.standing import called_off
from storelink.models.message import Message
from storelink.models.order import Order
from storelink.models.ref import Ref

ARGUMENTS = ("order", "event", "shipment", "contact", "now")
"""What a hook function may ask for, by the names of its parameters."""

_OF_NO_ORDER = (
    CheckoutAbandoned,
    ConsentChanged,
    CustomerCreated,
    CustomerDataRequested,
    CustomerRedacted,
    ProductReviewed,
    StoreRedacted,
    StoreUninstalled,
)

_OFF = {Reason.CANCELLED, Reason.REFUNDED, Reason.DELETED}


class FunctionHook(Hook[Order]):
    """A message from a function that is asked once for each event of a type.

    Args:
        function: returns a `Message`, or `None` for no message. Pure: it is asked again just
            before sending. Its parameters are named as in `ARGUMENTS`.
        event: the type of event.
        name: part of the idempotency key; a renamed function keeps its identity with it.
        after: how long after the event the message is due.
        expires_after: how long after it is due the message becomes pointless; `None` is never.
        also_when: of `"cancelled"`, `"refunded"`, `"deleted"`: when the message is sent although
            the order is off.

    Raises:
        ConfigError: the function asks for something that there is not, *also_when* is unknown, or
            the event belongs to no order.
    """

    def __init__(
        self,
        function: Callable[..., Message | None],
        event: type[Event],
        *,
        name: str,
        after: timedelta,
        expires_after: timedelta | None,
        also_when: Collection[str],
    ) -> None:
        self.name, self.event, self.after = name, event, after
        self.expires_after = expires_after
        self._function = function
        self._wants = parameters(function, ARGUMENTS)
        if issubclass(event, _OF_NO_ORDER):
            raise ConfigError(f"hook {name!r}: {event.type} belongs to no order; use @link.on")
        unknown = set(also_when) - {str(reason) for reason in _OFF}
        if unknown:
            raise ConfigError(
                f"hook {name!r}: also_when knows cancelled, refunded and deleted, "
                f"not {', '.join(sorted(unknown))}"
            )
        self._also_when = {Reason(word) for word in also_when}
        if issubclass(event, OrderCancelled | OrderRefunded):
            self._also_when |= {Reason.CANCELLED, Reason.REFUNDED}

    def decide(self, subject: Order, facts: Facts, now: datetime) -> Iterator[Decision]:
        """Ask the function about each event of the order *subject*."""
        off = called_off(subject)
        for event in facts.all(self.event):
            ref = _ref(event, subject)
            step = event.id.removeprefix(f"{subject.store}/")
            if off and off not in self._also_when:
                yield Skip(ref, off, step=step, order_id=subject.id)
                continue
            message = self._ask(subject, event, now)
            if message is None:
                yield Skip(ref, Reason.CONDITION, step=step, order_id=subject.id)
                continue
            due_at = event.at + self.after
            yield Send(
                subject=ref,
                step=step,
                message=message,
                order_id=subject.id,
                cause=event,
                due_at=due_at,
                expires_at=due_at + self.expires_after if self.expires_after else None,
            )

    def _ask(self, order: Order, event: Event, now: datetime) -> Message | None:
        shipment = order.shipment(event.shipment_id) if isinstance(event, ShipmentEvent) else None
        given: Mapping[str, Any] = {
            "order": order,
            "event": event.model_copy(update={"order": order}),
            "shipment": shipment,
            "contact": order.contact,
            "now": now,
        }
        answer = self._function(**{name: given[name] for name in self._wants})
        if answer is not None and not isinstance(answer, Message):
            raise TypeError(
                f"hook {self.name!r} must return a Message or None, not {type(answer).__name__}"
            )
        if answer is None or not isinstance(event, ShipmentEvent):
            return answer
        data = {"shipment_id": event.shipment_id, **answer.data}
        return answer.model_copy(update={"data": data})


@dataclass(frozen=True, slots=True)
class Handler:
    """A function to be called with each event of a type, at least once, in the worker."""

    name: str
    event: type[Event]
    function: Callable[[Event], Any]


def parameters(function: Callable[..., Any], known: Collection[str]) -> tuple[str, ...]:
    """Return the names of the function's parameters, all of which must be *known*."""
    names = tuple(inspect.signature(function).parameters)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ConfigError(
            f"{function.__qualname__} asks for {', '.join(unknown)}; "
            f"a hook may ask for: {', '.join(known)}"
        )
    return names


def _ref(event: Event, order: Order) -> Ref:
    if isinstance(event, ShipmentEvent):
        return Ref.shipment(event.shipment_id)
    return Ref.order(order.id)
