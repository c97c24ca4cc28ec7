"""What an answer of a shop says: data, or what is wrong and what to do about it. Pure.

Facts: WooCommerce REST API docs, "Errors"; recorded answers; `WC_REST_Authentication`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from storelink.errors import (
    AccessDenied,
    NotFound,
    NotTheApi,
    PayloadError,
    StoreError,
    StoreUnavailable,
    Throttled,
    WriteRefused,
)
from storelink.toolkit.payload import parse_json
from storelink_woocommerce import wordpress
from storelink_woocommerce.trouble import (
    KEY_REFUSED,
    KEY_UNKNOWN,
    SWITCHED_OFF,
    Answer,
    Asked,
    NoRoute,
    Trouble,
)

__all__ = ["MAKE_A_KEY", "Answer", "NoRoute", "Refusal", "item", "judge"]

_REST_OFF = {
    "rest_cannot_access",
    "rest_disabled",
    "rest_api_disabled",
    "rest_forbidden",
    "rest_login_required",
    "rest_not_logged_in",
    "rest_unauthorized",
    "rest_user_cannot_access",
    "itsec_rest_api_access_restricted",
}
"""What plugins that switch the REST API off for visitors say."""

_REDIRECT, _ERROR = range(300, 400), 400
_NO_KEY, _NO_RIGHT, _MISSING, _TOO_MANY, _FAILED = 401, 403, 404, 429, 500
_PRIVATE = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+|\bc[ks]_\w+")


def judge(asked: Asked, status: int, headers: Mapping[str, str], body: bytes) -> Answer | Trouble:
    """Return what an answer says."""
    named = {name.lower(): value for name, value in headers.items()}
    return replace(_judge(asked, status, named, body), headers=named)


def _judge(asked: Asked, status: int, headers: Mapping[str, str], body: bytes) -> Answer | Trouble:
    if status in _REDIRECT:
        return wordpress.redirect(asked, status, headers.get("location", ""))
    if wordpress.is_old(asked, headers):
        return wordpress.OLD
    read = _data(body)
    if read is None:
        return _no_json(asked, status, headers, body)
    if status < _ERROR and not _is_refusal(read.data):
        total, pages = (_count(headers, name) for name in ("x-wp-total", "x-wp-totalpages"))
        return replace(read, total=total, pages=pages)
    if not isinstance(read.data, Mapping) or "code" not in read.data:
        return wordpress.page(asked, status, headers, body)  # JSON, but not of WordPress
    return _refused(asked.method, asked.route, Refusal.of(read.data, status))


def item(data: Any) -> Any:
    """Return one object of a batch's answer, or the error that is in its place."""
    error = data.get("error") if isinstance(data, Mapping) else None
    if not isinstance(error, Mapping):
        return data
    return _refused("POST", "an object of a batch", Refusal.of(error, _ERROR)).error()


def _data(body: bytes) -> Answer | None:
    """Return the JSON of a body, if it has any."""
    try:
        return Answer(parse_json(body))
    except PayloadError:
        within = wordpress.json_within(body)
    try:
        return None if within is None else Answer(parse_json(within), repaired=True)
    except PayloadError:
        return None


def _no_json(asked: Asked, status: int, headers: Mapping[str, str], body: bytes) -> Trouble:
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if status < _ERROR and start in {b"", b"{", b"["}:
        return Trouble(
            "broken-off",
            StoreUnavailable,
            "the answer breaks off" if start else "the answer is empty",
            "if it stays, PHP runs out of time or memory in the shop: raise its memory_limit",
            in_doubt=True,
        )
    return wordpress.page(asked, status, headers, body)


def _count(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "").strip()
    return int(text) if text.isdecimal() else None


# -- what the API refuses ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as the API writes it.

    Attributes:
        code: the platform's.
        words: for people, in the shop's language.
        status: what the body says; some proxies change the answer's own.
        has_failed: the shop could not; otherwise it says no, and will say no again.
    """

    code: str
    words: str
    status: int
    has_failed: bool

    @classmethod
    def of(cls, data: Any, status: int) -> Refusal:
        """Return the refusal in *data*, which was answered with *status*."""
        body = data if isinstance(data, Mapping) else {}
        code, said, details = (body.get(name) for name in ("code", "message", "data"))
        told = details.get("status") if isinstance(details, Mapping) else details
        # Fulfillments write the status as text, and their code is the number 0.
        is_number = isinstance(told, int | str) and str(told).isdecimal()
        words = wordpress.plain_words(said) if isinstance(said, str) else ""
        number = int(str(told)) if is_number else status
        # A refund that is refused is HTTP 500 with the number 500 as its data.
        says_no = str(code).startswith("woocommerce_rest_") or isinstance(details, int)
        has_failed = number >= _FAILED and not says_no
        return cls(str(code or ""), _PRIVATE.sub("…", words), number, has_failed)

    @property
    def text(self) -> str:
        """What was said, for people."""
        return f"{self.words or 'no reason given'} ({self.code or self.status})"


def _is_refusal(data: Any) -> bool:
    """Say whether a body is an error though the status is not."""
    if not isinstance(data, Mapping) or not {"code", "message", "data"} >= data.keys():
        return False
    return "message" in data and Refusal.of(data, 0).status >= _ERROR


def _refused(method: str, route: str, refusal: Refusal) -> Trouble:
    trouble = _meaning(method, route, refusal)
    return replace(trouble, from_api=True, refusal=refusal.code)


def _meaning(method: str, route: str, refusal: Refusal) -> Trouble:
    if refusal.code == "rest_no_route":
        return _no_route(route)
    if refusal.code in _REST_OFF or refusal.code.startswith(("jwt_", "restx_")):
        return _switched_off(refusal)
    if refusal.status in {_NO_KEY, _NO_RIGHT}:
        return _key(method, refusal)
    if refusal.status == _MISSING or refusal.code.endswith("_invalid_id"):
        return Trouble("not-found", NotFound, "WooCommerce has no such object (any more)")
    if refusal.status == _TOO_MANY:
        return Trouble("throttled", Throttled, f"the shop wants fewer requests: {refusal.text}")
    return _failed(refusal) if refusal.has_failed else _said_no(method, route, refusal)


def _failed(refusal: Refusal) -> Trouble:
    return Trouble(
        "php-failed",
        StoreUnavailable,
        f"PHP failed in the shop: {refusal.code or refusal.status}",
        "the cause is in WooCommerce > Status > Logs (fatal-errors)",
        in_doubt=True,
    )


def _said_no(method: str, route: str, refusal: Refusal) -> Trouble:
    kind = StoreError if method == "GET" else WriteRefused
    return Trouble("refused", kind, f"WooCommerce refused {route}: {refusal.text}")


def _no_route(route: str) -> Trouble:
    return Trouble(
        "not-woocommerce",
        NoRoute,
        f"WordPress answers and has no route {route}",
        "look whether WooCommerce is active and new enough, and whether a plugin hides routes",
    )


def _switched_off(refusal: Refusal) -> Trouble:
    return Trouble(
        SWITCHED_OFF,
        NotTheApi,
        f"a plugin keeps visitors out of the REST API: {refusal.text}",
        "exempt the namespace wc/v3 in that plugin (Disable REST API, Solid Security, JWT and "
        "others have such a list)",
    )


MAKE_A_KEY = "make a key with Read/Write in WooCommerce > Settings > Advanced > REST API"
"""What to do without a key that works."""


def _key(method: str, refusal: Refusal) -> Trouble:
    right = "read" if method == "GET" else "write"
    if refusal.status == _NO_RIGHT:
        return Trouble(
            f"key-cannot-{right}",
            AccessDenied,
            f"the user whom the key belongs to may not {right} this: {refusal.text}",
            "make a key for an administrator or a shop manager",
            needs=right,
        )
    if refusal.code != "woocommerce_rest_authentication_error":
        return Trouble(
            KEY_UNKNOWN,
            AccessDenied,
            f"the shop does not know the consumer key: {refusal.text}",
            f"look for a typing error, or {MAKE_A_KEY}; behind a proxy WordPress has to know that "
            "it is asked over https (X-Forwarded-Proto)",
        )
    return _not_accepted(right, refusal)


def _not_accepted(right: str, refusal: Refusal) -> Trouble:
    """Tell apart what has one code; only English shops say it in words that are known here."""
    words = refusal.words.lower()
    if "permission" in words:
        return Trouble(
            f"key-cannot-{right}",
            AccessDenied,
            f"the consumer key has no right to {right}",
            f"{MAKE_A_KEY}, or give this one Read/Write",
            needs=right,
        )
    if "timestamp" in words or "signature" in words:
        return Trouble(
            KEY_REFUSED,
            AccessDenied,
            f"the shop does not accept the signature: {refusal.text}",
            "look at consumer_secret, at the clocks of both machines, and that url is exactly the "
            "Site Address under Settings > General (with www or without)",
        )
    return Trouble(
        KEY_REFUSED,
        AccessDenied,
        f"the shop does not accept the key, or its secret, or it may not {right}: {refusal.text}",
        f"look at consumer_secret, or {MAKE_A_KEY}",
    )
