"""What can be done with each kind of object: made, changed, deleted, one by one or in batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from storelink_woocommerce.sandbox import ordering, shop, subscribing
from storelink_woocommerce.sandbox.calls import Call, Check, check, one_of
from storelink_woocommerce.sandbox.refusals import Refusal, Reply, lacking, missing, no_trash
from storelink_woocommerce.sandbox.site import Row
from storelink_woocommerce.sandbox.world import World

_MOST = 100
_REVIEW_STATUSES = ("approved", "hold", "spam", "unspam", "trash", "untrash")
_CREATED = 201


@dataclass(frozen=True, slots=True)
class Desk:
    """The acts on one kind of object.

    Attributes:
        kind: as it stands in the address.
        throw: puts one into the trash; `None` where there is none.
        demands: parameters without which nothing is made.
    """

    kind: str
    create: Callable[[World, Mapping[str, Any]], Row]
    change: Callable[[World, Row, Mapping[str, Any]], Row]
    erase: Callable[[World, Row], None]
    throw: Callable[[World, Row], None] | None = None
    demands: tuple[str, ...] = ()
    checks: Mapping[str, Check] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where the API has these objects."""
        return "products/reviews" if self.kind == "reviews" else self.kind

    def find(self, world: World, number: int, *, write: bool = False) -> Row:
        """Return one object.

        Raises:
            Refusal: there is none.
        """
        if self.kind == "orders":
            return world.order(number, write=write)
        return world.find(self.kind, number, write=write)

    def get(self, world: World, call: Call) -> Reply:
        """Answer `GET /{kind}/{id}`."""
        return Reply(world.body(self.kind, call.ids[0]))

    def post(self, world: World, call: Call) -> Reply:
        """Answer `POST /{kind}`."""
        absent = [name for name in self.demands if name not in call.data]
        if absent:
            raise lacking(*absent)
        check(call.data, self.checks)
        row = self.create(world, call.data)
        place = world.site.rest(f"{self.path}/{row['id']}")
        return Reply(self._written(world, row["id"]), _CREATED, {"Location": place})

    def put(self, world: World, call: Call) -> Reply:
        """Answer `PUT /{kind}/{id}`."""
        check(call.data, self.checks)
        row = self.change(world, self.find(world, call.ids[0], write=True), call.data)
        return Reply(self._written(world, row["id"]))

    def _written(self, world: World, number: int) -> Row:
        """Return the body that answers a write; a product's tells more than on reads."""
        body = world.body(self.kind, number)
        if self.kind == "reviews":  # in the context "edit", without the paragraphs of reads
            body["review"] = world.reviews[number]["review"]
        if self.kind == "products":
            body["permalink_template"] = f"{world.site.url}/product/%pagename%/"
            body["generated_slug"] = body["slug"]
        return body

    def delete(self, world: World, call: Call) -> Reply:
        """Answer `DELETE /{kind}/{id}`: into the trash, or with `force` for ever."""
        return Reply(self._delete(world, call.ids[0], force=call.flag("force")))

    def _delete(self, world: World, number: int, *, force: bool) -> Row:
        row = self.find(world, number)
        body = self._written(world, number)  # as it was before
        if force:
            self.erase(world, row)
        elif self.throw is None:
            raise no_trash(self.kind.capitalize())
        else:
            self.throw(world, row)
        if self.kind == "customers":  # nobody may do anything with who is gone
            body["_links"] = world.site.links(f"customers/{number}")
        return body

    def batch(self, world: World, call: Call) -> Reply:
        """Answer `POST /{kind}/batch`: 200 whatever became of each; deleted ones go for ever."""
        asked: dict[str, list[Any]] = {
            name: call.data.get(name) or [] for name in ("create", "update", "delete")
        }
        if sum(map(len, asked.values())) > _MOST:
            text = f"Unable to accept more than {_MOST} items for this request."
            raise Refusal(413, "woocommerce_rest_request_entity_too_large", text)
        answers = {
            name: [self._one(world, name, entry) for entry in entries]
            for name, entries in asked.items()
            if entries
        }
        return Reply(answers or [])  # PHP writes an empty array as a list

    def _one(self, world: World, act: str, entry: Any) -> Row:
        number = 0 if act == "create" else int(entry if act == "delete" else entry.get("id", 0))
        try:
            if act == "delete":
                return self._delete(world, number, force=True)
            if act == "create":
                number = self.create(world, entry)["id"]
            else:
                self.change(world, self.find(world, number, write=True), entry)
            return self._written(world, number)
        except Refusal as refusal:
            return {"id": number, "error": refusal.body}


def _throw_coupon(world: World, row: Row) -> None:
    shop.throw_away(world, world.coupons, row)


def _throw_product(world: World, row: Row) -> None:
    shop.throw_away(world, world.products, row)


def _erase_product(world: World, row: Row) -> None:
    del world.products[row["id"]]


def _erase_coupon(world: World, row: Row) -> None:
    del world.coupons[row["id"]]


def _erase_customer(world: World, row: Row) -> None:
    del world.customers[row["id"]]
    world.tell(row["id"], ["customer.deleted"])


def _erase_review(world: World, row: Row) -> None:
    del world.reviews[row["id"]]


def _throw_review(world: World, row: Row) -> None:
    row["status"] = "trash"


def _change_review(world: World, row: Row, data: Mapping[str, Any]) -> Row:
    names = ("review", "reviewer", "reviewer_email", "rating", "status")
    row.update({name: data[name] for name in names if name in data})
    return row


def _erase_order(world: World, row: Row) -> None:
    ordering.erase(world, row["id"])


ORDERS = Desk(
    "orders",
    create=ordering.create,
    change=ordering.update,
    erase=_erase_order,
    throw=ordering.trash,
    checks={"status": one_of("status", ordering.STATUSES)},
)
COUPONS = Desk(
    "coupons",
    create=shop.add_coupon,
    change=shop.change_coupon,
    erase=_erase_coupon,
    throw=_throw_coupon,
    demands=("code",),
    checks={"discount_type": one_of("discount_type", shop.COUPON_TYPES)},
)
PRODUCTS = Desk(
    "products",
    create=shop.add_product,
    change=shop.change_product,
    erase=_erase_product,
    throw=_throw_product,
)
CUSTOMERS = Desk(
    "customers",
    create=shop.add_customer,
    change=shop.change_customer,
    erase=_erase_customer,
    demands=("email",),
)
REVIEWS = Desk(
    "reviews",
    create=shop.post_review,
    change=_change_review,
    erase=_erase_review,
    throw=_throw_review,
    demands=("product_id", "review", "reviewer", "reviewer_email"),
    checks={"status": one_of("status", _REVIEW_STATUSES)},
)
WEBHOOKS = Desk(
    "webhooks",
    create=subscribing.create,
    change=subscribing.change,
    erase=subscribing.erase,
)


def refund_of(world: World, order_id: int, refund_id: int) -> Row:
    """Return one refund of an order.

    Raises:
        Refusal: there is none.
    """
    for row in world.refunds.get(order_id, ()):
        if row["id"] == refund_id:
            return row
    raise missing("refunds")
