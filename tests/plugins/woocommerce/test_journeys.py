"""The recorded journeys themselves: complete, in order, exact."""

from __future__ import annotations

from decimal import Decimal

from storelink.testing.journeys import Journeys
from storelink.toolkit.signing import is_signed


def test_the_deliveries_are_in_order_of_arrival(journeys: Journeys) -> None:
    received = [delivery.received_at for delivery in journeys.deliveries]

    assert received
    assert received == sorted(received)
    assert all(instant.utcoffset() is not None for instant in received)


def test_every_delivery_is_signed_with_a_secret_of_the_set(journeys: Journeys) -> None:
    for delivery in journeys.deliveries:
        signature = delivery.headers["X-WC-Webhook-Signature"]

        assert delivery.secret in journeys.secrets
        assert is_signed(delivery.body, signature, journeys.secrets)


def test_every_journey_has_its_truth(journeys: Journeys) -> None:
    for entry in journeys.journeys:
        truth = journeys.truth(entry["order_id"])

        assert truth["order"].get("id", entry["order_id"]) == entry["order_id"]
        assert truth["order"].get("status") == entry["final_status"] or "code" in truth["order"]
        assert isinstance(truth["refunds"], list)


def test_the_truth_has_exact_numbers(journeys: Journeys) -> None:
    orders = [journeys.truth(entry["order_id"])["order"] for entry in journeys.journeys]
    prices = [line["price"] for order in orders for line in order.get("line_items", [])]

    assert any(isinstance(price, Decimal) for price in prices)
    assert not any(isinstance(price, float) for price in prices)


def test_secrets_and_people_stay_out_of_repr(journeys: Journeys) -> None:
    shown = repr(journeys.deliveries[0])

    assert journeys.deliveries[0].secret not in shown
    assert "X-WC" not in shown
