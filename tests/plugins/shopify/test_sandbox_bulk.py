from __future__ import annotations

import json
from datetime import timedelta

import pytest
from shopify_calls import MAYA, MUG, running

from storelink_shopify import documents
from storelink_shopify.sandbox.access import EVERY_SCOPE

RUN = """mutation($query: String!) { bulkOperationRunQuery(query: $query) {
bulkOperation { id status } userErrors { message code } } }"""
POLL = """query($id: ID!) { bulkOperation(id: $id)
{ status errorCode objectCount rootObjectCount url partialDataUrl fileSize } }"""
ORDERS = """{ orders { edges { node { id name customer { id }
lineItems { edges { node { id title quantity } } } } } } }"""


@pytest.fixture
def calls():
    with running(bulk_step=250) as started:
        yield started


def run(calls, query=ORDERS):
    return calls.ask(RUN, query=query)["bulkOperationRunQuery"]


def poll(calls, operation):
    return calls.ask(POLL, id=operation["id"])["bulkOperation"]


def finished(calls, operation):
    seen = [poll(calls, operation)]
    while seen[-1]["status"] == "RUNNING":
        seen.append(poll(calls, operation))
    return seen


def lines(calls, url):
    answer = calls.session.get(url, timeout=10)
    assert 200 == answer.status_code
    return [json.loads(one) for one in answer.text.splitlines()]


def test_it_gets_on_while_somebody_asks_and_tells_how_far_it_is(calls):
    calls.sandbox.grow(600)
    made = run(calls)
    assert ([], "CREATED") == (made["userErrors"], made["bulkOperation"]["status"])
    seen = finished(calls, made["bulkOperation"])
    assert ["RUNNING"] * (len(seen) - 1) + ["COMPLETED"] == [one["status"] for one in seen]
    roots = [int(one["rootObjectCount"]) for one in seen]
    assert (sorted(set(roots)), 600) == ([0, 250, 500, 600], roots[-1])
    written = lines(calls, seen[-1]["url"])
    assert int(seen[-1]["objectCount"]) == len(written)


def test_children_name_their_parents_and_may_stand_anywhere(calls):
    calls.sandbox.grow(50)
    placed = calls.place(3)
    written = lines(calls, finished(calls, run(calls)["bulkOperation"])[-1]["url"])
    parents = [one["id"] for one in written if "__parentId" not in one]
    assert sorted([*calls.store.order_ids()]) == sorted(one.rpartition("/")[2] for one in parents)
    gid = f"gid://shopify/Order/{placed[0]}"
    children = [one["title"] for one in written if one.get("__parentId") == gid]
    assert ["Mug", "Tea"] == sorted(children)
    places = {one["id"]: place for place, one in enumerate(written)}
    early = [one for one in written if places.get(one.get("__parentId"), -1) > places[one["id"]]]
    assert early, "some children come before their parents"


def test_it_writes_what_a_page_would_say(calls):
    calls.sandbox.grow(5)
    document = documents.load("bulk_orders_backfill.inner")
    gates = dict.fromkeys(document.gates, True)
    inner = documents.inline(document, gates)
    written = lines(calls, finished(calls, run(calls, inner)["bulkOperation"])[-1]["url"])
    whole = documents.load("order")
    gates = dict.fromkeys(whole.gates, True)
    for line in (one for one in written if "__parentId" not in one):
        read = calls.ask(whole.text, id=line["id"], **gates)["order"]
        calls.clock.advance(timedelta(minutes=1))
        for name in ("name", "updatedAt", "totalPriceSet", "shippingAddress", "customer"):
            assert read[name] == line[name]


def test_the_file_can_be_fetched_from_any_place_on(calls):
    calls.sandbox.grow(20)
    url = finished(calls, run(calls)["bulkOperation"])[-1]["url"]
    whole = calls.session.get(url, timeout=10).content
    part = calls.session.get(url, headers={"Range": "bytes=100-"}, timeout=10)
    assert (206, whole[100:]) == (part.status_code, part.content)
    assert f"bytes 100-{len(whole) - 1}/{len(whole)}" == part.headers["Content-Range"]
    beyond = calls.session.get(url, headers={"Range": f"bytes={len(whole)}-"}, timeout=10)
    assert 416 == beyond.status_code


def test_its_address_expires_after_a_week(calls):
    calls.place()
    url = finished(calls, run(calls)["bulkOperation"])[-1]["url"]
    calls.clock.advance(timedelta(days=7, seconds=1))
    assert 403 == calls.session.get(url, timeout=10).status_code


def test_nothing_found_has_no_address(calls):
    last = finished(calls, run(calls)["bulkOperation"])[-1]
    assert ("COMPLETED", "0", None) == (last["status"], last["objectCount"], last["url"])


def test_one_that_fails_offers_what_it_has(calls):
    calls.sandbox.grow(400)
    calls.sandbox.bulk.failing = "INTERNAL_SERVER_ERROR"
    last = finished(calls, run(calls)["bulkOperation"])[-1]
    assert ("FAILED", "INTERNAL_SERVER_ERROR") == (last["status"], last["errorCode"])
    assert None is last["url"]
    written = lines(calls, last["partialDataUrl"])
    assert 250 == len([one for one in written if "__parentId" not in one])


def test_what_is_denied_lets_it_fail():
    with running(scopes=EVERY_SCOPE - {"read_customers", "write_customers"}) as calls:
        calls.place()
        last = finished(calls, run(calls)["bulkOperation"])[-1]
    assert ("FAILED", "ACCESS_DENIED") == (last["status"], last["errorCode"])


def test_no_more_than_five_run_at_once(calls):
    made = [run(calls) for _ in range(6)]
    codes = [error["code"] for one in made for error in one["userErrors"]]
    assert ["OPERATION_IN_PROGRESS"] == codes
    assert None is made[-1]["bulkOperation"]


@pytest.mark.parametrize(
    "query",
    [
        "{ shop { id } }",
        "{ orders { edges { node { id } } } products { edges { node { id } } } }",
        "{ orders { edges { node { colour } } } }",
        "mutation { tagsAdd(id: 1, tags: []) { node { id } } }",
        "{ orders {",
    ],
)
def test_what_cannot_be_run_is_refused(calls, query):
    assert ["INVALID"] == [one["code"] for one in run(calls, query)["userErrors"]]


def test_what_happens_meanwhile_neither_hides_nor_repeats_an_order(calls):
    calls.sandbox.grow(600)
    operation = run(calls)["bulkOperation"]
    poll(calls, operation), poll(calls, operation)
    for order_id in calls.store.order_ids()[::100]:
        calls.store.touch(order_id)
    written = lines(calls, finished(calls, operation)[-1]["url"])
    orders = [one["id"] for one in written if "__parentId" not in one]
    assert (600, 600) == (len(orders), len(set(orders)))


@pytest.mark.parametrize("kind", ["orders", "customers", "products", "checkouts"])
def test_every_document_for_bulk_can_be_run(calls, kind):
    calls.sandbox.grow(3)
    calls.store.begin_checkout(MAYA, [MUG])
    document = documents.load(f"bulk_{kind}_backfill.inner")
    inner = documents.inline(document, dict.fromkeys(document.gates, True))
    last = finished(calls, run(calls, inner)["bulkOperation"])[-1]
    assert ("COMPLETED", True) == (last["status"], int(last["rootObjectCount"]) > 0)
