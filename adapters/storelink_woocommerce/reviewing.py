"""Handing customers' reviews to the shop, once each.

Facts: WooCommerce REST API docs, "Product reviews"; `WC_REST_Product_Reviews_Controller`
(WooCommerce 11.0), named at each of them; recordings `product_review_create`, `product_reviews_*`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from storelink.errors import WriteRefused
from storelink.models.product import NewReview, ProductReview
from storelink.toolkit.contact import mail_address
from storelink.toolkit.payload import Reader
from storelink_woocommerce import products, values
from storelink_woocommerce.issuing import is_ascii_address
from storelink_woocommerce.shop import Shop, number
from storelink_woocommerce.trouble import Trouble

Body = Mapping[str, Any]
Fate = Literal["hold", "publish"]

DUPLICATE = "woocommerce_rest_comment_duplicate"
"""The same words of the same person about the same product (`wp_allow_comment`)."""

SWITCH = "settings/products/woocommerce_enable_reviews"
"""WooCommerce > Settings > Products > Enable reviews."""

# The API approves a review for which no status is given: its schema has that default, and it wins
# over what Settings > Discussion says (`create_item`, `get_item_schema`; recorded). It cannot be
# asked for these settings, so that the shop says here what is to become of reviews.
_STATUS: Mapping[str, str] = {"hold": "hold", "publish": "approved"}

_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Reviewing:
    """The reviews that one shop is given.

    Attributes:
        fate: whether they wait for somebody of the shop to look, or are published at once.
    """

    shop: Shop
    fate: Fate

    def post(self, review: NewReview) -> ProductReview:
        """Hand over a review; asked again, the same one is returned."""
        wanted = self._body(review)
        found = self._find(wanted)
        if found is None:
            self._refuse_closed(review.product_id)
            found = self._create(wanted)
        record = products.review(found).records[0]
        return ProductReview(id=record.id, store="", raw=dict(record.raw), **record.fields)

    def _body(self, review: NewReview) -> dict[str, Any]:
        email = mail_address(review.email)
        if not email or not is_ascii_address(email):
            raise WriteRefused(
                "WordPress keeps only addresses in ASCII: nobody could tell whose review it is",
                code="EMAIL",
            )
        body = {
            "product_id": int(number(review.product_id)),
            # WordPress takes it for markup: what looks like a tag would be gone.
            "review": html.escape(review.text, quote=False),
            "reviewer": review.author,
            "reviewer_email": email,
            "status": _STATUS[self.fate],
        }
        return body if review.rating is None else {**body, "rating": review.rating}

    def _create(self, wanted: Body) -> Body:
        client = self.shop.client
        try:
            return client.post(
                "products/reviews", wanted, read_back=lambda: self._find(wanted)
            ).body
        except WriteRefused as refusal:
            found = self._find(wanted) if refusal.code == DUPLICATE else None
            if found is None:
                raise
            return found

    def _find(self, wanted: Body) -> Body | None:
        """Return the review if the shop has it, be it held."""
        about = {
            "product": wanted["product_id"],
            "reviewer_email": wanted["reviewer_email"],
            "status": "all",
        }
        pages = self.shop.client.pages("products/reviews", about)
        rows = (row for page in pages for row in page.rows)
        return next((row for row in rows if _key(row) == _key(wanted)), None)

    def _refuse_closed(self, product_id: str) -> None:
        """Refuse what WooCommerce would not show a form for; the API takes it all the same."""
        client = self.shop.client
        product = client.get(f"products/{product_id}", {"_fields": "reviews_allowed"}).body
        told = client.ask("GET", SWITCH, {"_fields": "value"})
        data = None if isinstance(told, Trouble) else told.data
        is_off = isinstance(data, Mapping) and data.get("value") == "no"
        if is_off or product.get("reviews_allowed") is False:
            raise WriteRefused("the shop takes no reviews of this product", code="CLOSED")


def _key(body: Body) -> tuple[str, str]:
    """Return whose words a review has: WordPress wraps them in paragraphs, and knows no case."""
    reader = Reader(body, "review")
    text = html.unescape(_TAG.sub(" ", values.text(reader, "review") or ""))
    return (values.text(reader, "reviewer_email") or "").lower(), " ".join(text.split())
