"""Every topic that is needed is subscribed once, active, at our address; others' are untouched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from core.world import World

from storelink import Storelink
from storelink.contracts.manifest import Capability, Manifest
from storelink.contracts.store import StoreAdapter, Subscription
from storelink.errors import AccessDenied, ConfigError, StoreUnavailable, Unsupported, WriteRefused
from storelink.intake.subscriptions import Trouble, inspect
from storelink.testing import FakeStore, FrozenClock

ADDRESS = "https://hooks.example/webhooks/shop"
ELSEWHERE = "https://old.example/webhooks/shop"
TOPIC = "order.updated"


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A shop whose webhooks are all in order."""
    world = new_world(hooks=[], webhook_url="https://hooks.example/webhooks/{store}")
    world.link.register_webhooks("shop")
    return world


def one(world: World, topic: str = TOPIC) -> Subscription:
    (found,) = (one for one in world.store.subscribed.values() if one.topic == topic)
    return found


def spoil(world: World, subscription: Subscription) -> None:
    world.store.subscribed[subscription.id] = subscription


def troubles(world: World) -> list[tuple[Trouble, str]]:
    return [(one.trouble, one.topic) for one in inspect(world.store, ADDRESS)]


def is_in_order(world: World) -> bool:
    held = list(world.store.subscribed.values())
    ours = [one for one in held if one.ours]
    topics = sorted(one.topic for one in ours if one.active and one.address == ADDRESS)
    return sorted(topics) == sorted(WANTED) and len(ours) == len(WANTED)


WANTED = [
    "order.created",
    "order.updated",
    "order.deleted",
    "shipment.created",
    "shipment.updated",
    "shipment.scanned",
    "refund.created",
]


def test_everything_that_is_needed_is_registered(world: World) -> None:
    assert is_in_order(world)
    assert sorted(WANTED) == sorted(one.topic for one in world.link.webhooks("shop"))


def test_what_is_in_order_is_left_alone(world: World) -> None:
    before = dict(world.store.subscribed)
    assert [] == world.link.register_webhooks("shop")
    assert before == world.store.subscribed


def missing(world: World) -> None:
    del world.store.subscribed[one(world).id]


def disabled(world: World) -> None:
    spoil(world, replace(one(world), active=False, failures=6))


def failing(world: World) -> None:
    spoil(world, replace(one(world), failures=5))


def duplicated(world: World) -> None:
    spoil(world, replace(one(world), id="999"))


def sent_elsewhere_only(world: World) -> None:
    spoil(world, replace(one(world), address=ELSEWHERE))


def sent_elsewhere_too(world: World) -> None:
    spoil(world, replace(one(world), id="999", address=ELSEWHERE))


def disabled_twice(world: World) -> None:
    disabled(world)
    spoil(world, replace(one(world), id="999"))


@pytest.mark.parametrize(
    ("harm", "found", "done"),
    [
        (missing, [Trouble.MISSING], ["created"]),
        (disabled, [Trouble.DISABLED], ["deleted", "created"]),
        (failing, [Trouble.FAILING], ["deleted", "created"]),
        (duplicated, [Trouble.DUPLICATED], ["deleted"]),
        (sent_elsewhere_only, [Trouble.MISSING, Trouble.WRONG_ADDRESS], ["created", "deleted"]),
        (sent_elsewhere_too, [Trouble.WRONG_ADDRESS], ["deleted"]),
        (
            disabled_twice,
            [Trouble.DISABLED, Trouble.DUPLICATED],
            ["deleted", "created", "deleted"],
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_each_trouble_is_found_and_repaired_by_a_sweep(
    world: World, harm: Callable[[World], None], found: list[Trouble], done: list[str]
) -> None:
    harm(world)
    assert [(trouble, TOPIC) for trouble in found] == troubles(world)
    assert done == [action.verb for action in world.link.sweep("shop").webhooks]
    assert is_in_order(world)
    assert [] == troubles(world)


def test_one_that_is_made_anew_begins_without_failures(world: World) -> None:
    disabled(world)
    world.link.register_webhooks("shop")
    assert 0 == one(world).failures


def test_of_several_the_healthiest_is_kept(world: World) -> None:
    spoil(world, replace(one(world), failures=2))
    spoil(world, Subscription("999", TOPIC, ADDRESS))
    world.link.register_webhooks("shop")
    assert "999" == one(world).id


def test_others_are_never_touched(world: World) -> None:
    theirs = [
        Subscription("o1", TOPIC, "https://erp.example/in", ours=False),
        Subscription("o2", TOPIC, ADDRESS, active=False, failures=9, ours=False),
        Subscription("o3", "product.updated", "https://erp.example/in"),
    ]
    for subscription in theirs:
        spoil(world, subscription)
    assert [] == world.link.register_webhooks("shop")
    assert all(one in world.store.subscribed.values() for one in theirs)


def test_one_that_is_refused_does_not_stop_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.store.subscribed.clear()
    truth = world.store.subscribe

    def subscribe(topic: str, address: str) -> Subscription:
        if topic == TOPIC:
            raise WriteRefused("grant the scope read_orders")
        return truth(topic, address)

    monkeypatch.setattr(world.store, "subscribe", subscribe)
    report = world.link.sweep("shop")
    assert ("grant the scope read_orders",) == report.problems
    assert set(WANTED) - {TOPIC} == {one.topic for one in world.store.subscribed.values()}


def test_an_old_one_is_kept_while_no_new_one_can_be_made(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent_elsewhere_only(world)

    def subscribe(topic: str, address: str) -> Subscription:
        raise AccessDenied("the key may only read")

    monkeypatch.setattr(world.store, "subscribe", subscribe)
    world.link.register_webhooks("shop")
    assert ELSEWHERE == one(world).address


def test_a_store_that_falls_silent_is_not_asked_again_and_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.store.subscribed.clear()
    asked: list[str] = []

    def subscribe(topic: str, address: str) -> Subscription:
        asked.append(topic)
        raise StoreUnavailable("503")

    monkeypatch.setattr(world.store, "subscribe", subscribe)
    assert "503" == world.link.sweep("shop").error
    assert 1 == len(asked)


def test_without_an_address_sweeps_leave_webhooks_alone(new_world: Callable[..., World]) -> None:
    world = new_world(hooks=[])
    assert [] == world.link.sweep("shop").webhooks
    with pytest.raises(ConfigError, match="webhook_url"):
        world.link.register_webhooks("shop")
    done = world.link.register_webhooks("shop", address=ADDRESS)
    assert len(WANTED) == len(done)


def test_a_name_is_quoted_in_the_address(new_world: Callable[..., World]) -> None:
    store = FakeStore(clock=FrozenClock())
    with Storelink(
        "sqlite://", stores={"my shop": store}, webhook_url="https://hooks.example/{store}"
    ) as link:
        assert "https://hooks.example/my%20shop" == link.webhook_address("my shop")


@pytest.mark.parametrize("url", ["hooks.example", "ftp://hooks.example", "https://"])
def test_an_address_that_is_none_is_refused(new_world: Callable[..., World], url: str) -> None:
    with pytest.raises(ConfigError, match="webhook_url"):
        new_world(webhook_url=url)


class Deaf(FakeStore):
    """A platform that cannot be asked about webhooks, nor for lists."""

    @property
    def manifest(self) -> Manifest[StoreAdapter]:
        return replace(super().manifest, capabilities=frozenset({Capability.WEBHOOKS}))


def test_a_platform_that_cannot_be_asked_says_so() -> None:
    with Storelink("sqlite://", stores={"shop": Deaf(clock=FrozenClock())}) as link:
        assert link.sweep("shop").left_alone is not None
        with pytest.raises(Unsupported):
            link.webhooks("shop")
        with pytest.raises(Unsupported):
            link.register_webhooks("shop", address=ADDRESS)
        with pytest.raises(Unsupported):
            link.backfill("shop")
