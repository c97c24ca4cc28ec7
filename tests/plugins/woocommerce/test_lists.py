"""Lists that change while they are walked leave nothing out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from plugins.woocommerce.listed_shop import ListedShop, gmt
from plugins.woocommerce.odd_shop import KEY, SECRET, running, wire

from storelink.contracts.store import Page
from storelink.errors import Unsupported
from storelink.models.ref import Kind
from storelink.testing import FrozenClock
from storelink_woocommerce import WooCommerce

START = datetime(2026, 6, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def shop() -> Iterator[tuple[ListedShop, WooCommerce]]:
    """A shop that answers over HTTP, and the adapter that asks it."""
    listed = ListedShop()
    with running() as server:
        server.answer = listed
        yield (
            listed,
            WooCommerce(
                url=server.url,
                webhook_secret="whsec_1",
                consumer_key=KEY,
                consumer_secret=SECRET,
                currency="EUR",
                wire=wire(FrozenClock(START)),
            ),
        )


def row(key: int, at: datetime, **fields: Any) -> dict[str, Any]:
    created = fields.pop("created", at)
    return {
        "id": key,
        "number": str(key),
        "status": "processing",
        "currency": "EUR",
        "total": "10.00",
        "date_created_gmt": gmt(created),
        "date_modified_gmt": gmt(at),
        "refunds": [],
        "meta_data": [],
        **fields,
    }


def walked(ask: Callable[[str | None], Page], pages: int = 60) -> list[str]:
    """Return the ids of a whole list, each cursor read by somebody who knows nothing else."""
    found: list[str] = []
    cursor: str | None = None
    for _ in range(pages):
        page = ask(cursor)
        found += [snapshot.records[0].id for snapshot in page.snapshots]
        cursor = page.cursor
        if cursor is None:
            return found
    raise AssertionError("it does not end")


def changed(
    store: WooCommerce, kind: Kind = Kind.ORDER, since: datetime | None = START
) -> list[str]:
    return walked(lambda cursor: store.changed(kind, since=since, cursor=cursor))


def texts(keys: range | list[int]) -> list[str]:
    return [str(key) for key in keys]


def test_what_changed_at_or_after_a_second_is_listed_oldest_first(
    shop: tuple[ListedShop, WooCommerce],
) -> None:
    listed, store = shop
    listed.rows["orders"] = [row(key, START + key * SECOND) for key in range(1, 250)]

    found = walked(
        lambda cursor: store.changed(Kind.ORDER, since=START + 20.5 * SECOND, cursor=cursor)
    )

    assert texts(range(20, 250)) == found
    path, first = listed.asked[0]
    assert "orders" == path
    assert "2026-06-01T00:00:19" == first["modified_after"]  # exclusive
    assert "true" == first["dates_are_gmt"]


def test_a_list_without_a_beginning_is_walked_from_the_first(
    shop: tuple[ListedShop, WooCommerce],
) -> None:
    listed, store = shop
    listed.rows["orders"] = [row(key, START + key * SECOND) for key in range(1, 230)]

    assert texts(range(1, 230)) == changed(store, since=None)


def test_rows_touched_between_two_pages_lose_none(shop: tuple[ListedShop, WooCommerce]) -> None:
    """Recorded: touching an order while they are paged by `modified` skipped another one."""
    listed, store = shop
    listed.rows["orders"] = [row(key, START + key * SECOND) for key in range(1, 300)]

    def touch(lists: int) -> None:
        if lists <= 3:
            for key in range(10 * lists, 10 * lists + 5):
                listed.touch("orders", key, listed.now - timedelta(hours=1) + lists * SECOND)

    listed.meanwhile = touch

    assert set(texts(range(1, 300))) == set(changed(store))


def test_a_row_touched_while_its_page_is_loaded_skips_no_other(
    shop: tuple[ListedShop, WooCommerce],
) -> None:
    """It stands at its old place with its new time; going on from there would skip the rest."""
    listed, store = shop
    listed.rows["orders"] = [row(key, START + key * SECOND) for key in range(1, 300)]

    def load(lists: int) -> None:
        if lists == 1:
            for key in (50, 98, 99, 100):
                listed.touch("orders", key, listed.now)

    listed.loading = load

    assert set(texts(range(1, 300))) == set(changed(store))


@pytest.mark.parametrize("size", [99, 100, 101, 350])
def test_a_second_with_more_rows_than_a_page_is_walked_whole(
    shop: tuple[ListedShop, WooCommerce], size: int
) -> None:
    """A bulk edit touches hundreds of orders in one second, and ties have no order."""
    listed, store = shop
    bulk = [row(1000 + key, START + 60 * SECOND) for key in range(size)]
    before = [row(key, START + key * SECOND) for key in range(1, 30)]
    after = [row(5000 + key, START + (61 + key) * SECOND) for key in range(150)]
    listed.rows["orders"] = [*after, *bulk, *before]

    found = changed(store)

    assert {str(one["id"]) for one in (*before, *bulk, *after)} == set(found)


def test_a_bulk_edit_that_goes_on_while_it_is_walked_loses_none(
    shop: tuple[ListedShop, WooCommerce],
) -> None:
    listed, store = shop
    at = START + 60 * SECOND
    listed.rows["orders"] = [row(key, at) for key in range(1, 351)]

    def touch(lists: int) -> None:
        for key in range(40 * lists, 40 * lists + 30):
            if key < 351 and lists < 8:
                listed.touch("orders", key, at + lists * SECOND)

    listed.meanwhile = touch

    assert set(texts(range(1, 351))) == set(changed(store))


def test_a_bulk_edit_of_this_very_minute_is_walked_whole(
    shop: tuple[ListedShop, WooCommerce],
) -> None:
    listed, store = shop
    listed.rows["orders"] = [
        row(key, listed.now - (3 - key // 150) * SECOND) for key in range(1, 450)
    ]

    assert set(texts(range(1, 450))) == set(changed(store))


def test_what_was_thrown_away_is_listed_and_deleted(shop: tuple[ListedShop, WooCommerce]) -> None:
    """`any` leaves out the trash, and no webhook is sent twice: the trash is walked, too."""
    listed, store = shop
    listed.rows["orders"] = [
        row(1, START + SECOND),
        row(2, START + 2 * SECOND, status="trash"),
        row(3, START + 3 * SECOND, status="checkout-draft"),
        row(4, START - SECOND, status="trash"),
    ]

    first = store.changed(Kind.ORDER, since=START)
    second = store.changed(Kind.ORDER, cursor=first.cursor)

    assert ["1"] == [snapshot.records[0].id for snapshot in first.snapshots]
    (trashed,) = [snapshot.records[0] for snapshot in second.snapshots]
    assert ("2", START + 2 * SECOND) == (trashed.id, trashed.fields["deleted_at"])
    assert second.cursor is None


def test_orders_whose_parts_are_not_in_the_list_want_a_read(
    shop: tuple[ListedShop, WooCommerce],
) -> None:
    listed, store = shop
    meta = [{"id": 1, "key": "_fulfillment_status", "value": "fulfilled"}]
    listed.rows["orders"] = [
        row(1, START),
        row(2, START, refunds=[{"id": 9, "total": "-1.00"}]),
        row(3, START, meta_data=meta),
    ]

    page = store.changed(Kind.ORDER, since=START)

    open_ones = [s.records[0].id for s in page.snapshots if s.records[0].needs_read]
    assert ["2", "3"] == sorted(open_ones)


def test_an_odd_order_does_not_hold_up_the_list(
    shop: tuple[ListedShop, WooCommerce], caplog: pytest.LogCaptureFixture
) -> None:
    listed, store = shop
    listed.rows["orders"] = [row(1, START), row(2, START, currency="DOGE"), row(3, START)]

    assert {"1", "3"} == set(changed(store))
    assert "order 2 of a list is left out" in caplog.text


def test_history_is_every_order_once_with_its_number_oldest_first(
    shop: tuple[ListedShop, WooCommerce],
) -> None:
    listed, store = shop
    listed.rows["orders"] = [
        row(key, START + timedelta(days=9), created=START + key * SECOND) for key in range(1, 421)
    ]
    listed.rows["orders"] += [row(900, START, status="trash")]
    totals: list[int | None] = []

    def page(cursor: str | None) -> Page:
        told = store.history(Kind.ORDER, cursor=cursor)
        totals.append(told.total)
        return told

    assert texts(range(1, 421)) == walked(page)
    assert {420} == set(totals)


@pytest.mark.parametrize("kind", [Kind.CUSTOMER, Kind.REVIEW])
def test_history_by_id_loses_none_when_rows_vanish(
    shop: tuple[ListedShop, WooCommerce], kind: Kind
) -> None:
    listed, store = shop
    path = {Kind.CUSTOMER: "customers", Kind.REVIEW: "products/reviews"}[kind]
    listed.rows[path] = [row(key, START, status="approved") for key in range(1, 320)]

    def vanish(lists: int) -> None:
        if lists == 1:
            listed.rows[path] = [one for one in listed.rows[path] if not 5 <= one["id"] < 90]
        if lists == 3:
            listed.rows[path] = [one for one in listed.rows[path] if one["id"] > 100]

    listed.meanwhile = vanish

    found = walked(lambda cursor: store.history(kind, cursor=cursor))

    assert set(texts(range(1, 320))) == set(found)


def test_new_accounts_are_found_though_others_come_meanwhile(
    shop: tuple[ListedShop, WooCommerce],
) -> None:
    """Accounts cannot be asked for by time: newest first, until a page is all older."""
    listed, store = shop
    listed.rows["customers"] = [row(key, START + (key - 500) * SECOND) for key in range(1, 801)]

    def register(lists: int) -> None:
        if lists <= 2:
            new = range(1000 * lists, 1000 * lists + 120)
            listed.rows["customers"] += [row(key, listed.now) for key in new]

    listed.meanwhile = register

    found = changed(store, Kind.CUSTOMER)

    assert set(texts(range(500, 801))) <= set(found)
    assert not set(texts(range(1, 500))) & set(found)


def test_new_reviews_are_asked_for_by_time(shop: tuple[ListedShop, WooCommerce]) -> None:
    listed, store = shop
    listed.rows["products/reviews"] = [
        row(key, START + (key - 50) * SECOND, status="approved") for key in range(1, 181)
    ]

    assert texts(range(50, 181)) == changed(store, Kind.REVIEW)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, range(1, 20)),
        (START + 5 * SECOND, None, range(5, 20)),
        (None, START + 8 * SECOND, range(1, 8)),
        (START + 5 * SECOND, START + 8 * SECOND, range(5, 8)),
        (START + 4.5 * SECOND, START + 7.5 * SECOND, range(5, 8)),
        (START + 8 * SECOND, START + 8 * SECOND, range(0)),
    ],
)
@pytest.mark.parametrize("kind", [Kind.ORDER, Kind.REVIEW])
def test_a_span_has_its_start_and_not_its_end(
    shop: tuple[ListedShop, WooCommerce],
    kind: Kind,
    start: datetime | None,
    end: datetime | None,
    expected: range,
) -> None:
    """Both edges of WooCommerce are exclusive, and it counts whole seconds."""
    listed, store = shop
    path = {Kind.ORDER: "orders", Kind.REVIEW: "products/reviews"}[kind]
    listed.rows[path] = [row(key, START + key * SECOND) for key in range(1, 20)]
    listed.rows["orders"] = [*listed.rows.get("orders", []), row(77, START, status="trash")]

    assert len(expected) == store.count(kind, start=start, end=end)
    assert set(texts(expected)) == set(store.ids(kind, start=start, end=end))


def test_accounts_of_a_span_are_not_counted_and_can_be_named(
    shop: tuple[ListedShop, WooCommerce],
) -> None:
    listed, store = shop
    listed.rows["customers"] = [row(key, START + key * SECOND) for key in range(1, 130)]

    assert 129 == store.count(Kind.CUSTOMER)
    assert store.count(Kind.CUSTOMER, start=START + SECOND) is None
    assert texts(range(120, 130)) == store.ids(Kind.CUSTOMER, start=START + 120 * SECOND)


def test_a_cursor_of_another_version_begins_anew(shop: tuple[ListedShop, WooCommerce]) -> None:
    listed, store = shop
    listed.rows["orders"] = [row(key, START + key * SECOND) for key in range(1, 3)]

    for odd in ("nonsense", '{"page": 7}', "[]", "7", '{"second": "soon"}'):
        page = store.changed(Kind.ORDER, since=START + SECOND, cursor=odd)
        assert ["1", "2"] == [snapshot.records[0].id for snapshot in page.snapshots]


@pytest.mark.parametrize("kind", [Kind.CHECKOUT, Kind.RETURN, Kind.REFUND])
def test_what_woocommerce_does_not_have_is_not_listed(
    shop: tuple[ListedShop, WooCommerce], kind: Kind
) -> None:
    _, store = shop

    with pytest.raises(Unsupported):
        store.changed(kind)
