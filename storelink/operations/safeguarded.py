"""The part of `Storelink` that keeps messages from people who should not get them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from storelink.clock import Clock
from storelink.consent import Ledger
from storelink.consent.holds import Hold, hold, let_go
from storelink.contracts.channel import Channel
from storelink.contracts.hook import Reason
from storelink.contracts.store import StoreAdapter
from storelink.delivery.safe import HELD, TRAFFIC, Safe, Safety, switches_of
from storelink.errors import ConfigError, UnknownStore
from storelink.hooks.again import AskAgain
from storelink.hooks.registry import Registry
from storelink.operations.planning import Planned, plan
from storelink.operations.rehearsing import Would, rehearse
from storelink.policy.safety import EVERY, HOUR, PRODUCTION, Off, Place, Traffic
from storelink.storage import Database, Transaction
from storelink.storage.rows import SwitchRow
from storelink.storage.wills import ARMED


@dataclass(frozen=True, slots=True)
class Held:
    """How many messages wait for a person to let them go, and why.

    Attributes:
        reason: switched off, staging, or held back by the brake.
    """

    store: str
    hook: str
    reason: Reason
    number: int


class Safeguarded:
    """The part of `Storelink` that keeps messages from people who should not get them."""

    clock: Clock
    _stores: Mapping[str, StoreAdapter]
    _channels: Mapping[str, Channel]
    _database: Database
    _registry: Registry
    _again: AskAgain
    _ruling: Safe
    _safety: Safety
    consents: Ledger

    def switch_off(self, *, store: str | None = None, hook: str | None = None, why: str) -> Off:
        """Send nothing of a hook, of a store, or nothing at all, until it is switched on again.

        It counts for every worker, from its next attempt on. Messages wait; those that become
        pointless meanwhile are dropped as such.

        Args:
            store: only of this store.
            hook: only of this hook.
            why: in words, for those who wonder.

        Raises:
            UnknownStore: no store has that name.
            ConfigError: no hook has that name.
            StorageUnavailable: it could not be written down: nothing is switched off.
        """
        names = self._named(store, hook)
        now = self.clock.now()
        with self._database.write() as tx:
            tx.switches.off(SwitchRow(*names, now, why))
            (found,) = (one for one in switches_of(tx) if (one.store, one.hook) == names)
        return found

    def switch_on(self, *, store: str | None = None, hook: str | None = None) -> bool:
        """Undo `switch_off` with the same arguments, and say whether there was anything to undo.

        What waited is due at once, unless something else keeps it.

        Raises:
            UnknownStore: no store has that name.
            ConfigError: no hook has that name.
            StorageUnavailable: nothing was changed.
        """
        names = self._named(store, hook)
        with self._database.write(rings=True) as tx:
            was_off = tx.switches.on(*names)
            self._let_go(tx, Reason.SWITCHED_OFF, *names)
        return was_off

    def switched_off(self) -> list[Off]:
        """Return everything that is switched off."""
        with self._database.read() as tx:
            return switches_of(tx)

    def arm(self, store: str) -> Place:
        """Let messages go to the customers of a store, from here and for its present address.

        Raises:
            UnknownStore: no store has that name.
            ConfigError: this is not the production environment.
            StorageUnavailable: it could not be written down.
        """
        self._named(store, None)
        here = Place(self._safety.environment, self._stores[store].home)
        if here.environment != PRODUCTION:
            told = f"the environment is {here.environment!r}; only {PRODUCTION!r} can be armed"
            raise ConfigError(f'{told}: set environment = "{PRODUCTION}" there')
        with self._database.write(rings=True) as tx:
            tx.positions.put(store, ARMED, here.to_dict(), now=self.clock.now())
            self._let_go(tx, Reason.STAGING, store, EVERY)
        return here

    def disarm(self, store: str) -> None:
        """Let no message go to the customers of a store until it is armed again.

        Raises:
            UnknownStore: no store has that name.
            StorageUnavailable: it could not be written down.
        """
        self._named(store, None)
        nowhere = Place("", self._stores[store].home)
        with self._database.write() as tx:
            tx.positions.put(store, ARMED, nowhere.to_dict(), now=self.clock.now())

    def locked(self) -> dict[str, str]:
        """Return why nothing goes to the customers of some stores, by the store's name."""
        with self._database.read() as tx:
            return self._ruling.locks(tx, tuple(self._stores))

    def hold_person(
        self, store: str, address: str, *, why: str, until: datetime | None = None
    ) -> None:
        """Let everything wait that a person's orders do not need, while a support case is open.

        It counts for every channel by which the person can be reached, and from the next attempt
        on. Several holds last as long as the longest of them.

        Args:
            store: the store's name.
            address: an e-mail address, or a phone number in E.164 form.
            why: in words, for those who wonder: `"support case 17"`. It names the hold, too.
            until: when it ends by itself; by default not before `release_person`.

        Raises:
            UnknownStore: no store has that name.
            ValueError: there is no address, or *until* is naive.
            StorageUnavailable: it could not be written down: nothing is held.
        """
        self._named(store, None)
        if until is not None and until.tzinfo is None:
            raise ValueError("until needs a time zone")
        with self._database.write() as tx:
            hold(tx, self.consents.addresses, store, address, Hold(why, until), self.clock.now())

    def release_person(self, store: str, address: str, *, why: str | None = None) -> bool:
        """End the hold of that reason, or every hold of a person; say whether there was any.

        What waited is looked at once more at once.

        Raises:
            UnknownStore: no store has that name.
            ValueError: there is no address.
            StorageUnavailable: nothing was changed.
        """
        self._named(store, None)
        with self._database.write(rings=True) as tx:
            return let_go(tx, self.consents.addresses, store, address, why, self.clock.now())

    def held(self) -> list[Held]:
        """Return how many messages wait for a person to let them go, by store and hook."""
        with self._database.read() as tx:
            found = tx.holds.counts(HELD)
        return [
            Held(store, hook, Reason(why), number) for (store, hook, why), number in found.items()
        ]

    def release(self, hook: str, *, store: str | None = None, lasts: timedelta = HOUR) -> int:
        """Let everything of a hook go that the brake holds back, and return how much it is.

        Args:
            hook: its name.
            store: only of this store; by default of all.
            lasts: for how long the brake holds nothing of it back.

        Raises:
            UnknownStore: no store has that name.
            ConfigError: no hook has that name.
            StorageUnavailable: nothing was changed.
        """
        names, now = self._named(store, hook), self.clock.now()
        with self._database.write(rings=True) as tx:
            for one in [store] if store else sorted(self._stores):
                tx.lock(f"{one}/{TRAFFIC}{hook}")
                traffic = Traffic.parse(tx.positions.get(one, f"{TRAFFIC}{hook}"), now)
                free = replace(traffic, released_until=now + lasts)
                tx.positions.put(one, f"{TRAFFIC}{hook}", free.to_dict(), now=now)
            return self._let_go(tx, Reason.HELD_BACK, *names)

    def rehearse(self, stores: Iterable[str] = ()) -> list[Would]:
        """Say of each message that is due what would become of it now; changes nothing.

        Args:
            stores: only of these; by default of all.

        Raises:
            UnknownStore: no store has that name.
            StorageUnavailable: the database cannot be read.
        """
        names = tuple(stores) or tuple(self._stores)
        for name in names:
            self._named(name, None)
        return rehearse(
            self._database,
            self._again,
            self._ruling,
            self._channels,
            stores=names,
            now=self.clock.now(),
        )

    def plan(self, store: str, *, days: int = 7, hook: str | None = None) -> list[Planned]:
        """Say what would be sent to whom over the coming days, and why; changes nothing.

        What waits, and what hooks will ask for if nothing happens but time, by the time that it
        would go. Hooks and policy are asked with the clock at that time, on what is known now.

        Args:
            store: the store's name.
            days: how many days to look ahead.
            hook: only of this hook.

        Raises:
            UnknownStore: no store has that name.
            ConfigError: no hook has that name, or *days* is less than one.
            StorageUnavailable: the database cannot be read.
        """
        self._named(store, hook)
        if days < 1:
            raise ConfigError(f"a plan is for at least one day, not {days}")
        now = self.clock.now()
        found = plan(
            self._database,
            self._registry,
            self._ruling,
            self._channels,
            store=store,
            now=now,
            until=now + timedelta(days=days),
        )
        return [one for one in found if hook in (None, one.would.hook)]

    def _let_go(self, tx: Transaction, reason: Reason, store: str, hook: str) -> int:
        return tx.holds.release([reason], store=store, hook=hook, now=self.clock.now())

    def _named(self, store: str | None, hook: str | None) -> tuple[str, str]:
        """Return the names as the database has them."""
        if store is not None and store not in self._stores:
            raise UnknownStore(store, tuple(self._stores))
        if hook is not None and self._registry.get(hook) is None:
            known = ", ".join(sorted(one.name for one in self._registry.hooks))
            raise ConfigError(f"no hook is called {hook!r}; there are {known}")
        return store or EVERY, hook or EVERY


def homes(stores: Mapping[str, StoreAdapter]) -> dict[str, str]:
    """Return the shops' addresses, by the store's name."""
    return {name: adapter.home for name, adapter in stores.items()}


def arm_new(
    tx: Transaction, stores: Mapping[str, StoreAdapter], safety: Safety, *, now: datetime
) -> list[str]:
    """Arm the stores of which nobody ever said anything, in production; return their names.

    Where a store is connected first is where it belongs. A copy finds another address there, or
    another environment, and is locked.
    """
    if safety.environment != PRODUCTION:
        return []
    known = tx.positions.named(ARMED, tuple(stores))
    new: Sequence[str] = [name for name in stores if name not in known]
    for name in new:
        place = Place(safety.environment, stores[name].home)
        tx.positions.put(name, ARMED, place.to_dict(), now=now)
    return list(new)
