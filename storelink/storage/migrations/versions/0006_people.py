"""Messages about what is no order, and accounts that are known by whose they are."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_records = sa.table(
    "records",
    sa.column("store"),
    sa.column("kind"),
    sa.column("id"),
    sa.column("person"),
    sa.column("cells"),
)
_STEP = 1_000


def upgrade() -> None:
    """Let a message have no order, and say of each account whose it is."""
    with op.batch_alter_table("outbox") as batch:
        batch.alter_column("order_id", existing_type=sa.Text(), nullable=True)
    some = sa.text("customer_id IS NOT NULL")
    op.create_index(
        "ix_events_store_customer_id",
        "events",
        ["store", "customer_id"],
        sqlite_where=some,
        postgresql_where=some,
    )
    _name_people()


def _name_people() -> None:
    """Write down whose accounts are, as `mirror.rows.person_of` does from then on."""
    connection, after = op.get_bind(), ("", "")
    key = (_records.c.store, _records.c.id)
    while True:
        page = connection.execute(
            sa.select(*key, _records.c.cells)
            .where(_records.c.kind == "customer", sa.tuple_(*key) > after)
            .order_by(*key)
            .limit(_STEP)
        ).all()
        for store, account, cells in page:
            told = {name: cell[2] for name, cell in json.loads(cells).items()}
            connection.execute(
                sa.update(_records)
                .where(_records.c.kind == "customer", key[0] == store, key[1] == account)
                .values(person=_person(account, told))
            )
        if len(page) < _STEP:
            return
        after = (page[-1].store, page[-1].id)


def _person(account: str, told: dict[str, Any]) -> str:
    """Return the address as people are known by it; of erased ones, what is left."""
    erased: str | None = told.get("erased/person")
    if erased:
        return erased
    email: str = (told.get("email") or "").strip().casefold()
    return email or told.get("phone") or f"customer/{account}"
