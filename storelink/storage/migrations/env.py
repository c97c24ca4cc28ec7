"""Runs the migrations on the connection that `storelink.storage.migrate` hands over."""

from __future__ import annotations

from alembic import context

from storelink.storage.migrate import VERSION_TABLE
from storelink.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
