"""A store that hangs holds up no message of another store, nor the end of the worker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from core.world import ADA, MUG, START

from storelink import Storelink, loop
from storelink.errors import StoreUnavailable
from storelink.hooks import ThankYou
from storelink.intake import PromptReader
from storelink.intake.lanes import lanes
from storelink.models import Ref, Snapshot
from storelink.testing import FakeStore, FrozenClock, RecordingChannel

SOON = timedelta(milliseconds=50)
ORDER = Ref.order("1")


class Hanging:
    """Answers when it is let go."""

    def __init__(self) -> None:
        self.released, self.asked = threading.Event(), 0

    def read(self, store: str, ref: Ref) -> None:
        self.asked += 1
        self.released.wait(30)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    store = Hanging()
    yield store
    store.released.set()


def test_a_reading_that_takes_too_long_is_given_up(hanging: Hanging) -> None:
    with pytest.raises(StoreUnavailable, match="in time"):
        PromptReader(hanging.read, patience=SOON).read("shop", ORDER)


def test_a_store_that_hangs_is_not_waited_for_twice(hanging: Hanging) -> None:
    reader = PromptReader(hanging.read, patience=SOON)
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            reader.read("shop", ORDER)
    assert 1 == hanging.asked


def test_another_store_is_asked_all_the_same(hanging: Hanging) -> None:
    reader = PromptReader(hanging.read, patience=SOON)
    for store in ("one", "two"):
        with pytest.raises(StoreUnavailable):
            reader.read(store, ORDER)
    assert 2 == hanging.asked


def test_a_store_that_answers_again_is_asked_again(hanging: Hanging) -> None:
    reader = PromptReader(hanging.read, patience=timedelta(seconds=10))
    hanging.released.set()
    reader.read("shop", ORDER)
    reader.read("shop", ORDER)
    assert 2 == hanging.asked


def test_what_the_reading_raises_is_raised() -> None:
    def read(store: str, ref: Ref) -> None:
        raise StoreUnavailable("not now")

    with pytest.raises(StoreUnavailable, match="not now"):
        PromptReader(read).read("shop", ORDER)


def test_every_store_is_in_one_lane() -> None:
    stores = [str(number) for number in range(10)]
    assert sorted(stores) == sorted(store for lane in lanes(stores) for store in lane)
    assert [] == lanes([])


class HangingStore(FakeStore):
    """Whoever reads from it waits until it is let go."""

    def __init__(self, released: threading.Event, **options: Any) -> None:
        super().__init__(**options)
        self._released = released

    def read(self, ref: Ref) -> Snapshot:
        self._released.wait(60)
        return super().read(ref)


@contextmanager
def working(link: Storelink, stopped: threading.Event) -> Iterator[None]:
    thread = threading.Thread(target=lambda: link.run(poll=timedelta(milliseconds=20)))
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(30)
        assert not thread.is_alive()


def until(is_so: Callable[[], bool], *, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"not so after {seconds} seconds"
        time.sleep(0.02)


def test_stores_that_hang_hold_up_no_message_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five of six stores hang, each with something to read and a message to send."""
    stopped, released, clock = threading.Event(), threading.Event(), FrozenClock(START)

    @contextmanager
    def until_told() -> Iterator[threading.Event]:
        yield stopped

    monkeypatch.setattr("storelink.working.until_signal", until_told)
    names = [f"a-hanging-{number}" for number in range(5)]
    stores: dict[str, FakeStore] = {one: HangingStore(released, clock=clock) for one in names}
    stores["shop"] = FakeStore(clock=clock)
    channel = RecordingChannel()
    link = Storelink(
        f"sqlite:///{tmp_path}/link.db",
        stores=dict(stores),
        channels=[channel],
        hooks=[ThankYou()],
        clock=clock,
    )
    monkeypatch.setattr(link._relay._decider, "_read", prompt_reader(link).read)
    with link:
        for name, store in stores.items():
            if name != "shop":
                store.refund(store.place(ADA, [MUG]))  # leaves a question open
            store.place(ADA, [MUG])
            for webhook in store.take():
                link.receive(name, headers=webhook.headers, body=webhook.body)
        with working(link, stopped):
            until(lambda: bool(channel.sent), seconds=20)
            sent = [one.store for one in channel.sent]
            released.set()
        assert ["shop"] == sent


def prompt_reader(link: Storelink) -> PromptReader:
    return PromptReader(link._reader.read, patience=SOON)


def hang(released: threading.Event) -> None:
    released.wait(30)


def test_the_end_does_not_wait_for_what_hangs(caplog: pytest.LogCaptureFixture) -> None:
    stopped, released = threading.Event(), threading.Event()
    began = time.monotonic()
    with loop.beside([partial(hang, released)], stopped=stopped, grace=SOON):
        pass
    assert time.monotonic() - began < 10
    assert "did not end in time" in caplog.text
    released.set()


@pytest.mark.usefixtures("errors_are_expected")
def test_what_fails_beside_is_done_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "AGAIN_SECONDS", 0.0)
    stopped, tries = threading.Event(), iter([ZeroDivisionError, None])

    def work() -> None:
        if failure := next(tries):
            raise failure
        stopped.set()

    with loop.beside([work], stopped=stopped):
        assert stopped.wait(10)
