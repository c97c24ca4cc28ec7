"""A recorded shop, multiplied: as many deliveries and orders as are wanted, none like another."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from benchmarks.databases import Backend
from storelink import Storelink
from storelink.contracts.channel import Accepted, Channel
from storelink.delivery.safe import Safety
from storelink.hooks import ReviewRequest, ThankYou, TrackingUpdates
from storelink.testing import FrozenClock, RecordingChannel
from storelink.testing.journeys import Journeys, RecordedDelivery
from storelink.toolkit.signing import digest, hmac_sha256_base64
from storelink_woocommerce import WooCommerce
from storelink_woocommerce.shipments import TRACKING_ITEMS

STORE: Final = "shop"
SECRET: Final = "a secret of the benchmarks"
SINCE: Final = datetime(2026, 11, 1, tzinfo=UTC)

JOURNEYS: Final = Journeys()
UNBRAKED: Final = Safety(brake=None)
"""The clock stands still, so that a benchmark's messages all go within an hour."""
NOW: Final = JOURNEYS.deliveries[-1].received_at + timedelta(minutes=1)
_ACCEPTED: Final = Accepted("null")
_APART: Final = 100_000
"""By how much the ids of two copies differ."""


@dataclass(frozen=True, slots=True)
class Request:
    """One signed webhook, and what names it."""

    headers: dict[str, str]
    body: bytes
    key: str

    @property
    def signature(self) -> str:
        """What was made over the body with the secret."""
        return self.headers["X-WC-Webhook-Signature"]


def deliveries(copies: range) -> Iterator[Request]:
    """Return the recorded deliveries, once for each number of *copies*, with ids of their own."""
    for number in copies:
        for recorded in JOURNEYS.deliveries:
            yield _copy(recorded, number)


def paid_orders() -> Iterator[Request]:
    """Return deliveries without end, each telling of a paid order that is thanked for."""
    first = [
        recorded
        for recorded in JOURNEYS.deliveries
        if recorded.name.endswith("order.created.json") and _is_paid(json.loads(recorded.body))
    ]
    for number in itertools.count(1):
        for recorded in first:
            yield _copy(recorded, number)


def _is_paid(order: dict[str, Any]) -> bool:
    is_paid = order.get("status") == "processing" and bool(order["date_paid_gmt"])
    return is_paid and bool(order["billing"]["email"])


def _copy(recorded: RecordedDelivery, number: int) -> Request:
    body = json.loads(recorded.body)
    _rename(body, number)
    # PHP escapes slashes and everything that is not ASCII.
    content = json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()
    key = digest(recorded.name, str(number))
    renewed = {
        "X-WC-Webhook-Signature": hmac_sha256_base64(SECRET, content),
        "X-WC-Webhook-Delivery-ID": key,
        "Content-Length": str(len(content)),
    }
    return Request({**recorded.headers, **renewed}, content, key)


def _rename(body: dict[str, Any], number: int) -> None:
    """Give an object, its refunds and parcels, and the person in it another identity."""
    things = [body, *body.get("refunds", [])]
    for thing, name in itertools.product(things, ("id", "customer_id")):
        if thing.get(name):
            thing[name] += number * _APART
    if body.get("number"):
        body["number"] = str(body["id"])
    for person in (body, body.get("billing", {})):
        if person.get("email"):
            person["email"] = f"{number}.{person['email']}"
    for parcel in _parcels(body):
        parcel["tracking_id"] = digest(parcel["tracking_id"], str(number))


def _parcels(body: dict[str, Any]) -> list[dict[str, Any]]:
    meta = body.get("meta_data", [])
    return [parcel for one in meta if one["key"] == TRACKING_ITEMS for parcel in one["value"]]


@contextmanager
def opened(url: str, channel: Channel | None = None, **options: Any) -> Iterator[Storelink]:
    """Open the shop on a database, with a clock that stands after all that was recorded."""
    with Storelink(
        url,
        stores={STORE: WooCommerce(url="https://shop.example", webhook_secret=SECRET)},
        channels=[channel or RecordingChannel()],
        hooks=options.pop("hooks", [ThankYou(), TrackingUpdates(), ReviewRequest()]),
        clock=options.pop("clock", FrozenClock(NOW)),
        since=SINCE,
        safety=UNBRAKED,
        **options,
    ) as link:
        yield link


def take(link: Storelink, request: Request) -> bool:
    """Let the shop receive a delivery; say whether it was new."""
    receipt = link.receive(STORE, headers=request.headers, body=request.body)
    return not receipt.duplicate


@functools.cache
def absorbed(backend: Backend, orders: int) -> str:
    """Return a database that knows so many paid orders, each marked for planning.

    It is made once, and to be copied.
    """
    url = backend.fresh()
    with opened(url, hooks=[ThankYou()]) as link:
        for request in itertools.islice(paid_orders(), orders):
            take(link, request)
    return url


@functools.cache
def planned(backend: Backend, orders: int) -> str:
    """Return a database with so many thank-yous that are due; it is made once, and to be copied."""
    url = backend.copy(absorbed(backend, orders))
    with opened(url, hooks=[ThankYou()]) as link:
        link.work("plan", STORE)
        waiting = len(link.messages(state="waiting"))
    if waiting != orders:
        raise RuntimeError(f"of {orders} messages {waiting} wait")
    return url


class NullChannel(RecordingChannel):
    """Takes everything at once, and keeps nothing."""

    def send(self, message: Any) -> Any:
        """Take a message."""
        return _ACCEPTED
