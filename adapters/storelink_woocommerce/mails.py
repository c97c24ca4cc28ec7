"""Which mails a WooCommerce shop sends to customers itself."""

from __future__ import annotations

from collections.abc import Mapping

from storelink.contracts.store import OwnMail
from storelink.errors import NotFound
from storelink_woocommerce.client import Client
from storelink_woocommerce.trouble import Trouble

DOUBLES = {
    "customer_processing_order": ("Processing order", "thank_you"),
    "customer_completed_order": ("Completed order", "tracking"),
    "customer_review_request": ("Review request", "review_request"),
}
"""The mail's id, its title in WooCommerce > Settings > Emails, and the hook that sends the like.

Each mail is a group of settings, `email_<id>`:
https://woocommerce.github.io/woocommerce-rest-api-docs/#list-all-settings-groups. The review
request came with WooCommerce 10.8 (`WC_Email_Customer_Review_Request`): it counts its days from
the completion of the order. A shop without it has no such group.
"""


def own_mails(shop: Client) -> list[OwnMail] | None:
    """Return the mails that are switched on; `None` if the shop does not say."""
    found: list[OwnMail] = []
    for name, (title, hook) in DOUBLES.items():
        told = shop.ask("GET", f"settings/email_{name}/enabled", {"_fields": "value"})
        if isinstance(told, Trouble):
            if told.kind is NotFound and told.from_api:
                continue
            return None
        if isinstance(told.data, Mapping) and told.data.get("value") == "yes":
            found.append(OwnMail(title, hook))
    return found
