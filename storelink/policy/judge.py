"""The judge: may this message go to this person, by this channel, now?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

from storelink.policy.combined import Combined
from storelink.policy.hours import next_open
from storelink.policy.question import Cited, Outcome, Question, Ruling
from storelink.policy.rulebook import Rulebook
from storelink.policy.rulebook import rulebook as of_storelink

_NEVER_OPEN = "No hour of the next two weeks is allowed in every zone that is possible."

IsHoliday = Callable[[str | None, str | None, date], bool]
"""Says whether a day is a public holiday in a country and its part."""


def judge(
    question: Question,
    *,
    rulebook: Rulebook | None = None,
    is_holiday: IsHoliday | None = None,
) -> Ruling:
    """Answer *question*; pure.

    The ground comes first: who may not be written to at all is not asked to wait. Hours have to
    be open in every zone that is possible.

    Args:
        question: which message to whom, and when.
        rulebook: the law, and what the merchant adds to it (`Stricter`); storelink's if left out.
        is_holiday: the calendar, asked only where a rule closes on holidays; that of
            `storelink.policy.holidays` if left out.

    Raises:
        ValueError: the instant is naive, and the hour matters.
    """
    book = rulebook if rulebook is not None else of_storelink()
    rules = book.combined(
        question.country, question.region, question.message_class, question.channel
    )
    ruling = rules.on_standing(question.standing, question.at)
    if rules.hours is None or ruling.outcome is Outcome.SUPPRESS:
        return ruling
    closed_on = _calendar(question, is_holiday)
    until = next_open(rules.hours, question.at, question.zone.names, closed_on=closed_on)
    if until is not None and until <= question.at:
        return ruling
    return _closed(question, rules, ruling, until, closed_on)


def _closed(
    question: Question,
    rules: Combined,
    ruling: Ruling,
    until: datetime | None,
    closed_on: Callable[[date], bool],
) -> Ruling:
    """Return the ruling on a message whose hour is wrong, with the rule that closes longest."""
    ends = [
        (next_open(hours, question.at, question.zone.names, closed_on=closed_on), cited)
        for hours, cited in rules.hour_rules
    ]
    latest = datetime.max.replace(tzinfo=UTC)
    _, decisive = max(ends, key=lambda one: one[0] or latest)
    if until is None:
        why = f"{decisive.why} {_NEVER_OPEN}"
        reasons = (replace(decisive, why=why), *rules.notes)
        return Ruling(Outcome.SUPPRESS, reasons=reasons, never_open=True)
    return replace(
        ruling, outcome=Outcome.DEFER, until=until, reasons=(decisive, *_but(ruling, decisive))
    )


def _but(ruling: Ruling, decisive: Cited) -> tuple[Cited, ...]:
    return tuple(cited for cited in ruling.reasons if cited != decisive)


def _calendar(question: Question, is_holiday: IsHoliday | None) -> Callable[[date], bool]:
    def closed_on(day: date) -> bool:
        asked = is_holiday if is_holiday is not None else _public_holiday
        return asked(question.country, question.region, day)

    return closed_on


def _public_holiday(country: str | None, region: str | None, day: date) -> bool:
    from storelink.policy.holidays import is_holiday  # its calendars are loaded when one is needed

    return is_holiday(country, region, day)
