"""What the checks of `StoreSuite` act out, and how they compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from storelink.contracts.finding import Finding
from storelink.contracts.manifest import Capability
from storelink.contracts.sandbox import Item, Sandbox, ScriptedStore
from storelink.contracts.store import Page, StoreAdapter
from storelink.errors import StorelinkError
from storelink.models.contact import Contact
from storelink.models.coupon import Offer
from storelink.models.money import Money
from storelink.models.product import NewReview
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind, Ref

Connect = Callable[..., StoreAdapter]
"""Builds the adapter under test from options."""

MANY = 260
"""More orders than any platform puts on one page."""

MOST_PAGES = 2_000
NO_SUCH_ID = "987654321987"

ADA = Contact(email="ada@example.com", first_name="Ada", last_name="Byron", locale="en")
MIRA = Contact(email="mira@example.com", phone="+919830012345", first_name="Mira", locale="bn")
MUG = Item("Mug", Money("12.00", "EUR"))
BOWL = Item("Bowl", Money("30.50", "EUR"), quantity=2)


def needs(adapter: StoreAdapter, capability: Capability) -> None:
    """Skip the check unless the adapter declares *capability*."""
    if capability not in adapter.manifest.capabilities:
        pytest.skip(f"{adapter.manifest.title} does not declare {capability}")


def a_life(store: ScriptedStore) -> list[str]:
    """Let a few orders live, and return their ids."""
    paid, cod, gone = (
        store.place(ADA, [MUG, BOWL]),
        store.place(MIRA, [BOWL], payment_method="cod"),
        store.place(ADA, [MUG]),
    )
    store.ship(paid, number="AB1", carrier="DHL", url="https://parcels.example/AB1", lines={0: 1})
    store.ship(paid, number="AB2", carrier="DHL", lines={1: 2})
    store.refund(paid, lines={1: 1})
    store.complete(paid)
    store.pay(cod)
    store.cancel(gone)
    return [paid, cod, gone]


def pages(listed: Callable[..., Page], kind: Kind = Kind.ORDER, **options: Any) -> Iterator[Page]:
    """Follow a list to its end."""
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = listed(kind, cursor=cursor, **options)
        yield page
        cursor = page.cursor
        if cursor is None:
            return
    raise AssertionError(f"the list of {kind} has no end")


def headers(page: Page) -> list[Record]:
    """Return the orders of a page."""
    found = (one.records[0] for one in page.snapshots)
    return [record for record in found if record.kind is Kind.ORDER]


def order_ids(adapter: StoreAdapter, listed: Callable[..., Page], **options: Any) -> Iterator[str]:
    """Return the ids of the orders of a list."""
    return (one.id for page in pages(listed, **options) for one in headers(page))


def by_ref(snapshot: Snapshot) -> dict[Ref, Record]:
    """Return the records of a snapshot by what they are about."""
    return {record.ref: record for record in snapshot.records}


def order_parts(records: Mapping[Ref, Record]) -> set[Ref]:
    """Return what belongs to the order: an account is told beside it by some platforms only."""
    return {ref for ref, one in records.items() if one.kind is Kind.ORDER or one.order_id}


def assert_agree(expected: Record, told: Record) -> None:
    """Two tellings of one object agree on every field and list that both carry."""
    both = expected.fields.keys() & told.fields.keys()
    assert both
    assert {name: expected.fields[name] for name in both} == {
        name: told.fields[name] for name in both
    }
    lists = expected.children.keys() & told.children.keys()
    assert {name: sorted(expected.children[name]) for name in lists} == {
        name: sorted(told.children[name]) for name in lists
    }
    assert (expected.updated_at, expected.deleted) == (told.updated_at, told.deleted)


def created_at(sandbox: Sandbox, order_id: str) -> datetime:
    """Return when an order was created, as the store has it."""
    found = sandbox.store.read(Ref.order(order_id)).records[0].fields["created_at"]
    assert isinstance(found, datetime)
    return found


def an_offer(adapter: StoreAdapter, sandbox: Sandbox) -> Offer:
    """Return an offer for somebody who has bought."""
    order_id = sandbox.store.place(ADA, [MUG])
    customer_id = sandbox.store.read(Ref.order(order_id)).records[0].fields.get("customer_id")
    return Offer(
        code="THANKS-7F3K2Q",
        percent=Decimal(10),
        email=ADA.email,
        customer_id=customer_id,
        expires_at=datetime(2030, 1, 1, tzinfo=UTC),
    )


def a_review(adapter: StoreAdapter, sandbox: Sandbox) -> NewReview:
    """Return what somebody says of something that they bought."""
    order_id = sandbox.store.place(ADA, [MUG])
    lines = adapter.read(Ref.order(order_id)).records[0].fields["lines"]
    return NewReview(
        product_id=lines[0].product_id,
        rating=2,
        text='Fine, but <b>small</b>: 1 < 2 & "so" on.\n\nIt’s গরম ☕.',
        author="Ada L.",
        email=str(ADA.email),
    )


def secrets_of(sandbox: Sandbox) -> list[str]:
    """Return the secrets among the options that connect to a sandbox."""
    found = [value for name, value in sandbox.options.items() if is_secret(name)]
    texts = [one.get_secret_value() if isinstance(one, SecretStr) else one for one in found]
    return [one for one in texts if isinstance(one, str) and one]


def is_secret(name: str) -> bool:
    """Say whether an option of that name is a secret."""
    return any(word in name for word in ("secret", "token", "key", "password"))


def credentials(adapter: StoreAdapter, sandbox: Sandbox) -> list[str]:
    """Return the options without which the store lets nobody in."""
    return [name for name in sandbox.options if is_secret(name) and "webhook" not in name]


def assert_silent(error: StorelinkError, sandbox: Sandbox) -> None:
    """An error says something, and no secret and nobody's address."""
    text = str(error)
    assert text
    assert [one for one in (*secrets_of(sandbox), str(ADA.email)) if one in text] == []


def explained(finding: Finding) -> bool:
    """Say whether a fault has all that helps."""
    return bool(finding.code and finding.detail and finding.remedy)
