"""A coupon for one person is made once, and is never one for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from plugins.woocommerce.listed_shop import ListedShop, refusal
from plugins.woocommerce.odd_shop import KEY, SECRET, recorded, reply, running, wire
from werkzeug import Request, Response

from storelink.errors import WriteInDoubt, WriteRefused
from storelink.models import Money
from storelink.models.coupon import Offer
from storelink.models.enums import CouponKind
from storelink.testing import FrozenClock
from storelink_woocommerce import WooCommerce

Row = dict[str, Any]

OFFER = Offer(
    code="Thanks-7F3K",
    percent=Decimal(15),
    email="Ana@Mail.example",
    minimum=Money("20", "INR"),
    expires_at=datetime(2026, 12, 31, 18, 29, 59, tzinfo=UTC),
)


class Coupons:
    """The coupons of a shop, made as WooCommerce makes them.

    Attributes:
        dropped: the addresses that WordPress takes for none.
        lose: how many answers to writes are lost, though what they asked for is done.
        hang_up: how many writes are lost and not done.
    """

    def __init__(self, listed: ListedShop) -> None:
        self.rows: list[Row] = []
        self.deleted: list[tuple[str, bool]] = []
        self.made = 0
        self.dropped: set[str] = set()
        self.lose = self.hang_up = 0
        self.listed = listed
        listed.other["GET", "coupons"] = self.find
        listed.other["POST", "coupons"] = self.make
        listed.other["GET", "data/currencies/current"] = lambda request: recorded(
            "data_currencies_current"
        )

    def find(self, request: Request) -> Response:
        code = request.args["code"].lower()
        return reply([row for row in self.rows if row["code"] == code])

    def make(self, request: Request) -> Any:
        if self.hang_up:
            self.hang_up -= 1
            return None
        asked = request.get_json()
        code = asked["code"].lower()
        if any(row["code"] == code for row in self.rows):
            return refusal("woocommerce_rest_coupon_code_already_exists", 400)
        self.made += 1
        row = self.row(asked, code)
        self.rows.append(row)
        self.listed.other["DELETE", f"coupons/{row['id']}"] = self.delete
        if self.lose:
            self.lose -= 1
            return None
        return reply(row, 201)

    def row(self, asked: Row, code: str) -> Row:
        emails = [text.lower() for text in asked["email_restrictions"] if text not in self.dropped]
        expires = asked.get("date_expires", "").removesuffix("Z") or None
        return {
            **recorded("coupon_create_minimal").get_json(),
            **asked,
            "id": 500 + self.made,
            "code": code,
            "amount": f"{Decimal(asked['amount']):.2f}",
            "email_restrictions": emails,
            "date_expires_gmt": expires,
        }

    def delete(self, request: Request) -> Any:
        number = request.path.rpartition("/")[2]
        self.deleted.append((number, request.args.get("force") == "true"))
        self.rows = [row for row in self.rows if str(row["id"]) != number]
        if self.lose:
            self.lose -= 1
            return None
        return reply({})


@pytest.fixture
def shop() -> Iterator[tuple[Coupons, WooCommerce]]:
    listed = ListedShop()
    coupons = Coupons(listed)
    with running() as server:
        server.answer = listed
        yield (
            coupons,
            WooCommerce(
                url=server.url,
                webhook_secret="whsec_1",
                consumer_key=KEY,
                consumer_secret=SECRET,
                wire=wire(FrozenClock()),
            ),
        )


Shop = tuple[Coupons, WooCommerce]


def test_a_coupon_is_for_one_use_of_one_address(shop: Shop) -> None:
    coupons, store = shop

    made = store.issue_coupon(OFFER)

    (row,) = coupons.rows
    expected = {
        "code": "thanks-7f3k",
        "discount_type": "percent",
        "individual_use": True,
        "usage_limit": 1,
        "usage_limit_per_user": 1,
        "email_restrictions": ["ana@mail.example"],
        "minimum_amount": "20",
        # date_expires_gmt is ignored on write (recorded)
        "date_expires": "2026-12-31T18:29:59Z",
    }
    assert expected == {name: row[name] for name in expected}
    assert ("501", "thanks-7f3k", CouponKind.PERCENT) == (made.id, made.code, made.kind)
    assert (Decimal("15.00"), 1) == (made.percent, made.usage_limit)
    assert (("ana@mail.example",), OFFER.expires_at) == (made.emails, made.expires_at)


def test_asked_again_the_same_coupon_is_returned(shop: Shop) -> None:
    coupons, store = shop

    assert store.issue_coupon(OFFER) == store.issue_coupon(OFFER)
    assert 1 == coupons.made


def test_an_amount_is_in_the_currency_of_the_shop(shop: Shop) -> None:
    coupons, store = shop
    offer = OFFER.model_copy(update={"percent": None, "amount": Money("150", "INR")})

    made = store.issue_coupon(offer)

    assert "fixed_cart" == coupons.rows[0]["discount_type"]
    assert Money("150.00", "INR") == made.amount
    euros = offer.model_copy(update={"code": "EUR-1", "amount": Money("5", "EUR")})
    with pytest.raises(WriteRefused, match="the shop sells in INR"):
        store.issue_coupon(euros)


def test_a_coupon_whose_answer_was_lost_is_found_and_not_made_twice(shop: Shop) -> None:
    coupons, store = shop
    coupons.lose = 1

    made = store.issue_coupon(OFFER)

    assert ("501", 1) == (made.id, coupons.made)


def test_a_coupon_that_was_not_made_is_made_on_the_second_try(shop: Shop) -> None:
    coupons, store = shop
    coupons.hang_up = 1

    assert "501" == store.issue_coupon(OFFER).id


def test_a_public_coupon_whose_answer_was_lost_is_removed(shop: Shop) -> None:
    coupons, store = shop
    coupons.dropped, coupons.lose = {"ana@mail.example"}, 1

    with pytest.raises(WriteRefused, match="it was removed again"):
        store.issue_coupon(OFFER)

    assert [] == coupons.rows


def test_somebody_elses_coupon_is_never_removed(shop: Shop) -> None:
    """The connection was lost, and meanwhile the shop's owner made a coupon of that code."""
    coupons, store = shop
    other = {**recorded("coupon_create").get_json(), "code": "thanks-7f3k"}

    def make(request: Request) -> Any:
        if coupons.rows:
            return coupons.make(request)
        coupons.rows.append(other)
        return None

    coupons.listed.other["POST", "coupons"] = make

    with pytest.raises(WriteRefused) as refused:
        store.issue_coupon(OFFER)

    assert ("TAKEN", [other], []) == (refused.value.code, coupons.rows, coupons.deleted)


def test_if_nothing_can_be_read_back_it_is_said(shop: Shop) -> None:
    coupons, store = shop
    coupons.lose = 1
    looks = iter([True, False])

    def look(request: Request) -> Response:
        is_fine = next(looks)
        return coupons.find(request) if is_fine else refusal("woocommerce_rest_cannot_view", 403)

    coupons.listed.other["GET", "coupons"] = look

    with pytest.raises(WriteInDoubt):
        store.issue_coupon(OFFER)


def test_of_two_that_make_it_at_once_the_second_finds_the_first(shop: Shop) -> None:
    """Between looking and making, somebody else made it: a duplicate code is refused."""
    coupons, store = shop
    store.issue_coupon(OFFER)
    find, looks = coupons.find, iter([False, True])
    coupons.listed.other["GET", "coupons"] = lambda request: (
        find(request) if next(looks) else reply([])
    )

    assert "501" == store.issue_coupon(OFFER).id


@pytest.mark.parametrize(
    "change",
    [
        {"percent": Decimal(20)},
        {"email": "ben@mail.example"},
        {"expires_at": None},
        {"minimum": None},
        {"percent": None, "amount": Money("15", "INR")},
    ],
)
def test_a_code_with_other_terms_is_taken(shop: Shop, change: Row) -> None:
    coupons, store = shop
    store.issue_coupon(OFFER)

    with pytest.raises(WriteRefused) as refused:
        store.issue_coupon(OFFER.model_copy(update=change))

    assert "TAKEN" == refused.value.code
    assert [] == coupons.deleted


def test_a_coupon_that_became_public_is_removed_at_once(shop: Shop) -> None:
    """WordPress drops an address that it does not take, without a word (recorded)."""
    coupons, store = shop
    coupons.dropped = {"ana@mail.example"}

    with pytest.raises(WriteRefused, match="it was removed again"):
        store.issue_coupon(OFFER)

    assert [("501", True)] == coupons.deleted
    assert [] == coupons.rows


@pytest.mark.parametrize("email", ["ana@bücher.example", "ana@localhost", "ånna@mail.example"])
def test_an_address_that_wordpress_drops_makes_no_coupon(shop: Shop, email: str) -> None:
    coupons, store = shop

    with pytest.raises(WriteRefused) as refused:
        store.issue_coupon(OFFER.model_copy(update={"email": email}))

    assert ("EMAIL", 0) == (refused.value.code, coupons.made)
    assert email not in str(refused.value)


def test_an_account_is_restricted_by_its_address(shop: Shop) -> None:
    coupons, store = shop
    coupons.listed.other["GET", "customers/11"] = lambda request: recorded("customer_single")

    store.issue_coupon(OFFER.model_copy(update={"email": None, "customer_id": "11"}))

    assert ["customer10@shop.example"] == coupons.rows[0]["email_restrictions"]
    for nobody in ("12", "../orders"):
        with pytest.raises(WriteRefused):
            store.issue_coupon(OFFER.model_copy(update={"email": None, "customer_id": nobody}))


@pytest.mark.parametrize("lost", [0, 1])
def test_a_withdrawn_coupon_is_put_into_the_trash(shop: Shop, lost: int) -> None:
    coupons, store = shop
    store.issue_coupon(OFFER)
    coupons.lose = lost

    store.withdraw_coupon("THANKS-7f3k")
    store.withdraw_coupon("THANKS-7f3k")

    assert [("501", False)] == coupons.deleted
