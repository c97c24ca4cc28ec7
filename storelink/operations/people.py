"""Who is meant, and everything in the mirror that is theirs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from storelink.errors import ConfigError
from storelink.mirror.forgetting import Seal, keys_of, mark_of, person_keys
from storelink.mirror.merge import Held
from storelink.mirror.rows import held_of
from storelink.models.ref import Kind, Ref
from storelink.operations.traces import Traces
from storelink.storage import RecordRow, Transaction
from storelink.toolkit.contact import e164

_GUEST = "0"
"""The account that all guests of WooCommerce share is nobody's."""


@dataclass(frozen=True, kw_only=True)
class Who:
    """One person of a store, by what is known of them.

    Attributes:
        email: in any case.
        phone: as it is, or in E.164.
        customer_id: the platform's id of the account.
        order_ids: orders that are theirs in any case.

    Raises:
        ConfigError: nothing is given.
    """

    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    customer_id: str | None = None
    order_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.keys and not self.order_ids:
            raise ConfigError("say who is meant: an e-mail address, a phone number or an account")

    @cached_property
    def keys(self) -> frozenset[str]:
        """What tells the person, as the mirror has it."""
        account = self.customer_id if self.customer_id != _GUEST else None
        phone = e164(self.phone)
        return person_keys(email=self.email, phone=phone, customer_id=account)

    @property
    def words(self) -> frozenset[str]:
        """The address and the phone."""
        given = (self.email, self.phone, e164(self.phone))
        return frozenset(one.strip() for one in given if one and one.strip())


@dataclass(frozen=True)
class Found:
    """What the mirror has of a person.

    Attributes:
        keys: everything that tells the person.
        accounts: the ids of their accounts.
        rows: their objects, with the parts of their orders.
    """

    keys: frozenset[str] = field(repr=False)
    accounts: frozenset[str]
    rows: Sequence[RecordRow] = field(repr=False)
    given: frozenset[str] = frozenset()

    @cached_property
    def order_ids(self) -> frozenset[str]:
        """Their orders, with those that are not in the mirror."""
        return self.given | {row.id for row in self.rows if row.kind is Kind.ORDER}

    @cached_property
    def refs(self) -> frozenset[tuple[Kind, str]]:
        """Their objects, by kind and id."""
        orders = {(Kind.ORDER, one) for one in self.given}
        return frozenset({(row.kind, row.id) for row in self.rows} | orders)

    @cached_property
    def scopes(self) -> frozenset[str]:
        """The person as a subject of plans."""
        keys = self.keys | {row.person for row in self.rows if row.person}
        return frozenset(str(Ref(kind=Kind.PERSON, id=one)) for one in keys)

    def addresses(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return every e-mail address, and every phone number, that is theirs."""
        told = self.keys.union(*(_keys(held_of(row)) for row in self.rows))
        mails = frozenset(one for one in told if "@" in one)
        plain = (one for one in told - mails if not one.startswith(("customer/", "erased/")))
        return mails, frozenset(plain)

    def traces(self) -> Traces:
        """Return what tells the person in a text."""
        return Traces(*self.addresses())


def find(tx: Transaction, store: str, who: Who, seal: Seal | None) -> Found:
    """Return everything that is *who*'s: by the address, by the accounts that have it, and theirs.

    Two people may share a phone, and one may pay for another: only an account's address leads on.
    """
    accounts = {who.customer_id} - {None, _GUEST}
    rows = _naming(tx, store, who.keys, who.words, {one for one in accounts if one}, seal)
    accounts |= {
        row.id for row in rows if row.kind is Kind.CUSTOMER and who.keys & _keys(held_of(row))
    }
    ids = frozenset(one for one in accounts if one)
    mails = _mails(row for row in rows if row.kind is Kind.CUSTOMER and row.id in ids)
    keys = who.keys.union(mails, *(person_keys(customer_id=one) for one in ids))
    rows += _naming(tx, store, keys, mails, ids, seal)
    rows += tx.records.orders(store, who.order_ids)
    ours = _ours(rows, keys, {seal.of(key) for key in keys} if seal else set(), who.order_ids)
    orders = {row.id for row in ours if row.kind is Kind.ORDER} | set(who.order_ids)
    parts = tx.records.parts(store, orders)
    return Found(keys, ids, [*ours, *parts], frozenset(who.order_ids))


def _naming(
    tx: Transaction,
    store: str,
    keys: Iterable[str],
    words: Iterable[str],
    accounts: Iterable[str],
    seal: Seal | None,
) -> list[RecordRow]:
    people = set(keys) | ({seal.of(key) for key in keys} if seal else set())
    return tx.erasing.naming(store, people=people, words=set(words), accounts=set(accounts))


def _ours(
    rows: Iterable[RecordRow], keys: frozenset[str], sealed: set[str], order_ids: Sequence[str]
) -> list[RecordRow]:
    """Return those of the rows that are really theirs, each once."""
    found: dict[tuple[Kind, str], RecordRow] = {}
    for row in rows:
        held = held_of(row)
        is_named = row.kind is Kind.ORDER and row.id in order_ids
        if is_named or mark_of(held) in sealed or not keys.isdisjoint(_keys(held)):
            found[row.kind, row.id] = row
    return list(found.values())


def _mails(accounts: Iterable[RecordRow]) -> frozenset[str]:
    """Return the addresses of accounts: what a guest bought under one of them is theirs, too."""
    return frozenset(one for row in accounts for one in _keys(held_of(row)) if "@" in one)


def _keys(held: Held) -> frozenset[str]:
    return keys_of(held.kind, held.id, {name: cell.value for name, cell in held.cells.items()})
