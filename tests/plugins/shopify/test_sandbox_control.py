from __future__ import annotations

import pytest
from shopify_calls import running

from storelink.models import Kind, Ref

MAYA = {"email": "maya.ito@example.org", "first_name": "Maya"}
MUG = {"title": "Mug", "unit_price": {"amount": "12.50", "currency": "EUR"}, "quantity": 2}


@pytest.fixture
def calls():
    with running() as started:
        yield started


def act(calls, name, **arguments):
    return calls.session.post(f"{calls.sandbox.url}/_sandbox/{name}", json=arguments, timeout=10)


def done(calls, name, **arguments):
    answer = act(calls, name, **arguments)
    assert 200 == answer.status_code, answer.text
    return answer.json()["result"]


def test_a_life_can_be_played_over_http(calls):
    order = done(calls, "place", contact=MAYA, items=[MUG], paid=False)
    done(calls, "pay", order_id=order)
    parcel = done(calls, "ship", order_id=order, number="1", carrier="DHL", lines={"0": 1})
    done(calls, "scan", order_id=order, shipment_id=parcel, status="in_transit")
    done(calls, "refund", order_id=order, lines={"0": 1})
    assert [order] == done(calls, "order_ids")
    kinds = {one.kind for one in calls.store.read(Ref.order(order)).records}
    assert {Kind.ORDER, Kind.SHIPMENT, Kind.REFUND} <= kinds
    customer = done(calls, "register", contact=MAYA)
    done(calls, "tag", customer_id=customer, tags=["vip"])
    done(calls, "delete", order_id=order)
    assert [] == done(calls, "order_ids")


def test_the_sandbox_itself_can_be_changed(calls):
    done(calls, "grow", orders=50)
    assert 50 == len(done(calls, "order_ids"))
    assert 0.25 == done(calls, "faults", drop=0.25)["drop"]
    assert 0.25 == calls.sandbox.faults.drop


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("place", {"contact": MAYA, "items": [{"title": "Mug"}]}, "unit_price"),
        ("place", {}, "missing a required argument"),
        ("pay", {"order_id": "404"}, "no order 404"),
        ("pay", {"order_id": "404", "colour": "red"}, "unexpected keyword argument 'colour'"),
        ("faults", {"chance": 1}, "no fault 'chance'"),
    ],
)
def test_what_is_wrong_is_said(calls, name, arguments, expected):
    answer = act(calls, name, **arguments)
    assert 400 == answer.status_code
    assert expected in answer.json()["error"]


def test_there_are_no_other_acts(calls):
    for name in ("take", "read", "ledger", "_ledger", "fly"):
        answer = act(calls, name)
        assert (404, True) == (answer.status_code, "place" in answer.json()["acts"])


def test_an_act_is_not_done_by_looking(calls):
    assert 405 == calls.session.get(f"{calls.sandbox.url}/_sandbox/order_ids").status_code


def test_a_page_says_what_this_is(calls):
    page = calls.session.get(f"{calls.sandbox.url}/_sandbox/").text
    for text in ("Shopify sandbox", calls.sandbox.options["access_token"], "request_return"):
        assert text in page
    assert {} == calls.sandbox.calls, "the control is no call of the API"
