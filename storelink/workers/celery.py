"""Celery: the stages of the work as tasks, for many machines.

Celery holds work, the outbox holds time: no task carries an ETA or a message. A task names a stage
and a store, and claims for itself; so a task that comes twice, late or in vain finds nothing to
do, and one that is lost is sent again by a later tick.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from storelink.app import Storelink
from storelink.errors import MissingExtra, StorageUnavailable, StorelinkError
from storelink.loop import FLOW
from storelink.toolkit.redact import trace
from storelink.working import STAGES

try:
    from celery import Celery, signals
except ImportError:
    raise MissingExtra("Celery", "celery") from None

log = logging.getLogger(__name__)

EXPIRES_SECONDS = 600
"""A tick that nobody ran by then is dropped: there were others since."""
QUIET_SECONDS = 10.0
"""For how long nobody is hinted at anything after the broker did not answer."""

Queue = str | Mapping[str, str] | Callable[[str], str | None] | None


class CeleryEngine:
    """Registers the tasks and beat entries that do a `Storelink`'s work on a Celery app.

    Each worker process opens a `Storelink` of its own, after it was forked. Exactly one beat is
    needed; a second one does no harm.

    Args:
        app: the Celery app.
        make: opens the `Storelink`, for example
            `lambda: Storelink.from_config("storelink.toml")`.
        queue: the queue of a store's tasks, so that a big store can have workers of its own: one
            name for all, a mapping from stores, or a function of the store. Where it says
            nothing, it is the app's default queue. The ticks are there, too, unless one name is
            given.
        tick: how often to look for what has become due.
        sweep_tick: how often to look for stores that are to be swept.
        turn: how long one task works at most, before it sends itself again behind the others. A
            message, a call of a handler and a sweep are not broken off.
        name: the first part of the tasks' names.
    """

    def __init__(
        self,
        app: Celery,
        make: Callable[[], Storelink],
        *,
        queue: Queue = None,
        tick: timedelta = timedelta(seconds=1),
        sweep_tick: timedelta = timedelta(seconds=30),
        turn: timedelta = timedelta(seconds=2),
        name: str = "storelink",
    ) -> None:
        self._app, self._make, self._name = app, make, name
        self._queue, self._turn = queue, turn.total_seconds()
        self._link: tuple[int, Storelink] | None = None
        self._opening = threading.Lock()
        self._looked: dict[str, float] = {}
        self._hinting, self._hinted, self._is_hinting = threading.Lock(), set[str](), False
        self._quiet_until = float("-inf")
        self._tasks = {stage: self._task(stage, partial(self._work, stage)) for stage in STAGES}
        self._every("tick", tick, FLOW)
        self._every("tick_sweeps", sweep_tick, ("sweep",))
        signals.worker_process_shutdown.connect(self._end, weak=False)
        signals.worker_shutdown.connect(self._end, weak=False)

    def hint(self, link: Storelink, store: str) -> None:
        """Let the work begin at once that a webhook has just made, not only with the next tick.

        For the process that receives, after it did. It returns at once and never raises: what
        goes wrong with it is logged, and costs a minute at most.

        Args:
            link: the receiving process's own.
            store: the store's name.
        """
        with self._hinting:
            self._hinted.add(store)
            if self._is_hinting or time.monotonic() < self._quiet_until:
                return
            self._is_hinting = True
        threading.Thread(
            target=self._hint, args=(link,), name="storelink-hint", daemon=True
        ).start()

    def _hint(self, link: Storelink) -> None:
        """Send the tasks of the stores that were hinted at until there are no more."""
        while stores := self._take_hints():
            try:
                self._send(link.hand_out(stages=FLOW, stores=stores))
            except Exception as error:  # noqa: BLE001  ticks do without hints
                self._quiet_until = time.monotonic() + QUIET_SECONDS
                log.warning("no hint could be given: %s", type(error).__name__)

    def _take_hints(self) -> list[str]:
        with self._hinting:
            stores, self._hinted = sorted(self._hinted), set()
            self._is_hinting = bool(stores)
            return stores

    def _task(self, name: str, run: Callable[..., None]) -> Any:
        def task(*args: str) -> None:  # Celery takes nothing but functions
            run(*args)

        return self._app.task(
            task,
            name=f"{self._name}.{name}",
            shared=False,
            lazy=False,
            acks_late=True,
            reject_on_worker_lost=True,
            ignore_result=True,
        )

    def _every(self, name: str, every: timedelta, stages: tuple[str, ...]) -> None:
        """Register a task that looks at *stages*, and the beat entry that sends it."""
        seconds = every.total_seconds()
        self._app.add_periodic_task(
            seconds,
            self._task(name, partial(self._tick, name, seconds, stages)).s(),
            name=f"{self._name}-{name}",
            queue=self._queue if isinstance(self._queue, str) else None,
            expires=EXPIRES_SECONDS,
        )

    def _tick(self, name: str, seconds: float, stages: tuple[str, ...]) -> None:
        """Send the tasks of what has become due; ticks that came up late are one tick."""
        now = time.monotonic()
        if now - self._looked.get(name, float("-inf")) < seconds / 2:
            return
        self._looked[name] = now
        with _explained(name):
            self._send(self._opened().hand_out(stages=stages))

    def _work(self, stage: str, store: str) -> None:
        """Do a turn's worth of one stage, and send the tasks of what is left or has come of it."""
        end = time.monotonic() + self._turn
        with _explained(f"{stage} {store}"):
            link = self._opened()
            link.work(stage, store, stop=lambda: time.monotonic() >= end)
            self._send(link.hand_out(stages=FLOW, stores=[store]))

    def _send(self, jobs: Iterable[tuple[str, str]]) -> None:
        for stage, store in jobs:
            self._tasks[stage].apply_async((store,), queue=self._queue_of(store))

    def _queue_of(self, store: str) -> str | None:
        if self._queue is None or isinstance(self._queue, str):
            return self._queue
        return self._queue.get(store) if isinstance(self._queue, Mapping) else self._queue(store)

    def _opened(self) -> Storelink:
        """Return this process's own: what was opened before a fork is the parent's.

        The first task opens it, and not the process as it starts: Celery kills a process that
        takes four seconds for that, and a database may be migrated, or be slow to answer.
        """
        with self._opening:
            if self._link is None or self._link[0] != os.getpid():
                self._link = (os.getpid(), self._make())
            return self._link[1]

    def _end(self, **_: Any) -> None:
        with self._opening:
            if self._link is not None and self._link[0] == os.getpid():
                self._link[1].close()
                self._link = None


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Log what goes wrong, without anybody's data: a later tick tries again."""
    try:
        yield
    except StorageUnavailable as error:
        log.warning("%s: %s; a later tick tries again", what, error)
    except StorelinkError as error:  # its text is for people, and holds nobody's data
        log.error("%s failed: %s", what, error)
    except Exception as error:  # noqa: BLE001  Celery would log the values of variables
        log.error("%s failed: %s", what, trace(error))
