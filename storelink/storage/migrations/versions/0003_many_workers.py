"""Leases for plans and calls, and indexes that only hold what a stage looks for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_OLD = (
    ("plans", "ix_plans_due_at"),
    ("calls", "ix_calls_state_due_at"),
    ("outbox", "ix_outbox_state_due_at"),
    ("inbox", "ix_inbox_state_id"),
    ("events", "ix_events_at"),
    ("records", "ix_records_needs_read_since"),
    ("records", "ix_records_store_order_id"),
    ("records", "ix_records_store_person"),
    ("records", "ix_records_store_number"),
)
_NEW = (
    ("plans", ("store", "due_at"), None),
    ("inbox", ("store", "received_at"), None),
    ("inbox", ("store", "state", "attempts", "id"), "state IN ('new', 'kept')"),
    ("calls", ("store", "due_at"), "state = 'waiting'"),
    ("outbox", ("store", "due_at", "id"), "state = 'waiting'"),
    (
        "outbox",
        ("store", "state", "updated_at"),
        "state IN ('sending', 'in_doubt', 'failed')",
    ),
    ("outbox", ("lease_owner",), "lease_owner IS NOT NULL"),
    ("records", ("store", "needs_read_since"), "needs_read_since IS NOT NULL"),
    ("records", ("store", "order_id"), "order_id IS NOT NULL"),
    ("records", ("store", "person"), "person IS NOT NULL"),
    ("records", ("store", "number"), "number IS NOT NULL"),
)


def upgrade() -> None:
    """Add the leases, give calls their store, and put new indexes in place of old ones."""
    for table, index in _OLD:
        op.drop_index(index, table)
    for table in ("plans", "calls"):
        op.add_column(table, sa.Column("lease_owner", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("lease_until", sa.BigInteger(), nullable=True))
    _name_stores_of_calls()
    for table, columns, condition in _NEW:
        some = sa.text(condition) if condition else None
        op.create_index(
            "_".join(("ix", table, *columns)),
            table,
            list(columns),
            sqlite_where=some,
            postgresql_where=some,
        )


def _name_stores_of_calls() -> None:
    """Take each call's store from its event; a call whose event is gone calls nobody."""
    op.add_column("calls", sa.Column("store", sa.Text(), nullable=True))
    events = sa.table("events", sa.column("id"), sa.column("store"))
    calls = sa.table("calls", sa.column("event_id"), sa.column("store"))
    found = sa.select(events.c.store).where(events.c.id == calls.c.event_id).scalar_subquery()
    op.execute(sa.update(calls).values(store=found))
    op.execute(sa.delete(calls).where(calls.c.store.is_(None)))
    with op.batch_alter_table("calls") as batch:
        batch.alter_column("store", existing_type=sa.Text(), nullable=False)
