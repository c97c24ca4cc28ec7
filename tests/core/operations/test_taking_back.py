"""What customers ask to send back: kept, handed over once, settled; nothing is lost or doubled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from core.world import ADA, DAY, HOUR, MUG, POT, World

from storelink import Returns, Storelink
from storelink.errors import (
    ReturnRefused,
    StoreUnavailable,
    UnknownStore,
    Unsupported,
    WriteRefused,
)
from storelink.hooks import ReturnsUpdates
from storelink.models import (
    Record,
    ReturnReason,
    ReturnRequest,
    ReturnStatus,
    ReturnStep,
    ReturnWish,
    Snapshot,
    WantedLine,
)
from storelink.models.ref import Kind

NewWorld = Callable[..., World]
MUGS = WantedLine(line_id="1", quantity=1, reason=ReturnReason.DEFECTIVE)
POTS = WantedLine(line_id="2", quantity=1)
BOTH = MUGS.model_copy(update={"quantity": 2})


@pytest.fixture
def world(new_world: NewWorld) -> World:
    return new_world(hooks=[ReturnsUpdates()], returns=Returns())


def arrived(world: World) -> str:
    order: str = world.timeline.place(ADA, [replace(MUG, quantity=2), POT])
    world.timeline.deliver(order, world.timeline.ship(order))
    return order


def ask(world: World, order: str, *lines: WantedLine, **options: Any) -> ReturnRequest:
    known = {"wish": ReturnWish.REFUND, **options}
    return world.link.returns.request("shop", order, lines or [MUGS], **known)


def states(world: World, **options: Any) -> list[tuple[str, str | None]]:
    return [(one.state, one.problem) for one in world.link.returns.find(**options)]


@pytest.mark.usefixtures("errors_are_expected")
def test_a_request_waits_for_the_store_and_is_handed_over_once(world: World) -> None:
    order, taken = arrived(world), []
    real = world.store.request_return

    def request_return(request: ReturnRequest) -> Snapshot:
        taken.append(request.key)
        if len(taken) == 1:
            raise StoreUnavailable("it rests")
        return real(request)

    world.store.request_return = request_return  # type: ignore[method-assign]
    ask(world, order, note="It leaks.")
    world.link.run_once()
    assert [("asked", None)] == states(world)
    world.timeline.wait(HOUR)
    assert [("requested", None)] == states(world)
    assert 2 == len(taken)
    assert 1 == len({*taken})
    assert ["return_requested"] == [one.template for one in world.channel.sent]


def test_what_the_store_refuses_is_told_to_the_shop_and_can_be_asked_again(world: World) -> None:
    order, real = arrived(world), world.store.request_return

    def refuse(request: ReturnRequest) -> Snapshot:
        raise WriteRefused(f"not {request.note}", code="FINAL_SALE")

    world.store.request_return = refuse  # type: ignore[method-assign]
    ask(world, order, BOTH, note="my words")
    world.link.run_once()
    assert [("refused", "FINAL_SALE")] == states(world)
    [failed] = world.link.failures()
    assert "my words" not in str(failed)
    world.store.request_return = real  # type: ignore[method-assign]
    ask(world, order, BOTH, note="my words")
    world.link.run_once()
    assert [("requested", None)] == states(world)
    assert [("refused", "FINAL_SALE"), ("requested", None)] == sorted(states(world, every=True))
    [failed] = world.link.failures()
    world.link.call_again(failed.event)
    world.link.run_once()
    assert [("requested", None)] == states(world), "its pieces are asked back otherwise"


def test_what_was_refused_goes_on_when_the_cause_is_gone(world: World) -> None:
    order, real = arrived(world), world.store.request_return

    def refuse(request: ReturnRequest) -> Snapshot:
        raise WriteRefused("no", code="MISSING")

    world.store.request_return = refuse  # type: ignore[method-assign]
    ask(world, order)
    world.link.run_once()
    world.store.request_return = real  # type: ignore[method-assign]
    [failed] = world.link.failures()
    world.link.call_again(failed.event)
    world.link.run_once()
    assert [("requested", None)] == states(world, every=True)


def test_who_is_erased_while_the_store_is_asked_stays_erased(world: World) -> None:
    def refuse(request: ReturnRequest) -> Snapshot:
        world.link.erase("shop", email="ada@example.com")
        raise WriteRefused("no", code="LATE")

    order = arrived(world)
    world.store.request_return = refuse  # type: ignore[method-assign]
    ask(world, order, note="Ring at Lovelace's.")
    world.link.run_once()
    assert [] == world.link.returns.find(every=True)


@pytest.mark.usefixtures("errors_are_expected")
def test_a_store_that_is_away_for_a_week_gets_its_requests(world: World) -> None:
    real = world.store.request_return

    def away(request: ReturnRequest) -> Snapshot:
        raise StoreUnavailable("it rests")

    world.store.request_return = away  # type: ignore[method-assign]
    ask(world, arrived(world))
    world.timeline.wait(7 * DAY)
    assert [("asked", None)] == states(world)
    world.store.request_return = real  # type: ignore[method-assign]
    world.timeline.wait(DAY / 4)
    assert [("requested", None)] == states(world)


def test_what_the_store_has_no_more_can_be_asked_back_again(world: World) -> None:
    order = arrived(world)
    ask(world, order, BOTH)
    world.link.run_once()
    [view] = world.link.returns.find()
    world.clock.advance(HOUR)
    gone = Record(
        Kind.RETURN, str(view.id), order_id=order, updated_at=world.clock.now(), deleted=True
    )
    world.store._raise("return.deleted", Snapshot((gone,)))
    world.tell()
    assert [] == states(world)
    assert [("gone", None)] == states(world, every=True)
    assert [2, 1] == [one.most for one in world.link.returns.look("shop", order).lines]


def test_what_belongs_to_a_deleted_order_needs_nobody(world: World) -> None:
    order = arrived(world)
    ask(world, order)
    world.link.run_once()
    known = world.link.order("shop", order)
    world.timeline.delete(order)
    assert [] == states(world)
    assert known is not None
    assert world.link.returns.url(known) is None


@pytest.mark.parametrize(
    ("lines", "more", "named"),
    [([], {}, "lines"), ([MUGS], {"note": "x" * 251}, "note"), ([MUGS], {"wish": "fame"}, "wish")],
)
def test_what_is_no_request_is_refused_by_name(
    world: World, lines: list[WantedLine], more: dict[str, Any], named: str
) -> None:
    order, known = arrived(world), {"wish": ReturnWish.REFUND, **more}
    with pytest.raises(ReturnRefused, match=named) as refused:
        world.link.returns.request("shop", order, lines, **known)
    assert "x" * 9 not in str(refused.value)


def test_what_was_asked_goes_on_when_nobody_can_ask_any_more(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    before = World(url, hooks=[ReturnsUpdates()], returns=Returns())
    with before.link:
        ask(before, arrived(before))
    with Storelink(url, stores={"shop": before.store}, clock=before.clock) as now:
        now.run_once()
        assert ["requested"] == [one.state for one in now.returns.find()]


def test_the_key_of_a_return_is_never_given_again(world: World) -> None:
    order = arrived(world)
    first = ask(world, order)
    world.link.run_once()
    with world.link._database.write() as tx:
        tx.answers.forget("shop", [order])
    second, third = ask(world, order, MUGS), ask(world, order, POTS)
    assert 3 == len({first.key, second.key, third.key})


def test_a_database_that_was_made_anew_gives_no_key_again(new_world: NewWorld) -> None:
    """Not every store tells of its returns before something is said of one."""
    keys = []
    for _ in range(2):
        world = new_world(hooks=[ReturnsUpdates()], returns=Returns())
        world.clock.advance(len(keys) * HOUR)
        keys.append(ask(world, arrived(world)).key)
    assert 2 == len({*keys})


def test_no_more_is_asked_for_than_there_is(world: World) -> None:
    order = arrived(world)
    ask(world, order, BOTH)
    for lines in ([MUGS], [WantedLine(line_id="9", quantity=1)], [POTS, POTS]):
        with pytest.raises(ReturnRefused):
            ask(world, order, *lines)
    ask(world, order, POTS)
    with pytest.raises(ReturnRefused, match="nothing is left"):
        ask(world, order)


def test_under_one_number_one_request_is_taken(world: World) -> None:
    order = arrived(world)
    number = world.link.returns.next_number("shop", order)
    first = ask(world, order, number=number)
    world.link.run_once()
    assert first == ask(world, order, number=number)
    for other in (number, number + 2):
        with pytest.raises(ReturnRefused, match="something else was asked"):
            ask(world, order, POTS, number=other)
    assert first.key != ask(world, order).key


def test_of_two_who_ask_at_once_one_is_refused(world: World) -> None:
    order, came = arrived(world), []

    def send(note: str) -> None:
        try:
            ask(world, order, BOTH, note=note)
            came.append("asked")
        except ReturnRefused:
            came.append("refused")

    both = [threading.Thread(target=send, args=(note,)) for note in ("one", "two")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert ["asked", "refused"] == sorted(came)


def test_who_was_forgotten_asks_for_nothing_any_more(world: World) -> None:
    order = arrived(world)
    ask(world, order, note="Ring at Lovelace's.")
    world.link.erase("shop", email="ada@example.com")
    world.link.run_once()
    assert [] == world.link.returns.find(every=True)
    assert [] == world.link.failures()


def test_a_return_outlasts_its_person_without_their_words(world: World) -> None:
    order = arrived(world)
    ask(world, order, note="Ring at Lovelace's.")
    world.link.run_once()
    world.link.erase("shop", email="ada@example.com")
    [view] = world.link.returns.find()
    assert ("requested", None, None) == (view.state, view.note, view.wish)
    assert view.id != ask(world, order, POTS).key


def test_a_return_holds_friendly_messages_until_it_is_made_good(world: World) -> None:
    order = arrived(world)
    ask(world, order)
    world.link.run_once()
    [view] = world.link.returns.find()
    for step in (ReturnStep.APPROVED, ReturnStep.RECEIVED):
        view = world.link.returns.settle("shop", str(view.id), step)
    assert [("open", None)] == states(world)
    world.timeline.refund(order, lines={0: 1})
    assert [] == states(world)
    assert [("open", None)] == states(world, every=True)


def test_to_say_it_again_changes_nothing(world: World) -> None:
    order = arrived(world)
    ask(world, order)
    world.link.run_once()
    [view] = world.link.returns.find()
    for _ in range(2):
        world.timeline.wait(DAY)
        told = world.link.returns.settle("shop", str(view.id), ReturnStep.DECLINED, note="Worn.")
        assert str(ReturnStatus.DECLINED) == told.state
        world.link.run_once()
    with pytest.raises(WriteRefused):
        world.link.returns.settle("shop", str(view.id), ReturnStep.APPROVED)
    assert [] == world.link.returns.find()
    assert ["return_requested", "return_declined"] == [one.template for one in world.channel.sent]


def test_what_is_not_known_is_named(world: World, new_world: NewWorld) -> None:
    order = arrived(world)
    with pytest.raises(LookupError, match="no return 'r9'"):
        world.link.returns.settle("shop", "r9", ReturnStep.APPROVED)
    with pytest.raises(LookupError, match="no order '9'"):
        ask(world, "9")
    with pytest.raises(UnknownStore):
        world.link.returns.look("elsewhere", order)
    other = new_world(returns=None)
    with pytest.raises(Unsupported):
        ask(other, arrived(other))


def test_the_store_may_say_of_a_return_that_nobody_asked_for_here(world: World) -> None:
    order, now = arrived(world), world.clock.now()
    told = {"status": ReturnStatus.OPEN, "lines": [], "requested_at": now}
    record = Record(Kind.RETURN, "r1", order_id=order, updated_at=now, fields=told)
    world.store._raise("return.updated", Snapshot((record,)))
    world.tell()
    [view] = world.link.returns.find("shop")
    assert ("r1", "open", None, ()) == (view.id, view.state, view.wish, view.lines)


def test_the_doctor_says_what_keeps_customers_from_asking(new_world: NewWorld) -> None:
    def codes(**options: Any) -> list[str | None]:
        link = new_world(**options).link
        return [one.finding.code for one in link.check() if one.finding.about == "returns"]

    assert [] == codes()
    bad = ["returns-without-page", "returns-untold"]
    assert bad == [one for one in codes(hooks=[], returns=Returns()) if one]
    good = {"site_url": "https://go.shop.example", "hooks": [ReturnsUpdates()]}
    assert [] == [one for one in codes(returns=Returns(), **good) if one]
