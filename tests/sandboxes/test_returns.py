"""Returns and refunds on both platforms: what each of them shows."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import Client

from storelink import Returns
from storelink.contracts.sandbox import Item
from storelink.hooks import ReturnsUpdates
from storelink.models import Contact, Money, ReturnStep, ReturnWish, WantedLine
from storelink.web import Site

SITE = "https://go.atelier.example"
ASKING: Any = {"hooks": [ReturnsUpdates()], "returns": Returns(), "site_url": SITE}
ADA = Contact(email="ada@example.com", first_name="Ada", last_name="Byron")
MUG = Item("Mug", Money("12.00", "EUR"), product_id="77")


def arrived(town: Any) -> str:
    town.link.register_webhooks("shop", address=town.address)
    order: str = town.sandbox.store.place(ADA, [MUG])
    town.pass_time(hours=1)
    town.sandbox.store.ship(order, number="A1", carrier="DHL", url="https://parcels.example/A")
    town.pass_time(hours=1)
    return order


def told(town: Any) -> list[str]:
    return [one.template for one in town.channel.sent]


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_both_platforms_tell_of_money(found: Any, platform: str) -> None:
    town = found(platform, hooks=[ReturnsUpdates()])
    order = arrived(town)
    town.sandbox.store.refund(order)
    for _ in range(3):
        town.pass_time(hours=1)
    assert ["refund_confirmation"] == told(town)
    assert "€12.00" in town.channel.sent[0].text


def test_shopify_tells_of_each_step_of_a_return(found: Any) -> None:
    town = found("shopify", hooks=[ReturnsUpdates()])
    store, order = town.sandbox.store, arrived(town)
    key = store.request_return(order)
    town.pass_time(hours=1)
    for act in (store.approve_return, store.receive_return, store.close_return):
        act(key)
        town.pass_time(hours=1)
    assert ["return_requested", "return_approved", "return_received"] == told(town)


def test_shopify_tells_of_a_refusal(found: Any) -> None:
    town = found("shopify", hooks=[ReturnsUpdates()])
    key = town.sandbox.store.request_return(arrived(town))
    town.pass_time(hours=1)
    town.sandbox.store.decline_return(key)
    town.pass_time(hours=1)
    assert ["return_requested", "return_declined"] == told(town)


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
@pytest.mark.parametrize("answer", [ReturnStep.APPROVED, ReturnStep.DECLINED])
def test_who_asks_on_the_page_hears_what_the_shop_says(
    found: Any, platform: str, answer: ReturnStep
) -> None:
    """From the form of the page to the store itself, and from there to the customer."""
    town = found(platform, **ASKING)
    order = arrived(town)
    page = Client(Site(town.link, town.link.links))
    path = town.link.returns.url(town.link.order("shop", order)).removeprefix(SITE)
    [line] = town.link.order("shop", order).lines
    form = {
        "number": "1",
        f"many-{line.id}": "1",
        f"why-{line.id}": "color",
        "wish": "exchange",
        "note": "Blue?",
    }
    for _ in range(2):  # whoever presses twice asks once
        assert 200 == page.post(path, data=form).status_code
    town.pass_time(hours=1)
    [asked] = town.link.returns.find("shop")
    assert ("requested", "exchange", "Blue?") == (asked.state, asked.wish, asked.note)
    assert ((1, line.title, "color"),) == asked.lines
    told_ = town.link.returns.settle("shop", asked.id, answer, note="We looked at it.")
    assert told_.state == ("open" if answer is ReturnStep.APPROVED else "declined")
    for _ in range(3):
        town.pass_time(hours=12)
    assert ["return_requested", f"return_{answer}"] == told(town)
    is_over = answer is ReturnStep.DECLINED
    assert [] == [one for one in town.link.returns.find() if is_over]
    assert is_over is (town.link.returns.url(town.link.order("shop", order)) is not None)


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_a_request_outlasts_a_store_that_does_not_answer(found: Any, platform: str) -> None:
    town = found(platform, **ASKING)
    order = arrived(town)
    [line] = town.link.order("shop", order).lines
    town.sandbox.faults.unavailable = 1.0
    wanted = WantedLine(line_id=line.id, quantity=1)
    town.link.returns.request("shop", order, [wanted], ReturnWish.REFUND)
    town.pass_time(minutes=5)
    assert ["asked"] == [one.state for one in town.link.returns.find()]
    town.sandbox.faults.unavailable = 0.0
    town.sandbox.faults.lost = 0.5
    for _ in range(4):
        town.pass_time(hours=1)
    town.sandbox.faults.lost = 0.0
    for _ in range(4):
        town.pass_time(hours=6)
    assert ["requested"] == [one.state for one in town.link.returns.find()]
    assert ["return_requested"] == told(town)


def test_woocommerce_tells_of_the_goods_and_the_exchange(found: Any) -> None:
    town = found("woocommerce", **ASKING)
    order = arrived(town)
    [line] = town.link.order("shop", order).lines
    wanted = WantedLine(line_id=line.id, quantity=1)
    town.link.returns.request("shop", order, [wanted], ReturnWish.EXCHANGE)
    town.pass_time(hours=1)
    [asked] = town.link.returns.find()
    for step in (ReturnStep.APPROVED, ReturnStep.RECEIVED, ReturnStep.EXCHANGED):
        town.link.returns.settle("shop", asked.id, step)
        town.pass_time(hours=1)
    steps = ("requested", "approved", "received", "exchanged")
    assert [f"return_{step}" for step in steps] == told(town)
    assert [] == town.link.returns.find()
