"""Hooks that are new to a database are asked about everybody who is there already."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from storelink.hooks.registry import Registry
from storelink.storage import Database

KNOWN: Final = "hooks/looking_back"
"""The position with the names of the hooks that were asked about a store's past."""


def welcome(database: Database, registry: Registry, stores: Iterable[str], now: datetime) -> None:
    """Let all people be planned in whose store a hook is new that looks back (`Hook.looks_back`).

    A hook is asked when something changes; about those of whom nothing does, it would never be.
    """
    names = sorted(hook.name for hook in registry.hooks if hook.looks_back)
    if not names:
        return
    with database.read() as tx:
        known = tx.positions.named(KNOWN, list(stores))
    new = [store for store in stores if set(names) - set(known.get(store, ()))]
    if not new:
        return
    with database.write(rings=True) as tx:
        for store in new:
            tx.plans.mark_everybody(store, due_at=now)
            tx.positions.put(store, KNOWN, names, now=now)
