"""What a marketing message offers beside its own words: recommendations, what free shipping lacks.

A hook asks for it in the message's data, and what comes of it is known only when the message is
written: what is in stock, from which worth on shipping is free. Where there is nothing, or it
cannot be had now, the message goes without.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from storelink.contracts.recommend import Recommendation, Recommender
from storelink.delivery.free_shipping import ShippingDesk, gap, worth_of
from storelink.errors import StorageUnavailable
from storelink.models.enums import MessageClass
from storelink.models.message import Message
from storelink.models.money import Money
from storelink.models.product import Product
from storelink.models.recipient import Recipient
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)

MOST: Final = 10
"""So many recommendations are a catalog."""


@dataclass(frozen=True, slots=True)
class Offering:
    """Adds to a message's data what the data asks for.

    `{"recommend": 3}` adds `recommended`: for whom receives it, from what the cart holds if the
    message is about a cart. `{"free_shipping": true}` adds `free_shipping_gap` to a message about
    a cart. Both advertise, so that only marketing messages have them.

    Attributes:
        recommender: recommends.
        desk: knows what stores say of their shipping.
    """

    recommender: Recommender
    desk: ShippingDesk

    def __call__(self, message: Message, to: Recipient) -> Message:
        """Return *message* with what it offers to its recipient.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
        if message.message_class is not MessageClass.MARKETING:
            return message
        told: dict[str, Any] = {}
        for name, make in self._makers.items():
            if message.data.get(name):
                told |= _tried(make, message, to)
        return message.model_copy(update={"data": {**message.data, **told}}) if told else message

    @property
    def _makers(self) -> Mapping[str, Make]:
        return {"recommend": self._recommended, "free_shipping": self._missing}

    def _recommended(self, message: Message, to: Recipient) -> dict[str, Any]:
        lines = to.checkout.lines if to.checkout else ()
        found = self.recommender.recommend(
            to.store,
            person=to.person,
            products=[line.product_id for line in lines if line.product_id],
            count=min(int(message.data["recommend"]), MOST),
        )
        return {"recommended": [_told(one) for one in found]} if found else {}

    def _missing(self, message: Message, to: Recipient) -> dict[str, Any]:
        cart = to.checkout
        country = cart.shipping_address.country if cart and cart.shipping_address else None
        worth = worth_of(cart) if cart else None
        if worth is None or not country:
            return {}
        missing = gap(worth, self.desk.offers(to.store, country.upper()))
        return {"free_shipping_gap": _json(missing)} if missing else {}


Make = Callable[[Message, Recipient], dict[str, Any]]
"""Makes what is added to the data."""


def _tried(make: Make, message: Message, to: Recipient) -> dict[str, Any]:
    try:
        return make(message, to)
    except StorageUnavailable:
        raise
    except Exception as error:  # noqa: BLE001  the message is good without it
        about = {"stage": "deliver", "store": to.store}
        log.warning("a message goes without an offer: %s", trace(error), extra=about)
        return {}


def _told(one: Recommendation) -> dict[str, Any]:
    product = one.product
    return {
        "product_id": product.id,
        "title": product.title,
        "url": product.url,
        "image_url": product.image_url,
        "price": _json(product.price) if product.price else None,
        "is_from": has_more_prices(product),
        "because": one.because.title,
        "people": one.people,
    }


def has_more_prices(product: Product) -> bool:
    """Say whether `price` is the lowest of several; WooCommerce does not tell the highest then."""
    return "price_to" in product.model_fields_set and product.price_to != product.price


def _json(money: Money) -> dict[str, str]:
    return {"amount": str(money.amount), "currency": money.currency}
