"""No hour of changes is lost where the clocks of a site leap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from plugins.woocommerce.odd_shop import wire

from storelink.contracts.sandbox import Item
from storelink.contracts.store import Page
from storelink.models import Contact, Kind, Money
from storelink.testing import FrozenClock
from storelink_woocommerce import WooCommerce, leaps
from storelink_woocommerce.sandbox.server import WooCommerceSandbox

TEA = Item("Tea", Money("100", "INR"))
MINUTE = timedelta(minutes=1)


def walked(ask: Callable[..., Page]) -> list[str]:
    found: list[str] = []
    page = ask(cursor=None)
    while True:
        found += [snapshot.records[0].id for snapshot in page.snapshots]
        if page.cursor is None:
            return found
        page = ask(cursor=page.cursor)


@pytest.mark.parametrize(
    ("zone", "leap"),
    [
        ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),  # two becomes three
        ("Europe/Berlin", datetime(2026, 10, 25, 0, tzinfo=UTC)),  # two to three comes twice
        ("America/New_York", datetime(2026, 3, 8, 1, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 10, 4, 1, tzinfo=UTC)),  # by half an hour
        ("Africa/Cairo", datetime(2026, 4, 23, 23, tzinfo=UTC)),  # at midnight
        ("Asia/Kathmandu", datetime(2026, 3, 29, 1, tzinfo=UTC)),  # never; +05:45
    ],
)
def test_every_order_around_a_leap_of_the_clocks_is_found(zone: str, leap: datetime) -> None:
    """WordPress takes 02:30 for 03:30 where there is no 02:30, also if it is meant in GMT."""
    clock = FrozenClock(leap - 30 * MINUTE)
    box = WooCommerceSandbox(clock=clock, time_zone=zone)
    made = {}
    for number in range(16):
        clock.advance(10 * MINUTE)
        order = box.store.place(Contact(email=f"a{number}@mail.example"), [TEA])
        made[order] = clock.now()
    clock.advance(timedelta(hours=5))

    with box:
        store = WooCommerce(**box.options, wire=wire(clock))
        for since in made.values():
            expected = [key for key, at in made.items() if at >= since]
            changed = walked(partial(store.changed, Kind.ORDER, since=since))
            assert expected == changed, since
            assert len(expected) == store.count(Kind.ORDER, start=since)
            assert set(made) - set(expected) == set(store.ids(Kind.ORDER, end=since))


def test_a_walk_that_stops_in_the_hour_that_does_not_exist_goes_on() -> None:
    clock = FrozenClock(datetime(2026, 3, 29, 1, 50, tzinfo=UTC))
    box = WooCommerceSandbox(clock=clock, time_zone="Europe/Berlin")
    for number in range(260):
        clock.advance(timedelta(seconds=15 * (number % 20 == 0)))  # many in one second
        box.store.place(Contact(email=f"a{number}@mail.example"), [TEA])
    clock.advance(timedelta(hours=5))

    with box:
        store = WooCommerce(**box.options, wire=wire(clock))
        since = datetime(2026, 3, 29, 1, 45, tzinfo=UTC)
        found = walked(partial(store.changed, Kind.ORDER, since=since))

    assert set(box.store.order_ids()) == set(found)


def test_new_reviews_of_the_hour_that_comes_twice_are_found() -> None:
    """Reviews are compared in the site's time: the second 02:10 is before the first 02:30."""
    clock = FrozenClock(datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    box = WooCommerceSandbox(clock=clock, time_zone="Europe/Berlin")
    with box:
        store = WooCommerce(**box.options, wire=wire(clock))
        product = store.client.post("products", {"name": "Tea"}).data["id"]
        clock.advance(40 * MINUTE)
        about = {"product_id": product, "reviewer": "R", "reviewer_email": "r@mail.example"}
        made = store.client.post("products/reviews", {**about, "review": "Good"}).data["id"]

        since = datetime(2026, 10, 25, 0, 35, tzinfo=UTC)
        assert [str(made)] == walked(partial(store.changed, Kind.REVIEW, since=since))
        assert [] == walked(partial(store.changed, Kind.REVIEW, since=since + 36 * MINUTE))


@pytest.mark.parametrize("site", [None, [], {}, "Europe/Berlin"])
def test_a_site_that_tells_no_zone_leaps_over_nothing(site: object) -> None:
    assert UTC is leaps.zone(site)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "Europe", 7, None, "\0"])
def test_a_zone_that_nobody_knows_leaps_over_nothing(name: object) -> None:
    assert UTC is leaps.zone({"timezone_string": name})
