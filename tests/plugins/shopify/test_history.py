"""The whole history by bulk operations: prepared by Shopify, spooled, handed out page by page."""

from __future__ import annotations

import itertools
import json
import os
import random
import tempfile
from pathlib import Path

import pytest
from plugins.shopify.api import Api, Lost, gid, page

from storelink.errors import ConfigError, PayloadError
from storelink.models import Kind
from storelink_shopify import spool
from storelink_shopify.bulk import Histories, Progress

STAMP = "2026-11-02T09:00:00Z"


def order(number, **more):
    return {
        "id": gid("Order", number),
        "name": f"#{number}",
        "createdAt": STAMP,
        "updatedAt": STAMP,
        "cancelledAt": None,
        "closedAt": STAMP,
        "fulfillments": [],
        "refunds": [],
        **more,
    }


def line(number, parent):
    return {
        "id": gid("LineItem", number),
        "title": f"Line {number}",
        "quantity": 1,
        "__parentId": gid("Order", parent),
    }


def coming_back(number, parent):
    return {
        "id": gid("Return", number),
        "name": f"R{number}",
        "status": "OPEN",
        "createdAt": STAMP,
        "__parentId": gid("Order", parent),
    }


def line_back(number, parent, bought):
    return {
        "id": gid("ReturnLineItem", number),
        "quantity": 1,
        "processedQuantity": 0,
        "returnReasonDefinition": None,
        "fulfillmentLineItem": {"lineItem": {"id": gid("LineItem", bought)}},
        "__parentId": gid("Return", parent),
    }


class Bulk:
    """The bulk operations of a shop: each answers what it is told, in turn."""

    def __init__(self, api: Api) -> None:
        self.api, self.states, self.running = api, [], []
        self.text = ""
        self.numbers = itertools.count(1)
        api.on("BulkOperationRunQuery", self.run)
        api.on("BulkOperationStatus", self.look)
        api.on("BulkOperationsRunning", lambda _: {"bulkOperations": {"nodes": self.running}})

    def run(self, asked):
        self.text = asked["query"]
        made = {"id": gid("BulkOperation", next(self.numbers)), "status": "CREATED"}
        return {"bulkOperationRunQuery": {"bulkOperation": made, "userErrors": []}}

    def look(self, asked):
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"bulkOperation": {"id": asked["id"], "query": self.text, **state}}

    def gives(self, lines, status="COMPLETED", path="/result"):
        """Let the operation end with these lines."""
        text = b"".join(json.dumps(one).encode() + b"\n" for one in lines)
        self.api.files[path] = text
        url = self.api.url + path
        self.states.append(
            {
                "status": status,
                "objectCount": str(len(lines)),
                "rootObjectCount": str(sum("__parentId" not in one for one in lines)),
                "url": url if status == "COMPLETED" else None,
                "partialDataUrl": None if status == "COMPLETED" else url,
            }
        )

    def ends(self, status, **more):
        empty = {"objectCount": "0", "rootObjectCount": "0", "url": None, "partialDataUrl": None}
        self.states.append({"status": status, **empty, **more})

    @property
    def started(self):
        return len(self.api.calls("BulkOperationRunQuery"))


@pytest.fixture
def api():
    with Api() as running:
        yield running


@pytest.fixture
def bulk(api):
    return Bulk(api)


@pytest.fixture
def histories(api, tmp_path):
    return Histories(api.adapter().client, "acme.myshopify.com", tmp_path)


def through(histories, kind=Kind.ORDER, cursor=None, most=50):
    """Follow a history to its end."""
    pages = []
    for _ in range(most):
        pages.append(histories.page(kind, cursor))
        cursor = pages[-1].cursor
        if cursor is None:
            return pages
    raise AssertionError("the history has no end")


def records(pages):
    return [record for one in pages for snapshot in one.snapshots for record in snapshot.records]


def test_what_is_under_way_is_waited_for_with_a_note(bulk, histories):
    bulk.ends("CREATED")
    bulk.ends("RUNNING", objectCount="4711")
    bulk.gives([order(1)])
    start, created, running, done = through(histories)
    assert all(one.wait and one.note and not one.snapshots for one in (start, created, running))
    assert "4711" in running.note
    assert ["1"] == [one.id for one in records([done])]
    assert 1 == done.total


def test_children_come_home_from_anywhere_in_the_file(bulk, histories):
    """Before their parent, far behind it, and two levels deep."""
    lines = []
    for number in range(1, 41):
        lines += [order(number), line(number * 10, number), line(number * 10 + 1, number)]
        lines += [coming_back(number, number), line_back(number, number, number * 10)]
    random.Random(7).shuffle(lines)
    bulk.gives(lines)
    found = records(through(histories))
    orders = {one.id: one for one in found if one.kind is Kind.ORDER}
    returns = {one.order_id: one for one in found if one.kind is Kind.RETURN}
    assert 40 == len(orders) == len(returns)
    for number in map(str, range(1, 41)):
        assert {f"{number}0", f"{number}1"} == {one.id for one in orders[number].fields["lines"]}
        assert (number,) == orders[number].children["returns"]
        (back,) = returns[number].fields["lines"]
        assert f"{number}0" == back.line_id


def test_pages_are_of_a_size_and_leave_nothing_out(bulk, histories):
    bulk.gives([part for n in range(1, 602) for part in (line(n, n), order(n))])
    pages = through(histories)
    handed = [len(one.snapshots) for one in pages if one.snapshots]
    assert [250, 250, 101] == handed
    assert [str(n) for n in range(1, 602)] == [one.id for one in records(pages)]
    assert {601} == {one.total for one in pages if one.snapshots}


def test_a_history_of_just_one_full_page_ends(bulk, histories):
    bulk.gives([order(n) for n in range(1, 251)])
    assert 250 == len(records(through(histories)))


def test_another_process_goes_on_without_reading_again(bulk, api, histories, tmp_path):
    bulk.gives([order(n) for n in range(1, 601)])
    cursor = None
    for _ in range(2):
        part = histories.page(Kind.ORDER, cursor)
        cursor = part.cursor
    api.files.clear()  # nothing can be fetched any more
    other = Histories(api.adapter().client, "acme.myshopify.com", tmp_path)
    rest = records(through(other, cursor=cursor))
    assert [str(n) for n in range(251, 601)] == [one.id for one in rest]
    assert 1 == bulk.started


def test_another_machine_fetches_the_result_again(bulk, api, histories, tmp_path):
    bulk.gives([order(n) for n in range(1, 601)])
    cursor = histories.page(Kind.ORDER, histories.page(Kind.ORDER, None).cursor).cursor
    (tmp_path / "other").mkdir()
    other = Histories(api.adapter().client, "acme.myshopify.com", tmp_path / "other")
    assert [str(n) for n in range(251, 601)] == [
        one.id for one in records(through(other, cursor=cursor))
    ]
    assert 1 == bulk.started


def test_nothing_is_left_on_disk_after_the_last_page(bulk, histories, tmp_path):
    bulk.gives([order(1)])
    through(histories)
    assert [] == list(tmp_path.iterdir())


def test_a_download_that_broke_off_goes_on_where_it_ended(bulk, api, histories, tmp_path):
    bulk.gives([order(1), order(2)])
    start = histories.page(Kind.ORDER, None)
    half = spool.Spool(tmp_path, "acme.myshopify.com", Progress.parse(start.cursor).operation)
    content = api.files["/result"]
    half.download.write_bytes(content[: len(content) // 2])
    assert ["1", "2"] == [one.id for one in records(through(histories, cursor=start.cursor))]


@pytest.mark.parametrize("torn", [b'{"id": "gid://sho', b"<html>\n", b"[1]\n"])
def test_a_result_that_is_damaged_is_not_taken_for_the_whole(bulk, api, histories, torn, tmp_path):
    """It is fetched once more; then the list tells what there is."""
    bulk.gives([order(1)])
    api.files["/result"] += torn
    api.on("OrderIds", lambda _: {"orders": page([{"id": gid("Order", 1)}])})
    api.on("OrdersByIds", lambda _: {"nodes": [order(1)]})
    assert ["1"] == [one.id for one in records(through(histories))]
    assert 2 == bulk.started
    assert 1 == len(api.calls("OrderIds"))
    assert [] == list(tmp_path.iterdir())


def test_what_is_left_of_another_shops_life_is_not_taken_for_this_one(bulk, histories, tmp_path):
    old = spool.Spool(tmp_path, "acme.myshopify.com", gid("BulkOperation", 1))
    old.download.write_text(json.dumps(order(99)) + "\n")
    old.fill(query="", total="1")
    bulk.gives([order(1)])
    assert ["1"] == [one.id for one in records(through(histories))]


def test_a_shop_without_any_order_has_an_empty_history(bulk, histories):
    bulk.ends("COMPLETED")
    last = through(histories)[-1]
    assert ((), 0) == (last.snapshots, last.total)


def test_one_that_is_under_way_is_used_instead_of_another(bulk, api, histories):
    histories.page(Kind.ORDER, None)
    bulk.running = [
        {"id": gid("BulkOperation", 77), "query": "{ something else }"},
        {"id": gid("BulkOperation", 78), "query": bulk.text.replace(" ", "\n  ")},
    ]
    again = histories.page(Kind.ORDER, None)
    assert gid("BulkOperation", 78) == Progress.parse(again.cursor).operation
    assert 1 == bulk.started


@pytest.mark.parametrize("code", ["OPERATION_IN_PROGRESS", "LIMIT_REACHED"])
def test_while_others_run_theirs_it_waits(bulk, api, histories, code):
    refusal = {"bulkOperation": None, "userErrors": [{"message": "busy", "code": code}]}
    api.on("BulkOperationRunQuery", lambda _: {"bulkOperationRunQuery": refusal})
    waiting = histories.page(Kind.ORDER, None)
    assert waiting.wait
    assert "other" in waiting.note
    api.on("BulkOperationRunQuery", bulk.run)
    bulk.gives([order(1)])
    assert ["1"] == [one.id for one in records(through(histories, cursor=waiting.cursor))]


def test_an_answer_that_was_lost_starts_no_second_one(bulk, api, histories):
    def run(asked):
        bulk.run(asked)
        bulk.running = [{"id": gid("BulkOperation", 1), "query": asked["query"]}]
        raise Lost

    api.on("BulkOperationRunQuery", run)
    started = histories.page(Kind.ORDER, None)
    assert gid("BulkOperation", 1) == Progress.parse(started.cursor).operation
    assert 1 == bulk.started


@pytest.mark.parametrize("status", ["FAILED", "EXPIRED", "CANCELED"])
def test_one_that_came_to_nothing_is_tried_again(bulk, histories, status):
    bulk.ends(status)
    bulk.gives([order(1)])
    assert ["1"] == [one.id for one in records(through(histories))]
    assert 2 == bulk.started


def test_a_result_that_is_there_no_more_is_made_anew(bulk, api, histories):
    bulk.gives([], path="/old")
    del api.files["/old"]
    bulk.gives([order(1)])
    assert ["1"] == [one.id for one in records(through(histories))]
    assert 2 == bulk.started


def listed(api, *numbers):
    rows = [{"id": gid("Order", n), "createdAt": STAMP, "updatedAt": STAMP} for n in numbers]
    api.on("OrderIds", lambda _: {"orders": page(rows)})
    nodes = [order(n) for n in numbers]
    api.on("OrdersByIds", lambda _: {"nodes": nodes})


def test_where_bulk_operations_never_succeed_the_list_tells_it(bulk, api, histories):
    bulk.ends("FAILED")
    listed(api, 1, 2)
    assert ["1", "2"] == [one.id for one in records(through(histories))]


def test_what_one_gave_before_it_failed_is_used_and_the_list_tells_the_rest(bulk, api, histories):
    bulk.gives([order(1), order(2)], status="FAILED")
    api.files["/result"] = api.files["/result"][:-20]  # it ends in the middle of a line
    listed(api, 1, 2, 3)
    pages = through(histories)
    assert ["1", "1", "2", "3"] == [one.id for one in records(pages)]


def test_what_was_not_asked_for_is_not_empty(bulk, api, histories):
    """Without the right to see returns nothing is said of them."""
    bulk.gives([order(1), line(1, 1)])
    start = histories.page(Kind.ORDER, None)
    bulk.text = bulk.text.replace("returns", "")
    (header,) = records(through(histories, cursor=start.cursor))
    assert "returns" not in header.children
    assert {"fulfillments", "refunds"} == header.children.keys()


def test_only_orders_that_are_under_way_are_read_for_the_rest(bulk, histories):
    """Parcels come without their lines and scans, refunds without their lines."""
    parcel = {"id": gid("Fulfillment", 5), "status": "SUCCESS", "trackingInfo": []}
    refund = {"id": gid("Refund", 6), "createdAt": STAMP}
    bulk.gives(
        [
            order(1, fulfillments=[parcel]),
            order(2, fulfillments=[parcel], closedAt=None),
            order(3, refunds=[refund], closedAt=None),
            order(4, closedAt=None),
            order(5, refunds=[refund], cancelledAt=STAMP),
        ]
    )
    headers = [one for one in records(through(histories)) if one.kind is Kind.ORDER]
    assert ["2", "3"] == [one.id for one in headers if one.needs_read]


def test_a_line_that_cannot_be_understood_does_not_stop_the_history(bulk, histories):
    bulk.gives([order(1, createdAt="yesterday"), order(2)])
    broken, good = records(through(histories))
    assert ("1", {}, "2") == (broken.id, broken.fields, good.id)
    assert "createdAt" in broken.needs_read


def test_products_come_with_their_variants(bulk, histories):
    product = {"id": gid("Product", 1), "title": "Tea", "updatedAt": STAMP}
    parent = {"__parentId": product["id"]}
    variant = {"id": gid("ProductVariant", 2), "sku": "T1", "availableForSale": True, **parent}
    bulk.gives([{"id": gid("Collection", 3), "title": "Drinks", **parent}, variant, product])
    (record,) = records(through(histories, Kind.PRODUCT))
    assert ("T1", True) == (record.fields["sku"], record.fields["in_stock"])
    assert ("Drinks",) == record.fields["categories"]


def test_a_bulk_query_has_no_variables_and_no_fragments(bulk, histories):
    for kind in (Kind.ORDER, Kind.CUSTOMER, Kind.PRODUCT, Kind.CHECKOUT):
        histories.page(kind, None)
        assert "$" not in bulk.text
        assert "..." not in bulk.text.replace("... on", "")


def test_what_shopify_does_not_take_as_a_bulk_query_is_listed(api, bulk, histories):
    refused = {"message": "no such thing", "code": "INVALID", "field": ["query"]}
    answer = {"bulkOperation": None, "userErrors": [refused]}
    api.on("BulkOperationRunQuery", lambda _: {"bulkOperationRunQuery": answer})
    api.on("OrderIds", lambda _: {"orders": page([])})
    assert [()] == [one.snapshots for one in through(histories)]
    assert 1 == len(api.calls("OrderIds"))


def test_a_child_of_a_kind_that_is_not_known_does_not_matter(bulk, histories):
    strange = {"__parentId": gid("Order", 1)}
    bulk.gives([{"id": gid("Novelty", 9), **strange}, order(1), strange, line(5, 1)])
    (record,) = records(through(histories))
    assert ["5"] == [one.id for one in record.fields["lines"]]


def test_what_has_no_bulk_query_is_listed(api, histories):
    api.on("CouponIds", lambda _: {"discountNodes": page([])})
    assert [()] == [one.snapshots for one in through(histories, Kind.COUPON)]


@pytest.mark.parametrize("cursor", ["{", "[]", '{"bulk": 5}'])
def test_a_cursor_of_somebody_else_is_refused(histories, cursor):
    with pytest.raises(PayloadError):
        histories.page(Kind.ORDER, cursor)


def test_the_spool_is_for_its_owner_only(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = spool.folder()
    assert 0o700 == folder.stat().st_mode & 0o777
    folder.chmod(0o755)
    with pytest.raises(ConfigError, match="TMPDIR"):
        spool.folder()


def test_what_nobody_fetched_is_not_kept_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, new = (spool.folder() / name for name in ("old.sqlite", "new.sqlite"))
    for file in (old, new):
        file.touch()
    os.utime(old, (0, 0))
    assert [new] == list(Path(spool.folder()).iterdir())
