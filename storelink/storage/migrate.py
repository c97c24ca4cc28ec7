"""Bringing a database's schema up to date."""

from __future__ import annotations

import functools
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, StaticPool, create_engine, inspect, text

from storelink.errors import SchemaMismatch
from storelink.storage.postgresql import lock
from storelink.storage.sqlite import WRITES

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "storelink_version"
PATIENCE = timedelta(minutes=10)
"""How long to wait for another process that is bringing the schema up to date."""
HEAD = "0007"
"""The newest revision; a test holds it to the migration scripts."""


def ensure_schema(engine: Engine, *, migrate: bool) -> None:
    """Bring the schema to `HEAD`, or raise `SchemaMismatch`.

    Safe when several processes open the database at once: the check and the change are one
    transaction.
    """
    if migrate and isinstance(engine.pool, StaticPool):
        _make_at_once(engine)
    with engine.connect() as connection:
        if _revision(connection) == HEAD:
            return
    with engine.connect() as connection:
        connection.execution_options(**{WRITES: True})
        with connection.begin():
            if connection.dialect.name != "sqlite":
                lock(connection, [VERSION_TABLE], PATIENCE)
            _upgrade(connection, migrate=migrate)


def _make_at_once(engine: Engine) -> None:
    """Make the schema in a new database in memory: tests open thousands of them."""
    with closing(engine.raw_connection()) as connection:
        driver: Any = connection.driver_connection
        if driver.execute("SELECT 1 FROM sqlite_master").fetchone() is None:
            driver.executescript(_schema())


@functools.cache
def _schema() -> str:
    """Return what the migrations make, in SQL; they run once in a process for that."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.connect() as connection, connection.begin():
        _upgrade(connection, migrate=True)
    with closing(engine.raw_connection()) as pooled:
        driver: Any = pooled.driver_connection
        script = "\n".join(driver.iterdump())
    engine.dispose()
    return script


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

    command.upgrade(config_for(connection), HEAD)


def config_for(connection: Connection) -> Config:
    """Return what tells the migrations' library where the scripts are and what they change."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    row = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).first()  # noqa: S608
    return str(row[0]) if row else None
