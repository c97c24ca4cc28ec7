"""From Shopify's words to the model: webhook bodies by topic, and GraphQL nodes. Pure functions.

The two shapes agree on every field that both carry. What a payload does not carry is left unset.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from storelink.models.record import Snapshot
from storelink.toolkit.payload import Reader, parse_object
from storelink_shopify import topics
from storelink_shopify.nodes import customer, order, return_

__all__ = ["customer", "order", "return_", "webhook"]


def webhook(topic: str, body: bytes, triggered_at: datetime | None) -> Snapshot:
    """Say what a webhook says.

    Args:
        topic: as the header has it; `"orders/create"` and `"ORDERS_CREATE"` are the same.
        body: the raw bytes.
        triggered_at: when Shopify says that it happened, if it does.

    Raises:
        PayloadError: the body cannot be understood; the message names the field.
    """
    name = _plain(topic)
    read = _READ.get(name)
    if read:
        return read(Reader(parse_object(body), topic), triggered_at)
    later = next((what for start, what in _LATER.items() if name.startswith(start)), None)
    if later:
        return Snapshot(note=f"this version does not use {topic}: {later} come later")
    return Snapshot(note=f"{topic or 'no topic'}: not a topic that storelink knows")


def _plain(topic: str) -> str:
    """Return a topic without regard to how it is written: a path, or the name of an enum."""
    return re.sub(r"[^a-z0-9]+", "_", topic.lower())


_READ: Mapping[str, topics.Normalize] = {
    _plain(topic): read for topic, read in topics.NORMALIZERS.items()
}
_LATER: Mapping[str, str] = {_plain(topic): what for topic, what in topics.LATER.items()}
