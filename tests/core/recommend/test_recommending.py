"""What is recommended to whom, with its reason, and what never is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from core.world import ADA, DAY, World

from storelink import Money
from storelink.contracts.recommend import Recommendation, Recommender
from storelink.errors import ConfigError, UnknownStore
from storelink.models import Contact, Kind, ProductStatus, Ref
from storelink.recommend import BoughtTogether
from storelink.testing import Item

MUG, TEA, POT, BOWL, CARD = (
    Item(title, Money("10.00", "EUR")) for title in ("Mug", "Tea", "Pot", "Bowl", "Card")
)
ALL = (MUG, TEA, POT, BOWL, CARD)
FRIENDS = [Contact(email=f"friend{number}@example.com") for number in range(6)]


class Shop(World):
    """A shop without messages, in which everything is sold."""

    def __init__(self, database: str = "sqlite://", **options: Any) -> None:
        super().__init__(database, hooks=[], **options)
        for item in ALL:
            self.store.sell(item, in_stock=True, url=f"https://shop.example/{item.title}")

    def buy(self, who: Contact, *items: Item) -> str:
        order_id = self.store.place(who, list(items))
        self.clock.advance(timedelta(minutes=1))
        return order_id

    def count(self) -> None:
        self.absorb()
        self.link.run_once()
        self.clock.advance(timedelta(minutes=1))
        self.link.rebuild_recommendations("shop")

    def told(self, who: Contact = ADA, **options: Any) -> list[str]:
        found = self.link.recommend("shop", email=who.email, **options)
        return [one.product.title for one in found]


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.link.close()


def friends_buy(shop: Shop, *items: Item, friends: int = 3) -> list[str]:
    return [shop.buy(friend, *items) for friend in FRIENDS[:friends]]


def test_what_others_bought_together_is_recommended_with_its_reason(shop: Shop) -> None:
    shop.buy(ADA, MUG)
    friends_buy(shop, MUG, TEA)
    shop.count()

    (found,) = shop.link.recommend("shop", email="Ada@Example.com")

    assert ("Tea", "Mug", 3) == (found.product.title, found.because.title, found.people)
    assert "bought together with Mug by 3 people" == found.reason


def test_it_counts_people_and_not_orders(shop: Shop) -> None:
    """Whoever buys both again and again is one person; two orders are as good as one."""
    shop.buy(ADA, MUG)
    for _ in range(5):
        friends_buy(shop, MUG, TEA, friends=2)
    shop.buy(FRIENDS[2], MUG)
    shop.buy(FRIENDS[2], POT)
    shop.count()
    assert [] == shop.told()

    shop.buy(FRIENDS[3], TEA)
    shop.buy(FRIENDS[3], MUG)
    shop.count()
    assert ["Tea"] == shop.told()


def cancelled(shop: Shop, orders: Sequence[str]) -> None:
    shop.store.cancel(orders[0])


def refunded(shop: Shop, orders: Sequence[str]) -> None:
    shop.store.refund(orders[0])


def refunded_in_part(shop: Shop, orders: Sequence[str]) -> None:
    shop.store.refund(orders[0], lines={1: 1})


def deleted(shop: Shop, orders: Sequence[str]) -> None:
    shop.store.delete(orders[0])


@pytest.mark.parametrize("undone", [cancelled, refunded, refunded_in_part, deleted])
def test_what_was_not_bought_or_came_back_does_not_count(shop: Shop, undone: Any) -> None:
    shop.buy(ADA, MUG)
    orders = friends_buy(shop, MUG, TEA)
    undone(shop, orders)
    shop.count()
    assert [] == shop.told()


def test_an_unpaid_order_does_not_count_until_it_is_paid(shop: Shop) -> None:
    shop.buy(ADA, MUG)
    friends_buy(shop, MUG, TEA, friends=2)
    late = shop.store.place(FRIENDS[2], [MUG, TEA], paid=False)
    shop.count()
    assert [] == shop.told()
    shop.store.pay(late)
    shop.count()
    assert ["Tea"] == shop.told()


def tea(**fields: Any) -> Any:
    return lambda shop: shop.store.change(Ref(kind=Kind.PRODUCT, id="product-Tea"), **fields)


NOT_TO_BE_BOUGHT = {
    "out of stock": tea(in_stock=False),
    "a draft": tea(status=ProductStatus.DRAFT),
    "archived": tea(status=ProductStatus.ARCHIVED),
    "of a status that is not known": tea(status=ProductStatus.UNKNOWN),
    "without a name": tea(title=""),
    "without a page in the shop": tea(url=None),
    "in no list of the shop": tea(listed=False),
    "deleted": lambda shop: shop.store.remove(Ref(kind=Kind.PRODUCT, id="product-Tea")),
    "bought already": lambda shop: shop.buy(ADA, TEA),
    "sent back": lambda shop: shop.store.refund(shop.buy(ADA, TEA)),
    "bought in an order that was cancelled": lambda shop: shop.store.cancel(shop.buy(ADA, TEA)),
}


@pytest.mark.parametrize("change", NOT_TO_BE_BOUGHT.values(), ids=NOT_TO_BE_BOUGHT)
def test_never_recommended(shop: Shop, change: Any) -> None:
    shop.buy(ADA, MUG)
    friends_buy(shop, MUG, TEA, POT)
    shop.count()
    assert ["Tea", "Pot"] == sorted(shop.told(), reverse=True)
    change(shop)
    shop.absorb()
    shop.link.run_once()
    assert ["Pot"] == shop.told()


def test_what_is_back_is_recommended_without_counting_anew(shop: Shop) -> None:
    shop.buy(ADA, MUG)
    friends_buy(shop, MUG, TEA)
    tea(in_stock=False)(shop)
    shop.count()
    assert [] == shop.told()
    tea(in_stock=True)(shop)
    shop.absorb()
    assert ["Tea"] == shop.told()


def test_products_alone_can_be_asked_about(shop: Shop) -> None:
    friends_buy(shop, MUG, TEA)
    shop.count()
    found = shop.link.recommend("shop", products=["product-Tea"])
    assert ["Mug"] == [one.product.title for one in found]
    assert [] == shop.link.recommend("shop", products=["product-Tea", "product-Mug"])


def test_a_cart_is_what_to_start_from_and_what_the_person_has_is_left_out(shop: Shop) -> None:
    shop.buy(ADA, BOWL)
    friends_buy(shop, MUG, TEA, BOWL, POT)
    shop.count()
    assert ["Pot", "Tea"] == sorted(shop.told(products=["product-Mug"]))


def test_nobody_and_nothing_gives_nothing(shop: Shop) -> None:
    friends_buy(shop, MUG, TEA)
    shop.count()
    assert [] == shop.told(Contact(email="stranger@example.com"))
    assert [] == shop.link.recommend("shop", products=["no such product"])
    assert [] == shop.told(FRIENDS[0])
    with pytest.raises(ConfigError, match="name a person"):
        shop.link.recommend("shop", email=" ")
    with pytest.raises(UnknownStore):
        shop.link.recommend("other", email="ada@example.com")


def test_more_evidence_comes_first_and_ties_are_always_broken_alike(shop: Shop) -> None:
    shop.buy(ADA, MUG)
    friends_buy(shop, MUG, TEA, friends=6)
    friends_buy(shop, POT, BOWL, MUG, friends=4)
    shop.count()
    assert ["Tea", "Pot", "Bowl"] == [*shop.told()[:1], *sorted(shop.told()[1:], reverse=True)]
    before = shop.told()
    shop.count()
    assert before == shop.told()
    assert before[:1] == shop.told(count=1)
    assert [] == shop.told(count=0)


def test_counting_anew_forgets_what_is_not_true_any_more(shop: Shop) -> None:
    shop.buy(ADA, MUG)
    orders = friends_buy(shop, MUG, TEA)
    shop.count()
    assert ["Tea"] == shop.told()
    shop.store.cancel(orders[0])
    shop.count()
    assert [] == shop.told()
    with shop.link._database.read() as tx:
        assert [] == tx.neighbors.of("shop", ["product-Mug", "product-Tea"])


def test_nothing_of_a_person_is_in_the_table_and_erased_people_still_count(shop: Shop) -> None:
    shop.buy(ADA, MUG)
    friends_buy(shop, MUG, TEA)
    shop.count()
    shop.link.erase("shop", email=FRIENDS[0].email)
    shop.count()
    assert ["Tea"] == shop.told()
    with shop.link._database.read() as tx:
        rows = [row for some in tx.everything.rows("neighbors") for row in some]
    assert rows
    assert "example.com" not in str(rows)
    assert "erased" not in str(rows)


def test_a_gift_card_is_neither_counted_nor_recommended(shop: Shop) -> None:
    shop.buy(ADA, MUG)
    orders = friends_buy(shop, MUG, CARD)
    for order_id in orders:
        lines = shop.store._orders[order_id].fields["lines"]
        told = tuple(line.model_copy(update={"gift_card": line.title == "Card"}) for line in lines)
        shop.store._orders[order_id].fields["lines"] = told
        shop.store.complete(order_id)
    shop.count()
    assert [] == shop.told()


def test_another_store_knows_nothing_of_it(shop: Shop) -> None:
    friends_buy(shop, MUG, TEA)
    shop.count()
    assert [] == list(
        BoughtTogether(shop.link._database).recommend("other", products=["product-Mug"])
    )


def test_a_recommender_of_the_shops_own_takes_its_place() -> None:
    class Mine:
        def recommend(self, store: str, **asked: Any) -> Sequence[Recommendation]:
            asks.append((store, asked))
            return ()

    asks: list[Any] = []
    mine = Mine()
    assert isinstance(mine, Recommender)
    world = World(hooks=[], recommender=mine)
    assert [] == world.link.recommend("shop", email="Ada@example.com", count=2)
    assert [("shop", {"person": "ada@example.com", "products": (), "count": 2})] == asks
    world.link.close()


def test_the_worker_counts_after_a_sweep_once_a_day(shop: Shop) -> None:
    shop.buy(ADA, MUG)
    friends_buy(shop, MUG, TEA)
    shop.absorb()
    shop.link.work("sweep", "shop")
    assert ["Tea"] == shop.told()

    friends_buy(shop, MUG, POT)
    shop.absorb()
    shop.clock.advance(timedelta(hours=20))
    shop.link.work("sweep", "shop")
    assert ["Tea"] == shop.told()
    shop.clock.advance(DAY)
    shop.link.work("sweep", "shop")
    assert ["Pot", "Tea"] == sorted(shop.told())
