"""The stores that a town can have, and what its people do there in the way of each platform."""

from __future__ import annotations

import json
import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from storelink import Money, Storelink, plugins
from storelink.contracts.cart import SIGNATURE, TIMESTAMP, signature
from storelink.contracts.sandbox import Faults, Sandbox
from storelink.contracts.store import StoreAdapter
from storelink.models import (
    Address,
    Birthday,
    Contact,
    Kind,
    Record,
    Ref,
    ReturnStatus,
    ShipmentStatus,
    Snapshot,
)
from storelink.testing import FakeStore, FrozenClock, Item
from storelink.toolkit.http import Wire
from storelink_shopify.writes import Metafield
from storelink_woocommerce.sandbox import ordering

CART_SECRET = "the town's own source of carts"
"""What a shop signs its carts with whose platform shows none."""
ITEMS = (
    Item("Mug", Money("12.00", "EUR"), product_id="77"),
    Item("Tea", Money("5.50", "EUR"), product_id="78"),
    Item("Pot", Money("30.00", "EUR"), product_id="79"),
)


class Someone(NamedTuple):
    """A customer."""

    contact: Contact
    home: Address
    zone: str
    birthday: str


class Shop(ABC):
    """A store, as far as each platform has a way of its own.

    Attributes:
        script: lets happen what can happen in every store.
        shows_carriers: whether the platform knows what carriers say.
        shows_returns: whether it knows of returns.
    """

    clock: FrozenClock
    script: Any
    shows_carriers = True
    shows_returns = True

    @abstractmethod
    def adapter(self) -> StoreAdapter:
        """Return a new adapter of the store, as each process has its own."""

    @abstractmethod
    def place(self, who: Someone, items: Sequence[Item], *, paid: bool) -> str:
        """Let somebody order who lives somewhere, and return the order's id."""

    @abstractmethod
    def leave(self, who: Someone, item: Item, link: Storelink) -> str:
        """Let somebody fill a cart and go away, and return its id."""

    @abstractmethod
    def register(self, who: Someone) -> None:
        """Let somebody open an account, and say when their birthday is."""

    @abstractmethod
    def send_back(self, order: str) -> str:
        """Let somebody ask to send an order back, and return the return's id."""

    @abstractmethod
    def take_back(self, order: str, key: str) -> None:
        """Be done with a return."""

    def ship(self, order: str, promised_at: datetime | None = None) -> str:
        """Send all of an order, and return the parcel's id."""
        parcel: str = self.script.ship(
            order,
            number=f"N{order}",
            carrier="DHL",
            url=f"https://parcels.example/N{order}",
            promised_at=promised_at,
        )
        return parcel

    def scan(
        self, order: str, parcel: str, status: ShipmentStatus, promised_at: datetime | None = None
    ) -> None:
        """Let the carrier say something of a parcel."""
        self.script.scan(order, parcel, status, promised_at=promised_at)


class FakeShop(Shop):
    """A store in memory, which shows everything."""

    script: FakeStore

    def __init__(self, clock: FrozenClock) -> None:
        self.clock, self.script = clock, FakeStore(clock=clock)
        for item in ITEMS:
            self.script.sell(item)

    def adapter(self) -> StoreAdapter:
        """Return the store, which is its own adapter."""
        return self.script

    def place(self, who: Someone, items: Sequence[Item], *, paid: bool) -> str:
        """Place an order, and write the address on it."""
        order = self.script.place(who.contact, items, paid=paid)
        self.script.edit(order, shipping_address=who.home)
        return order

    def leave(self, who: Someone, item: Item, link: Storelink) -> str:
        """Begin a checkout."""
        return self.script.begin_checkout(who.contact, [item], shipping_address=who.home)

    def register(self, who: Someone) -> None:
        """Open an account that has a birthday."""
        self.script.register(who.contact, birthday=Birthday.parse(who.birthday))

    def send_back(self, order: str) -> str:
        """Tell of a return."""
        self._tell(order, ReturnStatus.REQUESTED)
        return f"r{order}"

    def take_back(self, order: str, key: str) -> None:
        """Tell that a return is closed."""
        self._tell(order, ReturnStatus.CLOSED, closed_at=self.clock.now())

    def _tell(self, order: str, status: ReturnStatus, **times: datetime) -> None:
        now = self.clock.now()
        told = {"status": status, "lines": [], "requested_at": now, **times}
        record = Record(Kind.RETURN, f"r{order}", order_id=order, updated_at=now, fields=told)
        self.script._raise("return.updated", Snapshot((record,)))


class SandboxShop(Shop):
    """A store of a platform on this machine, behind its real adapter.

    Args:
        clock: the town's.
        faults: what goes wrong with webhooks and calls of the API.
    """

    platform: str
    settings: Mapping[str, Any] = {}
    named: Mapping[str, Any] = {}

    def __init__(self, clock: FrozenClock, faults: Faults) -> None:
        self.clock = clock
        self._manifest = plugins.store(self.platform)
        assert self._manifest.sandbox is not None
        self.sandbox: Sandbox = self._manifest.sandbox(clock=clock, faults=faults, **self.settings)
        self.script = self.sandbox.store

    def adapter(self) -> StoreAdapter:
        """Return an adapter that talks to the store over HTTP; its waits take no time."""
        waits = Wire(
            now=self.clock.now,
            monotonic=lambda: self.clock.now().timestamp(),
            sleep=self._sleep,
            chance=random.Random(7).random,
        )
        return self._manifest.factory(**self.sandbox.options, **self.named, wire=waits)

    def _any_adapter(self) -> Any:
        """Return an adapter for what only this platform's can do."""
        return self.adapter()

    def _sleep(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))


class ShopifyShop(SandboxShop):
    """A shop on Shopify; it knows where somebody lives by their language."""

    platform = "shopify"
    named: Mapping[str, Any] = {"birthday_metafield": "facts.birth_date"}

    def place(self, who: Someone, items: Sequence[Item], *, paid: bool) -> str:
        """Place an order."""
        order: str = self.script.place(_at_home(who), items, paid=paid)
        return order

    def leave(self, who: Someone, item: Item, link: Storelink) -> str:
        """Begin a checkout."""
        checkout: str = self.script.begin_checkout(_at_home(who), [item])
        return checkout

    def register(self, who: Someone) -> None:
        """Open an account, and keep the birthday beside it."""
        ref = Ref(kind=Kind.CUSTOMER, id=self.script.register(_at_home(who)))
        adapter = self._any_adapter()
        day = Metafield("single_line_text_field", who.birthday)
        adapter.write.set_metafield(
            of=ref, namespace="facts", key="birth_date", value=day, known=None
        )
        adapter.close()

    def send_back(self, order: str) -> str:
        """Ask for a return, which the shop approves."""
        key: str = self.script.request_return(order)
        self.script.approve_return(key)
        return key

    def take_back(self, order: str, key: str) -> None:
        """Let the goods arrive."""
        self.script.receive_return(key)
        self.script.close_return(key)


class WooCommerceShop(SandboxShop):
    """A shop on WooCommerce, with a source of carts of its own.

    WooCommerce hears of no carrier and knows no returns: of a parcel storelink learns when it was
    sent, and that the shop is done with the order then. That it is late, or comes back, happens in
    no such town.
    """

    platform = "woocommerce"
    settings: Mapping[str, Any] = {"currency": "EUR", "time_zone": "Europe/Berlin"}
    named: Mapping[str, Any] = {"birthday_meta": "birth_date"}
    shows_carriers = shows_returns = False
    _carts = 0

    def place(self, who: Someone, items: Sequence[Item], *, paid: bool) -> str:
        """Place an order, and write the address on it."""
        order: str = self.script.place(who.contact, items, paid=paid)
        home = _place(who.home)
        with self.script.lock:
            row = self.script.world.orders.row(int(order))
            ordering.update(self.script.world, row, {"billing": home, "shipping": home})
        return order

    def leave(self, who: Someone, item: Item, link: Storelink) -> str:
        """Let the shop's own source tell of a cart, twice, as one does that got no answer."""
        self._carts += 1
        key, now = f"cart-{self._carts}", self.clock.now()
        cart = {
            "format": "storelink.cart/1",
            "id": key,
            "url": f"https://shop.example/cart?storelink_cart={key}",
            "currency": "EUR",
            "lines": [{"product": item.product_id, "title": item.title, "price": "12.00"}],
            "contact": {"email": who.contact.email, "first_name": who.contact.first_name},
            "created_at": now.isoformat(),
            "updated_at": now.isoformat(),
        }
        body, sent = json.dumps(cart).encode(), str(int(now.timestamp()))
        headers = {TIMESTAMP: sent, SIGNATURE: signature(CART_SECRET, sent, body)}
        for _ in range(2):
            link.receive_cart("shop", headers=headers, body=body)
        return key

    def register(self, who: Someone) -> None:
        """Open an account that says where somebody lives, and keep the birthday with it."""
        account, adapter = self.script.register(who.contact), self._any_adapter()
        meta = [{"key": "birth_date", "value": who.birthday}]
        told = {"billing": _place(who.home), "meta_data": meta}
        adapter.client.put(f"customers/{account}", told)
        adapter.close()

    def ship(self, order: str, promised_at: datetime | None = None) -> str:
        """Send all of an order, and be done with it."""
        parcel = super().ship(order)
        self.script.complete(order)
        return parcel

    def scan(
        self, order: str, parcel: str, status: ShipmentStatus, promised_at: datetime | None = None
    ) -> None:
        """Let the carrier talk to nobody."""

    def send_back(self, order: str) -> str:
        """Refuse: nobody can ask."""
        raise NotImplementedError

    def take_back(self, order: str, key: str) -> None:
        """Refuse: nobody asked."""
        raise NotImplementedError


SHOPS: Mapping[str, type[SandboxShop]] = {
    one.platform: one for one in (ShopifyShop, WooCommerceShop)
}


def _place(home: Address) -> Mapping[str, str]:
    """Return an address as WooCommerce writes it."""
    told = {"country": home.country, "state": home.region, "postcode": home.postcode}
    return {name: text or "" for name, text in told.items()}


def _at_home(who: Someone) -> Contact:
    """Return how to reach somebody, with the language of their country."""
    languages = {"DE": "de-DE", "US": "en-US", "IN": "en-IN", "IR": "fa-IR"}
    return who.contact.model_copy(update={"locale": languages[str(who.home.country)]})
