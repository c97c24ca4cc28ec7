"""What can happen to what a scripted shop sells: products, checkouts, codes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from storelink.contracts.sandbox import Item
from storelink.models.contact import Contact
from storelink.models.money import Money
from storelink_shopify.sandbox import goods_payloads
from storelink_shopify.sandbox.goods_state import CheckoutState, CouponState
from storelink_shopify.sandbox.ledger import Ledger


class GoodsActs:
    """Lets products come and go, checkouts begin, and codes be made."""

    _ledger: Ledger

    def add_product(self, title: str, price: Money, *, stock: int = 100) -> str:
        """Put a product on the shelf and return its id."""
        made = self._ledger.stock_up(self._ledger.new_id(), title, self._ledger.shop.own(price))
        made.stock = stock
        self._ledger.product_changed(made, "products/create")
        return str(made.id)

    def edit_product(
        self,
        product_id: str,
        *,
        title: str | None = None,
        price: Money | None = None,
        status: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> None:
        """Change what is said of a product; *status* is `active`, `draft` or `archived`."""
        product = self._ledger.product(product_id)
        product.title = title or product.title
        product.price = self._ledger.shop.own(price) if price else product.price
        product.status = status or product.status
        product.tags = list(tags) if tags is not None else product.tags
        self._ledger.product_changed(product)

    def set_stock(self, product_id: str, stock: int) -> None:
        """Say how many there are left."""
        product = self._ledger.product(product_id)
        product.stock = stock
        self._ledger.product_changed(product)

    def delete_product(self, product_id: str) -> None:
        """Take a product out of the shop for good."""
        product = self._ledger.product(product_id)
        del self._ledger.products[product_id]
        self._ledger.tell(("products/delete", {"id": product.id}))

    def begin_checkout(
        self, contact: Contact, items: Sequence[Item], *, accepts_marketing: bool = False
    ) -> str:
        """Let somebody begin to buy, and return the checkout's id."""
        ledger, now = self._ledger, self._ledger.now()
        made = CheckoutState(
            id=ledger.new_id(),
            customer=ledger.customer_for(contact),
            lines=[ledger.line(item, discounted=False) for item in items],
            created_at=now,
            updated_at=now,
            accepts_marketing=accepts_marketing,
        )
        ledger.checkouts[str(made.id)] = made
        ledger.checkout_changed(made, "checkouts/create")
        return str(made.id)

    def continue_checkout(self, checkout_id: str, items: Sequence[Item] = ()) -> None:
        """Let somebody go on with a checkout, and perhaps put more *items* into it."""
        checkout = self._ledger.checkout(checkout_id)
        checkout.lines += [self._ledger.line(item, discounted=False) for item in items]
        self._ledger.checkout_changed(checkout)

    def delete_checkout(self, checkout_id: str) -> None:
        """Delete a checkout."""
        checkout = self._ledger.checkout(checkout_id)
        del self._ledger.checkouts[checkout_id]
        self._ledger.tell(("checkouts/delete", goods_payloads.deleted_checkout(checkout)))

    def add_coupon(
        self,
        code: str,
        *,
        percent: Decimal | None = None,
        amount: Money | None = None,
        minimum: Money | None = None,
        usage_limit: int | None = None,
        customer_ids: Sequence[str] = (),
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
    ) -> str:
        """Make a code, for everybody or for some accounts, and return its id."""
        now = self._ledger.now()
        made = CouponState(
            id=self._ledger.new_id(),
            code=code,
            title=code,
            percent=percent if amount is None else None,
            amount=amount,
            minimum=minimum,
            usage_limit=usage_limit,
            customers=[int(one) for one in customer_ids],
            starts_at=starts_at or now,
            ends_at=ends_at,
            created_at=now,
            updated_at=now,
        )
        self._ledger.keep_coupon(made)
        return str(made.id)

    def end_coupon(self, coupon_id: str) -> None:
        """Let a code be used no more."""
        coupon, now = self._ledger.coupons[coupon_id], self._ledger.now()
        coupon.ends_at = coupon.updated_at = now
        self._ledger.tell(("discounts/update", goods_payloads.coupon(coupon, now)))

    def delete_coupon(self, coupon_id: str) -> None:
        """Delete a code."""
        coupon = self._ledger.coupons.pop(coupon_id)
        body = goods_payloads.deleted_coupon(coupon, self._ledger.now())
        self._ledger.tell(("discounts/delete", body))
