"""What a shop has, how it is asked for it, and what its answers say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any

from storelink.errors import NotFound, StoreUnavailable
from storelink.models.enums import OrderStatus
from storelink.models.record import Snapshot
from storelink.models.ref import Kind
from storelink.toolkit.payload import Reader
from storelink_woocommerce import coupons, leaps, normalize, products
from storelink_woocommerce.paging import List, Params
from storelink_woocommerce.trouble import Answer, Trouble

if TYPE_CHECKING:
    from storelink_woocommerce.client import Client


@dataclass(frozen=True, slots=True)
class Resource:
    """Where the objects of one kind are.

    Attributes:
        path: of the list.
        all: what the list must be asked, to leave out as little as it can.
        trash: what lists the trash, too; `None` where there is none, or it is not shown.
        tells_changes: the list can be asked for what changed; otherwise only for what is new.
    """

    path: str
    all: Params = field(default_factory=dict)
    trash: Params | None = None
    tells_changes: bool = True


_ANY: Params = {"status": "any"}
_TRASH: Params = {"status": "trash"}
_ALL: Params = {"status": "all"}

RESOURCES: Mapping[Kind, Resource] = {
    # "any" leaves out the trash and drafts of the checkout, and cannot be combined (recorded).
    Kind.ORDER: Resource("orders", _ANY, _TRASH),
    # By default only the role "customer" is listed; plugins give buyers others ("subscriber").
    Kind.CUSTOMER: Resource("customers", {"role": "all"}, tells_changes=False),
    Kind.PRODUCT: Resource("products", _ANY, _TRASH),
    Kind.COUPON: Resource("coupons"),
    Kind.REVIEW: Resource("products/reviews", _ALL, tells_changes=False),
}
"""What can be read and listed."""


def number(key: str) -> str:
    """Return an id as it is in an address: the ids of WooCommerce are numbers.

    Raises:
        NotFound: it is none.
    """
    if not (key.isascii() and key.isdecimal()):
        raise NotFound("the ids of WooCommerce are whole numbers")
    return key


@dataclass(slots=True)
class Shop:
    """One shop: its client, and what its answers mean.

    Attributes:
        statuses: what the shop's own order statuses mean.
        known_currency: what it sells in, if that was configured.
        birthday_meta: the key of the accounts' `meta_data` that has the birthday.
    """

    client: Client
    statuses: Mapping[str, OrderStatus]
    known_currency: str | None = None
    birthday_meta: str | None = None
    _asked_currency: str | None = field(default=None, repr=False)
    _asked_zone: tzinfo | None = field(default=None, repr=False)

    def currency(self) -> str:
        """Return what the shop sells in; it is asked once."""
        known = self.known_currency or self._asked_currency
        if known is None:
            answer = self.client.get("data/currencies/current")
            known = self._asked_currency = Reader(answer.body, "currency").id("code")
        return known

    def zone(self) -> tzinfo:
        """Return the site's time zone, or one without leaps if it is not told; it is asked once."""
        if self._asked_zone is None:
            told = self.client.ask("GET", "", {"_fields": "timezone_string"}, namespace="")
            if isinstance(told, Trouble) and issubclass(told.kind, StoreUnavailable):
                return UTC
            self._asked_zone = UTC if isinstance(told, Trouble) else leaps.zone(told.data)
        return self._asked_zone

    def ask(self, path: str, params: Params) -> Answer:
        """Ask for a list."""
        if "dates_are_gmt" in params:
            params = leaps.around(params, self.zone())
        return self.client.get(path, params)

    def list(self, kind: Kind, params: Params) -> List:
        """Return the list of the objects of *kind* for which *params* hold."""
        return List(self.ask, RESOURCES[kind].path, params)

    def says(self, kind: Kind, body: Mapping[str, Any]) -> Snapshot:
        """Say what an answer says of one object.

        Raises:
            PayloadError: it cannot be understood.
        """
        return self._reading[kind](body)

    @property
    def _reading(self) -> Mapping[Kind, Callable[[Mapping[str, Any]], Snapshot]]:
        return {
            Kind.ORDER: lambda body: normalize.order(body, statuses=self.statuses),
            Kind.CUSTOMER: lambda body: normalize.customer(body, birthday_meta=self.birthday_meta),
            Kind.PRODUCT: lambda body: products.product(body, currency=self.currency()),
            Kind.COUPON: lambda body: coupons.coupon(body, currency=self.currency()),
            Kind.REVIEW: products.review,
        }
