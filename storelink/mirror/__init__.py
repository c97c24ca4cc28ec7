"""The mirror: what is known of every order, and the facts that it implies."""

from __future__ import annotations

from storelink.mirror import load
from storelink.mirror.absorb import Absorbed, Listeners, absorb, event_of, tell
from storelink.mirror.facts import Fact
from storelink.mirror.merge import Source
from storelink.mirror.tick import next_tick, ticks

__all__ = [
    "Absorbed",
    "Fact",
    "Listeners",
    "Source",
    "absorb",
    "event_of",
    "load",
    "next_tick",
    "tell",
    "ticks",
]
