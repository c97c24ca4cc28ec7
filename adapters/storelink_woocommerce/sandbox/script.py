"""A WooCommerce store that does what it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from storelink.clock import Clock
from storelink.contracts.sandbox import Item, ScriptedStore, Webhook
from storelink.errors import NotFound, PluginError
from storelink.models.contact import Contact
from storelink.models.enums import ShipmentStatus
from storelink.models.money import Money
from storelink.models.record import Snapshot
from storelink.models.ref import Ref
from storelink_woocommerce.sandbox import ordering, parcels, refunding, seeding, shop
from storelink_woocommerce.sandbox.order_table import HIDDEN
from storelink_woocommerce.sandbox.outgoing import Outgoing
from storelink_woocommerce.sandbox.reading import read
from storelink_woocommerce.sandbox.refusals import Refusal
from storelink_woocommerce.sandbox.site import Row, Site, TaxRate, Zone
from storelink_woocommerce.sandbox.world import TRASH, World

F = TypeVar("F", bound=Callable[..., Any])

TRACKING = ("fulfillments", "ast", "shipment_tracking")
_GATEWAYS: Mapping[str, tuple[str, str]] = {
    "card": ("stripe", "Credit / Debit Card"),
    "cod": ("cod", "Cash on delivery"),
    "bacs": ("bacs", "Direct bank transfer"),
}
_ADMIN = {"email": "owner@shop.example", "first_name": "", "last_name": "", "username": "admin"}


def _act(method: F) -> F:
    """Let nothing else happen meanwhile, and send first what is due before this act."""

    @wraps(method)
    def act(self: ScriptedWooCommerce, *args: Any, **options: Any) -> Any:
        with self.lock:
            self.world.outgoing.run_due()
            try:
                return method(self, *args, **options)
            except Refusal as refusal:
                code = refusal.body["code"]  # the message may name a person
                raise ValueError(f"WooCommerce refuses: {code}") from None

    return cast("F", act)


class ScriptedWooCommerce(ScriptedStore):
    """A WooCommerce store in memory. Every act raises the webhooks that WooCommerce would send.

    Webhooks are built a second after the act: what happens within a second is told once. An act
    that WooCommerce would refuse is a `ValueError`.

    Args:
        clock: tells when an act happens.
        secret: what the webhooks of `take` are signed with.
        currency: the shop's own; an order is in the currency of its items.
        time_zone: of the site.
        tracking: where parcels are kept: `"fulfillments"`, `"ast"`, or `"shipment_tracking"`.
        taxes: the site's tax rates.

    Raises:
        ValueError: *tracking* is none of these.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        secret: str,
        currency: str = "INR",
        time_zone: str = "Asia/Kolkata",
        tracking: str = "fulfillments",
        taxes: Sequence[TaxRate] = (),
    ) -> None:
        if tracking not in TRACKING:
            raise ValueError(f"tracking is one of {', '.join(TRACKING)}")
        site = Site(clock, ZoneInfo(time_zone), currency, tracking, tuple(taxes))
        self.lock = threading.RLock()
        self.world = World(site, Outgoing(site, secret))
        self._add_owner()

    def _add_owner(self) -> None:
        """A WordPress site has at least one user, who is no customer."""
        owner: Row = {
            "id": 1,
            "created": self.world.site.now(),
            "modified": None,
            **_ADMIN,
            "role": "administrator",
            "billing": ordering.address(None, ordering.BILLING),
            "shipping": ordering.address(None, ordering.SHIPPING),
            "is_paying_customer": False,
            "meta_data": [],
        }
        self.world.customers[1] = owner

    def take(self) -> list[Webhook]:
        """Return the webhooks raised since the last call, as if one of each topic were asked for.

        Those of actions (`action.…`) are not among them: a shop has to ask for each by name.
        """
        with self.lock:
            taken = self.world.outgoing.take()
        return [one for one in taken if not one.topic.startswith("action.")]

    def read(self, ref: Ref) -> Snapshot:
        """Return the present truth about one object, as the REST API would tell it.

        Raises:
            NotFound: it does not exist.
        """
        with self.lock:
            return read(self.world, ref)

    @_act
    def place(
        self,
        contact: Contact,
        items: Sequence[Item],
        *,
        paid: bool = True,
        payment_method: str = "card",
        code: str | None = None,
    ) -> str:
        """Place an order in the checkout and return its id. With `"cod"` it is paid later.

        With a *code*, the coupon of that code is used.
        """
        if not items:
            raise ValueError("an order has items")
        account = next((one for one in self._accounts() if _is_of(one, contact)), None)
        gateway, title = _GATEWAYS.get(payment_method, (payment_method, payment_method))
        data = {
            "currency": items[0].unit_price.currency,
            "customer_id": account["id"] if account else 0,
            "billing": _billing(contact),
            "shipping": _billing(contact),
            "payment_method": gateway,
            "payment_method_title": title,
            "line_items": [self._line(item) for item in items],
            "coupon_lines": [{"code": code}] if code else [],
            "set_paid": paid and gateway != "cod",
            "status": "processing" if gateway == "cod" else "pending",
        }
        return str(ordering.create(self.world, data, via="store-api")["id"])

    @_act
    def pay(self, order_id: str) -> None:
        """Pay an order that was placed unpaid; in cash it is completed by that."""
        ordering.pay(self.world, self._order(order_id))

    @_act
    def ship(
        self,
        order_id: str,
        *,
        number: str,
        carrier: str,
        url: str | None = None,
        lines: Mapping[int, int] | None = None,
        promised_at: datetime | None = None,
    ) -> str:
        """Send a parcel and return its id; *lines* maps the item's index to a quantity.

        A promised day is kept nowhere in WooCommerce. Tracking plugins do not keep the lines.
        """
        row = self._order(order_id)
        if not self.world.site.has_fulfillments:
            return parcels.track(self.world, row, number, carrier, url)
        data = parcels.request(self.world, row, lines, (number, carrier, url or ""))
        return str(parcels.fulfill(self.world, row, data)["id"])

    def scan(
        self,
        order_id: str,
        shipment_id: str,
        status: ShipmentStatus,
        *,
        message: str = "",
        promised_at: datetime | None = None,
    ) -> None:
        """Refuse: WooCommerce never hears of a carrier's scans.

        Raises:
            PluginError: always.
        """
        raise PluginError("WooCommerce keeps no scans of carriers: nothing can report one")

    @_act
    def refund(self, order_id: str, *, lines: Mapping[int, int] | None = None) -> str:
        """Give money back, for *lines* or for all that is left, and return the refund's id."""
        row = self._order(order_id)
        data = refunding.request(self.world, row, lines)
        return str(refunding.create(self.world, row, data)["id"])

    @_act
    def cancel(self, order_id: str) -> None:
        """Call the order off."""
        ordering.set_status(self.world, self._order(order_id), "cancelled")

    @_act
    def complete(self, order_id: str) -> None:
        """Close the order: the shop is done with it."""
        ordering.set_status(self.world, self._order(order_id), "completed")

    @_act
    def hold(self, order_id: str) -> None:
        """Let the order wait, for its payment or for the shop."""
        ordering.set_status(self.world, self._order(order_id), "on-hold")

    @_act
    def fail_payment(self, order_id: str) -> None:
        """Let an attempt to pay fail."""
        ordering.set_status(self.world, self._order(order_id), "failed")

    @_act
    def touch(self, order_id: str) -> None:
        """Save an order without changing it, which moves its date."""
        self.world.save(self._order(order_id), "order.updated")

    @_act
    def delete(self, order_id: str, *, force: bool = False) -> None:
        """Put the order into the trash; with *force* it is gone for ever, and nothing tells so."""
        row = self._order(order_id)
        if force:
            ordering.erase(self.world, row["id"])
        else:
            ordering.trash(self.world, row)

    @_act
    def restore(self, order_id: str) -> None:
        """Take the order out of the trash."""
        row = self._order(order_id)
        if row["status"] == TRASH:
            ordering.restore(self.world, row)

    @_act
    def add_note(self, order_id: str, text: str, *, to_customer: bool = False) -> str:
        """Write a note at the order, which counts as no change of it."""
        row = self._order(order_id)
        return str(self.world.add_note(row["id"], text, to_customer=to_customer)["id"])

    @_act
    def set_meta(self, order_id: str, key: str, value: Any) -> None:
        """Write one value into the order's `meta_data`."""
        row = self._order(order_id)
        self.world.set_meta(row, key, value)
        self.world.save(row, "order.updated")

    @_act
    def add_product(self, name: str, price: str = "10.00", **fields: Any) -> str:
        """Publish a product and return its id; *fields* are those of the REST API."""
        data = {"name": name, "regular_price": price, **fields}
        return str(shop.add_product(self.world, data)["id"])

    @_act
    def edit_product(self, product_id: str, **fields: Any) -> None:
        """Change a product; *fields* are those of the REST API."""
        shop.change_product(self.world, self._product(product_id), fields)

    @_act
    def delete_product(self, product_id: str) -> None:
        """Put a product into the trash."""
        shop.throw_away(self.world, self.world.products, self._product(product_id))

    @_act
    def review(
        self, product_id: str, contact: Contact, *, rating: int = 5, text: str = "Good."
    ) -> str:
        """Let somebody review a product, and return the review's id; nothing tells so."""
        email = contact.email or ""
        product = self._product(product_id)
        data = {
            "product_id": product["id"],
            "reviewer": contact.name,
            "reviewer_email": email,
            "review": text,
            "rating": rating,
            "verified": self._has_bought(email, product["id"]),
        }
        return str(shop.add_review(self.world, data)["id"])

    @_act
    def register(self, contact: Contact) -> str:
        """Let somebody make an account, and return its id."""
        data = {
            "email": contact.email,
            "first_name": contact.first_name,
            "last_name": contact.last_name,
            "billing": _billing(contact),
        }
        return str(shop.add_customer(self.world, data)["id"])

    @_act
    def set_account_meta(self, customer_id: str, key: str, value: Any) -> None:
        """Write what a plugin would keep with an account."""
        row = self.world.customers[int(customer_id)]
        shop.change_customer(self.world, row, {"meta_data": [{"key": key, "value": value}]})

    def ship_free(self, country: str, minimum: Money) -> None:
        """Ship to a country for free from *minimum* on: a zone of its own, after the others."""
        with self.lock:
            where = (("country", country),)
            self.world.zones.append(Zone(country, where, minimum.amount))

    @_act
    def do_action(self, name: str, arg: Any = None) -> None:
        """Run an action of WordPress: webhooks of the topic `action.{name}` are raised."""
        self.world.tell(arg, [f"action.{name}"])

    @_act
    def load(self, kind: str, bodies: Sequence[Mapping[str, Any]], *, parent: int = 0) -> None:
        """Take in what a real store's API told, so that it is told again; nothing is raised."""
        seeding.load(self.world, kind, bodies, parent=parent)

    def order_ids(self) -> Sequence[str]:
        """Return the ids of every order that is placed and not in the trash."""
        with self.lock:
            return [str(one) for one in self.world.orders if self._is_listed(one)]

    def _is_listed(self, order_id: int) -> bool:
        return self.world.orders.head(order_id).status not in HIDDEN

    def _order(self, order_id: str) -> Row:
        number = int(order_id) if order_id.isdecimal() else 0
        return self.world.orders.row(number)

    def _product(self, product_id: str) -> Row:
        number = int(product_id) if product_id.isdecimal() else 0
        try:
            return self.world.find("products", number)
        except Refusal:
            raise NotFound("there is no product of that id") from None

    def _accounts(self) -> Sequence[Row]:
        return list(self.world.customers.values())

    def _line(self, item: Item) -> Mapping[str, Any]:
        """Return what the API is told of an item; its product is made if there is none yet."""
        price = str(item.unit_price.amount)
        number = int(item.product_id) if item.product_id.isdecimal() else 0
        product = self.world.products.get(number) or self._named(item.title)
        if product is None:
            fields = {
                "name": item.title,
                "regular_price": price,
                "virtual": not item.requires_shipping,
            }
            product = shop.silent_product(self.world, fields, product_id=number)
        return {
            "product_id": product["id"],
            "name": item.title,
            "quantity": item.quantity,
            "price": price,
        }

    def _named(self, title: str) -> Row | None:
        return next((one for one in self.world.products.values() if one["name"] == title), None)

    def _has_bought(self, email: str, product_id: int) -> bool:
        return any(
            row["billing"]["email"].casefold() == email.casefold()
            and any(line["product_id"] == product_id for line in row["line_items"])
            for row in self.world.orders.rows()
            if row["status"] in {"processing", "completed"}
        )


def _billing(contact: Contact) -> Row:
    return {
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "email": contact.email,
        "phone": contact.phone,
    }


def _is_of(account: Row, contact: Contact) -> bool:
    return bool(contact.email) and account["email"].casefold() == str(contact.email).casefold()
