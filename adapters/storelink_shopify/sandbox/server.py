"""A Shopify store on this machine: its Admin API over HTTP, its webhooks, its life scripted."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

from werkzeug import Request, Response

from storelink.clock import Clock, SystemClock
from storelink.contracts.sandbox import Faults
from storelink.toolkit.sandbox import LocalSandbox
from storelink_shopify.sandbox import refusals
from storelink_shopify.sandbox.access import ALL_DATA, EVERY_SCOPE, Access
from storelink_shopify.sandbox.api import Api
from storelink_shopify.sandbox.bulk import BulkOperations
from storelink_shopify.sandbox.cost import Bucket
from storelink_shopify.sandbox.keepsakes import Keepsakes
from storelink_shopify.sandbox.mutations import Mutations
from storelink_shopify.sandbox.oauth import App, TokenOffice
from storelink_shopify.sandbox.queries import Queries
from storelink_shopify.sandbox.returnable import Returnable
from storelink_shopify.sandbox.script import ScriptedShopify
from storelink_shopify.sandbox.subscriptions import Subscriptions
from storelink_shopify.sandbox.tree import Tree

VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")
"""The versions that the sandbox supports, oldest first."""

PLANS: Mapping[str, tuple[float, float]] = {
    "standard": (2_000, 100),
    "advanced": (4_000, 200),
    "plus": (20_000, 1_000),
    "enterprise": (40_000, 2_000),
}
"""How much each plan's bucket holds, and how much it gains a second."""

_API = re.compile(r"/admin/api/([^/]+)/graphql\.json")
_BULK = re.compile(r"/_bulk/(\d+)\.jsonl")
_RANGE = re.compile(r"bytes=(\d+)-")
_CHUNK = 64 * 1024


class ShopifySandbox(LocalSandbox):
    """A store that speaks the Admin API, as far as storelink uses it, on Shopify's own schema.

    >>> with ShopifySandbox() as sandbox:
    ...     sorted(sandbox.options)
    ['access_token', 'base_url', 'shop', 'webhook_secret']

    Args:
        clock: what the store, its bucket, its tokens and its webhooks live by.
        shop: the shop's own domain.
        secret: the app's client secret, which webhooks are signed with.
        currency: the shop's own; `None` for the one the customer pays in.
        rate: how much of the shop's currency one unit of the customer's is worth.
        faults: what goes wrong; by default nothing.
        scopes: what the app was granted; by default everything.
        approved: which protected data Shopify approved: some of `access.ALL_DATA`.
        plan: `standard`, `advanced`, `plus` or `enterprise`; says how large the bucket is.
        versions: of the API that are supported, oldest first.
        app_url: where the topics of the app's configuration are sent; `None` for nowhere.
        auto_grant: whether the merchant agrees to everything at once.
        bulk_step: how many objects a bulk operation writes whenever somebody asks for it.
    """

    title = "Shopify"
    store: ScriptedShopify

    def __init__(  # noqa: PLR0913  each is one side of a store
        self,
        *,
        clock: Clock | None = None,
        shop: str = "acme.myshopify.com",
        secret: str = "sandbox-client-secret",  # noqa: S107  invented
        currency: str | None = None,
        rate: Decimal = Decimal(1),
        faults: Faults | None = None,
        scopes: Collection[str] = EVERY_SCOPE,
        approved: Collection[str] = ALL_DATA,
        plan: str = "standard",
        versions: Sequence[str] = VERSIONS,
        app_url: str | None = None,
        auto_grant: bool = False,
        bulk_step: int = 2_500,
    ) -> None:
        super().__init__(faults)
        clock = self._clock = clock or SystemClock()
        self._shop, self._secret, self._versions = shop, secret, tuple(versions)
        self._app = App("sandbox-client-id", secret, shop, frozenset(scopes), auto_grant)
        self._tokens = TokenOffice(self._app, clock, fixed=_TOKEN)
        self.store = ScriptedShopify(
            clock=clock, shop=shop, secret=secret, currency=currency, rate=rate
        )
        ledger, access = self.store.ledger, Access(self._app.scopes, frozenset(approved))
        keepsakes = Keepsakes(ledger.new_id)
        tree = Tree(ledger, keepsakes)
        queries = Queries(ledger, tree, access, before_page=self._drift)
        returnable = Returnable(self.store, ledger, tree)
        self.bulk = BulkOperations(ledger, queries, access, step=bulk_step)
        self._subscriptions = Subscriptions(
            ledger, clock, self.faults, secret=secret, lock=self.lock, app_url=app_url
        )
        self._api = Api(
            access,
            {**queries.root(), **returnable.queries()},
            {
                **Mutations(self.store, ledger, tree, keepsakes).root(),
                **returnable.mutations(),
            },
            self.bulk,
            self._subscriptions,
            buckets=lambda: Bucket(*PLANS[plan], clock.now),
            count=self.count,
        )
        ledger.listener = self._hear

    @property
    def options(self) -> Mapping[str, Any]:
        """The options that connect the adapter to this store, with a token that does not expire."""
        return {
            "shop": self._shop,
            "base_url": self.url,
            "access_token": _TOKEN,
            "webhook_secret": self._secret,
        }

    @property
    def app_options(self) -> Mapping[str, Any]:
        """The options of an app that fetches its own tokens."""
        return {
            "shop": self._shop,
            "base_url": self.url,
            "client_id": self._app.client_id,
            "client_secret": self._secret,
        }

    @property
    def expiring_options(self) -> Mapping[str, Any]:
        """The options of an app whose token expires after an hour and has to be refreshed."""
        granted = self._tokens.expiring()
        tokens = {name: granted[name] for name in ("access_token", "refresh_token")}
        return {**self.app_options, **tokens}

    def answer(self, request: Request) -> Response:
        """Answer one request, and tell the store's time."""
        response = self._answer(request)
        response.date = self._clock.now()
        return response

    def _answer(self, request: Request) -> Response:
        if request.path == "/admin/oauth/authorize":
            return self._tokens.authorize(request)
        if request.path == "/admin/oauth/access_token" and request.method == "POST":
            return self._tokens.token(request)
        if file := _BULK.fullmatch(request.path):
            return _file(request, self.bulk.read(int(file[1])))
        asked = _API.fullmatch(request.path)
        if asked is None or request.method != "POST":
            return refusals.not_found()
        token = request.headers.get("X-Shopify-Access-Token", "")
        version = self._version(asked[1])
        if not self._tokens.is_good(token):
            response = refusals.unauthorized()
        else:
            response = self._api.answer(request, token=token, version=version, base=self.url)
        response.headers["X-Shopify-API-Version"] = version
        return response

    def _version(self, asked: str) -> str:
        """Return the version that answers: what is not supported falls forward to the oldest."""
        return asked if asked in self._versions else self._versions[0]

    def unavailable(self, request: Request) -> Response:
        """Return one of the ways in which Shopify fails."""
        return refusals.unavailable(self.faults.chance, is_api=bool(_API.fullmatch(request.path)))

    def throttled(self, request: Request) -> Response:
        """Return one of the ways in which Shopify refuses a call for its cost, or its number."""
        if not _API.fullmatch(request.path) or self.faults.chance.random() < 0.5:  # noqa: PLR2004
            return refusals.too_many()
        return self._api.throttled(request.headers.get("X-Shopify-Access-Token", ""))

    def stop(self) -> None:
        """Stop the server, and throw away the files of bulk operations."""
        super().stop()
        self.bulk.close()
        self._subscriptions.courier.close()

    def deliver(self) -> int:
        """Send the webhooks that are due to whoever subscribed; return how many requests it took.

        An attempt that failed is repeated eight times over four hours. A subscription that failed
        eight times in a row is deleted.
        """
        return self._subscriptions.courier.deliver()

    def next_delivery(self) -> datetime | None:
        """Return when the next webhook is due, by the store's clock; `None` if none is."""
        return self._subscriptions.courier.next_at()

    def grow(self, orders: int) -> None:
        """Let the store have so many more old orders, of many people, in various states.

        They are from the last two years, evenly; each is made when somebody asks for it.
        """
        with self.lock:
            self.store.ledger.grow(orders)

    def _hear(self, webhook: Any) -> None:
        with self.lock:
            self._subscriptions.hear(webhook)
            if webhook.topic == "app/uninstalled":
                self._subscriptions.clear()
                self._tokens.revoke_all()

    def _drift(self) -> None:
        """Touch any order between two pages, if that is what goes wrong."""
        orders = list(self.store.ledger.orders)
        if self.faults.drift and orders:
            self.store.touch(self.faults.chance.choice(orders))


_TOKEN = "shpat_sandbox"  # noqa: S105  invented


def _file(request: Request, file: IO[bytes] | None) -> Response:
    """Serve the lines of a bulk operation, from any place on."""
    if file is None:
        return Response("<Error><Code>ExpiredToken</Code></Error>", 403, mimetype="text/xml")
    size = os.fstat(file.fileno()).st_size
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    start = int(asked[1]) if asked else 0
    if asked and start >= size:
        return Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    headers = {"Content-Length": str(size - start), "Accept-Ranges": "bytes"}
    if asked:
        headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
    chunks = _chunks(file, start, size)
    status = 206 if asked else 200
    return Response(chunks, status, headers=headers, mimetype="application/jsonl")


def _chunks(file: IO[bytes], start: int, end: int) -> Iterator[bytes]:
    while start < end:
        # Several may read at once, and the operation itself may have written last.
        chunk = os.pread(file.fileno(), min(_CHUNK, end - start), start)
        yield chunk
        start += len(chunk)
