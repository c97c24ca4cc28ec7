"""Intake: webhooks come in, what they leave open is read, and sweeps find what never came."""

from __future__ import annotations

from storelink.intake.answers import Answers
from storelink.intake.backfill import Plan, Progress
from storelink.intake.caretaker import Caretaker
from storelink.intake.prompt import PromptReader
from storelink.intake.read import StoreReader, Tries
from storelink.intake.receive import Headers, Receipt, Receiver
from storelink.intake.reports import AuditReport, BackfillReport, ListReport, SweepReport
from storelink.intake.subscriptions import Action
from storelink.intake.taking import Taking

__all__ = [
    "Action",
    "Answers",
    "AuditReport",
    "BackfillReport",
    "Caretaker",
    "Headers",
    "ListReport",
    "Plan",
    "Progress",
    "PromptReader",
    "Receipt",
    "Receiver",
    "StoreReader",
    "SweepReport",
    "Taking",
    "Tries",
]
