"""What Shopify tells that is the state of nothing: privacy requests, and that the app is off.

Facts: shopify.dev, "Privacy law compliance" and "Webhooks", topic `app/uninstalled`. The privacy
topics are subscribed to in the app's configuration, never by the API.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from storelink.errors import PayloadError
from storelink.models.record import Notice, NoticeKind, Snapshot
from storelink.toolkit.payload import Reader
from storelink.toolkit.signing import digest
from storelink_shopify import values


def data_requested(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say that somebody asked what is stored about them."""
    request = body.object("data_request")
    customer_id, order_ids = _customer_id(body), _ids(body, "orders_requested")
    request_id = request.optional_id("id") if request else None
    notice = Notice(
        NoticeKind.CUSTOMER_DATA_REQUESTED,
        id=f"data_request/{request_id or _about(customer_id, order_ids)}",
        at=triggered_at,
        customer_id=customer_id,
        order_ids=order_ids,
    )
    return Snapshot(notices=(notice,))


def customer_redacted(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say that a person is to be erased."""
    customer_id, order_ids = _customer_id(body), _ids(body, "orders_to_redact")
    notice = Notice(
        NoticeKind.CUSTOMER_REDACTED,
        # The request has no id of its own: the same person with the same orders is the same one.
        id=f"customer_redacted/{_about(customer_id, order_ids)}",
        at=triggered_at,
        customer_id=customer_id,
        order_ids=order_ids,
    )
    return Snapshot(notices=(notice,))


def shop_redacted(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say that everything of the shop is to be erased, two days after the app was taken off."""
    return _of_the_shop(NoticeKind.STORE_REDACTED, body.id("shop_id"), triggered_at)


def uninstalled(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say that the shop took the app off. The body is the shop."""
    return _of_the_shop(NoticeKind.STORE_UNINSTALLED, body.id("id"), triggered_at)


def _of_the_shop(kind: NoticeKind, shop_id: str, at: datetime | None) -> Snapshot:
    # A shop can put the app on again and take it off again; only the trigger's time tells the two.
    when = at.isoformat() if at else "once"
    return Snapshot(notices=(Notice(kind, id=f"{kind}/{shop_id}/{when}", at=at),))


def _customer_id(body: Reader) -> str | None:
    return values.child(body, "customer").optional_id("id")


def _ids(body: Reader, name: str) -> tuple[str, ...]:
    found = body.data.get(name)
    if found is None:
        return ()
    if not isinstance(found, list):
        body.refuse(name, "a list of ids")
    return tuple(_id(body, name, one) for one in found)


def _id(body: Reader, name: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise PayloadError(f"{body.path}.{name}: expected a list of ids")
    return values.gid_number(str(value)) or str(value)


def _about(customer_id: str | None, order_ids: Iterable[str]) -> str:
    return f"{customer_id or 'guest'}/{digest(*sorted(order_ids))}"
