"""Answers of the REST API: what is sent, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

UNAUTHORIZED, NOT_FOUND = 401, 404


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the API, before it is written as JSON."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """The API says no. `body` is what WordPress makes of a `WP_Error`."""

    def __init__(self, status: int, code: str | int, message: str, **data: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {
            "code": code,
            "message": message,
            "data": {"status": status, **data},
        }


def no_route() -> Refusal:
    """Nothing answers at this address and method."""
    text = "No route was found matching the URL and request method."
    return Refusal(NOT_FOUND, "rest_no_route", text)


_MISSING: Mapping[str, tuple[str, str]] = {
    "orders": ("woocommerce_rest_shop_order_invalid_id", "Invalid ID."),
    "coupons": ("woocommerce_rest_shop_coupon_invalid_id", "Invalid ID."),
    "products": ("woocommerce_rest_product_invalid_id", "Invalid ID."),
    "variations": ("woocommerce_rest_product_variation_invalid_id", "Invalid ID."),
    "customers": ("wc_user_invalid_id", "Invalid user ID."),
    "reviews": ("woocommerce_rest_review_invalid_id", "Invalid review ID."),
    "webhooks": ("woocommerce_rest_shop_webhook_invalid_id", "ID is invalid."),
    "refunds": ("woocommerce_rest_shop_order_refund_invalid_id", "Invalid ID."),
    "notes": ("woocommerce_rest_invalid_id", "Invalid resource ID."),
}
_MISSING_ON_WRITE: Mapping[str, tuple[int, str, str]] = {
    "orders": (400, "woocommerce_rest_shop_order_invalid_id", "ID is invalid."),
    "coupons": (400, "woocommerce_rest_shop_coupon_invalid_id", "ID is invalid."),
    "products": (400, "woocommerce_rest_product_invalid_id", "ID is invalid."),
    "customers": (400, "woocommerce_rest_invalid_id", "Invalid resource ID."),
}


def missing(kind: str, *, write: bool = False) -> Refusal:
    """There is no such object. A missing order is 404 on GET and DELETE, and 400 on PUT."""
    if write and kind in _MISSING_ON_WRITE:
        status, code, text = _MISSING_ON_WRITE[kind]
        return Refusal(status, code, text)
    code, text = _MISSING[kind]
    return Refusal(NOT_FOUND, code, text)


def invalid(found: Mapping[str, tuple[str, str, Any]]) -> Refusal:
    """Parameters are wrong: for each its code, its message and more data."""
    details = {
        name: {"code": code, "message": message, "data": data}
        for name, (code, message, data) in found.items()
    }
    texts = {name: message for name, (_, message, _) in found.items()}
    message = f"Invalid parameter(s): {', '.join(found)}"
    return Refusal(400, "rest_invalid_param", message, params=texts, details=details)


def lacking(*names: str) -> Refusal:
    """Parameters are missing."""
    message = f"Missing parameter(s): {', '.join(names)}"
    return Refusal(400, "rest_missing_callback_param", message, params=list(names))


def no_trash(plural: str) -> Refusal:
    """Objects of this kind are deleted for ever or not at all."""
    text = f"{plural} do not support trashing."
    return Refusal(501, "woocommerce_rest_trash_not_supported", text)


def refund_error(message: str) -> Refusal:
    """A refund cannot be made: HTTP 500, and `data` is no object."""
    refusal = Refusal(500, "woocommerce_rest_cannot_create_order_refund", message)
    refusal.body["data"] = 500
    return refusal
