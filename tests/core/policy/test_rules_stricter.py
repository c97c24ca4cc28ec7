"""A merchant can make the law stricter, and nothing else without naming what is overridden."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storelink.errors import ConfigError
from storelink.models.enums import MessageClass
from storelink.policy.effects import Cap
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
from storelink.policy.rulebook import ANY, rulebook
from storelink.policy.stricter import Stricter, Wish

MARKETING, RELATIONSHIP = MessageClass.MARKETING, MessageClass.RELATIONSHIP
STRICTNESS = [Outcome.SEND, Outcome.DEFER, Outcome.SUPPRESS]
NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)


def no_holiday(country: str | None, region: str | None, day: date) -> bool:
    return False


def asked(
    shop: Stricter | None,
    *,
    country: str | None = "DE",
    basis: Basis = Basis.PURCHASE,
    kind: MessageClass = MARKETING,
    channel: str = "email",
    at: datetime = NOON,
) -> Ruling:
    question = Question(
        message_class=kind,
        channel=channel,
        at=at,
        country=country,
        zone=Zone(("Europe/Berlin",), Confidence.STATED),
        standing=Standing(basis, at),
    )
    book = shop.rulebook if shop else None
    return judge(question, rulebook=book, is_holiday=no_holiday)


def wish(*classes: MessageClass, **asks: object) -> Wish:
    return Wish(classes=frozenset(classes or (MARKETING,)), **asks)  # type: ignore[arg-type]


def test_a_stronger_ground_can_be_asked_for_everywhere() -> None:
    shop = Stricter((wish(basis=Basis.CONSENT),))
    assert Outcome.SEND is asked(None, country="US", basis=Basis.NONE).outcome
    ruling = asked(shop, country="US", basis=Basis.NONE)
    assert Outcome.SUPPRESS is ruling.outcome
    assert ("shop.1", "the shop's own setting") == (
        ruling.reasons[0].rule,
        ruling.reasons[0].source,
    )
    assert Outcome.SEND is asked(shop, country="US", basis=Basis.NONE, kind=RELATIONSHIP).outcome


def test_shorter_hours_can_be_asked_for_even_for_what_an_order_needs() -> None:
    night = datetime(2026, 6, 10, 1, tzinfo=UTC)
    shop = Stricter((wish(MessageClass.TRANSACTIONAL, hours=Hours.parse("8:00-22:00")),))
    ruling = asked(shop, kind=MessageClass.TRANSACTIONAL, channel="sms", at=night)
    assert (Outcome.DEFER, datetime(2026, 6, 10, 6, tzinfo=UTC)) == (ruling.outcome, ruling.until)


def test_a_cap_can_be_asked_for_and_the_smaller_one_stands() -> None:
    day = timedelta(days=1)
    shop = Stricter((wish(cap=Cap(1, day), channels=frozenset({"sms"})),))
    assert [Cap(1, day)] == [cap for cap, _ in shop.rulebook.caps("US", "FL", MARKETING, "sms")]
    assert [Cap(1, day)] == [cap for cap, _ in shop.rulebook.caps("DE", None, MARKETING, "sms")]
    more = Stricter((wish(cap=Cap(5, day)),))
    assert [Cap(3, day)] == [cap for cap, _ in more.rulebook.caps("US", "FL", MARKETING, "sms")]


def test_a_wish_for_a_country_that_the_rulebook_does_not_know_loosens_nothing() -> None:
    shop = Stricter((wish(countries=frozenset({"MX"}), basis=Basis.NONE),))
    assert Outcome.SUPPRESS is asked(shop, country="MX").outcome


@pytest.mark.parametrize(
    ("loose", "rule"),
    [
        (wish(countries=frozenset({"DE"}), basis=Basis.PURCHASE), "de.uwg-7"),
        (wish(RELATIONSHIP, countries=frozenset({"DE"}), basis=Basis.NONE), "de.bgh-vi-zr-225-17"),
        (wish(countries=frozenset({"US"}), hours=Hours.parse("7:00-22:00")), "us.tcpa-hours"),
        (wish(channels=frozenset({"whatsapp"}), basis=Basis.PURCHASE), "all.whatsapp-opt-in"),
    ],
)
def test_a_wish_that_asks_for_less_than_the_law_is_refused_with_its_source(
    loose: Wish, rule: str
) -> None:
    channel = next(iter(rulebook().rule(rule).channels))
    named = Wish(
        classes=loose.classes,
        countries=loose.countries,
        channels=frozenset({channel}),
        basis=loose.basis,
        hours=loose.hours,
    )
    with pytest.raises(ConfigError) as error:
        Stricter((named,))
    assert rule in str(error.value)
    assert rulebook().rule(rule).source in str(error.value)
    assert "overrides" in str(error.value)


def test_a_rule_is_left_out_only_by_its_name_and_the_reason_shows_in_every_ruling() -> None:
    reason = "the checkout tells of the right to object, next to the address"
    shop = Stricter(
        (wish(countries=frozenset({"DE"}), channels=frozenset({"email"}), basis=Basis.PURCHASE),),
        {"de.uwg-7": reason},
    )
    ruling = asked(shop)
    assert Outcome.SEND is ruling.outcome
    assert [reason] == [
        cited.why.partition(": ")[2] for cited in ruling.reasons if cited.rule == "de.uwg-7"
    ]
    without = asked(shop, basis=Basis.NONE)
    assert Outcome.SUPPRESS is without.outcome
    assert "de.uwg-7" in [cited.rule for cited in without.reasons]
    assert Outcome.SUPPRESS is asked(shop, kind=RELATIONSHIP).outcome  # that rule still stands


def test_an_override_of_one_rule_does_not_make_its_country_unknown() -> None:
    shop = Stricter(overrides={"de.uwg-7": "a reason"})
    assert "unknown-country" not in [cited.rule for cited in asked(shop).reasons]


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        ({"de.uwg-8": "a reason"}, "no rule 'de.uwg-8'"),
        ({"de.uwg-7": "  "}, "needs a reason"),
        ({"all.refusal": "they did not mean it"}, "cannot be overridden"),
    ],
)
def test_an_override_needs_a_rule_and_a_reason_and_is_never_about_refusals(
    overrides: dict[str, str], complaint: str
) -> None:
    with pytest.raises(ConfigError) as error:
        Stricter(overrides=overrides)
    assert complaint in str(error.value)


def test_a_refusal_is_no_basis_to_wish_for() -> None:
    with pytest.raises(ConfigError, match="refusal"):
        wish(basis=Basis.REFUSED)


HOURS = ["8:00-20:00", "Mon-Fri 9:00-17:00", "Sat,Sun 10:00-12:00; holidays closed", "0:00-24:00"]
countries = st.sampled_from(["DE", "US", "FR", "ZA", "IN", "MX"])
wishes = st.builds(
    Wish,
    classes=st.frozensets(st.sampled_from(MessageClass), min_size=1),
    countries=st.just(frozenset({ANY})) | st.frozensets(countries, min_size=1),
    channels=st.just(frozenset({ANY}))
    | st.frozensets(st.sampled_from(["email", "sms"]), min_size=1),
    basis=st.none() | st.sampled_from([Basis.NONE, Basis.PURCHASE, Basis.CONSENT, Basis.CONFIRMED]),
    hours=st.none() | st.sampled_from(HOURS).map(Hours.parse),
)


@given(
    st.lists(wishes, max_size=3),
    countries | st.none(),
    st.sampled_from(Basis),
    st.sampled_from(MessageClass),
    st.sampled_from(["email", "sms", "push"]),
    st.integers(0, 7 * 24).map(lambda hour: NOON + timedelta(hours=hour)),
)
def test_wishes_never_loosen(
    some: list[Wish],
    country: str | None,
    basis: Basis,
    kind: MessageClass,
    channel: str,
    at: datetime,
) -> None:
    try:
        shop = Stricter(tuple(some))
    except ConfigError:
        return  # it asks for less than the law, and does not exist
    law, narrowed = (
        asked(one, country=country, basis=basis, kind=kind, channel=channel, at=at)
        for one in (None, shop)
    )
    assert STRICTNESS.index(narrowed.outcome) >= STRICTNESS.index(law.outcome)
    if narrowed.until and law.until:
        assert narrowed.until >= law.until
    if narrowed.outcome is not Outcome.SUPPRESS:
        assert narrowed.needs >= law.needs
