from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storelink.testing.journeys import PACKAGED, Journeys, RecordedDelivery, delivery_in
from storelink.toolkit.payload import parse_json
from storelink_woocommerce import WooCommerce

RECORDINGS = Path(__file__).parents[2] / "data" / "woocommerce" / "recordings"


@pytest.fixture(scope="session")
def answer() -> Callable[[str], Any]:
    """Return the body of a recorded answer of the REST API, with exact numbers."""

    def read(name: str) -> Any:
        recorded = parse_json((RECORDINGS / "rest" / f"{name}.json").read_bytes())
        return recorded["response"]["body"]

    return read


@pytest.fixture(scope="session")
def webhooks() -> list[RecordedDelivery]:
    """Return the recorded webhooks of the lab store, in order of arrival."""
    return [delivery_in(path) for path in sorted((RECORDINGS / "webhooks").glob("0*.json"))]


@pytest.fixture(scope="session")
def journeys() -> Journeys:
    """Return the journeys; `STORELINK_JOURNEYS` names another set of the same layout."""
    return Journeys(os.environ.get("STORELINK_JOURNEYS") or PACKAGED)


@pytest.fixture(scope="session")
def everything(webhooks: list[RecordedDelivery], journeys: Journeys) -> list[RecordedDelivery]:
    """Return every recorded request, pings included."""
    return [*webhooks, *journeys.deliveries, *journeys.pings]


@pytest.fixture(scope="session")
def store(everything: list[RecordedDelivery]) -> WooCommerce:
    """Return a store that knows the secret of every recorded webhook."""
    secrets = sorted({recorded.secret for recorded in everything})
    return WooCommerce(url="https://shop.example", webhook_secret=secrets)
