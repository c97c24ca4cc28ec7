"""Statements on what providers tell of messages after they took them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from storelink.storage.messages import row_of
from storelink.storage.rows import MessageRow
from storelink.storage.statement import columns
from storelink.storage.tables import outbox


class Reported:
    """Finds messages by what their providers call them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def message(self, ids: Collection[str]) -> MessageRow | None:
        """Return the message that its provider knows by one of *ids*, if there is one.

        It looks at every message: reports are few, and an index would cost every message.
        """
        wanted = select(*columns(outbox, MessageRow)).where(outbox.c.provider_id.in_(ids)).limit(1)
        found = self._connection.execute(wanted).first() if ids else None
        return row_of(*found) if found else None
