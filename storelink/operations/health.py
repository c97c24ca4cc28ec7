"""How well the work goes on: how old the oldest work of each stage is, and what needs a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from storelink.contracts.manifest import Capability
from storelink.contracts.store import StoreAdapter
from storelink.intake.receive import MAX_ATTEMPTS
from storelink.intake.sweep import SWEPT
from storelink.loop import FLOW
from storelink.operations.privacy import BEGUN
from storelink.storage import Database
from storelink.storage.health import StoreFigures
from storelink.storage.holds import EVERY
from storelink.storage.rows import SwitchRow


class Status(StrEnum):
    """`OK`; `WARN`, somebody should look; `FAIL`, messages do not go out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From when on something is a problem.

    Attributes:
        late: a stage whose oldest work is older is late: a warning.
        stuck: one whose oldest work is this old is stuck: a failure. A store that does not let
            itself be read is never more than a warning, for it is not our failure.
        unswept: a store that was not swept for so long; `None` if nobody sweeps.
        silent: a store that sent webhooks, but none for so long; `None` for stores without custom.
        in_doubt: so many messages in doubt.
        kept: so many webhooks that were not understood.
        failed: so many messages that failed *lately*.
        erasing: an erasure that was begun so long ago, and has not come to its end.
        lately: how long ago a failure is a late one.
    """

    late: timedelta = timedelta(minutes=5)
    stuck: timedelta = timedelta(minutes=30)
    unswept: timedelta | None = timedelta(hours=2)
    silent: timedelta | None = timedelta(days=7)
    in_doubt: int = 1
    kept: int = 1
    failed: int = 10
    erasing: timedelta = timedelta(minutes=30)
    lately: timedelta = timedelta(days=1)


def limits_for(sweep_every: timedelta | None) -> Limits:
    """Return the limits that fit how often stores are swept; `None` for never."""
    limits = Limits()
    if sweep_every is None or limits.unswept is None:
        return replace(limits, unswept=None)
    return replace(limits, unswept=max(limits.unswept, 2 * sweep_every))


@dataclass(frozen=True, slots=True)
class Problem:
    """What is not as it should be, in a sentence.

    Attributes:
        code: the same for the same kind of problem, for example `"deliver-stuck"`.
        store: whose it is; `None` if it is everybody's.
    """

    level: Status
    code: str
    detail: str
    store: str | None = None


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """How well the work for one store goes on. Ages are in seconds.

    Attributes:
        lag: the age of the oldest work that waits for each stage; 0 if none waits. A message that
            a worker has leased does not wait for `deliver`.
        oldest_due: the age of the oldest due message, be it leased or not; 0 if none is due.
        in_doubt: messages of which nobody knows whether they were sent.
        failed: messages that will never be accepted; counted up to 10,000, as the others are.
        failed_lately: those of them that failed lately.
        kept: webhooks that were not understood.
        webhook_silence: since when no webhook came; `None` if none is known.
        sweep_age: since when no sweep came to its end; `None` if none ever did.
        erasing: since when the oldest erasure is under way; 0 if none is.
        uninstalled: the store took the app off.
    """

    store: str
    lag: Mapping[str, float]
    oldest_due: float
    in_doubt: int
    failed: int
    failed_lately: int
    kept: int
    webhook_silence: float | None
    sweep_age: float | None
    erasing: float
    uninstalled: bool


@dataclass(frozen=True, slots=True)
class Health:
    """How well the work goes on, over all stores. It holds no personal data.

    Attributes:
        at: when it was looked at (UTC).
        schema: the revision of the database's schema.
        problems: what is not as it should be, the worst first.
    """

    at: datetime
    schema: str
    stores: tuple[StoreHealth, ...]
    problems: tuple[Problem, ...] = field(default=())

    @property
    def status(self) -> Status:
        """The level of the worst problem."""
        return self.problems[0].level if self.problems else Status.OK

    @property
    def lag(self) -> dict[str, float]:
        """The age in seconds of the oldest work that waits for each stage; 0 if none waits."""
        return {stage: max((one.lag[stage] for one in self.stores), default=0.0) for stage in FLOW}

    @property
    def oldest_due(self) -> float:
        """The age in seconds of the oldest due message; 0 if none is due."""
        return max((one.oldest_due for one in self.stores), default=0.0)

    @property
    def in_doubt(self) -> int:
        """How many messages are in doubt."""
        return sum(one.in_doubt for one in self.stores)

    @property
    def failed(self) -> int:
        """How many messages failed."""
        return sum(one.failed for one in self.stores)

    @property
    def kept(self) -> int:
        """How many webhooks were not understood."""
        return sum(one.kept for one in self.stores)

    @property
    def uninstalled(self) -> tuple[str, ...]:
        """The stores that took the app off."""
        return tuple(one.store for one in self.stores if one.uninstalled)

    def summary(self) -> dict[str, Any]:
        """Return it as JSON values, without the names of stores: for whoever may ask."""
        return {
            "status": self.status.value,
            "at": self.at.isoformat(timespec="seconds"),
            "schema": self.schema,
            "oldest_due": self.oldest_due,
            "lag": self.lag,
            "in_doubt": self.in_doubt,
            "failed": self.failed,
            "kept": self.kept,
            "uninstalled": len(self.uninstalled),
            "problems": sorted({one.code for one in self.problems}),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        return {
            **self.summary(),
            "problems": [asdict(one) for one in self.problems],
            "stores": [asdict(one) for one in self.stores],
        }


def look(
    database: Database,
    adapters: Mapping[str, StoreAdapter],
    now: datetime,
    *,
    handlers: Sequence[str] = (),
    limits: Limits | None = None,
) -> Health:
    """Look at the work for the stores of *adapters*; changes nothing.

    Raises:
        StorageUnavailable: the database cannot be read.
    """
    limits = limits or Limits()
    with database.read() as tx:
        schema = tx.figures.schema()
        found = tx.figures.of_stores(
            list(adapters),
            now,
            handlers=handlers,
            tries=MAX_ATTEMPTS,
            swept=SWEPT,
            erasing=BEGUN,
            lately=limits.lately,
        )
        switches = tx.switches.all()
    stores: list[StoreHealth] = []
    problems = [_off(one) for one in switches if one.store in (EVERY, *adapters)]
    for figures in found:
        able = adapters[figures.store].manifest.capabilities
        store = _store(figures, now, can_read=Capability.READ in able)
        stores.append(store)
        problems += _problems(store, limits)
        if Capability.LIST in able and not store.uninstalled:
            problems += _unswept(figures, now, limits.unswept)
    worst_first = sorted(problems, key=lambda one: one.level is not Status.FAIL)
    return Health(now, schema, tuple(stores), tuple(worst_first))


def _store(figures: StoreFigures, now: datetime, *, can_read: bool) -> StoreHealth:
    is_read = can_read and figures.uninstalled_at is None
    since = {stage: getattr(figures, stage) for stage in FLOW}
    since["read"] = figures.read if is_read else None
    return StoreHealth(
        store=figures.store,
        lag={stage: _age(time, now) or 0.0 for stage, time in since.items()},
        oldest_due=_age(figures.due, now) or 0.0,
        in_doubt=figures.in_doubt,
        failed=figures.failed,
        failed_lately=figures.failed_lately,
        kept=figures.kept,
        webhook_silence=_age(figures.webhook_at, now),
        sweep_age=_age(figures.swept_at, now),
        erasing=_age(figures.erasing, now) or 0.0,
        uninstalled=figures.uninstalled_at is not None,
    )


def _age(time: datetime | None, now: datetime) -> float | None:
    """Return how long ago *time* was, in seconds; a clock may have gone back since."""
    return None if time is None else max((now - time).total_seconds(), 0.0)


_COUNTED = (
    ("in_doubt", "in_doubt", "messages are in doubt"),
    ("failed_lately", "failed", "messages failed lately"),
    ("kept", "kept", "webhooks were not understood"),
)
"""Figure, limit, and what a number of them is called."""


def _problems(store: StoreHealth, limits: Limits) -> Iterator[Problem]:
    name = store.store
    for stage in FLOW:
        yield from _lagging(name, stage, timedelta(seconds=store.lag[stage]), limits)
    for figure, limit, what in _COUNTED:
        number = getattr(store, figure)
        if number >= max(getattr(limits, limit), 1):
            code = figure.replace("_", "-")
            yield Problem(Status.WARN, code, f"{number} {what}", name)
    erasing = timedelta(seconds=store.erasing)
    if erasing > limits.erasing:
        minutes = erasing // timedelta(minutes=1)
        told = f"an erasure is under way for {minutes} minutes; its log says what is in its way"
        yield Problem(Status.WARN, "erasing", told, name)
    if store.uninstalled:
        yield Problem(Status.WARN, "uninstalled", "the store took the app off", name)
        return
    silence = timedelta(seconds=store.webhook_silence or 0.0)
    if limits.silent is not None and silence > limits.silent:
        yield Problem(Status.WARN, "silent", f"no webhook came for {silence.days} days", name)


def _off(switch: SwitchRow) -> Problem:
    """Tell of what somebody switched off and may have forgotten."""
    what = "everything" if switch.hook == EVERY else f"hook {switch.hook}"
    told = f"{what} is switched off since {switch.off_at:%Y-%m-%d %H:%M} UTC: {switch.why}"
    store = None if switch.store == EVERY else switch.store
    return Problem(Status.WARN, "switched-off", told, store)


def _lagging(name: str, stage: str, lag: timedelta, limits: Limits) -> Iterator[Problem]:
    if lag <= limits.late:
        return
    minutes = lag // timedelta(minutes=1)
    if lag < limits.stuck or stage == "read":
        what = f"the oldest work for {stage} has waited for {minutes} minutes"
        yield Problem(Status.WARN, f"{stage}-late", what, name)
    else:
        what = f"nothing goes through {stage}: the oldest work has waited for {minutes} minutes"
        yield Problem(Status.FAIL, f"{stage}-stuck", what, name)


def _unswept(figures: StoreFigures, now: datetime, most: timedelta | None) -> Iterator[Problem]:
    """Tell of a store that nobody sweeps; a new one has its time, too."""
    known = figures.swept_at or figures.connected_at
    if most is not None and figures.swept_at is None and known < now - most:
        yield Problem(Status.WARN, "unswept", "the store was never swept", figures.store)
    elif most is not None and known < now - most:
        what = f"last swept at {known:%Y-%m-%d %H:%M} UTC"
        yield Problem(Status.WARN, "unswept", what, figures.store)
