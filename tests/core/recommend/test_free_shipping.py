"""How much a cart lacks to free shipping: told only where it is little, and surely so."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from storelink.contracts.store import FreeShipping
from storelink.delivery.free_shipping import ShippingDesk, gap, worth_of
from storelink.errors import AccessDenied
from storelink.models import Checkout, Money
from storelink.models.order import LineItem
from storelink.testing import FakeStore, FrozenClock

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def offers(*minima: str, currency: str = "EUR") -> list[FreeShipping]:
    return [FreeShipping(Money(one, currency)) for one in minima]


GAPS: dict[str, tuple[str, Sequence[FreeShipping], str | None]] = {
    "a little is missing": ("43.50", offers("50"), "6.50"),
    "a cent is missing": ("49.99", offers("50"), "0.01"),
    "just half is missing": ("25.00", offers("50"), "25.00"),
    "more than half is missing": ("24.99", offers("50"), None),
    "nearly all is missing": ("1.00", offers("50"), None),
    "just enough": ("50.00", offers("50"), None),
    "more than enough": ("80.00", offers("50"), None),
    "an empty cart": ("0", offers("50"), None),
    "a cart below nothing": ("-5", offers("50"), None),
    "no offer": ("43.50", [], None),
    "the lowest of two counts": ("43.50", offers("80", "50"), "6.50"),
    "above one of two, below the other": ("60.00", offers("80", "50"), None),
    "another currency": ("43.50", offers("50", currency="USD"), None),
    "one offer of another currency": (
        "43.50",
        [*offers("50"), *offers("45", currency="USD")],
        None,
    ),
    "a minimum of nothing": ("43.50", offers("0"), None),
    "a minimum of nothing beside another": ("43.50", offers("0", "50"), "6.50"),
    "a minimum below nothing": ("43.50", offers("-1"), None),
    "many decimals": ("49.995", offers("50"), "0.005"),
    "a large threshold": ("900", offers("1000"), "100"),
    "a tiny threshold": ("0.60", offers("1"), "0.40"),
}


@pytest.mark.parametrize(("worth", "offered", "expected"), GAPS.values(), ids=GAPS)
def test_the_gap(worth: str, offered: Sequence[FreeShipping], expected: str | None) -> None:
    found = gap(Money(worth, "EUR"), offered)
    assert (Money(expected, "EUR") if expected else None) == found


def test_the_share_that_is_small_can_be_set() -> None:
    ten = Decimal("0.1")
    assert gap(Money(44, "EUR"), offers("50"), small=ten) is None
    assert Money(5, "EUR") == gap(Money(45, "EUR"), offers("50"), small=ten)


def line(total: str | None, currency: str = "EUR", **fields: Any) -> LineItem:
    worth = Money(total, currency) if total is not None else None
    return LineItem(id="1", title="Mug", quantity=1, total=worth, **fields)


def cart(*lines: LineItem, **fields: Any) -> Checkout:
    return Checkout(id="1", store="shop", lines=lines, **fields)


WORTHS: dict[str, tuple[Checkout, str | None]] = {
    "its lines": (cart(line("12.00"), line("5.50")), "17.50"),
    "no lines": (cart(), None),
    "a line without a total": (cart(line("12.00"), line(None)), None),
    "two currencies": (cart(line("12.00"), line("5.50", "USD")), None),
    "nothing to ship": (cart(line("12.00", requires_shipping=False)), None),
    "something to ship": (cart(line("12.00", requires_shipping=False), line("1")), "13.00"),
    "bought": (cart(line("12.00"), completed_at=AT), None),
    "deleted": (cart(line("12.00"), deleted_at=AT), None),
    "shipping and tax do not count": (cart(line("12.00"), total=Money("19", "EUR")), "12.00"),
}


@pytest.mark.parametrize(("held", "expected"), WORTHS.values(), ids=WORTHS)
def test_what_a_cart_is_worth(held: Checkout, expected: str | None) -> None:
    assert (Money(expected, "EUR") if expected else None) == worth_of(held)


class Asked(FakeStore):
    """A store that counts how often it is asked, and answers as it is told."""

    asked = 0
    answers: Any = staticmethod(lambda: offers("50"))

    def shipping_offers(self, country: str) -> Sequence[FreeShipping]:
        self.asked += 1
        found: Sequence[FreeShipping] = self.answers()
        return found


def desk(patience: timedelta = timedelta(seconds=5)) -> tuple[ShippingDesk, Asked, FrozenClock]:
    clock = FrozenClock()
    store = Asked(clock=clock)
    return ShippingDesk({"shop": store}, clock, patience), store, clock


def test_a_store_is_asked_once_an_hour_for_each_country() -> None:
    asking, store, clock = desk()
    for country in ("DE", "DE", "FR", "DE"):
        assert offers("50") == list(asking.offers("shop", country))
    assert 2 == store.asked
    clock.advance(timedelta(hours=1))
    asking.offers("shop", "DE")
    assert 3 == store.asked


def test_a_store_that_refuses_is_silent_and_not_asked_again_at_once() -> None:
    def refuse() -> Sequence[FreeShipping]:
        raise AccessDenied("not allowed")

    asking, store, _ = desk()
    store.answers = refuse
    assert [] == [*asking.offers("shop", "DE"), *asking.offers("shop", "DE")]
    assert 1 == store.asked


def test_a_store_that_hangs_holds_nobody_up_and_a_late_answer_counts_later() -> None:
    go_on, answered = threading.Event(), threading.Event()

    def late() -> Sequence[FreeShipping]:
        go_on.wait(30)
        answered.set()
        return offers("50")

    asking, store, _ = desk(timedelta())
    store.answers = late
    assert [] == [*asking.offers("shop", "DE"), *asking.offers("shop", "DE")]
    go_on.set()
    assert answered.wait(30)
    asking._asked["shop", "DE"].answer.result(30)
    assert offers("50") == list(asking.offers("shop", "DE"))
    assert 1 == store.asked
