"""The queue of webhooks: WooCommerce sends them in the background, and builds them then."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from storelink.contracts.sandbox import Webhook
from storelink.toolkit.sandbox import Address
from storelink.toolkit.signing import digest, hmac_sha256_base64
from storelink_woocommerce.sandbox.site import VERSION, Row, Site, encode
from storelink_woocommerce.webhooks import signing_secrets

HOOKS: Mapping[str, tuple[str, ...]] = {
    "coupon.created": ("woocommerce_process_shop_coupon_meta", "woocommerce_new_coupon"),
    "coupon.updated": ("woocommerce_process_shop_coupon_meta", "woocommerce_update_coupon"),
    "coupon.deleted": ("wp_trash_post",),
    "coupon.restored": ("untrashed_post",),
    "customer.created": (
        "user_register",
        "woocommerce_created_customer",
        "woocommerce_new_customer",
    ),
    "customer.updated": ("profile_update", "woocommerce_update_customer"),
    "customer.deleted": ("delete_user",),
    "order.created": ("woocommerce_new_order",),
    "order.updated": ("woocommerce_update_order", "woocommerce_order_refunded"),
    "order.deleted": ("wp_trash_post", "woocommerce_trash_order"),
    "order.restored": ("untrashed_post", "woocommerce_untrash_order"),
    "product.created": (
        "woocommerce_process_product_meta",
        "woocommerce_new_product",
        "woocommerce_new_product_variation",
    ),
    "product.updated": (
        "woocommerce_process_product_meta",
        "woocommerce_update_product",
        "woocommerce_update_product_variation",
    ),
    "product.deleted": ("wp_trash_post",),
    "product.restored": ("untrashed_post",),
    "product.published": ("woocommerce_product_published",),
}
"""The topics of WooCommerce, and the actions of WordPress behind each."""

MOST_FAILURES = 5
TICK = timedelta(seconds=1)
_KEPT = 50_000

Pending = tuple[int, str, Any]


@dataclass(slots=True)
class Outgoing:
    """Webhooks that wait, and those that were built and not yet taken.

    The queue runs every second: what waits longer is built from the state of then, before anything
    else changes. Several changes within a second are one webhook.

    Attributes:
        secret: signs what is taken in this process, as if there were one webhook for each topic.
        hooks: the webhooks that were made over the API, with their `secret` and `failures`.
        body_of: returns what a topic carries about an object.
        send: takes what is built for a subscription.
        ping: tries the address of a new webhook.
    """

    site: Site
    secret: str
    hooks: dict[int, Row] = field(default_factory=dict)
    body_of: Callable[[str, Any], Any] = lambda topic, arg: {}
    send: Callable[[Address, Mapping[str, str], bytes], None] = lambda *parts: None
    ping: Callable[[str, int], None] = lambda url, number: None
    _waiting: dict[Pending, datetime] = field(default_factory=dict)
    _taken: deque[Webhook] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def tell(self, topic: str, arg: Any) -> None:
        """Queue a webhook for everybody who asked for *topic*."""
        now = self.site.now()
        asked = [
            number
            for number, hook in self.hooks.items()
            if hook["topic"] == topic and hook["status"] == "active"
        ]
        for number in (*asked, 0):
            self._waiting.setdefault((number, topic, arg), now)

    def run_due(self) -> None:
        """Build what waits for a second or longer; called before anything changes."""
        due = self.site.now() - TICK
        self._build([one for one, since in self._waiting.items() if since <= due])

    def run_all(self) -> None:
        """Build all that waits."""
        self._build(list(self._waiting))

    def take(self) -> list[Webhook]:
        """Return what was raised for this process; of very many, the newest."""
        self._build([one for one in self._waiting if one[0] == 0])
        taken = list(self._taken)
        self._taken.clear()
        return taken

    def waits(self) -> bool:
        """Say whether anything waits for a subscription."""
        return any(number for number, _, _ in self._waiting)

    def forget(self, number: int) -> None:
        """Drop what waits for a webhook that is gone."""
        self._waiting = {one: at for one, at in self._waiting.items() if one[0] != number}

    def settled(self, number: int, *, arrived: bool) -> None:
        """Count an attempt. On the seventh failure in a row the webhook is disabled.

        Its count stays, so that after it was enabled again one more failure disables it.
        """
        hook = self.hooks.get(number)
        if hook is None:
            return
        hook["modified"] = self.site.now()
        if arrived:
            hook["failures"] = 0
        elif hook["failures"] > MOST_FAILURES:
            hook["status"] = "disabled"
        else:
            hook["failures"] += 1

    def _build(self, due: list[Pending]) -> None:
        for one in due:
            del self._waiting[one]
            number, topic, arg = one
            body = encode(self.body_of(topic, arg))
            hook = self.hooks.get(number)
            if number == 0:
                headers = self._headers(self._number_of(topic), topic, body, self.secret)
                self._taken.append(Webhook(topic, headers, body))
            elif hook:
                headers = self._headers(number, topic, body, hook["secret"])
                self.send(Address(str(number), hook["delivery_url"]), headers, body)

    @staticmethod
    def _number_of(topic: str) -> int:
        known = list(HOOKS)
        return known.index(topic) + 1 if topic in known else len(known) + 1

    def _headers(self, number: int, topic: str, body: bytes, secret: str) -> dict[str, str]:
        resource, _, event = topic.partition(".")
        second = str(int(self.site.now().timestamp()))
        # HTML in the secret is decoded before it signs (WC_Webhook::generate_signature).
        signing = signing_secrets([secret])[-1]
        return {
            "User-Agent": f"WooCommerce/{VERSION} Hookshot (WordPress/6.9.1)",
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": f"{self.site.url}/",
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": hmac_sha256_base64(signing, body),
            "X-WC-Webhook-ID": str(number),
            # made of the webhook and the second alone: different bodies share one
            "X-WC-Webhook-Delivery-ID": digest(str(number), second),
        }
