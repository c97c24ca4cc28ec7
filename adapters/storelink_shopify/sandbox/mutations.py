"""The root fields of mutations, but for webhooks and bulk operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from storelink.errors import NotFound
from storelink.models.contact import Contact
from storelink.models.enums import ConsentChannel
from storelink.models.money import Money
from storelink_shopify.sandbox.execution import Root
from storelink_shopify.sandbox.goods_state import CouponState
from storelink_shopify.sandbox.graph import Node, said
from storelink_shopify.sandbox.keepsakes import Keepsakes
from storelink_shopify.sandbox.ledger import Ledger
from storelink_shopify.sandbox.script import ScriptedShopify
from storelink_shopify.sandbox.state import CustomerState
from storelink_shopify.sandbox.tree import Tree, split

Given = Mapping[str, Any]


class Mutations:
    """Lets an app change what a merchant could change, through the acts of the scripted store."""

    def __init__(
        self, store: ScriptedShopify, ledger: Ledger, tree: Tree, keepsakes: Keepsakes
    ) -> None:
        self._store, self._ledger = store, ledger
        self._tree, self._keepsakes = tree, keepsakes

    def root(self) -> Root:
        """Return the root fields by name."""
        return {
            "tagsAdd": self._tags(self._store.tag, self._store.tag_order),
            "tagsRemove": self._tags(self._store.untag, self._store.untag_order),
            "metafieldsSet": self._set_metafields,
            "customerCreate": self._create_customer,
            "customerEmailMarketingConsentUpdate": self._consent(
                "emailMarketingConsent", ConsentChannel.EMAIL
            ),
            "customerSmsMarketingConsentUpdate": self._consent(
                "smsMarketingConsent", ConsentChannel.SMS
            ),
            "discountCodeBasicCreate": self._create_coupon,
            "discountCodeDeactivate": self._end_coupon,
            "discountCodeDelete": self._delete_coupon,
            "fulfillmentEventCreate": self._report,
            "storeCreditAccountCredit": self._credit,
        }

    def _tags(self, of_customer: Callable[..., None], of_order: Callable[..., None]) -> Any:
        acts = {"Customer": of_customer, "Order": of_order}

        def tagged(*, id: str, tags: Sequence[str]) -> Node:  # noqa: A002  the API's name
            kind, key = split(id)
            node = self._tree.find(id)
            if node is None or kind not in acts:
                return _refused("node", f"{kind or 'Node'} does not exist", "id")
            acts[kind](key, *tags)
            return {"node": self._tree.find(id), "userErrors": []}

        return tagged

    def _set_metafields(self, metafields: Sequence[Given]) -> Node:
        errors = [
            error
            for index, one in enumerate(metafields)
            if (error := self._metafield_error(index, one))
        ]
        if errors:
            return {"metafields": None, "userErrors": errors}
        now = self._ledger.now()
        put = [self._keepsakes.put(one["ownerId"], now, one) for one in metafields]
        return {"metafields": put, "userErrors": []}

    def _metafield_error(self, index: int, given: Given) -> Node | None:
        owner, key = given["ownerId"], given["key"]
        place = {"elementIndex": None, "field": ["metafields", str(index)]}
        if self._tree.find(owner) is None:
            text = "Owner does not exist."
            return {**place, "message": text, "code": "INVALID"}
        if "compareDigest" not in given:
            return None
        known = self._keepsakes.get(owner, given.get("namespace") or "custom", key)
        if (known.digest if known else None) == given["compareDigest"]:
            return None
        text = "The resource has been updated since it was loaded. Try again with an updated value."
        return {**place, "message": text, "code": "STALE_OBJECT"}

    def _create_customer(self, input: Given) -> Node:  # noqa: A002  the API's name
        contact = Contact(
            email=input.get("email"),
            phone=input.get("phone"),
            first_name=input.get("firstName"),
            last_name=input.get("lastName"),
            locale=input.get("locale"),
        )
        if not contact.email and not contact.phone and not contact.name:
            return _refused("customer", "A name, phone number, or email address must be present")
        made = self._store.register(contact)
        return {"customer": self._customer(made), "userErrors": []}

    def _consent(self, field: str, channel: ConsentChannel) -> Callable[..., Node]:
        def updated(input: Given) -> Node:  # noqa: A002  the API's name
            given, key = input[field], split(input["customerId"])[1]
            customer = self._ledger.find_customer(key)
            if customer is None:
                return _refused("customer", "Customer not found", "input", code="INVALID")
            state = given["marketingState"]
            if state in {"NOT_SUBSCRIBED", "REDACTED"}:
                text = f"Cannot specify {state} as a marketing state input"
                return _refused("customer", text, "input", field, code="INVALID")
            self._store.agree(
                key, channel, state.lower(), at=_instant(given.get("consentUpdatedAt"))
            )
            return {"customer": self._customer(key), "userErrors": []}

        return updated

    def _create_coupon(self, basicCodeDiscount: Given) -> Node:  # noqa: N803  the API's name
        given, root = basicCodeDiscount, "basicCodeDiscount"
        code = given.get("code")
        if not code:
            return _refused("codeDiscountNode", "Code can't be blank", root, "code", code="BLANK")
        if self._ledger.coupon(code) is not None:
            text = "Code must be unique. Please try a different code."
            return _refused("codeDiscountNode", text, root, "code", code="TAKEN")
        people = self._buyers(given)
        if people is None:
            text = "Customer does not exist"
            return _refused("codeDiscountNode", text, root, "context", code="INVALID")
        coupon = self._coupon(given, people)
        self._ledger.keep_coupon(coupon)
        return {"codeDiscountNode": self._tree.coupon(coupon), "userErrors": []}

    def _buyers(self, given: Given) -> list[CustomerState] | None:
        """Return whom a code is for; nobody is everybody, and `None` is somebody unknown."""
        chosen = (given.get("context") or given.get("customerSelection") or {}).get("customers")
        ids = (chosen or {}).get("add") or []
        found = [self._ledger.find_customer(split(one)[1]) for one in ids]
        known = [one for one in found if one is not None]
        return known if len(known) == len(found) else None

    def _coupon(self, given: Given, people: Sequence[CustomerState]) -> CouponState:
        now = self._ledger.now()
        value = (given.get("customerGets") or {}).get("value") or {}
        wanted = ((given.get("minimumRequirement") or {}).get("subtotal")) or {}
        percentage = value.get("percentage")
        return CouponState(
            id=self._ledger.new_id(),
            code=given["code"],
            title=given.get("title") or given["code"],
            percent=None if percentage is None else Decimal(str(percentage)) * 100,
            amount=self._money((value.get("discountAmount") or {}).get("amount")),
            minimum=self._money(wanted.get("greaterThanOrEqualToSubtotal")),
            usage_limit=given.get("usageLimit"),
            once_per_customer=bool(given.get("appliesOncePerCustomer")),
            customers=[one.id for one in people],
            starts_at=_instant(given.get("startsAt")) or now,
            ends_at=_instant(given.get("endsAt")),
            created_at=now,
            updated_at=now,
        )

    def _money(self, amount: object) -> Money | None:
        if amount is None:
            return None
        return Money(Decimal(str(amount)), self._ledger.shop.currency or "EUR")

    def _end_coupon(self, id: str) -> Node:  # noqa: A002  the API's name
        key = split(id)[1]
        if key not in self._ledger.coupons:
            return _refused(
                "codeDiscountNode", "Code discount does not exist.", "id", code="INVALID"
            )
        self._store.end_coupon(key)
        return {"codeDiscountNode": self._tree.find(id), "userErrors": []}

    def _delete_coupon(self, id: str) -> Node:  # noqa: A002  the API's name
        key = split(id)[1]
        if key not in self._ledger.coupons:
            text = "Code discount does not exist."
            return _refused("deletedCodeDiscountId", text, "id", code="INVALID")
        self._store.delete_coupon(key)
        return {"deletedCodeDiscountId": id, "userErrors": []}

    def _report(self, fulfillmentEvent: Given) -> Node:  # noqa: N803  the API's name
        given = fulfillmentEvent
        key = split(given["fulfillmentId"])[1]
        order = self._ledger.find_order(key)
        if order is None or not any(str(one.id) == key for one in order.parcels):
            return _refused("fulfillmentEvent", "Fulfillment does not exist.", "fulfillmentEvent")
        made = self._store.report(
            str(order.id),
            key,
            given["status"].lower(),
            message=given.get("message") or "",
            promised_at=_instant(given.get("estimatedDeliveryAt")),
            happened_at=_instant(given.get("happenedAt")),
        )
        parcels = said(self._tree.order(self._ledger.order(str(order.id))), "fulfillments")
        events = (event for one in parcels for event in one["events"]["nodes"])
        found = next(one for one in events if split(one["id"])[1] == made)
        return {"fulfillmentEvent": found, "userErrors": []}

    def _credit(self, *, id: str, creditInput: Given) -> Node:  # noqa: A002, N803
        customer = self._ledger.find_customer(split(id)[1])
        answer = "storeCreditAccountTransaction"
        if customer is None:
            text = "Owner does not exist"
            return _refused(answer, text, "id", code="OWNER_NOT_FOUND")
        given = creditInput["creditAmount"]
        amount = Money(Decimal(str(given["amount"])), given["currencyCode"])
        until, where = _instant(creditInput.get("expiresAt")), ("creditInput", "creditAmount")
        if amount.amount <= 0:
            text = "A positive amount must be used to credit a store credit account"
            return _refused(answer, text, *where, code="NEGATIVE_OR_ZERO_AMOUNT")
        if until is not None and until <= self._ledger.now():
            text = "The expiry date must be in the future"
            return _refused(answer, text, "creditInput", "expiresAt", code="EXPIRES_AT_IN_PAST")
        if self._keepsakes.currency(customer.id) not in {None, amount.currency}:
            text = "The currency provided does not match the currency of the account"
            return _refused(answer, text, *where, code="MISMATCHING_CURRENCY")
        made = self._keepsakes.credit(customer.id, amount, self._ledger.now(), until)
        return {answer: made, "userErrors": []}

    def _customer(self, key: str) -> Node | None:
        try:
            return self._tree.customer(self._ledger.customer(key))
        except NotFound:
            return None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _refused(answer: str, message: str, *field: str, code: str | None = None) -> Node:
    """Return the answer of a mutation that was refused."""
    error = {"field": list(field) or None, "message": message, "code": code, "extraInfo": None}
    return {answer: None, "userErrors": [error]}
