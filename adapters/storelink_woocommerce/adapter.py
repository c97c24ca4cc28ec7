"""One WooCommerce store."""

from __future__ import annotations

import functools
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import SecretStr

from storelink.contracts.connect import Connector
from storelink.contracts.finding import Finding
from storelink.contracts.manifest import Capability, Manifest
from storelink.contracts.sandbox import Sandbox
from storelink.contracts.store import (
    Delivery,
    FreeShipping,
    OwnMail,
    Page,
    StoreAdapter,
    Subscription,
)
from storelink.errors import ConfigError, PayloadError, StoreError, Unsupported
from storelink.models.coupon import Coupon, Offer
from storelink.models.enums import OrderStatus, ReturnStep
from storelink.models.product import NewReview, ProductReview
from storelink.models.record import Snapshot
from storelink.models.ref import Kind, Ref
from storelink.models.returns import Return, ReturnRequest
from storelink.toolkit.http import Wire
from storelink.toolkit.payload import parse_object
from storelink.toolkit.settings import checked, plain
from storelink_woocommerce import answers, checks, mails, subscriptions, topics, webhooks
from storelink_woocommerce.client import Client
from storelink_woocommerce.error_bodies import refuse_error
from storelink_woocommerce.issuing import Issuing
from storelink_woocommerce.lists import Lists
from storelink_woocommerce.orders import NO_STATUSES
from storelink_woocommerce.reads import Reads
from storelink_woocommerce.returning import Returning
from storelink_woocommerce.reviewing import Reviewing
from storelink_woocommerce.settings import WooCommerceSettings
from storelink_woocommerce.shipping import Shipping
from storelink_woocommerce.shop import RESOURCES, Shop
from storelink_woocommerce.subscriptions import Subscriptions
from storelink_woocommerce.writes import Writes

if TYPE_CHECKING:
    from woocommerce import API


class WooCommerce(StoreAdapter):
    """A WooCommerce store, known through its webhooks and, with a key, through its REST API.

    >>> WooCommerce(url="https://atelier.example", webhook_secret="a long secret")
    WooCommerce('https://atelier.example')

    Args:
        url: the address of the shop.
        webhook_secret: one secret or several: WooCommerce keeps one for each webhook, and while
            a secret is being changed the old one counts, too. Without one, webhooks are refused,
            and sweeps alone tell what happens.
        consumer_key: of the REST API; without it the store is known through its webhooks only.
        consumer_secret: of the REST API.
        query_string_auth: over https, whether the key goes into the query of the address; by
            default only if the shop's server drops the header that it belongs into.
        api_version: the namespace of the routes.
        currency: what the shop sells in; by default the shop is asked.
        statuses: what the shop's own order statuses mean, for example `{"packed": "open"}`.
        reviews: whether customers' reviews wait for somebody of the shop, or are published at once.
        birthday_meta: the key of the accounts' `meta_data` that has the birthday (`1990-06-05` or
            `--06-05`); by default no birthday is kept.
        wire: how the network, time and chance are reached.

    Raises:
        ConfigError: an option is missing or malformed; the message names it and no secret.
    """

    def __init__(  # noqa: PLR0913  all but one have a default
        self,
        *,
        url: str,
        webhook_secret: str | SecretStr | Sequence[str | SecretStr] | None = None,
        consumer_key: str | SecretStr | None = None,
        consumer_secret: str | SecretStr | None = None,
        query_string_auth: bool | None = None,
        api_version: str = "wc/v3",
        currency: str | None = None,
        statuses: Mapping[str, OrderStatus | str] = NO_STATUSES,
        reviews: Literal["hold", "publish"] = "hold",
        birthday_meta: str | None = None,
        wire: Wire | None = None,
    ) -> None:
        options = {
            "url": url,
            "webhook_secret": webhook_secret,
            "consumer_key": consumer_key,
            "consumer_secret": consumer_secret,
            "query_string_auth": query_string_auth,
            "api_version": api_version,
            "currency": currency,
            "statuses": statuses,
            "reviews": reviews,
            "birthday_meta": birthday_meta,
        }
        self.settings = checked(WooCommerceSettings, "WooCommerce", options)
        self._secrets = webhooks.signing_secrets(plain(self.settings.webhook_secret))
        self._wire = wire or Wire()
        self._client: Client | None = None
        self._lock = threading.Lock()

    @classmethod
    def from_api(
        cls,
        wcapi: API,
        *,
        webhook_secret: str | SecretStr | Sequence[str | SecretStr] | None = None,
        wire: Wire | None = None,
        **options: Any,
    ) -> WooCommerce:
        """Build it from a `woocommerce.API`; *options* are those of the constructor.

        Address, keys, version, `query_string_auth` and `verify_ssl` are taken from *wcapi*. Its
        timeout is not: what it asks for is the wire's business.

        Raises:
            ConfigError: as the constructor does.
        """
        wire = wire or Wire()
        wire.session.verify = wcapi.verify_ssl
        from_wcapi = {
            "url": wcapi.url,
            "consumer_key": wcapi.consumer_key,
            "consumer_secret": wcapi.consumer_secret,
            "api_version": wcapi.version,
            "query_string_auth": wcapi.query_string_auth or None,
        }
        return cls(webhook_secret=webhook_secret, wire=wire, **{**from_wcapi, **options})

    def __repr__(self) -> str:
        return f"WooCommerce({self.settings.url!r})"

    @property
    def home(self) -> str:
        """The shop's address."""
        return self.settings.url

    @property
    def client(self) -> Client:
        """What asks the shop, with the keys of the options or of the vault.

        Raises:
            ConfigError: there is no key.
            MissingExtra: the package `woocommerce` is not installed.
        """
        with self._lock:
            if self._client is None:
                key, secret = self._keys()
                self._client = Client(
                    self.settings.url,
                    key,
                    secret,
                    api_version=self.settings.api_version,
                    query_string_auth=self.settings.query_string_auth,
                    wire=self._wire,
                )
            return self._client

    def _keys(self) -> tuple[SecretStr, SecretStr]:
        kept = self.vault.load() if self.vault else {}
        key, secret = (
            getattr(self.settings, name) or SecretStr(kept.get(name, ""))
            for name in ("consumer_key", "consumer_secret")
        )
        if not key.get_secret_value() or not secret.get_secret_value():
            raise ConfigError(
                "WooCommerce: consumer_key and consumer_secret are missing; `storelink connect` "
                f"obtains them, or {answers.MAKE_A_KEY}"
            )
        return key, secret

    def _has_keys(self) -> bool:
        if self._client or (self.settings.consumer_key and self.settings.consumer_secret):
            return True
        kept = self.vault.load() if self.vault else {}
        return {"consumer_key", "consumer_secret"} <= kept.keys()

    def check(self, now: datetime) -> Iterable[Finding]:
        """Look at the shop, and at what the key may do there; see `StoreAdapter.check`."""
        return checks.check(lambda: self.client, self.settings.url, now)

    def own_mails(self) -> Sequence[OwnMail] | None:
        """Return the mails that the shop sends by itself; see `StoreAdapter.own_mails`."""
        try:
            return mails.own_mails(self.client)
        except ConfigError:
            return None

    def close(self) -> None:
        """Give back connections."""
        self._wire.session.close()

    @property
    def manifest(self) -> Manifest[StoreAdapter]:
        """What this plugin is and can do; without a key it only understands webhooks."""
        if not self._has_keys():
            return _WITHOUT_KEYS if self._secrets else _NOT_CONNECTED
        return PLUGIN if self._secrets else _WITHOUT_SECRET

    def verify(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Check the signature over *body*; see `StoreAdapter.verify`."""
        return webhooks.delivery(headers, body, self._secrets)

    def normalize(self, delivery: Delivery) -> Snapshot:
        """Say what *delivery* says; see `StoreAdapter.normalize`."""
        topic = delivery.topic
        if not topics.is_known(topic):
            return Snapshot(note=f"the topic {topic} is not known")
        body = parse_object(delivery.body)
        refuse_error(body)
        read = topics.reader(topic, self.settings)
        return read(body) if read else Snapshot(note=f"the topic {topic} is not used yet")

    # -- what is read ----------------------------------------------------------------------------

    @functools.cached_property
    def _shop(self) -> Shop:
        self.manifest.require(Capability.READ)
        told = self.settings
        return Shop(self.client, told.statuses, told.currency, told.birthday_meta)

    @functools.cached_property
    def _reads(self) -> Reads:
        return Reads(self._shop)

    def read(self, ref: Ref) -> Snapshot:
        """Read one object, whole; see `StoreAdapter.read`."""
        return self._reads.read(ref)

    def read_many(self, refs: Sequence[Ref]) -> Mapping[Ref, Snapshot | StoreError | PayloadError]:
        """Read several objects in few calls; see `StoreAdapter.read_many`."""
        return self._reads.read_many(refs)

    def changed(
        self, kind: Kind, *, since: datetime | None = None, cursor: str | None = None
    ) -> Page:
        """List what changed; of accounts and reviews, what is new. See `StoreAdapter.changed`."""
        return Lists(self._shop).changed(kind, start=since, cursor=cursor)

    def history(self, kind: Kind, *, cursor: str | None = None) -> Page:
        """List all objects, oldest first; see `StoreAdapter.history`."""
        return Lists(self._shop).history(kind, cursor=cursor)

    def count(
        self, kind: Kind, *, start: datetime | None = None, end: datetime | None = None
    ) -> int | None:
        """Count by the time of creation, without drafts and the trash; see `StoreAdapter.count`.

        Accounts are counted only all together: WooCommerce cannot be asked for them by time.
        """
        return Lists(self._shop).count(kind, start, end)

    def ids(
        self, kind: Kind, *, start: datetime | None = None, end: datetime | None = None
    ) -> Sequence[str]:
        """Return the ids of what `count` counts."""
        return Lists(self._shop).ids(kind, start, end)

    def orders_of(self, email: str) -> Sequence[Snapshot]:
        """Return the newest orders of an address; see `StoreAdapter.orders_of`."""
        return Lists(self._shop).orders_of(email)

    def shipping_offers(self, country: str) -> Sequence[FreeShipping]:
        """Return what the country's zone ships for free; see `StoreAdapter.shipping_offers`.

        WooCommerce compares with what the cart shows: with tax, where the shop shows its prices so.
        """
        return Shipping(self._shop).offers(country)

    # -- what is written -------------------------------------------------------------------------

    @property
    def write(self) -> Writes:
        """What can be written on orders: notes and meta."""
        return Writes(self._shop)

    def issue_coupon(self, offer: Offer) -> Coupon:
        """Make a coupon for one e-mail address; see `StoreAdapter.issue_coupon`."""
        return Issuing(self._shop).issue(offer)

    def withdraw_coupon(self, code: str) -> None:
        """Put a coupon into the trash; see `StoreAdapter.withdraw_coupon`."""
        Issuing(self._shop).withdraw(code)

    def post_review(self, review: NewReview) -> ProductReview:
        """Hand over a customer's review; see `StoreAdapter.post_review`."""
        return Reviewing(self._shop, self.settings.reviews).post(review)

    def request_return(self, request: ReturnRequest) -> Snapshot:
        """Write a return into a note of its order; see `StoreAdapter.request_return`."""
        return Returning(self._shop).request(request)

    def settle_return(
        self, known: Return, step: ReturnStep, *, at: datetime, note: str = ""
    ) -> Snapshot:
        """Say in a note what becomes of a return; see `StoreAdapter.settle_return`."""
        return Returning(self._shop).settle(known, step, at, note)

    def topics(self, kinds: Collection[Kind]) -> tuple[str, ...]:
        """Return the topics that tell of *kinds*; see `StoreAdapter.topics`."""
        return subscriptions.topics(kinds)

    def subscriptions(self) -> Sequence[Subscription]:
        """Return the shop's webhooks; see `StoreAdapter.subscriptions`.

        WooCommerce does not tell how often one failed.
        """
        return self._subscriptions.all()

    def subscribe(self, topic: str, address: str) -> Subscription:
        """Make a webhook; see `StoreAdapter.subscribe`."""
        return self._subscriptions.add(topic, address)

    def unsubscribe(self, subscription_id: str) -> None:
        """Remove a webhook; see `StoreAdapter.unsubscribe`."""
        self._subscriptions.remove(subscription_id)

    @property
    def _subscriptions(self) -> Subscriptions:
        if not self.settings.webhook_secret:
            raise Unsupported("WooCommerce without a webhook_secret", Capability.SUBSCRIBE)
        return Subscriptions(self._shop, self.settings.webhook_secret[0])


def _connect(**options: Any) -> Connector:
    from storelink_woocommerce.connect import WooCommerceConnector

    return WooCommerceConnector(**options)


def _sandbox(**options: Any) -> Sandbox:
    from storelink_woocommerce.sandbox.server import sandbox

    return sandbox(**options)


PLUGIN: Manifest[StoreAdapter] = Manifest(
    name="woocommerce",
    title="WooCommerce",
    factory=WooCommerce,
    settings=WooCommerceSettings,
    capabilities=frozenset(
        {Capability.WEBHOOKS, Capability.READ, Capability.LIST, Capability.FIND_ORDERS}
        | {Capability.SUBSCRIBE, Capability.COUPONS, Capability.REVIEWS, Capability.SHIPPING}
        | {Capability.RETURNS}
    ),
    lists=tuple(RESOURCES),
    facts=frozenset(
        {"order.placed", "order.paid", "order.payment_failed", "order.completed"}
        | {"order.cancelled", "order.refunded", "shipment.created", "shipment.changed"}
        | {"customer.created", "product.reviewed", "return.requested", "return.approved"}
        | {"return.declined", "return.received", "return.exchanged"}
    ),
    connect=_connect,
    sandbox=_sandbox,
)
"""What the entry point `woocommerce` names."""

_WITHOUT_SECRET = replace(
    PLUGIN,
    title="WooCommerce without a webhook_secret",
    capabilities=PLUGIN.capabilities - {Capability.WEBHOOKS, Capability.SUBSCRIBE},
)
_WITHOUT_KEYS = replace(
    PLUGIN,
    title="WooCommerce without a consumer_key",
    capabilities=frozenset({Capability.WEBHOOKS}),
    lists=(),
)
_NOT_CONNECTED = replace(
    _WITHOUT_KEYS, title="WooCommerce, not connected yet", capabilities=frozenset()
)
