"""The test kit: fakes behind the contracts, a clock that stands still, conformance suites.

The suites need pytest (extra `testing`) and load on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storelink.contracts.sandbox import Item, Webhook
from storelink.delivery.judging import anything_goes
from storelink.testing.answering import AnsweringStore
from storelink.testing.channels import RecordingChannel
from storelink.testing.clock import FrozenClock
from storelink.testing.store import FakeStore
from storelink.testing.timeline import Timeline

if TYPE_CHECKING:
    from storelink.testing.channel_suite import ChannelSuite as ChannelSuite
    from storelink.testing.outbox_suite import OutboxSuite as OutboxSuite
    from storelink.testing.store_suite import StoreSuite as StoreSuite
    from storelink.testing.store_suite import WebhookSuite as WebhookSuite

__all__ = [
    "AnsweringStore",
    "ChannelSuite",
    "FakeStore",
    "FrozenClock",
    "Item",
    "OutboxSuite",
    "RecordingChannel",
    "StoreSuite",
    "Timeline",
    "Webhook",
    "WebhookSuite",
    "anything_goes",
]


def __getattr__(name: str) -> Any:
    if name in {"StoreSuite", "WebhookSuite"}:
        from storelink.testing import store_suite

        return getattr(store_suite, name)
    if name == "ChannelSuite":
        from storelink.testing.channel_suite import ChannelSuite

        return ChannelSuite
    if name == "OutboxSuite":
        from storelink.testing.outbox_suite import OutboxSuite

        return OutboxSuite
    raise AttributeError(f"module 'storelink.testing' has no attribute {name!r}")
