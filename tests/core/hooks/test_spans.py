"""Times that a hook is given can pass."""

from __future__ import annotations

import inspect
from datetime import timedelta
from typing import Any

import pytest

from storelink import hooks
from storelink.hooks import Incentive, Tip

DAY = timedelta(days=1)
NEEDED: dict[str, dict[str, Any]] = {
    "CommunityInvite": {"url": "https://shop.example/club"},
    "CareTips": {"tips": [Tip(product="1", text="Rinse it.")]},
    "NextPurchaseReward": {"reward": Incentive(percent="10")},
    "ReviewReward": {},
}


def spans() -> list[tuple[str, str]]:
    """Every option of a hook that is a span of time."""
    found = []
    for name in hooks.__all__:
        one = getattr(hooks, name)
        if inspect.isclass(one) and hasattr(one, "decide"):
            options = inspect.signature(one.__init__).parameters.values()
            found += [(name, it.name) for it in options if "timedelta" in str(it.annotation)]
    return found


@pytest.mark.parametrize(("hook", "option"), spans())
@pytest.mark.parametrize("wrong", [-DAY, timedelta(days=999_999)])
def test_no_time_is_negative_or_endless(hook: str, option: str, wrong: timedelta) -> None:
    given: Any = [wrong] if option == "steps" else wrong
    with pytest.raises(ValueError, match=r"100 years|each step"):
        getattr(hooks, hook)(**NEEDED.get(hook, {}), **{option: given})


def test_there_are_such_options() -> None:
    assert len(spans()) > 20
