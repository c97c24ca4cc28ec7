"""The mirror: what is known of every object of a store, and the facts that it implies."""

from __future__ import annotations

from storelink.mirror import load
from storelink.mirror.absorb import Absorbed, absorb
from storelink.mirror.facts import Fact
from storelink.mirror.merge import Source
from storelink.mirror.rows import event_of
from storelink.mirror.telling import Listeners, tell
from storelink.mirror.tick import next_tick, recovered, ticks

__all__ = [
    "Absorbed",
    "Fact",
    "Listeners",
    "Source",
    "absorb",
    "event_of",
    "load",
    "next_tick",
    "recovered",
    "tell",
    "ticks",
]
