"""Addresses that are recognized, and never kept.

What is remembered of a person's will outlives what is known of the person: somebody who was
erased must not be written to, either. So the ledger knows an address by its keyed hash: who has
the address finds what was said, and who has only the table finds nobody.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from storelink.clock import Clock
from storelink.errors import ConfigError
from storelink.models.contact import Contact, person_key
from storelink.storage import Database, Transaction
from storelink.toolkit.contact import normal

KEY: Final = "addresses"
"""The name of the key that is made when none is given."""
SEAL: Final = "addresses/seal"
"""The name of what tells whether a key is the one that the database was written with."""
LEAST_BYTES: Final = 16


class Hashed(str):
    """The hash of an address, where the address itself is not known any more."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Addresses:
    """Makes of addresses what is kept of them.

    Attributes:
        key: the secret; whoever has it can try addresses, of which there are not many.
    """

    key: bytes = field(repr=False)

    def of(self, address: str | None, country: str | None = None) -> str | None:
        """Return the hash of an e-mail address or phone number; `None` if there is none."""
        if isinstance(address, Hashed):
            return str(address)
        known = normal(address, country) if address else None
        return self._hash(f"address/{known}") if known else None

    def person(self, contact: Contact, customer_id: str | None = None) -> str | None:
        """Return the hash of a person, as guest or with an account; `None` if nothing tells who.

        It is that of the e-mail address, or else of the phone: a person has one budget, whichever
        channel a message takes.
        """
        return self.of(person_key(contact, customer_id))

    @property
    def seal(self) -> str:
        """What tells one key from another, and nothing of it."""
        return self._hash("seal")

    def _hash(self, text: str) -> str:
        return hmac.digest(self.key, text.encode("utf-8", "surrogatepass"), "sha256").hex()


def open_addresses(
    database: Database,
    clock: Clock,
    key: str | None = None,
    *,
    make: Callable[[], str] = lambda: secrets.token_hex(32),
) -> Addresses:
    """Return what hashes the addresses of a database.

    Args:
        database: where the hashes are kept.
        clock: tells when a key was made.
        key: the secret, from the settings or the environment. Without one, the database keeps one
            of its own. That is convenient, and it protects less: who gets hold of the whole
            database has the key, too, and can try addresses one by one.
        make: makes a key where there is none.

    Raises:
        ConfigError: the key is short, or another than the one that the database was written with:
            nobody who refused would be recognized.
        StorageUnavailable: the database cannot be read or written.
    """
    if key is not None and len(key.encode()) < LEAST_BYTES:
        raise ConfigError(f"the key of addresses needs at least {LEAST_BYTES} bytes")
    with database.read() as tx:
        found, seal = key or tx.keys.get(KEY), tx.keys.get(SEAL)
    if seal is None:
        with database.write() as tx:
            found, seal = _settle(tx, clock, key, make)
    if found is None or not hmac.compare_digest(Addresses(found.encode()).seal, seal):
        raise ConfigError(
            "the key of addresses is not the one that this database was written with: whoever "
            "refused would not be recognized; give the former key"
        )
    return Addresses(found.encode())


def _settle(
    tx: Transaction, clock: Clock, key: str | None, make: Callable[[], str]
) -> tuple[str, str]:
    """Return the key that counts from now on, and the seal; others may do the same meanwhile."""
    now = clock.now()
    found = key or tx.keys.get_or_make(KEY, make, now=now)
    return found, tx.keys.get_or_make(SEAL, lambda: Addresses(found.encode()).seal, now=now)
