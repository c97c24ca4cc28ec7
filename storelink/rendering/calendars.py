"""Days, and digits, as the readers of a language write them where Babel does not know how."""

from __future__ import annotations

from datetime import date
from typing import Final

from babel import Locale

# Babel writes the digits 0 to 9 and % in every language (its `format_*` know no others).
_DIGITS: Final = {
    "arab": "٠١٢٣٤٥٦٧٨٩٪",
    "arabext": "۰۱۲۳۴۵۶۷۸۹٪",
    "beng": "০১২৩৪৫৬৭৮৯%",
    "deva": "०१२३४५६७८९%",
}
"""Digits, and the sign of percentages, by CLDR's name of the numbering system."""

_TABLES: Final = {name: str.maketrans("0123456789%", one) for name, one in _DIGITS.items()}

_SOLAR: Final = {
    "full": "{weekday} {day} {month} {year}",
    "short": "{year}/{number}/{day}",
    "weekday": "{weekday} {day} {month}",
}


def native_digits(text: str, locale: Locale) -> str:
    """Return *text* with the digits that readers of the language expect, by CLDR's default.

    >>> native_digits("17", Locale("fa")), native_digits("17", Locale("hi"))
    ('۱۷', '17')
    """
    table = _TABLES.get(locale.default_numbering_system)
    return text.translate(table) if table else text


def counts_by_the_sun(locale: Locale) -> bool:
    """Say whether dates are told in the Solar Hijri calendar, as in Iran (CLDR)."""
    return locale.language == "fa" and locale.territory in (None, "IR")


def solar_day(day: date, style: str) -> str:
    """Return *day* in the Solar Hijri calendar, in Persian.

    >>> solar_day(date(2026, 11, 24), "long"), solar_day(date(2026, 11, 24), "weekday")
    ('۳ آذر ۱۴۰۵', 'سه‌شنبه ۳ آذر')

    Args:
        day: the day in the Gregorian calendar.
        style: `"short"`, `"medium"`, `"long"`, `"full"`, or `"weekday"` for a day of this year.
    """
    from persiantools.jdatetime import JalaliDate

    told = JalaliDate(day)  # type: ignore[no-untyped-call]  # the library has no types
    written = _SOLAR.get(style, "{day} {month} {year}").format(
        weekday=told.strftime("%A", locale="fa"),
        month=told.strftime("%B", locale="fa"),
        day=told.day,
        number=told.month,
        year=told.year,
    )
    return written.translate(_TABLES["arabext"])
