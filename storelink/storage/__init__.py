"""The database: tables, migrations, statements. Nothing else imports the database library."""

from __future__ import annotations

from storelink.storage.engine import Database, Transaction
from storelink.storage.rows import (
    CallRow,
    EventRow,
    InboxRow,
    InboxState,
    MessageRow,
    PositionRow,
    RecordRow,
)
from storelink.storage.statement import Undone

__all__ = [
    "CallRow",
    "Database",
    "EventRow",
    "InboxRow",
    "InboxState",
    "MessageRow",
    "PositionRow",
    "RecordRow",
    "Transaction",
    "Undone",
]
