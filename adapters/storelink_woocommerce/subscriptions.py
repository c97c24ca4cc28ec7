"""The webhooks that a shop is asked to send.

Facts: WooCommerce REST API docs, "Webhooks"; recordings `webhook_*`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import SecretStr

from storelink.contracts.store import Subscription
from storelink.errors import NotFound
from storelink.models.ref import Kind
from storelink.toolkit.payload import Reader
from storelink_woocommerce import values
from storelink_woocommerce.paging import Row
from storelink_woocommerce.shop import Shop, number

NAME = "storelink"
"""How the names of our webhooks begin; by that they are known again."""

TOPICS: Mapping[Kind, tuple[str, ...]] = {
    Kind.ORDER: ("order.created", "order.updated", "order.deleted", "order.restored"),
    Kind.CUSTOMER: ("customer.created", "customer.updated", "customer.deleted"),
    # product.published tells nothing that product.updated does not, and older shops refuse it.
    Kind.PRODUCT: ("product.created", "product.updated", "product.deleted", "product.restored"),
    Kind.COUPON: ("coupon.created", "coupon.updated", "coupon.deleted", "coupon.restored"),
}

_PART_OF: Mapping[Kind, Kind] = {Kind.SHIPMENT: Kind.ORDER, Kind.REFUND: Kind.ORDER}


def topics(kinds: Collection[Kind]) -> tuple[str, ...]:
    """Return the topics that tell of *kinds*; of reviews, none does."""
    wanted = {_PART_OF.get(kind, kind) for kind in kinds}
    return tuple(topic for kind, some in TOPICS.items() if kind in wanted for topic in some)


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """The webhooks of one shop.

    Attributes:
        secret: what new ones are signed with.
    """

    shop: Shop
    secret: SecretStr = field(repr=False)

    def all(self) -> Sequence[Subscription]:
        """Return every webhook of the shop.

        How often one failed in a row is not told: WooCommerce keeps the number to itself, and
        switches the webhook off when it is too high.
        """
        return [_subscription(row) for row in self._rows()]

    def add(self, topic: str, address: str) -> Subscription:
        """Ask for the webhooks of *topic*. WooCommerce tries *address* before it answers."""
        body = {
            "name": f"{NAME} {topic}",
            "topic": topic,
            "delivery_url": address,
            "secret": self.secret.get_secret_value(),
            "status": "active",
        }
        answer = self.shop.client.post(
            "webhooks", body, read_back=lambda: self._find(topic, address)
        )
        return _subscription(answer.body)

    def remove(self, key: str) -> None:
        """Ask for them no more; one that does not exist is fine."""
        try:
            path = f"webhooks/{number(key)}"
            # without force it is refused with 501
            self.shop.client.delete(path, {"force": "true"}, read_back=lambda: self._if_gone(key))
        except NotFound:
            return

    def _rows(self) -> Sequence[Row]:
        # By page: of all lists, this one ignores `offset` (`WC_REST_Webhooks_V1_Controller`).
        pages = self.shop.client.pages("webhooks", {"orderby": "id", "order": "asc"})
        return [row for page in pages for row in page.rows]

    def _find(self, topic: str, address: str) -> Row | None:
        for row in reversed(self._rows()):
            made = _subscription(row)
            if made.ours and made.active and (made.topic, made.address) == (topic, address):
                return row
        return None

    def _if_gone(self, key: str) -> Row | None:
        is_there = any(_subscription(row).id == key for row in self._rows())
        return None if is_there else {}


def _subscription(row: Row) -> Subscription:
    reader = Reader(row, "webhook")
    name = (values.words(reader, "name") or "").lower()
    return Subscription(
        id=reader.id("id"),
        topic=values.text(reader, "topic") or "",
        address=values.text(reader, "delivery_url") or "",
        active=values.text(reader, "status") == "active",
        ours=name.split(" ")[0] == NAME,
    )
