"""What is the state of nothing: it happened, and is known once."""

from __future__ import annotations

import pytest
from core.world import ADA, DAY, MUG, START, World

from storelink.events import CustomerRedacted, Event, StoreUninstalled
from storelink.models import Notice, NoticeKind, Snapshot
from storelink.storage import InboxState
from storelink.toolkit.signing import hmac_sha256_base64

TYPES = {
    NoticeKind.CUSTOMER_DATA_REQUESTED: "customer.data_requested",
    NoticeKind.CUSTOMER_REDACTED: "customer.redacted",
    NoticeKind.STORE_REDACTED: "store.redacted",
    NoticeKind.STORE_UNINSTALLED: "store.uninstalled",
}


def notices(world: World) -> list[Event]:
    return [event for event in world.link.events() if event.type in TYPES.values()]


def uninstalled(world: World) -> dict[str, object]:
    with world.link._database.read() as tx:
        return dict(tx.stores.uninstalled_at())


@pytest.mark.parametrize("kind", NoticeKind)
def test_each_kind_is_an_event(world: World, kind: NoticeKind) -> None:
    world.store.notify(kind, customer_id="c1", order_ids=["1001", "1002"])
    (webhook,) = world.store.take()
    receipt = world.link.receive("shop", headers=webhook.headers, body=webhook.body)
    assert InboxState.ABSORBED is receipt.state
    (event,) = notices(world)
    assert (event.id,) == receipt.events
    assert (TYPES[kind], START, True) == (event.type, event.at, event.exact)
    assert event.id.startswith(f"shop/{kind}/")
    assert event.customer_id == "c1"
    if isinstance(event, CustomerRedacted):
        assert ("1001", "1002") == event.order_ids


def test_a_repeated_notice_is_known_once(world: World) -> None:
    world.store.notify(NoticeKind.CUSTOMER_REDACTED, customer_id="c1")
    (webhook,) = world.store.take()
    for delivery in ("first", "second"):
        headers = {**webhook.headers, "X-Fake-Delivery": delivery}
        world.link.receive("shop", headers=headers, body=webhook.body)
    assert 1 == len(notices(world))


def test_two_requests_are_two(world: World) -> None:
    for _ in range(2):
        world.store.notify(NoticeKind.CUSTOMER_DATA_REQUESTED, customer_id="c1")
    world.tell()
    assert 2 == len(notices(world))


def test_one_without_a_time_is_of_the_moment_that_it_was_received(world: World) -> None:
    world.store._raise("x", Snapshot(notices=(Notice(NoticeKind.STORE_REDACTED, "7"),)))
    world.clock.advance(DAY)
    world.tell()
    (event,) = notices(world)
    assert (START + DAY, False) == (event.at, event.exact)


def test_a_handler_is_called_with_it(world: World) -> None:
    told: list[Event] = []
    world.link.on(StoreUninstalled)(told.append)
    world.store.notify(NoticeKind.STORE_UNINSTALLED)
    world.tell()
    assert ["store.uninstalled"] == [event.type for event in told]


def test_it_marks_no_order_for_planning(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    world.wait(DAY)
    due = world.link.next_due()
    world.store.notify(NoticeKind.CUSTOMER_DATA_REQUESTED, order_ids=[order_id])
    world.absorb()
    assert due == world.link.next_due()


def test_a_store_that_took_the_app_off_is_known_as_such_until_it_answers_again(
    world: World,
) -> None:
    assert {} == uninstalled(world)
    world.store.notify(NoticeKind.STORE_UNINSTALLED)
    (webhook,) = world.store.take()
    world.link.receive("shop", headers=webhook.headers, body=webhook.body)
    assert {"shop": START} == uninstalled(world)
    with world.link._database.write() as tx:
        tx.stores.connect_again("shop", uninstalled_at=START)
    late = {**webhook.headers, "X-Fake-Delivery": "late"}
    world.link.receive("shop", headers=late, body=webhook.body)
    assert {} == uninstalled(world), "the same removal told late removes nothing again"


def test_one_that_is_not_understood_is_kept(world: World) -> None:
    world.store.notify(NoticeKind.STORE_REDACTED)
    (webhook,) = world.store.take()
    body = webhook.body.replace(b"store_redacted", b"store_painted")
    headers = {**webhook.headers, "X-Fake-Signature": hmac_sha256_base64("fake-secret", body)}
    assert InboxState.KEPT is world.link.receive("shop", headers=headers, body=body).state
