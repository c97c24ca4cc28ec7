"""How many decisions of the policy a second: what may go to whom, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from benchmarks.measure import Bench, Figure, Watch, rate
from storelink.models.enums import MessageClass
from storelink.policy.judge import judge
from storelink.policy.question import Basis, Confidence, Question, Standing, Zone

START = datetime(2026, 6, 10, tzinfo=UTC)
PLACES = (
    ("DE", None, "Europe/Berlin"),
    ("US", "TX", "America/Chicago"),
    ("US", "NY", "America/New_York"),
    ("FR", "75", "Europe/Paris"),
    ("GB", None, "Europe/London"),
    ("IN", None, "Asia/Kolkata"),
)
KINDS = (
    (MessageClass.TRANSACTIONAL, "email"),
    (MessageClass.TRANSACTIONAL, "email"),
    (MessageClass.TRANSACTIONAL, "sms"),
    (MessageClass.RELATIONSHIP, "email"),
    (MessageClass.MARKETING, "email"),
    (MessageClass.MARKETING, "sms"),
)
"""As a shop has them: most messages are what an order needs, and most are mails."""
BASES = (Basis.PURCHASE, Basis.CONSENT)

ByHand = dict[tuple[str, MessageClass, str], tuple[bool, time, time]]


def decide(bench: Bench) -> Figure:
    """Ask the judge about each of a mix of messages."""
    asked = _questions(4_000 * bench.sizes.rounds)

    def floor() -> float:
        by_hand = _by_hand()
        watch = Watch()
        for question in asked:
            may_go(question, by_hand)
        return watch.seconds

    def value() -> float:
        watch = Watch()
        for question in asked:
            judge(question, is_holiday=_no_holiday)
        return watch.seconds

    floor(), value()  # both are warm before they are measured
    return rate(len(asked), lambda: (floor(), value()), bench.sizes.rounds)


def may_go(question: Question, rules: ByHand) -> bool:
    """Look a message up in a table, and look at the recipient's clock."""
    country, kind, channel = question.country or "", question.message_class, question.channel
    needs_consent, opens, closes = rules[country, kind, channel]
    if needs_consent and question.standing.basis is not Basis.CONSENT:
        return False
    local = question.at.astimezone(ZoneInfo(question.zone.names[0])).time()
    return opens <= local < closes


def _by_hand() -> ByHand:
    return {
        (country, kind, channel): (kind is MessageClass.MARKETING, time(8), time(21))
        for country, _, _ in PLACES
        for kind, channel in KINDS
    }


def _questions(count: int) -> Sequence[Question]:
    """Return messages at all hours of two days."""
    mix = list(product(PLACES, KINDS, BASES))
    return [
        Question(
            message_class=kind,
            channel=channel,
            at=START + timedelta(minutes=17 * number % (2 * 24 * 60)),
            country=country,
            region=region,
            zone=Zone((zone,), Confidence.STATED),
            standing=Standing(basis, START),
        )
        for number in range(max(count // len(mix), 1))
        for (country, region, zone), (kind, channel), basis in mix
    ]


def _no_holiday(country: str | None, region: str | None, day: date) -> bool:
    return False
