"""What is said of a parcel that does not come depends on what is known of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from storelink.models import Order, Outgoing
from storelink.rendering.words import languages

Write = Callable[..., Outgoing]

WHYS = ("silent", "late", "overdue", "returning")
WINDOW = {
    "expected_from": "2026-11-13T00:00:00+00:00",
    "expected_until": "2026-11-16T00:00:00+00:00",
}


def written(write: Write, order: Order, why: str, locale: str = "en") -> str:
    window = {} if why == "returning" else WINDOW
    data = {"why": why, "shipment_id": order.shipments[0].id, **window}
    sent = write("parcel_stuck", order, data=data, locale=locale)
    return f"{sent.subject}\n{sent.text}"


@pytest.mark.parametrize("locale", languages())
def test_every_story_is_told_in_every_language(write: Write, order: Order, locale: str) -> None:
    told = {why: written(write, order, why, locale.replace("_", "-")) for why in WHYS}
    english = {why: written(write, order, why) for why in WHYS}
    assert told["late"] == told["overdue"]
    assert 3 == len(set(told.values()))
    assert locale == "en" or not set(told.values()) & set(english.values())


def test_the_customer_is_told_when_it_comes_instead(write: Write, order: Order) -> None:
    told = written(write, order, "silent")
    assert "between Friday, November 13 and Monday, November 16" in told
    assert "reply to this message" in told


def test_what_comes_back_is_expected_nowhere(write: Write, order: Order) -> None:
    told = written(write, order, "returning")
    assert "back to us" in told
    assert "expect it" not in told


def test_an_order_that_waits_names_the_day(write: Write, order: Order) -> None:
    sent = write("order_stalled", order, data={"expected_until": WINDOW["expected_until"]})
    assert "by Monday, November 16" in sent.text
    assert "takes a little longer" in sent.subject
