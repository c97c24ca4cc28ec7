"""What was handed out to be worked on and is not begun yet: nobody is asked twice at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from storelink.storage import Transaction

Job = tuple[str, str]
"""A stage and a store."""

AGAIN_AFTER = timedelta(minutes=1)
"""What was handed out and is not begun by then was lost: it is handed out again."""


def not_handed_out(tx: Transaction, jobs: Sequence[Job], now: datetime) -> list[Job]:
    """Return those *jobs* that nobody was asked for."""
    held = {
        (stage, store): value
        for stage, stores in _by_stage(jobs).items()
        for store, value in tx.positions.named(_name(stage), stores).items()
    }
    return [job for job in jobs if job not in held or _is_over(held[job], now)]


def hand_out(tx: Transaction, jobs: Iterable[Job], now: datetime) -> None:
    """Note that somebody is asked to do *jobs*."""
    value = {"until": (now + AGAIN_AFTER).isoformat()}
    for stage, stores in _by_stage(jobs).items():
        tx.positions.put_for(stores, _name(stage), value, now=now)


def begin(tx: Transaction, job: Job) -> None:
    """Note that *job* is begun: what comes up from now on is to be handed out anew."""
    stage, store = job
    tx.positions.delete(store, _name(stage))


def _by_stage(jobs: Iterable[Job]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for stage, store in jobs:
        found[stage].append(store)
    return found


def _name(stage: str) -> str:
    return f"handed-out/{stage}"


def _is_over(held: dict[str, str], now: datetime) -> bool:
    """Say so also of what was noted while a clock was wrong."""
    return not now < datetime.fromisoformat(held["until"]) <= now + AGAIN_AFTER
