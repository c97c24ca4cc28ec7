"""What templates do to values: money, dates, links, and names of both writing directions."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from itertools import chain
from typing import Any, Final

from babel import Locale, dates, numbers
from jinja2 import Undefined, pass_eval_context
from jinja2.exceptions import SecurityError
from jinja2.filters import do_join
from jinja2.nodes import EvalContext
from jinja2.runtime import markup_join
from markupsafe import Markup, escape

from storelink.models.money import Money
from storelink.rendering.calendars import counts_by_the_sun, native_digits, solar_day
from storelink.rendering.links import linked, safe_url
from storelink.rendering.locales import language_chain
from storelink.rendering.plain import single_spaced
from storelink.rendering.postal import address_lines
from storelink.rendering.session import current
from storelink.rendering.work import TEXTS, size

FSI, PDI, _RLM = "\u2068", "\u2069", "\u200f"
LONGEST: Final = 500
"""How many characters of one value that somebody else wrote are repeated."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
OVERRIDES = re.compile(r"[\u202a-\u202e\u2066\u2067]")
"""Characters that turn the direction of what follows, and that storelink never writes."""
BIDI_CONTROLS = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_ISOLATED = re.compile(f"{FSI}([^{FSI}{PDI}]*){PDI}")
# CLDR's currency spacing, which Babel leaves out: "IRR 78", not "IRR78".
_CODE_MEETS_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_NAME = re.compile(r"E{1,3}|c{3}|M{3,4}|L{3,4}")
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
    written = numbers.format_currency(
        Decimal(digits), currency, locale=language, numbering_system="default"
    )
    return native_digits(_CODE_MEETS_DIGIT.sub("\xa0", written), language)


def day_of(value: Any, style: str = "long") -> str:
    """Return a date, for example `"November 17, 2026"`.

    Args:
        value: an instant, or its ISO 8601 text.
        style: `"short"`, `"medium"`, `"long"` or `"full"`.
    """
    return _written_day(_local_day(value), _style(style), current().language)


def number_of(value: Any) -> str:
    """Return a number as it is written in the reader's language, for example `"1,234"`."""
    size(value)
    return _number(str(value), current().language)


def percent_of(value: Any) -> str:
    """Return a percentage as it is written in the reader's language: 10 is `"10%"`."""
    size(value)
    language = current().language
    share = Decimal(str(value)) / 100
    written = numbers.format_percent(
        share, locale=language, decimal_quantization=False, numbering_system="default"
    )
    return native_digits(written, language)


def in_language(value: Any) -> Any:
    """Return what a mapping by language (BCP 47) has for the reader.

    It goes from their region's over their language's and the English to the first that there is;
    what is no mapping is the same in every language.
    """
    if not isinstance(value, Mapping):
        return value
    tag = str(current().language).replace("_", "-")
    tags = chain.from_iterable(language_chain(tag))
    return next((value[one] for one in tags if one in value), next(iter(value.values()), None))


@functools.lru_cache(maxsize=1024)
def _number(digits: str, language: Locale) -> str:
    written = numbers.format_decimal(Decimal(digits), locale=language, numbering_system="default")
    return native_digits(written, language)


def weekday_of(value: Any) -> str:
    """Return a day of this year with its weekday, for example `"Tuesday, November 17"`."""
    return _written_day(_local_day(value), "weekday", current().language)


def moment_of(value: Any, style: str = "long") -> str:
    """Return a date and the time of day, in the shop's time zone."""
    local = _instant(value).astimezone(current().zone)
    day = _written_day(local.date(), _style(style), current().language)
    time_of_day = dates.format_time(local, "short", locale=current().language)
    return f"{day}, {native_digits(time_of_day, current().language)}"


@functools.lru_cache(maxsize=1024)
def _written_day(day: date, style: str, language: Locale) -> str:
    if counts_by_the_sun(language):
        return solar_day(day, style)
    pattern = style
    if style == "weekday":
        known = language.datetime_skeletons  # with a full name Spanish says "10 de noviembre"
        pattern = _with_full_names((known.get("MMMMEd") or known["MMMEd"]).pattern)
    return native_digits(dates.format_date(day, pattern, locale=language), language)


@pass_eval_context
def isolate(context: EvalContext, value: Any) -> str:
    """Keep the writing direction of *value* to itself, so that it does not reorder its sentence.

    In HTML it is wrapped in `<bdi>`. In plain text the invisible isolates U+2068 and U+2069 are
    added only where the value's direction differs from the sentence's.
    """
    if context.autoescape:
        text = _unmarked(one_line(shown(value)))
        return Markup(f"<bdi>{escape(text)}</bdi>")  # noqa: S704  the text is escaped
    return isolate_text(shown(value))


def isolate_text(value: str) -> str:
    """Return *value* in one line, between isolates where its direction is not the sentence's."""
    text = _unmarked(one_line(value))
    return f"{FSI}{text}{PDI}" if _is_foreign(text) else text


def facing(text: str) -> str:
    """Return plain *text* with every line set in the reader's direction.

    Programs set a line by its first letter outside isolates (UAX #9, P2 and P3): in a text from
    right to left, a foreign name or an amount that stands alone would turn its line.
    """
    return "\n".join(map(_faced, text.split("\n"))) if current().rtl else text


def _faced(line: str) -> str:
    kinds = map(unicodedata.bidirectional, _ISOLATED.sub("", line))
    first = next((kind for kind in kinds if kind in {"L", "R", "AL"}), "L")
    return f"{_RLM}{line}" if line and first == "L" else line


def _unmarked(text: str) -> str:
    """Return *text* without characters that turn what follows, and not too long."""
    text = text if text.isprintable() else BIDI_CONTROLS.sub("", text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def rich(value: Any) -> Markup:
    """Return text of a message's content as HTML, with its lines, and isolates as `<bdi>`."""
    return _isolated(Markup("<br>\n").join(shown(value).split("\n")))


def prose(value: Any) -> Markup:
    """Return the same of a paragraph, in which links can be followed."""
    return _isolated(Markup("<br>\n").join(linked(line) for line in shown(value).split("\n")))


def _isolated(html: Markup) -> Markup:
    if FSI not in html:
        return html
    # The text is escaped, and an isolate that is not closed stays a character. In a `Markup`
    # `sub` would escape the tags that it puts in.
    return Markup(_ISOLATED.sub(r"<bdi>\1</bdi>", str(html)))  # noqa: S704


def one_line(value: Any) -> str:
    """Return *value* in one line, without control characters and needless blanks."""
    text = str(value)
    if not text.isprintable():
        text = _CONTROLS.sub(" ", text)
    return single_spaced(text)


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
    fields[::2] = [_NAME.sub(_full, part) for part in fields[::2]]
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
    "number": number_of,
    "in_language": in_language,
    "isolate": isolate,
    "join": join,
    "one_line": one_line,
    "prose": prose,
    "rich": rich,
    "safe_url": safe_url,
    "default": default,
    "d": default,
}
"""Storelink's own filters, by the name that templates use."""
