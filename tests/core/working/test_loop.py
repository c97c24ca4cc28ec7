"""The worker's loop: woken by work, at rest without it, and done with any backlog."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from core.world import ADA, DAY, HOUR, MUG, World
from sqlalchemy import event

from storelink import Storelink, loop
from storelink.errors import StorageUnavailable
from storelink.events import OrderPaid
from storelink.hooks import ThankYou
from storelink.storage.bell import Bell
from storelink.working import POLL

MINUTE = timedelta(minutes=1)


class Waits:
    """Stands in for a bell that nobody rings: time passes at once, and in the end all stops."""

    def __init__(self, world: World, stopped: threading.Event, *, stop_after: timedelta) -> None:
        self._clock, self._stopped = world.clock, stopped
        self._end = world.clock.now() + stop_after

    def __call__(self, seconds: float) -> bool:
        self._clock.advance(timedelta(seconds=seconds))
        if self._clock.now() >= self._end:
            self._stopped.set()
        return False


@contextmanager
def running_until(
    world: World, monkeypatch: pytest.MonkeyPatch, *, stop_after: timedelta
) -> Iterator[Waits]:
    """Let the worker of a shop run so long, in fake time."""
    stopped = threading.Event()

    @contextmanager
    def until_told() -> Iterator[threading.Event]:
        yield stopped

    waits = Waits(world, stopped, stop_after=stop_after)
    monkeypatch.setattr("storelink.working.until_signal", until_told)
    monkeypatch.setattr(Bell, "wait", waits)
    yield waits


def statements(link: Storelink) -> list[str]:
    """Return a list of the statements that are run from now on."""
    counted: list[str] = []

    def note(connection: object, record: object, proxy: object) -> None:
        counted.append("transaction")

    event.listen(link._database._engine, "checkout", note)
    return counted


def test_an_idle_worker_leaves_the_database_alone(
    new_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an idle minute it looks twice at what there is to do; not many times a second."""
    world = new_world(hooks=[ThankYou()], sweep_every=None)
    world.timeline.place(ADA, [MUG])
    counted = statements(world.link)
    with running_until(world, monkeypatch, stop_after=MINUTE):
        world.link.run()
    looks = MINUTE / POLL
    assert len(counted) <= 10 * looks


def test_a_round_that_finds_nothing_to_do_writes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who writes on SQLite holds up everybody else who would."""
    world.link.on(OrderPaid)(lambda event: None)
    world.timeline.place(ADA, [MUG])
    write, writes = world.link._database.write, []
    monkeypatch.setattr(
        world.link._database, "write", lambda **how: (writes.append(how), write(**how))[1]
    )
    world.link.run_once()
    assert [] == writes


def test_a_poll_of_nothing_is_no_busy_loop() -> None:
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return True

    loop.rest(wait, stopped=threading.Event(), poll=timedelta(), due_in=None)
    assert [1.0] == waited


def test_what_becomes_due_is_not_waited_for_longer_than_needed(
    new_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = new_world(hooks=[ThankYou(after=timedelta(seconds=95))], sweep_every=None)
    world.timeline.place(ADA, [MUG])
    due = world.link.next_due()
    with running_until(world, monkeypatch, stop_after=MINUTE * 3):
        world.link.run(poll=HOUR)
    assert [due] == [message.sent_at for message in world.link.messages()]


def test_a_worker_wakes_up_when_a_webhook_comes(
    new_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the bell this test would take an hour."""
    world, stopped = new_world(hooks=[ThankYou()], sweep_every=None), threading.Event()

    @contextmanager
    def until_told() -> Iterator[threading.Event]:
        yield stopped

    monkeypatch.setattr("storelink.working.until_signal", until_told)
    rested = threading.Event()
    wait = Bell.wait

    def noted(bell: Bell, seconds: float) -> bool:
        rested.set()
        return wait(bell, seconds)

    monkeypatch.setattr(Bell, "wait", noted)
    monkeypatch.setattr(loop, "SLICE_SECONDS", 60.0)
    thread = threading.Thread(target=lambda: world.link.run(poll=HOUR))
    thread.start()
    assert rested.wait(30)
    sent = threading.Event()
    send = world.channel.send
    monkeypatch.setattr(world.channel, "send", lambda one: (send(one), sent.set())[0])
    world.store.place(ADA, [MUG])
    world.absorb()
    try:
        assert sent.wait(30)
    finally:
        stopped.set()
        for bell in tuple(world.link._database._bells):
            bell.ring()
        thread.join(30)
    assert not thread.is_alive()


# -- until idle ------------------------------------------------------------------------------------


def test_any_backlog_is_worked_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "MAX_ROUNDS", 10)
    left = iter(range(1000, -1, -1))
    state = {"left": 1000}

    def stage() -> int:
        state["left"] = next(left)
        return min(state["left"], 1)

    loop.run_until_idle([stage], left=lambda: state["left"])
    assert 0 == state["left"]


def test_a_stage_that_makes_no_progress_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "MAX_ROUNDS", 10)
    with pytest.raises(RuntimeError, match="rounds"):
        loop.run_until_idle([lambda: 1], left=lambda: 1)


def test_hundreds_of_rounds_of_messages_are_sent_in_one_run(
    new_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "MAX_ROUNDS", 2)
    world = new_world(hooks=[ThankYou(after=DAY)])
    for _ in range(120):
        world.store.place(ADA, [MUG])
    world.absorb()
    world.link.run_once()
    world.clock.advance(DAY)
    world.link.run_once()
    assert 120 == len(world.sent())


# -- what goes wrong -------------------------------------------------------------------------------


def test_a_database_that_is_away_for_a_while_does_not_end_the_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop, "UNAVAILABLE_SECONDS", 0.0)
    stopped, rounds = threading.Event(), iter([StorageUnavailable("away"), None])

    def stage() -> int:
        if failure := next(rounds):
            raise failure
        return 0

    loop.run(lambda: [stage], stopped=stopped, rest=stopped.set)
    assert stopped.is_set()


def test_leases_are_kept_beside_the_work() -> None:
    kept, done = threading.Event(), []

    def keep() -> None:
        done.append("kept")
        if len(done) == 1:
            raise StorageUnavailable("away")
        kept.set()

    with loop.kept(keep, every=timedelta(milliseconds=1)):
        assert kept.wait(30)
    assert len(done) >= 2
