"""Lists: which objects, in which order, which page, and the headers that say so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from storelink_woocommerce.sandbox import ordering, views
from storelink_woocommerce.sandbox.calls import Call, check, list_checks, moment
from storelink_woocommerce.sandbox.order_table import Head, Wanted, seconds
from storelink_woocommerce.sandbox.refusals import Reply
from storelink_woocommerce.sandbox.site import Row
from storelink_woocommerce.sandbox.world import TRASH, World

Keep = Callable[[Row], bool]

_PER_PAGE = 10
_ORDERBY = ("date", "id", "include", "title", "slug", "modified")
_ORDER_CHECKS = list_checks(_ORDERBY, ("any", "trash", *ordering.STATUSES))
_POST_CHECKS = list_checks((*_ORDERBY, "price", "popularity", "rating", "menu_order"))
_CUSTOMER_CHECKS = list_checks(("id", "include", "name", "registered_date"))
_REVIEW_CHECKS = list_checks(("date", "date_gmt", "id", "include", "product"))
_SHOWN = frozenset({"approved", "hold"})
"""What WordPress means by "all" comments: neither spam nor the trash (`WP_Comment_Query`)."""
_HOOK_CHECKS = list_checks(("date", "id", "include", "title", "slug"))


def orders(world: World, call: Call) -> Reply:
    """Answer `GET /orders`."""
    check(call.query, _ORDER_CHECKS)
    statuses = call.words("status") or ["any"]
    wanted = Wanted(
        # `any` beside other words changes nothing: drafts stay out
        statuses=() if "any" in statuses else statuses,
        created=_span(world, call, "after", "before"),
        modified=_span(world, call, "modified_after", "modified_before"),
        include=call.numbers("include"),
        exclude=frozenset(call.numbers("exclude")),
        matches=_matching(world, call),
        orderby=call.text("orderby", "date"),
        descending=call.text("order", "desc") == "desc",
        offset=_offset(call),
        limit=call.number("per_page", _PER_PAGE),
    )
    total, ids = world.orders.find(wanted)
    call.extra["ids"] = ids
    defaults: dict[str, Any] = {} if "status" in call.query else {"status": ["any"]}
    defaults |= {"dp": "2", "context": "view"} if ids else {}
    return _page(world, call, total, [world.order_body(one) for one in ids], defaults)


def refunds(world: World, call: Call) -> Reply:
    """Answer `GET /refunds`: of all orders, each with its order's id."""
    check(call.query, _POST_CHECKS)
    rows = [row for given in world.refunds.values() for row in given]
    total, shown = _posts(world, call, [{"modified": row["created"], **row} for row in rows])
    bodies = [views.refund(world.site, row, with_parent=True) for row in shown]
    return _page(world, call, total, bodies, {"dp": "2"})


def refunds_of(world: World, call: Call) -> Reply:
    """Answer `GET /orders/{id}/refunds`; of an order that does not exist there are none."""
    check(call.query, _POST_CHECKS)
    rows = world.refunds.get(call.ids[0], [])
    total, shown = _posts(world, call, [{"modified": row["created"], **row} for row in rows])
    bodies = [views.refund(world.site, row) for row in shown]
    return _page(world, call, total, bodies, {"dp": "2"} if bodies else {})


def products(world: World, call: Call) -> Reply:
    """Answer `GET /products`."""
    check(call.query, _POST_CHECKS)
    same = ("sku", "type", "stock_status", "slug")
    kept = _kept(world.products.values(), call, same, searched=("name", "sku"))
    total, shown = _posts(world, call, kept)
    return _page(world, call, total, [views.product(world.site, row) for row in shown])


def variations(world: World, call: Call) -> Reply:
    """Answer `GET /products/{id}/variations`."""
    check(call.query, _POST_CHECKS)
    parent = world.find("products", call.ids[0])
    rows = [row for row in world.variations.values() if row["parent_id"] == parent["id"]]
    total, shown = _posts(world, call, rows)
    return _page(world, call, total, [views.variation(world.site, row) for row in shown])


def coupons(world: World, call: Call) -> Reply:
    """Answer `GET /coupons`; a code is found in any case."""
    check(call.query, _POST_CHECKS)
    code = call.text("code").lower()
    rows = [row for row in world.coupons.values() if code in {"", row["code"]}]
    total, shown = _posts(world, call, _kept(rows, call, (), searched=("code",)))
    return _page(world, call, total, [views.coupon(world.site, row) for row in shown])


def customers(world: World, call: Call) -> Reply:
    """Answer `GET /customers`: accounts, by name; they cannot be asked for by their change."""
    check(call.query, _CUSTOMER_CHECKS)
    role, email = call.text("role", "customer"), call.text("email").casefold()
    rows = [
        row
        for row in _kept(world.customers.values(), call, (), searched=("email", "username"))
        if role in {"all", row["role"]} and email in {"", row["email"].casefold()}
    ]
    key = {"id": "id", "registered_date": "created"}.get(call.text("orderby"), "username")
    total, shown = _cut(call, rows, lambda row: (row[key], row["id"]), descending=False)
    return _page(world, call, total, [views.customer(world.site, row) for row in shown])


def reviews(world: World, call: Call) -> Reply:
    """Answer `GET /products/reviews`: the approved ones, unless others are asked for."""
    check(call.query, _REVIEW_CHECKS)
    status, about = call.text("status", "approved"), call.numbers("product")
    email = call.text("reviewer_email").casefold()
    rows = [
        row
        for row in _kept(world.reviews.values(), call, (), searched=("review", "reviewer"))
        if (row["status"] in _SHOWN if status == "all" else row["status"] == status)
        and (not about or row["product_id"] in about)
        and email in {"", row["reviewer_email"].casefold()}
    ]
    # only the column in the site's time is compared (`WP_Comment_Query`)
    after, before = (_local(at, world) for at in _instants(world, call, "after", "before"))
    rows = [row for row in rows if _between(_local(row["created"], world), (after, before))]
    total, shown = _cut(call, rows, lambda row: (row["created"], row["id"]), descending=True)
    bodies = [views.review(world.site, row, world.product_of(row)) for row in shown]
    defaults = {"product": call.words("product")} if about else {}
    return _page(world, call, total, bodies, defaults)


def webhooks(world: World, call: Call) -> Reply:
    """Answer `GET /webhooks`, the newest first; with `offset` always from the first on.

    A slip of WooCommerce: what is given is not handed on (`WC_REST_Webhooks_V1_Controller`).
    """
    check(call.query, _HOOK_CHECKS)
    if call.number("offset"):
        call = replace(call, data={**call.data, "offset": 0})
    status = call.text("status", "all")
    hooks = world.outgoing.hooks.values()
    rows = [row for row in hooks if status in {"all", row["status"]}]
    rows = _kept(rows, call, (), searched=("name",))
    total, shown = _cut(call, rows, lambda row: (row["id"],), descending=True)
    return _page(world, call, total, [views.webhook(world.site, row) for row in shown])


def notes(world: World, call: Call) -> Reply:
    """Answer `GET /orders/{id}/notes`: all of them, the newest first."""
    order = world.order(call.ids[0])
    kind = call.text("type", "any")
    shown = [
        views.note(world.site, row)
        for row in reversed(world.notes.get(order["id"], []))
        if kind == "any" or row["customer_note"] == (kind == "customer")
    ]
    return Reply(shown)


def _matching(world: World, call: Call) -> Callable[[int, Head], bool] | None:
    """Return the conditions that only the order itself can answer."""
    if "customer" in call.query:
        wanted = call.number("customer")
        return lambda number, head: head.customer == wanted
    text = call.text("search").casefold()
    if not text:
        return None
    found = {row["id"] for row in world.orders.rows() if text in _searched(row)}
    return lambda number, head: number in found or str(number) == text


def _searched(order: Row) -> str:
    person = order["billing"]
    names = ("first_name", "last_name", "email", "phone")
    return " ".join([order["number"], *(person[name] for name in names)]).casefold()


def _kept(rows: Iterable[Row], call: Call, same: tuple[str, ...], searched: Any) -> list[Row]:
    """Return the rows that every simple filter of the query lets through."""
    include, exclude = call.numbers("include"), call.numbers("exclude")
    search = call.text("search").casefold()
    return [
        row
        for row in rows
        if (not include or row["id"] in include)
        and row["id"] not in exclude
        and all(str(row[name]) == call.text(name) for name in same if name in call.query)
        and (not search or any(search in str(row[name]).casefold() for name in searched))
    ]


def _posts(world: World, call: Call, rows: Iterable[Row]) -> tuple[int, list[Row]]:
    """Return the page of what WordPress keeps as posts."""
    status = call.text("status", "any")
    created = _instants(world, call, "after", "before")
    modified = _instants(world, call, "modified_after", "modified_before")
    kept = [
        row
        for row in rows
        if _is_shown(row.get("status"), status)
        and _between(row["created"], created)
        and _between(row["modified"], modified)
    ]
    key = {"id": "id", "modified": "modified"}.get(call.text("orderby"), "created")
    return _cut(call, kept, lambda row: (row[key], row["id"]), descending=True)


def _is_shown(status: str | None, wanted: str) -> bool:
    if status is None:
        return True
    return status != TRASH if wanted == "any" else status == wanted


def _cut(
    call: Call, rows: list[Row], key: Callable[[Row], Any], *, descending: bool
) -> tuple[int, list[Row]]:
    order = call.text("order", "desc" if descending else "asc")
    rows = sorted(rows, key=key, reverse=order == "desc")
    start = _offset(call)
    return len(rows), rows[start : start + call.number("per_page", _PER_PAGE)]


def _offset(call: Call) -> int:
    if "offset" in call.query:
        return call.number("offset")
    return (call.number("page", 1) - 1) * call.number("per_page", _PER_PAGE)


def _instants(
    world: World, call: Call, after: str, before: str
) -> tuple[datetime | None, datetime | None]:
    return moment(call, after, world.site), moment(call, before, world.site)


def _local(at: Any, world: World) -> Any:
    return at and at.astimezone(world.site.zone).replace(tzinfo=None)


def _span(world: World, call: Call, after: str, before: str) -> tuple[int | None, int | None]:
    start, end = _instants(world, call, after, before)
    return seconds(start) if start else None, seconds(end) if end else None


def _between(at: datetime, span: tuple[datetime | None, datetime | None]) -> bool:
    """Both ends are exclusive."""
    after, before = span
    return (after is None or at > after) and (before is None or at < before)


def _page(
    world: World,
    call: Call,
    total: int,
    bodies: list[Row],
    defaults: Mapping[str, Any] | None = None,
) -> Reply:
    """Return a page; one beyond the end is empty, and says that there are none at all."""
    if not bodies and _offset(call):
        total = 0
    pages = -(-total // call.number("per_page", _PER_PAGE))
    headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)}
    args = _linked(call, defaults or {})
    page = call.number("page", 1)
    links = []
    if page > 1:
        links.append(_link(world, call, args, min(page - 1, pages), "prev"))
    if page < pages:
        links.append(_link(world, call, args, page + 1, "next"))
    return Reply(bodies, headers=headers | ({"Link": ", ".join(links)} if links else {}))


def _linked(call: Call, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the query as links repeat it: lists taken apart, true written as 1."""
    lists = {"status": call.words("status")} if "status" in call.query else {}
    args = dict(call.query) | lists | dict(defaults)
    return {name: "1" if value == "true" else value for name, value in args.items()}


def _link(world: World, call: Call, args: Mapping[str, Any], page: int, rel: str) -> str:
    flat: list[tuple[str, str]] = []
    for name, value in {**args, "page": str(page)}.items():
        if isinstance(value, list):
            flat += [(f"{name}[{index}]", one) for index, one in enumerate(value)]
        else:
            flat.append((name, value))
    address = world.site.rest(call.path)
    return f'<{address}{"&" if "?" in address else "?"}{urlencode(flat)}>; rel="{rel}"'
