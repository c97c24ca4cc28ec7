"""The stores that this database knows, and since when they are connected."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from storelink.storage.tables import stores


class Stores:
    """Statements on the table `stores`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def connect(self, name: str, *, platform: str, now: datetime, since: datetime | None) -> None:
        """Remember the store; its first connection counts, unless *since* says otherwise."""
        found = self._connection.execute(select(stores).where(stores.c.name == name)).first()
        if found is None:
            # Platforms count whole seconds: what happens in the second of connecting counts.
            first = since or now.replace(microsecond=0)
            row = {"name": name, "platform": platform, "connected_at": first}
            self._connection.execute(insert(stores).values(row))
        elif since is not None and found.connected_at != since:
            change = update(stores).where(stores.c.name == name).values(connected_at=since)
            self._connection.execute(change)

    def connected_at(self) -> dict[str, datetime]:
        """Return since when each store is connected: what happened before is silent."""
        rows = self._connection.execute(select(stores.c.name, stores.c.connected_at))
        return {row.name: row.connected_at for row in rows}

    def uninstall(self, name: str, *, at: datetime) -> None:
        """Remember that the store took storelink off: its credentials are void."""
        change = update(stores).where(stores.c.name == name).values(uninstalled_at=at)
        self._connection.execute(change)

    def connect_again(self, name: str, *, uninstalled_at: datetime) -> None:
        """Forget that the store took storelink off then: it answers again."""
        change = update(stores).where(
            stores.c.name == name, stores.c.uninstalled_at == uninstalled_at
        )
        self._connection.execute(change.values(uninstalled_at=None))

    def uninstalled_at(self) -> dict[str, datetime]:
        """Return the stores that took storelink off, and since when."""
        wanted = select(stores.c.name, stores.c.uninstalled_at)
        rows = self._connection.execute(wanted.where(stores.c.uninstalled_at.is_not(None)))
        return {row.name: row.uninstalled_at for row in rows}
