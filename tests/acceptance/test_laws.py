"""Each law of harmony is broken by a small log that was made up for it, and by no better one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from acceptance.harmony.contradictions import LAWS, contradictions
from acceptance.harmony.truth import Act, Did, Note, Truth

from storelink.models import MessageClass

ADA = "ada@example.com"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEEDED, FRIENDLY, MARKETING = (
    MessageClass.TRANSACTIONAL,
    MessageClass.RELATIONSHIP,
    MessageClass.MARKETING,
)
_CLASSES = {"thank_you": NEEDED, "tracking": NEEDED, "proactive_care": NEEDED, "returns": NEEDED}


def note(hook: str, at: datetime = NOON, **fields: Any) -> Note:
    """Return a message to Ada about her order."""
    told = {"template": hook, "subject": "order:1", "step": "", "order": "1", "text": f"{at}"}
    of = _CLASSES.get(hook, MARKETING)
    return Note(**{"at": at, "to": ADA, "hook": hook, "of": of, "data": {}, **told, **fields})


def did(what: Did, at: datetime = NOON - DAY, thing: str = "", order: str = "1") -> Act:
    return Act(at, what, ADA, order, thing)


def bought(*more: Act) -> Sequence[Act]:
    """Return an order that was paid for three days ago, and what became of it."""
    early = NOON - 3 * DAY
    return did(Did.PLACED, early), did(Did.PAID, early), *more


THANKS = note("thank_you", NOON - 3 * DAY)
ON_ITS_WAY = note("tracking", NOON - 2 * DAY, subject="shipment:p")
SHIPPED = did(Did.SHIPPED, NOON - 2 * DAY, "p")
DELIVERED = did(Did.DELIVERED, thing="p")
LATE = did(Did.LATE, thing="p")
AGREED = did(Did.AGREED, NOON - 5 * DAY, order="")
CART = did(Did.LEFT, NOON - 4 * DAY, "c", "")
REMINDER = note("abandoned_checkout", subject="checkout:c", order=None)
DELAY = {"subject": "shipment:p", "template": "parcel_delayed", "step": "delayed/2026-11-09"}
CONFIRMED = {"template": "refund_confirmation", "subject": "refund:r"}


class Case(NamedTuple):
    """What a law forbids, and what is nearly the same and allowed."""

    acts: Sequence[Act]
    broken: Sequence[Note]
    fine: Sequence[Note]


WIN_BACK, GREETING = note("win_back"), note("greetings", data={"day": "11-02"})
REVIEW = note("review_request", of=FRIENDLY)
CASES: Mapping[str, Case] = {
    "no_win_back_while_an_order_is_open": Case(
        bought(SHIPPED, DELIVERED, AGREED), [note("win_back", NOON - 2 * DAY)], [WIN_BACK]
    ),
    "no_greeting_during_a_return": Case(
        (AGREED, did(Did.RETURNING, NOON - 2 * DAY, "r"), did(Did.RETURNED, thing="r")),
        [note("greetings", NOON - DAY - HOUR, data={"day": "11-01"})],
        [GREETING],
    ),
    "no_review_request_before_delivery": Case(
        bought(SHIPPED, DELIVERED), [note("review_request", NOON - 2 * DAY, of=FRIENDLY)], [REVIEW]
    ),
    "no_review_request_after_refund": Case(
        bought(SHIPPED, DELIVERED, did(Did.REFUNDED, NOON - HOUR, "r")),
        [REVIEW],
        [note("review_request", NOON - 2 * HOUR, of=FRIENDLY)],
    ),
    "no_cart_message_after_the_purchase": Case(
        (AGREED, CART, *bought()),
        [REMINDER],
        [note("abandoned_checkout", NOON - 3 * DAY - HOUR, subject="checkout:c", order=None)],
    ),
    "nothing_is_said_twice": Case(
        bought(SHIPPED, DELIVERED),
        [REVIEW, note("review_request", NOON + 8 * DAY, of=FRIENDLY)],
        [REVIEW, note("review_request", NOON + 8 * DAY, of=FRIENDLY, subject="order:2")],
    ),
    "nothing_is_repeated_without_doubt": Case(
        bought(), [note("thank_you", times=2)], [note("thank_you", times=2, doubts=1)]
    ),
    "no_parcel_is_told_to_be_late_twice": Case(
        bought(SHIPPED, LATE),
        [
            note("proactive_care", **DELAY),
            note("proactive_care", NOON + HOUR, **{**DELAY, "step": "stuck/2026-11-09"}),
        ],
        [
            note("proactive_care", **DELAY),
            note("proactive_care", NOON + 2 * DAY, **{**DELAY, "step": "stuck/2026-11-09"}),
        ],
    ),
    "nothing_friendly_while_care_is_open": Case(
        bought(SHIPPED, LATE), [note("survey", of=FRIENDLY)], [ON_ITS_WAY]
    ),
    "no_marketing_without_consent": Case(
        (AGREED, did(Did.REFUSED, NOON - DAY, order="")),
        [note("community_invite")],
        [note("community_invite", NOON - 2 * DAY)],
    ),
    "nobody_is_over_budget": Case(
        (AGREED,),
        [note("survey", of=FRIENDLY), note("community_invite", NOON + 19 * HOUR)],
        [note("survey", of=FRIENDLY), note("community_invite", NOON + 20 * HOUR)],
    ),
    "nothing_comes_at_night": Case(
        (AGREED,),
        [note("community_invite", NOON + 7 * HOUR)],
        [note("community_invite", NOON + 6 * HOUR)],
    ),
    "no_code_for_a_refunded_order": Case(
        (AGREED, *bought(did(Did.REFUNDED, NOON - HOUR, "r"))),
        [note("next_purchase", data={"code": "THANKS-1"})],
        [note("next_purchase", NOON - 2 * HOUR, data={"code": "THANKS-1"})],
    ),
    "every_order_is_thanked_for_once": Case(bought(), [], [THANKS]),
    "every_parcel_is_told_of": Case(bought(SHIPPED), [THANKS], [THANKS, ON_ITS_WAY]),
    "every_refund_is_confirmed_once": Case(
        bought(did(Did.PART_REFUNDED, thing="r")), [THANKS], [note("returns", **CONFIRMED)]
    ),
    "nothing_is_told_of_history": Case(
        (did(Did.PAID, NOON - 60 * DAY),),
        [THANKS],
        [note("win_back")],
    ),
}


def found(case: Case, log: Sequence[Note], refused: Sequence[Note] = ()) -> set[str]:
    """Return the laws that are broken in Berlin."""
    truth = Truth(NOON - 30 * DAY, {ADA: ("Europe/Berlin", "DE")}, refused=refused)
    for act in case.acts:
        truth.add(act)
    return set(contradictions(log, truth))


def test_there_is_a_log_for_each_law() -> None:
    assert {law.__name__ for law in LAWS} == set(CASES)


@pytest.mark.parametrize("law", CASES)
def test_a_law_is_broken_by_its_log(law: str) -> None:
    assert law in found(CASES[law], CASES[law].broken)


@pytest.mark.parametrize("law", CASES)
def test_a_law_is_not_broken_by_what_is_nearly_the_same(law: str) -> None:
    assert law not in found(CASES[law], CASES[law].fine)


def test_an_order_is_not_thanked_for_twice() -> None:
    case = CASES["every_order_is_thanked_for_once"]
    assert "every_order_is_thanked_for_once" in found(case, [THANKS, note("thank_you")])


@pytest.mark.parametrize(
    ("law", "refused"),
    [
        ("every_order_is_thanked_for_once", note("thank_you", times=0)),
        ("every_parcel_is_told_of", note("tracking", subject="shipment:p", times=0)),
        ("every_refund_is_confirmed_once", note("returns", times=0, **CONFIRMED)),
    ],
)
def test_what_the_provider_refuses_is_not_owed(law: str, refused: Note) -> None:
    assert law not in found(CASES[law], CASES[law].broken, [refused])


def test_only_what_an_order_needs_is_repeated() -> None:
    repeated = note("survey", of=FRIENDLY, times=2, doubts=1)
    assert "nothing_is_repeated_without_doubt" in found(Case((AGREED,), (), ()), [repeated])


def test_an_order_that_is_late_is_care_that_is_open_until_it_is_sent() -> None:
    stalled = note("proactive_care", NOON - DAY, template="order_stalled")
    log = [stalled, note("survey", of=FRIENDLY)]
    late, sent = Case(bought(), (), ()), Case(bought(did(Did.SHIPPED, thing="p")), (), ())
    assert "nothing_friendly_while_care_is_open" in found(late, log)
    assert "nothing_friendly_while_care_is_open" not in found(sent, log)


def test_good_news_counts_as_soon_as_it_can_be_known() -> None:
    """Only of bad news nobody is asked to know at once."""
    stalled = note("proactive_care", NOON - DAY, template="order_stalled")
    log, law = [stalled, note("survey", of=FRIENDLY)], "nothing_friendly_while_care_is_open"
    truth = Truth(NOON - 30 * DAY, {ADA: ("Europe/Berlin", "DE")})
    for act in bought():
        truth.add(act)
    assert law in contradictions(log, truth, slack=2 * HOUR)
    truth.add(did(Did.SHIPPED, NOON - HOUR, "p"))
    assert law not in contradictions(log, truth, slack=2 * HOUR)


def test_germans_have_to_say_yes() -> None:
    stranger = Case((), (), ())
    assert "no_marketing_without_consent" in found(stranger, [note("community_invite")])


def test_what_could_not_be_known_in_time_is_not_held_against_a_message() -> None:
    truth = Truth(NOON - 30 * DAY, {ADA: ("Europe/Berlin", "DE")})
    for act in bought(SHIPPED, DELIVERED, did(Did.REFUNDED, NOON - HOUR, "r")):
        truth.add(act)
    law = "no_review_request_after_refund"
    assert law in contradictions([REVIEW], truth)
    assert law not in contradictions([REVIEW], truth, slack=2 * HOUR)
