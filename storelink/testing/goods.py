"""What a scripted store has besides orders: products, checkouts, reviews, coupons, notices."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from storelink.contracts.sandbox import Item
from storelink.contracts.store import FreeShipping
from storelink.errors import NotFound, WriteRefused
from storelink.models.contact import Contact
from storelink.models.coupon import Coupon, Offer
from storelink.models.enums import CouponKind, ProductStatus, ReviewStatus
from storelink.models.money import Money
from storelink.models.order import LineItem
from storelink.models.product import NewReview, ProductReview
from storelink.models.record import Notice, NoticeKind, Record, Snapshot
from storelink.models.ref import Kind, Ref
from storelink.testing.listing import Listed


class Goods(ABC):
    """The part of `FakeStore` that is not about orders. Each act raises a webhook."""

    def __init__(self) -> None:
        super().__init__()
        self._things: dict[Ref, Record] = {}
        self._shipping: dict[str, FreeShipping] = {}

    @abstractmethod
    def _new_id(self) -> str: ...

    @abstractmethod
    def _now(self) -> datetime: ...

    @abstractmethod
    def _raise(self, topic: str, snapshot: Snapshot) -> None: ...

    # -- as a script -----------------------------------------------------------------------------

    def sell(self, item: Item, **fields: Any) -> str:
        """Offer *item* as a product and return the id that orders of it name."""
        told = {"title": item.title, "status": ProductStatus.ACTIVE, "price": item.unit_price}
        return self._begin(
            Kind.PRODUCT, product_id(item), {**told, "reviews_allowed": True, **fields}
        )

    def begin_checkout(self, contact: Contact, items: Sequence[Item], **fields: Any) -> str:
        """Let somebody begin a checkout, and return its id."""
        checkout_id, currency = f"checkout-{self._new_id()}", items[0].unit_price.currency
        total = Money.total((item.unit_price * item.quantity for item in items), currency)
        told = {
            "contact": contact,
            "lines": lines_of(items),
            "currency": currency,
            "total": total,
            "url": f"https://shop.example/checkouts/{checkout_id}",
            "completed_at": None,
        }
        return self._begin(Kind.CHECKOUT, checkout_id, {**told, **fields})

    def register(self, contact: Contact, **fields: Any) -> str:
        """Let somebody open an account, and return its id."""
        told = contact.model_dump(exclude_none=True)
        return self._begin(Kind.CUSTOMER, self._new_id(), {**told, **fields})

    def review(self, product: str, contact: Contact, *, rating: int = 5, **fields: Any) -> str:
        """Let somebody review a product in the store, and return the review's id."""
        told = {
            "product_id": product,
            "email": contact.email,
            "author": contact.name,
            "rating": rating,
            "status": ReviewStatus.PUBLISHED,
            "verified": True,
        }
        return self._begin(Kind.REVIEW, self._new_id(), {**told, **fields})

    def issue(self, code: str, **fields: Any) -> str:
        """Make a coupon, and return its id."""
        told = {"code": code, "kind": CouponKind.PERCENT, "percent": 10, "active": True}
        return self._begin(Kind.COUPON, self._new_id(), {**told, **fields})

    def change(self, ref: Ref, **fields: Any) -> None:
        """Change a product, checkout, review or coupon."""
        before, now = self._things[ref], self._now()
        after = {**before.fields, **fields, **_time_of(ref.kind, now)}
        self._things[ref] = replace(before, fields=after, updated_at=now)
        self._raise(f"{ref.kind}.updated", Snapshot((self._things[ref],)))

    def remove(self, ref: Ref) -> None:
        """Delete a product, checkout, review or coupon; the webhook tells only its id."""
        del self._things[ref]
        gone = Record(kind=ref.kind, id=ref.id, deleted=True, needs_read="only an id")
        self._raise(f"{ref.kind}.deleted", Snapshot((gone,)))

    def notify(
        self,
        kind: NoticeKind,
        *,
        customer_id: str | None = None,
        order_ids: Sequence[str] = (),
        email: str | None = None,
    ) -> None:
        """Tell something that is the state of nothing."""
        about = (customer_id, tuple(order_ids), email)
        notice = Notice(kind, self._new_id(), self._now(), *about)
        self._raise(kind, Snapshot(notices=(notice,)))

    def ship_free(self, country: str, minimum: Money) -> None:
        """Let orders to a country ship for free from a worth of *minimum* on."""
        self._shipping[country] = FreeShipping(minimum)

    # -- as an adapter ---------------------------------------------------------------------------

    def issue_coupon(self, offer: Offer) -> Coupon:
        """Make a code that one person can use once; asked again, the same one is returned."""
        terms: dict[str, Any] = {
            "code": offer.code,
            "kind": CouponKind.PERCENT if offer.percent else CouponKind.AMOUNT,
            "percent": offer.percent,
            "amount": offer.amount,
            "minimum": offer.minimum,
            "usage_limit": 1,
            "emails": (offer.email,) if offer.email else (),
            "customer_ids": (offer.customer_id,) if offer.customer_id else (),
            "expires_at": offer.expires_at,
        }
        known = self._coupon(offer.code)
        key = known.id if known else self.issue(**terms)
        held = self._things[Ref(kind=Kind.COUPON, id=key)]
        if any(held.fields.get(name) != term for name, term in terms.items()):
            raise WriteRefused("the code is taken by another coupon", code="taken")
        return Coupon(id=key, store="", **held.fields)

    def withdraw_coupon(self, code: str) -> None:
        """Let a code be used no more; one that does not exist is fine."""
        known = self._coupon(code)
        if known is not None:
            self.change(known.ref, active=False)

    def post_review(self, review: NewReview) -> ProductReview:
        """Take a review and hold it; asked again, the same one is returned."""
        told: dict[str, Any] = {
            "product_id": review.product_id,
            "email": review.email,
            "author": review.author,
            "rating": review.rating,
            "text": review.text,
        }
        product = self._things.get(Ref(kind=Kind.PRODUCT, id=review.product_id))
        if product is not None and not product.fields["reviews_allowed"]:
            raise WriteRefused("the shop takes no reviews of this product", code="closed")
        key = next(
            (
                ref.id
                for ref, one in self._things.items()
                if ref.kind is Kind.REVIEW and told.items() <= one.fields.items()
            ),
            None,
        )
        key = key or self._begin(
            Kind.REVIEW, self._new_id(), {**told, "status": ReviewStatus.HELD, "verified": True}
        )
        held = self._things[Ref(kind=Kind.REVIEW, id=key)]
        return ProductReview(id=key, store="", **held.fields)

    def shipping_offers(self, country: str) -> Sequence[FreeShipping]:
        """Return from which worth on shipping to a country is free."""
        found = self._shipping.get(country)
        return [found] if found else []

    # -- inside ----------------------------------------------------------------------------------

    def _coupon(self, code: str) -> Record | None:
        coupons = (one for ref, one in self._things.items() if ref.kind is Kind.COUPON)
        return next((one for one in coupons if one.fields["code"] == code), None)

    def _thing(self, ref: Ref) -> Snapshot:
        if ref not in self._things:
            raise NotFound(f"there is no {ref.kind} of that id")
        return Snapshot((self._things[ref],))

    def _things_of(self, kind: Kind) -> list[Listed]:
        return [
            Listed(record.updated_at, ref.id, record.fields["created_at"])
            for ref, record in self._things.items()
            if ref.kind is kind and record.updated_at is not None
        ]

    def _begin(self, kind: Kind, key: str, fields: dict[str, Any]) -> str:
        ref, now = Ref(kind=kind, id=key), self._now()
        told = {"created_at": now, **_time_of(kind, now), **fields}
        self._things[ref] = Record(kind=kind, id=key, updated_at=now, fields=told)
        self._raise(f"{kind}.created", Snapshot((self._things[ref],)))
        return key


def product_id(item: Item) -> str:
    """Return the id of the product that *item* is of."""
    return item.product_id or f"product-{item.title}"


def lines_of(items: Sequence[Item]) -> tuple[LineItem, ...]:
    """Return *items* as the lines of an order or a checkout."""
    return tuple(
        LineItem(
            id=str(index + 1),
            title=item.title,
            product_id=product_id(item),
            quantity=item.quantity,
            unit_price=item.unit_price,
            total=item.unit_price * item.quantity,
            requires_shipping=item.requires_shipping,
        )
        for index, item in enumerate(items)
    )


def _time_of(kind: Kind, now: datetime) -> dict[str, datetime]:
    """Return the time of change, for the models that have one."""
    return {} if kind is Kind.REVIEW else {"updated_at": now}
