"""Taking what a platform says of consents into the ledger, with where it is from.

A platform says it in two ways. Shopify keeps a consent for each account and channel. WooCommerce
keeps none: there, and wherever a theme or a plugin puts a box into the checkout, the tick is a
field of the order, and only the shop knows what stood beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from storelink.clock import Clock
from storelink.consent.addresses import Addresses
from storelink.consent.replanning import replan
from storelink.consent.standing import AGREED, CART, Given
from storelink.contracts.cart import FORMAT, Cart
from storelink.mirror import assemble, load
from storelink.mirror.rows import held_of
from storelink.models.checkout import Checkout
from storelink.models.consent import Consent
from storelink.models.contact import Contact
from storelink.models.enums import ConsentState, MessageClass
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.storage import ConsentRow, Database, RecordRow, Transaction

POSITION = "consents"
"""How far `Import.catch_up` has come with a store."""
PAGE = 500

_GIVEN = {
    ConsentState.SUBSCRIBED: Given.GRANTED,
    ConsentState.PENDING: Given.PENDING,
    ConsentState.UNSUBSCRIBED: Given.REFUSED,
    # The person was removed from the platform, and with that whatever was agreed to.
    ConsentState.REDACTED: Given.REFUSED,
}
"""Somebody who was never asked has said nothing; neither has one whose state is not known."""

_CONFIRMED = "confirmed_opt_in"
"""Shopify's word; the person had to take a step after giving the address:
https://shopify.dev/docs/api/admin-graphql/latest/enums/CustomerMarketingOptInLevel"""

_REFUSABLE = (MessageClass.RELATIONSHIP, MessageClass.MARKETING)
_WHOLE = {"customer_id", "channel", "state", "address"}
YES = frozenset({"1", "yes", "true", "on"})
"""What a tick has for a value, if nobody says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box that people tick at the checkout. One that is not ticked says nothing.

    Attributes:
        attribute: the name of the order's attribute: `"newsletter_opt_in"`.
        wording: what stood beside it.
        classes: what the wording asks for.
        channel: the channel that it asks for: `"email"`, or one that uses the phone number.
        yes: the values that a tick has, in lower case.
    """

    attribute: str
    wording: str
    classes: tuple[MessageClass, ...] = (MessageClass.MARKETING,)
    channel: str = "email"
    yes: frozenset[str] = YES


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Takes what the platforms say into the ledger; what has a time is recognized when told again.

    A platform's own consents know only marketing. Who agreed to that has agreed to *classes*; who
    refused it has refused whatever the order does not need, because the question may have been
    understood so. A consent without a time is no proof, and is left out; a refusal without one
    counts from when it was first told: told again, it is none of its own.

    Attributes:
        addresses: hashes addresses.
        platforms: the name of each store's platform, by the store's name.
        classes: what the words of the shop's form on the platform ask for.
        boxes: the boxes at the checkout, by the store's name.
    """

    addresses: Addresses
    platforms: Mapping[str, str]
    classes: tuple[MessageClass, ...] = (MessageClass.MARKETING,)
    boxes: Mapping[str, tuple[Box, ...]] = field(default_factory=dict)

    def take(
        self, tx: Transaction, store: str, snapshots: Snapshot | Iterable[Snapshot], now: datetime
    ) -> None:
        """Take what *snapshots* say of consents, in the transaction that absorbs them.

        Who agreed only now may get what was stopped before, if it is still timely.
        """
        told = (snapshots,) if isinstance(snapshots, Snapshot) else snapshots
        found = {
            record.ref: (record, entries)
            for snapshot in told
            for record in snapshot.records
            if (entries := list(self._entries(tx, store, record, now)))
        }
        for record, entries in found.values():
            new = tx.consents.add(*_news(tx, entries))
            if new and entries[0].state in AGREED:
                accounts = filter(None, [record.fields.get("customer_id")])
                replan(tx, store, _addresses(record), now, accounts=accounts)

    def catch_up(self, database: Database, clock: Clock, store: str) -> int:
        """Take what the mirror knew before there was a ledger; return how many consents it was.

        It goes on where it stopped, and does nothing once it is through.

        Raises:
            StorageUnavailable: the database cannot be read or written.
        """
        taken = 0
        while True:
            with database.read() as tx:
                if not self._page(tx, store):
                    return taken
            with database.write() as tx:
                tx.lock(f"{store}/{POSITION}")
                rows = self._page(tx, store)
                now = clock.now()
                held = [one for one in map(held_of, rows) if one.value("channel")]
                for one in map(assemble.consent, held):
                    tx.consents.add(*self._of_consent(store, one, one.at or now, now))
                if rows:
                    tx.positions.put(store, POSITION, rows[-1].id, now=now)
                taken += len(rows)

    def _page(self, tx: Transaction, store: str) -> list[RecordRow]:
        after = tx.positions.get(store, POSITION) or ""
        return tx.records.page(store, Kind.CONSENT, after=after, limit=PAGE)

    def _entries(
        self, tx: Transaction, store: str, record: Record, now: datetime
    ) -> Iterator[ConsentRow]:
        if record.kind is Kind.CONSENT and record.fields.keys() >= _WHOLE:
            consent = Consent(id=record.id, **record.fields)
            yield from self._of_consent(store, consent, record.updated_at or now, now)
        elif record.kind is Kind.ORDER and record.fields.get("attributes"):
            for box in self.boxes.get(store, ()):
                yield from self._of_box(store, record, box, now)
        elif record.kind is Kind.CHECKOUT and record.raw.get("format") == FORMAT:
            yield from self._of_cart(store, record, load.checkout(tx, store, record.id), now)

    def _of_consent(
        self, store: str, consent: Consent, told_at: datetime, now: datetime
    ) -> Iterator[ConsentRow]:
        """Return an entry for each class that a consent is about."""
        hashed, state = self.addresses.of(consent.address), _state(consent)
        if hashed is None or state is None or (consent.at is None and state is not Given.REFUSED):
            return
        platform, at = self.platforms[store], consent.at or told_at
        entry = ConsentRow(
            id="/".join((store, platform, consent.id, hashed, state, at.isoformat())),
            store=store,
            address=hashed,
            channel=consent.channel,
            message_class=MessageClass.MARKETING,
            state=state,
            at=at,
            source=consent.source or platform,
            wording=consent.wording,
            level=consent.level,
            provenance={
                "platform": platform,
                "consent": consent.id,
                "state": consent.state,
                **({} if consent.at else {"untimed": True}),
            },
            known_at=now,
        )
        yield from _each(entry, _REFUSABLE if state is Given.REFUSED else self.classes)

    def _of_box(self, store: str, record: Record, box: Box, now: datetime) -> Iterator[ConsentRow]:
        """Return an entry for each class that a ticked box asks for."""
        told = record.fields
        contact = told.get("contact") or Contact()
        hashed = self.addresses.of(contact.email if box.channel == "email" else contact.phone)
        at = told.get("created_at") or told.get("placed_at")
        if hashed is None or at is None or not _is_ticked(told["attributes"], box):
            return
        platform = self.platforms[store]
        entry = ConsentRow(
            id="/".join((store, platform, str(record.ref), hashed, box.attribute, box.channel)),
            store=store,
            address=hashed,
            channel=box.channel,
            message_class=MessageClass.MARKETING,
            state=Given.GRANTED,
            at=at,
            source="checkout",
            wording=box.wording,
            level=None,
            provenance={"platform": platform, "order": record.id, "attribute": box.attribute},
            known_at=now,
        )
        yield from _each(entry, box.classes)

    def _of_cart(
        self, store: str, record: Record, known: Checkout | None, now: datetime
    ) -> Iterator[ConsentRow]:
        """Return an entry for a box that was ticked, or not, in a cart of the store's own source.

        A tick that was told late is none: the cart, as it is *known* now, says so.
        """
        told = Cart.model_validate(record.raw)
        contact = record.fields.get("contact") or (known.contact if known else Contact())
        hashed = self.addresses.of(contact.email)
        if hashed is None or known is None or "consent" not in told.model_fields_set:
            return
        is_ticked = told.consent.marketing
        if is_ticked and (known.deleted_at is not None or known.accepts_marketing is False):
            return
        platform = self.platforms[store]
        at = (told.consent.at if is_ticked else None) or told.updated_at
        said = (at.isoformat(),) if is_ticked else (at.isoformat(), Given.REFUSED)
        yield ConsentRow(
            id="/".join((store, platform, str(record.ref), hashed, *said)),
            store=store,
            address=hashed,
            channel="email",
            message_class=MessageClass.MARKETING,
            state=Given.GRANTED if is_ticked else Given.REFUSED,
            at=at,
            source=CART,
            wording=told.consent.wording,
            level=None,
            provenance={"platform": platform, "cart": record.id},
            known_at=now,
        )


def _state(consent: Consent) -> Given | None:
    state = _GIVEN.get(consent.state)
    is_confirmed = state is Given.GRANTED and consent.level == _CONFIRMED
    return Given.CONFIRMED if is_confirmed else state


def _news(tx: Transaction, entries: Sequence[ConsentRow]) -> Iterator[ConsentRow]:
    """Yield the entries but for refusals without a time that the platform told before.

    A tick in a cart ends no refusal, either: anybody can type anybody's address into one. A box
    there that is not ticked, and never was, says nothing.
    """
    for one in entries:
        if one.source == CART:
            is_news = _was_ticked(tx, one) if one.state == Given.REFUSED else not _said_no(tx, one)
        else:
            is_news = not (one.provenance.get("untimed") and _was_told(tx, one))
        if is_news:
            yield one


def _was_ticked(tx: Transaction, one: ConsentRow) -> bool:
    """Say whether the box of that cart was ticked the last time that it was spoken of."""
    words = [
        known.state
        for known in tx.consents.of(one.store, [one.address])
        if known.source == CART and known.provenance == one.provenance
    ]
    return words[-1:] == [Given.GRANTED]


def _said_no(tx: Transaction, one: ConsentRow) -> bool:
    """Say whether the last word about that address, but for carts, was a refusal."""
    words = [
        known.state
        for known in tx.consents.of(one.store, [one.address])
        if known.source != CART
        and known.channel in (one.channel, "*")
        and known.message_class in (one.message_class, "*")
    ]
    return words[-1:] == [Given.REFUSED]


def _was_told(tx: Transaction, one: ConsentRow) -> bool:
    """Say whether this is what the platform told last of this consent."""
    names = ("platform", "consent")
    last = [
        known.state
        for known in tx.consents.of(one.store, [one.address])
        if all(known.provenance.get(name) == one.provenance[name] for name in names)
    ]
    return last[-1:] == [one.state]


def _addresses(record: Record) -> list[str]:
    """Return the addresses that a consent, or an order, is about."""
    contact = record.fields.get("contact") or Contact()
    given = (record.fields.get("address"), contact.email, contact.phone)
    return [one for one in given if one]


def _is_ticked(attributes: Mapping[str, Any], box: Box) -> bool:
    return str(attributes.get(box.attribute, "")).strip().casefold() in box.yes


def _each(entry: ConsentRow, classes: Iterable[MessageClass]) -> Iterator[ConsentRow]:
    for one in dict.fromkeys(classes):
        yield replace(entry, id=f"{entry.id}/{one}", message_class=one)
