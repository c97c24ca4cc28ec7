"""Intake: webhooks come in, and what they leave open is read from the platform."""

from __future__ import annotations

from storelink.intake.read import StoreReader, Tries
from storelink.intake.receive import Headers, Receipt, Receiver

__all__ = ["Headers", "Receipt", "Receiver", "StoreReader", "Tries"]
