"""Accounts, and what people agreed to.

Facts: shopify.dev, "Webhooks", topics `customers/*`, `customer.tags_*` and
`customers_*_marketing_consent/update`. Some bodies are spelled as GraphQL is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from storelink.models.enums import ConsentChannel, ConsentState
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind
from storelink.toolkit.contact import e164, mail_address
from storelink.toolkit.payload import Reader, exact_json
from storelink_shopify import values
from storelink_shopify.consents import Owner, Spelling, consent
from storelink_shopify.money import amount
from storelink_shopify.values import Fields


def customer(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say what an account says. Tags, orders, spending and consent come by their own topics."""
    updated_at = body.time("updated_at")
    record = Record(
        kind=Kind.CUSTOMER,
        id=values.webhook_id(body),
        updated_at=updated_at,
        fields={**values.carried(body, _CUSTOMER), "deleted_at": None},
        needs_read=None if updated_at else values.NO_TIME,
        raw=exact_json(body.data),
    )
    return Snapshot((record,))


def deleted(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say that an account is gone."""
    why = "Shopify says that the customer was deleted"
    customer_id = values.webhook_id(body)
    return Snapshot((Record(kind=Kind.CUSTOMER, id=customer_id, deleted=True, needs_read=why),))


def merged(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say that two accounts became one, if they did: one is gone, and the other has to be read."""
    status = values.lower(body, "status")
    if status == "failed":
        return Snapshot(note="two accounts were not merged: nothing changed")
    gone = Record(
        kind=Kind.CUSTOMER,
        id=values.node_id(body, "admin_graphql_api_customer_deleted_id"),
        deleted=True,
        needs_read="Shopify says that the customer was merged into another",
    )
    kept = Record(
        kind=Kind.CUSTOMER,
        id=values.node_id(body, "admin_graphql_api_customer_kept_id"),
        needs_read="another account was merged into this one",
    )
    return Snapshot((kept, gone))


def tagged(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say that tags were added or taken away: the body has the difference, not the tags."""
    record = Record(
        kind=Kind.CUSTOMER,
        id=values.node_id(body, "customerId"),
        needs_read="tags were changed, and the webhook has only the difference",
    )
    return Snapshot((record,))


def purchases(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say how often somebody bought, and for how much."""
    record = Record(
        kind=Kind.CUSTOMER,
        id=values.node_id(body, "customerId"),
        updated_at=values.instant(body, "occurredAt"),
        fields=values.carried(body, _PURCHASES),
    )
    return Snapshot((record,))


@dataclass(frozen=True, slots=True)
class _Topic:
    """Where the body of one of the three consent topics has its parts."""

    customer: str
    address: str
    consent: str
    spelling: Spelling


_EMAIL = _Topic(
    customer="customer_id",
    address="email_address",
    consent="email_marketing_consent",
    spelling=Spelling(
        ConsentChannel.EMAIL,
        state="state",
        level="opt_in_level",
        at="consent_updated_at",
    ),
)
_SMS = _Topic(
    customer="id",
    address="phone",
    consent="sms_marketing_consent",
    spelling=Spelling(
        ConsentChannel.SMS,
        state="state",
        level="opt_in_level",
        at="consent_updated_at",
        source="consent_collected_from",
    ),
)
_WHATSAPP = _Topic(
    customer="customer_id",
    address="phone_number",
    consent="whats_app_marketing_consent",
    spelling=Spelling(
        ConsentChannel.WHATSAPP,
        state="state",
        level="opt_in_level",
        at="updated_at",
        source="collected_from",
    ),
)


def email_consent(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say what somebody agreed to by e-mail."""
    return _consent(body, triggered_at, _EMAIL)


def sms_consent(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say what somebody agreed to by text message."""
    return _consent(body, triggered_at, _SMS)


def whatsapp_consent(body: Reader, triggered_at: datetime | None) -> Snapshot:
    """Say what somebody agreed to on WhatsApp."""
    return _consent(body, triggered_at, _WHATSAPP)


def _consent(body: Reader, triggered_at: datetime | None, topic: _Topic) -> Snapshot:
    owner = Owner(body.id(topic.customer), body.filled(topic.address))
    record = consent(values.child(body, topic.consent), topic.spelling, owner)
    if record.updated_at or record.fields["state"] not in _TIMED:
        return Snapshot((record,))
    # The time is in a header, which is not signed: it counts until the read. Of WhatsApp GraphQL
    # says nothing, so that there is nothing to read.
    is_readable = topic.spelling.channel is not ConsentChannel.WHATSAPP
    why = values.NO_TIME if is_readable else None
    return Snapshot((replace(record, updated_at=triggered_at, needs_read=why),))


_TIMED = frozenset(ConsentState) - {ConsentState.NEVER_SUBSCRIBED, ConsentState.UNKNOWN}


def _country(body: Reader) -> str | None:
    home = body.object("default_address")
    return home.filled("country_code") if home else None


_CUSTOMER: Fields = {
    "email": (("email",), lambda body: mail_address(body.text("email"))),
    "phone": (("phone",), lambda body: e164(body.filled("phone"), _country(body))),
    "first_name": (("first_name",), lambda body: body.filled("first_name")),
    "last_name": (("last_name",), lambda body: body.filled("last_name")),
    "country": (("default_address",), _country),
    "created_at": (("created_at",), lambda body: body.time("created_at")),
    "updated_at": (("updated_at",), lambda body: body.time("updated_at")),
}

_PURCHASES: Fields = {
    "orders_count": (("numberOfOrders",), lambda body: values.count(body, "numberOfOrders")),
    "spent": (
        ("amountSpent",),
        lambda body: amount(values.child(body, "amountSpent"), "currencyCode"),
    ),
}
