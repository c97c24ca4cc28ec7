"""Taking a person out of what is stored, a little in each transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from storelink.contracts.hook import Reason
from storelink.events.types import (
    EVENT_TYPES,
    CustomerDataRequested,
    CustomerRedacted,
    StoreRedacted,
    StoreUninstalled,
)
from storelink.mirror.forgetting import Seal, forgotten
from storelink.mirror.rows import held_of, record_row
from storelink.models.enums import MessageState
from storelink.models.ref import Kind, Ref
from storelink.outbox.steps import FREE
from storelink.storage import MessageRow, RecordRow, Transaction
from storelink.storage.messages import Change

NOTICES = tuple(
    kind.type for kind in (CustomerDataRequested, CustomerRedacted, StoreRedacted, StoreUninstalled)
)
"""Facts that keep the account's id: they prove what was asked for, and what was done."""


@dataclass(frozen=True, slots=True)
class Wiping:
    """Takes a person of a store out of what a transaction finds; each returns how much it was.

    What is to be changed is locked first, as planning and delivery lock it. What a hook decided on
    what was known before, and is not committed by then, counts no more.

    Attributes:
        store: the store's name.
        seal: makes of names of people what they are called from now on.
        now: the present instant.
    """

    store: str
    seal: Seal = field(repr=False)
    now: datetime

    def objects(self, tx: Transaction, rows: Sequence[RecordRow], person: str) -> dict[str, int]:
        """Empty objects; those that name nobody themselves are *person*'s."""
        refs = [Ref(kind=row.kind, id=row.id) for row in rows]
        orders = {row.order_id for row in rows if row.order_id}
        self._alone(tx, map(str, [*refs, *map(Ref.order, orders)]))
        changed: list[tuple[None, RecordRow]] = []
        for row in tx.records.many(self.store, refs):
            held = held_of(row)
            left = forgotten(held, self.seal.of(row.person) if row.person else person)
            if left != held:
                changed.append((None, record_row(self.store, left, row.absorbed_at)))
        tx.records.put(changed)
        return {"objects": len(changed)}

    def orders(self, tx: Transaction, order_ids: Sequence[str]) -> dict[str, int]:
        """Take the person out of all that was said about orders, once these are empty."""
        subjects = [str(Ref.order(one)) for one in order_ids]
        self._alone(tx, subjects)
        tx.plans.void(self.store, subjects)
        tx.erasing.unsay(self.store, order_ids=order_ids, known=tuple(EVENT_TYPES))
        tx.erasing.anonymize_events(self.store, order_ids=order_ids, keep=NOTICES)
        answers = tx.answers.forget(self.store, order_ids)
        tx.documents.forget(self.store, order_ids)
        return {"answers": answers, **self._messages(tx, order_ids, ())}

    def people(
        self,
        tx: Transaction,
        scopes: Collection[str],
        *,
        checkouts: Iterable[str],
        accounts: Collection[str],
    ) -> dict[str, int]:
        """Take out what was said about the person by any name, and of accounts and checkouts."""
        left = [str(Ref(kind=Kind.CHECKOUT, id=one)) for one in checkouts]
        self._alone(tx, [*left, *scopes])
        tx.plans.void(self.store, left)
        tx.erasing.unmark(self.store, scopes)
        tx.erasing.anonymize_events(self.store, customer_ids=accounts, keep=NOTICES)
        return {"answers": tx.answers.forget(self.store, left), **self._messages(tx, (), scopes)}

    def _alone(self, tx: Transaction, subjects: Iterable[str]) -> None:
        tx.erasing.overwrite()
        tx.lock(*(f"{self.store}/{one}" for one in subjects))

    def _messages(
        self, tx: Transaction, order_ids: Collection[str], scopes: Collection[str]
    ) -> dict[str, int]:
        """Leave of messages that there was one."""
        found = tx.erasing.messages(self.store, order_ids=order_ids, scopes=scopes, alone=True)
        rows = [row for row in found if says_something(row, self.seal)]
        waiting = [row for row in rows if row.state is MessageState.WAITING]
        told = {"state": MessageState.CANCELLED, "reason": Reason.ERASED, **FREE}
        changes = [Change(row, told) for row in waiting]
        cancelled = tx.messages.change_all(changes, now=self.now)
        for row in rows:
            tx.erasing.anonymize(row, content=content_of(row), scope=_sealed(row.scope, self.seal))
        return {"messages": len(rows), "cancelled": cancelled}


def says_something(row: MessageRow, seal: Seal | None) -> bool:
    """Say whether there is more in a message than that there was one."""
    is_named = seal is not None and row.scope != _sealed(row.scope, seal)
    told = row.detail or row.provider_id or row.message != content_of(row)
    return bool(told) or is_named or row.state is MessageState.WAITING


def content_of(row: MessageRow) -> dict[str, Any]:
    """Return what is left of what a message said."""
    return {
        name: row.message[name]
        for name in ("template", "message_class", "attachments")
        if name in row.message
    }


def _sealed(scope: str, seal: Seal) -> str:
    """Return the subject that a message was planned for, with a person's key sealed."""
    name = Ref.parse(scope)
    return f"{Kind.PERSON}:{seal.of(name.id)}" if name.kind is Kind.PERSON else scope
