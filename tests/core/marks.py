"""The marks that are due, as tests look at them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from storelink.storage import Transaction
from storelink.storage.plans import Mark
from storelink.storage.tables import plans


def due_marks(tx: Transaction, now: datetime, store: str = "shop") -> list[Mark]:
    """The marks of a store that are due, whoever plans them, in a stable order."""
    wanted = select(plans.c.store, plans.c.subject, plans.c.due_at, plans.c.stamp).where(
        plans.c.store == store, plans.c.due_at <= now
    )
    rows = tx._connection.execute(wanted.order_by(plans.c.due_at, plans.c.subject))
    return [Mark(*row) for row in rows]
