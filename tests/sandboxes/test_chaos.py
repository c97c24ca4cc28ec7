"""Whatever a platform's webhooks do, storelink knows in the end what the store knows.

`STORELINK_CHAOS_ORDERS=1000` lets more orders live; `python -m benchmarks.chaos` prints figures.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks import chaos

ORDERS = int(os.environ.get("STORELINK_CHAOS_ORDERS", "24"))


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_chaos_changes_nothing_that_is_known_told_or_sent(platform: str, tmp_path: Path) -> None:
    """Webhooks are dropped, doubled and shuffled, subscriptions given up, API calls fail."""
    outcomes = []
    for name, wrong in (("calm", chaos.CALM), ("worst", chaos.WORST)):
        folder = tmp_path / name
        folder.mkdir()
        outcomes.append(chaos.run(platform, orders=ORDERS, seed=3, folder=folder, wrong=wrong))
    calm, worst = outcomes
    assert [] == chaos.differences(calm, worst)
    assert worst.dropped > calm.webhooks // 5
    assert worst.repaired > 0
    assert {"unavailable", "throttled", "lost", "cut"} <= worst.calls.keys()
