"""Recorded order lives: the mirror is the store's truth, and the messages are the sensible ones."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from acceptance.shop import Shop

from storelink.models import MessageState
from storelink.testing.journeys import Journeys


def entries(journeys: Journeys) -> dict[str, dict[str, Any]]:
    return {str(journey["order_id"]): journey for journey in journeys.journeys}


def sent(shop: Shop, hook: str) -> dict[str, list[Any]]:
    """The messages of one hook that were sent, by order."""
    found: dict[str, list[Any]] = {}
    for message in shop.link.messages(state=MessageState.SENT):
        if message.hook == hook:
            found.setdefault(message.order_id, []).append(message)
    return found


def absorb_all(shop: Shop) -> None:
    for delivery in shop.journeys.deliveries:
        shop.clock.set(max(delivery.received_at, shop.clock.now()))
        shop.deliver(delivery)
    shop.know_the_truth()
    shop.read_everything()


def let_weeks_pass(shop: Shop, weeks: int = 12) -> None:
    until = shop.clock.now() + timedelta(weeks=weeks)
    shop.link.run_once()
    while (due := shop.link.next_due()) is not None and due <= until:
        shop.clock.set(max(due, shop.clock.now()))
        shop.link.run_once()


def test_thanks_as_orders_arrive(webhook_shop: Shop, journeys: Journeys) -> None:
    """With the worker running after each delivery, exactly the paid orders are thanked, once."""
    shop = webhook_shop
    for delivery in journeys.deliveries:
        shop.clock.set(max(delivery.received_at, shop.clock.now()))
        shop.deliver(delivery)
        shop.link.run_once()

    expected = {
        order_id: 1
        for order_id, journey in entries(journeys).items()
        if journey["expected"]["thank_you"]["send"]
    }
    assert expected == {key: len(found) for key, found in sent(shop, "thank_you").items()}


def test_thanks_when_only_the_end_is_seen(shop: Shop, journeys: Journeys) -> None:
    """After everything was absorbed and read, only orders still in good order are thanked."""
    absorb_all(shop)
    shop.link.run_once()

    expected = {
        order_id
        for order_id, journey in entries(journeys).items()
        if journey["expected"]["thank_you"]["send_if_only_the_final_state_is_seen"]
    }
    assert expected == set(sent(shop, "thank_you"))


def test_tracking_is_told_for_the_parcels_that_stand(shop: Shop, journeys: Journeys) -> None:
    """Each parcel at the end is told once, with its number; numbers that were void are not."""
    absorb_all(shop)
    let_weeks_pass(shop)

    told = {
        order_id: sorted(number for message in found for number in message.data["numbers"])
        for order_id, found in sent(shop, "tracking").items()
    }
    expected = {
        order_id: sorted(parcel["tracking_number"] for parcel in parcels)
        for order_id, journey in entries(journeys).items()
        if (parcels := journey["expected"]["tracking"]["parcels"])
    }
    assert expected == told


def test_parcels_carry_the_carrier_and_the_link(shop: Shop, journeys: Journeys) -> None:
    """The mirror knows each standing parcel's carrier, number and link."""
    absorb_all(shop)

    for order_id, journey in entries(journeys).items():
        order = shop.order(order_id)
        tracking = [one for parcel in (order.shipments if order else ()) for one in parcel.tracking]
        expected = {
            (parcel["carrier"], parcel["tracking_number"], parcel["url"])
            for parcel in journey["expected"]["tracking"]["parcels"]
        }
        assert expected == {(one.carrier, one.number, one.url) for one in tracking}


def test_reviews_are_asked_for_what_was_kept(shop: Shop, journeys: Journeys) -> None:
    """Each completed order is asked about once, line by line, each product once per person."""
    absorb_all(shop)
    let_weeks_pass(shop)

    asked = {
        order_id: [sorted(int(item["line_id"]) for item in one.data["items"]) for one in found]
        for order_id, found in sent(shop, "review_request").items()
    }
    expected = {
        order_id: [sorted(line["line_item_id"] for line in review["line_items"])]
        for order_id, journey in entries(journeys).items()
        if (review := journey["expected"]["review_request"])["send"]
    }
    assert expected == asked


def test_reviews_are_due_by_the_hooks_own_rule(shop: Shop, journeys: Journeys) -> None:
    """WooCommerce never says delivered: seven days after completion and five in transit."""
    absorb_all(shop)
    let_weeks_pass(shop)

    for order_id, found in sent(shop, "review_request").items():
        order = shop.order(order_id)
        assert order is not None
        assert order.completed_at is not None
        shipped = [one.shipped_at for one in order.shipments if one.shipped_at]
        last = max([order.completed_at, *(min(at, order.updated_at or at) for at in shipped)])
        assert last + timedelta(days=12) == found[0].due_at


def test_the_mirror_equals_the_truth(shop: Shop, journeys: Journeys) -> None:
    """After reading, the mirror says what the store says, on every field that the store carries."""
    absorb_all(shop)

    for order_id in entries(journeys):
        truth = journeys.truth(order_id)["order"]
        order = shop.order(order_id)
        if "id" not in truth:
            assert order is None or order.deleted_at is not None
            continue
        assert order is not None
        assert order.deleted_at is None
        assert truth["total"] == str(order.total.amount)
        assert truth["currency"] == order.currency
        assert truth["number"] == order.number
        assert (truth["billing"]["email"] or None) == order.contact.email
        assert [line["id"] for line in truth["line_items"]] == [int(one.id) for one in order.lines]
        refunds = {str(one["id"]): one for one in journeys.truth(order_id)["refunds"]}
        assert set(refunds) == {refund.id for refund in order.refunds}
        for refund in order.refunds:
            assert refund.amount is not None
            assert refunds[refund.id]["amount"] == str(refund.amount.amount)
            assert len(refunds[refund.id]["line_items"]) == len(refund.lines or ())


@pytest.fixture(scope="module")
def expected_picture(journeys: Journeys) -> dict[str, list[object]]:
    shop = Shop(journeys)
    with shop.link:
        shop.clock.set(journeys.deliveries[-1].received_at)
        for delivery in journeys.deliveries:
            shop.deliver(delivery)
        return finished(shop)


def finished(shop: Shop) -> dict[str, list[object]]:
    """Read everything, let twelve weeks pass, and return what came of it."""
    shop.know_the_truth()
    shop.read_everything()
    let_weeks_pass(shop)
    return shop.picture()


@pytest.mark.parametrize("seed", range(50))
def test_any_order_and_duplication_gives_the_same(
    seed: int, shop: Shop, journeys: Journeys, expected_picture: dict[str, list[object]]
) -> None:
    """Delivered twice and shuffled: the same mirror, events and messages."""
    shop.clock.set(journeys.deliveries[-1].received_at)
    shuffled = [*journeys.deliveries, *journeys.deliveries]
    random.Random(seed).shuffle(shuffled)
    for delivery in shuffled:
        shop.deliver(delivery)

    assert expected_picture == finished(shop)
