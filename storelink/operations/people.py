"""Who is meant, and everything in the mirror that is theirs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property

from storelink.errors import ConfigError
from storelink.mirror.forgetting import ACCOUNT, PREFIX, Seal, keys_of, mark_of, person_keys
from storelink.mirror.merge import Held
from storelink.mirror.rows import held_of
from storelink.models.ref import Kind, Ref
from storelink.operations.traces import Traces
from storelink.storage import RecordRow, Transaction
from storelink.toolkit.contact import spellings

_GUEST = "0"
"""The account that all guests of WooCommerce share is nobody's."""
_NOBODY = frozenset[str]()


@dataclass(frozen=True, kw_only=True)
class Names:
    """Everything that one person is known by.

    Attributes:
        keys: what tells the person, as `person_keys` writes it: each leads on to all that has it.
        accounts: the ids of their accounts.
        order_ids: their orders, with those that are not in the mirror.
        people: the person as a subject of plans, in the mirror's own spelling.
        told: every address that was given with anything of theirs; these lead no further.
    """

    keys: frozenset[str] = field(default=_NOBODY, repr=False)
    accounts: frozenset[str] = _NOBODY
    order_ids: frozenset[str] = _NOBODY
    people: frozenset[str] = field(default=_NOBODY, repr=False)
    told: frozenset[str] = field(default=_NOBODY, repr=False)

    def to_dict(self) -> dict[str, list[str]]:
        """Return it as JSON values."""
        return {one.name: sorted(getattr(self, one.name)) for one in fields(self)}

    @classmethod
    def from_dict(cls, told: Mapping[str, Iterable[str]]) -> Names:
        """Return what `to_dict` wrote."""
        return cls(**{name: frozenset(some) for name, some in told.items()})


@dataclass(frozen=True, kw_only=True)
class Who:
    """One person of a store, by what is known of them.

    Attributes:
        email: in any case, its domain in either script.
        phone: in E.164, or as the store has it.
        customer_id: the platform's id of the account.
        order_ids: orders that are theirs in any case.

    Raises:
        ConfigError: nothing is given, or something else than an address as one.
    """

    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    customer_id: str | None = None
    order_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.email and self.email.strip() and "@" not in self.email:
            raise ConfigError("an e-mail address has an @; a phone number is given by itself")
        if not self.names.keys and not self.order_ids:
            raise ConfigError("say who is meant: an e-mail address, a phone number or an account")

    @cached_property
    def names(self) -> Names:
        """What is known of the person before anything was looked up."""
        account = self.customer_id if self.customer_id != _GUEST else None
        return Names(
            keys=person_keys(email=self.email, phone=self.phone, customer_id=account),
            accounts=frozenset({account} if account else ()),
            order_ids=frozenset(self.order_ids),
        )


@dataclass(frozen=True)
class Found:
    """What the mirror has of a person.

    Attributes:
        names: everything that they are known by.
        rows: their objects, with the parts of their orders.
    """

    names: Names
    rows: Sequence[RecordRow] = field(repr=False)

    @cached_property
    def refs(self) -> frozenset[tuple[Kind, str]]:
        """Their objects, by kind and id."""
        orders = {(Kind.ORDER, one) for one in self.names.order_ids}
        return frozenset({(row.kind, row.id) for row in self.rows} | orders)

    @cached_property
    def scopes(self) -> frozenset[str]:
        """The person as a subject of plans."""
        return frozenset(str(Ref(kind=Kind.PERSON, id=one)) for one in self.names.people)

    @cached_property
    def addresses(self) -> frozenset[str]:
        """Every e-mail address and phone number that is theirs."""
        known = self.names.keys | self.names.told
        return frozenset(one for one in known if not one.startswith((ACCOUNT, PREFIX)))

    @cached_property
    def traces(self) -> Traces:
        """What tells the person in a text."""
        return _traces(self.addresses)


def answered_about(found: Found) -> list[str]:
    """Return what the person may have answered about: orders, and checkouts by their names."""
    checkouts = (key for kind, key in found.refs if kind is Kind.CHECKOUT)
    return [*found.names.order_ids, *(str(Ref(kind=Kind.CHECKOUT, id=one)) for one in checkouts)]


def find(tx: Transaction, store: str, names: Names, seal: Seal | None) -> Found:
    """Return everything that is theirs: by the address, by the accounts that have it, and theirs.

    Two people may share a phone, and one may pay for another: only an account's address leads on.
    """
    rows = _naming(tx, store, names.keys, names.accounts, seal)
    accounts = names.accounts.union(
        row.id for row in rows if row.kind is Kind.CUSTOMER and names.keys & row_keys(row)
    )
    mails = _mails(row for row in rows if row.kind is Kind.CUSTOMER and row.id in accounts)
    keys = names.keys.union(mails, *(person_keys(customer_id=one) for one in accounts))
    traces = _traces(one for one in keys | names.told if not one.startswith(ACCOUNT))
    orders = names.order_ids | _strayed(tx, store, traces)
    rows += _naming(tx, store, keys, accounts, seal)
    rows += tx.records.orders(store, orders)
    ours = _ours(rows, keys, {seal.of(key) for key in keys} if seal else set(), orders)
    orders = orders.union(row.id for row in ours if row.kind is Kind.ORDER)
    return Found(
        Names(
            keys=keys,
            accounts=accounts,
            order_ids=orders,
            people=names.people.union(keys, (row.person for row in ours if row.person)),
            told=names.told.union(*(_told(row) for row in ours)),
        ),
        [*ours, *tx.records.parts(store, orders)],
    )


def row_keys(row: RecordRow) -> frozenset[str]:
    """Return whose an object is, by what is held of it."""
    return _keys(held_of(row))


def _keys(held: Held) -> frozenset[str]:
    return keys_of(held.kind, held.id, {name: cell.value for name, cell in held.cells.items()})


def _told(row: RecordRow) -> Iterable[str]:
    return (one for one in row_keys(row) if not one.startswith(ACCOUNT))


def _traces(addresses: Iterable[str]) -> Traces:
    known = frozenset(addresses)
    mails = (spellings(one) for one in known if "@" in one)
    return Traces(_NOBODY.union(*mails), frozenset(one for one in known if "@" not in one))


def _naming(
    tx: Transaction,
    store: str,
    keys: Iterable[str],
    accounts: Iterable[str],
    seal: Seal | None,
) -> list[RecordRow]:
    people = set(keys) | ({seal.of(key) for key in keys} if seal else set())
    words = (spellings(one) for one in keys if not one.startswith(ACCOUNT))
    return tx.erasing.naming(
        store, people=people, words=_NOBODY.union(*words), accounts=set(accounts)
    )


def _strayed(tx: Transaction, store: str, traces: Traces) -> set[str]:
    """Return the orders of which only a part is known that names the person in its own words."""
    return {
        row.order_id
        for row in tx.erasing.strays(store)
        if row.order_id and traces.are_in(json.dumps(row.cells).encode())
    }


def _ours(
    rows: Iterable[RecordRow], keys: frozenset[str], sealed: set[str], order_ids: frozenset[str]
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
    return frozenset(one for row in accounts for one in row_keys(row) if "@" in one)
