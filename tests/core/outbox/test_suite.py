"""The outbox keeps its promises on both databases."""

from __future__ import annotations

from storelink.testing import OutboxSuite


class TestOutbox(OutboxSuite):
    """On SQLite and on PostgreSQL."""
