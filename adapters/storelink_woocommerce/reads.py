"""Reading single objects, and several in as few calls as WooCommerce allows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from storelink.contracts.manifest import Capability
from storelink.errors import NotFound, PayloadError, StoreError, Unsupported
from storelink.models.record import Snapshot
from storelink.models.ref import Kind, Ref
from storelink.toolkit.payload import Reader
from storelink_woocommerce import normalize, products
from storelink_woocommerce.orders import OrderBody
from storelink_woocommerce.paging import PER_PAGE, List
from storelink_woocommerce.returning import Returning
from storelink_woocommerce.shop import RESOURCES, Shop, number
from storelink_woocommerce.trouble import NoRoute

FEATURE_LOOK = 3600.0
"""Seconds until a shop is asked again whether it has fulfillments now."""

Body = Mapping[str, Any]
Outcome = Snapshot | StoreError | PayloadError


@dataclass(slots=True)
class Reads:
    """The reading of one shop's objects."""

    shop: Shop
    _no_fulfillments_until: float = field(default=0.0, repr=False)

    def read(self, ref: Ref) -> Snapshot:
        """Read the present state of one object, whole."""
        if ref.kind is Kind.RETURN:
            return Returning(self.shop).read(ref.id)
        path = f"{_path(ref.kind)}/{number(ref.id)}"
        return self._whole(ref.kind, self.shop.client.get(path).body)

    def read_many(self, refs: Sequence[Ref]) -> Mapping[Ref, Outcome]:
        """Read several objects: a list by ids for each kind, and what each order needs besides.

        What the list leaves out, for example orders in the trash, is read by itself.
        """
        outcomes: dict[Ref, Outcome] = {}
        for some in _batches(dict.fromkeys(refs)):
            bodies = self._listed(some)
            for ref in some:
                outcomes[ref] = self._outcome(ref, bodies.get(ref.id))
        return outcomes

    def _outcome(self, ref: Ref, body: Body | None) -> Outcome:
        try:
            return self.read(ref) if body is None else self._whole(ref.kind, body)
        except (NotFound, PayloadError) as error:
            return error

    def _listed(self, refs: Sequence[Ref]) -> Mapping[str, Body]:
        """Return the bodies of *refs*, all of one kind, as far as their list shows them, by id."""
        numbers = [ref.id for ref in refs if ref.id.isdecimal()]
        kind = refs[0].kind
        # One is read by itself, and so is what has no list.
        if len(numbers) < 2 or kind not in RESOURCES:  # noqa: PLR2004
            return {}
        only = {"include": ",".join(numbers), "per_page": str(PER_PAGE)}
        params = {**RESOURCES[kind].all, **only}
        rows = self.shop.client.get(_path(kind), params).rows
        return {Reader(row, kind).id("id"): row for row in rows}

    def _whole(self, kind: Kind, body: Body) -> Snapshot:
        if kind is Kind.ORDER:
            return self._order(body)
        if kind is Kind.PRODUCT and body.get("type") == products.VARIATION:
            raise NotFound("this is a variation; the product is its parent")
        return self.shop.says(kind, body)

    def _order(self, body: Body) -> Snapshot:
        """Read what an order's body leaves out, if it has any of it."""
        order = OrderBody.of(body, self.shop.statuses)
        has_refunds = bool(order.reader.objects("refunds"))
        return normalize.order_read(
            body,
            refunds=self._refunds(order.id) if has_refunds else (),
            fulfillments=self._fulfillments(order.id) if order.has_fulfillments else None,
            statuses=self.shop.statuses,
        )

    def _refunds(self, order_id: str) -> Sequence[Body]:
        return list(List(self.shop.client.get, f"orders/{order_id}/refunds", {}).everything())

    def _fulfillments(self, order_id: str) -> Sequence[Body] | None:
        """Return an order's fulfillments; `None` if the shop does not have this feature.

        It is off by default; then there is no such route.
        """
        clock = self.shop.client.wire.monotonic
        if clock() < self._no_fulfillments_until:
            return None
        try:
            return self.shop.client.get(f"orders/{order_id}/fulfillments").rows
        except NoRoute:
            self._no_fulfillments_until = clock() + FEATURE_LOOK
            return None


def _batches(refs: Iterable[Ref]) -> Iterator[list[Ref]]:
    """Return *refs* in parts of one kind that fit into one list."""
    by_kind: dict[Kind, list[Ref]] = {}
    for ref in refs:
        by_kind.setdefault(ref.kind, []).append(ref)
    for some in by_kind.values():
        for first in range(0, len(some), PER_PAGE):
            yield some[first : first + PER_PAGE]


def _path(kind: Kind) -> str:
    if kind not in RESOURCES:
        raise Unsupported("WooCommerce", f"{Capability.READ} ({kind})")
    return RESOURCES[kind].path
