"""Errors that arrive in place of an object: in answers, and in signed webhooks, too.

A webhook's body is what the REST API answers to the webhook's owner at the time of delivery.
Facts: WooCommerce REST API docs, "Errors"; recorded deliveries of orders deleted in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storelink.errors import NotFound, PayloadError
from storelink.toolkit.payload import Reader

_GONE = 404
_NO_RIGHT = {401, 403}


def refuse_error(body: Mapping[str, Any]) -> None:
    """Refuse a webhook's body that is an error.

    Raises:
        PayloadError: it is one; the message says what happened and what to do.
    """
    status = _status(body)
    if status is None:
        return
    if status == _GONE:
        raise PayloadError(
            "the body is error 404: the object was gone before WooCommerce sent the webhook, "
            "and the error does not say which one it was"
        )
    if status in _NO_RIGHT:
        raise PayloadError(
            f"the body is error {status}: the webhook's owner may not read the object (any more); "
            "give the webhook to an administrator"
        )
    raise PayloadError(f"the body is an error of WooCommerce with status {status}")


def refuse_missing(body: Mapping[str, Any]) -> None:
    """Refuse an answer that says that the object does not exist.

    Raises:
        NotFound: it says so.
        PayloadError: it is another error.
    """
    if _status(body) == _GONE:
        raise NotFound("WooCommerce has no such object (any more)")
    refuse_error(body)


def _status(body: Mapping[str, Any]) -> int | None:
    """Return the HTTP status of an error body, 0 if it names none, `None` if it is no error."""
    if "id" in body or not {"code", "message", "data"} <= body.keys():
        return None
    data = body["data"]  # an object with a status; only the status from refund errors
    holder = data if isinstance(data, Mapping) else {"status": data}
    return Reader(holder, "error.data").integer("status") or 0
