"""Positions of reading, times of creation, checkouts, and stores that took storelink off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def upgrade() -> None:
    """Add what is new, and fill it from what is held."""
    op.create_table(
        "positions",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("store", "name", name=op.f("pk_positions")),
    )
    op.add_column("stores", sa.Column("uninstalled_at", sa.BigInteger(), nullable=True))
    op.add_column("records", sa.Column("created_at", sa.BigInteger(), nullable=True))
    op.add_column("records", sa.Column("checkout_id", sa.Text(), nullable=True))
    op.create_index("ix_records_store_kind_created_at", "records", ["store", "kind", "created_at"])
    op.create_index(
        "ix_records_store_checkout_id",
        "records",
        ["store", "checkout_id"],
        sqlite_where=sa.text("checkout_id IS NOT NULL"),
        postgresql_where=sa.text("checkout_id IS NOT NULL"),
    )
    op.add_column("events", sa.Column("checkout_id", sa.Text(), nullable=True))
    op.create_index(
        "ix_events_store_checkout_id",
        "events",
        ["store", "checkout_id"],
        sqlite_where=sa.text("checkout_id IS NOT NULL"),
        postgresql_where=sa.text("checkout_id IS NOT NULL"),
    )
    _fill_created_at()


def _fill_created_at() -> None:
    """Take the times of creation from the cells."""
    connection = op.get_bind()
    records = sa.table("records", *map(sa.column, ("store", "kind", "id", "cells", "created_at")))
    told = (
        sa.func.json_extract(records.c.cells, "$.created_at[2]")
        if connection.dialect.name == "sqlite"
        else sa.cast(records.c.cells, postgresql.JSONB)["created_at"][2].astext
    )
    found = connection.execute(
        sa.select(records.c.store, records.c.kind, records.c.id, told).where(told.is_not(None))
    )
    for row in found.fetchall():
        same = (records.c.store == row[0]) & (records.c.kind == row[1]) & (records.c.id == row[2])
        connection.execute(sa.update(records).where(same).values(created_at=_micros(row[3])))


def _micros(told: str) -> int:
    return (datetime.fromisoformat(told) - _EPOCH) // timedelta(microseconds=1)
