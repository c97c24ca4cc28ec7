"""Acting scenes in a store, as far as its platform shows them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from storelink import plugins
from storelink.contracts.sandbox import Faults, Item
from storelink.demo.stage import Actor, Life, Part, Scene, Stage
from storelink.demo.stores import Shop
from storelink.errors import PluginError
from storelink.models import Contact, Money, Ref, ShipmentStatus
from storelink.testing import FrozenClock

START = datetime(2026, 11, 22, 7, tzinfo=UTC)


def acts_nothing(actor: Actor) -> Life:
    yield timedelta()


def scene(store: str, life: Callable[[Actor], Life] = acts_nothing) -> Scene:
    buyer = Contact(email="ada@example.com", first_name="Ada", locale="pt-BR")
    return Scene(
        "A mug",
        starts=timedelta(hours=1),
        life=life,
        cast={store: Part(buyer, [Item("Mug", Money("12.00", "EUR"))])},
        expects={"thank_you": ("sent",), "out_for_delivery": ("sent",)},
    )


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(START)


@pytest.fixture
def open_shop(clock: FrozenClock) -> Callable[[str], Shop]:
    """Opens a store of a platform, without its server."""

    def make(platform: str) -> Shop:
        manifest = plugins.store(platform)
        assert manifest.sandbox is not None
        sandbox = manifest.sandbox(clock=clock, faults=Faults(drop=0.1, unavailable=0.2))
        options = {"shopify": {"shop": "a.myshopify.com"}, "woocommerce": {"url": "https://a.b"}}
        adapter = manifest.factory(**options[platform], webhook_secret="secret")
        return Shop("store", manifest, sandbox, adapter)

    return make


def test_what_no_platform_gives_cause_for_is_not_expected(
    open_shop: Callable[[str], Shop], clock: FrozenClock
) -> None:
    """Shopify hears of scans, and WooCommerce does not."""
    expected = {
        platform: set(Actor(scene("store"), open_shop(platform), clock, lambda: None).expects)
        for platform in ("shopify", "woocommerce")
    }
    assert {
        "shopify": {"thank_you", "out_for_delivery"},
        "woocommerce": {"thank_you"},
    } == expected


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_one_life_is_acted_on_every_platform(
    platform: str, open_shop: Callable[[str], Shop], clock: FrozenClock
) -> None:
    """What the platform does not hear of is left out."""

    def life(actor: Actor) -> Life:
        actor.place()
        yield timedelta(days=1)
        parcel = actor.ship("DHL")
        actor.scan(parcel, ShipmentStatus.DELIVERED)
        actor.complete()

    shop = open_shop(platform)
    stage = Stage([scene("store", life)], shop, clock, opens_at=START)
    assert START + timedelta(hours=1) == stage.next_at()
    assert {} == stage.acted
    while (at := stage.next_at()) is not None:
        clock.set(at)
        stage.act()

    assert START + timedelta(hours=25) == clock.now()
    (order_id,) = stage.acted
    header = shop.sandbox.store.read(Ref.order(order_id)).records[0]
    assert "completed" == header.fields["status"]


def test_a_scene_without_a_part_is_not_acted(
    open_shop: Callable[[str], Shop], clock: FrozenClock
) -> None:
    """Its cast names other stores."""
    stage = Stage([scene("elsewhere")], open_shop("shopify"), clock, opens_at=START)
    assert stage.next_at() is None


@pytest.mark.parametrize(("platform", "what"), [("woocommerce", "returns"), ("shopify", "reviews")])
def test_what_a_platform_cannot_do_is_refused(
    platform: str, what: str, open_shop: Callable[[str], Shop], clock: FrozenClock
) -> None:
    """A scene that needs it was cast wrongly, and the error says why."""
    actor = Actor(scene("store"), open_shop(platform), clock, lambda: None)
    actor.place()

    with pytest.raises(PluginError, match=f"has no {what}"):
        list(actor.send_back()) if what == "returns" else actor.review()


def test_a_store_out_of_reach_comes_back(
    open_shop: Callable[[str], Shop], clock: FrozenClock
) -> None:
    """Nothing gets through meanwhile, and afterwards as much as before."""
    shop = open_shop("shopify")
    faults = shop.sandbox.faults
    with Actor(scene("store"), shop, clock, lambda: None).out_of_reach():
        assert (1.0, 1.0) == (faults.drop, faults.unavailable)

    assert (0.1, 0.2) == (faults.drop, faults.unavailable)
