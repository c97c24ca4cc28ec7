"""Writing hooks and handlers as plain functions."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any, TypeVar

from storelink.contracts.hook import Hook
from storelink.events.types import Event
from storelink.hooks.function import FunctionHook, Handler
from storelink.hooks.registry import Registry

F = TypeVar("F", bound=Callable[..., Any])


class Deciding:
    """The part of `Storelink` that takes functions for hooks and handlers."""

    _registry: Registry

    @property
    def hooks(self) -> tuple[Hook[Any], ...]:
        """The hooks, in the order of adding."""
        return self._registry.hooks

    def hook(
        self,
        event: type[Event],
        *,
        after: timedelta = timedelta(),
        expires_after: timedelta | None = None,
        key: str | None = None,
        also_when: Collection[str] = (),
    ) -> Callable[[F], F]:
        """Make a function a hook: asked for a message once for each event of that type.

        The function is pure and is asked again just before sending. Its parameters are any of
        `order`, `event`, `shipment`, `contact`, `now`; it returns a `Message` or `None`.

        Args:
            event: the type of event.
            after: how long after the event the message is due.
            expires_after: how long after it is due the message becomes pointless.
            key: the hook's identity, when the function is renamed; by default its name.
            also_when: of `"cancelled"`, `"refunded"`, `"deleted"`: send although the order is so.
        """

        def register(function: F) -> F:
            self._registry.add(
                FunctionHook(
                    function,
                    event,
                    name=key or function.__name__,
                    after=after,
                    expires_after=expires_after,
                    also_when=also_when,
                )
            )
            return function

        return register

    def on(self, event: type[Event], *, key: str | None = None) -> Callable[[F], F]:
        """Let a function be called with each event of that type, in the worker.

        It is called at least once for each `event.id`, and again later if it raises. Events that
        become known while no such function is registered are not kept for it.
        """

        def register(function: F) -> F:
            name = key or function.__name__
            self._registry.add_handler(Handler(name, event, function))
            return function

        return register
