"""Notes and meta on orders, and the webhooks that a shop is asked to send."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from plugins.woocommerce.listed_shop import ListedShop, refusal
from plugins.woocommerce.odd_shop import KEY, SECRET, recorded, reply, running, wire
from werkzeug import Request, Response

from storelink.contracts.store import Subscription
from storelink.errors import NotFound, WriteRefused
from storelink.models import Kind
from storelink.testing import FrozenClock
from storelink_woocommerce import WooCommerce

Row = dict[str, Any]
Shop = tuple[ListedShop, WooCommerce]

ADDRESS = "https://hooks.example/webhooks/shop"


@pytest.fixture
def shop() -> Iterator[Shop]:
    listed = ListedShop()
    with running() as server:
        server.answer = listed
        yield (
            listed,
            WooCommerce(
                url=server.url,
                webhook_secret=["whsec_new", "whsec_old"],
                consumer_key=KEY,
                consumer_secret=SECRET,
                wire=wire(FrozenClock()),
            ),
        )


class Notes:
    """The notes of order 7. *lose* answers to writes are lost, though the note is there."""

    def __init__(self, listed: ListedShop, lose: int = 0, hang_up: int = 0) -> None:
        self.rows: list[Row] = []
        self.lose, self.hang_up = lose, hang_up
        listed.other["GET", "orders/7/notes"] = lambda request: reply(self.rows)
        listed.other["POST", "orders/7/notes"] = self.add

    def add(self, request: Request) -> Any:
        if self.hang_up:
            self.hang_up -= 1
            return None
        asked = request.get_json()
        row = {**asked, "id": 90 + len(self.rows), "note": asked["note"].replace("&", "&amp;")}
        self.rows.insert(0, row)
        if self.lose:
            self.lose -= 1
            return None
        return reply(row, 201)


def test_a_note_is_for_the_staff_unless_it_is_for_the_customer(shop: Shop) -> None:
    listed, store = shop
    notes = Notes(listed)

    first = store.write.note(order_id="7", text="Packed")
    second = store.write.note(order_id="7", text="Packed", to_customer=True)

    assert ("90", "91") == (first, second)
    assert [True, False] == [row["customer_note"] for row in notes.rows]


@pytest.mark.parametrize(("lose", "hang_up"), [(1, 0), (0, 1)])
def test_a_note_whose_answer_was_lost_is_written_once(shop: Shop, lose: int, hang_up: int) -> None:
    """There is an equal note already, which is not taken for the new one."""
    listed, store = shop
    notes = Notes(listed)
    store.write.note(order_id="7", text="Tea & <b>cake</b>")
    notes.lose, notes.hang_up = lose, hang_up

    assert "91" == store.write.note(order_id="7", text="Tea & <b>cake</b>")
    assert 2 == len(notes.rows)


def test_meta_is_written_by_key(shop: Shop) -> None:
    listed, store = shop
    written: list[Row] = []

    def put(request: Request) -> Any:
        written.append(request.get_json())
        return None if len(written) == 1 else reply({"id": 7})

    meta = [{"id": 1, "key": "_asked", "value": "yes"}]
    listed.rows["orders"] = [{"id": 7, "meta_data": meta}]
    listed.other["PUT", "orders/7"] = put

    store.write.meta(order_id="7", entries={"_asked": "yes"})
    assert 1 == len(written)  # the answer was lost, and reading back showed that it is there
    store.write.meta(order_id="7", entries={"_asked": "no", "_old": None})

    expected = [{"key": "_asked", "value": "no"}, {"key": "_old", "value": None}]
    assert {"meta_data": expected} == written[-1]


def test_an_order_that_does_not_exist_is_not_found(shop: Shop) -> None:
    """A missing order is 404 on GET and 400 on PUT (recorded)."""
    listed, store = shop
    listed.other["PUT", "orders/7"] = lambda request: recorded("error_404_order_put")

    with pytest.raises(NotFound):
        store.write.meta(order_id="7", entries={"a": 1})
    with pytest.raises(NotFound):
        store.write.note(order_id="8", text="?")
    with pytest.raises(NotFound):
        store.write.note(order_id="7/../8", text="?")


class Webhooks:
    """The webhooks of a shop."""

    def __init__(self, listed: ListedShop) -> None:
        self.rows = listed.rows.setdefault("webhooks", [])
        self.secrets: list[str] = []
        self.lose = False
        self.listed = listed
        listed.other["POST", "webhooks"] = self.add

    def add(self, request: Request) -> Any:
        asked = request.get_json()
        if asked["topic"] == "order.shipped":
            return recorded("error_400_webhook_bad_topic")
        self.secrets.append(asked.pop("secret"))
        row = {**asked, "id": 40 + len(self.rows), "date_created_gmt": "2026-05-01T10:00:00"}
        self.rows.append(row)
        self.listed.other["DELETE", f"webhooks/{row['id']}"] = self.remove
        if self.lose:
            self.lose = False
            return None
        return reply(row, 201)

    def remove(self, request: Request) -> Any:
        if request.args.get("force") != "true":
            return recorded("error_501_webhook_delete_without_force")
        number = int(request.path.rpartition("/")[2])
        self.rows[:] = [row for row in self.rows if row["id"] != number]
        if self.lose:
            self.lose = False
            return None
        return reply({})


@pytest.mark.parametrize("lose", [False, True])
def test_a_webhook_is_made_with_the_first_secret(shop: Shop, lose: bool) -> None:
    listed, store = shop
    webhooks = Webhooks(listed)
    webhooks.lose = lose

    made = store.subscribe("order.updated", ADDRESS)

    assert Subscription("40", "order.updated", ADDRESS) == made
    assert [made] == store.subscriptions()
    assert ["whsec_new"] == webhooks.secrets
    assert "storelink order.updated" == webhooks.rows[0]["name"]


@pytest.mark.parametrize("lose", [False, True])
def test_a_webhook_is_removed_and_one_that_is_gone_is_fine(shop: Shop, lose: bool) -> None:
    listed, store = shop
    webhooks = Webhooks(listed)
    made = store.subscribe("order.updated", ADDRESS)
    webhooks.lose = lose

    store.unsubscribe(made.id)
    listed.other["DELETE", "webhooks/40"] = lambda request: recorded("error_404_webhook")
    store.unsubscribe(made.id)
    store.unsubscribe("not-a-number")

    assert [] == webhooks.rows


def test_a_topic_that_the_shop_does_not_know_is_refused(shop: Shop) -> None:
    listed, store = shop
    Webhooks(listed)

    with pytest.raises(WriteRefused):
        store.subscribe("order.shipped", ADDRESS)


def test_every_webhook_of_the_shop_is_told_and_whose_it_is(shop: Shop) -> None:
    listed, store = shop
    rows = recorded("webhooks_list").get_json()
    rows += [recorded("webhook_disabled_after_failures").get_json()]
    ours = [{**row, "id": 1000 + row["id"], "name": f"Storelink {row['topic']}"} for row in rows]
    listed.rows["webhooks"] = [*rows, *ours * 12]
    for number, row in enumerate(listed.rows["webhooks"]):
        listed.rows["webhooks"][number] = {**row, "id": number + 1}

    told = store.subscriptions()

    assert 18 * 13 == len({one.id for one in told}) == len(told)
    assert 18 * 12 == sum(one.ours for one in told)
    failing = [one for one in told if not one.active]
    assert 13 == len(failing)
    assert {"action.wc_lab_parcel_scanned"} == {one.topic for one in failing}
    assert {"http://127.0.0.1:9099/status/500/failing"} == {one.address for one in failing}


def test_the_topics_tell_all_that_webhooks_tell() -> None:
    store = WooCommerce(url="https://shop.example", webhook_secret="s")

    orders = ("order.created", "order.updated", "order.deleted", "order.restored")
    assert orders == store.topics([Kind.ORDER])
    assert orders == store.topics({Kind.REFUND, Kind.SHIPMENT})
    assert () == store.topics([Kind.REVIEW, Kind.CHECKOUT, Kind.RETURN])
    every = store.topics(list(Kind))
    assert 15 == len(every) == len(set(every))


def test_what_the_shop_refuses_to_write_is_said(shop: Shop) -> None:
    listed, store = shop

    def refuse(request: Request) -> Response:
        return refusal("woocommerce_rest_cannot_create", 400)

    Notes(listed)
    listed.other["POST", "orders/7/notes"] = refuse

    with pytest.raises(WriteRefused):
        store.write.note(order_id="7", text="?")
