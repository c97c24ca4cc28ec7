"""Policy: may this message go, to this person, now? Pure."""

from __future__ import annotations

from storelink.policy.verdict import Go, Stop, Verdict, Wait, check

__all__ = ["Go", "Stop", "Verdict", "Wait", "check"]
