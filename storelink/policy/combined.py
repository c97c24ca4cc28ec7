"""All rules about one kind of message together: the strictest of each kind stands."""

from __future__ import annotations

import calendar
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import and_

from storelink.policy.effects import RANK, WORDS, Cap, Effect, Grounds, Needs, Refusal
from storelink.policy.hours import Hours
from storelink.policy.question import Basis, Cited, Need, Outcome, Ruling, Standing

_LAPSED = "a purchase, too long ago"


@dataclass(frozen=True)
class Combined:
    """What all rules together ask of one kind of message to one place.

    Attributes:
        ground: the strictest ground, and the rule that asks for it; `None` if any will do.
        hours: when it may arrive by all rules; `None` at any time.
        hour_rules: the hours that each rule allows.
        needs: what rules ask to be in the message.
        caps: the strictest cap for each period.
        refusal: the rule by which a refusal counts.
        notes: what else a ruling has to tell: that a place is unknown, that a rule is overridden.
    """

    ground: tuple[Grounds, Cited] | None
    hours: Hours | None
    hour_rules: tuple[tuple[Hours, Cited], ...]
    needs: tuple[tuple[Needs, Cited], ...]
    caps: tuple[tuple[Cap, Cited], ...]
    refusal: Cited | None
    notes: tuple[Cited, ...]
    _rulings: dict[tuple[Basis, bool], Ruling] = field(
        default_factory=dict, init=False, repr=False, compare=False, hash=False
    )

    @classmethod
    def of(cls, rules: Iterable[tuple[Effect, Cited]], notes: Sequence[Cited] = ()) -> Combined:
        """Put rules together."""
        rules = list(rules)
        grounds = [(one, why) for one, why in rules if isinstance(one, Grounds)]
        hours = tuple((one, why) for one, why in rules if isinstance(one, Hours))
        return cls(
            ground=max(grounds, key=lambda rule: _strictness(rule[0]), default=None),
            hours=reduce(and_, (one for one, _ in hours)) if hours else None,
            hour_rules=hours,
            needs=tuple((one, why) for one, why in rules if isinstance(one, Needs)),
            caps=_strictest([(one, why) for one, why in rules if isinstance(one, Cap)]),
            refusal=next((why for one, why in rules if isinstance(one, Refusal)), None),
            notes=tuple(notes),
        )

    def on_standing(self, standing: Standing, at: datetime) -> Ruling:
        """Say whether a person who stands so may get such a message, at whatever hour."""
        basis = standing.basis
        lapsed = False
        if basis is Basis.PURCHASE and self.ground is not None and self.ground[0].months:
            bought, months = standing.at, self.ground[0].months
            lapsed = bought is None or _months_after(bought, months) <= at
        key = (basis, lapsed)
        found = self._rulings.get(key)
        if found is None:
            found = self._rulings[key] = self._rule(basis, is_lapsed=lapsed)
        return found

    def _rule(self, basis: Basis, *, is_lapsed: bool) -> Ruling:
        if basis is Basis.REFUSED:
            return self._suppressed(self.refusal)
        if self.ground is not None:
            asked, cited = self.ground
            if is_lapsed or RANK[basis] < RANK[asked.basis]:
                known = _LAPSED if is_lapsed else WORDS[basis]
                needed = WORDS[Basis.CONSENT if is_lapsed else asked.basis]
                return self._suppressed(_because(cited, f"Needed: {needed}; known: {known}."))
        reasons = [self.ground[1]] if self.ground is not None else []
        needs: frozenset[Need] = frozenset()
        for asked_for, cited in self.needs:
            if not asked_for.needs <= needs and not _is_spared(asked_for, basis):
                needs |= asked_for.needs
                reasons.append(cited)
        return Ruling(Outcome.SEND, reasons=(*reasons, *self.notes), needs=needs)

    def _suppressed(self, cited: Cited | None) -> Ruling:
        reasons = (*([cited] if cited is not None else []), *self.notes)
        return Ruling(Outcome.SUPPRESS, reasons=reasons)


def _because(cited: Cited, more: str) -> Cited:
    return replace(cited, why=f"{cited.why} {more}")


def _is_spared(needs: Needs, basis: Basis) -> bool:
    return needs.spares is not None and RANK[basis] >= RANK[needs.spares]


def _strictness(ground: Grounds) -> tuple[int, float]:
    """Return a larger value for a stricter ground: more asked, or good for a shorter time."""
    return RANK[ground.basis], -(ground.months or math.inf)


def _strictest(caps: Iterable[tuple[Cap, Cited]]) -> tuple[tuple[Cap, Cited], ...]:
    """Return the smallest cap for each period, the shortest period first."""
    found: dict[timedelta, tuple[Cap, Cited]] = {}
    for cap, cited in caps:
        if cap.period not in found or cap.count < found[cap.period][0].count:
            found[cap.period] = (cap, cited)
    return tuple(found[period] for period in sorted(found))


def _months_after(at: datetime, months: int) -> datetime:
    """Return the same day some months later; in a shorter month, its last day."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return at.replace(year=year, month=month + 1, day=min(at.day, last))
