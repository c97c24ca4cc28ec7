"""Reading objects by their ids, and lists of what changed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from plugins.shopify.api import Api, gid, page

from storelink.errors import NotFound, PayloadError, StoreError, StoreUnavailable, Unsupported
from storelink.models import Kind, Ref
from storelink_shopify.lists import Place

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
def api():
    with Api() as running:
        yield running


@pytest.fixture
def node(corpus):
    """An order of that number, as short as it may be."""

    def made(number: int, **more):
        return {
            "id": gid("Order", number),
            "name": f"#{number}",
            "createdAt": "2026-11-02T09:00:00Z",
            "updatedAt": "2026-11-02T09:00:00Z",
            **more,
        }

    return made


@pytest.fixture
def shop(api, node):
    """A shop of which every order exists that is asked for."""

    def answer(variables):
        return {"nodes": [node(int(one.rpartition("/")[2])) for one in variables["ids"]]}

    api.on("OrdersByIds", answer)
    return api.adapter()


# -- by ids --------------------------------------------------------------------------------------


def test_many_orders_are_read_in_few_calls(api, shop):
    refs = [Ref.order(str(number)) for number in range(1, 61)]
    answers = shop.read_many(refs)
    assert {ref: ref.id for ref in refs} == {ref: one.records[0].id for ref, one in answers.items()}
    assert 2 == len(api.calls("OrdersByIds"))


def test_what_costs_too_much_at_once_is_read_in_halves(api, shop, node):
    def answer(variables):
        if len(variables["ids"]) > 3:
            extensions = {"code": "MAX_COST_EXCEEDED", "cost": 1600, "maxCost": 1000}
            return {"errors": [{"message": "Query cost is 1600", "extensions": extensions}]}
        return {"nodes": [node(int(one.rpartition("/")[2])) for one in variables["ids"]]}

    api.on("OrdersByIds", answer)
    answers = shop.read_many([Ref.order(str(number)) for number in range(10)])
    assert 10 == len({one.records[0].id for one in answers.values()})


def test_each_object_has_its_own_outcome(api, shop, node):
    broken = node(2, createdAt="yesterday")
    api.on("OrdersByIds", lambda variables: {"nodes": [node(1), broken, None]})
    one, two, three = (Ref.order(number) for number in "123")
    answers = shop.read_many([one, two, three])
    assert "1" == answers[one].records[0].id
    assert isinstance(answers[two], PayloadError)
    assert isinstance(answers[three], NotFound)


def test_what_is_not_there_is_not_found(api, shop):
    api.on("OrdersByIds", lambda variables: {"nodes": [None]})
    with pytest.raises(NotFound):
        shop.read(Ref.order("1"))


def test_an_id_that_no_shop_gives_is_not_found_and_not_asked_for(api, shop):
    with pytest.raises(NotFound):
        shop.read(Ref.order('1") { x }'))
    assert [] == api.calls("OrdersByIds")


def test_parts_are_not_read_by_themselves(shop):
    with pytest.raises(Unsupported):
        shop.read(Ref.shipment("1"))


def test_an_outage_is_told_as_one(api, shop):
    extensions = {"code": "INTERNAL_SERVER_ERROR"}
    api.on("OrdersByIds", lambda _: {"errors": [{"message": "oh", "extensions": extensions}]})
    with pytest.raises(StoreUnavailable):
        shop.read_many([Ref.order("1")])


def test_every_connection_that_was_cut_off_is_read_to_its_end(api, shop, corpus):
    """Lines of the order, of its parcels, refunds and returns; scans; returns."""
    whole = corpus.nodes["order"]
    rests = {
        "OrderLineItems": (whole["lineItems"], "lineItems"),
        "OrderReturns": (whole["returns"], "returns"),
    }
    for name, (connection, field) in rests.items():
        left = connection["nodes"][1:]
        api.on(name, lambda _, left=left, field=field: {"node": {field: page(left)}})
    parcel, other = whole["fulfillments"]
    cut = whole | {
        "lineItems": page(whole["lineItems"]["nodes"][:1], "more"),
        "returns": page(whole["returns"]["nodes"][:1], "more"),
        "fulfillments": [
            parcel | {"events": page([], "a"), "fulfillmentLineItems": page([], "b")},
            other,
        ],
        "refunds": [whole["refunds"][0] | {"refundLineItems": page([], "c")}, whole["refunds"][1]],
    }
    scans, lines = parcel["events"]["nodes"], parcel["fulfillmentLineItems"]["nodes"]
    pages = {"a": page(scans[:1], "a2"), "a2": page(scans[1:])}
    api.on("FulfillmentEvents", lambda asked: {"node": {"events": pages[asked["after"]]}})
    api.on("FulfillmentLineItems", lambda _: {"node": {"fulfillmentLineItems": page(lines)}})
    refunded = whole["refunds"][0]["refundLineItems"]["nodes"]
    api.on("RefundLineItems", lambda _: {"node": {"refundLineItems": page(refunded)}})

    api.on("OrdersByIds", lambda _: {"nodes": [whole]})
    expected = _read(shop, whole)
    api.on("OrdersByIds", lambda _: {"nodes": [cut]})
    told = _read(shop, whole)
    assert [(one.ref, one.fields, one.children, one.scans) for one in expected.records] == [
        (one.ref, one.fields, one.children, one.scans) for one in told.records
    ]
    assert ["a", "a2"] == [one["after"] for one in api.calls("FulfillmentEvents")]


def cut_parcel(node, number):
    parcel = {"id": gid("Fulfillment", 5), "events": page([], "more"), "status": "SUCCESS"}
    return node(number, fulfillments=[parcel], refunds=[])


def test_a_part_that_went_away_meanwhile_does_not_make_its_order_gone(api, shop, node):
    api.on("OrdersByIds", lambda _: {"nodes": [cut_parcel(node, 1), node(2)]})
    api.on("FulfillmentEvents", lambda _: {"node": None})
    answers = shop.read_many([Ref.order("1"), Ref.order("2")])
    assert isinstance(answers[Ref.order("1")], StoreUnavailable)
    assert "2" == answers[Ref.order("2")].records[0].id


@pytest.mark.parametrize("impossible", ["9" * 19, "9" * 25, "\u0661\u0662", "1" * 5000])
def test_an_id_that_cannot_be_does_not_stop_the_others(api, shop, impossible):
    answers = shop.read_many([Ref.order(impossible), Ref.order("1")])
    assert isinstance(answers[Ref.order(impossible)], NotFound)
    assert "1" == answers[Ref.order("1")].records[0].id
    assert [{gid("Order", 1)}] == [set(asked["ids"]) for asked in api.calls("OrdersByIds")]


def _read(shop, node):
    return shop.read(Ref.order(node["id"].rpartition("/")[2]))


# -- lists ---------------------------------------------------------------------------------------


def rows(*numbers, at=AT):
    stamp = at.isoformat()
    return [{"id": gid("Order", n), "createdAt": stamp, "updatedAt": stamp} for n in numbers]


def test_a_list_is_whole_orders_page_after_page(api, shop):
    pages = {None: page(rows(1, 2), "c1"), "c1": page(rows(3))}
    api.on("OrderIds", lambda asked: {"orders": pages[asked["after"]]})
    one = shop.changed(Kind.ORDER, since=AT)
    two = api.adapter().changed(Kind.ORDER, cursor=one.cursor)
    found = [snapshot.records[0].id for part in (one, two) for snapshot in part.snapshots]
    assert ["1", "2", "3"] == found
    assert two.cursor is None
    searches = {asked["query"] for asked in api.calls("OrderIds")}
    assert {"updated_at:>='2026-11-02T09:00:00Z'"} == searches


def test_a_cursor_that_shopify_refuses_begins_again_at_the_last_change_seen(api, shop):
    def answer(asked):
        if asked["after"]:
            return {"errors": [{"message": "Invalid cursor for current pagination sort."}]}
        return {"orders": page(rows(1, at=AT + timedelta(hours=2)), "c1")}

    api.on("OrderIds", answer)
    first = shop.changed(Kind.ORDER, since=AT)
    again = shop.changed(Kind.ORDER, cursor=first.cursor)
    assert ["1"] == [one.records[0].id for one in again.snapshots]
    assert "updated_at:>='2026-11-02T10:59:59Z'" == api.calls("OrderIds")[-1]["query"]


def test_a_list_that_shopify_does_not_understand_is_an_error(api, shop):
    api.on("OrderIds", lambda _: {"errors": [{"message": "no such field"}]})
    with pytest.raises(StoreError, match="no such field"):
        shop.changed(Kind.ORDER, since=AT)


def test_an_order_that_cannot_be_understood_does_not_stop_the_list(api, shop, node):
    broken = node(2, createdAt="yesterday")
    api.on("OrderIds", lambda _: {"orders": page(rows(1, 2))})
    api.on("OrdersByIds", lambda _: {"nodes": [node(1), broken]})
    good, bad = (one.records[0] for one in shop.changed(Kind.ORDER).snapshots)
    assert ("1", None) == (good.id, good.needs_read)
    assert (Ref.order("2"), {}) == (bad.ref, bad.fields)
    assert "createdAt" in bad.needs_read


def test_what_went_away_since_the_list_was_made_is_left_out(api, shop, node):
    api.on("OrderIds", lambda _: {"orders": page(rows(1, 2))})
    api.on("OrdersByIds", lambda _: {"nodes": [node(1), None]})
    assert 1 == len(shop.changed(Kind.ORDER).snapshots)


def test_what_changed_while_it_was_read_stays_in_the_list_to_be_read(api, shop, node):
    api.on("OrderIds", lambda _: {"orders": page(rows(1))})
    api.on("OrdersByIds", lambda _: {"nodes": [cut_parcel(node, 1)]})
    api.on("FulfillmentEvents", lambda _: {"node": None})
    ((left,),) = (one.records for one in shop.changed(Kind.ORDER).snapshots)
    assert ("1", {}) == (left.id, left.fields)
    assert "changed while it was read" in left.needs_read


def test_accounts_match_whole_days_and_are_sifted(api, shop):
    """Shopify's filter of accounts knows days only, of a time zone that it does not name."""
    found = [
        {"id": gid("Customer", number), "createdAt": None, "updatedAt": at.isoformat()}
        for number, at in ((1, AT - timedelta(hours=3)), (2, AT), (3, AT + timedelta(hours=1)))
    ]
    api.on("CustomerIds", lambda _: {"customers": page(found)})
    api.on("CustomersByIds", lambda asked: {"nodes": [{"id": one} for one in asked["ids"]]})
    listed = shop.changed(Kind.CUSTOMER, since=AT)
    assert ["2", "3"] == [one.records[0].id for one in listed.snapshots]
    assert "updated_at:>='2026-11-01'" == api.calls("CustomerIds")[0]["query"]


def test_every_return_under_way_is_listed_however_old_its_order(api, shop):
    api.on("OrderIds", lambda _: {"orders": page(rows(1, at=AT - timedelta(days=50)))})
    listed = shop.changed(Kind.RETURN, since=AT)
    assert ["1"] == [one.records[0].id for one in listed.snapshots]
    assert "return_status:return_requested" in api.calls("OrderIds")[0]["query"]


def test_every_order_with_a_return_is_listed_whatever_became_of_it(api, shop):
    """All words of the filter but the one that says that there is no return."""
    api.on("OrderIds", lambda _: {"orders": page([])})
    shop.changed(Kind.RETURN)
    asked = api.calls("OrderIds")[0]["query"]
    words = {"return_requested", "in_progress", "inspection_complete", "returned", "return_failed"}
    assert words == set(re.findall(r"return_status:(\w+)", asked))
    assert "updated_at" not in asked


@pytest.mark.parametrize("cursor", ["", "{", "nonsense", "[1]", '{"since": "monday"}'])
def test_a_cursor_of_somebody_else_is_refused(shop, cursor):
    with pytest.raises(PayloadError):
        Place.parse(cursor)


def test_a_place_is_text_and_back():
    place = Place(AT, "after", AT + timedelta(seconds=1))
    assert place == Place.parse(place.text())
    assert Place() == Place.parse(Place().text())


# -- counts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("precision", "expected"), [("EXACT", 12), ("AT_LEAST", None)])
def test_only_an_exact_count_counts(api, shop, precision, expected):
    api.on("OrdersCount", lambda _: {"ordersCount": {"count": 12, "precision": precision}})
    assert expected == shop.count(Kind.ORDER)


def test_parts_of_seconds_are_rounded_to_shopifys_whole_ones(api, shop):
    api.on("OrdersCount", lambda _: {"ordersCount": {"count": 1, "precision": "EXACT"}})
    half = AT + timedelta(milliseconds=500)
    shop.count(Kind.ORDER, start=half, end=half + timedelta(days=1))
    expected = "created_at:>='2026-11-02T09:00:01Z' AND created_at:<'2026-11-03T09:00:01Z'"
    assert expected == api.calls("OrdersCount")[0]["query"]


def test_ids_are_those_that_are_counted(api, shop):
    old = rows(1, at=AT - timedelta(seconds=1))
    pages = {None: page([*old, *rows(2, 3)], "c1"), "c1": page(rows(3, 4))}
    api.on("OrderIds", lambda asked: {"orders": pages[asked["after"]]})
    assert ["2", "3", "4"] == list(shop.ids(Kind.ORDER, start=AT))
    assert "CREATED_AT" == api.calls("OrderIds")[0]["sortKey"]
