"""Addresses that must not be written to: they do not exist, or their people do not want it.

An address is suppressed, whoever uses it: a guest, an account, or both. Beside the ledger there
is this list, because not everything that stands against a message is something that a person
said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from storelink.clock import Clock
from storelink.consent.addresses import Addresses, open_addresses
from storelink.consent.replanning import replan
from storelink.consent.standing import EVERY
from storelink.models.enums import MessageClass
from storelink.storage import Database, SuppressionRow, Transaction


class Why(StrEnum):
    """Why an address is suppressed."""

    HARD_BOUNCE = "hard_bounce"
    """Nobody gets what is sent there."""
    BY_HAND = "by_hand"
    """The shop wants it so."""
    COMPLAINT = "complaint"
    """The person told the mail provider that it was unwanted."""
    OPT_OUT = "opt_out"
    """The person told the provider of the channel to stop."""
    ERASED = "erased"
    """The person was forgotten."""


COVERS_ALL = frozenset({Why.HARD_BOUNCE, Why.BY_HAND})
"""The reasons that stand against what an order needs, too.

Of the others, only `ERASED` can meet such a message: whoever comes back with a new order is told
of it. Whoever complained is told what the order needs, too, but nothing that the shop would like.
"""


class Look(NamedTuple):
    """Is an address suppressed for messages of a class on a channel?"""

    address: str | None
    channel: str
    message_class: MessageClass


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Why an address is, since when, and where that is known from."""

    why: Why
    at: datetime
    source: str


class SuppressionList:
    """The addresses that must not be written to.

    Args:
        database: where they are kept.
        clock: the clock.
        addresses: hashes addresses; by default with the key that the database keeps.
    """

    def __init__(
        self, database: Database, clock: Clock, addresses: Addresses | None = None
    ) -> None:
        self._database, self._clock = database, clock
        self.addresses = addresses or open_addresses(database, clock)

    def suppress(
        self,
        store: str,
        address: str,
        why: Why,
        *,
        source: str,
        channel: str = EVERY,
        at: datetime | None = None,
    ) -> None:
        """Suppress an address. Doing it again changes nothing.

        Args:
            store: the store's name.
            address: an e-mail address, or a phone number in E.164 form.
            why: the reason.
            source: where it is known from, for people: `"smtp"`, `"support"`.
            channel: the channel, by default every one.
            at: since when, by default just now.

        Raises:
            ValueError: there is no address.
            StorageUnavailable: it could not be remembered.
        """
        since = at or self._clock.now()
        with self._database.write() as tx:
            suppress(tx, self.addresses, store, [address], why, source, since, channel=channel)

    def lift(self, store: str, address: str, why: Why, *, at: datetime | None = None) -> bool:
        """Let an address be written to again, as far as that reason goes; say if it was one.

        Args:
            store: the store's name.
            address: an e-mail address, or a phone number in E.164 form.
            why: the reason that is no more, on every channel.
            at: since when, by default just now.

        Raises:
            StorageUnavailable: it could not be remembered.
        """
        hashed, now = self.addresses.of(address), self._clock.now()
        with self._database.write(rings=True) as tx:
            standing = tx.suppressions.standing(store, [hashed] if hashed else [])
            tx.suppressions.lift(store, [one.address for one in standing], why=why, at=at or now)
            was_so = any(one.why == why for one in standing)
            if was_so:
                replan(tx, store, [address], now)
        return was_so

    def standing(self, store: str, address: str | None = None) -> list[SuppressionRow]:
        """Return everything that stands against an address, or any of the store; oldest first.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        with self._database.read() as tx:
            if address is None:
                return tx.suppressions.of_store(store)
            hashed = self.addresses.of(address)
            return tx.suppressions.standing(store, [hashed] if hashed else [])

    def against(
        self, store: str, address: str, channel: str, message_class: MessageClass
    ) -> Suppressed | None:
        """Return what stands against such a message to an address; `None` if nothing does.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        return self.look(store, [Look(address, channel, message_class)])[0]

    def look(self, store: str, looks: Sequence[Look]) -> list[Suppressed | None]:
        """Answer many at once, in their order.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        with self._database.read() as tx:
            return suppressed(tx, self.addresses, store, looks)


def suppress(
    tx: Transaction,
    addresses: Addresses,
    store: str,
    whom: Collection[str],
    why: Why,
    source: str,
    at: datetime,
    *,
    channel: str = EVERY,
) -> None:
    """Do `SuppressionList.suppress` for several addresses, in an open transaction.

    Raises:
        ValueError: one of them is no address.
    """
    hashes = [addresses.of(address) for address in whom]
    if not all(hashes):
        raise ValueError("there is no address")
    tx.suppressions.put(
        *(
            SuppressionRow(store=store, address=one, channel=channel, why=why, at=at, source=source)
            for one in hashes
            if one
        )
    )


def suppressed(
    tx: Transaction, addresses: Addresses, store: str, looks: Sequence[Look]
) -> list[Suppressed | None]:
    """Answer `SuppressionList.look` in a transaction that is open already."""
    hashes = [addresses.of(look.address) for look in looks]
    against: dict[str, list[SuppressionRow]] = defaultdict(list)
    for row in tx.suppressions.standing(store, {one for one in hashes if one}):
        against[row.address].append(row)
    return [
        _first(against[hashed], look) if hashed else None
        for look, hashed in zip(looks, hashes, strict=True)
    ]


def _first(rows: Iterable[SuppressionRow], look: Look) -> Suppressed | None:
    """Return the oldest reason that stands against such a message."""
    for row in rows:
        why = Why(row.why)
        is_exempt = look.message_class is MessageClass.TRANSACTIONAL and why not in COVERS_ALL
        if row.channel in (look.channel, EVERY) and not is_exempt:
            return Suppressed(why, row.at, row.source)
    return None
