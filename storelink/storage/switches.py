"""Statements on the switches: what was told to send nothing for now."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, delete, select

from storelink.storage.rows import SwitchRow
from storelink.storage.statement import Statement, columns, inserting
from storelink.storage.tables import switches


class Switches:
    """Statements on the table `switches`; a row is what is off, and `"*"` means every one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def off(self, row: SwitchRow) -> None:
        """Switch off; what is off already stays off since then, for the new reason."""
        _OFF.run(self._connection, **{name: getattr(row, name) for name in _NAMES})

    def on(self, store: str, hook: str) -> bool:
        """Switch on again, and say whether it was off."""
        return _ON.run(self._connection, of=store, which=hook) > 0

    def all(self) -> list[SwitchRow]:
        """Return everything that is off, by store and hook: few, if any."""
        return _ALL.rows(self._connection)


_NAMES = [column.name for column in columns(switches, SwitchRow)]


def _off(dialect: str) -> Any:
    statement = inserting(dialect, switches)
    return statement.on_conflict_do_update(
        index_elements=["store", "hook"], set_={"why": statement.excluded.why}
    )


_OFF: Statement[Any] = Statement(_off, columns=_NAMES)
_ON: Statement[Any] = Statement(
    delete(switches).where(
        switches.c.store == bindparam("of"), switches.c.hook == bindparam("which")
    )
)
_ALL: Statement[SwitchRow] = Statement(
    select(*columns(switches, SwitchRow)).order_by(switches.c.store, switches.c.hook),
    make=SwitchRow,
)
