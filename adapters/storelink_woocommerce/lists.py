"""What changed in a shop, all that it has, and how many."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from storelink.contracts.manifest import Capability
from storelink.contracts.store import Page
from storelink.errors import PayloadError, Unsupported
from storelink.models.record import Snapshot
from storelink.models.ref import Kind
from storelink.toolkit.contact import is_order_of
from storelink.toolkit.payload import Reader
from storelink_woocommerce import values
from storelink_woocommerce.paging import (
    CREATED,
    MODIFIED,
    PER_PAGE,
    SECOND,
    List,
    Params,
    Place,
    Row,
    Stretch,
    gmt_text,
)
from storelink_woocommerce.shop import RESOURCES, Resource, Shop

log = logging.getLogger(__name__)

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of one shop."""

    shop: Shop

    def changed(self, kind: Kind, *, start: datetime | None, cursor: str | None) -> Page:
        """List what changed from *start* on; of accounts and reviews, what is new since."""
        resource = _resource(kind)
        place = Place.parse(cursor) or Place.begin(start)
        walk = self._changed if resource.tells_changes else self._new
        return self._page(kind, walk(kind, resource, place))

    def history(self, kind: Kind, *, cursor: str | None) -> Page:
        """List all objects, oldest first."""
        resource = _resource(kind)
        place = Place.parse(cursor) or Place()
        whole = self.shop.list(kind, resource.all)
        walk = whole.by_time(place, CREATED) if resource.tells_changes else whole.by_id(place)
        return self._page(kind, walk)

    def count(self, kind: Kind, start: datetime | None, end: datetime | None) -> int | None:
        """Count what was created from *start* on and before *end*."""
        if kind is Kind.CUSTOMER and (start or end):
            return None  # accounts cannot be asked for by time
        asked = self._created(kind, start, end, per_page="1", _fields="id")
        return asked.ask(asked.path, asked.params).total

    def ids(self, kind: Kind, start: datetime | None, end: datetime | None) -> Sequence[str]:
        """Return the ids of what was created from *start* on and before *end*."""
        asked = self._created(kind, start, end, _fields=f"id,{CREATED.field}")
        return [
            Reader(row, kind).id("id") for row in asked.everything() if _is_within(row, start, end)
        ]

    def orders_of(self, email: str) -> list[Snapshot]:
        """Return the newest orders whose billing address has this e-mail address.

        `search` looks for it in much else, too (`OrdersTableSearchQuery`, and `wc_order_search`
        where orders are kept as posts): what only contains it is left out.
        """
        newest = {"search": email, "orderby": "date", "order": "desc", "per_page": str(PER_PAGE)}
        resource = _resource(Kind.ORDER)
        rows = self.shop.ask(resource.path, {**resource.all, **newest}).rows
        return [one for one in self._snapshots(Kind.ORDER, rows) if is_order_of(one, email)]

    def _created(
        self, kind: Kind, start: datetime | None, end: datetime | None, **params: str
    ) -> List:
        edges = _window(kind, start, end)
        return self.shop.list(kind, {**_resource(kind).all, **edges, **params})

    def _changed(self, kind: Kind, resource: Resource, place: Place) -> Stretch:
        """Walk through what changed, and then through what was thrown away."""
        params = resource.trash if place.part and resource.trash else resource.all
        stretch = self.shop.list(kind, params).by_time(place, MODIFIED)
        if stretch.onward is None and not place.part and resource.trash:
            return replace(stretch, onward=replace(Place.begin(place.start), part=1))
        return stretch

    def _new(self, kind: Kind, resource: Resource, place: Place) -> Stretch:
        """Walk through what is new. Both lists ignore `modified_after` (recorded)."""
        # Reviews are compared in the site's time, of which one hour comes twice in autumn.
        start = place.start - HOUR if place.start else None
        whole = self.shop.list(kind, {**resource.all, **_window(kind, start, None)})
        if place.start is None:
            return whole.by_id(place)
        # Accounts cannot be asked for by time at all: newest first, until a page is all older.
        is_account = kind is Kind.CUSTOMER
        stretch = whole.by_id(place, newest_first=is_account)
        new = [row for row in stretch.rows if _is_within(row, place.start, None)]
        is_past = is_account and stretch.rows and not new
        return replace(stretch, rows=new, onward=None if is_past else stretch.onward)

    def _page(self, kind: Kind, stretch: Stretch) -> Page:
        cursor = None if stretch.onward is None else str(stretch.onward)
        return Page(tuple(self._snapshots(kind, stretch.rows)), cursor, stretch.total)

    def _snapshots(self, kind: Kind, rows: Iterable[Row]) -> Iterable[Snapshot]:
        for row in rows:
            try:
                yield self.shop.says(kind, row)
            except PayloadError as error:
                # One odd object must not hold up all others; read by itself, it is refused again.
                log.warning("%s %s of a list is left out: %s", kind, row.get("id"), error)


def _resource(kind: Kind) -> Resource:
    if kind not in RESOURCES:
        raise Unsupported("WooCommerce", f"{Capability.LIST} ({kind})")
    return RESOURCES[kind]


def _window(kind: Kind, start: datetime | None, end: datetime | None) -> Params:
    """Ask for what was created in whole seconds from *start* on and before *end*.

    WooCommerce's edges are both exclusive. Reviews do not know `dates_are_gmt`, and need the `Z`
    (`WC_REST_Product_Reviews_Controller::get_items`, `WP_Date_Query::build_mysql_datetime`).
    """
    edges = {
        CREATED.after: _whole(start) - SECOND if start else None,
        CREATED.before: _whole(end) if end else None,
    }
    known = {name: gmt_text(at) for name, at in edges.items() if at and kind is not Kind.CUSTOMER}
    if kind is Kind.REVIEW:
        return {name: f"{text}Z" for name, text in known.items()}
    return {**known, "dates_are_gmt": "true"} if known else {}


def _whole(at: datetime) -> datetime:
    """Return the first whole second that is not before *at*."""
    second = at.astimezone(UTC).replace(microsecond=0)
    return second if second == at else second + SECOND


def _is_within(row: Row, start: datetime | None, end: datetime | None) -> bool:
    at = values.gmt_or_none(Reader(row, "row"), CREATED.field)
    if at is None:
        return True
    return (start is None or at >= start) and (end is None or at < end)
