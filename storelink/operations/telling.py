"""Telling those who watch what came of webhooks."""

from __future__ import annotations

from collections.abc import Callable

from storelink.contracts.observing import Observer, Received
from storelink.errors import StorageUnavailable, WebhookRefused
from storelink.intake.receive import Receipt


def telling_received(observe: Observer, store: str, receive: Callable[[], Receipt]) -> Receipt:
    """Receive a webhook of a store that there is, and tell what became of it."""
    try:
        receipt = receive()
    except (WebhookRefused, StorageUnavailable) as error:
        result = "refused" if isinstance(error, WebhookRefused) else "busy"
        observe(Received(store, "", result))
        raise
    result = "duplicate" if receipt.duplicate else receipt.state.value
    observe(Received(store, receipt.topic, result, len(receipt.events), receipt.inbox_id))
    return receipt
