"""What templates do to values: money, dates, links, and names of both writing directions."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from babel import Locale, dates, numbers
from jinja2 import Undefined, pass_eval_context
from jinja2.exceptions import SecurityError
from jinja2.filters import do_join
from jinja2.nodes import EvalContext
from jinja2.runtime import markup_join
from markupsafe import Markup, escape

from storelink.models.money import Money
from storelink.rendering.links import safe_url
from storelink.rendering.postal import address_lines
from storelink.rendering.session import current
from storelink.rendering.work import TEXTS, size

_FSI, _PDI = "\u2068", "\u2069"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
BIDI_CONTROLS = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
# CLDR's currency spacing, which Babel leaves out: "IRR 78", not "IRR78".
_CODE_MEETS_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_SHORT_NAME = re.compile(r"E{1,3}|c{3}|M{3}|L{3}")
_QUOTED = re.compile("('[^']*')")
_END_OF_DAY = time(23, 59, 59)
_STYLES: Final = ("short", "medium", "long", "full")


def shown(value: Any) -> str:
    """Return *value* as a person reads it: money and dates in their language, `None` as nothing.

    Raises:
        SecurityError: it is no single value, for example a list.
        UndefinedError: it does not exist.
    """
    if type(value) in TEXTS:
        return value  # type: ignore[no-any-return]
    if value is None:
        return ""
    if isinstance(value, Money):
        return money(value)
    if isinstance(value, date):
        return day_of(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str | int | float | Decimal | Undefined):
        return value if isinstance(value, str) else str(value)
    raise SecurityError(f"a {type(value).__name__} cannot be printed as a whole")


def money(value: Money) -> str:
    """Return an amount as it is written in the reader's language, for example `"€1,234.50"`."""
    if not isinstance(value, Money):
        raise TypeError(f"money: expected an amount with a currency, got {_kind(value)}")
    size(value.amount)
    return _amount(str(value.amount), value.currency, current().language)


@functools.lru_cache(maxsize=4096)
def _amount(digits: str, currency: str, language: Locale) -> str:
    # Not a `Decimal`: of those 0 and -0 are equal, and are not written equally.
    written = numbers.format_currency(Decimal(digits), currency, locale=language)
    return _CODE_MEETS_DIGIT.sub("\xa0", written)


def day_of(value: Any, style: str = "long") -> str:
    """Return a date, for example `"November 17, 2026"`.

    Args:
        value: an instant, or its ISO 8601 text.
        style: `"short"`, `"medium"`, `"long"` or `"full"`.
    """
    return _written_day(_local_day(value), _style(style), current().language)


def weekday_of(value: Any) -> str:
    """Return a day of this year with its weekday, for example `"Tuesday, November 17"`."""
    language = current().language
    pattern = language.datetime_skeletons["MMMEd"].pattern
    return _written_day(_local_day(value), _with_full_names(pattern), language)


def moment_of(value: Any, style: str = "long") -> str:
    """Return a date and the time of day, in the shop's time zone."""
    local = _instant(value).astimezone(current().zone)
    day = _written_day(local.date(), _style(style), current().language)
    return f"{day}, {dates.format_time(local, 'short', locale=current().language)}"


@functools.lru_cache(maxsize=1024)
def _written_day(day: date, pattern: str, language: Locale) -> str:
    return dates.format_date(day, pattern, locale=language)


@pass_eval_context
def isolate(context: EvalContext, value: Any) -> str:
    """Keep the writing direction of *value* to itself, so that it does not reorder its sentence.

    In HTML it is wrapped in `<bdi>`. In plain text the invisible isolates U+2068 and U+2069 are
    added only where the value's direction differs from the sentence's.
    """
    text = one_line(shown(value))
    if not text.isprintable():
        text = BIDI_CONTROLS.sub("", text)
    if context.autoescape:
        return Markup(f"<bdi>{escape(text)}</bdi>")  # noqa: S704  the text is escaped
    return f"{_FSI}{text}{_PDI}" if _is_foreign(text) else text


def one_line(value: Any) -> str:
    """Return *value* in one line, without control characters and needless blanks."""
    text = str(value)
    if not text.isprintable():
        text = _CONTROLS.sub(" ", text)
    return " ".join(text.split())


@pass_eval_context
def concatenate(context: EvalContext, values: list[Any]) -> str:
    """Join what stands between `~`."""
    texts = map(shown, values)
    return markup_join(texts) if context.autoescape else "".join(texts)


@pass_eval_context
def join(context: EvalContext, values: Iterable[Any], separator: Any = "") -> str:
    """Join *values* as they would be printed, with *separator* between them."""
    joined: str = do_join(context, map(shown, values), shown(separator))
    return joined


def default(value: Any, other: Any = "", boolean: bool = False) -> Any:
    """Return *other* where *value* is missing or `None`; with *boolean* also where it is empty."""
    missing = isinstance(value, Undefined) or value is None
    return other if missing or (boolean and not value) else value


def _is_foreign(text: str) -> bool:
    is_rtl = current().rtl
    if not text or (text.isascii() and not is_rtl):
        return False
    kinds = {unicodedata.bidirectional(character) for character in text}
    from_right = bool(kinds & {"R", "AL", "AN"})
    return not from_right or "L" in kinds if is_rtl else from_right


def _local_day(value: Any) -> date:
    instant = _instant(value)
    # A date without a time is kept as the end of its day in UTC (models/shipment.py): another
    # zone would make it the next day.
    is_date = instant.time().replace(microsecond=0) == _END_OF_DAY
    return instant.date() if is_date else instant.astimezone(current().zone).date()


def _instant(value: Any) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, _END_OF_DAY, UTC)
    raise TypeError(f"date: expected an instant with a time zone, got {_kind(value)}")


@functools.lru_cache
def _with_full_names(pattern: str) -> str:
    # UTS 35, "Matching Skeletons": the fields of the nearest pattern take the wanted width.
    fields = _QUOTED.split(pattern)
    fields[::2] = [_SHORT_NAME.sub(_full, part) for part in fields[::2]]
    return "".join(fields)


def _full(field: re.Match[str]) -> str:
    return field.group()[0] * 4


def _style(style: str) -> Any:
    if style not in _STYLES:
        raise TypeError(f"date: the style is one of {', '.join(_STYLES)}")
    return style


def _kind(value: Any) -> str:
    return "nothing" if value is None or isinstance(value, Undefined) else type(value).__name__


FILTERS: Mapping[str, Callable[..., Any]] = {
    "address_lines": address_lines,
    "money": money,
    "date": day_of,
    "datetime": moment_of,
    "day": weekday_of,
    "isolate": isolate,
    "join": join,
    "one_line": one_line,
    "safe_url": safe_url,
    "default": default,
    "d": default,
}
"""Storelink's own filters, by the name that templates use."""
