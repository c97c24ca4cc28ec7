"""Bodies of the topics about customers, in the exact shape of Shopify's own examples (2026-07)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from storelink.models.enums import ConsentChannel
from storelink.models.money import Money
from storelink_shopify.sandbox.spelling import Body, address, country, gid, stamp, text
from storelink_shopify.sandbox.state import CustomerState, Shop


def buyer(shop: Shop, state: CustomerState) -> Body:
    """Return the customer as an order has it."""
    body = customer(shop, state)
    del body["addresses"]
    return body


def customer(shop: Shop, state: CustomerState) -> Body:
    """Return the body of the topics `customers/*` that carry the whole account."""
    contact = state.contact
    return {
        "id": state.id,
        "admin_graphql_api_id": gid("Customer", state.id),
        "created_at": stamp(state.created_at),
        "updated_at": stamp(state.updated_at),
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "email": contact.email,
        "phone": contact.phone,
        "state": "disabled",
        "note": None,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "tax_exemptions": [],
        "currency": shop.currency or "EUR",
        "addresses": [],
        "default_address": _default_address(state),
    }


def _default_address(state: CustomerState) -> Body:
    body = address(state.contact)
    del body["latitude"], body["longitude"]
    return {
        **body,
        "id": state.id + 9,
        "customer_id": state.id,
        "country_name": country(state.contact),
        "default": True,
    }


def deleted_customer(state: CustomerState) -> Body:
    """Return the body of the topic `customers/delete`."""
    return {
        "id": state.id,
        "admin_graphql_api_id": gid("Customer", state.id),
        "tax_exemptions": [],
    }


def tags(state: CustomerState, changed: Sequence[str], at: datetime) -> Body:
    """Return the body of the topics `customer.tags_added` and `customer.tags_removed`."""
    return {
        "customerId": gid("Customer", state.id),
        "tags": list(changed),
        "occurredAt": _milliseconds(at),
    }


def purchases(state: CustomerState, spent: Money, at: datetime) -> Body:
    """Return the body of the topic `customers/purchasing_summary`."""
    last = gid("Order", state.orders[-1]) if state.orders else None
    return {
        "customerId": gid("Customer", state.id),
        "numberOfOrders": len(state.orders),
        "amountSpent": {"amount": text(spent), "currencyCode": spent.currency},
        "lastOrderId": last,
        "occurredAt": _milliseconds(at),
    }


def _milliseconds(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def consent(state: CustomerState, channel: ConsentChannel) -> Body:
    """Return the body of the topic about consent on one channel."""
    return _CONSENT_BODIES[channel](state)


def _email_consent(state: CustomerState) -> Body:
    given = state.consents[ConsentChannel.EMAIL]
    return {
        "customer_id": state.id,
        "email_address": state.contact.email,
        "email_marketing_consent": {
            "state": given.state,
            "opt_in_level": "single_opt_in",
            "consent_updated_at": stamp(given.at),
        },
    }


def _sms_consent(state: CustomerState) -> Body:
    given = state.consents[ConsentChannel.SMS]
    return {
        "id": state.id,
        "phone": state.contact.phone,
        "sms_marketing_consent": {
            "state": given.state,
            "opt_in_level": "single_opt_in",
            "consent_updated_at": stamp(given.at),
            "consent_collected_from": "other",
        },
    }


def _whatsapp_consent(state: CustomerState) -> Body:
    given = state.consents[ConsentChannel.WHATSAPP]
    return {
        "customer_id": state.id,
        "phone_number": state.contact.phone,
        "whats_app_marketing_consent": {
            "state": given.state,
            "opt_in_level": "single_opt_in",
            "updated_at": stamp(given.at),
            "collected_from": "other",
        },
    }


_CONSENT_BODIES = {
    ConsentChannel.EMAIL: _email_consent,
    ConsentChannel.SMS: _sms_consent,
    ConsentChannel.WHATSAPP: _whatsapp_consent,
}
