"""Safe operations: switches, the lock of copies, the brake, and the rehearsal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from core.operations.traces import everything
from core.world import ADA, BOB, DAY, HOUR, MUG, START, World
from hypothesis import given
from hypothesis import strategies as st

from storelink.contracts.hook import Reason
from storelink.contracts.store import OwnMail
from storelink.delivery.safe import Safety, redirected
from storelink.errors import ConfigError, RetryLater, UnknownStore
from storelink.hooks import ThankYou
from storelink.models import Kind, MessageState, Outgoing
from storelink.policy.safety import DAYS, Brake, Off, Place, Traffic, locked, masked, off_of
from storelink.testing import FakeStore

LIVE = Place("production", "https://shop.example")


# -- switches --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("store", "hook", "is_off"),
    [
        ("shop", "thank_you", True),
        ("*", "thank_you", True),
        ("shop", "*", True),
        ("*", "*", True),
        ("other", "thank_you", False),
        ("shop", "tracking", False),
        ("other", "*", False),
    ],
)
def test_a_switch_stops_what_it_names(store: str, hook: str, is_off: bool) -> None:
    switch = Off(store, hook, START, "a mistake")
    assert (switch if is_off else None) == off_of([switch], "shop", "thank_you")


def test_what_is_switched_off_waits_and_goes_once_it_is_on_again(world: World) -> None:
    world.link.switch_off(hook="thank_you", why="a wrong price")
    order_id = world.timeline.place(ADA, [MUG])
    world.wait(2 * HOUR)
    assert [] == world.sent()
    waits = (MessageState.WAITING, Reason.SWITCHED_OFF)
    assert waits == world.state(f"thank_you/order:{order_id}")
    assert "switched off (a wrong price)" in world.said(order_id)["Thank-you"]
    parcel = world.timeline.ship(order_id)
    assert [f"tracking/shipment:{parcel}/created"] == world.sent(), "another hook goes on"
    assert world.link.switch_on(hook="thank_you")
    world.link.run_once()
    assert f"thank_you/order:{order_id}" in world.sent()
    assert not world.link.switch_on(hook="thank_you")


def test_another_process_heeds_a_switch(new_world: Callable[..., World], database_url: str) -> None:
    worker, desk = new_world(database_url), new_world(database_url)
    desk.link.switch_off(why="stop everything")
    assert ["stop everything"] == [one.why for one in worker.link.switched_off()]
    worker.timeline.place(ADA, [MUG])
    worker.wait(HOUR)
    assert [] == worker.sent()


def test_a_message_that_becomes_pointless_while_it_is_off_is_dropped(
    new_world: Callable[..., World],
) -> None:
    world = new_world(hooks=[ThankYou(expires_after=3 * HOUR)])
    world.link.switch_off(why="a mistake")
    order_id = world.timeline.place(ADA, [MUG])
    world.wait(2 * HOUR)
    assert MessageState.WAITING is world.state(f"thank_you/order:{order_id}")[0]
    world.wait(2 * HOUR)
    assert MessageState.EXPIRED is world.state(f"thank_you/order:{order_id}")[0]
    assert [] == world.sent()


def test_only_what_there_is_can_be_switched(world: World) -> None:
    with pytest.raises(UnknownStore):
        world.link.switch_off(store="nowhere", why="x")
    with pytest.raises(ConfigError, match="no hook is called 'thanks'"):
        world.link.switch_off(hook="thanks", why="x")


# -- the lock of copies ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("here", "armed", "why"),
    [
        (LIVE, LIVE, None),
        (Place("production", "http://www.shop.example/"), LIVE, None),
        (Place("staging", LIVE.url), LIVE, "the environment is staging"),
        (Place("", LIVE.url), LIVE, "the environment is not named"),
        (LIVE, None, "nobody has armed"),
        (LIVE, Place("", LIVE.url), "nobody has armed"),
        (Place("production", "https://staging.shop.example"), LIVE, "is it a copy?"),
        (Place("production", "https://shop.example:8443"), LIVE, "is it a copy?"),
        (Place("production", "https://shop.example/test"), LIVE, "is it a copy?"),
        (Place("production", ""), LIVE, "is it a copy?"),
    ],
)
def test_only_the_armed_environment_and_address_write_to_customers(
    here: Place, armed: Place | None, why: str | None
) -> None:
    found = locked(here, armed)
    assert (why is None) == (found is None)
    assert (why or "") in (found or "")


def test_a_copy_in_another_environment_sends_nothing(
    new_world: Callable[..., World], database_url: str
) -> None:
    live = new_world(database_url)
    live.timeline.place(ADA, [MUG])
    assert 1 == len(live.sent())
    copy = new_world(database_url, safety=Safety(environment="staging"))
    copy.store._new_id()  # its first order is another one
    order_id = copy.timeline.place(BOB, [MUG])
    copy.wait(HOUR)
    assert [] == copy.sent()
    assert (MessageState.WAITING, Reason.STAGING) == copy.state(f"thank_you/order:{order_id}")
    assert "the environment is staging" in copy.link.locked()["shop"]
    with pytest.raises(ConfigError, match="only 'production' can be armed"):
        copy.link.arm("shop")


def test_a_copy_of_a_shop_with_another_address_sends_nothing_until_it_is_armed(
    new_world: Callable[..., World], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = "storelink.testing.FakeStore.home"
    monkeypatch.setattr(kind, "https://shop.example", raising=False)
    new_world(database_url)
    monkeypatch.setattr(kind, "https://staging.shop.example", raising=False)
    copy = new_world(database_url)
    copy.timeline.place(ADA, [MUG])
    assert [] == copy.sent()
    copy.link.arm("shop")
    copy.link.run_once()
    assert 1 == len(copy.sent())
    copy.link.disarm("shop")
    copy.timeline.place(BOB, [MUG])
    assert 1 == len(copy.sent())


def test_where_nothing_goes_to_customers_a_test_inbox_gets_it(
    new_world: Callable[..., World],
) -> None:
    inboxes = {"recording": "qa@shop.example"}
    world = new_world(safety=Safety(environment="staging", test_inboxes=inboxes))
    world.timeline.place(ADA, [MUG])
    (message,) = world.channel.sent
    assert ("qa@shop.example", "") == (message.to, message.to_name)
    assert message.subject.startswith("[for a…@e….com] ")


def test_in_production_a_test_inbox_gets_nothing(new_world: Callable[..., World]) -> None:
    world = new_world(safety=Safety(test_inboxes={"recording": "qa@shop.example"}))
    world.timeline.place(ADA, [MUG])
    assert ["ada@example.com"] == [message.to for message in world.channel.sent]


@given(st.emails() | st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_a_masked_address_cannot_be_written_to(address: str) -> None:
    outgoing = Outgoing(key="k", store="shop", to=address, to_name="Ada", text="")
    sent = redirected(outgoing, "qa@shop.example")
    assert address not in sent.subject
    assert "…" in masked(address)
    assert "@" not in masked(address).partition("@")[0]


# -- the brake -------------------------------------------------------------------------------------


def test_what_is_far_more_than_usual_is_held_back_until_it_is_released(
    new_world: Callable[..., World],
) -> None:
    world = new_world(hooks=[ThankYou()], safety=Safety(brake=Brake(floor=3)))
    for _ in range(5):
        world.store.place(ADA, [MUG])
    world.tell()
    assert 3 == len(world.sent())
    (held,) = world.link.held()
    assert ("shop", "thank_you", Reason.HELD_BACK, 2) == (
        held.store, held.hook, held.reason, held.number,
    )  # fmt: skip
    assert 2 == world.link.release("thank_you")
    world.link.run_once()
    assert 5 == len(world.sent())


def test_what_was_held_back_goes_on_in_the_next_hour(new_world: Callable[..., World]) -> None:
    world = new_world(hooks=[ThankYou()], safety=Safety(brake=Brake(floor=2)))
    for _ in range(5):
        world.store.place(ADA, [MUG])
    world.tell()
    world.wait(3 * HOUR)
    assert 5 == len(world.sent())


def passed(traffic: Traffic, wanted: int, brake: Brake, now: datetime) -> tuple[int, Traffic]:
    """Let as many go as there is room for."""
    room = traffic.room(brake, now)
    going = wanted if room is None else min(wanted, room)
    return going, traffic.plus(going, now)


def test_what_could_not_be_sent_does_not_count(
    new_world: Callable[..., World], errors_are_expected: None
) -> None:
    """An outage must not use up the hour: only attempts count."""
    world = new_world(hooks=[ThankYou()], safety=Safety(brake=Brake(floor=6)))
    world.channel.fail_next(RetryLater("the server is away", outage=True), times=1)
    for _ in range(5):
        world.store.place(ADA, [MUG])
    world.tell()
    for _ in range(20):
        world.wait(timedelta(minutes=2))
    assert 5 == len(world.sent())


def test_a_clock_that_is_a_little_behind_starts_no_new_hour() -> None:
    brake, now = Brake(floor=10), START
    _, traffic = passed(Traffic.parse(None, now), 10, brake, now)
    assert 0 == traffic.room(brake, now - timedelta(seconds=1))


def test_the_usual_number_of_a_shop_raises_what_may_go() -> None:
    brake, now = Brake(floor=10, times=3), START
    traffic = Traffic.parse(None, now)
    for _ in range(3):
        went, traffic = passed(traffic, 10, brake, now)
        assert 10 == went
        now += DAY
    assert (30, 30) == (brake.allowed(10), traffic.room(brake, now))
    later = now + timedelta(days=DAYS + 2)
    assert 10 == traffic.room(brake, later), "what was long ago is not usual"


def test_a_flood_does_not_make_itself_usual() -> None:
    """What went in earlier hours of the same day does not count."""
    brake, traffic = Brake(floor=10, times=3), Traffic.parse(None, START)
    for hour in range(5):
        went, traffic = passed(traffic, 99, brake, START + hour * HOUR)
        assert 10 == went


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 90)), max_size=40),
    st.integers(0, 50),
)
def test_no_hour_lets_more_pass_than_is_allowed(wishes: list[tuple[int, int]], floor: int) -> None:
    brake, now = Brake(floor=floor, times=2), START
    traffic = Traffic.parse(None, now)
    by_hour: dict[str, int] = {}
    for wanted, minutes in wishes:
        now += timedelta(minutes=minutes)
        went, traffic = passed(traffic, wanted, brake, now)
        assert 0 <= went <= wanted
        hour = f"{now:%Y-%m-%d %H}"
        by_hour[hour] = by_hour.get(hour, 0) + went
        days = {day: count for day, count in traffic.peaks.items() if day != f"{now:%Y-%m-%d}"}
        assert by_hour[hour] <= brake.allowed(max(days.values(), default=0))
        assert traffic == Traffic.parse(traffic.to_dict(), now)


# -- the rehearsal ---------------------------------------------------------------------------------


def test_a_rehearsal_says_what_would_go_to_whom_and_why_not(world: World) -> None:
    adas, bobs = (world.store.place(contact, [MUG]) for contact in (ADA, BOB))
    world.absorb()
    while world.link.work("plan", "shop"):
        pass
    world.store.cancel(adas)
    world.absorb()
    world.link.switch_off(hook="tracking", why="x")
    found = {one.order_id: one for one in world.link.rehearse()}
    assert ("drop", Reason.CANCELLED) == (found[adas].outcome, found[adas].reason)
    assert ("send", "b…@e….com", "recording") == (
        found[bobs].outcome, found[bobs].to, found[bobs].channel,
    )  # fmt: skip
    world.link.switch_off(why="a mistake")
    (again,) = (one for one in world.link.rehearse(["shop"]) if one.order_id == bobs)
    assert ("wait", "it was switched off (a mistake)") == (again.outcome, again.why)


def test_a_rehearsal_changes_nothing(world: World) -> None:
    """Neither messages nor budgets nor what was counted."""
    world.delivered_order(ADA)
    world.store.place(BOB, [MUG])
    world.absorb()
    while world.link.work("plan", "shop"):
        pass
    world.clock.advance(10 * DAY)
    before, sent = everything(world), world.sent()
    first = world.link.rehearse()
    assert {"send"} <= {one.outcome for one in first}
    assert first == world.link.rehearse()
    assert before == everything(world)
    assert sent == world.sent()


def test_a_rehearsal_leaves_the_database_file_as_it_is(
    new_world: Callable[..., World], tmp_path: Path
) -> None:
    path = tmp_path / "shop.db"
    world = new_world(f"sqlite:///{path}")
    world.store.place(ADA, [MUG])
    world.absorb()
    while world.link.work("plan", "shop"):
        pass
    files = [path, path.with_name("shop.db-wal")]
    before = [one.read_bytes() for one in files]
    assert ["send"] == [one.outcome for one in world.link.rehearse()]
    assert before == [one.read_bytes() for one in files]


def test_a_rehearsal_takes_what_the_worker_does(world: World) -> None:
    """Whatever would be sent is sent, and nothing else."""
    for contact in (ADA, BOB):
        world.delivered_order(contact)
    world.store.place(ADA, [MUG])
    world.absorb()
    while world.link.work("plan", "shop"):
        pass
    would = {one.key for one in world.link.rehearse() if one.outcome == "send"}
    before = len(world.channel.sent)
    world.link.work("deliver", "shop")
    assert would == {message.key for message in world.channel.sent[before:]}
    assert Kind.ORDER.value in next(iter(would))


# -- the platform's own mails ----------------------------------------------------------------------


def test_what_is_left_to_the_platform_is_not_sent_twice(new_world: Callable[..., World]) -> None:
    world = new_world(safety=Safety(platform_sends={"shop": ["thank_you"]}))
    order_id = world.timeline.place(ADA, [MUG])
    parcel = world.timeline.ship(order_id)
    assert [f"tracking/shipment:{parcel}/created"] == world.sent()
    assert "left to the store's own platform" in world.said(order_id)["Thank-you"]


def codes(world: World) -> set[str]:
    return {checked.finding.code for checked in world.link.check() if checked.of == "shop"}


def test_the_doctor_finds_what_customers_would_be_told_twice(
    new_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    def says(told: list[OwnMail] | None) -> None:
        monkeypatch.setattr(FakeStore, "own_mails", lambda store: told, raising=False)

    world = new_world(webhook_url=None)
    assert not codes(world) & {"doubled-mail", "own-mails-unknown"}
    says([OwnMail("Review request", "review_request")])
    assert "doubled-mail" in codes(world)
    says(None)
    assert "own-mails-unknown" in codes(world)
    left = new_world(safety=Safety(platform_sends={"shop": ["review_request"]}))
    assert not codes(left) & {"doubled-mail", "own-mails-unknown"}
    says([OwnMail("Review request", "review_request"), OwnMail("Order", "thank_you")])
    assert "doubled-mail" in codes(left)
