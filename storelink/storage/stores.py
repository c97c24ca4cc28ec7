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
