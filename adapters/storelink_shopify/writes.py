"""What storelink writes into a shop besides coupons and webhooks.

A write is repeated only when that is harmless: it says what shall be, not what shall be added, or
reading back showed that it was not executed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from storelink.errors import NotFound, WriteInDoubt, WriteRefused
from storelink.models.enums import ConsentState, ShipmentStatus
from storelink.models.money import Money
from storelink.models.ref import Ref
from storelink_shopify.client import Client
from storelink_shopify.reads import READINGS
from storelink_shopify.values import gid_number, stamp

Node = Mapping[str, Any]

_CONSENTS: Mapping[ConsentState, str] = {
    ConsentState.SUBSCRIBED: "SUBSCRIBED",
    ConsentState.UNSUBSCRIBED: "UNSUBSCRIBED",
    ConsentState.PENDING: "PENDING",
}
"""What can be written; Shopify sets the other states by itself."""

_CARRIER_SAYS: Mapping[ShipmentStatus, str] = {
    ShipmentStatus.LABEL_CREATED: "LABEL_PRINTED",
    ShipmentStatus.PICKED_UP: "CARRIER_PICKED_UP",
    ShipmentStatus.IN_TRANSIT: "IN_TRANSIT",
    ShipmentStatus.OUT_FOR_DELIVERY: "OUT_FOR_DELIVERY",
    ShipmentStatus.READY_FOR_PICKUP: "READY_FOR_PICKUP",
    ShipmentStatus.ATTEMPTED: "ATTEMPTED_DELIVERY",
    ShipmentStatus.DELAYED: "DELAYED",
    ShipmentStatus.EXCEPTION: "FAILURE",
    ShipmentStatus.DELIVERED: "DELIVERED",
}


@dataclass(frozen=True, slots=True)
class Metafield:
    """A value that apps keep at an object.

    Attributes:
        digest: tells whether somebody else changed it since it was read.
    """

    type: str
    value: str = field(repr=False)
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Writes:
    """Writes into one shop. All of them may raise `WriteRefused` and `WriteInDoubt`.

    Attributes:
        now: tells the time, for what is not told when it happened.
    """

    client: Client
    now: Callable[[], datetime]

    def add_tags(self, *, to: Ref, tags: Iterable[str]) -> None:
        """Let an order, customer or product have *tags*, too."""
        self._tags("tags_add", to, tags, "tagsAdd")

    def remove_tags(self, *, of: Ref, tags: Iterable[str]) -> None:
        """Let an order, customer or product have *tags* no more."""
        self._tags("tags_remove", of, tags, "tagsRemove")

    def email_consent(
        self, *, customer_id: str, state: ConsentState, at: datetime | None = None
    ) -> None:
        """Record what a customer said about marketing by e-mail, and when: now, if not told."""
        consent = {"emailMarketingConsent": self._consent(state, at)}
        asked = {"input": {"customerId": _gid("Customer", customer_id), **consent}}
        self._surely("email_consent_update", asked, "customerEmailMarketingConsentUpdate")

    def sms_consent(
        self, *, customer_id: str, state: ConsentState, at: datetime | None = None
    ) -> None:
        """Record what a customer said about marketing by text message, and when."""
        consent = {"smsMarketingConsent": self._consent(state, at)}
        asked = {"input": {"customerId": _gid("Customer", customer_id), **consent}}
        self._surely("sms_consent_update", asked, "customerSmsMarketingConsentUpdate")

    def metafield(self, *, of: Ref, namespace: str, key: str) -> Metafield | None:
        """Read a value that apps keep at an object."""
        asked = {"id": _gid_of(of), "namespace": namespace, "key": key}
        node = self.client.query("metafield", asked)["node"]
        if not node:
            raise NotFound(f"Shopify has no such {of.kind}")
        kept = node.get("metafield")
        return Metafield(kept["type"], kept["value"], kept["compareDigest"]) if kept else None

    def set_metafield(
        self, *, of: Ref, namespace: str, key: str, value: Metafield, known: Metafield | None
    ) -> Metafield:
        """Keep a value at an object, unless somebody else changed it since it was *known*.

        Args:
            of: the object.
            namespace: of the value.
            key: of the value.
            value: its type and text; its digest does not count.
            known: what was read before; `None`: there was none.

        Raises:
            WriteRefused: somebody else changed it meanwhile (code `"STALE_OBJECT"`), or Shopify
                does not take the value.
        """
        entry = {
            "ownerId": _gid_of(of),
            "namespace": namespace,
            "key": key,
            "type": value.type,
            "value": value.value,
            "compareDigest": known.digest if known else None,
        }
        try:
            answer = self.client.mutate(
                "metafields_set", {"metafields": [entry]}, answer="metafieldsSet"
            )
        except WriteInDoubt:
            kept = self.metafield(of=of, namespace=namespace, key=key)
            if kept is None or kept.value != value.value:
                raise
            return kept
        return Metafield(value.type, value.value, answer["metafields"][0]["compareDigest"])

    def store_credit(
        self, *, customer_id: str, amount: Money, expires_at: datetime | None = None
    ) -> str:
        """Give a customer store credit, and return the id of the transaction.

        It is given again by every call; an answer that was lost is looked for before.

        Raises:
            WriteInDoubt: the answer was lost, and the credit is not among the transactions (yet).
        """
        before = {one["id"] for one in self._credits(customer_id)}
        asked: dict[str, Any] = {
            "creditAmount": {"amount": str(amount.amount), "currencyCode": amount.currency}
        }
        if expires_at:
            asked["expiresAt"] = stamp(expires_at)
        variables = {"id": _gid("Customer", customer_id), "creditInput": asked}
        try:
            answer = self.client.mutate(
                "store_credit_account_credit", variables, answer="storeCreditAccountCredit"
            )
        except WriteInDoubt:
            new = [one for one in self._credits(customer_id) if one["id"] not in before]
            ours = [one for one in new if _amount(one) == amount]
            if len(ours) != 1:
                raise
            return gid_number(ours[0]["id"]) or ""
        return gid_number(answer["storeCreditAccountTransaction"]["id"]) or ""

    def fulfillment_event(
        self,
        *,
        shipment_id: str,
        status: ShipmentStatus,
        at: datetime,
        message: str | None = None,
        estimated_delivery_at: datetime | None = None,
    ) -> str:
        """Report what a carrier says of a parcel, once, and return the report's id.

        Raises:
            WriteRefused: Shopify has no word for *status*, or no such parcel.
        """
        if status not in _CARRIER_SAYS:
            raise WriteRefused(f"Shopify has no word for a parcel that is {status}")
        said = self._said(shipment_id, status, at)
        if said is not None:
            return said
        event = {
            "fulfillmentId": _gid("Fulfillment", shipment_id),
            "status": _CARRIER_SAYS[status],
            "happenedAt": stamp(at),
            "message": message,
            "estimatedDeliveryAt": stamp(estimated_delivery_at) if estimated_delivery_at else None,
        }
        try:
            answer = self.client.mutate(
                "fulfillment_event_create",
                {"fulfillmentEvent": {name: one for name, one in event.items() if one is not None}},
                answer="fulfillmentEventCreate",
            )
        except WriteInDoubt:
            said = self._said(shipment_id, status, at)
            if said is None:
                raise
            return said
        return gid_number(answer["fulfillmentEvent"]["id"]) or ""

    # -- how it is done --------------------------------------------------------------------------

    def _surely(self, document: str, variables: Mapping[str, Any], answer: str) -> None:
        """Write what shall be, which does no harm when it is repeated."""
        self.client.mutate(document, variables, answer=answer, repeatable=True)

    def _tags(self, document: str, ref: Ref, tags: Iterable[str], answer: str) -> None:
        self._surely(document, {"id": _gid_of(ref), "tags": sorted(set(tags))}, answer)

    def _consent(self, state: ConsentState, at: datetime | None) -> dict[str, str]:
        if state not in _CONSENTS:
            raise WriteRefused(f"Shopify does not let anybody write that a consent is {state}")
        return {
            "marketingState": _CONSENTS[state],
            "marketingOptInLevel": "SINGLE_OPT_IN",
            "consentUpdatedAt": stamp(at or self.now()),
        }

    def _credits(self, customer_id: str) -> list[Node]:
        asked = {"id": _gid("Customer", customer_id)}
        customer = self.client.query("store_credit_by_customer", asked)["customer"]
        if not customer:
            raise NotFound("Shopify has no such customer")
        accounts = customer["storeCreditAccounts"]["nodes"]
        return [one for account in accounts for one in account["transactions"]["nodes"] if one]

    def _said(self, shipment_id: str, status: ShipmentStatus, at: datetime) -> str | None:
        asked = {"id": _gid("Fulfillment", shipment_id), "after": None}
        node = self.client.page("fulfillment_events", asked, first=100)["node"]
        if not node:
            raise WriteRefused("Shopify has no such parcel")
        wanted = (_CARRIER_SAYS[status], stamp(at))
        for event in node["events"]["nodes"]:
            happened_at = datetime.fromisoformat(event["happenedAt"])
            if (event["status"], stamp(happened_at)) == wanted:
                return gid_number(event["id"])
        return None


def _gid(type_name: str, number: str) -> str:
    return f"gid://shopify/{type_name}/{number}"


def _gid_of(ref: Ref) -> str:
    if ref.kind not in READINGS:
        raise WriteRefused(f"Shopify keeps nothing of this kind at a {ref.kind}")
    return _gid(READINGS[ref.kind].type, ref.id)


def _amount(transaction: Node) -> Money:
    told = transaction.get("amount") or {}
    return Money(told["amount"], told["currencyCode"])
