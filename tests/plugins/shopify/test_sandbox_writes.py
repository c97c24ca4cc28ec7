from __future__ import annotations

import pytest
from shopify_calls import MAYA, running

from storelink.models import Kind, Ref
from storelink_shopify import documents


@pytest.fixture
def calls():
    with running(currency="USD") as started:
        yield started


@pytest.fixture
def customer(calls):
    return f"gid://shopify/Customer/{calls.store.register(MAYA)}"


def write(calls, name, **variables):
    document = documents.load(name)
    data = calls.ask(document.text, **dict.fromkeys(document.gates, True), **variables)
    return next(iter(data.values()))


def errors(answer):
    return [(one.get("code"), one["message"]) for one in answer["userErrors"]]


def coupon(customer, **changes):
    return {
        "title": "thanks",
        "code": "THANKS-1",
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "2026-02-01T00:00:00Z",
        "usageLimit": 1,
        "appliesOncePerCustomer": True,
        "context": {"customers": {"add": [customer]}},
        "customerGets": {"value": {"percentage": 0.15}, "items": {"all": True}},
        **changes,
    }


def test_a_code_is_made_once(calls, customer):
    made = write(calls, "discount_code_basic_create", basicCodeDiscount=coupon(customer))
    assert [] == errors(made)
    again = coupon(customer, code="thanks-1")
    refused = write(calls, "discount_code_basic_create", basicCodeDiscount=again)
    assert ["TAKEN"] == [code for code, _ in errors(refused)]
    key = made["codeDiscountNode"]["id"].rpartition("/")[2]
    (record,) = calls.store.read(Ref(kind=Kind.COUPON, id=key)).records
    told = {name: record.fields[name] for name in ("code", "percent", "usage_limit", "active")}
    assert {"code": "THANKS-1", "percent": 15, "usage_limit": 1, "active": True} == told
    write(calls, "discount_code_deactivate", id=made["codeDiscountNode"]["id"])
    (record,) = calls.store.read(Ref(kind=Kind.COUPON, id=key)).records
    assert False is record.fields["active"]


def test_tags_are_put_on_and_taken_off(calls, customer):
    key = customer.rpartition("/")[2]
    for name, tags in (("tags_add", ["a", "b"]), ("tags_remove", ["a"])):
        assert [] == errors(write(calls, name, id=customer, tags=tags))
    (record, *_) = calls.store.read(Ref(kind=Kind.CUSTOMER, id=key)).records
    assert ("b",) == tuple(record.fields["tags"])
    assert ["customers/create", "customer.tags_added", "customer.tags_removed"] == [
        one.topic for one in calls.store.take()
    ]


def test_a_metafield_changes_only_from_what_was_seen(calls, customer):
    field = {"ownerId": customer, "namespace": "storelink", "key": "seen", "type": "boolean"}
    first = write(calls, "metafields_set", metafields=[{**field, "value": "true"}])
    digest = first["metafields"][0]["compareDigest"]
    changed = [{**field, "value": "false", "compareDigest": digest}]
    assert [] == errors(write(calls, "metafields_set", metafields=changed))
    stale = write(calls, "metafields_set", metafields=changed)
    assert ["STALE_OBJECT"] == [code for code, _ in errors(stale)]
    read = write(calls, "metafield", id=customer, namespace="storelink", key="seen")
    assert "false" == read["metafield"]["value"]


def test_credit_adds_up(calls, customer):
    given = {"creditAmount": {"amount": "5.00", "currencyCode": "USD"}}
    answers = [
        write(calls, "store_credit_account_credit", id=customer, creditInput=given) for _ in "ab"
    ]
    balances = [
        one["storeCreditAccountTransaction"]["balanceAfterTransaction"]["amount"] for one in answers
    ]
    assert ["5.0", "10.0"] == balances
    account = write(calls, "store_credit_by_customer", id=customer)["storeCreditAccounts"]
    assert 2 == len(account["nodes"][0]["transactions"]["nodes"])
    other = {"creditAmount": {"amount": "5.00", "currencyCode": "EUR"}}
    refused = write(calls, "store_credit_account_credit", id=customer, creditInput=other)
    assert ["MISMATCHING_CURRENCY"] == [code for code, _ in errors(refused)]


def test_a_report_of_a_carrier_is_a_scan(calls):
    (order_id,) = calls.place()
    parcel = calls.store.ship(order_id, number="1", carrier="DHL")
    event = {
        "fulfillmentId": f"gid://shopify/Fulfillment/{parcel}",
        "status": "DELIVERED",
        "happenedAt": "2026-01-01T12:00:30Z",
    }
    made = write(calls, "fulfillment_event_create", fulfillmentEvent=event)
    assert [] == errors(made)
    assert "2026-01-01T12:00:30Z" == made["fulfillmentEvent"]["happenedAt"]
    assert "fulfillment_events/create" in {one.topic for one in calls.store.take()}


def test_consent_is_kept_with_its_time(calls, customer):
    given = {
        "customerId": customer,
        "emailMarketingConsent": {
            "marketingState": "SUBSCRIBED",
            "consentUpdatedAt": "2025-12-31T08:00:00Z",
        },
    }
    answer = write(calls, "email_consent_update", input=given)
    assert [] == errors(answer)
    told = answer["customer"]["defaultEmailAddress"]
    expected = ("SUBSCRIBED", "2025-12-31T08:00:00Z")
    assert expected == (told["marketingState"], told["marketingUpdatedAt"])
