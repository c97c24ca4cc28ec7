"""Working: the worker's loop, one run, and single stages for those who dispatch them."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial

from storelink.clock import Clock
from storelink.contracts.store import StoreAdapter
from storelink.delivery import Relay
from storelink.errors import ConfigError, UnknownStore
from storelink.hooks.calls import Caller
from storelink.hooks.planner import Planner
from storelink.hooks.registry import Registry
from storelink.intake import Caretaker, Receiver, StoreReader, Tries, handing
from storelink.intake.handing import Job
from storelink.intake.lanes import Lane
from storelink.intake.rounds import Rounds
from storelink.loop import (
    FLOW,
    RunReport,
    Stage,
    beside,
    kept,
    rest,
    run,
    run_until_idle,
    until_signal,
)
from storelink.operations.bouncing import Bouncing
from storelink.operations.resuming import Resuming
from storelink.outbox.life import Lease, Outbox
from storelink.storage import Database
from storelink.storage.bell import Bell

STAGES = (*FLOW, "sweep")
"""What a worker does for a store, in the order of the flow of data."""
POLL = timedelta(seconds=30)
"""How long an idle worker waits at most, should nothing ring."""

Stop = Callable[[], bool]


class Working:
    """The part of `Storelink` that works."""

    clock: Clock
    _stores: Mapping[str, StoreAdapter]
    _database: Database
    _registry: Registry
    _receiver: Receiver
    _reader: StoreReader
    _caretaker: Caretaker
    _planner: Planner
    _caller: Caller
    _outbox: Outbox
    _relay: Relay
    _lease: Lease
    _tries: Tries
    _resuming: Resuming
    _bouncing: Bouncing
    _sweep_every: timedelta | None

    def run_once(self) -> RunReport:
        """Absorb, read, plan, call and deliver until nothing is left to do now.

        Raises:
            RuntimeError: a hook or the like makes the same work for ever.
        """
        report, names, tries = RunReport(), list(self._stores), Tries()
        stages = self._stages(report, names, tries)
        with self._alive():
            run_until_idle(list(stages.values()), left=self._left)
        return report

    def run(self, *, poll: timedelta = POLL) -> None:
        """Work, and sweep the stores, until SIGINT or SIGTERM.

        Any number of workers may do so on one database. What was begun is finished first, except
        with a store that hangs; the rest is left to others at once. The stores are read and swept
        beside the other work: a store that is slow holds up no message of another one.

        Args:
            poll: how long to wait at most for something to do. What comes in, and what becomes
                due, is noticed earlier by itself.
        """
        with until_signal() as stopped:
            lanes = self._caretaker.lanes()
            works: list[Callable[[], None]] = [partial(lane.run, stopped) for lane in lanes]
            works += self._caretaker.sweeps(self._sweep_every, stopped)
            if self._bouncing.can_read:
                works.append(partial(self._bouncing.run, stopped))
            with self._database.bell() as bell, self._alive(), beside(works, stopped=stopped):
                run(
                    partial(self._asking, lanes, stopped.is_set),
                    stopped=stopped,
                    rest=partial(self._rest, bell, stopped, poll),
                )

    def work(self, stage: str, store: str, *, stop: Stop = lambda: False) -> int:
        """Do the work of one stage for one store, and return how much was done.

        For those who dispatch what `hand_out` returns. It claims for itself: asked for twice, or
        in vain, it finds nothing to do.

        Args:
            stage: one of `storelink.working.STAGES`.
            store: the store's name.
            stop: says when to stop although more is left.

        Raises:
            ConfigError: there is no such stage.
            UnknownStore: no store has that name.
            StorageUnavailable: try again later.
        """
        self._check([stage], [store])
        self._relay.settle()
        with self._database.write() as tx:
            handing.begin(tx, (stage, store))
        with self._alive():
            if stage == "sweep":
                return self._sweep_if_due(store)
            self._tries = self._tries.later(self.clock.now())
            one, done = self._stages(RunReport(), [store], self._tries, stop=stop)[stage], 0
            while worked := one():
                done += worked
                if stop():
                    break
        if stage == "read" and not done:  # it rests, or another one reads it
            with self._database.write() as tx:
                handing.hand_out(tx, [(stage, store)], self.clock.now())
        return done

    def hand_out(
        self, *, stages: Collection[str] = STAGES, stores: Collection[str] | None = None
    ) -> list[Job]:
        """Return what is to be done now, as pairs of a stage and a store, for `work`.

        Each pair is returned once, until its work is begun or a minute is over: whoever asks often
        fills no queue. To ask costs the same whatever waits.

        Args:
            stages: only these.
            stores: only these; by default all.

        Raises:
            ConfigError: there is no such stage.
            UnknownStore: no store has that name.
            StorageUnavailable: try again later.
        """
        names = list(self._stores) if stores is None else list(stores)
        self._check(stages, names)
        self._relay.settle()
        now = self.clock.now()
        with self._database.read() as tx:
            found = tx.due.open(names, now, handlers=list(self._registry.handlers))
        open_to = {stage: [one.store for one in found if getattr(one, stage)] for stage in FLOW}
        if "call" in stages:
            open_to["call"] = sorted({*open_to["call"], *self._resuming.interrupted(names)})
        if "sweep" in stages and self._rounds is not None:
            open_to["sweep"] = self._rounds.due(names)
        jobs = [(stage, one) for stage in STAGES if stage in stages for one in open_to[stage]]
        return self._handed(jobs, now) if jobs else []

    def next_due(self) -> datetime | None:
        """Return when there will be work again, if nothing comes in; `None` for never."""
        with self._database.read() as tx:
            times = [
                tx.plans.next_due(list(self._stores)),
                tx.calls.next_due(list(self._registry.handlers), list(self._stores)),
                tx.messages.next_due(list(self._stores)),
            ]
        return min((time for time in times if time is not None), default=None)

    def _handed(self, jobs: Sequence[Job], now: datetime) -> list[Job]:
        with self._database.read() as tx:
            mine = handing.not_handed_out(tx, jobs, now)
        if mine:
            with self._database.write() as tx:
                handing.hand_out(tx, mine, now)
        return mine

    def _check(self, stages: Iterable[str], stores: Iterable[str]) -> None:
        for stage in stages:
            if stage not in STAGES:
                raise ConfigError(f"no stage is called {stage!r}; there are {', '.join(STAGES)}")
        for store in stores:
            if store not in self._stores:
                raise UnknownStore(store, tuple(self._stores))

    def _stages(
        self,
        report: RunReport,
        stores: list[str],
        tries: Tries,
        *,
        stop: Stop = lambda: False,
    ) -> dict[str, Stage]:
        """Return the stages for *stores*, by name, in the order of the flow of data."""
        called = report.counting("called", lambda: self._caller.run_once(stores, stop=stop))
        return {
            "absorb": report.counting(
                "absorbed", lambda: self._receiver.absorb_waiting(stores=stores)
            ),
            "read": report.counting("read", lambda: self._reader.read_open(tries, stores=stores)),
            "plan": report.counting("planned", lambda: self._planner.run_once(stores)),
            "call": lambda: self._resuming.run_once(stores) + called(),
            "deliver": lambda: report.add(self._relay.run_once(stores, stop=stop).outcomes),
        }

    def _asking(self, lanes: Sequence[Lane], stop: Stop) -> Sequence[Stage]:
        """Return the stages of the worker's loop: it lets others read."""

        def ask() -> int:
            with self._database.read() as tx:
                open_ones = tx.due.to_read(list(self._stores))
            for lane in lanes:
                lane.ask(open_ones)
            return 0

        stages = self._stages(RunReport(), list(self._stores), Tries(), stop=stop)
        return list({**stages, "read": ask}.values())

    def _rest(self, bell: Bell, stopped: threading.Event, poll: timedelta) -> None:
        due = self.next_due()
        due_in = None if due is None else due - self.clock.now()
        rest(bell.wait, stopped=stopped, poll=poll, due_in=due_in)

    def _alive(self) -> AbstractContextManager[None]:
        """Keep this worker's leases during the block."""

        def keep() -> None:
            self._outbox.keep(self.clock.now())
            self._caller.keep()

        return kept(keep, every=self._lease.duration / 3)

    def _left(self) -> int:
        handlers = list(self._registry.handlers)
        with self._database.read() as tx:
            return tx.due.left(list(self._stores), self.clock.now(), handlers=handlers)

    @functools.cached_property
    def _rounds(self) -> Rounds | None:
        if self._sweep_every is None:
            return None
        return self._caretaker.rounds(self._sweep_every, threading.Event())

    def _sweep_if_due(self, store: str) -> int:
        if self._rounds is None or store not in self._rounds.due([store]):
            return 0
        self._rounds.visit(store)
        return 1
