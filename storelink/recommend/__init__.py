"""Recommendations: what the same people bought, counted, ranked, and told with its reason."""

from __future__ import annotations

from storelink.recommend.bought import BoughtTogether
from storelink.recommend.rebuild import Rebuilding, RebuildReport

__all__ = ["BoughtTogether", "RebuildReport", "Rebuilding"]
