"""Policy: may this message go, to this person, now? Pure."""

from __future__ import annotations

from storelink.policy.effects import Cap
from storelink.policy.hours import Hours
from storelink.policy.judge import judge
from storelink.policy.question import (
    Basis,
    Cited,
    Confidence,
    Need,
    Outcome,
    Question,
    Ruling,
    Standing,
    Zone,
)
from storelink.policy.stricter import Stricter, Wish
from storelink.policy.verdict import Go, Stop, Verdict, Wait, check

__all__ = [
    "Basis",
    "Cap",
    "Cited",
    "Confidence",
    "Go",
    "Hours",
    "Need",
    "Outcome",
    "Question",
    "Ruling",
    "Standing",
    "Stop",
    "Stricter",
    "Verdict",
    "Wait",
    "Wish",
    "Zone",
    "check",
    "judge",
]
