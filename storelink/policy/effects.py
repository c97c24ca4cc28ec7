"""What a rule may ask: a ground, hours, something in the message, a cap, an end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from storelink.policy.hours import Hours
from storelink.policy.question import Basis, Need

RANK = {Basis.REFUSED: -1, Basis.NONE: 0, Basis.PURCHASE: 1, Basis.CONSENT: 2, Basis.CONFIRMED: 3}
"""How much a basis is worth: what suffices for little does not suffice for more."""

WORDS = {
    Basis.REFUSED: "a refusal",
    Basis.NONE: "nothing",
    Basis.PURCHASE: "a purchase",
    Basis.CONSENT: "consent",
    Basis.CONFIRMED: "confirmed consent",
}


@dataclass(frozen=True, slots=True)
class Grounds:
    """On what ground a message may be sent.

    Attributes:
        basis: the weakest one that suffices.
        months: how long a purchase counts; `None` for as long as nobody objects.
    """

    basis: Basis
    months: int | None = None

    def __str__(self) -> str:
        if self.basis is Basis.NONE:
            return "no consent needed"
        within = f" within {self.months} months" if self.months else ""
        more = " or consent" if self.basis is Basis.PURCHASE else ""
        return f"{WORDS[self.basis]}{within}{more} needed"


@dataclass(frozen=True, slots=True)
class Needs:
    """What a message must bring along.

    Attributes:
        spares: whoever gave at least that basis is spared.
    """

    needs: frozenset[Need]
    spares: Basis | None = None

    def __str__(self) -> str:
        spared = f", unless there is {WORDS[self.spares]}" if self.spares else ""
        return f"the message needs {', '.join(sorted(self.needs))}{spared}"


@dataclass(frozen=True, slots=True)
class Cap:
    """At most *count* messages in any *period*."""

    count: int
    period: timedelta

    def __str__(self) -> str:
        return f"at most {self.count} in {self.period // timedelta(hours=1)} hours"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal of a class ends it."""

    def __str__(self) -> str:
        return "a refusal ends it"


Effect = Grounds | Hours | Needs | Cap | Refusal
