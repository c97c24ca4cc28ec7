"""What a platform tells that is the state of nothing: requests of privacy, the end of a store."""

from __future__ import annotations

from collections.abc import Mapping

from storelink.events import types as event
from storelink.events.types import Event
from storelink.mirror.facts import Fact
from storelink.mirror.merge import Source, Version, micros
from storelink.models.record import Notice, NoticeKind

_EVENTS: Mapping[NoticeKind, type[Event]] = {
    NoticeKind.CUSTOMER_DATA_REQUESTED: event.CustomerDataRequested,
    NoticeKind.CUSTOMER_REDACTED: event.CustomerRedacted,
    NoticeKind.STORE_REDACTED: event.StoreRedacted,
    NoticeKind.STORE_UNINSTALLED: event.StoreUninstalled,
}


def notice_id(store: str, notice: Notice) -> str:
    """Return the id of the event that *notice* is."""
    return f"{store}/{notice.kind}/{notice.id}"


def notice_fact(store: str, notice: Notice, source: Source) -> Fact:
    """Return what *notice* tells; without a time, or with one still to come, it is of now."""
    kind = _EVENTS[notice.kind]
    exact = notice.at is not None and notice.at <= source.at
    at = notice.at if notice.at is not None and exact else source.at
    orders = {"order_ids": notice.order_ids} if "order_ids" in kind.model_fields else {}
    told = kind(
        id=notice_id(store, notice),
        store=store,
        at=at,
        exact=exact,
        customer_id=notice.customer_id,
        **orders,
    )
    return Fact(told, Version(micros(at), -1))
