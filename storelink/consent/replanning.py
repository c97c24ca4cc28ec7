"""Letting a person's orders be planned anew, because the policy may say something else now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from storelink.consent.addresses import Hashed
from storelink.models.ref import Kind, Ref
from storelink.storage import Transaction
from storelink.toolkit.contact import normal


def replan(
    tx: Transaction,
    store: str,
    addresses: Iterable[str],
    now: datetime,
    *,
    accounts: Iterable[str] = (),
) -> None:
    """Let the orders of some people be planned anew.

    A person is known by the e-mail address, or else by the phone. Hence who gave both is found by
    the phone only with the account: their order is planned with the next change of it.

    Args:
        tx: the transaction.
        store: the store's name.
        addresses: e-mail addresses, and phone numbers in E.164 form.
        now: the present instant.
        accounts: the platform's ids of accounts.
    """
    told = {one for one in addresses if not isinstance(one, Hashed)}
    people = {one.strip().casefold() for one in told} | {one for a in told if (one := normal(a))}
    refs = [Ref(kind=Kind.CUSTOMER, id=one) for one in accounts]
    people |= {row.person for row in tx.records.many(store, refs) if row.person}
    theirs = tx.records.of_people(store, (Kind.ORDER, Kind.CHECKOUT, Kind.CUSTOMER), people)
    tx.plans.mark(store, sorted(f"{row.kind}:{row.id}" for row in theirs), due_at=now)
