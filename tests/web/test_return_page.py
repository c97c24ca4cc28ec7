"""Asking for a return: the page shows what may go back, a person asks, the store learns of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from web_pages import ADA, BASE, GOODS, KEY, Hosted

from storelink import Returns
from storelink.errors import WriteRefused
from storelink.events import ReturnAsked, ReturnRequested
from storelink.hooks import ReturnsUpdates
from storelink.links import Purpose
from storelink.models import (
    ReturnReason,
    ReturnStatus,
    ReturnStep,
    ReturnWish,
    ShipmentStatus,
    WantedLine,
)
from storelink.testing import RecordingChannel, anything_goes

GOOD = {"many-1": "1", "why-1": "size-too-small", "wish": "exchange", "note": "In green, please."}
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="(\w+)">')
MANY = re.compile(r'<option value="(\d+)"')


class Shop(Hosted):
    """A shop that takes returns."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.post = RecordingChannel()
        known: dict[str, Any] = {
            "returns": Returns(),
            "hooks": [ReturnsUpdates()],
            "channels": [self.post],
            "policy": anything_goes,
            "site_url": BASE,
            "link_keys": [KEY],
        }
        super().__init__(folder, **{**known, **options})
        self.key = self.order(ADA, GOODS)
        parcel = self.ship(self.key)
        self.told.deliver(self.key, parcel)

    @property
    def path(self) -> str:  # type: ignore[override]
        return Hosted.path(self, Purpose.RETURN, self.key)

    def asks(self, **form: str) -> tuple[int, str]:
        """Open the page, fill its form in and send it."""
        return self.sends({**self.hidden(), **GOOD, **form})

    def hidden(self) -> dict[str, str]:
        return dict(HIDDEN.findall(self.client.get(self.path).text))

    def sends(self, form: dict[str, str]) -> tuple[int, str]:
        answer = self.client.post(self.path, data=form)
        return answer.status_code, answer.text

    @property
    def returns(self) -> list[ReturnStatus]:
        order = self.link.order("atelier", self.key)
        return [one.status for one in order.returns] if order else []


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    with shop.link:
        yield shop


def test_the_page_offers_what_arrived_and_the_exchange_first(shop: Shop) -> None:
    text = shop.client.get(shop.path).text
    assert ["0", "1", "2", "0", "1"] == MANY.findall(text)
    assert text.index('value="exchange"') < text.index('value="refund"')
    assert "You can ask until December 16, 2026." in text
    assert [] == shop.link.returns.find()


def test_who_asks_is_told_and_so_is_the_store(shop: Shop) -> None:
    status, text = shop.asks()
    assert (200, True) == (status, "We have your request" in text)
    [before] = shop.link.returns.find()
    assert ("asked", None) == (before.state, before.id)
    shop.link.run_once()
    [view] = shop.link.returns.find("atelier")
    assert ("requested", "#1001", "exchange") == (view.state, view.number, view.wish)
    assert ((1, "Mug, hand-thrown", "size-too-small"),) == view.lines
    assert "In green, please." == view.note
    events = [one for one in shop.link.events() if isinstance(one, ReturnAsked | ReturnRequested)]
    assert ["return.asked", "return.requested"] == [one.type for one in events]
    assert ["return_requested"] == [one.template for one in shop.post.sent]


def test_what_the_shop_says_reaches_the_customer(shop: Shop) -> None:
    shop.asks()
    shop.link.run_once()
    [view] = shop.link.returns.find()
    for step in (ReturnStep.APPROVED, ReturnStep.RECEIVED, ReturnStep.EXCHANGED):
        shop.clock.advance(timedelta(days=1))
        shop.link.returns.settle("atelier", str(view.id), step)
        shop.link.run_once()
    told = [one.template for one in shop.post.sent]
    assert ["return_requested", "return_approved", "return_received", "return_exchanged"] == told
    assert [] == shop.link.returns.find()
    assert 1 == len(shop.link.returns.find(every=True))


@pytest.mark.parametrize("many", [1, 2])
@pytest.mark.parametrize("other", [0, 1])
def test_a_form_that_is_sent_again_is_one_request_whenever_it_comes(
    shop: Shop, many: int, other: int
) -> None:
    form = {**shop.hidden(), **GOOD, "many-1": str(many), "many-2": str(other)}
    for _ in range(3):
        status, text = shop.sends(form)
        assert (200, True) == (status, "We have your request" in text)
        shop.link.run_once()
    [view] = shop.link.returns.find()
    assert [many, other][: 1 + other] == [quantity for quantity, *_ in view.lines]


def test_of_two_open_pages_the_second_is_shown_again(shop: Shop) -> None:
    form = {**shop.hidden(), **GOOD}
    assert 200 == shop.sends(form)[0]
    status, text = shop.sends({**form, "note": "In blue!"})
    assert (400, True) == (status, "Your order has changed meanwhile" in text)
    assert "You have already asked to send back" in text
    assert 200 == shop.sends({**shop.hidden(), **form, **shop.hidden()})[0]
    assert 2 == len(shop.link.returns.find())


def test_what_was_refused_or_declined_is_not_thanked_for_when_it_is_sent_again(shop: Shop) -> None:
    form = {**shop.hidden(), **GOOD}
    shop.sends(form)
    shop.link.run_once()
    [view] = shop.link.returns.find()
    shop.link.returns.settle("atelier", str(view.id), ReturnStep.DECLINED)
    assert 400 == shop.sends(form)[0]
    assert 200 == shop.asks()[0]


def test_a_request_that_the_store_refused_is_told_of(shop: Shop) -> None:
    def refuse(request: object) -> None:
        raise WriteRefused("no", code="FINAL_SALE")

    real, shop.store.request_return = shop.store.request_return, refuse  # type: ignore[assignment]
    form = {**shop.hidden(), **GOOD}
    shop.sends(form)
    shop.link.run_once()
    text = shop.client.get(shop.path).text
    assert "We could not accept your last request." in text
    assert "You have already asked" not in text
    assert 400 == shop.sends(form)[0]
    shop.store.request_return = real  # type: ignore[method-assign]
    assert 200 == shop.asks()[0]
    shop.link.run_once()
    assert "could not accept" not in shop.client.get(shop.path).text
    assert ["return_requested"] == [one.template for one in shop.post.sent]


def test_who_was_erased_is_not_asked_for_words(shop: Shop) -> None:
    address, form = shop.path, {**shop.hidden(), **GOOD}
    shop.link.erase("atelier", email=str(ADA.email))
    assert 404 == shop.client.get(address).status_code
    assert 404 == shop.client.post(address, data=form).status_code
    assert [] == shop.link.returns.find()


def test_more_than_a_hundred_requests_can_be_made(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    with shop.link:
        shop.key = shop.order(ADA, [replace(GOODS[0], quantity=102)])
        shop.told.deliver(shop.key, shop.ship(shop.key))
        wanted = WantedLine(line_id="1", quantity=1)
        for _ in range(100):
            shop.link.returns.request("atelier", shop.key, [wanted], ReturnWish.REFUND)
        assert 200 == shop.asks()[0]


@pytest.mark.parametrize("number", ["", "0", "2", "-1", "9" * 50, "1-1", "٢"])
def test_a_number_that_was_not_given_is_not_taken(shop: Shop, number: str) -> None:
    assert 400 == shop.asks(number=number)[0]
    assert [] == shop.link.returns.find()


def test_what_was_asked_for_is_shown_and_not_offered_again(shop: Shop) -> None:
    shop.asks(**{"many-1": "2"})
    for _ in range(2):
        text = shop.client.get(shop.path).text
        assert "You have already asked to send back" in text
        assert ["0", "1"] == MANY.findall(text)
        shop.link.run_once()


@pytest.mark.parametrize(
    "form",
    [
        {"many-1": "0"},
        {"many-1": "-1"},
        {"many-1": "½"},
        {"many-1": "٣"},
        {"many-1": "", "many-9": "1"},
        {"wish": ""},
        {"wish": "everything"},
    ],
    ids=str,
)
def test_a_form_that_asks_for_nothing_is_shown_again(shop: Shop, form: dict[str, str]) -> None:
    status, text = shop.asks(**form)
    assert (400, True) == (status, "Please choose what you would like" in text)
    assert "In green, please." in text
    assert [] == shop.link.returns.find()


def test_more_than_there_is_is_not_taken(shop: Shop) -> None:
    status, text = shop.asks(**{"many-1": "3"})
    assert (400, True) == (status, "Your order has changed meanwhile" in text)
    assert [] == shop.link.returns.find()


def test_hostile_words_stay_words(shop: Shop) -> None:
    shop.asks(**{"note": "<script>\x00alert(1)</script>\u202e" * 30, "why-1": "<b>", "many-1": "2"})
    shop.link.run_once()
    [view] = shop.link.returns.find()
    assert ((2, "Mug, hand-thrown", str(ReturnReason.UNKNOWN)),) == view.lines
    assert view.note is not None
    assert "\x00" not in view.note
    assert "<script>" not in shop.client.get(shop.path).text


def test_it_is_too_late_after_the_window(shop: Shop) -> None:
    address = shop.path
    shop.clock.advance(timedelta(days=40))
    assert "You could ask until December 16, 2026." in shop.client.get(address).text
    status, text = shop.sends(GOOD)
    assert (400, True) == (status, "You could ask until December 16, 2026." in text)
    assert [] == shop.link.returns.find()


def test_before_anything_was_sent_there_is_nothing_to_send_back(shop: Shop) -> None:
    shop.key = shop.order(ADA, GOODS)
    assert "Nothing of this order has been sent yet" in shop.client.get(shop.path).text


def test_the_tracking_page_leads_there_while_something_may_go_back(shop: Shop) -> None:
    address = Hosted.path(shop, Purpose.TRACKING, shop.key)
    [there] = re.findall(r'class="button second" href="([^"]+)"', shop.client.get(address).text)
    assert there.startswith(f"{BASE}/r/")
    assert 200 == shop.client.get(there.removeprefix(BASE)).status_code
    shop.clock.advance(timedelta(days=40))
    assert "button second" not in shop.client.get(address).text


def test_without_rules_there_is_no_page(tmp_path: Path) -> None:
    shop = Shop(tmp_path, returns=None)
    with shop.link:
        assert 404 == shop.client.get(shop.path).status_code
        assert 404 == shop.asks()[0]
        assert "/r/" not in shop.client.get(Hosted.path(shop, Purpose.TRACKING, shop.key)).text


def test_an_exchange_that_the_shop_does_not_offer_is_not_to_be_had(tmp_path: Path) -> None:
    shop = Shop(tmp_path, returns=Returns(exchange=False))
    with shop.link:
        assert 'value="exchange"' not in shop.client.get(shop.path).text
        assert 400 == shop.asks()[0]
        assert 200 == shop.asks(wish="refund")[0]


def test_the_page_speaks_the_language_of_the_customer(shop: Shop) -> None:
    shop.key = shop.order(ADA.model_copy(update={"locale": "fa-IR"}), GOODS)
    shop.told.deliver(shop.key, shop.ship(shop.key))
    text = shop.client.get(shop.path).text
    assert 'dir="rtl"' in text
    assert "۲" in text


def test_a_parcel_on_its_way_can_be_asked_back_without_an_end(shop: Shop) -> None:
    shop.key = shop.order(ADA, GOODS)
    parcel = shop.ship(shop.key)
    shop.store.scan(shop.key, parcel, ShipmentStatus.IN_TRANSIT)
    shop.told.tell()
    assert ["0", "1", "2", "0", "1"] == MANY.findall(shop.client.get(shop.path).text)
