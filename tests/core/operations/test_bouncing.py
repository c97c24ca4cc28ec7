"""What is reported of messages after they were sent: believed once, and only of what was sent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from core.world import ADA, DAY, HOUR, MUG, World

from storelink.consent import Why
from storelink.consent.standing import Given
from storelink.contracts.channel import Report, Trouble
from storelink.errors import ConfigError
from storelink.hooks import ThankYou
from storelink.models import MessageClass
from storelink.operations.bouncing import SOFT, WITHIN, Heard
from storelink.policy.question import Basis

MAIL = str(ADA.email)


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    return new_world(hooks=[ThankYou()], policy=None)


def thanked(world: World) -> str:
    """Let Ada buy and be thanked; return what the provider calls the message."""
    world.timeline.place(ADA, [MUG])
    world.tell()
    return f"recording/{world.channel.sent[-1].key}"


def report(told: str, trouble: Trouble = Trouble.HARD_BOUNCE, **more: Any) -> Report:
    return Report(ids=("another", told), trouble=trouble, **{"code": "5.1.1", **more})


def standing(world: World) -> list[str]:
    return [one.why for one in world.link.suppressions.standing("shop", MAIL)]


def test_a_hard_bounce_suppresses_the_address_and_is_told_by_explain(world: World) -> None:
    told = thanked(world)
    assert Heard.SUPPRESSED is world.link.bounced(report(told))
    assert [Why.HARD_BOUNCE] == standing(world)
    [row] = world.link.suppressions.standing("shop", MAIL)
    assert "recording: 5.1.1" == row.source
    [order] = world.link.orders("shop")
    assert "nobody gets what is sent to the address (5.1.1)" in world.said(order.id)["Thank-you"]
    world.timeline.place(ADA, [MUG])
    world.tell()
    assert 1 == len(world.channel.sent)
    later = max(one.id for one in world.link.orders("shop"))
    assert "nothing is sent to this address any more" in world.said(later)["Thank-you"]


@pytest.mark.parametrize("trouble", [Trouble.HARD_BOUNCE, Trouble.COMPLAINT])
def test_a_report_counts_against_the_address_that_was_written_to(
    world: World, trouble: Trouble
) -> None:
    """Support puts a mistyped address right before the mail comes back."""
    told, corrected = thanked(world), ADA.model_copy(update={"email": "ada.l@example.com"})
    [order] = world.link.orders("shop")
    world.store.edit(order.id, contact=corrected)
    world.tell()
    assert Heard.SUPPRESSED is world.link.bounced(report(told, trouble))
    assert [str(trouble)] == standing(world)
    assert [] == world.link.suppressions.standing("shop", str(corrected.email))
    whole = (str(corrected.email), "email", MessageClass.MARKETING)
    assert Basis.REFUSED is not world.link.consents.standing("shop", *whole).basis


def test_soft_bounces_count_for_the_address_that_was_written_to(world: World) -> None:
    for number in range(1, SOFT + 1):
        told = thanked(world)
        newest = max(one.id for one in world.link.orders("shop"))
        world.store.edit(newest, contact=ADA.model_copy(update={"email": "a@example.com"}))
        world.tell()
        heard = world.link.bounced(report(told, Trouble.SOFT_BOUNCE))
        assert (Heard.COUNTED if number < SOFT else Heard.SUPPRESSED) is heard
    assert [Why.HARD_BOUNCE] == standing(world)
    assert [] == world.link.suppressions.standing("shop", "a@example.com")


def test_the_same_report_counts_once_and_what_is_lifted_by_hand_stays_lifted(world: World) -> None:
    told = thanked(world)
    world.link.bounced(report(told))
    world.clock.advance(HOUR)
    assert world.link.suppressions.lift("shop", MAIL, Why.HARD_BOUNCE)
    assert Heard.REPEATED is world.link.bounced(report(told))
    assert [] == standing(world)


def test_of_soft_bounces_it_takes_several_messages(world: World) -> None:
    for number in range(1, SOFT + 1):
        world.clock.advance(DAY)
        soft = report(thanked(world), Trouble.SOFT_BOUNCE, code="5.2.2")
        heard = world.link.bounced(soft)
        assert (Heard.COUNTED if number < SOFT else Heard.SUPPRESSED) is heard
        assert Heard.REPEATED is world.link.bounced(soft)
    [row] = world.link.suppressions.standing("shop", MAIL)
    assert (Why.HARD_BOUNCE, f"recording: 5.2.2, {SOFT} times") == (row.why, row.source)


def test_soft_bounces_of_long_ago_do_not_count(world: World) -> None:
    for _ in range(SOFT + 1):
        world.clock.advance(WITHIN / (SOFT - 1) + timedelta(seconds=1))
        soft = report(thanked(world), Trouble.SOFT_BOUNCE)
        assert Heard.COUNTED is world.link.bounced(soft)
    assert [] == standing(world)


def test_a_complaint_withdraws_what_was_agreed_to_but_for_what_an_order_needs(
    world: World,
) -> None:
    told, ledger = thanked(world), world.link.consents
    agreed = (MAIL, "email", MessageClass.MARKETING)
    ledger.record("shop", *agreed, Given.CONFIRMED, source="checkout")
    world.clock.advance(DAY)
    complaint = report(told, Trouble.COMPLAINT, code="abuse", at=world.clock.now())
    assert Heard.SUPPRESSED is world.link.bounced(complaint)
    assert [Why.COMPLAINT] == standing(world)
    assert Basis.REFUSED is ledger.standing("shop", *agreed).basis
    before = ledger.history("shop", MAIL)
    assert Heard.REPEATED is world.link.bounced(complaint)
    assert before == ledger.history("shop", MAIL)
    assert thanked(world) != told, "what an order needs is sent"


@pytest.mark.parametrize("told", ["recording/shop/thank_you/order:1", "", "%"])
def test_a_forged_report_is_ignored(world: World, told: str) -> None:
    thanked(world)
    assert Heard.UNKNOWN is world.link.bounced(report(told))
    assert [] == standing(world)


def test_a_report_about_somebody_who_was_forgotten_is_ignored(world: World) -> None:
    told = thanked(world)
    world.link.erase("shop", email=MAIL)
    assert Heard.UNKNOWN is world.link.bounced(report(told))


def test_reports_are_read_from_the_channels_and_counted(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told = thanked(world)

    def read(take: Callable[[Report | None], object]) -> int:
        for one in (report(told), report(told), report("made up"), None):
            take(one)
        return 4

    monkeypatch.setattr(world.channel, "read_reports", read)
    expected = dict.fromkeys((Heard.SUPPRESSED, Heard.REPEATED, Heard.UNKNOWN, Heard.OTHER), 1)
    assert expected == world.link.read_bounces()
    assert "1 reports are about no message" in caplog.text
    assert MAIL not in caplog.text


@pytest.mark.usefixtures("errors_are_expected")
@pytest.mark.parametrize("error", [ConfigError("it is gone"), ValueError(MAIL)])
def test_a_mailbox_that_cannot_be_read_stops_no_worker(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    stopped = threading.Event()

    def read(take: Callable[[Report | None], object]) -> int:
        stopped.set()
        raise error

    monkeypatch.setattr(world.channel, "read_reports", read)
    world.link._bouncing.run(stopped)
    assert "could not be read" in caplog.text
    assert MAIL not in caplog.text


def test_the_worker_reads_where_a_channel_can(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, heard = thanked(world), threading.Event()

    def read(take: Callable[[Report | None], object]) -> int:
        take(report(told))
        heard.set()
        return 1

    monkeypatch.setattr(type(world.channel), "hears_reports", True)
    monkeypatch.setattr(world.channel, "read_reports", read)
    monkeypatch.setattr("storelink.working.run", lambda stages, **_: heard.wait(10))
    world.link.run()
    assert [Why.HARD_BOUNCE] == standing(world)
