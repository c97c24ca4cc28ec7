"""A recorded store lives its life again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storelink import plugins
from storelink.contracts.sandbox import PlayedStore
from storelink.errors import NotFound, StoreUnavailable
from storelink.models import Kind, Ref
from storelink.testing import FrozenClock
from storelink.testing.journeys import Journeys


@pytest.fixture
def journeys() -> Journeys:
    return Journeys()


@pytest.fixture
def clock(journeys: Journeys) -> FrozenClock:
    return FrozenClock(journeys.deliveries[0].received_at - timedelta(seconds=1))


@pytest.fixture
def store(journeys: Journeys, clock: FrozenClock) -> PlayedStore:
    recorded = plugins.store("woocommerce").recorded
    assert recorded is not None
    return recorded(journeys, clock=clock)


def test_webhooks_come_at_their_time(
    store: PlayedStore, journeys: Journeys, clock: FrozenClock
) -> None:
    """Each once, with the bytes and the headers that were recorded."""
    assert [] == store.take()
    taken = []
    while clock.now() < journeys.deliveries[-1].received_at:
        clock.advance(timedelta(seconds=7))
        taken += store.take()

    assert [(one.headers, one.body) for one in journeys.deliveries] == [
        (one.headers, one.body) for one in taken
    ]
    assert "customer.created" == taken[0].topic
    assert [] == store.take()


def test_the_truth_is_known_at_the_end(
    store: PlayedStore, journeys: Journeys, clock: FrozenClock
) -> None:
    """It was recorded then; before, the store is silent."""
    order_id = str(journeys.journeys[0]["order_id"])
    with pytest.raises(StoreUnavailable):
        store.read(Ref.order(order_id))

    clock.set(journeys.deliveries[-1].received_at)
    store.take()
    header = store.read(Ref.order(order_id)).records[0]
    assert (Kind.ORDER, order_id) == (header.kind, header.id)


def test_what_is_not_there(store: PlayedStore, journeys: Journeys, clock: FrozenClock) -> None:
    """An order that was deleted, one that never was, and what was not recorded."""
    clock.set(journeys.deliveries[-1].received_at)
    store.take()
    gone = next(one for one in journeys.journeys if one["scenario"] == "force_deleted")

    with pytest.raises(NotFound):
        store.read(Ref.order(str(gone["order_id"])))
    with pytest.raises(NotFound):
        store.read(Ref.order("1"))
    with pytest.raises(StoreUnavailable):
        store.read(Ref(kind=Kind.CUSTOMER, id="204"))
