"""The ledger of consents: what people said, where, when, and to which words. It only grows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from storelink.clock import Clock
from storelink.consent.addresses import Addresses, open_addresses
from storelink.consent.replanning import replan
from storelink.consent.standing import AGREED, EVERY, Given, stand
from storelink.models.enums import MessageClass
from storelink.models.ref import Ref
from storelink.policy.question import Standing
from storelink.storage import ConsentRow, Database, Transaction


class Ask(NamedTuple):
    """How does the person of an address stand to messages of a class on a channel?

    Attributes:
        address: an e-mail address, or a phone number in E.164 form; `None` where there is none.
        bought_at: when the person last bought something.
        about_cart: whether the messages are about a cart.
    """

    address: str | None
    channel: str
    message_class: MessageClass
    bought_at: datetime | None = None
    about_cart: bool = False


class Ledger:
    """What people said.

    Args:
        database: where it is kept.
        clock: the clock.
        addresses: hashes addresses; by default with the key that the database keeps.
    """

    def __init__(
        self, database: Database, clock: Clock, addresses: Addresses | None = None
    ) -> None:
        self._database, self._clock = database, clock
        self.addresses = addresses or open_addresses(database, clock)

    def record(
        self,
        store: str,
        address: str,
        channel: str,
        message_class: MessageClass | str,
        state: Given,
        at: datetime | None = None,
        *,
        source: str,
        wording: str | None = None,
    ) -> None:
        """Remember what a person said. Doing it again, with the same time, changes nothing.

        Who agrees now may get what was stopped before, if it is still timely.

        Args:
            store: the store's name.
            address: an e-mail address, or a phone number in E.164 form.
            channel: the channel; `"*"` for a refusal of every channel.
            message_class: the class; `"*"` for a refusal of every class.
            state: what was said.
            at: when, by default just now.
            source: where, for people: `"checkout"`, `"preferences"`.
            wording: what the person agreed to.

        Raises:
            ValueError: there is no address, or a consent to everything: one agrees to something.
            StorageUnavailable: it could not be remembered.
        """
        if state is not Given.REFUSED and EVERY in (channel, message_class):
            raise ValueError("a consent names its channel and its class; only a refusal may be '*'")
        hashed, now = self.addresses.of(address), self._clock.now()
        if hashed is None:
            raise ValueError("no address, nobody who said it")
        said = at or now
        entry = ConsentRow(
            id="/".join(
                (store, "said", hashed, channel, message_class, state, source, said.isoformat())
            ),
            store=store,
            address=hashed,
            channel=channel,
            message_class=message_class,
            state=state,
            at=said,
            source=source,
            wording=wording,
            level=None,
            provenance={},
            known_at=now,
        )
        is_yes = state in AGREED
        with self._database.write(rings=is_yes) as tx:
            if tx.consents.add(entry) and is_yes:
                replan(tx, store, [address], now)

    def look_again(self, store: str, order_id: str) -> None:
        """Let what was stopped about an order be judged anew, because its person agreed.

        For where the hash of the address is all that is known; otherwise `record` does so.

        Raises:
            StorageUnavailable: the database cannot be written.
        """
        with self._database.write(rings=True) as tx:
            tx.plans.mark(store, str(Ref.order(order_id)), due_at=self._clock.now())

    def standing(
        self,
        store: str,
        address: str | None,
        channel: str,
        message_class: MessageClass,
        *,
        bought_at: datetime | None = None,
        about_cart: bool = False,
    ) -> Standing:
        """Return how the person of an address stands to messages of a class on a channel.

        Args:
            store: the store's name.
            address: an e-mail address, or a phone number in E.164 form.
            channel: the channel's name.
            message_class: the class.
            bought_at: when the person last bought something.
            about_cart: whether the messages are about a cart.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        ask = Ask(address, channel, message_class, bought_at, about_cart)
        return self.standings(store, [ask])[0]

    def standings(self, store: str, asks: Sequence[Ask]) -> list[Standing]:
        """Answer many at once, in their order.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        with self._database.read() as tx:
            return standings(tx, self.addresses, store, asks)

    def history(self, store: str, address: str) -> list[ConsentRow]:
        """Return everything that the person of an address said, in the order of its time.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        hashed = self.addresses.of(address)
        with self._database.read() as tx:
            found = tx.consents.of(store, [hashed]) if hashed else []
        return sorted(found, key=lambda entry: (entry.at, entry.known_at))


def standings(
    tx: Transaction, addresses: Addresses, store: str, asks: Sequence[Ask]
) -> list[Standing]:
    """Answer `Ledger.standings` in a transaction that is open already."""
    hashes = [addresses.of(ask.address) for ask in asks]
    said: dict[str, list[ConsentRow]] = defaultdict(list)
    for entry in tx.consents.of(store, {one for one in hashes if one}):
        said[entry.address].append(entry)
    return [
        stand(
            said[hashed] if hashed else (),
            ask.channel,
            ask.message_class,
            bought_at=ask.bought_at,
            about_cart=ask.about_cart,
        )
        for ask, hashed in zip(asks, hashes, strict=True)
    ]
