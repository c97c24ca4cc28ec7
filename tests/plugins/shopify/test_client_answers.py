"""What an answer means: a pure function of status, headers and body."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storelink.errors import (
    AccessDenied,
    NotTheApi,
    StoreError,
    StorelinkError,
    StoreUnavailable,
    Throttled,
    WriteInDoubt,
    WriteRefused,
)
from storelink_shopify import answers, mutations
from storelink_shopify.answers import Answer, Denied, NotUnderstood, Reply, TooCostly

JSON = {"content-type": "application/json; charset=utf-8"}
HTML = {"content-type": "text/html"}


def said(body: Any, status: int = 200) -> Answer:
    reply = Reply(status, JSON, json.dumps(body).encode())
    return answers.understood(answers.decoded(reply), optional={"email"}, status=status)


def error(message: str = "it failed", code: str = "", **more: Any) -> dict[str, Any]:
    extensions = {"code": code, **more.pop("extensions", {})} if code else {}
    return {"message": message, "extensions": extensions, **more}


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (401, AccessDenied, "token-refused"),
        (402, AccessDenied, "store-frozen"),
        (403, AccessDenied, "access-forbidden"),
        (404, NotTheApi, "shop-not-found"),
        (301, NotTheApi, "redirected"),
        (423, AccessDenied, "store-locked"),
    ],
)
@pytest.mark.parametrize("body", [b'{"errors": "[API] Invalid API key"}', b"<html>no</html>", b""])
def test_a_status_has_its_meaning_whatever_the_body_is(status, kind, code, body):
    with pytest.raises(kind) as caught:
        answers.decoded(Reply(status, HTML, body))
    assert code == caught.value.code


@pytest.mark.parametrize("status", [429, 430])
def test_too_many_requests_come_later(status):
    with pytest.raises(Throttled) as caught:
        answers.decoded(Reply(status, JSON, b"", timedelta(seconds=2)))
    assert timedelta(seconds=2) == caught.value.after


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 520])
def test_a_shop_that_is_out_of_order_may_come_back(status):
    with pytest.raises(StoreUnavailable, match=str(status)):
        answers.decoded(Reply(status, HTML, b"<html>"))


def test_a_page_for_people_is_not_the_api():
    with pytest.raises(NotTheApi, match="a web page"):
        answers.decoded(Reply(200, HTML, b"<html>Enter store using password</html>"))


def test_what_is_no_json_is_not_the_api_unless_it_claims_to_be():
    with pytest.raises(NotTheApi):
        answers.decoded(Reply(200, {"content-type": "text/plain"}, b"hello"))
    with pytest.raises(StoreUnavailable, match="broke off"):
        answers.decoded(Reply(200, JSON, b'{"data": {"ord'))
    with pytest.raises(NotTheApi):
        answers.decoded(Reply(200, JSON, b"[]"))


def test_throttled_with_status_200_says_how_long_to_wait():
    status = {"maximumAvailable": 2000.0, "currentlyAvailable": 46.0, "restoreRate": 100.0}
    told = {"requestedQueryCost": 746, "actualQueryCost": None, "throttleStatus": status}
    with pytest.raises(Throttled) as caught:
        said({"errors": [error("Throttled", "THROTTLED")], "extensions": {"cost": told}})
    assert timedelta(seconds=7) == caught.value.after


def test_a_query_that_costs_too_much_says_how_much():
    more = {"cost": 2304, "maxCost": 1000}
    with pytest.raises(TooCostly) as caught:
        said({"errors": [error("Query cost is 2304", "MAX_COST_EXCEEDED", extensions=more)]})
    assert (2304, 1000) == (caught.value.cost, caught.value.limit)


def test_an_internal_error_may_pass():
    with pytest.raises(StoreUnavailable):
        said({"data": {"order": None}, "errors": [error(code="INTERNAL_SERVER_ERROR")]})


def test_a_query_that_is_not_understood_is_an_error():
    with pytest.raises(NotUnderstood, match="undefinedField") as caught:
        said({"errors": [error("Field 'x' doesn't exist", "undefinedField", path=["a", 0])]})
    assert ("undefinedField", ("a", 0)) == (caught.value.code, caught.value.path)


def test_a_missing_right_is_named():
    more = {"requiredAccess": "`read_returns` access scope or `read_marketplace_returns` scope."}
    denied = error("Access denied", "ACCESS_DENIED", path=["order", "returns"], extensions=more)
    with pytest.raises(Denied, match="read_returns") as caught:
        said({"data": None, "errors": [denied]})
    assert ("read_returns", "scope-missing") == (caught.value.needs, caught.value.code)
    assert (("order", "returns"),) == caught.value.paths


@pytest.mark.parametrize(
    "message",
    [
        "This app is not approved to access the Order object. See https://shopify.dev/docs/x",
        "This app is not approved to use the email field.",
    ],
)
def test_missing_approval_for_protected_data_is_said_so(message):
    with pytest.raises(Denied, match="protected customer data") as caught:
        said(
            {"data": {"orders": None}, "errors": [error(message, "ACCESS_DENIED", path=["orders"])]}
        )
    assert "protected-data" == caught.value.code


def test_partial_data_is_used_where_what_is_missing_is_optional():
    denied = [
        error("Access denied", "ACCESS_DENIED", path=["orders", "nodes", at, "email"])
        for at in (0, 1)
    ]
    nodes = [{"id": "1", "email": None}, {"id": "2", "email": None}]
    told = said({"data": {"orders": {"nodes": nodes}}, "errors": denied})
    assert {"orders": {"nodes": [{"id": "1"}, {"id": "2"}]}} == told.data
    assert {"email": ""} == told.denied


def test_partial_data_is_refused_where_something_else_is_missing():
    denied = error("Access denied", "ACCESS_DENIED", path=["order", "returns"])
    with pytest.raises(Denied):
        said({"data": {"order": {"id": "1", "returns": None}}, "errors": [denied]})
    other = error("Something", "SOMETHING", path=["order", "email"])
    with pytest.raises(StoreError):
        said({"data": {"order": {"id": "1", "email": None}}, "errors": [other]})


def test_an_answer_that_holds_nothing_is_not_the_api():
    for body in ({}, {"data": None}, {"ok": True}):
        with pytest.raises(NotTheApi):
            said(body)


def test_what_a_user_must_correct_is_refused_with_its_code():
    taken = {
        "field": ["basicCodeDiscount", "code"],
        "message": "Code must be unique",
        "code": "TAKEN",
    }
    with pytest.raises(
        WriteRefused, match=r"basicCodeDiscount\.code: Code must be unique"
    ) as caught:
        mutations.executed(
            {"discountCodeBasicCreate": {"userErrors": [taken]}}, "discountCodeBasicCreate"
        )
    assert "TAKEN" == caught.value.code


@pytest.mark.parametrize(
    ("code", "error"),
    [("INTERNAL_ERROR", WriteInDoubt), ("MISSING_PERMISSION", AccessDenied)],
)
def test_what_is_no_fault_of_the_write_is_no_refusal_of_it(code, error):
    told = {"field": ["id"], "message": "Unexpected internal error happened.", "code": code}
    with pytest.raises(error, match="returnRequest: id: Unexpected"):
        mutations.executed({"returnRequest": {"userErrors": [told]}}, "returnRequest")


def test_the_text_of_an_error_holds_nobodys_data():
    text = "Customer 'maya.ito@example.org' with +49 151 1234 5678 already exists " + "x" * 500
    brief = answers.brief(text)
    assert "maya" not in brief
    assert "1234" not in brief
    assert brief.startswith("Customer … with … already exists")
    assert len(brief) <= 200


CODES = ["THROTTLED", "MAX_COST_EXCEEDED", "INTERNAL_SERVER_ERROR", "ACCESS_DENIED", "", "OTHER"]
odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)


def perhaps(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object of these parts, of which any may be missing, or odd; or something odd instead."""
    return odd | st.fixed_dictionaries({}, optional={k: odd | v for k, v in parts.items()})


status_ = perhaps(currentlyAvailable=odd, maximumAvailable=odd, restoreRate=odd)
errors = st.lists(
    perhaps(
        message=st.text(),
        path=st.lists(st.sampled_from(["order", "email", 0])),
        extensions=perhaps(code=st.sampled_from(CODES), cost=odd, maxCost=odd),
    )
)
bodies = perhaps(
    data=perhaps(order=perhaps(email=st.none())),
    errors=errors | st.text(),
    extensions=perhaps(cost=perhaps(requestedQueryCost=st.integers(), throttleStatus=status_)),
)


@given(bodies, st.sampled_from([200, 200, 200, 400, 401, 500]))
def test_whatever_answers_is_data_or_one_of_our_errors(body, status):
    try:
        data = said(body, status).data
    except StorelinkError as found:
        data = {"said": str(found)}
    assert isinstance(data, dict)
    assert "" != data.get("said")
    if isinstance(body, dict):
        assert answers.cost(body) is None or answers.cost(body).requested is not None
