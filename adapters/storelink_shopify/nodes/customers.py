"""Accounts, and what people agreed to.

Facts: shopify.dev, GraphQL Admin API 2026-10, the objects Customer, CustomerEmailAddress and
CustomerPhoneNumber. Before 2026-10 the consent of a phone number stood beside the number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storelink.models.birthday import Birthday
from storelink.models.enums import ConsentChannel
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.toolkit.contact import e164, locale_tag
from storelink.toolkit.payload import Reader, exact_json
from storelink_shopify import meaning, values
from storelink_shopify.consents import Owner, Spelling, consent
from storelink_shopify.money import amount
from storelink_shopify.people import account
from storelink_shopify.values import Fields

_EMAIL = Spelling(
    ConsentChannel.EMAIL,
    state="marketingState",
    level="marketingOptInLevel",
    at="marketingUpdatedAt",
)
_SMS = Spelling(
    ConsentChannel.SMS,
    state="state",
    level="optInLevel",
    at="updatedAt",
    source="collectedFrom",
)
_SMS_BEFORE_2026_10 = Spelling(
    ConsentChannel.SMS,
    state="marketingState",
    level="marketingOptInLevel",
    at="marketingUpdatedAt",
    source="marketingCollectedFrom",
)


def customer(node: Mapping[str, Any]) -> Snapshot:
    """Say what an account says, and what its owner agreed to.

    Args:
        node: as JSON has it, with the fields of the document `CustomerById`, or some of them.

    Raises:
        PayloadError: the node cannot be understood; the message names the field.
    """
    reader = Reader(node, "customer")
    customer_id = values.node_id(reader)
    record = Record(
        kind=Kind.CUSTOMER,
        id=customer_id,
        updated_at=reader.time("updatedAt"),
        fields={**values.carried(reader, _CUSTOMER), "deleted_at": None},
        raw=exact_json(reader.data),
    )
    return Snapshot((record, *_consents(reader, customer_id)))


def _consents(node: Reader, customer_id: str) -> list[Record]:
    found = []
    mail = node.object("defaultEmailAddress")
    if mail and mail.has("marketingState"):
        found.append(consent(mail, _EMAIL, Owner(customer_id, mail.filled("emailAddress"))))
    phone = node.object("defaultPhoneNumber")
    now = phone.object("smsMarketingConsent") if phone else None
    if phone and now:
        found.append(consent(now, _SMS, Owner(customer_id, phone.filled("phoneNumber"))))
    elif phone and phone.has("marketingState"):
        owner = Owner(customer_id, phone.filled("phoneNumber"))
        found.append(consent(phone, _SMS_BEFORE_2026_10, owner))
    return found


def _country(node: Reader) -> str | None:
    home = node.object("defaultAddress")
    return home.filled("countryCodeV2") if home else None


def _time_zone(node: Reader) -> str | None:
    home = node.object("defaultAddress")
    return home.filled("timeZone") if home else None


def _birthday(node: Reader) -> Birthday | None:
    told = node.object("birthday")
    return Birthday.parse(told.filled("value")) if told else None


_CUSTOMER: Fields = {
    "email": (("defaultEmailAddress",), lambda node: account(node).email),
    "phone": (("defaultPhoneNumber",), lambda node: e164(account(node).phone, _country(node))),
    "first_name": (("firstName",), lambda node: node.filled("firstName")),
    "last_name": (("lastName",), lambda node: node.filled("lastName")),
    "locale": (("locale",), lambda node: locale_tag(node.filled("locale"))),
    "country": (("defaultAddress",), _country),
    "time_zone": (("defaultAddress",), _time_zone),
    "time_zone_source": (
        ("defaultAddress",),
        lambda node: "default address" if _time_zone(node) else None,
    ),
    "birthday": (("birthday",), _birthday),
    "tags": (("tags",), lambda node: meaning.tags(node.texts("tags"))),
    "orders_count": (("numberOfOrders",), lambda node: values.count(node, "numberOfOrders")),
    "spent": (
        ("amountSpent",),
        lambda node: amount(values.child(node, "amountSpent"), "currencyCode"),
    ),
    "created_at": (("createdAt",), lambda node: node.time("createdAt")),
    "updated_at": (("updatedAt",), lambda node: node.time("updatedAt")),
}
