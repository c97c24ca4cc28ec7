"""Coupons, webhook subscriptions and other writes: once, whatever becomes of the answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from plugins.shopify.api import Api, Lost, gid, page

from storelink.errors import NotFound, WriteInDoubt, WriteRefused
from storelink.models import ConsentState, Kind, Money, Ref, ShipmentStatus
from storelink.models.coupon import Offer
from storelink_shopify import Shopify, scopes, topics
from storelink_shopify.writes import Metafield

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
OFFER = Offer(
    code="THANKS-7F3K",
    percent=Decimal("12.5"),
    customer_id="11",
    minimum=Money("20.00", "EUR"),
    expires_at=AT + timedelta(days=30),
)


class Codes:
    """The discount codes of a shop."""

    def __init__(self, api: Api) -> None:
        self.kept, self.loses, self.made = {}, [], 0
        api.on("ShopInfo", lambda _: {"shop": {"currencyCode": "EUR"}})
        api.on("DiscountByCode", self.find)
        api.on("DiscountCodeBasicCreate", self.create)
        api.on("DiscountCodeDeactivate", self.deactivate)
        api.on("CustomerByEmail", self.customer)

    def find(self, asked):
        return {"codeDiscountNodeByCode": self.kept.get(asked["code"].casefold())}

    def customer(self, asked):
        known = asked["email"] == "ada@example.com"
        return {"customerByIdentifier": {"id": gid("Customer", 11)} if known else None}

    def create(self, asked):
        wanted = asked["basicCodeDiscount"]
        if wanted["code"].casefold() in self.kept:
            error = {"field": ["code"], "message": "must be unique", "code": "TAKEN"}
            return {"discountCodeBasicCreate": {"codeDiscountNode": None, "userErrors": [error]}}
        if "before" in self.loses:
            raise Lost
        self.made += 1
        node = {"id": gid("DiscountCodeNode", self.made), "codeDiscount": discount(wanted)}
        self.kept[wanted["code"].casefold()] = node
        if "after" in self.loses:
            raise Lost
        return {"discountCodeBasicCreate": {"codeDiscountNode": node, "userErrors": []}}

    def deactivate(self, asked):
        node = next(one for one in self.kept.values() if one["id"] == asked["id"])
        node["codeDiscount"]["status"] = "EXPIRED"
        if "after" in self.loses:
            raise Lost
        return {"discountCodeDeactivate": {"codeDiscountNode": node, "userErrors": []}}


def discount(wanted):
    value = wanted["customerGets"]["value"]
    amount = value.get("discountAmount", {}).get("amount")
    minimum = wanted.get("minimumRequirement", {}).get("subtotal", {})
    least = minimum.get("greaterThanOrEqualToSubtotal")
    return {
        "__typename": "DiscountCodeBasic",
        "status": "ACTIVE",
        "startsAt": wanted["startsAt"],
        "endsAt": wanted["endsAt"],
        "createdAt": wanted["startsAt"],
        "updatedAt": wanted["startsAt"],
        "usageLimit": wanted["usageLimit"],
        "asyncUsageCount": 0,
        "codes": {"nodes": [{"code": wanted["code"]}]},
        "context": {
            "__typename": "DiscountCustomers",
            "customers": [{"id": one} for one in wanted["context"]["customers"]["add"]],
        },
        "minimumRequirement": {"greaterThanOrEqualToSubtotal": eur(least)} if least else None,
        "customerGets": {
            "value": {"__typename": "DiscountAmount", "amount": eur(amount)}
            if amount
            else {"__typename": "DiscountPercentage", "percentage": value["percentage"]}
        },
    }


def eur(amount):
    return {"amount": amount, "currencyCode": "EUR"}


@pytest.fixture
def api():
    with Api() as running:
        yield running


@pytest.fixture
def codes(api):
    return Codes(api)


@pytest.fixture
def shop(api, codes):
    return api.adapter()


@pytest.fixture
def write(shop):
    return shop.write


# -- coupons -------------------------------------------------------------------------------------


def test_a_code_is_for_one_person_and_one_use(api, shop):
    coupon = shop.issue_coupon(OFFER)
    assert ("THANKS-7F3K", 1, ("11",)) == (coupon.code, coupon.usage_limit, coupon.customer_ids)
    assert (Decimal("12.5"), OFFER.minimum) == (coupon.percent, coupon.minimum)
    assert OFFER.expires_at == coupon.expires_at
    (asked,) = api.calls("DiscountCodeBasicCreate")
    assert asked["basicCodeDiscount"]["appliesOncePerCustomer"] is True


def test_the_same_offer_is_the_same_code(codes, shop):
    assert shop.issue_coupon(OFFER).id == shop.issue_coupon(OFFER).id
    assert 1 == codes.made


@pytest.mark.parametrize(
    "other",
    [
        {"percent": Decimal(10)},
        {"customer_id": "12"},
        {"minimum": None},
        {"expires_at": None},
        {"percent": None, "amount": Money("5.00", "EUR")},
    ],
)
def test_another_offer_under_the_same_code_is_refused(codes, shop, other):
    shop.issue_coupon(OFFER)
    with pytest.raises(WriteRefused) as caught:
        shop.issue_coupon(OFFER.model_copy(update=other))
    assert "TAKEN" == caught.value.code
    assert 1 == codes.made


def test_a_code_that_everybody_can_use_is_another_one(codes, shop):
    shop.issue_coupon(OFFER)
    everybody = {"__typename": "DiscountBuyerSelectionAll"}
    codes.kept["thanks-7f3k"]["codeDiscount"]["context"] = everybody
    with pytest.raises(WriteRefused):
        shop.issue_coupon(OFFER)


def test_without_the_right_to_see_accounts_the_rest_decides(codes, shop):
    made = shop.issue_coupon(OFFER)
    codes.kept["thanks-7f3k"]["codeDiscount"]["context"] = {"__typename": "DiscountCustomers"}
    assert made.id == shop.issue_coupon(OFFER).id


def test_an_answer_that_was_lost_makes_no_second_code(codes, shop):
    codes.loses = ["after"]
    assert "1" == shop.issue_coupon(OFFER).id
    assert 1 == codes.made


def test_a_code_that_was_not_made_is_asked_for_again(api, codes, shop):
    """No second one can come of it: a code is made once."""

    def create(asked):
        if 1 == len(api.calls("DiscountCodeBasicCreate")):
            raise Lost
        return codes.create(asked)

    api.on("DiscountCodeBasicCreate", create)
    assert "1" == shop.issue_coupon(OFFER).id
    assert 2 == len(api.calls("DiscountCodeBasicCreate"))


def test_what_reading_back_does_not_tell_is_in_doubt(codes, shop):
    codes.loses = ["before"]
    with pytest.raises(WriteInDoubt):
        shop.issue_coupon(OFFER)
    codes.loses = []
    assert "1" == shop.issue_coupon(OFFER).id


def test_an_address_stands_for_its_account(shop):
    offer = OFFER.model_copy(update={"customer_id": None, "email": "ada@example.com"})
    assert ("11",) == shop.issue_coupon(offer).customer_ids


def test_an_address_without_an_account_is_refused_without_being_shown(codes, shop):
    offer = OFFER.model_copy(update={"customer_id": None, "email": "nobody@example.com"})
    with pytest.raises(WriteRefused) as caught:
        shop.issue_coupon(offer)
    assert "nobody" not in str(caught.value)
    assert 0 == codes.made


def test_an_amount_of_another_currency_is_refused_before_anything_is_made(codes, shop):
    offer = OFFER.model_copy(update={"percent": None, "amount": Money("5.00", "USD")})
    with pytest.raises(WriteRefused, match="EUR"):
        shop.issue_coupon(offer)
    assert 0 == codes.made


@pytest.mark.parametrize("loses", [[], ["after"]])
def test_a_code_that_was_withdrawn_is_used_no_more(api, codes, shop, loses):
    shop.issue_coupon(OFFER)
    codes.loses = loses
    for _ in range(2):
        shop.withdraw_coupon(OFFER.code)
    shop.withdraw_coupon("NEVER-MADE")
    assert "EXPIRED" == codes.kept["thanks-7f3k"]["codeDiscount"]["status"]
    assert 1 == len(api.calls("DiscountCodeDeactivate"))


def test_a_code_that_shares_its_discount_is_not_withdrawn(api, codes, shop):
    shop.issue_coupon(OFFER)
    several = {"nodes": [{"code": "A"}, {"code": "B"}]}
    codes.kept["thanks-7f3k"]["codeDiscount"]["codes"] = several
    with pytest.raises(WriteRefused, match="shares"):
        shop.withdraw_coupon(OFFER.code)
    assert [] == api.calls("DiscountCodeDeactivate")


# -- webhook subscriptions -----------------------------------------------------------------------

HERE = "https://hooks.example/webhooks/acme"


def subscription(number, topic="ORDERS_CREATE", uri=HERE):
    return {"id": gid("WebhookSubscription", number), "topic": topic, "uri": uri}


def refusal(root, text):
    return {root: {"userErrors": [{"field": ["uri"], "message": text}]}}


def test_every_kind_that_webhooks_tell_of_has_topics_that_are_understood(shop):
    told = {kind for kind in Kind if shop.topics({kind})}
    assert set(Kind) - {Kind.REVIEW, Kind.PERSON} == told
    assert set(shop.topics(set(Kind))) <= set(topics.NORMALIZERS)


def test_the_privacy_topics_are_never_asked_for(shop):
    asked = set(shop.topics(set(Kind)))
    assert set() == asked & {"customers/data_request", "customers/redact", "shop/redact"}
    assert set(topics.NORMALIZERS) - asked == {
        "customers/data_request",
        "customers/redact",
        "shop/redact",
    }


WHATS_APP = "customers_whats_app_marketing_consent/update"


@pytest.mark.parametrize(
    ("version", "known"), [("2026-01", False), ("2026-04", False), ("2026-07", True)]
)
def test_a_topic_that_a_version_does_not_know_is_not_asked_for(version, known):
    shop = Shopify(shop="acme", webhook_secret="hush", api_version=version)
    assert known == (WHATS_APP in shop.topics(set(Kind)))


RIGHTS = {
    "fulfillment": "read_fulfillments",
    "return": "read_returns",
    "customers/merge": "read_customer_merge",
    "customer": "read_customers",
    "product": "read_products",
    "discount": "read_discounts",
    "order": "read_orders",
    "refund": "read_orders",
    "checkout": "read_orders",
}
"""What topics need, by how they begin (the schema's enum `WebhookSubscriptionTopic`)."""


def test_an_installation_asks_for_the_rights_that_its_topics_need(shop):
    """And what is missing later is named by `check`."""
    told = {one for one in shop.topics(set(Kind)) if one != "app/uninstalled"}
    needed = {next(right for start, right in RIGHTS.items() if t.startswith(start)) for t in told}
    assert set(RIGHTS.values()) == needed
    assert needed <= scopes.expanded(scopes.ASKED)
    named = {right for use in scopes.USES for right in use.rights}
    assert needed <= scopes.expanded(named)


def test_that_the_app_is_off_is_always_told(shop):
    assert "app/uninstalled" in shop.topics({Kind.PRODUCT})
    assert () == shop.topics(set())


def test_subscriptions_are_named_as_webhooks_name_them(api, shop):
    pages = {
        None: page([subscription(1), subscription(2, "CUSTOMER_TAGS_ADDED")], "more"),
        "more": page([subscription(3, "THEMES_PUBLISH")]),
    }
    api.on("WebhookSubscriptions", lambda asked: {"webhookSubscriptions": pages[asked["after"]]})
    assert ["orders/create", "customer.tags_added", "themes_publish"] == [
        one.topic for one in shop.subscriptions()
    ]


@pytest.mark.parametrize("outcome", ["taken", "lost"])
def test_one_that_is_there_already_is_not_made_again(api, shop, outcome):
    def create(asked):
        if outcome == "lost":
            raise Lost
        return refusal("webhookSubscriptionCreate", "Address for this topic has already been taken")

    api.on("WebhookSubscriptionCreate", create)
    api.on("WebhookSubscriptions", lambda _: {"webhookSubscriptions": page([subscription(5)])})
    assert "5" == shop.subscribe("orders/create", HERE).id
    assert "ORDERS_CREATE" == api.calls("WebhookSubscriptionCreate")[0]["topic"]


def test_what_shopify_will_not_subscribe_is_refused(api, shop):
    text = "You do not have permission to create webhooks with that topic"
    api.on("WebhookSubscriptionCreate", lambda _: refusal("webhookSubscriptionCreate", text))
    api.on("WebhookSubscriptions", lambda _: {"webhookSubscriptions": page([])})
    with pytest.raises(WriteRefused, match="permission"):
        shop.subscribe("orders/create", HERE)


def test_a_topic_that_shopify_does_not_know_is_refused(api, shop):
    unknown = {"message": "Variable $topic was provided invalid value"}
    api.on("WebhookSubscriptionCreate", lambda _: {"errors": [unknown]})
    api.on("WebhookSubscriptions", lambda _: {"webhookSubscriptions": page([])})
    with pytest.raises(WriteRefused, match="topic"):
        shop.subscribe("no/such", HERE)


def test_one_that_does_not_exist_is_unsubscribed_already(api, shop):
    text = "Webhook subscription does not exist"
    api.on("WebhookSubscriptionDelete", lambda _: refusal("webhookSubscriptionDelete", text))
    api.on("WebhookSubscriptions", lambda _: {"webhookSubscriptions": page([])})
    shop.unsubscribe("5")
    api.on("WebhookSubscriptions", lambda _: {"webhookSubscriptions": page([subscription(5)])})
    with pytest.raises(WriteRefused):
        shop.unsubscribe("5")


# -- the rest ------------------------------------------------------------------------------------


def losing(times, answer):
    """Answer, but let the first answers be lost."""
    left = iter(range(times))

    def answered(asked):
        if next(left, None) is not None:
            raise Lost
        return answer

    return answered


def test_tags_are_written_again_when_an_answer_is_lost(api, write):
    api.on("TagsAdd", losing(1, {"tagsAdd": {"node": {}, "userErrors": []}}))
    write.add_tags(to=Ref.order("7"), tags=["b", "a", "b"])
    assert [{"id": gid("Order", 7), "tags": ["a", "b"]}] * 2 == api.calls("TagsAdd")


def test_what_is_always_lost_is_in_doubt(api, write):
    api.on("TagsRemove", losing(99, {}))
    with pytest.raises(WriteInDoubt):
        write.remove_tags(of=Ref(kind=Kind.CUSTOMER, id="7"), tags=["a"])


def test_consent_is_written_with_its_time(api, write):
    answer = {"customerEmailMarketingConsentUpdate": {"customer": {}, "userErrors": []}}
    api.on("EmailConsentUpdate", lambda _: answer)
    write.email_consent(customer_id="11", state=ConsentState.SUBSCRIBED, at=AT)
    (asked,) = api.calls("EmailConsentUpdate")
    assert gid("Customer", 11) == asked["input"]["customerId"]
    consent = asked["input"]["emailMarketingConsent"]
    assert ("SUBSCRIBED", "2026-11-02T09:00:00Z") == (
        consent["marketingState"],
        consent["consentUpdatedAt"],
    )


def test_what_only_shopify_sets_is_not_written(api, write):
    with pytest.raises(WriteRefused):
        write.sms_consent(customer_id="11", state=ConsentState.REDACTED)
    assert [] == api.calls("SmsConsentUpdate")


def kept(value, digest="d1"):
    return {"node": {"metafield": {"type": "json", "value": value, "compareDigest": digest}}}


def test_a_metafield_is_set_only_on_what_was_known(api, write):
    where = {"of": Ref.order("7"), "namespace": "storelink", "key": "sent"}
    api.on("Metafield", lambda _: kept("1"))
    known = write.metafield(**where)
    made = {"metafields": [{"compareDigest": "d2"}], "userErrors": []}
    api.on("MetafieldsSet", lambda _: {"metafieldsSet": made})
    new = write.set_metafield(**where, value=Metafield("json", "2"), known=known)
    assert Metafield("json", "2", "d2") == new
    (entry,) = api.calls("MetafieldsSet")[0]["metafields"]
    assert ("d1", "2") == (entry["compareDigest"], entry["value"])


def test_a_metafield_whose_answer_was_lost_is_read_back(api, write):
    where = {"of": Ref.order("7"), "namespace": "storelink", "key": "sent"}
    api.on("MetafieldsSet", losing(99, {}))
    api.on("Metafield", lambda _: kept("2", "d2"))
    assert "d2" == write.set_metafield(**where, value=Metafield("json", "2"), known=None).digest
    with pytest.raises(WriteInDoubt):
        write.set_metafield(**where, value=Metafield("json", "3"), known=None)


class Credit:
    """The store credit of one customer."""

    def __init__(self, api: Api) -> None:
        self.given, self.loses = [], ""
        api.on("StoreCreditByCustomer", self.read)
        api.on("StoreCreditAccountCredit", self.give)

    def read(self, _):
        account = {"transactions": {"nodes": [*self.given, {}]}}
        return {"customer": {"storeCreditAccounts": {"nodes": [account]}}}

    def give(self, asked):
        if self.loses == "before":
            raise Lost
        number = gid("StoreCreditAccountCreditTransaction", len(self.given) + 1)
        made = {"id": number, "amount": asked["creditInput"]["creditAmount"]}
        self.given.append(made)
        if self.loses == "after":
            raise Lost
        told = {"storeCreditAccountTransaction": made, "userErrors": []}
        return {"storeCreditAccountCredit": told}


@pytest.mark.parametrize("loses", ["", "after"])
def test_store_credit_is_given_once_whatever_becomes_of_the_answer(api, write, loses):
    credit = Credit(api)
    assert "1" == write.store_credit(customer_id="11", amount=Money("5.00", "EUR"))
    credit.loses = loses
    assert "2" == write.store_credit(customer_id="11", amount=Money("5.00", "EUR"))
    assert 2 == len(credit.given)


def test_store_credit_that_is_not_found_again_is_in_doubt(api, write):
    credit = Credit(api)
    credit.loses = "before"
    with pytest.raises(WriteInDoubt):
        write.store_credit(customer_id="11", amount=Money("5.00", "EUR"))
    assert [] == credit.given


def test_nobody_gets_no_credit(api, write):
    api.on("StoreCreditByCustomer", lambda _: {"customer": None})
    with pytest.raises(NotFound):
        write.store_credit(customer_id="11", amount=Money("5.00", "EUR"))


@pytest.mark.parametrize("loses", [False, True])
def test_what_a_carrier_says_is_reported_once(api, write, loses):
    events = []

    def report(asked):
        event = {"id": gid("FulfillmentEvent", len(events) + 1), **asked["fulfillmentEvent"]}
        events.append(event)
        if loses:
            raise Lost
        return {"fulfillmentEventCreate": {"fulfillmentEvent": event, "userErrors": []}}

    api.on("FulfillmentEvents", lambda _: {"node": {"events": page(list(events))}})
    api.on("FulfillmentEventCreate", report)
    said = {"shipment_id": "3", "status": ShipmentStatus.DELIVERED, "at": AT}
    assert {"1"} == {write.fulfillment_event(**said) for _ in range(2)}
    assert 1 == len(events)
    assert {"fulfillmentId", "status", "happenedAt", "id"} == events[0].keys()


def test_what_shopify_has_no_word_for_is_not_reported(write):
    with pytest.raises(WriteRefused, match="no word"):
        write.fulfillment_event(shipment_id="3", status=ShipmentStatus.UNKNOWN, at=AT)
