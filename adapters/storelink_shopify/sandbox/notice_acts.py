"""What Shopify tells an app about itself, and what the law demands of it."""

from __future__ import annotations

from storelink_shopify.sandbox.ledger import Ledger
from storelink_shopify.sandbox.spelling import SHOP_ID, Body
from storelink_shopify.sandbox.state import CustomerState

APP_TOPICS = frozenset({"customers/data_request", "customers/redact", "shop/redact"})
"""Sent to the address in the app's configuration: the API cannot subscribe to them."""


class NoticeActs:
    """Lets a merchant leave, and customers ask for their data or its deletion."""

    _ledger: Ledger

    def uninstall(self) -> None:
        """Let the merchant remove the app."""
        shop = self._ledger.shop
        body = {
            **_SHOP,
            "name": shop.domain.partition(".")[0],
            "email": f"owner@{shop.domain}",
            "customer_email": f"hello@{shop.domain}",
            "myshopify_domain": shop.domain,
            "domain": shop.domain,
            "currency": shop.currency or "EUR",
            "enabled_presentment_currencies": [shop.currency or "EUR"],
        }
        self._ledger.tell(("app/uninstalled", body))

    def redact_shop(self) -> None:
        """Let Shopify ask to delete the shop's data: 48 hours after the app was removed."""
        self._ledger.tell(("shop/redact", self._shop()))

    def redact_customer(self, customer_id: str) -> None:
        """Let a customer ask for deletion."""
        customer = self._ledger.customer(customer_id)
        body = {**self._about(customer), "orders_to_redact": list(customer.orders)}
        self._ledger.tell(("customers/redact", body))

    def request_data(self, customer_id: str) -> None:
        """Let a customer ask what is known about them."""
        customer = self._ledger.customer(customer_id)
        body = {
            **self._about(customer),
            "orders_requested": list(customer.orders),
            "data_request": {"id": self._ledger.new_id()},
        }
        self._ledger.tell(("customers/data_request", body))

    def _about(self, customer: CustomerState) -> Body:
        contact = customer.contact
        who = {"id": customer.id, "email": contact.email, "phone": contact.phone}
        return {**self._shop(), "customer": who}

    def _shop(self) -> Body:
        return {"shop_id": SHOP_ID, "shop_domain": self._ledger.shop.domain}


_NOTHING = (
    "address2 auto_configure_tax_inclusivity county_taxes created_at google_apps_domain "
    "google_apps_login_enabled latitude longitude password_enabled phone province province_code "
    "source tax_shipping taxes_included updated_at"
)
_NO = (
    "has_discounts marketing_sms_consent_enabled_at_checkout multi_location_enabled "
    "pre_launch_enabled requires_extra_payments_agreement setup_required "
    "transactional_sms_disabled"
)
_YES = "checkout_api_supported eligible_for_payments finances has_gift_cards has_storefront"
_SHOP: Body = {
    "id": SHOP_ID,
    "primary_locale": "en",
    "address1": "1 Market Square",
    "city": "Millbrook",
    "zip": "10001",
    "country": "DE",
    "country_code": "DE",
    "country_name": "Germany",
    "iana_timezone": "Europe/Berlin",
    "timezone": "(GMT+01:00) Europe/Berlin",
    "shop_owner": "The Owner",
    "plan_display_name": "Basic",
    "plan_name": "basic",
    "primary_location_id": SHOP_ID + 1,
    "weight_unit": "kg",
    "money_format": "{{amount}}",
    "money_in_emails_format": "{{amount}}",
    "money_with_currency_format": "{{amount}}",
    "money_with_currency_in_emails_format": "{{amount}}",
    **dict.fromkeys(_NOTHING.split()),
    **dict.fromkeys(_NO.split(), False),
    **dict.fromkeys(_YES.split(), True),
}
