"""Statements on the keys: secrets of this installation, which are made once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from storelink.storage.statement import Statement, inserting
from storelink.storage.tables import keys


class Keys:
    """Statements on the table `keys`.

    A key beside what it protects is a convenience: whoever reads the database has both. Who wants
    them apart gives the key from outside, and none is made here.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> str | None:
        """Return the key of that name; `None` if none was made."""
        return next((value for (value,) in _GET.rows(self._connection, which=name)), None)

    def get_or_make(self, name: str, make: Callable[[], str], *, now: datetime) -> str:
        """Return the key of that name; the first one who asks makes it, for everybody."""
        return self.get(name) or self._made(name, make(), now)

    def newest(self, prefix: str) -> list[str]:
        """Return the keys whose names begin so, the newest first."""
        return [value for (value,) in _NEWEST.rows(self._connection, prefix=prefix)]

    def _made(self, name: str, value: str, now: datetime) -> str:
        """Add a key, and return the one that is there: somebody may have been faster."""
        _ADD.run(self._connection, name=name, value=value, created_at=now)
        return self.get(name) or value


_GET: Statement[tuple[str]] = Statement(
    select(keys.c.value).where(keys.c.name == bindparam("which"))
)
_NEWEST: Statement[tuple[str]] = Statement(
    select(keys.c.value)
    .where(func.substr(keys.c.name, 1, func.length(bindparam("prefix"))) == bindparam("prefix"))
    .order_by(keys.c.created_at.desc(), keys.c.name.desc())
)
_ADD: Statement[tuple[str]] = Statement(
    lambda dialect: inserting(dialect, keys).on_conflict_do_nothing(),
    columns=("name", "value", "created_at"),
)
