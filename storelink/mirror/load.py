"""Reading the mirror: what is known of a store, as values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from storelink.mirror import assemble
from storelink.mirror.merge import Held
from storelink.mirror.rows import held_of
from storelink.models.checkout import Checkout
from storelink.models.coupon import Coupon
from storelink.models.customer import Customer
from storelink.models.enums import OrderStatus
from storelink.models.message import Person
from storelink.models.order import Order
from storelink.models.product import Product, ProductReview
from storelink.models.ref import Kind, Ref
from storelink.storage import RecordRow, Transaction


def order(tx: Transaction, store: str, order_id: str) -> Order | None:
    """Return the order of that id, or `None` while its header is not known."""
    row = tx.records.get(store, Ref.order(order_id))
    return next(iter(_orders(tx, store, [row])), None) if row else None


def find_order(tx: Transaction, store: str, name: str) -> Order | None:
    """Return the order of that id, or else of that number (`1042` finds `#1042`)."""
    by_id = order(tx, store, name)
    if by_id is not None:
        return by_id
    return next(iter(_orders(tx, store, tx.records.by_number(store, name))), None)


def orders(tx: Transaction, store: str, order_ids: Sequence[str]) -> dict[str, Order]:
    """Return those of the orders that are known, by id."""
    rows = tx.records.orders(store, order_ids)
    return {one.id: one for one in _orders(tx, store, rows)}


def person(tx: Transaction, store: str, key: str) -> Person:
    """Return a person with everything that is known of them."""
    return people(tx, store, [key])[key]


def people(tx: Transaction, store: str, keys: Sequence[str]) -> dict[str, Person]:
    """Return people by their keys, each with their orders and checkouts, oldest first."""
    rows = tx.records.of_people(store, _THEIRS, keys) if keys else []
    of_kind = {kind: [row for row in rows if row.kind is kind] for kind in _THEIRS}
    whose = {(row.kind, row.id): row.person for row in rows}
    found: dict[str, _Belongings] = defaultdict(_Belongings)
    for order in _orders(tx, store, of_kind[Kind.ORDER]):
        found[whose[Kind.ORDER, order.id] or ""].orders.append(order)
    for begun in _checkouts(tx, store, of_kind[Kind.CHECKOUT]):
        found[whose[Kind.CHECKOUT, begun.id] or ""].checkouts.append(begun)
    for account in _customers(tx, store, of_kind[Kind.CUSTOMER]):
        if account.deleted_at is None:
            found[whose[Kind.CUSTOMER, account.id] or ""].accounts.append(account)
    return {key: found[key].person(store, key) for key in keys}


_THEIRS = (Kind.ORDER, Kind.CHECKOUT, Kind.CUSTOMER)
"""The kinds of what belongs to a person."""


@dataclass(slots=True)
class _Belongings:
    """What belongs to one person, in any order."""

    orders: list[Order] = field(default_factory=list)
    checkouts: list[Checkout] = field(default_factory=list)
    accounts: list[Customer] = field(default_factory=list)

    def person(self, store: str, key: str) -> Person:
        return Person(
            store=store,
            key=key,
            orders=tuple(sorted(self.orders, key=lambda one: _age(one.placed_at, one.id))),
            checkouts=tuple(sorted(self.checkouts, key=lambda one: _age(one.created_at, one.id))),
            account=max(self.accounts, key=_newness, default=None),
        )


def _age(at: datetime | None, key: str) -> tuple[bool, datetime | None, int, str]:
    return (at is None, at, len(key), key)


def _newness(account: Customer) -> tuple[bool, datetime | None, str]:
    return (account.updated_at is not None, account.updated_at, account.id)


def customer(tx: Transaction, store: str, customer_id: str) -> Customer | None:
    """Return the account of that id, with what it agreed to."""
    row = tx.records.get(store, Ref(kind=Kind.CUSTOMER, id=customer_id))
    return next(iter(_customers(tx, store, [row])), None) if row else None


def customers(tx: Transaction, store: str, ids: Iterable[str]) -> dict[str, Customer]:
    """Return those of the accounts that are known, by id."""
    rows = tx.records.many(store, (Ref(kind=Kind.CUSTOMER, id=one) for one in ids))
    return {one.id: one for one in _customers(tx, store, rows)}


def _customers(tx: Transaction, store: str, rows: Sequence[RecordRow]) -> list[Customer]:
    consents: dict[str, list[Held]] = defaultdict(list)
    for row in tx.records.consents(store, [row.id for row in rows]) if rows else ():
        consents[row.id.rpartition("/")[0]].append(held_of(row))
    return [assemble.customer(store, held, consents[held.id]) for held in map(held_of, rows)]


def product(tx: Transaction, store: str, product_id: str) -> Product | None:
    """Return the product of that id, or `None` if nothing is known of it."""
    return products(tx, store, [product_id]).get(product_id)


def products(tx: Transaction, store: str, product_ids: Iterable[str]) -> dict[str, Product]:
    """Return those of the products that are known, by id."""
    found = _known(tx, store, Kind.PRODUCT, product_ids)
    return {held.id: assemble.product(store, held) for held in found}


def checkout(tx: Transaction, store: str, checkout_id: str) -> Checkout | None:
    """Return the checkout of that id, or `None` if nothing is known of it."""
    return checkouts(tx, store, [checkout_id]).get(checkout_id)


def checkouts(tx: Transaction, store: str, checkout_ids: Iterable[str]) -> dict[str, Checkout]:
    """Return those of the checkouts that are known, by id; an order that names one completes it."""
    rows = tx.records.many(store, (Ref(kind=Kind.CHECKOUT, id=one) for one in checkout_ids))
    return {one.id: one for one in _checkouts(tx, store, rows)}


def _checkouts(tx: Transaction, store: str, rows: Sequence[RecordRow]) -> list[Checkout]:
    known = [held for held in map(held_of, rows) if held.cells]
    orders = became(tx, store, [held.id for held in known]) if known else {}
    return [assemble.checkout(store, held, orders.get(held.id)) for held in known]


def became(tx: Transaction, store: str, checkout_ids: Iterable[str]) -> dict[str, Held]:
    """Return the headers of the orders that checkouts became, by the checkout's id.

    WooCommerce's block makes a draft of an order, which names its cart, when the page is opened.
    """
    named = (
        (row.checkout_id, held_of(row)) for row in tx.records.of_checkouts(store, checkout_ids)
    )
    placed = [(key, held) for key, held in named if held.value("status") != OrderStatus.DRAFT]
    return {key: held for key, held in reversed(placed) if key is not None}


def coupon(tx: Transaction, store: str, coupon_id: str) -> Coupon | None:
    """Return the coupon of that id, or `None` if nothing is known of it."""
    found = _known(tx, store, Kind.COUPON, [coupon_id])
    return assemble.coupon(store, found[0]) if found else None


def review(tx: Transaction, store: str, review_id: str) -> ProductReview | None:
    """Return the review of that id, or `None` if nothing is known of it."""
    found = _known(tx, store, Kind.REVIEW, [review_id])
    return assemble.review(store, found[0]) if found else None


def reviews(tx: Transaction, store: str, person: str) -> list[ProductReview]:
    """Return what one person wrote of products in the store itself, and did not take back."""
    return reviews_of(tx, store, [person]).get(person, [])


def reviews_of(tx: Transaction, store: str, keys: Sequence[str]) -> dict[str, list[ProductReview]]:
    """Return what people wrote of products in the store itself and did not take back, by person."""
    found: dict[str, list[ProductReview]] = defaultdict(list)
    for row in tx.records.of_people(store, [Kind.REVIEW], keys) if keys else ():
        held = held_of(row)
        if row.person and not held.is_deleted:
            found[row.person].append(assemble.review(store, held))
    return found


def _known(tx: Transaction, store: str, kind: Kind, ids: Iterable[str]) -> list[Held]:
    """Return what is held of these objects; of some, only a question or a deletion is known."""
    rows = tx.records.many(store, (Ref(kind=kind, id=one) for one in ids))
    return [held for held in map(held_of, rows) if held.cells]


def _orders(tx: Transaction, store: str, rows: Sequence[RecordRow]) -> list[Order]:
    parts: dict[str, list[Held]] = defaultdict(list)
    for row in tx.records.parts(store, [row.id for row in rows]):
        parts[row.order_id or ""].append(held_of(row))
    whole = [assemble.order(store, held_of(row), parts[row.id]) for row in rows]
    return [one for one in whole if one is not None]
