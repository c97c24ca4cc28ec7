"""Holding a person's messages back while something is open that no platform tells of.

A support case, for example. What the order needs goes on; everything else waits. A hold is kept by
the keyed hash of the address, like everything else that is remembered of people.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from storelink.consent.addresses import Addresses
from storelink.consent.replanning import replan
from storelink.storage import Transaction
from storelink.storage.wills import HELD


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a person's messages wait, and until when; `None` until somebody lets them go."""

    why: str
    until: datetime | None = None


def hold(
    tx: Transaction, addresses: Addresses, store: str, address: str, one: Hold, now: datetime
) -> None:
    """Hold a person's messages back, beside what holds them already.

    Raises:
        ValueError: there is no address.
    """
    hashed = _known(addresses, address)
    tx.lock(f"{store}/{HELD}{hashed}")
    before = holding(tx, store, [hashed], now).get(hashed, [])
    _keep(tx, store, hashed, [*(was for was in before if was.why != one.why), one], now)


def let_go(
    tx: Transaction, addresses: Addresses, store: str, address: str, why: str | None, now: datetime
) -> bool:
    """End the hold of that reason, or every one; say whether there was any.

    What waited for it is looked at once more.

    Raises:
        ValueError: there is no address.
    """
    hashed = _known(addresses, address)
    tx.lock(f"{store}/{HELD}{hashed}")
    before = holding(tx, store, [hashed], now).get(hashed, [])
    left = [one for one in before if why is not None and one.why != why]
    _keep(tx, store, hashed, left, now)
    replan(tx, store, [address], now)
    return len(left) < len(before)


def holding(
    tx: Transaction, store: str, hashes: Collection[str], now: datetime
) -> dict[str, list[Hold]]:
    """Return what holds back the messages of some people now, by the hash of the address."""
    found = tx.positions.some(store, [f"{HELD}{one}" for one in hashes])
    holds = {name.removeprefix(HELD): _read(told) for name, told in found.items()}
    return {
        hashed: stands
        for hashed, some in holds.items()
        if (stands := [one for one in some if one.until is None or now < one.until])
    }


def _known(addresses: Addresses, address: str) -> str:
    hashed = addresses.of(address)
    if hashed is None:
        raise ValueError("no address, nobody to hold messages of")
    return hashed


def _keep(tx: Transaction, store: str, hashed: str, holds: Collection[Hold], now: datetime) -> None:
    name = f"{HELD}{hashed}"
    if not holds:
        tx.positions.delete(store, name)
        return
    told = {one.why: one.until.isoformat() if one.until else None for one in holds}
    tx.positions.put(store, name, told, now=now)


def _read(told: dict[str, str | None]) -> list[Hold]:
    return [
        Hold(why, datetime.fromisoformat(until) if until else None) for why, until in told.items()
    ]
