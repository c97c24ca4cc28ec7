"""Processes that are killed with SIGKILL and started again, while a store sends its webhooks."""

from __future__ import annotations

import logging
import math
import multiprocessing
import os
import random
import signal
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.context import ForkServerProcess
from typing import Any

from sqlalchemy import Engine, event

from benchmarks.crash_store import POLL, STORE, Job, Step, open_link
from storelink import Storelink
from storelink.contracts.sandbox import Webhook
from storelink.errors import StorageUnavailable

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["benchmarks.crash_warm"])

MOMENTS = ("transaction", "statement", "commit")
"""Steps that every stage has: before each of them."""
ANSWER = "answer"
"""The step before a platform is answered."""

AN_INSTANT, AT_THE_START = "at an instant", "at the start"
READY = -1
LONGEST = 0.25
"""Seconds after which a process is killed whose step does not come."""
PATIENCE = 30.0
"""Seconds to wait for a process that does not say that it is ready."""
NOMINAL, MOST_SLOWNESS = 0.04, 8.0
"""Seconds that a process needs to be ready on a machine that is idle; and how slow is too slow."""
OK, COME_AGAIN = 200, 503
_AT_THE_START_SHARE = 0.3


Work = Callable[[Storelink, Any, Step], None]
"""What a process does until it is killed."""


@dataclass(frozen=True, slots=True)
class Death:
    """When a process is to be killed.

    Attributes:
        at: the name of a step, `AN_INSTANT` after it was ready, or `AT_THE_START`.
        nth: at which occurrence of the step.
        after: seconds.
    """

    at: str
    nth: int = 1
    after: float = LONGEST


class Schedule:
    """The deaths of those who do the same, without end: all steps in turn, and instants between.

    A step that did not come before the process had to be killed is tried again.

    Args:
        seed: the same seed gives the same schedule.
        steps: the names of the steps.
    """

    def __init__(self, seed: str, steps: Sequence[str]) -> None:
        self._coming = _deaths(random.Random(seed), steps)
        self._again: deque[Death] = deque()

    def next(self, missed: Death | None) -> Death:
        """Return the next death; *missed* is one that did not come, and comes another time."""
        if missed is not None:
            self._again.append(missed)
        if self._again and missed is None:
            return self._again.popleft()
        return next(self._coming)


class Always:
    """A schedule with one entry."""

    def __init__(self, death: Death) -> None:
        self._death = death

    def next(self, missed: Death | None) -> Death:
        """Return it."""
        return self._death


def _deaths(chance: random.Random, steps: Sequence[str]) -> Iterator[Death]:
    while True:
        for step in chance.sample(steps, len(steps)):
            most = 40 if step in MOMENTS else 4
            yield Death(step, nth=int(most ** chance.random()))
            yield Death(AN_INSTANT, after=0.0005 * 600 ** chance.random())
            if chance.random() < _AT_THE_START_SHARE:
                yield Death(AT_THE_START, after=chance.uniform(0.0, 0.02))


# -- in the processes that die -------------------------------------------------------------------


def live(job: Job, what: Work, death: Death, pipe: Any) -> None:
    """Open the app, say so, and do *what* until killed."""
    logging.basicConfig(filename=job.folder / "log", force=True)
    step = _fuse(death)
    if death.at in MOMENTS:
        watch(step)
    with open_link(job, step=step) as link:
        pipe.send(READY)
        what(link, pipe, step)


def _fuse(death: Death) -> Step:
    left = death.nth

    def step(name: str) -> None:
        nonlocal left
        left -= name == death.at
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def watch(step: Step) -> None:
    """Tell *step* of every transaction, statement and commit of any database from now on."""
    event.listen(Engine, "begin", lambda connection: step("transaction"))
    event.listen(Engine, "commit", lambda connection: step("commit"))

    @event.listens_for(Engine, "connect")
    def _connect(connection: Any, _: Any) -> None:
        if hasattr(connection, "set_trace_callback"):  # SQLite
            connection.set_trace_callback(lambda text: step("statement"))
        else:
            connection.cursor_factory = _watched(connection.cursor_factory, step)


def _watched(cursor: Any, step: Step) -> Any:
    """Return psycopg's class of cursors, with a step before each statement."""

    class Watched(cursor):  # type: ignore[misc]
        def execute(self, *args: Any, **options: Any) -> Any:
            step("statement")
            return super().execute(*args, **options)

        def executemany(self, *args: Any, **options: Any) -> Any:
            step("statement")
            return super().executemany(*args, **options)

    return Watched


def receive(link: Storelink, pipe: Any, step: Step) -> None:
    """Receive webhooks, one after the other, as a web server does; answer each."""
    while True:
        webhook = pipe.recv()
        try:
            link.receive(STORE, headers=webhook.headers, body=webhook.body)
        except StorageUnavailable:
            pipe.send(COME_AGAIN)
        else:
            step(ANSWER)
            pipe.send(OK)


def work(link: Storelink, pipe: Any, step: Step) -> None:
    """Work as `storelink worker` does."""
    link.run(poll=POLL)


# -- in the process that kills -------------------------------------------------------------------


class Platform:
    """Sends each webhook until it is answered, one at a time."""

    def __init__(self, webhooks: Sequence[Webhook]) -> None:
        self.left = deque(webhooks)
        self.answered = 0
        self._is_waiting = self._is_sent = False

    def hear(self, said: int) -> None:
        """Hear that the receiver is ready for a webhook, or what it answers to one."""
        if said == OK:
            self.left.popleft()
            self.answered += 1
        self._is_waiting, self._is_sent = True, False

    def forget(self) -> None:
        """The receiver is dead: what it did not answer is sent again."""
        self._is_waiting = self._is_sent = False

    def send(self, pipe: Any, *, most: int) -> None:
        """Send the next one, if the receiver waits for it, and not more than *most* in all."""
        if self._is_waiting and not self._is_sent and self.left and self.answered < most:
            self._is_sent = True
            pipe.send(self.left[0])


class Seat:
    """A place that always has a living process."""

    def __init__(self, job: Job, what: Work, schedule: Schedule | Always) -> None:
        self._job, self.what, self._schedule = job, what, schedule
        self.start()

    def start(self, missed: Death | None = None) -> None:
        """Start a process, whose death is settled."""
        self.death, self._is_killed = self._schedule.next(missed), False
        self.pipe, theirs = CONTEXT.Pipe()
        self._process: ForkServerProcess = CONTEXT.Process(
            target=live, args=(self._job, self.what, self.death, theirs), daemon=True
        )
        self._process.start()
        theirs.close()
        self._began = time.monotonic()
        wait = self.death.after if self.death.at == AT_THE_START else PATIENCE
        self.end = self._began + wait

    @property
    def signs(self) -> list[Any]:
        """What to wait for: it says something, or dies."""
        return [self.pipe, self._process.sentinel]

    def hear(self) -> int | None:
        """Return what it says.

        The time that is left to it begins when it is ready; on a machine that is slow, it is more.
        """
        try:
            said = self.pipe.recv() if self.pipe.poll() else None
        except (EOFError, ConnectionError):
            return None
        if said == READY and self.death.at != AT_THE_START:
            now = time.monotonic()
            slowness = min(max((now - self._began) / NOMINAL, 1.0), MOST_SLOWNESS)
            self.end = now + self.death.after * slowness
        return said

    def kill(self) -> None:
        """Kill it with SIGKILL, wherever it is."""
        self._is_killed, self.end = True, math.inf
        self._process.kill()

    def died(self) -> str | None:
        """Return where it died; `None` while it lives.

        Raises:
            RuntimeError: it ended by itself.
        """
        if self._process.is_alive():
            return None
        if self._process.exitcode != -signal.SIGKILL:
            raise RuntimeError(f"a process ended by itself, with code {self._process.exitcode}")
        self.pipe.close()
        if self._is_killed:
            return AT_THE_START if self.death.at == AT_THE_START else AN_INSTANT
        return self.death.at

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid or 0

    def stop(self, seconds: float) -> float:
        """Ask it to end, with SIGTERM; return how many seconds it took.

        Raises:
            RuntimeError: it did not end in so many seconds, or not well.
        """
        began = time.monotonic()
        self._process.terminate()
        self._process.join(seconds)
        if self._process.exitcode != 0:
            raise RuntimeError(f"SIGTERM: it ended with {self._process.exitcode}")
        self.pipe.close()
        return time.monotonic() - began

    def close(self) -> None:
        """Kill it, and be done."""
        self._process.kill()
        self._process.join()
        self.pipe.close()


def disturb(
    job: Job,
    platform: Platform,
    schedules: Sequence[tuple[Work, Schedule]],
    *,
    kills: int,
    told: Callable[[], None] = lambda: None,
) -> Counter[str]:
    """Let processes live and die until there were so many kills, and return where they died."""
    found: Counter[str] = Counter()
    webhooks = len(platform.left)
    seats = [Seat(job, what, schedule) for what, schedule in schedules]
    while found.total() < kills:
        most = math.ceil(webhooks * (found.total() + 1) / kills)
        soon = min(max(min(seat.end for seat in seats) - time.monotonic(), 0.0), PATIENCE)
        connection.wait([sign for seat in seats for sign in seat.signs], soon)
        for seat in seats:
            _attend(seat, platform, most)
            where = seat.died() if found.total() < kills else None
            if where is not None:
                found[where] += 1
                told()
                if seat.what is receive:
                    platform.forget()
                seat.start(seat.death if where != seat.death.at else None)
    for seat in seats:
        seat.close()
    return found


def _attend(seat: Seat, platform: Platform, most: int) -> None:
    """Hear what a process says, give it what it waits for, and kill it when its time has come."""
    said = seat.hear()
    if seat.what is receive:
        if said is not None:
            platform.hear(said)
        try:
            platform.send(seat.pipe, most=most)
        except ConnectionError:
            platform.forget()
    if time.monotonic() >= seat.end:
        seat.kill()
