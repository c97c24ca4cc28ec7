"""The REST API: from a request to the handler that answers it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from storelink_woocommerce.sandbox import desks, listing, ordering, parcels, refunding, views, zones
from storelink_woocommerce.sandbox.auth import Key
from storelink_woocommerce.sandbox.calls import Call
from storelink_woocommerce.sandbox.desks import Desk
from storelink_woocommerce.sandbox.refusals import (
    UNAUTHORIZED,
    Refusal,
    Reply,
    no_route,
)
from storelink_woocommerce.sandbox.site import NAMESPACE, VERSION, Row
from storelink_woocommerce.sandbox.world import World

Handler = Callable[[World, Call], Reply]
Handlers = Mapping[str, Handler]

_CREATED = 201
_AST = ("wc-ast/v3", "wc-shipment-tracking/v3")
_WRITES = ("POST", "PUT", "PATCH")
_SLASHED = re.compile(r"\\(.?)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Route:
    """One address of the API, with what answers each method.

    Attributes:
        allowed: the methods that WooCommerce has there, where the sandbox has not all of them.
    """

    pattern: re.Pattern[str]
    handlers: Handlers
    namespaces: tuple[str, ...] = (NAMESPACE,)
    is_there: Callable[[World], bool] = lambda world: True

    allowed: tuple[str, ...] = ()

    def allow_of(self, method: str) -> str:
        """Return what the header `Allow` says; nothing, if nobody answers *method*."""
        return ", ".join(self.allowed or self.handlers) if method in self.handlers else ""


def find(world: World, namespace: str, path: str) -> tuple[Route, tuple[int, ...]]:
    """Return the route of an address, and the numbers in it.

    Raises:
        Refusal: there is none.
    """
    for route in ROUTES:
        found = route.pattern.fullmatch(path)
        if found and namespace in route.namespaces and route.is_there(world):
            return route, tuple(int(one) for one in found.groups())
    raise no_route()


def answer(world: World, route: Route, call: Call, key: Key | None) -> Reply:
    """Answer one call.

    Raises:
        Refusal: nobody who may not ask is answered, nor what cannot be done.
    """
    handler = route.handlers.get(call.method)
    if handler is None:
        raise no_route()
    if key is None:
        raise _anonymous(call)
    if call.method != "GET":
        world.outgoing.run_due()
    return handler(world, call)


def is_about_nobody(world: World, call: Call) -> bool:
    """Say whether a call names an account that does not exist, or not any more.

    Nothing is allowed there, so that the header `Allow` is missing.
    """
    is_account = call.path.startswith("customers/") and bool(call.ids)
    return is_account and call.ids[0] not in world.customers


def _anonymous(call: Call) -> Refusal:
    """Refuse somebody whom nobody knows, in the words of each method."""
    if call.method == "GET" and "fulfillments" in call.path:
        return _may_not("view", "Sorry, you cannot view resources.")
    if call.method == "GET":
        is_one = call.path.rpartition("/")[2].isdecimal()
        text = "view this resource" if is_one else "list resources"
        return _may_not("view", f"Sorry, you cannot {text}.")
    if call.path.endswith("/batch"):
        text = "Sorry, you are not allowed to batch manipulate this resource."
        return _may_not("batch", text)
    act = {"POST": "create", "DELETE": "delete"}.get(call.method, "edit")
    what = "resources" if act == "create" else "this resource"
    return _may_not(act, f"Sorry, you are not allowed to {act} {what}.")


def _may_not(act: str, text: str) -> Refusal:
    return Refusal(UNAUTHORIZED, f"woocommerce_rest_cannot_{act}", text)


def index(world: World) -> Row:
    """Return what `/wp-json/` says of the site."""
    return {
        "name": "Sandbox",
        "description": "",
        "url": world.site.url,
        "home": world.site.url,
        "gmt_offset": str(world.site.now().astimezone(world.site.zone).utcoffset()),
        "timezone_string": str(world.site.zone),
        "namespaces": ["oembed/1.0", "wc/v1", "wc/v2", "wc/v3", "wc/store/v1", "wp/v2"],
        "authentication": [],
        "routes": {},
    }


# -- refunds, notes, fulfillments: parts of an order ---------------------------------------------


def _refund_get(world: World, call: Call) -> Reply:
    world.order(call.ids[0])
    return Reply(views.refund(world.site, desks.refund_of(world, *call.ids)))


def _refund_post(world: World, call: Call) -> Reply:
    row = refunding.create(world, world.order(call.ids[0]), call.data)
    # the pattern of the route stands in the address: a slip of WooCommerce
    place = world.site.rest(rf"orders/(?P<order_id>[\d]+)/refunds/{row['id']}")
    return Reply(views.refund(world.site, row), _CREATED, {"Location": place})


def _refund_delete(world: World, call: Call) -> Reply:
    row = desks.refund_of(world, *call.ids)
    if not call.flag("force"):
        raise Refusal(501, "woocommerce_rest_trash_not_supported", "Refunds cannot be trashed.")
    return Reply(views.refund(world.site, refunding.remove(world, call.ids[0], row["id"])))


def _note_post(world: World, call: Call) -> Reply:
    order = world.order(call.ids[0])
    text = _SLASHED.sub(r"\1", call.text("note"))  # as `wp_unslash` does
    row = world.add_note(order["id"], text, to_customer=call.flag("customer_note"))
    place = world.site.rest(f"orders/{order['id']}/notes/{row['id']}")
    return Reply(views.note(world.site, row), _CREATED, {"Location": place})


def _note_get(world: World, call: Call) -> Reply:
    return Reply(views.note(world.site, _note(world, call)))


def _note_delete(world: World, call: Call) -> Reply:
    row = _note(world, call)
    world.notes[call.ids[0]].remove(row)
    return Reply(views.note(world.site, row))


def _note(world: World, call: Call) -> Row:
    for row in world.notes.get(call.ids[0], ()):
        if row["id"] == call.ids[1]:
            return row
    raise Refusal(404, "woocommerce_rest_invalid_id", "Invalid resource ID.")


def _fulfillments(world: World, call: Call) -> Reply:
    there = world.fulfillments.get(world.order(call.ids[0])["id"], [])
    return Reply([parcels.read_back(one) for one in there])


def _fulfillment_post(world: World, call: Call) -> Reply:
    return Reply(parcels.fulfill(world, world.order(call.ids[0]), call.data), _CREATED)


def _fulfillment_get(world: World, call: Call) -> Reply:
    return Reply(parcels.read_back(parcels.one_of(world, *call.ids)))


def _fulfillment_put(world: World, call: Call) -> Reply:
    one = parcels.one_of(world, *call.ids)
    return Reply(parcels.change(world, world.order(call.ids[0]), one, call.data))


def _fulfillment_delete(world: World, call: Call) -> Reply:
    one = parcels.one_of(world, *call.ids)
    parcels.remove(world, world.order(call.ids[0]), one)
    return Reply({"message": "Fulfillment deleted successfully."})


def _fulfillment_meta(world: World, call: Call) -> Reply:
    return Reply(parcels.one_of(world, *call.ids)["meta_data"])


def _lookup(world: World, call: Call) -> Reply:
    order = world.order(call.ids[0])
    return Reply(parcels.look_up(world, order, call.text("tracking_number")))


def _trackings(world: World, call: Call) -> Reply:
    return Reply(parcels.trackings(world, world.order(call.ids[0])))


def _tracking_post(world: World, call: Call) -> Reply:
    row = world.order(call.ids[0])
    parcels.track(world, row, call.text("tracking_number"), call.text("tracking_provider"), None)
    place = world.site.rest(f"{call.path}/0", call.namespace)
    return Reply(parcels.trackings(world, row)[-1], _CREATED, {"Location": place})


# -- the site ------------------------------------------------------------------------------------


def _statuses(world: World, call: Call) -> Reply:
    words = [word for word in ordering.STATUSES if word != "auto-draft"]
    return Reply([{"slug": word, "name": ordering.name_of(word)} for word in words])


def _currency(world: World, call: Call) -> Reply:
    return Reply(views.currency(world.site, world.site.currency))


def _system_status(world: World, call: Call) -> Reply:
    environment = {"home_url": world.site.url, "site_url": world.site.url, "version": VERSION}
    environment["wp_version"] = "6.9.1"
    return Reply({"environment": environment, "settings": {"currency": world.site.currency}})


def _enable_reviews(world: World, call: Call) -> Reply:
    value = "yes" if world.site.takes_reviews else "no"
    return Reply({"id": "woocommerce_enable_reviews", "type": "checkbox", "value": value})


def _variation(world: World, call: Call) -> Reply:
    return Reply(views.variation(world.site, world.find("variations", call.ids[1])))


def _writes(handler: Handler) -> Handlers:
    return dict.fromkeys(_WRITES, handler)


def _collection(desk: Desk, listed: Handler) -> list[Route]:
    """Return the three routes that every kind of object has."""
    path = desk.path
    return [
        Route(re.compile(path), {"GET": listed, "POST": desk.post}),
        Route(re.compile(f"{path}/batch"), _writes(desk.batch)),
        Route(
            re.compile(rf"{path}/(\d+)"),
            {"GET": desk.get, **_writes(desk.put), "DELETE": desk.delete},
        ),
    ]


_fulfilling = partial(Route, is_there=lambda world: world.site.has_fulfillments)

ROUTES: list[Route] = [
    *_collection(desks.ORDERS, listing.orders),
    *_collection(desks.REVIEWS, listing.reviews),
    *_collection(desks.PRODUCTS, listing.products),
    *_collection(desks.COUPONS, listing.coupons),
    *_collection(desks.CUSTOMERS, listing.customers),
    *_collection(desks.WEBHOOKS, listing.webhooks),
    Route(re.compile("orders/statuses"), {"GET": _statuses}),
    Route(re.compile("refunds"), {"GET": listing.refunds}),
    Route(re.compile(r"orders/(\d+)/refunds"), {"GET": listing.refunds_of, "POST": _refund_post}),
    Route(
        re.compile(r"orders/(\d+)/refunds/(\d+)"), {"GET": _refund_get, "DELETE": _refund_delete}
    ),
    Route(re.compile(r"orders/(\d+)/notes"), {"GET": listing.notes, "POST": _note_post}),
    Route(re.compile(r"orders/(\d+)/notes/(\d+)"), {"GET": _note_get, "DELETE": _note_delete}),
    _fulfilling(
        re.compile(r"orders/(\d+)/fulfillments"), {"GET": _fulfillments, "POST": _fulfillment_post}
    ),
    _fulfilling(re.compile(r"orders/(\d+)/fulfillments/lookup"), {"GET": _lookup}),
    _fulfilling(
        re.compile(r"orders/(\d+)/fulfillments/(\d+)"),
        {"GET": _fulfillment_get, **_writes(_fulfillment_put), "DELETE": _fulfillment_delete},
    ),
    _fulfilling(
        re.compile(r"orders/(\d+)/fulfillments/(\d+)/metadata"),
        {"GET": _fulfillment_meta},
        allowed=("GET", *_WRITES, "DELETE"),
    ),
    Route(
        re.compile(r"orders/(\d+)/shipment-trackings"),
        {"GET": _trackings, "POST": _tracking_post},
        namespaces=_AST,
        is_there=lambda world: world.site.tracking == "ast",
    ),
    Route(
        re.compile(r"products/(\d+)/variations"),
        {"GET": listing.variations},
        allowed=("GET", "POST"),
    ),
    Route(
        re.compile(r"products/(\d+)/variations/(\d+)"),
        {"GET": _variation},
        allowed=("GET", *_WRITES, "DELETE"),
    ),
    Route(re.compile("shipping/zones"), {"GET": zones.listed}, allowed=("GET", "POST")),
    Route(
        re.compile(r"shipping/zones/(\d+)/locations"),
        {"GET": zones.locations},
        allowed=("GET", *_WRITES),
    ),
    Route(
        re.compile(r"shipping/zones/(\d+)/methods"),
        {"GET": zones.methods},
        allowed=("GET", "POST"),
    ),
    Route(re.compile("data/continents/[a-z]{2}"), {"GET": zones.continent}),
    Route(re.compile("data/currencies/current"), {"GET": _currency}),
    Route(re.compile("system_status"), {"GET": _system_status}),
    Route(
        re.compile("settings/products/woocommerce_enable_reviews"),
        {"GET": _enable_reviews},
        allowed=("GET", *_WRITES),
    ),
]
"""All addresses. The first that fits counts."""
