"""The outbox: which messages should exist, who works on them, and what became of each."""

from __future__ import annotations

from storelink.outbox.reconcile import Answers, key_of, reconcile

__all__ = ["Answers", "key_of", "reconcile"]
