"""What a plugin must do: a store adapter, a channel, a hook; and the manifest that names it."""

from __future__ import annotations

from storelink.contracts.channel import Accepted, Channel
from storelink.contracts.hook import Decision, Facts, Hook, Reason, Send, SentMessage, Skip
from storelink.contracts.manifest import Capability, Manifest
from storelink.contracts.store import Delivery, StoreAdapter

__all__ = [
    "Accepted",
    "Capability",
    "Channel",
    "Decision",
    "Delivery",
    "Facts",
    "Hook",
    "Manifest",
    "Reason",
    "Send",
    "SentMessage",
    "Skip",
    "StoreAdapter",
]
