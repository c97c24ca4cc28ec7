"""A WooCommerce store on this machine: its REST API over HTTP, its webhooks, its life scripted."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests
from werkzeug import Request, Response
from werkzeug.http import http_date

from storelink.clock import Clock, SystemClock
from storelink.contracts.sandbox import Faults
from storelink.errors import ConfigError
from storelink.toolkit.sandbox import Courier, LocalSandbox, Parcel
from storelink_woocommerce.sandbox import api, granting, grown, oddities, views
from storelink_woocommerce.sandbox.auth import Credentials, Doorkeeper, Key, check_right
from storelink_woocommerce.sandbox.calls import Call, json_body, php_query
from storelink_woocommerce.sandbox.oddities import Oddities, OddPages
from storelink_woocommerce.sandbox.outgoing import Outgoing
from storelink_woocommerce.sandbox.refusals import Refusal, Reply, no_route
from storelink_woocommerce.sandbox.script import ScriptedWooCommerce
from storelink_woocommerce.sandbox.site import Site, TaxRate, encode

KEY = Key(
    "ck_5a4db0c5e1f64b7f8d3c2b1a09f8e7d6c5b4a392", "cs_90f8e7d6c5b4a3925a4db0c5e1f64b7f8d3c2b1a"
)
"""The key that a sandbox has unless it is given others."""

_NAMESPACES = ("wc/v3", "wc-ast/v3", "wc-shipment-tracking/v3")
_PRETTY = "/wp-json"
_PING_TIMEOUT = 5.0
_SUCCESS = range(200, 303)
_BARE: Mapping[str, str] = {
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Expose-Headers": "X-WP-Total, X-WP-TotalPages, Link",
    "Access-Control-Allow-Headers": (
        "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type"
    ),
}
_UNCACHED: Mapping[str, str] = {
    "Expires": "Wed, 11 Jan 1984 05:00:00 GMT",
    "Cache-Control": "no-cache, must-revalidate, max-age=0, no-store, private",
}


@dataclass(slots=True)
class _Asked:
    """What became known of a request before it was answered.

    Attributes:
        is_known: whether it has a key.
        allow: the methods of its route.
    """

    is_known: bool = False
    allow: str = ""


class WooCommerceSandbox(LocalSandbox):
    """A WordPress site with WooCommerce.

    Over plain http it knows OAuth 1.0a only, as WooCommerce does; a request with the header
    `X-Forwarded-Proto: https` counts as https, where it knows basic authentication and keys in the
    query, and nothing else.

    Args:
        clock: the store's; by default the machine's.
        secret: what the webhooks of `store.take` are signed with, and the `webhook_secret` of
            `options`; a webhook made over the API has its own.
        currency: the shop's own.
        time_zone: of the site.
        tracking: where parcels are kept: `"fulfillments"`, `"ast"`, or `"shipment_tracking"`.
        taxes: the site's tax rates.
        keys: of the API; the first is the one of `options`.
        prefix: the sub-directory that WordPress is in, for example `"/shop"`.
        plain_permalinks: the API is found at `?rest_route=` only.
        is_https: every request counts as https.
        grants_at_once: the page that grants keys does so without asking.
        demands_https: that page refuses a callback that is not https, as WooCommerce does.
        oddities: what is odd about the site.
        faults: what goes wrong; by default nothing.
    """

    title = "WooCommerce"
    store: ScriptedWooCommerce

    def __init__(  # noqa: PLR0913  all have a default
        self,
        *,
        clock: Clock | None = None,
        secret: str = "sandbox secret",  # noqa: S107  invented
        currency: str = "INR",
        time_zone: str = "Asia/Kolkata",
        tracking: str = "fulfillments",
        taxes: Sequence[TaxRate] = (),
        keys: Sequence[Key] = (KEY,),
        prefix: str = "",
        plain_permalinks: bool = False,
        is_https: bool = False,
        grants_at_once: bool = False,
        demands_https: bool = True,
        oddities: Oddities | None = None,
        faults: Faults | None = None,
    ) -> None:
        super().__init__(faults)
        clock = clock or SystemClock()
        self.store = ScriptedWooCommerce(
            clock=clock,
            secret=secret,
            currency=currency,
            time_zone=time_zone,
            tracking=tracking,
            taxes=taxes,
        )
        self.store.lock = self.lock
        self.oddities = oddities or Oddities()
        self._site.plain_permalinks = plain_permalinks
        self._secret, self._key = secret, keys[0]
        self._prefix, self._is_https = prefix.rstrip("/"), is_https
        self._doorkeeper = Doorkeeper(keys, (clock.now, lambda: datetime.now(UTC)))
        self._pages = OddPages(self.oddities)
        self._granting = granting.GrantingPage(
            self._doorkeeper, grants_at_once=grants_at_once, demands_https=demands_https
        )
        self._courier = Courier(
            clock, self.faults, succeeded=_SUCCESS.__contains__, settled=self._settled
        )
        self._outgoing.send = self._courier.take
        self._outgoing.ping = _ping

    @property
    def url(self) -> str:
        """The address of the site, while the server runs."""
        return super().url + self._prefix

    @property
    def options(self) -> Mapping[str, Any]:
        """The options that connect `WooCommerce` to this store."""
        return {
            "url": self.url,
            "consumer_key": self._key.consumer_key,
            "consumer_secret": self._key.consumer_secret,
            "webhook_secret": self._secret,
        }

    def start(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Start the server; with port 0 on any free port."""
        super().start(host=host, port=port)
        self._site.url = self.url

    def stop(self) -> None:
        """Stop the server."""
        super().stop()
        self._courier.close()

    def deliver(self) -> int:
        """Send what waits in the queue, and what is due of what was late.

        Nothing is sent twice after a failure: WooCommerce gives up, and on the seventh failure in
        a row it disables the webhook.
        """
        with self.lock:
            self._outgoing.run_all()
        return self._courier.deliver()

    def next_delivery(self) -> datetime | None:
        """Return when the next webhook is due; `None` if none is."""
        with self.lock:
            if self._outgoing.waits():
                return self._site.clock.now()
        return self._courier.next_at()

    def grow(self, orders: int) -> None:
        """Let the store have so many more old orders, of many people, in various states."""
        with self.lock:
            grown.grow(self.store.world, orders)

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        instead = self._pages.instead(request)
        if instead:
            return instead
        if not request.path.startswith(f"{self._prefix}/"):
            return oddities.page(404, "404 Not Found")
        path = request.path.removeprefix(self._prefix)
        if path == granting.PATH:
            return self._granting.answer(request)
        route = self._rest_route(request, path)
        if route is None:
            is_home = path in {"/", "/index.php"}
            return oddities.page(200, "Sandbox") if is_home else oddities.page(404, "Not found")
        return self._pages.changed(request, self._rest(request, route))

    def unavailable(self, request: Request) -> Response:
        """Return a page of the host."""
        return oddities.broken(self.faults.chance.random())

    def throttled(self, request: Request) -> Response:
        """Return the page of a host that counts requests."""
        return oddities.too_many()

    @property
    def _site(self) -> Site:
        return self.store.world.site

    @property
    def _outgoing(self) -> Outgoing:
        return self.store.world.outgoing

    def _settled(self, parcel: Parcel, arrived: bool) -> None:
        with self.lock:
            self._outgoing.settled(int(parcel.address.subscription), arrived=arrived)

    def _rest_route(self, request: Request, path: str) -> str | None:
        """Return which route of the API is asked for; `None`: another page of the site."""
        if "rest_route" in request.args and path in {"/", "/index.php"}:
            return request.args["rest_route"]
        is_pretty = path == _PRETTY or path.startswith(f"{_PRETTY}/")
        return path[len(_PRETTY) :] if is_pretty and not self._site.plain_permalinks else None

    def _rest(self, request: Request, route: str) -> Response:
        """Answer a request to the API, refused or not."""
        home = self._site.rest("", "").rstrip("/")
        asked = _Asked()
        try:
            reply = self._reply(request, route.strip("/"), asked)
        except Refusal as refusal:
            reply = Reply(refusal.body, refusal.status)
        told = {
            "Date": http_date(self._site.now()),
            "Link": f'<{home}/>; rel="https://api.w.org/"',
            **(_UNCACHED if asked.is_known else {"Vary": "Origin"}),
            **({"Allow": asked.allow} if asked.allow else {}),
        }
        headers = {**_BARE, **told, **reply.headers}
        kind = "application/json; charset=UTF-8"
        return Response(encode(reply.body), reply.status, headers, content_type=kind)

    def _reply(self, request: Request, route: str, asked: _Asked) -> Reply:
        key = self._identify(request)
        asked.is_known = key is not None
        if key:
            check_right(key, request.method)
        if not route:
            return self._shown(request, Reply(api.index(self.store.world)))
        namespace, path = _split(route)
        known, ids = api.find(self.store.world, namespace, path)
        asked.allow = known.allow_of(request.method) if key else ""
        call = _call(request, namespace, path, ids)
        try:
            reply = api.answer(self.store.world, known, call, key)
        finally:
            if api.is_about_nobody(self.store.world, call):
                asked.allow = ""
        self._drift(call)
        return self._shown(request, reply)

    def _identify(self, request: Request) -> Key | None:
        """Return the key that is used.

        WooCommerce looks for one only where the address holds its part of the API, as text
        (`WC_REST_Authentication::is_request_to_rest_api`).
        """
        address = str(request.environ.get("REQUEST_URI", request.full_path))
        if "wp-json/wc" not in address:
            return None
        is_https = self._is_https or request.headers.get("X-Forwarded-Proto") == "https"
        place = self._site.url + request.path.removeprefix(self._prefix)
        header = request.headers.get("Authorization", "")
        shown = Credentials(
            method=request.method,
            address=place.replace("http://", "https://", 1) if is_https else place,
            query=request.query_string.decode(),
            authorization="" if self.oddities.strips_authorization else header,
            is_https=is_https,
        )
        return self._doorkeeper.identify(shown)

    def _drift(self, call: Call) -> None:
        """Touch one order of the page that was shown."""
        ids = call.extra.get("ids")
        if self.faults.drift and ids:
            self.store.touch(str(self.faults.chance.choice(ids)))

    @staticmethod
    def _shown(request: Request, reply: Reply) -> Reply:
        wanted = [one.strip() for one in request.args.get("_fields", "").split(",") if one.strip()]
        body = views.fields(reply.body, wanted) if wanted else reply.body
        return Reply(body, reply.status, reply.headers)


def _split(route: str) -> tuple[str, str]:
    """Return the namespace of a route, and the path below it."""
    for namespace in _NAMESPACES:
        if route.startswith(f"{namespace}/"):
            return namespace, route.removeprefix(f"{namespace}/")
    raise no_route()


def _call(request: Request, namespace: str, path: str, ids: tuple[int, ...]) -> Call:
    query = php_query(request.query_string.decode())
    query.pop("rest_route", None)
    body = json_body(request.get_data(), request.content_type or "")
    return Call(request.method, path, query, {**query, **body}, ids, namespace=namespace)


def _ping(url: str, number: int) -> None:
    """Try the address of a new webhook, unsigned; the webhook is made whatever comes of it."""
    with contextlib.suppress(requests.RequestException):
        requests.post(
            url, data={"webhook_id": number}, timeout=_PING_TIMEOUT, allow_redirects=False
        )


def sandbox(**options: Any) -> WooCommerceSandbox:
    """Build a sandbox of keyword options.

    Raises:
        ConfigError: there is no such option, or it has an impossible value.
    """
    try:
        return WooCommerceSandbox(**options)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"the WooCommerce sandbox cannot be built: {error}") from None
