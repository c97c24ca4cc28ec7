"""What a marketing message offers beside its own words, if its hook asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from core.recommend.test_recommending import ADA, MUG, POT, TEA, Shop, friends_buy

from storelink.contracts.recommend import Recommendation
from storelink.delivery.free_shipping import ShippingDesk
from storelink.delivery.offering import Offering, has_more_prices
from storelink.errors import StorageUnavailable
from storelink.events import OrderPaid
from storelink.models import Address, Kind, Message, MessageClass, Money, Order, Product, Ref
from storelink.models.recipient import Recipient

MARKETING = MessageClass.MARKETING


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    friends_buy(made, MUG, TEA)
    friends_buy(made, MUG, POT, friends=5)
    made.count()
    yield made
    made.link.close()


def offering(shop: Shop) -> Offering:
    stores = {"shop": shop.store}
    return Offering(shop.link._recommender, ShippingDesk(stores, shop.clock))


def asking(kind: MessageClass = MARKETING, **data: Any) -> Message:
    return Message("any", text="Hello", subject="S", data=data, message_class=kind)


def a_cart(shop: Shop, *, country: str | None = "de", **fields: Any) -> Recipient:
    cart = shop.store.begin_checkout(ADA, [MUG], shipping_address=Address(country=country))
    if fields:
        shop.store.change(Ref(kind=Kind.CHECKOUT, id=cart), **fields)
    shop.absorb()
    found = shop.link.checkout("shop", cart)
    assert found is not None
    return Recipient(found)


def test_a_message_to_a_buyer_recommends_from_what_they_bought(shop: Shop) -> None:
    order = shop.buy(ADA, MUG)
    shop.absorb()
    found = offering(shop)(asking(recommend=3), Recipient(shop.order(order))).data["recommended"]
    assert [("Pot", "Mug", 5), ("Tea", "Mug", 3)] == [
        (one["title"], one["because"], one["people"]) for one in found
    ]
    expected = {"amount": "10.00", "currency": "EUR"}
    assert (expected, "https://shop.example/Pot") == (found[0]["price"], found[0]["url"])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, False),
        ({"price_to": Money("10.00", "EUR")}, False),
        ({"price_to": Money("12.00", "EUR")}, True),
        ({"price_to": None}, True),
    ],
    ids=["not told", "the same", "a higher one", "one that the store does not tell"],
)
def test_a_price_is_the_lowest_where_there_are_others(
    fields: dict[str, Any], expected: bool
) -> None:
    price = Money("10.00", "EUR")
    assert expected == has_more_prices(Product(id="1", store="shop", price=price, **fields))


def test_a_message_about_a_cart_recommends_from_the_cart_and_tells_the_gap(shop: Shop) -> None:
    shop.store.ship_free("DE", Money("12.00", "EUR"))
    told = offering(shop)(asking(recommend=1, free_shipping=True), a_cart(shop)).data
    assert ["Pot"] == [one["title"] for one in told["recommended"]]
    assert {"amount": "2.00", "currency": "EUR"} == told["free_shipping_gap"]


@pytest.mark.parametrize(
    ("message", "where"),
    [
        (asking(), {}),
        (asking(recommend=0, free_shipping=False), {}),
        (asking(recommend=3, free_shipping=True, kind=MessageClass.TRANSACTIONAL), {}),
        (asking(recommend=3, free_shipping=True, kind=MessageClass.RELATIONSHIP), {}),
        (asking(free_shipping=True), {"country": None}),
        (asking(free_shipping=True), {"country": "FR"}),
    ],
    ids=[
        "asks for nothing",
        "asks for none",
        "an order needs it",
        "a survey",
        "no country",
        "another zone",
    ],
)
def test_otherwise_nothing_is_added(shop: Shop, message: Message, where: dict[str, Any]) -> None:
    shop.store.ship_free("DE", Money("12.00", "EUR"))
    assert message == offering(shop)(message, a_cart(shop, **where))


def test_nothing_to_recommend_and_nothing_missing_leave_the_message_alone(shop: Shop) -> None:
    shop.store.ship_free("DE", Money("10.00", "EUR"))
    for title in ("Tea", "Pot"):
        shop.store.change(Ref(kind=Kind.PRODUCT, id=f"product-{title}"), in_stock=False)
    message = asking(recommend=3, free_shipping=True)
    assert message == offering(shop)(message, a_cart(shop))


def test_a_recommender_that_fails_costs_no_message_and_the_database_is_waited_for(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        error: Exception = KeyError("ada@example.com")

        def recommend(self, store: str, **asked: Any) -> Sequence[Recommendation]:
            raise self.error

    broken = Broken()
    adding = Offering(broken, ShippingDesk({"shop": shop.store}, shop.clock))
    message, to = asking(recommend=3), a_cart(shop)
    assert message == adding(message, to)
    assert "goes without an offer" in caplog.text
    assert "ada@example.com" not in caplog.text
    broken.error = StorageUnavailable("away")
    with pytest.raises(StorageUnavailable):
        adding(message, to)


def test_a_sent_message_has_what_its_hook_asked_for(shop: Shop) -> None:
    @shop.link.hook(OrderPaid, key="news")
    def news(order: Order) -> Message:
        text = "Hello. {{ recommendations() }}"
        return Message("news", subject="News", text=text, data={"recommend": 2},
                       message_class=MARKETING)  # fmt: skip

    shop.timeline.place(ADA, [MUG])
    [sent] = shop.channel.sent
    assert "- Pot: €10.00\n  Bought together with Mug by 5 people\n" in sent.text
    assert "Tea" in (sent.html or "")
