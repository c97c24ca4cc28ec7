"""The courier of webhooks, and what it says of those that came to grief."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from storelink.contracts.sandbox import Faults
from storelink.testing import FrozenClock
from storelink.toolkit.sandbox import Address, Courier
from storelink.toolkit.serving import served


class Letterbox:
    """Takes every request, and counts them."""

    def __init__(self) -> None:
        self.received = 0

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        self.received += 1
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]


@pytest.mark.parametrize(
    ("faults", "arrive", "happened"),
    [
        (Faults(), 40, {}),
        (Faults(drop=1.0), 0, {"drop": 40}),
        (Faults(duplicate=1.0), 80, {"duplicate": 40}),
    ],
)
def test_what_went_wrong_is_counted(faults: Faults, arrive: int, happened: dict[str, int]) -> None:
    """So many webhooks were lost, and so many sent twice."""
    letterbox = Letterbox()
    courier = Courier(
        FrozenClock(), faults, succeeded=range(200, 300).__contains__, settled=lambda *told: None
    )
    with served(letterbox) as url:
        for _ in range(40):
            courier.take(Address("1", url), {}, b"{}")
        assert arrive == courier.deliver()
        courier.close()

    assert arrive == letterbox.received
    assert happened == +faults.happened


def test_who_comes_out_of_turn_is_counted() -> None:
    letterbox, faults = Letterbox(), Faults(shuffle=True)
    courier = Courier(
        FrozenClock(), faults, succeeded=range(200, 300).__contains__, settled=lambda *told: None
    )
    with served(letterbox) as url:
        for _ in range(40):
            courier.take(Address("1", url), {}, b"{}")
        courier.deliver()
        courier.close()
    assert 40 == letterbox.received
    assert 30 < faults.happened["shuffle"] <= 40
