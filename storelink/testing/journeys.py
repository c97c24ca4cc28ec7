"""Recorded lives of orders: signed deliveries, the store's truth, and what should be sent.

The layout of a set is described by the `README.md` in its folder.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from storelink.toolkit.payload import parse_json

PACKAGED = Path(__file__).parent / "recorded"
"""The set that is shipped: 41 orders of a WooCommerce store."""


@dataclass(frozen=True, slots=True)
class RecordedDelivery:
    """One request as it arrived.

    Attributes:
        name: the name of its file; they sort by arrival.
        secret: what it was signed with.
    """

    name: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: datetime
    secret: str = field(repr=False)


class Journeys:
    """A set of recorded journeys.

    Args:
        path: the folder of the set.
    """

    def __init__(self, path: Path | str = PACKAGED) -> None:
        self.path = Path(path)

    def __repr__(self) -> str:
        return f"Journeys({str(self.path)!r})"

    @cached_property
    def deliveries(self) -> tuple[RecordedDelivery, ...]:
        """The webhooks, in order of arrival."""
        return tuple(
            delivery_in(path) for path in sorted((self.path / "deliveries").glob("*.json"))
        )

    @cached_property
    def pings(self) -> tuple[RecordedDelivery, ...]:
        """The unsigned calls with which WooCommerce tried the address."""
        return tuple(delivery_in(path) for path in sorted((self.path / "pings").glob("*.json")))

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """The secrets of all webhooks."""
        return tuple(webhook["secret"] for webhook in self._json("set.json")["webhooks"])

    @cached_property
    def journeys(self) -> tuple[dict[str, Any], ...]:
        """What happened to each order, and what a sensible shop would send."""
        return tuple(self._json("journeys.json"))

    def truth(self, order_id: str | int) -> dict[str, Any]:
        """Return what the store's REST API said of an order at the end.

        Returns:
            `order` (the body, or the 404 body if it is gone), `refunds` (a list) and
            `fulfillments` (a list, or `None` if they were not recorded), with exact numbers.

        Raises:
            LookupError: nothing was recorded about it.
        """
        stem = f"truth/order_{order_id}"
        if not (self.path / f"{stem}.json").exists():
            raise LookupError(f"nothing was recorded about order {order_id}")
        has_fulfillments = (self.path / f"{stem}_fulfillments.json").exists()
        return {
            "order": self._json(f"{stem}.json"),
            "refunds": self._json(f"{stem}_refunds.json"),
            "fulfillments": self._json(f"{stem}_fulfillments.json") if has_fulfillments else None,
        }

    def _json(self, name: str) -> Any:
        return parse_json((self.path / name).read_bytes())


def delivery_in(path: Path) -> RecordedDelivery:
    """Return the request that was recorded in the file *path*."""
    recorded = json.loads(path.read_text(encoding="utf-8"))
    return RecordedDelivery(
        name=path.name,
        headers=dict(recorded["headers"]),
        body=base64.b64decode(recorded["body_base64"]),
        received_at=datetime.fromisoformat(recorded["received_at"]),
        secret=recorded["secret"],
    )
