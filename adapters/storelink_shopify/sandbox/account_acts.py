"""What can happen to the accounts of a scripted shop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from storelink.models.contact import Contact
from storelink.models.enums import ConsentChannel
from storelink_shopify.sandbox import people_payloads
from storelink_shopify.sandbox.ledger import Ledger
from storelink_shopify.sandbox.state import ConsentState, CustomerState

_CONSENT_TOPICS: Mapping[ConsentChannel, str] = {
    ConsentChannel.EMAIL: "customers_email_marketing_consent/update",
    ConsentChannel.SMS: "customers_marketing_consent/update",
    ConsentChannel.WHATSAPP: "customers_whats_app_marketing_consent/update",
}


class AccountActs:
    """Lets people open accounts, agree to marketing, and leave."""

    _ledger: Ledger

    def register(self, contact: Contact) -> str:
        """Open an account and return its id."""
        customer = self._ledger.customer_for(contact)
        self._ledger.tell(("customers/create", self._account(customer)))
        return str(customer.id)

    def rename(self, customer_id: str, *, first_name: str, last_name: str) -> None:
        """Let somebody change their name."""
        customer = self._ledger.customer(customer_id)
        names = {"first_name": first_name, "last_name": last_name}
        customer.contact = customer.contact.model_copy(update=names)
        customer.updated_at = self._ledger.now()
        self._ledger.tell(("customers/update", self._account(customer)))

    def agree(
        self,
        customer_id: str,
        channel: ConsentChannel,
        state: str = "subscribed",
        *,
        at: datetime | None = None,
    ) -> None:
        """Let somebody agree to marketing on *channel*, or with another *state* withdraw."""
        customer = self._ledger.customer(customer_id)
        customer.consents[channel] = ConsentState(state, at or self._ledger.now())
        customer.updated_at = self._ledger.now()
        topic = _CONSENT_TOPICS[channel]
        self._ledger.tell((topic, people_payloads.consent(customer, channel)))

    def tag(self, customer_id: str, *tags: str) -> None:
        """Put *tags* on an account."""
        customer = self._ledger.customer(customer_id)
        new = [one for one in tags if one not in customer.tags]
        customer.tags += new
        self._tagged(customer, "customer.tags_added", new)

    def untag(self, customer_id: str, *tags: str) -> None:
        """Take *tags* off an account."""
        customer = self._ledger.customer(customer_id)
        gone = [one for one in tags if one in customer.tags]
        customer.tags = [one for one in customer.tags if one not in gone]
        self._tagged(customer, "customer.tags_removed", gone)

    def _tagged(self, customer: CustomerState, topic: str, tags: Sequence[str]) -> None:
        if tags:
            customer.updated_at = self._ledger.now()
            self._ledger.tell((topic, people_payloads.tags(customer, tags, customer.updated_at)))

    def sum_up(self, customer_id: str) -> None:
        """Tell how often somebody bought, and for how much."""
        customer = self._ledger.customer(customer_id)
        customer.updated_at = self._ledger.now()
        spent = self._ledger.spent(customer)
        body = people_payloads.purchases(customer, spent, customer.updated_at)
        self._ledger.tell(("customers/purchasing_summary", body))

    def close_account(self, customer_id: str) -> None:
        """Delete an account."""
        customer = self._ledger.customer(customer_id)
        self._ledger.forget(customer)
        self._ledger.tell(("customers/delete", people_payloads.deleted_customer(customer)))

    def _account(self, customer: CustomerState) -> Mapping[str, Any]:
        return people_payloads.customer(self._ledger.shop, customer)
