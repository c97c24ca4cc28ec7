"""The database: tables, migrations, statements. Nothing else imports the database library."""

from __future__ import annotations

from storelink.storage.engine import Database, Transaction
from storelink.storage.rows import (
    AnswerRow,
    BudgetRow,
    CallRow,
    ConsentRow,
    DocumentRow,
    EventRow,
    InboxRow,
    InboxState,
    MessageRow,
    NeighborRow,
    PositionRow,
    RecordRow,
    SuppressionRow,
    SwitchRow,
)
from storelink.storage.statement import Undone

__all__ = [
    "AnswerRow",
    "BudgetRow",
    "CallRow",
    "ConsentRow",
    "Database",
    "DocumentRow",
    "EventRow",
    "InboxRow",
    "InboxState",
    "MessageRow",
    "NeighborRow",
    "PositionRow",
    "RecordRow",
    "SuppressionRow",
    "SwitchRow",
    "Transaction",
    "Undone",
]
