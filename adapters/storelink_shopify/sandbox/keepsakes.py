"""What an app can leave with a shop: metafields, and credit for customers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from storelink.models.money import Money
from storelink_shopify.sandbox.graph import Node, side, stamp
from storelink_shopify.sandbox.spelling import gid


@dataclass(slots=True)
class MetafieldState:
    """A value beside an object."""

    id: int
    owner: str
    namespace: str
    key: str
    value: str
    kind: str
    at: datetime

    @property
    def digest(self) -> str:
        """What changes with the value."""
        return hashlib.sha256(self.value.encode()).hexdigest()

    def node(self) -> Node:
        """Return its node."""
        return {
            "__typename": "Metafield",
            "id": gid("Metafield", self.id),
            "namespace": self.namespace,
            "key": self.key,
            "value": self.value,
            "jsonValue": self.value,
            "type": self.kind,
            "compareDigest": self.digest,
            "createdAt": stamp(self.at),
            "updatedAt": stamp(self.at),
            "ownerType": self.owner.split("/")[3].upper(),
        }


@dataclass(frozen=True, slots=True)
class CreditState:
    """Credit that was given."""

    id: int
    amount: Money
    balance: Money
    at: datetime
    expires_at: datetime | None


class Keepsakes:
    """Metafields by owner, and each customer's account of credit.

    Args:
        new_id: returns an id that nothing has yet.
    """

    def __init__(self, new_id: Callable[[], int]) -> None:
        self._new_id = new_id
        self._fields: dict[tuple[str, str, str], MetafieldState] = {}
        self._credits: dict[int, list[CreditState]] = {}

    def of(self, owner: str) -> Mapping[str, Any]:
        """Return what an object with a GID has to say of its metafields."""
        return {
            "metafield": lambda namespace="", key="": self._node(owner, namespace, key),
            "metafields": lambda: {"nodes": self._nodes(owner)},
        }

    def _node(self, owner: str, namespace: str, key: str) -> Node | None:
        found = self._fields.get((owner, namespace, key))
        return found.node() if found else None

    def _nodes(self, owner: str) -> list[Node]:
        return [one.node() for one in self._fields.values() if one.owner == owner]

    def get(self, owner: str, namespace: str, key: str) -> MetafieldState | None:
        """Return a metafield; `None` if there is none."""
        return self._fields.get((owner, namespace, key))

    def put(self, owner: str, at: datetime, given: Mapping[str, Any]) -> Node:
        """Set a metafield."""
        key = (owner, given.get("namespace") or "custom", given["key"])
        known = self._fields.get(key)
        number = known.id if known else self._new_id()
        kind = given.get("type") or (known.kind if known else "single_line_text_field")
        self._fields[key] = MetafieldState(number, *key, given["value"], kind, at)
        return self._fields[key].node()

    def credit(self, customer: int, amount: Money, at: datetime, until: datetime | None) -> Node:
        """Give credit, and return the transaction."""
        given = self._credits.setdefault(customer, [])
        balance = given[-1].balance + amount if given else amount
        given.append(CreditState(self._new_id(), amount, balance, at, until))
        return self._transaction(customer, given[-1])

    def currency(self, customer: int) -> str | None:
        """Return the currency of somebody's account; `None` if there is no account yet."""
        given = self._credits.get(customer)
        return given[0].amount.currency if given else None

    def accounts(self, customer: int) -> Node:
        """Return the accounts of a customer: none, or one."""
        return {"nodes": [self._account(customer)] if self._credits.get(customer) else []}

    def find(self, node_id: str) -> Node | None:
        """Return an account of credit by its GID."""
        kind, _, key = node_id.removeprefix("gid://shopify/").partition("/")
        is_known = kind == "StoreCreditAccount" and key.isdecimal() and int(key) in self._credits
        return self._account(int(key)) if is_known else None

    def _account(self, customer: int) -> Node:
        """Return an account; it has the number of its customer, who has only one."""
        given = self._credits.get(customer, [])
        return {
            "__typename": "StoreCreditAccount",
            "id": gid("StoreCreditAccount", customer),
            "balance": side(given[-1].balance if given else Money(Decimal(0), "EUR")),
            "transactions": lambda: {
                "nodes": [self._transaction(customer, one) for one in reversed(given)]
            },
        }

    def _transaction(self, customer: int, credit: CreditState) -> Node:
        return {
            "__typename": "StoreCreditAccountCreditTransaction",
            "id": gid("StoreCreditAccountCreditTransaction", credit.id),
            "amount": side(credit.amount),
            "balanceAfterTransaction": side(credit.balance),
            "remainingAmount": side(credit.amount),
            "createdAt": stamp(credit.at),
            "expiresAt": stamp(credit.expires_at),
            "event": "ADJUSTMENT",
            "account": lambda: self._account(customer),
        }
