"""The rulebook as data, and the laws by which its rules come together."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storelink.models.enums import MessageClass
from storelink.policy.effects import RANK, Cap, Grounds, Needs, Refusal
from storelink.policy.hours import Hours
from storelink.policy.judge import judge
from storelink.policy.question import (
    Basis,
    Confidence,
    Outcome,
    Question,
    Ruling,
    Standing,
    Zone,
)
from storelink.policy.rulebook import ANY, Rule, Rulebook, read, rulebook

BOOK = rulebook()
COUNTRIES = sorted({one for rule in BOOK.rules for one in rule.countries} - {ANY})
STRICTNESS = [Outcome.SEND, Outcome.DEFER, Outcome.SUPPRESS]
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "Asia/Tehran"]


def no_holiday(country: str | None, region: str | None, day: date) -> bool:
    return False


def asked(question: Question, book: Rulebook = BOOK) -> Ruling:
    return judge(question, rulebook=book, is_holiday=no_holiday)


DAYS = timedelta(days=1000)
instants = st.integers(0, DAYS // timedelta(minutes=1)).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
questions = st.builds(
    Question,
    message_class=st.sampled_from(MessageClass),
    channel=st.sampled_from(["email", "sms", "whatsapp", "push"]),
    at=instants,
    country=st.sampled_from([*COUNTRIES, "MX", None]),
    region=st.sampled_from([None, "TX", "FL", "RI", "NY", "75"]),
    zone=st.builds(
        Zone, st.sampled_from(ZONES).map(lambda name: (name,)), st.just(Confidence.STATED)
    ),
    standing=st.builds(Standing, st.sampled_from(Basis), st.none() | instants),
)


def assert_at_least_as_strict(strict: Ruling, other: Ruling) -> None:
    assert STRICTNESS.index(strict.outcome) >= STRICTNESS.index(other.outcome)
    if strict.until and other.until:
        assert strict.until >= other.until
    if strict.outcome is not Outcome.SUPPRESS:
        assert strict.needs >= other.needs


# -- the data --------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", BOOK.rules, ids=lambda rule: rule.id)
def test_every_rule_has_a_source_with_an_address_and_one_sentence(rule: Rule) -> None:
    name, _, address = rule.source.partition("http")
    assert len(name) > 10
    assert address.startswith(("s://", "://"))
    assert " " not in address.partition(" and ")[0]
    assert rule.says.endswith(".")
    assert rule.says.count(". ") == 0
    assert not set("\n|") & set(rule.source + rule.says)  # they stand in a table


def test_the_version_is_the_day_of_its_making() -> None:
    assert date(2026, 11, 22) <= date.fromisoformat(BOOK.version)


def test_codes_of_countries_and_states_are_codes() -> None:
    assert [] == [one for one in COUNTRIES if len(one) != 2 or not one.isupper()]
    for rule in BOOK.rules:
        for country in rule.countries if rule.regions else ():
            assert rule.regions <= BOOK.regions[country]


def test_a_text_is_judged_no_milder_than_an_email() -> None:
    """For a channel that no rule names is judged as a text."""
    for country in (*COUNTRIES, None):
        for kind in MessageClass:
            text = BOOK.combined(country, None, kind, BOOK.other_channels)
            mail = BOOK.combined(country, None, kind, "email")
            if text.ground and mail.ground and mail.notes == ():
                assert RANK[text.ground[0].basis] >= RANK[mail.ground[0].basis]


def test_the_strictest_of_everything_leaves_some_hours_of_the_week() -> None:
    for kind in (MessageClass.RELATIONSHIP, MessageClass.MARKETING):
        for channel in ("email", "sms", "whatsapp"):
            hours = BOOK.combined(None, None, kind, channel).hours
            assert hours is not None
            assert any(hours.days)
            assert any(BOOK.combined("US", None, kind, "sms").hours.days)  # type: ignore[union-attr]


def test_no_law_has_quiet_hours_for_what_an_order_needs() -> None:
    for country in (*COUNTRIES, None):
        for channel in ("email", "sms", "push"):
            combined = BOOK.combined(country, None, MessageClass.TRANSACTIONAL, channel)
            assert (None, ()) == (combined.hours, combined.caps)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("consent = ", "agreement = "), "must ask one thing, not []"),
        (('consent = "consent"', 'consent = "consent"\nhours = "8:00-9:00"'), "must ask one thing"),
        (('consent = "consent"', 'consent = "maybe"'), "'maybe' is not a valid Basis"),
        (('"marketing"', '"spam"'), "'spam' is not a valid MessageClass"),
        (("source = ", "origin = "), "cannot be read: 'source'"),
    ],
)
def test_a_rule_that_is_not_understood_is_refused_by_name(
    change: tuple[str, str], complaint: str
) -> None:
    with pytest.raises(ValueError, match=r"zz\.rule") as error:
        read(ONE_RULE.replace(*change))
    assert complaint in str(error.value)


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="same id"):
        read(ONE_RULE + ONE_RULE[ONE_RULE.index("[[rule]]") :])


ONE_RULE = """
version = "2026-01-01"
other_channels = "sms"
[regions]
[[rule]]
id = "zz.rule"
countries = ["ZZ"]
classes = ["marketing"]
channels = ["email", "sms"]
consent = "consent"
source = "A law, https://law.example/1"
says = "One sentence."
"""


# -- the laws --------------------------------------------------------------------------------------


@given(questions)
def test_an_unknown_country_is_judged_at_least_as_strictly_as_any(question: Question) -> None:
    nowhere = dataclasses.replace(question, country=None, region=None)
    assert_at_least_as_strict(asked(nowhere), asked(question))


@given(questions)
def test_an_unknown_state_is_judged_at_least_as_strictly_as_any(question: Question) -> None:
    state = dataclasses.replace(question, country="US")
    somewhere = dataclasses.replace(state, region=None)
    assert_at_least_as_strict(asked(somewhere), asked(state))


@given(questions)
def test_a_better_ground_never_forbids(question: Question) -> None:
    """From nothing to a confirmed consent; a refusal is worse than all."""
    ordered = sorted(Basis, key=RANK.__getitem__)
    now = question.at
    rulings = [
        asked(dataclasses.replace(question, standing=Standing(basis, now))) for basis in ordered
    ]
    for worse, better in pairwise(rulings):
        assert STRICTNESS.index(worse.outcome) >= STRICTNESS.index(better.outcome)
    assert Outcome.SUPPRESS is rulings[0].outcome


@given(questions)
def test_what_is_deferred_may_go_when_it_is_told_to_and_keeps_its_needs(question: Question) -> None:
    ruling = asked(question)
    if ruling.until is not None:
        fixed = Standing(Basis.CONFIRMED)
        later = asked(dataclasses.replace(question, at=ruling.until, standing=fixed))
        assert Outcome.SEND is later.outcome
        assert ruling.until > question.at
    assert (ruling.until is not None) == (ruling.outcome is Outcome.DEFER)


@given(questions)
def test_every_ruling_has_reasons_with_sources(question: Question) -> None:
    ruling = asked(question)
    assert ruling.reasons
    assert all(cited.source and cited.why for cited in ruling.reasons)


@given(questions)
def test_asking_twice_gives_the_same(question: Question) -> None:
    fresh = dataclasses.replace(BOOK)
    assert asked(question, fresh) == asked(question, fresh) == asked(question)


# -- single cases ----------------------------------------------------------------------------------


def test_a_leap_day_purchase_counts_for_two_years_in_canada() -> None:
    def on(day: datetime) -> Outcome:
        return asked(
            Question(
                message_class=MessageClass.MARKETING,
                channel="email",
                at=day,
                country="CA",
                zone=Zone(("America/Toronto",), Confidence.STATED),
                standing=Standing(Basis.PURCHASE, datetime(2024, 2, 29, 12, tzinfo=UTC)),
            )
        ).outcome

    ends = datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert Outcome.SEND is on(ends - timedelta(seconds=1))
    assert Outcome.SUPPRESS is on(ends)


def test_hours_must_be_open_in_every_zone_that_is_possible() -> None:
    at = datetime(2026, 6, 10, 12, 30, tzinfo=UTC)  # 8:30 in New York, 5:30 in Los Angeles
    question = Question(
        message_class=MessageClass.MARKETING,
        channel="sms",
        at=at,
        country="US",
        region="NY",
        zone=Zone(("America/New_York", "America/Los_Angeles"), Confidence.UNKNOWN),
        standing=Standing(Basis.CONSENT),
    )
    assert datetime(2026, 6, 10, 15, tzinfo=UTC) == asked(question).until
    only_one = Zone(("America/New_York",), Confidence.STATED)
    assert Outcome.SEND is asked(dataclasses.replace(question, zone=only_one)).outcome


def test_where_no_hour_is_allowed_in_every_zone_nothing_goes() -> None:
    question = Question(
        message_class=MessageClass.MARKETING,
        channel="sms",
        at=datetime(2026, 6, 10, 12, tzinfo=UTC),
        country=None,
        zone=Zone(("Pacific/Auckland", "Europe/London"), Confidence.UNKNOWN),
        standing=Standing(Basis.CONSENT),
    )
    ruling = asked(question)
    assert Outcome.SUPPRESS is ruling.outcome
    assert "No hour of the next two weeks is allowed" in ruling.reasons[0].why


def test_rules_say_what_they_ask() -> None:
    assert "a purchase within 24 months or consent needed" == str(Grounds(Basis.PURCHASE, 24))
    assert "no consent needed" == str(Grounds(Basis.NONE))
    assert "at most 3 in 24 hours" == str(Cap(3, timedelta(days=1)))
    assert "a refusal ends it" == str(Refusal())
    assert isinstance(BOOK.rule("us.can-spam-label").effect, Needs)
    assert "the message needs ad_label, unless there is consent" == str(
        BOOK.rule("us.can-spam-label").effect
    )
    assert isinstance(BOOK.rule("us.tcpa-hours").effect, Hours)
    with pytest.raises(LookupError, match=r"no rule 'de\.none'"):
        BOOK.rule("de.none")


def test_the_book_remembers_no_more_than_it_should() -> None:
    book = dataclasses.replace(BOOK)
    for number in range(5000):
        book.combined(f"X{number}", None, MessageClass.MARKETING, "email")
    assert len(book._known) <= 4096
