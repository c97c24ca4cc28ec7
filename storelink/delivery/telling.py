"""Telling those who watch what became of a message."""

from __future__ import annotations

from datetime import timedelta

from storelink.contracts.observing import Attempted, Observer, Settled
from storelink.outbox.steps import Step

UNTRIED = "unsent"
"""The step of a message whose channel went out of order just before it was tried."""


def tell_attempted(observe: Observer, step: Step, took: timedelta) -> None:
    """Tell how a channel answered, and how long it took; a clock may go back meanwhile."""
    row = step.row
    if step.outcome is not None and step.name != UNTRIED:
        seconds = max(took.total_seconds(), 0.0)
        channel = row.channel or ""
        observe(Attempted(row.store, channel, step.outcome, seconds, row.key, row.order_id))


def tell_settled(observe: Observer, step: Step) -> None:
    """Tell what was decided of a message that was not handed to a channel."""
    if step.outcome is None:
        observe(Settled(step.row.store, step.name, step.row.key, step.row.order_id))
