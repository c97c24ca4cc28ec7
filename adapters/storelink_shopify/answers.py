"""What an answer of the Admin API means: data, or one of our errors. Pure functions.

Facts: shopify.dev, "Shopify API rate limits" and "Response status and error codes"; the texts of
errors as live shops answered them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NoReturn

from storelink.errors import (
    AccessDenied,
    NotTheApi,
    StoreError,
    StoreUnavailable,
    Throttled,
)

Path = tuple[str | int, ...]

PROTECTED = "protected customer data"
"""What an app is approved for, or not: no scope tells."""


class Denied(AccessDenied):
    """A right is missing, or the credentials are refused.

    Attributes:
        code: names the fault, as `storelink check` does.
        paths: the fields of the answer that were denied, where only fields were.
    """

    def __init__(
        self, message: str, *, code: str, needs: str = "", paths: Collection[Path] = ()
    ) -> None:
        super().__init__(message, needs=needs)
        self.code, self.paths = code, tuple(paths)


class Elsewhere(NotTheApi):
    """Something else answers at that address.

    Attributes:
        code: names the fault, as `storelink check` does.
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class Unreached(StoreUnavailable):
    """No connection was made: nothing was executed."""


class TooCostly(StoreError):
    """One query costs more than Shopify allows for one: ask for less at once.

    Attributes:
        cost: in points.
        limit: of a single query, in points.
    """

    def __init__(self, cost: float, limit: float) -> None:
        super().__init__(f"Shopify: the query costs {cost:g} points, allowed are {limit:g}")
        self.cost, self.limit = cost, limit


class NotUnderstood(StoreError):
    """Shopify does not take what was asked.

    Attributes:
        code: Shopify's own, such as `"INVALID_VARIABLE"`; empty if there is none.
        path: of the field that failed; empty if nothing was begun.
    """

    def __init__(self, message: str, *, code: str = "", path: Path = ()) -> None:
        super().__init__(message)
        self.code, self.path = code, path


@dataclass(frozen=True, slots=True)
class Reply:
    """What came over the network.

    Attributes:
        headers: names in lower case.
        after: how long the server asks to wait, if it does.
        at: when it came, by the server's clock, if it tells.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False, default_factory=dict)
    body: bytes = field(repr=False, default=b"")
    after: timedelta | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What a query costs, and what the budget is now, in points.

    Attributes:
        requested: what the query was assumed to cost.
        actual: what it did cost; `None` if it was not executed.
        available: what is left at the end of the query.
        maximum: what the bucket holds when it is full.
        rate: what comes back each second.
    """

    requested: float
    actual: float | None
    available: float
    maximum: float
    rate: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API says.

    Attributes:
        data: without the fields that were denied: they are left out, not empty.
        denied: the last names of the fields that were left out, with what they need.
    """

    data: Mapping[str, Any] = field(repr=False)
    denied: Mapping[str, str] = field(default_factory=dict)


_DENIED: Mapping[int, tuple[str, str]] = {
    401: ("token-refused", "the access token is refused: it is wrong, expired, or was revoked"),
    402: ("store-frozen", "the store is frozen: its owner has to pay the bill to Shopify"),
    403: (
        "access-forbidden",
        "the access is forbidden: the token lacks a right, or is no use here",
    ),
    423: ("store-locked", "the store is locked: its owner has to ask Shopify's support"),
}
_REJECTED_FOR = timedelta(minutes=1)
"""Status 430 is Shopify's defence against abuse, and says no time."""


def decoded(reply: Reply) -> Mapping[str, Any]:
    """Return the JSON object of an answer.

    Raises:
        StoreUnavailable: the shop is out of order, or the answer broke off; `Throttled` is one.
        Denied: the credentials are refused, or the store is frozen or locked.
        Elsewhere: this is not the API.
    """
    _check_status(reply)
    try:
        body = json.loads(reply.body)
    except ValueError:
        _raise_unreadable(reply)
    if not isinstance(body, dict):
        raise Elsewhere("Shopify: the answer is no JSON object", code="not-the-api")
    return body


def _check_status(reply: Reply) -> None:
    status = reply.status
    if status in _DENIED:
        code, text = _DENIED[status]
        raise Denied(f"Shopify: {text} (HTTP {status})", code=code)
    if status in {429, 430}:
        after = reply.after or (_REJECTED_FOR if status == 430 else None)  # noqa: PLR2004
        raise Throttled(f"Shopify: too many requests (HTTP {status})", after=after)
    if status == 404:  # noqa: PLR2004
        raise Elsewhere("Shopify: there is no such shop (HTTP 404)", code="shop-not-found")
    if 300 <= status < 400:  # noqa: PLR2004
        text = f"Shopify: the address only redirects (HTTP {status}); use the shop's own domain"
        raise Elsewhere(text, code="redirected")
    if status == 408 or status >= 500:  # noqa: PLR2004
        raise StoreUnavailable(f"Shopify: out of order (HTTP {status})", after=reply.after)


def _raise_unreadable(reply: Reply) -> NoReturn:
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        raise StoreUnavailable("Shopify: the answer broke off") from None
    what = "a web page" if kind == "text/html" else "something that is no JSON"
    text = f"Shopify: {what} answers (HTTP {reply.status}), not the API; check shop and base_url"
    raise Elsewhere(text, code="not-the-api") from None


def cost(body: Mapping[str, Any]) -> Cost | None:
    """Return what an answer tells of the budget; `None` if it tells nothing."""
    told = part(part(body, "extensions"), "cost")
    status = part(told, "throttleStatus")
    try:
        actual = told.get("actualQueryCost")
        return Cost(
            requested=float(told["requestedQueryCost"]),
            actual=None if actual is None else float(actual),
            available=float(status["currentlyAvailable"]),
            maximum=float(status["maximumAvailable"]),
            rate=float(status["restoreRate"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def understood(
    body: Mapping[str, Any], *, optional: Collection[str] = (), status: int = 200
) -> Answer:
    """Return what a GraphQL answer says.

    Args:
        body: the JSON object.
        optional: the names of fields that may be missing, for want of a right.
        status: of the answer.

    Raises:
        Throttled: the budget is used up; `after` says when it will do.
        TooCostly: the query asks for too much at once.
        StoreUnavailable: Shopify failed.
        Denied: a right is missing for something that is not optional.
        NotUnderstood: Shopify does not take what is asked.
    """
    errors = body.get("errors")
    if isinstance(errors, str):
        raise Denied(f"Shopify: {brief(errors)}", code="access-forbidden")
    found = [one for one in parts(body, "errors") if isinstance(one, Mapping)]
    if errors and not found:
        raise StoreError("Shopify: errors of a kind that is not known")
    if not found:
        data = body.get("data")
        if status >= 400 or not isinstance(data, Mapping):  # noqa: PLR2004
            raise Elsewhere(f"Shopify: neither data nor errors (HTTP {status})", code="not-the-api")
        return Answer(data)
    by_code = {_code(one): one for one in reversed(found)}
    for code, act in _ACTS.items():
        if code in by_code:
            act(by_code[code], body)
    refused = [one for one in found if _code(one) != "ACCESS_DENIED"]
    if refused:
        first = refused[0]
        raise NotUnderstood(f"Shopify: {_said(first)}", code=_code(first), path=_path(first))
    return _without_denied(body.get("data"), found, optional)


def _code(error: Mapping[str, Any]) -> str:
    return str(part(error, "extensions").get("code") or "")


def _said(error: Mapping[str, Any]) -> str:
    code = _code(error)
    return f"{brief(str(error.get('message', '')))}{f' ({code})' if code else ''}"


_QUOTED = re.compile(r"'[^']*@[^']*'|\"[^\"]*@[^\"]*\"|\S+@\S+|\+?\d[\d\s()-]{7,}\d")


def brief(text: str) -> str:
    """Return the platform's text, short, without what looks like an address or a number."""
    line = " ".join(_QUOTED.sub("…", text).split())
    return line if len(line) <= 200 else line[:199] + "…"  # noqa: PLR2004


def part(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object within an answer; an empty one, where none is."""
    found = parent.get(name)
    return found if isinstance(found, Mapping) else {}


def parts(parent: Mapping[str, Any], name: str) -> Sequence[Any]:
    """Return a list within an answer; an empty one, where none is."""
    found = parent.get(name)
    return found if isinstance(found, list) else ()


def _number(parent: Mapping[str, Any], name: str) -> float:
    found = parent.get(name)
    return float(found) if isinstance(found, int | float) else 0.0


def _throttled(_: Mapping[str, Any], body: Mapping[str, Any]) -> NoReturn:
    told = cost(body)
    after = None
    if told and told.rate > 0:
        wanted = min(told.requested, told.maximum)
        after = timedelta(seconds=max(wanted - told.available, 0.0) / told.rate)
    raise Throttled("Shopify: the budget for queries is used up", after=after)


def _too_costly(error: Mapping[str, Any], _: Mapping[str, Any]) -> NoReturn:
    more = part(error, "extensions")
    raise TooCostly(_number(more, "cost"), _number(more, "maxCost"))


def _failed(_: Mapping[str, Any], __: Mapping[str, Any]) -> NoReturn:
    raise StoreUnavailable("Shopify: internal error (INTERNAL_SERVER_ERROR)")


_ACTS: Mapping[str, Any] = {
    "THROTTLED": _throttled,
    "MAX_COST_EXCEEDED": _too_costly,
    "INTERNAL_SERVER_ERROR": _failed,
    "TIMEOUT": _failed,
}


def _without_denied(
    data: Any, errors: Sequence[Mapping[str, Any]], optional: Collection[str]
) -> Answer:
    denied = {}
    for error in errors:
        name = _leave_out(data, _path(error))
        if name not in optional:
            raise _denial(errors)
        denied[str(name)] = _needs(error)
    if not isinstance(data, Mapping):
        raise _denial(errors)
    return Answer(data, denied)


def _path(error: Mapping[str, Any]) -> Path:
    return tuple(step for step in parts(error, "path") if isinstance(step, str | int))


def _leave_out(data: Any, path: Path) -> str | int | None:
    """Drop the field at which a denial ended, which may be above the denied one; return its name.

    A value that is null though it must not be takes its parent with it (GraphQL, "Handling
    execution errors").
    """
    here = data
    for step in path:
        try:
            below = here[step]
        except (KeyError, IndexError, TypeError):
            # Several denied fields of one object: the first took it away.
            return step if isinstance(here, dict) else None
        if below is None:
            if not isinstance(here, dict):
                return None
            del here[step]
            return step
        here = below
    return None


def _denial(errors: Sequence[Mapping[str, Any]]) -> Denied:
    first, paths = errors[0], {_path(one) for one in errors}
    names = ", ".join(sorted({str(path[-1]) for path in paths if path})) or "something"
    needs = _needs(first)
    if is_protected(first):
        text = (
            f"Shopify: the app is not approved for protected customer data ({names}); ask for it "
            "in the app's settings under API access"
        )
        return Denied(text, code="protected-data", needs=needs, paths=paths)
    wanted = f"grant the app {needs}" if needs else brief(str(first.get("message", "")))
    return Denied(
        f"Shopify: access to {names} is denied: {wanted}",
        code="scope-missing",
        needs=needs,
        paths=paths,
    )


def is_protected(error: Mapping[str, Any]) -> bool:
    """Say whether an error speaks of protected customer data that the app is not approved for."""
    return "not approved" in str(error.get("message", "")).lower()


_SCOPE = re.compile(r"`((?:unauthenticated_)?(?:read|write)_\w+)`")


def _needs(error: Mapping[str, Any]) -> str:
    told = str(part(error, "extensions").get("requiredAccess") or error.get("message") or "")
    named = _SCOPE.search(told)
    if named:
        return named[1]
    return PROTECTED if is_protected(error) else ""
