"""The hooks and handlers of one app."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from storelink.contracts.hook import Hook
from storelink.errors import ConfigError
from storelink.events.types import Event
from storelink.hooks.function import Handler
from storelink.models.ref import Kind


class Registry:
    """Hooks and handlers by name."""

    def __init__(self, hooks: Iterable[Hook[Any]] = ()) -> None:
        self._hooks: dict[str, Hook[Any]] = {}
        self._handlers: dict[str, Handler] = {}
        for hook in hooks:
            self.add(hook)

    def add(self, hook: Hook[Any]) -> None:
        """Add a hook; its name must be its own, for it is part of the idempotency keys."""
        name = getattr(hook, "name", "")
        if not name or "/" in name:
            raise ConfigError(f"{type(hook).__name__} needs a name without a slash")
        if hook.subject not in (Kind.ORDER, Kind.PERSON):
            raise ConfigError(f"hook {name!r}: the subject is an order or a person")
        if name in self._hooks:
            raise ConfigError(f"two hooks are called {name!r}; give one another name or key")
        self._hooks[name] = hook

    def add_handler(self, handler: Handler) -> None:
        """Add a handler; its name must be its own."""
        if handler.name in self._handlers:
            raise ConfigError(f"two handlers are called {handler.name!r}; give one a key")
        self._handlers[handler.name] = handler

    def about(self, subject: Kind) -> dict[str, Hook[Any]]:
        """Return the hooks that decide about such a subject."""
        return {name: hook for name, hook in self._hooks.items() if hook.subject is subject}

    def get(self, name: str) -> Hook[Any] | None:
        """Return the hook of that name."""
        return self._hooks.get(name)

    @property
    def hooks(self) -> tuple[Hook[Any], ...]:
        """Every hook, in the order of adding."""
        return tuple(self._hooks.values())

    def looks_back(self) -> bool:
        """Say whether a hook is asked about what is all history, too."""
        return any(hook.looks_back for hook in self._hooks.values())

    @property
    def handlers(self) -> dict[str, Handler]:
        """Every handler by name."""
        return dict(self._handlers)

    def listeners(self, event: Event) -> list[str]:
        """Return the names of the handlers that want *event*."""
        return [name for name, one in self._handlers.items() if isinstance(event, one.event)]
