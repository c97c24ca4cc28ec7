from __future__ import annotations

from datetime import timedelta

import pytest
from shopify_calls import MAYA, MUG, Calls, running

from storelink.contracts.sandbox import Faults
from storelink.models import Kind, Money, Ref, ShipmentStatus
from storelink_shopify import Shopify, documents
from storelink_shopify.sandbox.access import ALL_DATA, EVERY_SCOPE

IDS = """query($first: Int!, $after: String, $query: String, $sortKey: OrderSortKeys = UPDATED_AT,
$reverse: Boolean) { orders(first: $first, after: $after, query: $query, sortKey: $sortKey,
reverse: $reverse) { nodes { id name } pageInfo { hasNextPage endCursor } } }"""


@pytest.fixture
def calls():
    with running(currency="USD") as started:
        yield started


def ids(page):
    return [one["id"].rpartition("/")[2] for one in page["nodes"]]


def pages(calls: Calls, **variables):
    found, after = [], None
    while True:
        page = calls.ask(IDS, after=after, **variables)["orders"]
        found.append(ids(page))
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found


class TestAnswers:
    def test_a_wrong_token_is_refused_with_a_text_for_errors(self, calls):
        answer = calls.post("{ shop { id } }", token="wrong")
        assert 401 == answer.status_code
        assert answer.json()["errors"].startswith("[API] Invalid API key or access token")

    def test_the_version_that_answers_is_told_and_falls_forward(self, calls):
        asked = {"2026-07": "2026-07", "2024-01": "2026-01", "nonsense": "2026-01"}
        told = {
            one: calls.post("{ shop { id } }", version=one).headers["X-Shopify-API-Version"]
            for one in asked
        }
        assert asked == told

    def test_the_time_is_the_store_s(self, calls):
        answer = calls.post("{ shop { id } }")
        assert f"{calls.clock.now():%a, %d %b %Y %H:%M:%S} GMT" == answer.headers["Date"]

    def test_what_the_schema_does_not_have_is_not_answered(self, calls):
        body = calls.post("{ shop { colour } }").json()
        assert "Cannot query field 'colour' on type 'Shop'." == body["errors"][0]["message"]
        assert "data" not in body

    def test_another_address_is_not_found(self, calls):
        assert 404 == calls.session.get(f"{calls.sandbox.url}/admin/api").status_code

    def test_every_document_is_understood(self, calls):
        wrong = {}
        for name in (one for one in documents.names() if not one.endswith(".inner")):
            document = documents.load(name)
            body = calls.post(document.text, first=1, ids=[]).json()
            texts = [one["message"] for one in body.get("errors", ())]
            wrong[name] = [one for one in texts if not one.startswith("Variable '$")]
            calls.clock.advance(timedelta(minutes=1))
        assert {name: [] for name in wrong} == wrong


class TestLists:
    def test_pages_follow_each_other_without_gap_or_repeat(self, calls):
        placed = calls.place(7)
        assert [placed[:3], placed[3:6], placed[6:]] == pages(calls, first=3)

    def test_they_can_be_read_from_the_end(self, calls):
        placed = calls.place(3)
        assert [placed[:0:-1], placed[:1]] == pages(calls, first=2, reverse=True)

    def test_the_order_of_updates_is_not_that_of_ids(self, calls):
        first, second = calls.place(2)
        calls.store.touch(first)
        assert [[second, first]] == pages(calls, first=9)
        assert [[first, second]] == pages(calls, first=9, sortKey="CREATED_AT")

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("updated_at:>='2026-01-01T12:01:00Z'", [1, 2, 3]),
            ("updated_at:>'2026-01-01T12:01:00Z'", [2, 3]),
            (
                "created_at:>=2026-01-01T12:01:00Z AND created_at:<'2026-01-01T12:03:00Z'",
                [1, 2],
            ),
            ("created_at:2026-01-01", [0, 1, 2, 3]),
            ("created_at:2026-01-02", []),
            ("name:#1001 OR name:1003", [0, 2]),
            ("-name:#1001 financial_status:paid", [1, 2, 3]),
            ("NOT (name:#1001 OR name:#1002)", [2, 3]),
            ("return_status:return_requested", []),
            ("email:'MAYA.ito@example.org' status:open", [0, 1, 2, 3]),
            ("nobody_knows:this", [0, 1, 2, 3]),
        ],
    )
    def test_a_search_finds_what_it_names(self, calls, query, expected):
        placed = calls.place(4)
        found = pages(calls, first=9, query=query, sortKey="ID")
        assert [[placed[index] for index in expected]] == found

    def test_a_cursor_of_another_order_is_refused(self, calls):
        calls.place(2)
        cursor = calls.ask(IDS, first=1)["orders"]["pageInfo"]["endCursor"]
        answer = calls.post(IDS, first=1, after=cursor, sortKey="ID").json()
        assert "Invalid cursor for current pagination sort." == answer["errors"][0]["message"]

    def test_a_nested_list_is_cut_and_can_be_continued(self, calls):
        (order_id,) = calls.place()
        query = """query($id: ID!, $after: String) { order(id: $id) {
            lineItems(first: 1, after: $after) { nodes { title }
            pageInfo { hasNextPage endCursor } } } }"""
        gid = f"gid://shopify/Order/{order_id}"
        first = calls.ask(query, id=gid)["order"]["lineItems"]
        assert ([{"title": "Mug"}], True) == (first["nodes"], first["pageInfo"]["hasNextPage"])
        rest = calls.ask(query, id=gid, after=first["pageInfo"]["endCursor"])["order"]["lineItems"]
        assert ([{"title": "Tea"}], False) == (rest["nodes"], rest["pageInfo"]["hasNextPage"])

    def test_counts_are_exact_without_a_limit(self, calls):
        calls.place(3)
        query = """query($query: String) { all: ordersCount(limit: null, query: $query)
            { count precision } some: ordersCount(limit: 2) { count precision } }"""
        answer = calls.ask(query, query="created_at:>='2026-01-01T12:01:00Z'")
        expected = {
            "all": {"count": 2, "precision": "EXACT"},
            "some": {"count": 2, "precision": "AT_LEAST"},
        }
        assert expected == answer

    def test_drift_moves_a_row_between_two_pages(self, calls):
        placed = calls.place(5)
        calls.sandbox.faults.drift = True
        found = [one for page in pages(calls, first=2) for one in page]
        assert set(placed) == set(found)
        assert len(placed) < len(found) or placed != found


class TestTruth:
    def test_what_the_adapter_reads_over_http_is_the_scripted_truth(self, calls):
        store = calls.store
        (order_id,) = calls.place()
        parcel = store.ship(order_id, number="JD1", carrier="DHL", lines={0: 1})
        store.scan(order_id, parcel, ShipmentStatus.IN_TRANSIT, message="on its way")
        store.refund(order_id, lines={1: 1})
        returned = store.request_return(order_id, lines={0: 1})
        store.approve_return(returned)
        checkout = store.begin_checkout(MAYA, [MUG])
        bought = store.complete_checkout(checkout)
        coupon = store.add_coupon("HELLO", amount=Money("5", "USD"), minimum=Money("20", "USD"))
        product = store.add_product("Pot", Money("39", "EUR"), stock=0)
        customer = store.register(MAYA)
        refs = [
            Ref.order(order_id),
            Ref.order(bought),
            Ref(kind=Kind.RETURN, id=returned),
            Ref(kind=Kind.CHECKOUT, id=checkout),
            Ref(kind=Kind.COUPON, id=coupon),
            Ref(kind=Kind.PRODUCT, id=product),
            Ref(kind=Kind.CUSTOMER, id=customer),
        ]
        adapter = Shopify(**calls.sandbox.options)
        try:
            for ref in refs:
                told, true = adapter.read(ref), store.read(ref)
                assert says(true) == says(told), ref
        finally:
            adapter.close()

    def test_old_orders_are_the_same_however_often_they_are_asked_for(self, calls):
        calls.sandbox.grow(1_000)
        old = calls.store.order_ids()[500]
        document = documents.load("order")
        gates = dict.fromkeys(document.gates, True)
        first, again = (
            calls.ask(document.text, id=f"gid://shopify/Order/{old}", **gates) for _ in "ab"
        )
        assert first == again
        calls.store.refund(old, lines={0: 1})
        changed = calls.ask(document.text, id=f"gid://shopify/Order/{old}", **gates)
        assert first["order"]["createdAt"] == changed["order"]["createdAt"]
        assert len(first["order"]["refunds"]) + 1 == len(changed["order"]["refunds"])

    def test_old_orders_are_listed_once_each_with_those_that_were_acted_upon(self, calls):
        calls.sandbox.grow(600)
        (new,) = calls.place()
        old = calls.store.order_ids()[100]
        calls.store.touch(old)
        found = [one for page in pages(calls, first=250) for one in page]
        assert (601, 601) == (len(found), len(set(found)))
        assert [new, old] == found[-2:]
        calls.store.delete(old)
        assert 600 == calls.ask("{ ordersCount(limit: null) { count } }")["ordersCount"]["count"]


def says(snapshot):
    """What a snapshot says, without what it was made from."""
    return {
        one.ref: (dict(one.fields), dict(one.children), one.scans, one.updated_at)
        for one in snapshot.records
    }


class TestCost:
    def test_it_is_told_and_a_page_that_is_not_full_is_cheaper(self, calls):
        calls.place(2)
        cost = calls.post(IDS, first=250).json()["extensions"]["cost"]
        # 2 for the connection, 1 for each node, weighed with the logarithm of their number.
        assert (13, 3) == (cost["requestedQueryCost"], cost["actualQueryCost"])
        assert 1997 == cost["throttleStatus"]["currentlyAvailable"]

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("{ shop { name } }", 1),
            ("{ products(first: 250) { nodes { id } } }", 13),
            ("{ products(first: 250) { edges { node { id } } pageInfo { hasNextPage } } }", 13),
            ("{ shop { name } orders(first: 5) { nodes { id customer { id } } } }", 9),
            ("{ orders(first: 50) { nodes { lineItems(first: 50) { nodes { id } } } } }", 72),
            ("{ shop @skip(if: true) { name } a: shop { id } }", 1),
        ],
    )
    def test_it_follows_the_formula(self, calls, query, expected):
        cost = calls.post(query).json()["extensions"]["cost"]
        assert expected == cost["requestedQueryCost"]

    def test_a_query_above_the_limit_is_refused_and_costs_nothing(self, calls):
        query = """{ orders(first: 250) { nodes { lineItems(first: 250) { nodes { id product {
            collections(first: 250) { nodes { id } } } } } } } }"""
        error = calls.post(query).json()["errors"][0]
        assert "MAX_COST_EXCEEDED" == error["extensions"]["code"]
        assert (1000, True) == (error["extensions"]["maxCost"], error["extensions"]["cost"] > 1000)
        assert {"max-cost": 1} == calls.sandbox.calls

    def test_an_empty_bucket_throttles_and_time_fills_it(self, calls):
        calls.place(50)
        query = "{ orders(first: 50) { nodes { id lineItems(first: 250) { nodes { id } } } } }"
        bodies = [calls.post(query).json() for _ in range(21)]
        assert [True] * 20 + [False] == ["data" in one for one in bodies]
        status = bodies[-1]["extensions"]["cost"]
        assert "THROTTLED" == bodies[-1]["errors"][0]["extensions"]["code"]
        assert None is status["actualQueryCost"]
        missing = status["requestedQueryCost"] - status["throttleStatus"]["currentlyAvailable"]
        calls.clock.advance(timedelta(seconds=missing / status["throttleStatus"]["restoreRate"]))
        assert "data" in calls.post(query).json()
        assert {"ok": 21, "throttled": 1} == calls.sandbox.calls


class TestAccess:
    @pytest.mark.parametrize(
        ("missing", "query", "path", "data"),
        [
            ("read_customers", "{ order(id: $) { id customer { id } } }", "customer", "kept"),
            (
                "read_returns",
                "{ order(id: $) { id returns(first: 1) { nodes { id } } } }",
                "returns",
                "gone",
            ),
            ("read_products", "{ products(first: 1) { nodes { id } } }", "products", "none"),
        ],
    )
    def test_a_missing_scope_denies_the_field_and_null_bubbles_up(self, missing, query, path, data):
        granted = {one for one in EVERY_SCOPE if missing.partition("_")[2] not in one}
        with running(scopes=granted) as calls:
            (order_id,) = calls.place()
            text = query.replace("$", f'"gid://shopify/Order/{order_id}"')
            body = calls.post(text).json()
        error = body["errors"][0]
        assert ("ACCESS_DENIED", path) == (error["extensions"]["code"], error["path"][-1])
        assert f"`{missing}` access scope" in error["extensions"]["requiredAccess"]
        expected = {
            "kept": {"order": {"id": f"gid://shopify/Order/{order_id}", "customer": None}},
            "gone": {"order": None},
            "none": None,
        }
        assert expected[data] == body["data"]

    def test_the_granted_scopes_are_told(self):
        with running(scopes={"read_orders", "write_customers"}) as calls:
            data = calls.ask("{ currentAppInstallation { accessScopes { handle } } }")
        told = [one["handle"] for one in data["currentAppInstallation"]["accessScopes"]]
        assert ["read_orders", "write_customers"] == told

    def test_without_read_all_orders_the_old_ones_are_not_there(self):
        with running(scopes=EVERY_SCOPE - {"read_all_orders"}) as calls:
            (old,) = calls.place()
            calls.clock.advance(timedelta(days=61))
            (new,) = calls.place()
            assert [[new]] == pages(calls, first=9)
            query = "query($id: ID!) { order(id: $id) { id } }"
            assert None is calls.ask(query, id=f"gid://shopify/Order/{old}")["order"]

    def test_details_that_are_not_approved_are_null_and_said_so(self):
        with running(approved=ALL_DATA - {"phone"}) as calls:
            calls.place()
            body = calls.post("{ orders(first: 1) { nodes { email phone } } }").json()
        assert {"email": MAYA.email, "phone": None} == body["data"]["orders"]["nodes"][0]
        assert "not approved to use the phone field" in body["errors"][0]["message"]

    def test_without_any_approval_there_are_no_orders(self):
        with running(approved=()) as calls:
            body = calls.post("{ orders(first: 1) { nodes { id } } }").json()
        assert None is body["data"]
        assert "not approved to access the Order object" in body["errors"][0]["message"]


class TestFaults:
    @pytest.mark.parametrize("name", ["unavailable", "throttled"])
    def test_calls_fail_as_often_as_is_said(self, name):
        with running(faults=Faults(seed=3, **{name: 0.3})) as calls:
            answers = [calls.post("{ shop { id } }") for _ in range(60)]
        failed = [one for one in answers if one.status_code != 200 or "errors" in one.json()]
        assert calls.sandbox.calls == {"ok": 60 - len(failed), name: len(failed)}
        assert 8 < len(failed) < 30

    def test_the_control_is_spared(self):
        with running(faults=Faults(unavailable=1.0)) as calls:
            answer = calls.session.post(f"{calls.sandbox.url}/_sandbox/order_ids")
        assert {"result": []} == answer.json()
