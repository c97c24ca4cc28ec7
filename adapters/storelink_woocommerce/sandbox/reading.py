"""The present truth of the store, in the terms of the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from operator import itemgetter
from typing import Any

from storelink.errors import NotFound
from storelink.models.record import Snapshot
from storelink.models.ref import Kind, Ref
from storelink.toolkit.payload import parse_json
from storelink_woocommerce import coupons, normalize, products
from storelink_woocommerce.sandbox import parcels, views
from storelink_woocommerce.sandbox.refusals import Refusal
from storelink_woocommerce.sandbox.site import encode
from storelink_woocommerce.sandbox.world import World


def read(world: World, ref: Ref) -> Snapshot:
    """Return what the REST API would tell of one object, whole.

    Raises:
        NotFound: it does not exist, or is read with its order only.
    """
    number = int(ref.id) if ref.id.isdecimal() else 0
    try:
        if ref.kind is Kind.ORDER:
            return _order(world, number)
        says = _readers(world.site.currency)[ref.kind]
        return says(_exact(world.body(f"{ref.kind}s", number)))
    except (Refusal, KeyError):
        raise NotFound(f"there is no {ref.kind} of that id") from None


def _order(world: World, number: int) -> Snapshot:
    body = world.order_body(number)
    given = sorted(world.refunds.get(number, ()), key=itemgetter("id"))
    refunds = [views.refund(world.site, row) for row in given]
    sent = [parcels.read_back(one) for one in world.fulfillments.get(number, ())]
    return normalize.order_read(
        _exact(body),
        refunds=_exact(refunds),
        fulfillments=_exact(sent) if world.site.has_fulfillments else None,
    )


def _exact(body: Any) -> Any:
    """Return a body as a client reads it from the wire."""
    return parse_json(encode(body))


def _readers(currency: str) -> Mapping[Kind, Callable[[Mapping[str, Any]], Snapshot]]:
    """Return what reads the bodies of each kind."""
    return {
        Kind.CUSTOMER: normalize.customer,
        Kind.PRODUCT: partial(products.product, currency=currency),
        Kind.COUPON: partial(coupons.coupon, currency=currency),
        Kind.REVIEW: products.review,
    }
