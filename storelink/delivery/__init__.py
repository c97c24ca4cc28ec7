"""Delivery: from a due message to a channel's answer."""

from __future__ import annotations

from storelink.delivery.relay import Relay, RelayReport

__all__ = ["Relay", "RelayReport"]
