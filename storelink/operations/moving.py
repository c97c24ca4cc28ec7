"""Moving to another database: from SQLite to PostgreSQL, or back."""

from __future__ import annotations

from collections.abc import Callable

from storelink.errors import ConfigError, Conflict
from storelink.storage import Database


def copy_database(
    source: str, target: str, *, told: Callable[[str, int], object] = lambda name, rows: None
) -> dict[str, int]:
    """Copy everything into an empty database, all or nothing, and return the rows of each table.

    Nobody may write to the source meanwhile: stop the workers and what takes webhooks.

    Args:
        source: the URL of the database to copy; its schema is brought up to date.
        target: the URL of a database that is empty, or that was only migrated.
        told: told of each table, and how many of its rows are copied so far.

    Raises:
        Conflict: there is something in the target, or not everything arrived; it is as it was.
        ConfigError: a URL is not understood, or there is nothing in the source.
        StorageUnavailable: a database cannot be reached, read or written.
    """
    old_one, new_one = Database(source), Database(target)
    try:
        with old_one.read() as old, new_one.write() as new:
            if any(new.everything.counts().values()):
                raise Conflict("the target database is not empty; nothing was copied")
            counts = old.everything.counts()
            if not any(counts.values()):
                raise ConfigError("there is nothing in the source database; is its URL right?")
            for name in counts:
                done = 0
                for rows in old.everything.rows(name):
                    new.everything.add(name, rows)
                    done += len(rows)
                    told(name, done)
            new.everything.number_on()
            if new.everything.counts() != counts:
                raise Conflict("not every row arrived; nothing was copied")
    finally:
        old_one.close()
        new_one.close()
    return counts
