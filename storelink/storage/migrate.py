"""Bringing a database's schema up to date."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from storelink.errors import SchemaMismatch

VERSION_TABLE = "storelink_version"
HEAD = "0002"
"""The newest revision; a test holds it to the migration scripts."""


def ensure_schema(engine: Engine, *, migrate: bool) -> None:
    """Bring the schema to `HEAD`, or raise `SchemaMismatch`.

    Safe when several processes open the database at once: the check and the change are one
    transaction.
    """
    with engine.connect() as connection:
        if _revision(connection) == HEAD:
            return
    with engine.connect() as connection:
        connection.execution_options(storelink_write=True)
        with connection.begin():
            _upgrade(connection, migrate=migrate)


def _upgrade(connection: Connection, *, migrate: bool) -> None:
    found = _revision(connection)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        raise SchemaMismatch(
            f"the database has schema {found}, this storelink knows up to {HEAD}: "
            "use a newer storelink"
        )
    if not migrate:
        raise SchemaMismatch(
            f"the database has schema {found or 'none'}, this storelink needs {HEAD}: "
            "run `storelink migrate`"
        )
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    row = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).first()  # noqa: S608
    return str(row[0]) if row else None
