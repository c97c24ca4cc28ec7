"""Asking a hook once more, just before its message is sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from storelink.contracts.hook import Reason, Skip
from storelink.hooks.planner import Planner
from storelink.mirror import load
from storelink.models.ref import Ref
from storelink.outbox import key_of
from storelink.outbox.life import Decided, unsettled
from storelink.storage import Database, MessageRow


class AskAgain:
    """Decides at send time, on fresh state.

    Args:
        database: where the mirror is.
        planner: asks the hooks.
        read: reads an object of a store; `can_read` says whether it can.
        can_read: says whether a store can be read.
        fresh_for: the mirror is read again before sending if it is older than this.
    """

    def __init__(
        self,
        database: Database,
        planner: Planner,
        *,
        read: Callable[[str, Ref], None],
        can_read: Callable[[str], bool],
        fresh_for: timedelta,
    ) -> None:
        self._database, self._planner = database, planner
        self._read, self._can_read, self._fresh_for = read, can_read, fresh_for

    def refresh(self, row: MessageRow, now: datetime) -> None:
        """Read the message's order from the platform, if the mirror may be out of date."""
        ref = Ref.order(row.order_id)
        if self._can_read(row.store) and self._is_old(row.store, ref, now):
            self._read(row.store, ref)

    def decide(self, row: MessageRow, now: datetime) -> Decided:
        """Return the hook's decision on this message, and the order it is about.

        Raises:
            Exception: what the hook raised.
        """
        with self._database.read() as tx:
            asked = self._planner.ask(tx, row.store, Ref.parse(row.scope), now, only=row.hook)
            order = load.order(tx, row.store, row.order_id)
            basis = unsettled(tx, row, now)
        if row.hook in asked.errors:
            raise asked.errors[row.hook]
        for decision in asked.decisions.get(row.hook, ()):
            if key_of(row.store, row.hook, decision.subject, decision.step) == row.key:
                return Decided(decision, order, basis)
        skip = Skip(Ref.parse(row.subject), Reason.WITHDRAWN, step=row.step)
        return Decided(skip, order, basis)

    def _is_old(self, store: str, ref: Ref, now: datetime) -> bool:
        with self._database.read() as tx:
            held = tx.records.get(store, ref)
        if held is None or held.needs_read_since is not None or held.read_at is None:
            return True
        return now - held.read_at > self._fresh_for
