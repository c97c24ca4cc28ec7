"""What went over the network while the demo ran, and what went wrong there. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storelink.intake import SweepReport

_FAILED = ("unavailable", "throttled", "cut", "lost")


@dataclass(frozen=True, slots=True)
class WebhookCounts:
    """What became of webhooks.

    Attributes:
        received: requests that arrived, repeats included.
        duplicates: those of them that had arrived before.
        doubled: how many were sent twice for no reason.
        lost: how many never arrived.
        kept: how many nobody understood.
        ignored: how many are of no use to storelink.
    """

    received: int
    duplicates: int
    doubled: int
    lost: int
    kept: int
    ignored: int


@dataclass(frozen=True, slots=True)
class CallCounts:
    """Calls of the platforms' APIs.

    Attributes:
        made: every attempt.
        failed: those that came to nothing, or whose answer did not arrive whole.
    """

    made: int
    failed: int

    @classmethod
    def of(cls, outcomes: Iterable[Mapping[str, int]]) -> CallCounts:
        """Add up what each sandbox counted."""
        total: Counter[str] = Counter()
        for counted in outcomes:
            total.update(counted)
        return cls(total.total(), sum(total[name] for name in _FAILED))


@dataclass(frozen=True, slots=True)
class SweepCounts:
    """What came of sweeps.

    Attributes:
        made: every sweep of one store.
        failed: those that did not come to their end, and were made up for by a later one.
        events: facts that the stores' lists told, and no webhook before.
        repaired: subscriptions that had to be put right.
    """

    made: int
    failed: int
    events: int
    repaired: int

    @classmethod
    def of(cls, reports: Iterable[SweepReport]) -> SweepCounts:
        """Add up what each sweep reported."""
        every = list(reports)
        return cls(
            made=len(every),
            failed=sum(bool(report.problems) for report in every),
            events=sum(report.events for report in every),
            repaired=sum(len(report.webhooks) for report in every),
        )
