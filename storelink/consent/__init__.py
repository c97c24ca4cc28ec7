"""What is remembered of people's will: what they agreed to, refused, and already got."""

from __future__ import annotations

from storelink.consent.addresses import Addresses, open_addresses
from storelink.consent.importing import Box, Import
from storelink.consent.ledger import Ask, Ledger
from storelink.consent.standing import Given
from storelink.consent.suppression import Look, Suppressed, SuppressionList, Why

__all__ = [
    "Addresses",
    "Ask",
    "Box",
    "Given",
    "Import",
    "Ledger",
    "Look",
    "Suppressed",
    "SuppressionList",
    "Why",
    "open_addresses",
]
