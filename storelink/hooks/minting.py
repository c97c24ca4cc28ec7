"""Codes that take something off: a hook says who earned one, the platform makes it, once.

A hook tells `RewardEarned` when somebody has earned a code. A durable call has the platform make
it, and tells `RewardIssued`; then the hook, which looks at facts only, sends the message that
carries it. What a hook takes back (`RewardWithdrawn`), the platform lets nobody use.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b32encode
from collections.abc import Mapping
from datetime import datetime

from storelink.clock import Clock
from storelink.contracts.hook import Facts
from storelink.contracts.store import StoreAdapter
from storelink.errors import Unsupported, WriteRefused
from storelink.events.types import (
    Event,
    RewardEarned,
    RewardIssued,
    RewardRefused,
    RewardWithdrawn,
)
from storelink.hooks.function import Handler
from storelink.hooks.incentive import Incentive
from storelink.hooks.registry import Registry
from storelink.mirror import load
from storelink.mirror.facts import Fact
from storelink.mirror.merge import Version, micros
from storelink.mirror.telling import Listeners, tell
from storelink.models.checkout import Checkout
from storelink.models.customer import Customer
from storelink.models.order import Order
from storelink.models.recipient import Recipient
from storelink.models.ref import Kind, Ref
from storelink.storage import Database, Transaction

_LETTERS = 8


def earned(
    hook: str,
    source: Order | Checkout | Customer,
    incentive: Incentive,
    *,
    at: datetime,
    step: str = "",
    because_of: str = "",
) -> RewardEarned:
    """Return that a hook gives somebody a code, at *at*.

    Args:
        hook: the hook's name.
        source: the order, checkout or account that it is for; its contact's person may use it.
        incentive: what it is worth.
        at: from when on; it can be used for `incentive.valid_for` from then.
        step: tells several codes of one hook for one source apart.
        because_of: the id of the event that it is for, if it is for one.
    """
    about = Recipient(source)
    kind, of = _KINDS[type(source)], "/".join(filter(None, (hook, step)))
    return RewardEarned(
        id=f"{source.store}/{kind}/{source.id}/earned/{of}",
        store=source.store,
        at=at,
        order_id=source.id if about.order else None,
        checkout_id=source.id if about.checkout else None,
        customer_id=about.customer_id,
        because_of=because_of,
        hook=hook,
        incentive=incentive.model_dump(mode="json", exclude_none=True),
    )


_KINDS = {Order: Kind.ORDER, Checkout: Kind.CHECKOUT, Customer: Kind.CUSTOMER}


def issued_for(facts: Facts, wanted: RewardEarned) -> RewardIssued | None:
    """Return the code that was made because of *wanted*, if it was by now."""
    return facts.last(RewardIssued, because_of=wanted.id)


def is_refused(facts: Facts, wanted: RewardEarned) -> bool:
    """Say whether the store would not make the code, and has not made it since."""
    refused = facts.first(RewardRefused, because_of=wanted.id)
    return refused is not None and issued_for(facts, wanted) is None


def code_data(issued: RewardIssued) -> dict[str, str]:
    """Return what a message that carries a code says of it, as JSON values."""
    until = issued.expires_at
    return {"code": issued.code, **({"expires_at": until.isoformat()} if until else {})}


def withdrawn(issued: RewardIssued, at: datetime) -> RewardWithdrawn:
    """Return that a code is to be used no more from *at* on."""
    told = issued.model_dump(include={"store", "order_id", "checkout_id", "customer_id", "code"})
    return RewardWithdrawn(id=f"{issued.id}/withdrawn", at=at, because_of=issued.id, **told)


class Minting:
    """Called with each code that was earned or taken back, at least once: has it made, or unmade.

    The code is made from the id of what earned it, so that a repeated call finds the same one on
    the platform.

    Args:
        database: the database.
        adapters: the stores by name; they issue codes.
        clock: the clock.
        listeners: names the handlers of an event.
    """

    def __init__(
        self,
        database: Database,
        adapters: Mapping[str, StoreAdapter],
        clock: Clock,
        listeners: Listeners,
    ) -> None:
        self._database, self._adapters = database, adapters
        self._clock, self._listeners = clock, listeners

    def issue(self, wanted: Event) -> None:
        """Have a code made, and let it be known.

        Raises:
            StoreError: the store could not issue it now, or will not.
        """
        if not isinstance(wanted, RewardEarned):
            return
        name = f"{wanted.id}/issued"
        with self._database.read() as tx:
            is_known = bool(tx.events.known([name]))
            source = None if is_known else _source(tx, wanted)
        if source is None:  # it was made already, or whoever earned it was erased
            return
        to, incentive = Recipient(source), Incentive.model_validate(wanted.incentive)
        code = self._code(wanted.id)
        offer = incentive.offer(
            code, email=to.contact.email, customer_id=to.customer_id, at=wanted.at
        )
        told = wanted.model_dump(include={"store", "order_id", "checkout_id", "customer_id"})
        told["because_of"] = wanted.id
        try:
            coupon = self._adapters[wanted.store].issue_coupon(offer)
        except (WriteRefused, Unsupported):
            self.tell(RewardRefused(id=f"{wanted.id}/refused", at=self._clock.now(), **told))
            raise
        self.tell(
            RewardIssued(
                id=name,
                at=self._clock.now(),
                code=coupon.code or code,
                expires_at=offer.expires_at,
                **told,
            )
        )

    def withdraw(self, event: Event) -> None:
        """Let nobody use a code any more.

        Raises:
            StoreError: the store could not do so now.
        """
        if isinstance(event, RewardWithdrawn):
            self._adapters[event.store].withdraw_coupon(event.code)

    def tell(self, event: RewardEarned | RewardIssued | RewardRefused) -> None:
        """Let an event be known, and its subject be planned; once, by the event's id."""
        ref, now = _about(event), self._clock.now()
        with self._database.write(rings=True) as tx:
            tx.lock(f"{event.store}/{ref}")
            # Whoever was erased meanwhile is not named any more.
            source = _source(tx, event)
            whose = {"customer_id": Recipient(source).customer_id if source else None}
            fact = Fact(event.model_copy(update=whose), Version(micros(event.at), -1))
            if not tx.events.known([event.id]):
                tell(tx, [fact], now=now, listeners=self._listeners)
                tx.plans.mark(event.store, [str(ref)], due_at=now)

    def _code(self, name: str) -> str:
        """Return the code for what is called *name*: always the same one, and hard to guess."""
        with self._database.write() as tx:
            key = tx.keys.get_or_make("rewards", secrets.token_hex, now=self._clock.now())
        made = hmac.digest(key.encode(), name.encode(), hashlib.sha256)
        return f"THANKS-{b32encode(made).decode()[:_LETTERS]}"


def mint(registry: Registry, minting: Minting) -> None:
    """Let codes be made that hooks say were earned, and unmade that they take back."""
    registry.add_handler(Handler("storelink.mint", RewardEarned, minting.issue))
    registry.add_handler(Handler("storelink.withdraw", RewardWithdrawn, minting.withdraw))


def _about(event: RewardEarned | RewardIssued | RewardRefused) -> Ref:
    if event.order_id:
        return Ref.order(event.order_id)
    if event.checkout_id:
        return Ref(kind=Kind.CHECKOUT, id=event.checkout_id)
    return Ref(kind=Kind.CUSTOMER, id=str(event.customer_id))


def _source(
    tx: Transaction, event: RewardEarned | RewardIssued | RewardRefused
) -> Order | Checkout | Customer | None:
    ref = _about(event)
    if ref.kind is Kind.ORDER:
        return load.order(tx, event.store, ref.id)
    if ref.kind is Kind.CHECKOUT:
        return load.checkout(tx, event.store, ref.id)
    return load.customer(tx, event.store, ref.id)
