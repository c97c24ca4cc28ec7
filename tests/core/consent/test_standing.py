"""How a person stands, by everything that the person said: the law."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from core.world import DAY, HOUR, START
from hypothesis import given
from hypothesis import strategies as st

from storelink.consent import Given
from storelink.consent.standing import stand
from storelink.policy.question import Basis, Standing
from storelink.storage import ConsentRow

GRANTED, PENDING, CONFIRMED, REFUSED = Given


def said(
    state: Given,
    hours: float = 0,
    *,
    channel: str = "email",
    about: str = "marketing",
    source: str = "checkout",
    known: float | None = None,
) -> ConsentRow:
    return ConsentRow(
        id=f"{state}/{hours}/{channel}/{about}/{source}",
        store="shop",
        address="hash",
        channel=channel,
        message_class=about,
        state=state,
        at=START + hours * HOUR,
        source=source,
        wording=None,
        level=None,
        provenance={},
        known_at=START + (hours if known is None else known) * HOUR,
    )


def basis(
    *entries: ConsentRow, bought: bool = False, about: str = "marketing", about_cart: bool = False
) -> Basis:
    bought_at = START if bought else None
    return stand(entries, "email", about, bought_at=bought_at, about_cart=about_cart).basis


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], Basis.NONE),
        ([said(GRANTED)], Basis.CONSENT),
        ([said(CONFIRMED)], Basis.CONFIRMED),
        ([said(PENDING)], Basis.NONE),
        ([said(REFUSED)], Basis.REFUSED),
        ([said(GRANTED), said(REFUSED, 1)], Basis.REFUSED),
        ([said(REFUSED), said(GRANTED, 1)], Basis.CONSENT),
        ([said(REFUSED), said(PENDING, 1)], Basis.REFUSED),
        ([said(REFUSED), said(PENDING, 1), said(CONFIRMED, 2)], Basis.CONFIRMED),
        ([said(CONFIRMED), said(GRANTED, 1)], Basis.CONFIRMED),
        ([said(CONFIRMED), said(REFUSED, 1), said(GRANTED, 2)], Basis.CONSENT),
        ([said(GRANTED), said(PENDING, 1)], Basis.CONSENT),
        ([said(GRANTED, 1), said(REFUSED, 1)], Basis.REFUSED),
    ],
)
def test_what_was_said_after_the_last_refusal_counts(
    entries: Sequence[ConsentRow], expected: Basis
) -> None:
    assert expected == basis(*entries)


def in_cart(name: str, state: Given, hours: float) -> ConsentRow:
    return replace(said(state, hours, source="cart"), provenance={"cart": name})


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([in_cart("a", GRANTED, 0), in_cart("a", REFUSED, 1)], Basis.PURCHASE),
        ([in_cart("a", GRANTED, 0), in_cart("a", REFUSED, 0)], Basis.PURCHASE),
        ([in_cart("a", GRANTED, 2), in_cart("a", REFUSED, 1)], Basis.CONSENT),
        ([in_cart("a", GRANTED, 0), in_cart("b", REFUSED, 1)], Basis.CONSENT),
        ([said(CONFIRMED), in_cart("a", GRANTED, 1), in_cart("a", REFUSED, 2)], Basis.CONFIRMED),
        ([said(REFUSED), in_cart("a", REFUSED, 1)], Basis.REFUSED),
    ],
)
def test_a_box_that_is_unticked_takes_back_what_was_ticked_in_that_cart(
    entries: Sequence[ConsentRow], expected: Basis
) -> None:
    assert expected == basis(*entries, bought=True, about_cart=True)


def test_what_was_ticked_in_a_cart_is_for_messages_about_carts() -> None:
    ticked = in_cart("a", GRANTED, 0)
    assert Basis.NONE == basis(ticked)
    assert Basis.CONSENT == basis(ticked, about_cart=True)
    assert Basis.REFUSED == basis(ticked, said(REFUSED, 1), about_cart=True)


def test_a_purchase_is_a_ground_unless_there_is_a_refusal() -> None:
    assert Standing(Basis.PURCHASE, START, "order") == stand(
        [], "email", "marketing", bought_at=START
    )
    assert Basis.PURCHASE == basis(said(PENDING), bought=True)
    assert Basis.CONSENT == basis(said(GRANTED), bought=True)


@given(st.integers(-1000, 1000))
def test_no_purchase_however_new_ends_a_refusal(hours: int) -> None:
    found = stand([said(REFUSED)], "email", "marketing", bought_at=START + hours * HOUR)
    assert Standing(Basis.REFUSED, START, "checkout") == found


def test_a_refusal_of_everything_covers_every_class_and_every_channel() -> None:
    assert Basis.REFUSED == basis(said(GRANTED), said(REFUSED, 1, about="*"))
    assert Basis.REFUSED == basis(said(GRANTED), said(REFUSED, 1, channel="*"))
    assert Basis.REFUSED == basis(said(REFUSED, about="*"), about="relationship")


def test_a_later_consent_ends_the_refusal_of_its_class_only() -> None:
    entries = [said(REFUSED, about="*"), said(GRANTED, 1)]
    assert Basis.CONSENT == basis(*entries)
    assert Basis.REFUSED == basis(*entries, about="relationship")


def test_a_consent_is_about_its_class_and_its_channel() -> None:
    assert Basis.NONE == basis(said(GRANTED, about="relationship"))
    assert Basis.NONE == basis(said(GRANTED, channel="sms"))
    assert Basis.NONE == basis(said(REFUSED, channel="sms"))


def test_a_consent_of_tomorrow_does_not_outlast_the_refusal_of_today() -> None:
    tomorrow = said(CONFIRMED, 24, source="shopify", known=0)
    assert Standing(Basis.CONFIRMED, START, "shopify") == stand([tomorrow], "email", "marketing")
    assert Basis.REFUSED == basis(tomorrow, said(REFUSED, 1))
    assert Basis.CONSENT == basis(tomorrow, said(REFUSED, 1), said(GRANTED, 2))


def test_the_newest_of_the_strongest_tells_since_when_and_from_where() -> None:
    entries = [said(CONFIRMED), said(CONFIRMED, 2, source="shopify"), said(GRANTED, 3)]
    assert Standing(Basis.CONFIRMED, START + 2 * HOUR, "shopify") == stand(
        entries, "email", "marketing"
    )


ENTRIES = st.builds(
    said,
    st.sampled_from(Given),
    st.integers(0, 4),
    channel=st.sampled_from(["email", "sms", "*"]),
    about=st.sampled_from(["marketing", "relationship", "*"]),
    source=st.sampled_from(["checkout", "shopify"]),
    known=st.integers(0, 4),
)


@given(st.lists(ENTRIES, max_size=8), st.data())
def test_neither_order_nor_repetition_changes_how_a_person_stands(
    entries: list[ConsentRow], data: st.DataObject
) -> None:
    twice = data.draw(st.permutations([*entries, *entries]))
    for about in ("marketing", "relationship"):
        expected = stand(entries, "email", about, bought_at=START)
        assert expected == stand(twice, "email", about, bought_at=START)


@given(st.lists(ENTRIES, max_size=8))
def test_a_refusal_after_everything_else_stands(entries: list[ConsentRow]) -> None:
    last = said(REFUSED, 5)
    assert Standing(Basis.REFUSED, last.at, "checkout") == stand(
        [*entries, last], "email", "marketing", bought_at=START + 9 * DAY
    )


@given(st.lists(ENTRIES, max_size=8))
def test_without_a_yes_nobody_is_said_to_have_consented(entries: list[ConsentRow]) -> None:
    silent = [one for one in entries if one.state not in (GRANTED, CONFIRMED)]
    found = stand(silent, "email", "marketing", bought_at=START + timedelta(days=1))
    assert found.basis in (Basis.PURCHASE, Basis.REFUSED)
