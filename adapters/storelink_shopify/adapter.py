"""One Shopify store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, Unpack

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
from storelink.errors import PayloadError, StoreError
from storelink.events.types import EVENT_TYPES, OWN_TYPES, ProductReviewed
from storelink.models.coupon import Coupon, Offer
from storelink.models.enums import ReturnStep
from storelink.models.record import Snapshot
from storelink.models.ref import Kind, Ref
from storelink.models.returns import Return, ReturnRequest
from storelink.toolkit.http import Wire
from storelink.toolkit.settings import checked, plain
from storelink_shopify import (
    checks,
    lists,
    normalize,
    reads,
    scopes,
    shipping,
    spool,
    subscriptions,
)
from storelink_shopify.bulk import Histories
from storelink_shopify.client import Client
from storelink_shopify.coupons import Coupons
from storelink_shopify.deliveries import delivery
from storelink_shopify.returning import Returning
from storelink_shopify.settings import ShopifyOptions, ShopifySettings
from storelink_shopify.subscriptions import Subscriptions
from storelink_shopify.tokens import ShopTokens
from storelink_shopify.writes import Writes

if TYPE_CHECKING:
    import shopify


class Shopify(StoreAdapter):
    """One store on Shopify.

    >>> Shopify(shop="acme", webhook_secret="hush")
    Shopify('acme.myshopify.com')

    Args:
        wire: how the network, time and chance are reached.
        options: those of `ShopifySettings`: `shop`, and for webhooks `webhook_secret`; for
            everything else a token, or what obtains one.

    Attributes:
        settings: the options, checked.
        client: the shop's Admin API.
        write: writes tags, consents, metafields, store credit and what carriers report.

    Raises:
        ConfigError: an option is wrong; the message names it and never shows its value.
    """

    def __init__(self, *, wire: Wire | None = None, **options: Unpack[ShopifyOptions]) -> None:
        self.settings = checked(ShopifySettings, "Shopify", dict(options))
        self._secrets = plain(self.settings.webhook_secret)
        self._wire = wire or Wire()
        tokens = ShopTokens(self.settings, self._wire, lambda: self.vault)
        self.client = Client(self.settings, tokens, self._wire)
        self.write = Writes(self.client, self._wire.now)

    @classmethod
    def from_session(
        cls,
        session: shopify.Session,
        *,
        webhook_secret: str | SecretStr | Iterable[str | SecretStr] | None = None,
        wire: Wire | None = None,
        base_url: str | None = None,
    ) -> Self:
        """Return the store that a session of `shopifyapi` names, with its token and version.

        The session is only looked at, never activated: what is active is shared by all threads.
        """
        return cls(
            shop=session.url,
            access_token=session.token,
            api_version=session.version.name,
            webhook_secret=webhook_secret,
            base_url=base_url,
            wire=wire,
        )

    def __repr__(self) -> str:
        return f"Shopify({self.settings.shop!r})"

    @property
    def home(self) -> str:
        """The shop's own domain."""
        return self.settings.shop

    @property
    def manifest(self) -> Manifest[StoreAdapter]:
        """What this plugin is and, with these options, can do."""
        return PLUGIN if self._secrets else _WITHOUT_SECRET

    def verify(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Check that *body* comes from this shop, and say what delivery it is.

        Only the body is signed (shopify.dev, "Verify webhook deliveries"): the topic is a hint,
        the shop's name keeps apart the shops that share an app and its secret.

        Raises:
            BadSignature: the signature is missing, malformed or made with another secret.
            WrongStore: it is signed, but names another shop, or none.
        """
        return delivery(headers, body, shop=self.settings.shop, secrets=self._secrets)

    def normalize(self, delivery: Delivery) -> Snapshot:
        """Say what *delivery* says, in the terms of the model.

        An unknown topic gives an empty snapshot with a note.

        Raises:
            PayloadError: the body cannot be understood; the message names the field.
        """
        return normalize.webhook(delivery.topic, delivery.body, delivery.triggered_at)

    def read(self, ref: Ref) -> Snapshot:
        """Read the present state of one object, whole, over the network.

        Raises:
            NotFound: the object does not exist (any more).
            Unsupported: parcels and refunds are read with their order, consents with the account.
        """
        return reads.read(self.client, ref)

    def read_many(self, refs: Sequence[Ref]) -> Mapping[Ref, Snapshot | StoreError | PayloadError]:
        """Read several objects, of each kind many at once."""
        return reads.read_many(self.client, refs)

    def changed(
        self, kind: Kind, *, since: datetime | None = None, cursor: str | None = None
    ) -> Page:
        """List objects that changed at or after *since*, each whole.

        Orders, accounts, products and coupons come in the order of their change, checkouts and
        orders with returns in another.
        """
        return lists.changed(self.client, kind, since, cursor)

    def history(self, kind: Kind, *, cursor: str | None = None) -> Page:
        """List all objects that the shop has, where possible by a bulk operation."""
        histories = Histories(self.client, self.settings.address, spool.folder())
        return histories.page(kind, cursor)

    def orders_of(self, email: str) -> Sequence[Snapshot]:
        """Return the newest orders of an address, of those that the app is shown, each whole."""
        return lists.orders_of(self.client, email)

    def count(
        self, kind: Kind, *, start: datetime | None = None, end: datetime | None = None
    ) -> int | None:
        """Count the objects that were created from *start* on and before *end*."""
        return lists.count(self.client, kind, start, end)

    def ids(
        self, kind: Kind, *, start: datetime | None = None, end: datetime | None = None
    ) -> Sequence[str]:
        """Return the ids of the objects that `count` counts."""
        return lists.ids(self.client, kind, start, end)

    def shown_since(self, kind: Kind, now: datetime) -> datetime | None:
        """Say how far back the shop shows orders, which an app without `read_all_orders` may ask.

        Returns:
            `None` if all are shown.
        """
        if kind not in {Kind.ORDER, Kind.RETURN} or scopes.ALL_ORDERS in self.client.scopes():
            return None
        return now - scopes.WINDOW

    def topics(self, kinds: Collection[Kind]) -> tuple[str, ...]:
        """Return the topics to subscribe to; never the privacy topics, which no API subscribes."""
        return subscriptions.topics(kinds, self.settings.api_version)

    def subscriptions(self) -> Sequence[Subscription]:
        """Return the webhooks that this app has asked for by the API."""
        return Subscriptions(self.client).all()

    def subscribe(self, topic: str, address: str) -> Subscription:
        """Ask for the webhooks of *topic*.

        Raises:
            WriteRefused: a right is missing, or the address is no good.
        """
        return Subscriptions(self.client).add(topic, address)

    def unsubscribe(self, subscription_id: str) -> None:
        """Ask for them no more; one that does not exist is fine."""
        Subscriptions(self.client).remove(subscription_id)

    def issue_coupon(self, offer: Offer) -> Coupon:
        """Make a code that one account can use once; asked again, the same one is returned.

        Raises:
            WriteRefused: the code is taken, or no account has the offer's address.
            WriteInDoubt: the answer was lost, and reading back did not tell.
        """
        return Coupons(self.client).issue(offer, self._wire.now())

    def withdraw_coupon(self, code: str) -> None:
        """Let a code be used no more; one that does not exist is fine."""
        Coupons(self.client).withdraw(code)

    def request_return(self, request: ReturnRequest) -> Snapshot:
        """Ask for a return, which is the shop's from then on; asked again, the same one.

        Raises:
            NotFound: there is no such order.
            WriteRefused: not so many pieces can come back, or Shopify says no.
            WriteInDoubt: the answer was lost, and the return is not there (yet).
        """
        return Returning(self.client).request(request)

    def settle_return(
        self, known: Return, step: ReturnStep, *, at: datetime, note: str = ""
    ) -> Snapshot:
        """Approve or decline a return; the rest is said in the admin, where stock is counted.

        Raises:
            NotFound: there is no such return.
            WriteRefused: it stands elsewhere, or only the admin can say it.
            WriteInDoubt: the answer was lost, and reading back did not tell.
        """
        return Returning(self.client).settle(known, step, note)

    def shipping_offers(self, country: str) -> Sequence[FreeShipping]:
        """Return from which worth on shipping to *country* is free, where all profiles agree."""
        return shipping.offers(self.client, country)

    def check(self, now: datetime) -> Iterable[Finding]:
        """Look at the address, the credentials, the rights, the version and the clock.

        It raises nothing: what goes wrong is a finding, with its remedy.
        """
        return checks.check(self.client, self.settings, now, kept=self.vault is not None)

    def own_mails(self) -> Sequence[OwnMail] | None:
        """Return `None`: Shopify sends order and shipping notifications, and no API says which.

        They are under Settings > Notifications of the shop's admin.
        """
        return None

    def close(self) -> None:
        """Give back connections. The adapter may be used again afterwards."""
        self.client.close()


def _connect(**options: Any) -> Connector:
    from storelink_shopify.oauth import Installation

    return Installation(**options)


def _sandbox(**options: Any) -> Sandbox:
    from storelink_shopify.sandbox.server import ShopifySandbox

    return ShopifySandbox(**options)


PLUGIN: Manifest[StoreAdapter] = Manifest(
    name="shopify",
    title="Shopify",
    factory=Shopify,
    settings=ShopifySettings,
    capabilities=frozenset(
        {
            Capability.WEBHOOKS,
            Capability.READ,
            Capability.LIST,
            Capability.FIND_ORDERS,
            Capability.SUBSCRIBE,
            Capability.COUPONS,
            Capability.SHIPPING,
            Capability.RETURNS,
        }
    ),
    lists=tuple(lists.LISTINGS),
    facts=frozenset(EVENT_TYPES) - OWN_TYPES - {ProductReviewed.type},  # it has no reviews
    connect=_connect,
    sandbox=_sandbox,
)
"""What the entry point `shopify` names."""

_WITHOUT_SECRET = replace(
    PLUGIN,
    title="Shopify without a webhook_secret",
    capabilities=PLUGIN.capabilities - {Capability.WEBHOOKS, Capability.SUBSCRIBE},
)
