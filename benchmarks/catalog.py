"""Every figure: its name, what is measured, its floor, and what the ratio is to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from benchmarks import (
    claiming,
    delivering,
    memory,
    null_channel,
    planning,
    policy,
    receiving,
    recommending,
    starting,
)
from benchmarks.measure import MOST_WAITING, Bench, Figure


class Kind(StrEnum):
    """What a ratio says."""

    SHARE = "share"
    """Of the floor's throughput: more is better."""
    GROWTH = "growth"
    """Of time or memory, where there is more: 1 is flat, less is better."""
    START = "start"
    """Of a time, in units of another program's: less is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One figure.

    Attributes:
        what: what is measured.
        floor: what it is compared with.
        goal: what the ratio is to reach (`SHARE`), or to stay below.
        only_full: takes too long for a usual run.
    """

    name: str
    kind: Kind
    what: str
    floor: str
    measure: Callable[[Bench], Figure]
    goal: float | None = None
    only_full: bool = False


_TITLES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_IMPORTED = {"storelink": "storelink", "models": "storelink.models", "app": "storelink.app"}
_COMMANDS = {"help": ("--help",), "version": ("--version",), "worker_once": ("worker", "--once")}


def benchmarks() -> Sequence[Benchmark]:
    """Return all, in the order of the flow of data."""
    made = [one for database in _TITLES for one in _flow(database)]
    return [*made, _RENDER, _POLICY, *_growth(), *_starts()]


_RENDER = Benchmark(
    name="render",
    kind=Kind.SHARE,
    what="subject, text and HTML of a message written, on one core",
    floor="the same templates by bare Jinja2, without a sandbox or other languages",
    measure=delivering.render,
)
_POLICY = Benchmark(
    name="policy",
    kind=Kind.SHARE,
    what="decisions of the policy: a ground, an hour, and every reason with its source",
    floor="a table look-up and a look at the recipient's clock by hand",
    goal=0.1,
    measure=policy.decide,
)


def _flow(database: str) -> Iterator[Benchmark]:
    """What happens to each webhook and each message."""
    on = f"on {_TITLES[database]}"
    yield Benchmark(
        name=f"receive_{database}",
        kind=Kind.SHARE,
        what=f"webhook to events, {on}: verified, stored, absorbed, committed",
        floor="HMAC, JSON parse and one durable insert by hand",
        goal=0.4,
        measure=partial(receiving.receive, database=database),
    )
    yield Benchmark(
        name=f"repeat_{database}",
        kind=Kind.SHARE,
        what=f"a repeated webhook recognized, {on}",
        floor="HMAC, JSON parse and one look-up of its key by hand",
        measure=partial(receiving.repeat, database=database),
    )
    yield Benchmark(
        name=f"plan_{database}",
        kind=Kind.SHARE,
        what=f"marked order to message, {on}: hooks asked, outbox reconciled",
        floor=f"order read and parsed, message inserted by hand, {planning.A_COMMIT} a commit",
        measure=partial(planning.plan, database=database),
    )
    yield Benchmark(
        name=f"deliver_{database}",
        kind=Kind.SHARE,
        what=f"message to mail server, {on}: decided again, rendered, attempted, sent, settled",
        floor="the same mails by bare Jinja2 and bare smtplib on one connection",
        goal=0.6,
        measure=partial(delivering.deliver, database=database),
    )
    yield Benchmark(
        name=f"deliver_batched_{database}",
        kind=Kind.SHARE,
        what=f"the same, {delivering.A_COMMIT} attempts a commit",
        floor="the same mails by bare Jinja2 and bare smtplib on one connection",
        goal=0.6,
        measure=partial(
            delivering.deliver, database=database, attempts_per_commit=delivering.A_COMMIT
        ),
    )
    for workers in (1,) if database == "sqlite" else (1, 2, 4):
        yield _null(database, workers)


def _null(database: str, workers: int) -> Benchmark:
    processes = "one worker" if workers == 1 else f"{workers} workers"
    some = f"{null_channel.A_COMMIT} a commit"
    return Benchmark(
        name=f"null_channel_{database}" + (f"_{workers}" if database != "sqlite" else ""),
        kind=Kind.SHARE,
        what=f"decided and settled through a null channel, on {_TITLES[database]}, {processes}",
        floor=f"as many rows claimed and settled by hand, {some}, on one connection",
        measure=partial(null_channel.settle, database=database, workers=workers),
    )


def _growth() -> Iterator[Benchmark]:
    """What is to stay as it is, however much there is."""
    for database, title in _TITLES.items():
        for count, words in ((None, "1 million"), (MOST_WAITING, "10 million")):
            yield Benchmark(
                name=f"claim_{words.replace(' million', 'm')}_{database}",
                kind=Kind.GROWTH,
                what=f"one claim among {words} waiting messages, on {title}",
                floor="the same among 10 thousand",
                goal=2,
                measure=partial(claiming.claim, database=database, waiting=count),
                only_full=count is not None,
            )
    yield Benchmark(
        name="memory",
        kind=Kind.GROWTH,
        what="memory of a process that absorbs, plans and delivers, in the last quarter of a run",
        floor="the same in the first quarter",
        goal=1.2,
        measure=memory.flat,
    )
    yield Benchmark(
        name="recommend_memory",
        kind=Kind.GROWTH,
        what="largest size of a process that counts what was bought together, on SQLite",
        floor=f"the same with {recommending.FEWER} times fewer order lines",
        goal=2,
        measure=recommending.memory,
    )


def _starts() -> Iterator[Benchmark]:
    """What a program that uses storelink waits for."""
    for name, module in _IMPORTED.items():
        yield Benchmark(
            name=f"import_{name}",
            kind=Kind.START,
            what=f"`import {module}`",
            floor="`import pydantic`",
            measure=partial(starting.importing, module=module),
        )
    for name, words in _COMMANDS.items():
        yield Benchmark(
            name=f"cli_{name}",
            kind=Kind.START,
            what=f"`storelink {' '.join(words)}` from start to end",
            floor='`python -c "import pydantic"`',
            measure=partial(starting.command, words=words),
        )
