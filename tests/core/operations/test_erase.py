"""Erasing: nothing of the person is left or comes back, nothing is sent twice."""

from __future__ import annotations

import base64
import json
import logging
from datetime import timedelta
from urllib.parse import quote

import pytest
from core.operations.traces import HOME, PERSON, ZOE, everything, traces
from core.world import ADA, BOB, DAY, HOUR, MUG, TEA, World

from storelink import Message
from storelink.consent import Look, Why
from storelink.contracts.hook import Decision, Facts, Hook, Reason, Send
from storelink.errors import ConfigError, UnknownStore
from storelink.events import OrderPlaced
from storelink.models import (
    Consent,
    Customer,
    Kind,
    MessageClass,
    MessageState,
    NoticeKind,
    Person,
    Record,
    Ref,
    Snapshot,
)
from storelink.storage import InboxState
from storelink.toolkit.signing import hmac_sha256_base64

EMAIL = "zoë.brontë@example.COM"


class Greeting(Hook[Person]):
    """A message that is planned for a person."""

    name = "greeting"
    subject = Kind.PERSON

    def decide(self, subject, facts: Facts, now) -> list[Decision]:  # type: ignore[no-untyped-def]
        order = subject.orders[-1]
        placed = facts.all(OrderPlaced, order_id=order.id)
        message = Message("thank_you", data={"to": order.contact.email, "name": order.contact.name})
        about = Ref.order(order.id)
        due_at = placed[0].at + DAY
        return [Send(about, message, order.id, placed[0], due_at)] if placed else []


def told(world: World, body: bytes, *, delivery: str) -> InboxState:
    """Let the store send *body*."""
    headers = {
        "X-Fake-Signature": hmac_sha256_base64("fake-secret", body),
        "X-Fake-Delivery": delivery,
        "X-Fake-Topic": "order.updated",
    }
    return world.link.receive("shop", headers=headers, body=body).state


def live(world: World) -> str:
    """Let Zoë buy, write, agree and ask, and return the id of her order."""
    order_id = world.timeline.place(ZOE, [MUG])
    world.store.edit(
        order_id,
        billing=HOME,
        shipping_address=HOME,
        customer_id="77",
        note="Please ring at Brontëová",
        attributes={"gift for": "Zoë-Maëlle"},
        status_url=f"https://shop.example/orders?email={quote('Zoë.Brontë@Example.com')}",
    )
    account = {"email": ZOE.email, "first_name": ZOE.first_name, "phone": ZOE.phone}
    raw = {"default_address": HOME.model_dump(mode="json")}
    about = {"updated_at": world.clock.now(), "raw": raw}
    consent = {"customer_id": "77", "channel": "email", "state": "subscribed"}
    world.store._raise(
        "customer",
        Snapshot(
            records=(
                Record(Kind.CUSTOMER, "77", fields=account, **about),
                Record(
                    Kind.COUPON, "9", fields={"code": "THANKS-1", "emails": (ZOE.email,)}, **about
                ),
                Record(Kind.CONSENT, "77/email", fields={**consent, "address": ZOE.email}, **about),
            )
        ),
    )
    world.tell()
    world.timeline.ship(order_id, url="https://dhl.example/?to=Große Hamburger Straße 19a")
    return order_id


def strange(world: World) -> None:
    """Let deliveries come that nobody understands, with her address in all kinds of writing."""
    plain = f"<{ZOE.email}>".encode()
    bodies = (
        json.dumps({"strange": ZOE.email}).encode(),
        f"mail={quote(str(ZOE.email))}".encode(),
        b"payload=" + base64.b64encode(plain),
        json.dumps({"inner": json.dumps({"phone": "030 / 2312-5011"})}).encode(),
    )
    for number, body in enumerate(bodies):
        assert InboxState.KEPT is told(world, body, delivery=f"strange {number}")


@pytest.fixture
def shop(new_world: object) -> World:
    """A shop that Zoë and Bob have bought in; a message to her waits, others were sent."""
    world: World = new_world()  # type: ignore[operator]
    world.link._registry.add(Greeting())
    world.link.hook(OrderPlaced, after=3 * DAY, key="later")(lambda order: Message("thank_you"))
    live(world)
    world.timeline.place(BOB, [TEA])
    strange(world)
    return world


def test_nothing_of_a_person_is_left_in_any_table(shop: World) -> None:
    assert set(PERSON) == traces(everything(shop).values()), "the search finds what is there"
    shop.link.erase("shop", email=EMAIL)
    left = {name: traces([content]) for name, content in everything(shop).items()}
    assert {name: set() for name in left} == left


def test_what_the_books_need_stays(shop: World) -> None:
    before = {order.id: order for order in shop.link.orders("shop")}
    sent = [one.key for one in shop.link.messages(state=MessageState.SENT)]
    happened = [event.id for event in shop.link.events()]
    shop.link.erase("shop", email=EMAIL)
    (order_id,) = [one.id for one in before.values() if one.contact.email == ZOE.email]
    left = shop.order(order_id)
    was = before[order_id]
    assert (was.number, was.total, was.placed_at) == (left.number, left.total, left.placed_at)
    assert (was.status, len(was.shipments)) == (left.status, len(left.shipments))
    assert sent == [one.key for one in shop.link.messages(state=MessageState.SENT)]
    assert happened == [event.id for event in shop.link.events()]


def test_others_are_left_alone(shop: World) -> None:
    theirs = [one for one in shop.link.orders("shop") if one.contact.email == BOB.email]
    waiting = [
        one
        for one in shop.link.messages(state=MessageState.WAITING)
        if one.hook == "greeting" and one.order_id in {order.id for order in theirs}
    ]
    came = [row for row in shop.link.inbox() if b"bob@" in row.body]
    assert theirs
    assert waiting
    assert came
    shop.link.erase("shop", email=EMAIL)
    assert theirs == [shop.order(one.id) for one in theirs]
    assert waiting == [
        one
        for one in shop.link.messages(state=MessageState.WAITING)
        if one.hook == "greeting" and one.order_id in {order.id for order in theirs}
    ]
    assert came == [row for row in shop.link.inbox() if row.body]


def test_a_waiting_message_is_cancelled_and_no_hook_asks_for_it_again(shop: World) -> None:
    told = len(shop.channel.sent)
    report = shop.link.erase("shop", email=EMAIL)
    assert report.cancelled >= 1
    shop.clock.advance(HOUR)
    for order_id in shop.store.order_ids():
        shop.store.edit(order_id)
    shop.tell()
    shop.wait(60 * DAY)
    late = [one for one in shop.channel.sent[told:] if one.to == ZOE.email]
    assert [] == late
    cancelled = shop.link.messages(state=MessageState.CANCELLED)
    erased = [one.key for one in cancelled if one.reason is Reason.ERASED]
    assert report.cancelled == len(erased)


def test_nothing_is_sent_twice_after_an_erasure(shop: World) -> None:
    sent = [message.key for message in shop.channel.sent]
    shop.link.erase("shop", email=EMAIL)
    shop.clock.advance(HOUR)
    for order_id in shop.store.order_ids():
        shop.store.edit(order_id)
    shop.tell()
    shop.wait(HOUR)
    assert sent == [message.key for message in shop.channel.sent]


def test_what_the_store_tells_of_the_order_later_brings_nobody_back(shop: World) -> None:
    """By webhooks, by reading, by a sweep, by a backfill; also of parts that are new."""
    shop.link.erase("shop", email=EMAIL)
    (order_id,) = [one.id for one in shop.link.orders("shop") if not one.contact.email]
    shop.wait(DAY)
    shop.store.edit(order_id, note="for Zoë-Maëlle", shipping_address=HOME)
    shop.tell()
    shop.timeline.ship(order_id, number="SECOND", url="https://dhl.example/?to=Brontëová")
    shop.link.read("shop", order_id)
    shop.link.sweep("shop")
    shop.link.backfill("shop", restart=True)
    shop.wait(DAY)
    assert set() == traces(everything(shop).values())
    assert 2 == len(shop.order(order_id).shipments), "what happened to the order is known"


@pytest.mark.usefixtures("errors_are_expected")
def test_a_delivery_of_before_can_neither_be_absorbed_nor_replayed(shop: World) -> None:
    """One that waits for the worker, too."""
    order_id = shop.store.place(ZOE, [TEA])
    world_row = shop.store.take()[0]
    understand, shop.store.normalize = shop.store.normalize, _fail  # type: ignore[method-assign]
    shop.link.receive("shop", headers=world_row.headers, body=world_row.body)
    shop.store.normalize = understand  # type: ignore[method-assign]
    assert [InboxState.NEW] == [row.state for row in shop.link.inbox(state="new")]
    shop.link.erase("shop", email=EMAIL)
    shop.link.run_once()
    for row in shop.link.inbox():
        shop.link.replay(row.id)
    shop.link.run_once()
    assert set() == traces(everything(shop).values())
    assert shop.link.order("shop", order_id) is None


def _fail(delivery: object) -> Snapshot:
    raise RuntimeError("broken for now")


def test_an_order_of_before_that_was_not_known_comes_without_the_person(shop: World) -> None:
    """Its webhook was lost, and the next sweep finds it."""
    order_id = shop.store.place(ZOE, [TEA])
    shop.store.take()
    shop.clock.advance(HOUR)
    shop.link.erase("shop", email=EMAIL)
    shop.clock.advance(HOUR)
    shop.link.sweep("shop")
    shop.link.run_once()
    assert "#" + order_id == shop.order(order_id).number
    assert set() == traces(everything(shop).values())


def test_a_new_order_of_the_person_is_taken_whole(shop: World) -> None:
    shop.link.erase("shop", email=EMAIL)
    shop.clock.advance(HOUR)
    order_id = shop.timeline.place(ZOE, [TEA])
    assert ZOE == shop.order(order_id).contact
    assert f"shop/thank_you/order:{order_id}" in [one.key for one in shop.channel.sent]


def test_erasing_again_changes_nothing(shop: World) -> None:
    first = shop.link.erase("shop", email=EMAIL)
    before = everything(shop)
    again = shop.link.erase("shop", email=EMAIL)
    assert first.objects > 0
    assert (0, 0, 0, 0) == (again.objects, again.messages, again.cancelled, again.webhooks)
    changing = {"records", "suppressions"}  # the time of the newest erasure
    assert {name: one for name, one in before.items() if name not in changing} == {
        name: one for name, one in everything(shop).items() if name not in changing
    }


def test_counting_says_what_erasing_does_and_changes_nothing(shop: World) -> None:
    before = everything(shop)
    counted = shop.link.erase("shop", email=EMAIL, dry_run=True)
    assert before == everything(shop)
    done = shop.link.erase("shop", email=EMAIL)
    assert {**done.to_dict(), "dry_run": True} == counted.to_dict()


@pytest.mark.parametrize(
    "who",
    [{"email": EMAIL}, {"phone": "+49 30 23125011"}, {"customer_id": "77"}],
    ids=lambda who: next(iter(who)),
)
def test_any_of_the_three_finds_the_whole_person(shop: World, who: dict[str, str]) -> None:
    shop.link.erase("shop", **who)  # type: ignore[arg-type]
    assert set() == traces(everything(shop).values())


def test_an_account_of_the_same_person_is_erased_with_all_its_orders(world: World) -> None:
    """Also those that name an address of before."""
    old = ADA.model_copy(update={"email": "ada.byron@example.com"})
    order_id = world.timeline.place(old, [MUG])
    world.store.edit(order_id, customer_id="5")
    account = Record(Kind.CUSTOMER, "5", updated_at=world.clock.now(), fields={"email": ADA.email})
    world.store._raise("customer", Snapshot(records=(account,)))
    world.tell()
    world.link.erase("shop", email=str(ADA.email))
    assert set() == traces(everything(world).values(), [str(old.email), str(ADA.email)])


def test_nothing_of_it_is_logged(shop: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        shop.link.erase("shop", email=EMAIL)
        shop.store.edit(shop.store.order_ids()[0], note="Brontëová")
        shop.tell()
        shop.wait(3 * DAY)
    mine = [record for record in caplog.records if record.name.startswith("storelink")]
    assert mine
    assert set() == traces([caplog.text, *(repr(vars(record)) for record in mine)])


def test_suppression_holds_after_the_erasure(shop: World) -> None:
    shop.link.erase("shop", email=EMAIL)
    hashed = shop.link.consents.addresses.of(ZOE.email)
    assert hashed is not None
    with shop.link._database.read() as tx:
        (row,) = tx.suppressions.standing("shop", [hashed])
    assert ("erased", "*") == (row.why, row.channel)


def test_what_is_gone_leaves_no_questions(shop: World) -> None:
    with pytest.raises(UnknownStore):
        shop.link.erase("nowhere", email=EMAIL)
    with pytest.raises(ConfigError, match="say who is meant"):
        shop.link.erase("shop")
    assert 0 == shop.link.erase("shop", email="nobody@example.com").objects


def test_an_export_says_everything_and_after_an_erasure_nothing(shop: World) -> None:
    body = shop.link.export("shop", email=EMAIL)
    assert set(PERSON) == traces([json.dumps(body)])
    assert ["77"] == [account["id"] for account in body["accounts"]]
    assert 1 == len(body["orders"])
    assert {"thank_you", "tracking", "greeting", "later"} == {
        one["hook"] for one in body["messages"]
    }
    assert body["webhooks"]
    assert "bob@example.com" not in json.dumps(body)
    shop.link.erase("shop", email=EMAIL)
    after = shop.link.export("shop", email=EMAIL)
    del after["known_as"]
    assert set() == traces([json.dumps(after)])


def test_the_platform_asks_and_the_person_is_erased(shop: World) -> None:
    (order_id,) = [one.id for one in shop.link.orders("shop") if one.contact.email == ZOE.email]
    shop.store.notify(NoticeKind.CUSTOMER_REDACTED, customer_id="77", order_ids=[order_id])
    shop.tell()
    assert [True] == [one.done for one in shop.link.privacy_requests()]
    assert set() == traces(everything(shop).values())


def test_the_platform_asks_and_the_whole_store_is_erased(shop: World) -> None:
    shop.store.notify(NoticeKind.STORE_REDACTED)
    shop.tell()
    texts = everything(shop).values()
    assert set() == traces(texts, [*PERSON, str(BOB.email)])
    assert 2 == len(shop.link.orders("shop"))
    assert [True] == [one.done for one in shop.link.privacy_requests()]


def test_a_request_for_data_is_listed_until_it_is_answered(shop: World) -> None:
    shop.store.notify(NoticeKind.CUSTOMER_DATA_REQUESTED, customer_id="77")
    shop.tell()
    (request,) = shop.link.privacy_requests()
    assert ("customer.data_requested", False) == (request.what, request.done)
    assert timedelta(days=30) == request.due_at - request.at
    assert set(PERSON) == traces([json.dumps(shop.link.export_for(request.id))])
    assert shop.link.answered(request.id).done
    assert [True] == [one.done for one in shop.link.privacy_requests(store="shop")]
    with pytest.raises(LookupError):
        shop.link.answered("shop/nothing")


def test_the_model_of_an_erased_person_says_nothing(shop: World) -> None:
    shop.link.erase("shop", email=EMAIL)
    account = shop.link.customer("shop", "77")
    assert account is not None
    assert Customer(id="77", store="shop", consents=account.consents) == account
    assert [None] == [one.address for one in account.consents]
    assert isinstance(account.consents[0], Consent)


def test_whoever_comes_back_is_told_what_the_order_needs_and_nothing_else(shop: World) -> None:
    shop.link.erase("shop", email=EMAIL)
    looks = [Look(ZOE.email, "email", one) for one in MessageClass]
    found = shop.link.suppressions.look("shop", looks)
    against = {
        look.message_class: one.why if one else None for look, one in zip(looks, found, strict=True)
    }
    assert {
        MessageClass.TRANSACTIONAL: None,
        MessageClass.RELATIONSHIP: Why.ERASED,
        MessageClass.MARKETING: Why.ERASED,
    } == against
