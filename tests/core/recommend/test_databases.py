"""Counting and reading on both databases, along their indexes."""

from __future__ import annotations

from core.recommend.test_recommending import ADA, MUG, POT, TEA, Shop, friends_buy

from storelink.mirror.purchases import of_everybody
from storelink.storage import neighbors, records


def test_it_counts_and_recommends_alike(database_url: str) -> None:
    shop = Shop(database_url)
    shop.buy(ADA, MUG)
    friends_buy(shop, MUG, TEA, POT, friends=5)
    shop.store.cancel(friends_buy(shop, MUG, POT, friends=1)[0])
    shop.count()
    told = [(one.product.title, one.people) for one in shop.link.recommend("shop", email=ADA.email)]
    assert [("Pot", 5), ("Tea", 5)] == sorted(told)
    shop.count()
    assert told == [
        (one.product.title, one.people) for one in shop.link.recommend("shop", email=ADA.email)
    ]
    shop.link.close()


def test_pages_that_end_within_a_person_leave_nobody_out(database_url: str) -> None:
    shop = Shop(database_url)
    for number in range(5):
        shop.buy(ADA, (MUG, TEA, POT)[number % 3])
    friends_buy(shop, MUG, TEA)
    shop.absorb()
    expected = sorted(
        [{"product-Mug", "product-Tea", "product-Pot"}, *[{"product-Mug", "product-Tea"}] * 3],
        key=len,
    )
    for page in (1, 2, 3, 100):
        found = of_everybody(shop.link._database, "shop", page=page)
        assert expected == sorted((set(one.kept) for one in found), key=len)
    shop.link.close()


def test_both_statements_go_along_an_index() -> None:
    shop, plans = Shop(), []
    with shop.link._database.read() as tx:
        cursor = tx._connection.connection.cursor()
        for statement in (neighbors._OF, records._PAGE_OF_PEOPLE):
            told = statement.text(tx._connection)
            values = [1] * told.count("?")
            rows = cursor.execute(f"EXPLAIN QUERY PLAN {told}", values).fetchall()
            plans.append(" / ".join(row[3] for row in rows))
        cursor.close()
    shop.link.close()
    of, page = plans
    assert "SEARCH neighbors USING INDEX sqlite_autoindex_neighbors_1 (store=? AND product=?)" in of
    assert "ix_records_store_person (store=? AND person>?)" in page
