"""What Shopify tells that is the state of nothing: privacy requests, and that the app is off.

Facts: shopify.dev, "Privacy law compliance" and "Webhooks", topic `app/uninstalled`. The privacy
topics are subscribed to in the app's configuration, never by the API.
"""

from __future__ import annotations

from datetime import datetime

from storelink.errors import PayloadError
from storelink.models.record import Notice, NoticeKind, Snapshot
from storelink.toolkit.payload import Reader
from storelink.toolkit.signing import digest
from storelink_shopify import values


def data_requested(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say that somebody asked what is stored about them."""
    request = body.object("data_request")
    request_id = request.optional_id("id") if request else None
    return _of_a_person(
        NoticeKind.CUSTOMER_DATA_REQUESTED,
        body,
        _ids(body, "orders_requested"),
        triggered_at,
        named=f"data_request/{request_id}" if request_id else None,
    )


def customer_redacted(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say that a person is to be erased."""
    orders = _ids(body, "orders_to_redact")
    return _of_a_person(NoticeKind.CUSTOMER_REDACTED, body, orders, triggered_at)


def shop_redacted(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say that everything of the shop is to be erased, two days after the app was taken off."""
    return _of_the_shop(NoticeKind.STORE_REDACTED, body.id("shop_id"), triggered_at)


def uninstalled(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say that the shop took the app off. The body is the shop."""
    return _of_the_shop(NoticeKind.STORE_UNINSTALLED, body.id("id"), triggered_at)


def _of_a_person(
    kind: NoticeKind,
    body: Reader,
    order_ids: tuple[str, ...],
    at: datetime | None,
    *,
    named: str | None = None,
) -> Snapshot:
    """Return a request for a person's sake; a guest has an address only."""
    customer = values.child(body, "customer")
    customer_id = customer.optional_id("id")
    email, phone = customer.filled("email"), customer.filled("phone")
    # A request to erase has no id of its own. The same one, told again, has the same trigger; a
    # later one about the same person is another one, for something may have come in since. Guests
    # have no account to tell them apart: of their address, a hash stays.
    guest = () if customer_id else (email or phone or "",)
    about = digest(*guest, *sorted(order_ids))
    when = at.isoformat() if at else "once"
    notice = Notice(
        kind,
        id=named or f"{kind}/{customer_id or 'guest'}/{about}/{when}",
        at=at,
        customer_id=customer_id,
        order_ids=order_ids,
        email=email,
        phone=phone,
    )
    return Snapshot(notices=(notice,))


def _of_the_shop(kind: NoticeKind, shop_id: str, at: datetime | None) -> Snapshot:
    # A shop can put the app on again and take it off again; only the trigger's time tells the two.
    when = at.isoformat() if at else "once"
    return Snapshot(notices=(Notice(kind, id=f"{kind}/{shop_id}/{when}", at=at),))


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
