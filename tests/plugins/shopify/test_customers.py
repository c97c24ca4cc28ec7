from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from storelink.models import Birthday, ConsentChannel, ConsentState, Kind, Money, Ref
from storelink_shopify import nodes

TRIGGERED = datetime(2026, 11, 5, 12, tzinfo=UTC)
EMAIL = "customers_email_marketing_consent/update"
SMS = "customers_marketing_consent/update"
WHATSAPP = "customers_whats_app_marketing_consent/update"


@pytest.fixture
def bodies(shop, account):
    return {webhook.topic: json.loads(webhook.body) for webhook in shop.take()}


@pytest.fixture
def node(shop, account):
    return dict(shop.read(Ref(kind=Kind.CUSTOMER, id=account)).records[0].raw)


@pytest.mark.parametrize(
    "topic", ["customers/create", "customers/update", "customers/enable", "customers/disable"]
)
def test_an_account(bodies, only, account, maya, topic):
    record = only(topic, bodies["customers/update"])
    assert (Kind.CUSTOMER, account) == (record.kind, record.id)
    assert (maya.email, maya.phone) == (record.fields["email"], record.fields["phone"])
    assert (record.fields["first_name"], record.fields["last_name"]) == ("Maya", "Ito-Lang")
    assert record.fields["country"] == "DE"
    assert record.fields["updated_at"] == record.updated_at
    assert set() == {"tags", "orders_count", "spent", "locale"} & record.fields.keys()


def test_what_only_a_read_knows_of_an_account(node):
    fields = nodes.customer(node).records[0].fields
    assert (1, Money("12.50", "EUR")) == (fields["orders_count"], fields["spent"])
    assert (fields["tags"], fields["locale"]) == (("regular",), "de-DE")
    assert (
        fields["time_zone"],
        fields["time_zone_source"],
    ) == ("Europe/Berlin", "default address")


def test_a_sum_of_purchases_is_complete_in_itself(bodies, only, account):
    record = only("customers/purchasing_summary", bodies["customers/purchasing_summary"])
    assert account == record.id
    assert {"orders_count": 1, "spent": Money("12.50", "EUR")} == record.fields
    assert record.updated_at
    assert record.needs_read is None


@pytest.mark.parametrize("topic", ["customer.tags_added", "customer.tags_removed"])
def test_tags_come_as_differences_and_have_to_be_read(bodies, only, account, topic):
    record = only(topic, bodies["customer.tags_added"])
    assert (Kind.CUSTOMER, account, {}) == (record.kind, record.id, record.fields)
    assert record.needs_read


def test_a_deleted_account_is_gone_and_has_to_be_read(shop, account, only):
    shop.close_account(account)
    body = json.loads(shop.take()[-1].body)
    record = only("customers/delete", body)
    assert (account, True) == (record.id, record.deleted)
    assert record.needs_read


@pytest.mark.parametrize(
    ("topic", "channel", "source"),
    [
        (EMAIL, ConsentChannel.EMAIL, None),
        (SMS, ConsentChannel.SMS, "other"),
        (WHATSAPP, ConsentChannel.WHATSAPP, "other"),
    ],
)
def test_consent_on_each_channel(bodies, only, account, maya, topic, channel, source):
    record = only(topic, bodies[topic])
    fields = record.fields
    assert (Kind.CONSENT, f"{account}/{channel}") == (record.kind, record.id)
    assert (account, channel) == (fields["customer_id"], fields["channel"])
    assert ConsentState.SUBSCRIBED is fields["state"]
    assert (fields["at"], "single_opt_in") == (record.updated_at, fields["level"])
    assert source == fields.get("source")
    assert fields["address"] == (maya.email if channel is ConsentChannel.EMAIL else maya.phone)
    assert record.needs_read is None


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("not_subscribed", ConsentState.NEVER_SUBSCRIBED),
        ("never_subscribed", ConsentState.NEVER_SUBSCRIBED),
        ("pending", ConsentState.PENDING),
        ("subscribed", ConsentState.SUBSCRIBED),
        ("unsubscribed", ConsentState.UNSUBSCRIBED),
        ("redacted", ConsentState.REDACTED),
        ("invalid", ConsentState.UNKNOWN),
        ("telepathic", ConsentState.UNKNOWN),
        (None, ConsentState.UNKNOWN),
    ],
)
def test_consent_words(bodies, node, only, word, expected):
    given = bodies[EMAIL]["email_marketing_consent"] | {"state": word}
    told = only(EMAIL, bodies[EMAIL] | {"email_marketing_consent": given})
    mail = node["defaultEmailAddress"] | {"marketingState": word and word.upper()}
    (read,) = [
        one
        for one in nodes.customer(node | {"defaultEmailAddress": mail}).records
        if one.kind is Kind.CONSENT and one.fields["channel"] is ConsentChannel.EMAIL
    ]
    assert expected is told.fields["state"]
    assert expected is read.fields["state"]


def test_who_was_never_asked_has_no_time(bodies, only):
    never = {"state": "not_subscribed", "opt_in_level": None, "consent_updated_at": None}
    record = only(EMAIL, bodies[EMAIL] | {"email_marketing_consent": never}, TRIGGERED)
    assert (record.updated_at, record.needs_read) == (None, None)


def test_a_consent_without_a_time_counts_until_it_is_read(bodies, only):
    """Somebody withdrew: that must not wait for a time that does not come."""
    gone = {"state": "unsubscribed", "opt_in_level": None, "consent_updated_at": None}
    record = only(EMAIL, bodies[EMAIL] | {"email_marketing_consent": gone}, TRIGGERED)
    assert record.updated_at == TRIGGERED
    assert record.needs_read


def test_what_no_read_can_tell_is_not_asked_for(bodies, only):
    """GraphQL has no consent for WhatsApp."""
    gone = {"state": "unsubscribed", "opt_in_level": None, "updated_at": None}
    record = only(WHATSAPP, bodies[WHATSAPP] | {"whats_app_marketing_consent": gone}, TRIGGERED)
    assert (record.updated_at, record.needs_read) == (TRIGGERED, None)


def test_before_2026_10_the_consent_of_a_phone_stood_beside_the_number(node):
    now = node["defaultPhoneNumber"]
    consent = now["smsMarketingConsent"]
    before = {
        "phoneNumber": now["phoneNumber"],
        "marketingState": consent["state"],
        "marketingOptInLevel": consent["optInLevel"],
        "marketingUpdatedAt": consent["updatedAt"],
        "marketingCollectedFrom": consent["collectedFrom"],
    }
    expected = nodes.customer(node).records
    assert expected == nodes.customer(node | {"defaultPhoneNumber": before}).records
    assert len(expected) == 3


def test_without_an_address_there_is_no_consent_to_speak_of(node):
    none = {"defaultEmailAddress": None, "defaultPhoneNumber": None}
    (record,) = nodes.customer(node | none).records
    assert (record.fields["email"], record.fields["phone"]) == (None, None)


def test_personal_data_stays_out_of_repr(bodies, node, only, maya):
    shown = repr([only(EMAIL, bodies[EMAIL]), only(SMS, bodies[SMS]), nodes.customer(node)])
    assert maya.email not in shown
    assert maya.phone not in shown


@pytest.mark.parametrize(
    ("metafield", "expected"),
    [({"value": "1990-02-28"}, Birthday(month=2, day=28)), ({"value": "soon"}, None), (None, None)],
)
def test_a_birthday_is_in_the_metafield_that_the_shop_names(node, metafield, expected):
    assert "birthday" not in nodes.customer(node).records[0].fields
    told = nodes.customer({**node, "birthday": metafield}).records[0].fields
    assert expected == told["birthday"]
