"""Erasing while other things happen: whatever interrupts it or comes between, nothing is left."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from core.operations.traces import everything, traces
from core.world import ADA, BOB, DAY, HOUR, MUG, TEA, World

from storelink import Message
from storelink.contracts.hook import Decision, Hook, Send
from storelink.errors import ConfigError, StorageUnavailable
from storelink.events import OrderPaid
from storelink.mirror import absorb
from storelink.models import (
    Answer,
    AnswerKind,
    Contact,
    Kind,
    MessageState,
    NoticeKind,
    Order,
    Record,
    Ref,
    Scan,
    ShipmentStatus,
    Snapshot,
)
from storelink.operations.resuming import PATIENCE
from storelink.storage import Database, InboxState, Transaction
from storelink.toolkit.signing import hmac_sha256_base64

absorbing = sys.modules[absorb.__module__]

MAIL = str(ADA.email)
WORK = "ada@work.example"
HOME = "Lovelace Road 1"
NewWorld = Callable[..., World]


def left(world: World, *words: str) -> dict[str, set[str]]:
    """Return what is still said of Ada, by the table."""
    found = {
        name: traces([content], words or (MAIL, WORK, HOME))
        for name, content in everything(world).items()
    }
    return {name: some for name, some in found.items() if some}


def told(world: World, *records: Record) -> None:
    """Let the store speak of objects."""
    world.store._raise("thing", Snapshot(records=records))
    world.tell()


def live(world: World) -> str:
    """Let Ada buy with her account, under another address, as a guest, and answer."""
    order_id = world.timeline.place(Contact(email=WORK, first_name="Ada"), [MUG])
    world.store.edit(order_id, customer_id="77")
    account = {"email": MAIL, "first_name": "Ada"}
    told(world, Record(Kind.CUSTOMER, "77", fields=account, updated_at=world.clock.now()))
    world.timeline.place(ADA, [TEA])
    said = {"order_id": order_id, "rating": 5, "comment": WORK, "name": "Ada"}
    world.link.answer("shop", Answer(kind=AnswerKind.REVIEW, **said))
    stray(world)
    return order_id


def stray(world: World) -> None:
    """Let a parcel be told of an order that nobody knows."""
    at = world.clock.now()
    scan = Scan(id="1", at=at, status=ShipmentStatus.IN_TRANSIT, message=f"{MAIL}, {HOME}")
    told(world, Record(Kind.SHIPMENT, "s9", order_id="999", updated_at=at, scans=(scan,)))


def live_on(world: World, order_id: str) -> None:
    """Let Ada send back, leave a checkout, get a code, review; let a webhook and a message fail."""
    at = world.clock.now()
    contact = Contact(email=MAIL, first_name="Ada")
    about: dict[str, Any] = {"updated_at": at}
    lines = {"status": "requested", "requested_at": at}
    told(
        world,
        Record(Kind.RETURN, "r1", order_id=order_id, fields=lines, raw={"note": HOME}, **about),
        Record(Kind.CHECKOUT, "c1", fields={"contact": contact, "customer_id": "77"}, **about),
        Record(Kind.COUPON, "9", fields={"code": "THANKS-1", "emails": (MAIL,)}, **about),
        Record(Kind.REVIEW, "7", fields={"email": MAIL, "rating": 5}, **about),
    )
    body = json.dumps({"strange": MAIL, "at": HOME}).encode()
    headers = {
        "X-Fake-Signature": hmac_sha256_base64("fake-secret", body),
        "X-Fake-Delivery": "strange",
        "X-Fake-Topic": "order.updated",
    }
    kept = world.link.receive("shop", headers=headers, body=body)
    assert InboxState.KEPT is kept.state
    doubtful = next(one for one in world.link.messages() if one.order_id == order_id)
    with world.link._database.write() as tx:
        row = tx.messages.get(doubtful.key)
        assert row is not None
        why = {"state": MessageState.IN_DOUBT, "detail": {"why": MAIL}, "provider_id": MAIL}
        tx.messages.change(row, now=at, **why)


def interrupting(database: Database, after: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let the database be away once so many transactions were committed."""
    count, write = [0], database.write

    @contextmanager
    def counted(**options: Any) -> Iterator[Transaction]:
        if count[0] >= after:
            raise StorageUnavailable("away")
        count[0] += 1
        with write(**options) as tx:
            yield tx

    monkeypatch.setattr(database, "write", counted)
    return count


def test_an_erasure_that_was_interrupted_anywhere_is_finished_by_the_next_one() -> None:
    """Of whomever: here nothing is known of the other one."""
    for after in range(40):
        with pytest.MonkeyPatch.context() as monkeypatch:
            world = World()
            live(world)
            assert {"records", "inbox", "answers"} <= left(world).keys()
            interrupting(world.link._database, after, monkeypatch)
            try:
                world.link.erase("shop", email=MAIL)
            except StorageUnavailable:
                monkeypatch.undo()
                world.link.erase("shop", email=MAIL if after % 2 or not after else "x@y.example")
            else:
                break
            finally:
                monkeypatch.undo()
            assert {} == left(world), after
            world.link.close()
    assert 5 < after < 39, "every transaction was interrupted"
    assert {} == left(world)
    assert not [one for one in positions(world) if one.startswith("erasing/")]
    world.link.close()


def test_an_erasure_that_was_interrupted_anywhere_is_ended_by_the_worker() -> None:
    for after in range(40):
        with pytest.MonkeyPatch.context() as monkeypatch:
            world = World()
            live(world)
            interrupting(world.link._database, after, monkeypatch)
            try:
                world.link.erase("shop", email=MAIL)
            except StorageUnavailable:
                is_begun = after > 0  # before that, nobody but the caller knows of it
            else:
                break
            finally:
                monkeypatch.undo()
        begun = [one for one in positions(world) if one.startswith("erasing/")]
        assert is_begun == bool(begun)
        world.clock.advance(PATIENCE)
        work = world.link.run_once if after % 2 else work_by_tasks(world)
        work()
        if is_begun:
            assert {} == left(world), after
        assert not [one for one in positions(world) if one.startswith("erasing/")]
        world.link.close()
    assert 5 < after < 39, "every transaction was interrupted"
    world.link.close()


def work_by_tasks(world: World) -> Callable[[], None]:
    """Work as somebody does who is told what there is to do."""

    def work() -> None:
        while jobs := world.link.hand_out():
            for stage, store in jobs:
                world.link.work(stage, store)

    return work


def begin_and_die(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    live(world)
    interrupting(world.link._database, 2, monkeypatch)
    with pytest.raises(StorageUnavailable):
        world.link.erase("shop", email=MAIL)
    monkeypatch.undo()


def test_the_worker_leaves_an_erasure_alone_that_was_just_begun(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_and_die(world, monkeypatch)
    world.clock.advance(PATIENCE - timedelta(seconds=1))
    world.link.run_once()
    assert [one for one in positions(world) if one.startswith("erasing/")]


@pytest.mark.usefixtures("errors_are_expected")
def test_an_erasure_that_fails_again_and_again_is_told_of_and_tried_once_a_minute(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begin_and_die(world, monkeypatch)
    tried: list[str] = []

    def fail(store: str) -> None:
        tried.append(store)
        raise RuntimeError(f"{MAIL} is in the way")

    monkeypatch.setattr(world.link._resuming, "resume", fail)
    for minutes in (31, 0, 1):
        world.clock.advance(timedelta(minutes=minutes))
        world.link.run_once()
    assert ["shop", "shop"] == tried
    assert MAIL not in caplog.text
    assert ["erasing"] == [one.code for one in world.link.health().problems]
    monkeypatch.undo()
    world.clock.advance(timedelta(minutes=1))
    world.link.run_once()
    assert [] == list(world.link.health().problems)


def positions(world: World) -> list[str]:
    with world.link._database.read() as tx:
        return list(tx.positions.all("shop"))


def test_a_parcel_of_an_order_that_is_not_known_is_found_by_the_address(world: World) -> None:
    stray(world)
    assert {"records"} <= left(world).keys()
    world.link.erase("shop", email=MAIL)
    assert {} == left(world)


def test_a_plan_that_was_under_way_is_void(new_world: NewWorld, database_url: str) -> None:
    """Its hook saw the person, and the erasure was done before it was committed."""

    class Hello(Hook[Order]):
        name = "hello"
        meanwhile: Callable[[], object] | None = None

        def decide(self, subject, facts, now) -> list[Decision]:  # type: ignore[no-untyped-def]
            mail, meanwhile, self.meanwhile = subject.contact.email, self.meanwhile, None
            if meanwhile is not None:
                meanwhile()
            message = Message("thank_you", data={"to": mail})
            about = Ref.order(subject.id)
            paid = facts.all(OrderPaid)
            return [Send(about, message, subject.id, one, one.at + DAY) for one in paid if mail]

    hook = Hello()
    world = new_world(database_url, hooks=[hook])
    world.timeline.place(BOB, [TEA])
    hook.meanwhile = lambda: beside(lambda: world.link.erase("shop", email=MAIL))
    world.timeline.place(ADA, [MUG])
    assert {} == left(world)
    assert [BOB.email] == [one.data["to"] for one in world.link.messages() if one.data]


def beside(work: Callable[[], object]) -> None:
    """Do something in another thread, and wait for it."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()


def test_what_was_on_its_way_in_while_the_erasure_began_is_found(
    new_world: NewWorld, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A webhook had looked whether anybody was erased, and was written after the erasure."""
    world = new_world(database_url)
    world.timeline.place(ADA, [MUG])
    world.store.place(ADA, [TEA])
    (webhook, *_) = world.store.take()
    reading, erasing = threading.Event(), threading.Event()
    merge = absorbing._merge

    def slow(*about: Any) -> None:
        reading.set()
        erasing.wait(20)
        merge(*about)

    monkeypatch.setattr(absorbing, "_merge", slow)
    into = (webhook.headers, webhook.body)
    taking = threading.Thread(
        target=lambda: world.link.receive("shop", headers=into[0], body=into[1])
    )
    taking.start()
    assert reading.wait(20)
    threading.Timer(0.2, erasing.set).start()  # by then the erasure waits for the webhook
    world.link.erase("shop", email=MAIL)
    taking.join(20)
    assert {} == left(world)
    assert 2 == len(world.link.orders("shop"))


def test_a_request_that_knows_only_an_address_is_done(world: World) -> None:
    """Each on its own; of the webhook nothing is left either."""
    live(world)
    world.timeline.place(BOB, [TEA])
    world.store.notify(NoticeKind.CUSTOMER_REDACTED, email=MAIL)
    world.tell()
    assert {} == left(world)
    world.store.notify(NoticeKind.CUSTOMER_REDACTED, email=BOB.email)
    world.tell()
    assert {} == left(world, str(BOB.email))
    assert [True, True] == [one.done for one in world.link.privacy_requests()]


@pytest.mark.usefixtures("errors_are_expected")
def test_a_request_that_names_nobody_is_not_told_as_done(world: World) -> None:
    world.store.notify(NoticeKind.CUSTOMER_REDACTED)
    world.tell()
    assert [False] == [one.done for one in world.link.privacy_requests()]


def test_of_a_request_for_data_the_address_stays_until_it_is_answered(world: World) -> None:
    """And no longer if it is told again; one that comes after an erasure brings nobody back."""
    live(world)
    world.link.erase("shop", email=MAIL)
    world.store.notify(NoticeKind.CUSTOMER_DATA_REQUESTED, email=MAIL)
    (webhook,) = world.store.take()
    world.link.receive("shop", headers=webhook.headers, body=webhook.body)
    assert {"inbox": {MAIL}} == left(world)
    (request,) = world.link.privacy_requests()
    assert [MAIL] == world.link.export_for(request.id, store="shop")["known_as"]
    world.link.answered(request.id)
    again = {**webhook.headers, "X-Fake-Delivery": "again"}
    world.link.receive("shop", headers=again, body=webhook.body)
    assert {} == left(world)


def test_what_was_done_stays_done_when_old_calls_are_deleted(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    world.store.notify(NoticeKind.CUSTOMER_REDACTED, order_ids=[order_id])
    world.store.notify(NoticeKind.STORE_REDACTED)
    world.tell()
    world.clock.advance(100 * DAY)
    assert 2 <= world.link.prune(older_than=30 * DAY).calls
    assert [True, True] == [one.done for one in world.link.privacy_requests()]


def test_no_event_of_an_erased_order_names_the_account(world: World) -> None:
    live(world)
    assert "77" in {event.customer_id for event in world.link.events()}
    world.link.erase("shop", email=MAIL)
    assert {None} == {event.customer_id for event in world.link.events()}


@pytest.mark.parametrize("given", ["ADA@xn--bcher-kva.example", " ada@BÜCHER.example. "])
def test_an_address_is_found_however_its_domain_is_written(given: str) -> None:
    """As it is by the suppression list; what comes later in another spelling is muted, too."""
    stored = "Ada@Bücher.example"
    world = World()
    world.timeline.place(Contact(email=stored), [MUG])
    assert world.link.export("shop", email=given)["orders"][0]["contact"]["email"] == stored
    late = world.store.place(Contact(email="ada@xn--bcher-kva.example"), [TEA])
    world.clock.advance(HOUR)
    world.link.erase("shop", email=given)
    world.tell()
    assert world.order(late).contact.email is None
    assert {} == left(world, stored, "ada@xn--bcher-kva.example")
    world.link.close()


def test_what_is_no_address_is_refused_and_so_is_a_request_of_another_store(world: World) -> None:
    with pytest.raises(ConfigError, match="an e-mail address has an @"):
        world.link.erase("shop", email="ada")
    world.store.notify(NoticeKind.CUSTOMER_DATA_REQUESTED, customer_id="77")
    world.tell()
    (request,) = world.link.privacy_requests()
    assert "shop" == world.link.export_for(request.id, store="shop")["store"]
    with pytest.raises(LookupError):
        world.link.export_for("shop/other", store="shop")


def test_no_consent_is_imported_from_what_is_told_of_an_erased_account(world: World) -> None:
    live(world)
    world.link.erase("shop", email=MAIL)
    before = everything(world)["consents"]
    consent = {"customer_id": "77", "channel": "email", "state": "unsubscribed", "address": MAIL}
    told(world, Record(Kind.CONSENT, "77/email", fields=consent, updated_at=world.clock.now()))
    assert before == everything(world)["consents"]
    assert {} == left(world)


def test_nothing_is_left_of_a_whole_life_and_nobody_writes_to_them(
    new_world: NewWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """Guest and account, a checkout, a return, answers, messages that wait or are in doubt."""
    world = new_world()
    waits = world.link.hook(OrderPaid, after=3 * DAY, key="later")
    waits(lambda order: Message("thank_you", data={"to": order.contact.email}))
    live_on(world, live(world))
    assert [one for one in world.link.messages() if one.state is MessageState.WAITING]
    caplog.clear()
    world.link.erase("shop", email=MAIL)
    sent = len(world.channel.sent)
    for one in world.store.order_ids():
        world.store.edit(one, note=f"{MAIL}, {HOME}")
    world.tell()
    world.wait(timedelta(days=60))
    assert {} == left(world)
    assert set() == traces([caplog.text], (MAIL, WORK, HOME))
    assert sent == len(world.channel.sent)
    for address in (MAIL, WORK):
        hashed = world.link.consents.addresses.of(address)
        with world.link._database.read() as tx:
            assert ["erased"] == [row.why for row in tx.suppressions.of("shop", {str(hashed)})]
