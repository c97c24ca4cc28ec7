"""One call of the API: its parameters as PHP reads them, and what is allowed in them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from storelink_woocommerce.sandbox.refusals import Refusal, invalid
from storelink_woocommerce.sandbox.site import Site

Found = tuple[str, str, Any]
Check = Callable[[Any], Found | None]

_MOST = 100
_TRUE = ("1", "true", "True", "yes")
_KEY = re.compile(r"([^\[]+)\[(.*?)\]")
# as rest_parse_date has it
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.\d+)?([Zz]|[+-]\d\d(?::?\d\d)?)?")


@dataclass(slots=True)
class Call:
    """What somebody asks.

    Attributes:
        path: below the namespace, for example `"orders/12"`.
        query: as PHP reads it: the last of a repeated name, and lists for `name[]`.
        data: query and body together; the body wins.
        ids: the numbers in the path, in their order.
        user: the WordPress user whose key is used.
    """

    method: str
    path: str
    query: Mapping[str, Any]
    data: dict[str, Any]
    ids: tuple[int, ...] = ()
    user: int = 1
    namespace: str = "wc/v3"
    extra: dict[str, Any] = field(default_factory=dict)

    def flag(self, name: str) -> bool:
        """Return a parameter that is true or false; missing ones are false."""
        value = self.data.get(name, False)
        return value is True or value in _TRUE

    def text(self, name: str, default: str = "") -> str:
        """Return a parameter as text."""
        return str(self.data.get(name, default))

    def number(self, name: str, default: int = 0) -> int:
        """Return a parameter as a number; what is none counts as zero."""
        return whole(self.data.get(name, default))

    def words(self, name: str) -> list[str]:
        """Return a parameter that is a list: `name[]=`, or words with commas."""
        value = self.data.get(name)
        if value is None or value == "":
            return []
        parts = value if isinstance(value, list) else str(value).split(",")
        return [str(part).strip() for part in parts]

    def numbers(self, name: str) -> list[int]:
        """Return a parameter that is a list of ids."""
        return [whole(word) for word in self.words(name)]


def whole(value: Any) -> int:
    """Return what PHP's `absint` makes of a value."""
    found = re.match(r"\s*-?(\d+)", str(value))
    return int(found[1]) if found else 0


def php_query(raw: str) -> dict[str, Any]:
    """Read a query as PHP does: the last of a repeated name counts, `name[]` makes a list."""
    read: dict[str, Any] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True):
        key = _KEY.fullmatch(name)
        if key is None:
            read[name] = value
        elif isinstance(read.get(key[1]), list):
            read[key[1]].append(value)
        else:
            read[key[1]] = [value]
    return read


def json_body(raw: bytes, content_type: str) -> dict[str, Any]:
    """Read the body of a write.

    Raises:
        Refusal: it is not JSON.
    """
    if "json" not in content_type:
        return php_query(raw.decode("utf-8", "replace"))
    try:
        body = json.loads(raw) if raw.strip() else {}
    except ValueError:
        raise Refusal(
            400,
            "rest_invalid_json",
            "Invalid JSON body passed.",
            json_error_code=4,
            json_error_message="Syntax error",
        ) from None
    return body if isinstance(body, dict) else {}


def check(values: Mapping[str, Any], checks: Mapping[str, Check]) -> None:
    """Hold parameters against what is allowed.

    Raises:
        Refusal: it names all that are wrong.
    """
    found = {name: checks[name](value) for name, value in values.items() if name in checks}
    wrong = {name: fault for name, fault in found.items() if fault}
    if wrong:
        raise invalid(wrong)


def one_of(name: str, words: Sequence[str]) -> Check:
    """Demand one of *words*."""

    def look(value: Any) -> Found | None:
        return None if value in words else _not_in(name, words)

    return look


def some_of(name: str, words: Sequence[str]) -> Check:
    """Demand a list of *words*."""

    def look(value: Any) -> Found | None:
        given = value if isinstance(value, list) else str(value).split(",")
        for index, word in enumerate(given):
            if word not in words:
                return _not_in(f"{name}[{index}]", words)
        return None

    return look


def integer(name: str, least: int, most: int | None = None) -> Check:
    """Demand a whole number within bounds."""
    bounds = f"{name} must be greater than or equal to {least}"
    if most is not None:
        bounds = f"{name} must be between {least} (inclusive) and {most} (inclusive)"

    def look(value: Any) -> Found | None:
        if not re.fullmatch(r"-?\d+", str(value)):
            return "rest_invalid_type", f"{name} is not of type integer.", {"param": name}
        if int(value) < least or (most is not None and int(value) > most):
            return "rest_out_of_bounds", bounds, None
        return None

    return look


def a_date(value: Any) -> Found | None:
    """Demand a date with a time."""
    return None if _DATE.fullmatch(str(value)) else ("rest_invalid_date", "Invalid date.", None)


def _not_in(name: str, words: Sequence[str]) -> Found:
    listed = f"{', '.join(words[:-1])}, and {words[-1]}" if words[2:] else " and ".join(words)
    return "rest_not_in_enum", f"{name} is not one of {listed}.", None


def list_checks(orderby: Sequence[str], statuses: Sequence[str] = ()) -> Mapping[str, Check]:
    """Return what every list demands of its parameters."""
    dates = ("after", "before", "modified_after", "modified_before")
    checks: dict[str, Check] = {
        "page": integer("page", 1),
        "per_page": integer("per_page", 1, _MOST),
        "orderby": one_of("orderby", orderby),
        "order": one_of("order", ("asc", "desc")),
        **dict.fromkeys(dates, a_date),
    }
    return checks | ({"status": some_of("status", statuses)} if statuses else {})


def moment(call: Call, name: str, site: Site) -> datetime | None:
    """Return the instant that a date of the query is compared with.

    With `dates_are_gmt` the GMT column is compared, otherwise the one in the site's time. The value
    is first turned into the site's time, either way (`WP_Date_Query::build_mysql_datetime`): hence
    Z and the flag together are off by the site's offset, and a value without a zone is an hour late
    if the site's clocks leap over it in spring.
    """
    found = _DATE.fullmatch(call.text(name))
    if not found:
        return None
    zoned = datetime.fromisoformat(f"{found[1]}T{found[2]}{(found[3] or '').upper()}")
    if not found[3]:
        zoned = zoned.replace(tzinfo=site.zone).astimezone(UTC)
    at = zoned.astimezone(site.zone).replace(tzinfo=None)
    is_gmt = call.flag("dates_are_gmt")
    return at.replace(tzinfo=UTC) if is_gmt else at.replace(tzinfo=site.zone).astimezone(UTC)


def coupon_date(value: Any, site: Site) -> datetime | None:
    """Return when a coupon ends, of what was written into `date_expires`.

    A value without a zone is in the site's time. Of an offset only the hours count, because
    WordPress' `iso8601_timezone_to_offset` does not expect a colon.
    """
    found = _DATE.fullmatch(str(value or ""))
    if not found:
        day = re.fullmatch(r"\d{4}-\d\d-\d\d", str(value or ""))
        return site.read_local(f"{value}T00:00:00") if day else None
    at = datetime.fromisoformat(f"{found[1]}T{found[2]}")
    zone = found[3]
    if not zone:
        return at.replace(tzinfo=site.zone).astimezone(UTC)
    hours = 0 if zone in "Zz" else int(zone[:3])
    return at.replace(tzinfo=UTC) - timedelta(hours=hours)
