"""The budget of each person: what may still go to them, by the shop's limits and the law's caps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from storelink.consent.addresses import Addresses
from storelink.consent.budgets import Wanted, reserve_all
from storelink.contracts.hook import Reason
from storelink.delivery.judging import Case, class_of, is_needed
from storelink.models.contact import Address
from storelink.policy.budget import Limit, Limits
from storelink.policy.countries import code_of
from storelink.policy.rulebook import Rulebook
from storelink.policy.verdict import Wait
from storelink.policy.zones import subdivision
from storelink.storage import Database


class Spending:
    """Reserves places, many at once. What is reserved stops counting if its message does not go.

    Args:
        database: where the budgets are.
        addresses: hashes people.
        rulebook: whose caps hold beside the limits.
        limits: the shop's own.
    """

    def __init__(
        self, database: Database, addresses: Addresses, rulebook: Rulebook, limits: Limits
    ) -> None:
        self._database, self._addresses = database, addresses
        self._rulebook, self._limits = rulebook, limits

    def late(self, store: str, cases: Sequence[Case], now: datetime) -> dict[int, Wait]:
        """Reserve a place for each message; return until when those wait that get none.

        Returns:
            by the id of the message's row.
        """
        first = sorted(cases, key=lambda case: case.when(now))
        wanted = [(case, one) for case in first if (one := self._wanted(case)) is not None]
        if not wanted:
            return {}
        with self._database.write() as tx:  # all people are locked at once, in one order
            times = reserve_all(tx, store, [one for _, one in wanted], self._limits, now)
        return {
            case.row.id: Wait(until, Reason.TOO_MANY)
            for (case, _), until in zip(wanted, times, strict=True)
            if until is not None
        }

    def _wanted(self, case: Case) -> Wanted | None:
        """Return what a message asks of the budget; `None` if it is exempt."""
        if is_needed(case):
            return None
        to = case.recipient
        person = self._addresses.person(to.contact, to.customer_id)
        if person is None:
            return None
        caps = self._caps(case)
        return Wanted(case.row.key, person, class_of(case), case.medium, caps, case.at)

    def _caps(self, case: Case) -> Limits:
        """Return what the law lets a person get, whichever channel it comes by."""
        kind = class_of(case)
        caps = self._rulebook.caps(*place_of(case.recipient.address), kind, case.medium)
        return tuple(Limit(frozenset({kind}), cap.count, cap.period) for cap, _ in caps)


def place_of(home: Address) -> tuple[str | None, str | None]:
    """Return the country that a person is in, and the part of it."""
    country = code_of(home.country)
    return country, subdivision(country, home.region, home.postcode)
