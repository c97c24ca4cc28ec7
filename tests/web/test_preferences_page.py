"""Unsubscribing and preferences: looking changes nothing, one click is enough."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from web_pages import ADA, Hosted
from werkzeug.test import TestResponse

from storelink.consent.standing import Given as Said
from storelink.consent.suppression import Why
from storelink.contracts.pages import CameBy
from storelink.links import Purpose, Ticket
from storelink.models import Address
from storelink.models.enums import MessageClass
from storelink.web import KeptPreferences

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
SOON = datetime(2027, 1, 1, tzinfo=UTC)
ALL = {"relationship:email", "marketing:email"}


def path(hosted: Hosted, **options: str) -> str:
    return hosted.path(Purpose.PREFERENCES, hosted.order(), **options)


def ticked(answer: TestResponse) -> set[str]:
    return set(re.findall(r'name="want" value="([^"]+)" checked', answer.text))


def test_the_page_shows_what_is_stored(hosted: Hosted) -> None:
    assert ALL == ticked(hosted.client.get(path(hosted)))


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_one_click_acts_at_once_without_a_cookie(hosted: Hosted, kind: str) -> None:
    """RFC 8058, section 3.1: form-encoded or multipart; no cookie, no redirect."""
    answer = hosted.client.post(path(hosted, detail="email"), data=ONE_CLICK, content_type=kind)
    assert 200 == answer.status_code
    assert "Set-Cookie" not in answer.headers
    assert set() == hosted.boxes.allowed
    assert {("relationship:email", True), ("marketing:email", True)} == {
        (choice.name, one_click) for choice, one_click in hosted.boxes.told
    }


def test_one_click_is_stored_also_where_nothing_was_allowed(hosted: Hosted) -> None:
    address = path(hosted, detail="sms")
    assert 200 == hosted.client.post(address, data=ONE_CLICK).status_code
    assert {"relationship:sms", "marketing:sms"} == {one.name for one, _ in hosted.boxes.told}
    assert ALL == hosted.boxes.allowed


def test_a_choice_is_stored_with_the_words_that_the_person_read(hosted: Hosted) -> None:
    form = {"action": "save", "shown": sorted(ALL), "want": ["relationship:email"]}
    answer = hosted.client.post(f"{path(hosted)}?lang=hi", data=form)
    assert {"relationship:email"} == hosted.boxes.allowed == ticked(answer)
    [(choice, one_click)] = hosted.boxes.told
    assert ("marketing:email", "ऑफ़र और नई जानकारी: ईमेल से", False) == (
        choice.name,
        choice.wording,
        one_click,
    )


def test_what_the_person_did_not_touch_is_not_stored(hosted: Hosted) -> None:
    """A box that was ticked, and stays so, is no new consent."""
    form = {"action": "save", "shown": sorted(ALL), "want": sorted(ALL)}
    answer = hosted.client.post(path(hosted), data=form)
    assert "Everything stays as it was." in answer.text
    assert [] == hosted.boxes.told


def test_none_of_it_ends_all_of_it_and_can_be_undone(hosted: Hosted) -> None:
    address = path(hosted)
    answer = hosted.client.post(address, data={"action": "refuse"})
    assert set() == hosted.boxes.allowed == ticked(answer)
    assert "you will not get these messages any more" in answer.text
    was = re.findall(r'name="was" value="([^"]+)"', answer.text)
    assert ["marketing:email=yes", "relationship:email=yes"] == sorted(was)
    hosted.client.post(address, data={"action": "undo", "was": was})
    assert ALL == hosted.boxes.allowed


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"action": "erase everything"},
        {"List-Unsubscribe": "Two-Clicks"},
    ],
)
def test_a_form_that_is_none_of_ours_changes_nothing(hosted: Hosted, form: dict[str, str]) -> None:
    address = path(hosted)
    with hosted.unchanged():
        assert 400 == hosted.client.post(address, data=form).status_code


def test_boxes_that_are_not_on_the_page_cannot_be_ticked(hosted: Hosted) -> None:
    address = path(hosted)
    for form in (
        {"action": "save", "want": ["transactional:email", "marketing:fax", "x"]},
        {"action": "undo", "was": ["transactional:email=no", "marketing:email=perhaps"]},
    ):
        with hosted.unchanged():
            assert 200 == hosted.client.post(address, data=form).status_code


def test_whom_nobody_knows_is_told_kindly(hosted: Hosted) -> None:
    for data in (None, ONE_CLICK):
        answer = hosted.client.open(
            hosted.path(Purpose.PREFERENCES, ""), method="POST" if data else "GET", data=data
        )
        assert 404 == answer.status_code


# -- with the app's own ledger --------------------------------------------------------------------


def agree(hosted: Hosted) -> None:
    for message_class in (MessageClass.RELATIONSHIP, MessageClass.MARKETING):
        hosted.link.consents.record(
            "atelier", "ada@example.com", "email", message_class, Said.GRANTED, source="checkout"
        )
    hosted.clock.advance(timedelta(seconds=1))


def refusals(hosted: Hosted, address: str) -> set[tuple[str, str]]:
    entries = hosted.link.consents.history("atelier", address)
    return {(one.message_class, one.source) for one in entries if one.state == Said.REFUSED}


def changed(hosted: Hosted, order: str, **fields: Any) -> None:
    hosted.store.edit(order, **fields)
    hosted.told.tell()


def mailed(hosted: Hosted, order: str) -> str:
    """The path of a link as a mail has it."""
    came_by = CameBy("email", hosted.link.consents.addresses.of("ada@example.com") or "")
    return hosted.path(Purpose.PREFERENCES, order, detail=came_by.detail)


@pytest.mark.parametrize(("country", "expected"), [("US", ALL), ("DE", set()), (None, set())])
def test_a_box_is_ticked_for_a_purchase_only_where_that_suffices(
    hosted: Hosted, country: str | None, expected: set[str]
) -> None:
    hosted.site = hosted.new_site(preferences=None)
    order = hosted.order()
    changed(hosted, order, shipping_address=Address(country=country, region="CA"))
    address = hosted.path(Purpose.PREFERENCES, order)
    assert expected == ticked(hosted.client.get(address))


def test_an_undo_makes_no_consent_of_a_purchase(hosted: Hosted) -> None:
    hosted.site = hosted.new_site(preferences=None)
    order = hosted.order()
    changed(hosted, order, shipping_address=Address(country="US", region="CA"))
    hosted.link.consents.record(
        "atelier",
        "ada@example.com",
        "email",
        MessageClass.MARKETING,
        Said.GRANTED,
        source="checkout",
    )
    hosted.clock.advance(timedelta(seconds=1))
    answer = hosted.client.post(hosted.path(Purpose.PREFERENCES, order), data={"action": "refuse"})
    was = re.findall(r'name="was" value="([^"]+)"', answer.text)
    assert ["marketing:email=yes"] == was


def test_a_link_goes_on_working_when_its_order_is_deleted(hosted: Hosted) -> None:
    hosted.site = hosted.new_site(preferences=None)
    order = hosted.order()
    address = mailed(hosted, order)
    hosted.told.delete(order)
    assert 404 == hosted.client.get(hosted.path(Purpose.TRACKING, order)).status_code
    assert 200 == hosted.client.post(address, data=ONE_CLICK).status_code
    assert {("relationship", "one-click"), ("marketing", "one-click")} == refusals(
        hosted, "ada@example.com"
    )


def test_a_link_from_a_text_message_ends_text_messages(hosted: Hosted) -> None:
    hosted.site = hosted.new_site(preferences=None)
    address = path(hosted, detail="sms")
    assert "By SMS" in hosted.client.get(address).text
    assert 200 == hosted.client.post(address, data=ONE_CLICK).status_code
    entries = hosted.link.consents.history("atelier", "+4915112345678")
    assert {("relationship", "sms"), ("marketing", "sms")} == {
        (one.message_class, one.channel) for one in entries
    }
    assert set() == refusals(hosted, "ada@example.com")


@pytest.mark.parametrize("form", [ONE_CLICK, {"action": "refuse"}])
def test_a_refusal_is_about_the_address_that_the_mail_went_to_whatever_the_order_has_now(
    hosted: Hosted, form: dict[str, str]
) -> None:
    hosted.site = hosted.new_site(preferences=None)
    order = hosted.order()
    address = mailed(hosted, order)
    changed(hosted, order, contact=ADA.model_copy(update={"email": "bob@example.com"}))
    agree(hosted)
    assert ALL == ticked(hosted.client.get(address)), "what Ada said, not what Bob bought"
    assert 200 == hosted.client.post(address, data=form).status_code
    source = "one-click" if form is ONE_CLICK else "preferences"
    assert {("relationship", source), ("marketing", source)} == refusals(hosted, "ada@example.com")
    assert [] == hosted.link.consents.history("atelier", "bob@example.com")
    assert set() == ticked(hosted.client.get(address))


def test_a_refusal_is_kept_also_when_nothing_is_known_of_the_order(hosted: Hosted) -> None:
    hosted.site = hosted.new_site(preferences=None)
    address = mailed(hosted, "9999")
    assert 200 == hosted.client.post(address, data=ONE_CLICK).status_code
    assert {("relationship", "one-click"), ("marketing", "one-click")} == refusals(
        hosted, "ada@example.com"
    )


def test_a_link_shows_nobody_elses_boxes(hosted: Hosted) -> None:
    """Only those of the channel that it came by: the phone is of whom the order has now."""
    preferences = KeptPreferences(hosted.link, channels=("email", "sms"))
    hosted.site = hosted.new_site(preferences=preferences)
    order = hosted.order()
    address = mailed(hosted, order)
    assert "By SMS" in hosted.client.get(address).text
    changed(hosted, order, contact=ADA.model_copy(update={"email": "bob@example.com"}))
    assert "By SMS" not in hosted.client.get(address).text


def test_a_link_says_whose_it_is_and_nothing_of_them() -> None:
    came_by = CameBy("email", "0123456789abcdef" * 4)
    ticket = Ticket(Purpose.PREFERENCES, "atelier", "1", came_by.detail, SOON)
    assert came_by == CameBy.of(ticket)
    assert 49 == len(came_by.detail)
    assert "email" == CameBy("email").detail


def test_a_link_that_says_whose_it_is_wrongly_opens_nothing(hosted: Hosted) -> None:
    hosted.site = hosted.new_site(preferences=None)
    assert 404 == hosted.client.get(path(hosted, detail="email/a")).status_code


def test_a_guests_refusal_is_kept_in_the_ledger(hosted: Hosted) -> None:
    hosted.site = hosted.new_site(preferences=None)
    address = path(hosted, detail="email")
    agree(hosted)
    assert ALL == ticked(hosted.client.get(address))
    hosted.client.post(address, data=ONE_CLICK)
    entries = hosted.link.consents.history("atelier", "ADA@example.com")
    assert {("relationship", "refused", "one-click"), ("marketing", "refused", "one-click")} == {
        (one.message_class, one.state, one.source) for one in entries if one.source != "checkout"
    }
    assert set() == ticked(hosted.client.get(address))


def test_a_consent_is_kept_with_its_wording_and_a_purchase_is_none(hosted: Hosted) -> None:
    hosted.site = hosted.new_site(preferences=None)
    address = path(hosted)
    want = ["marketing:email"]
    hosted.client.post(address, data={"action": "save", "shown": want, "want": want})
    assert [] == hosted.link.consents.history("atelier", "ada@example.com")
    hosted.client.post(address, data={"action": "refuse"})
    hosted.clock.advance(timedelta(seconds=1))
    hosted.client.post(address, data={"action": "save", "want": want})
    last = hosted.link.consents.history("atelier", "ada@example.com")[-1]
    assert ("granted", "preferences", "Offers and news: By e-mail") == (
        last.state,
        last.source,
        last.wording,
    )
    assert {"marketing:email"} == ticked(hosted.client.get(address))


def test_there_is_no_box_for_an_address_that_is_suppressed(hosted: Hosted) -> None:
    hosted.site = hosted.new_site(preferences=None)
    address = path(hosted)
    hosted.link.suppressions.suppress(
        "atelier", "ada@example.com", Why.COMPLAINT, source="feedback loop"
    )
    assert 'type="checkbox"' not in hosted.client.get(address).text
    for data in (ONE_CLICK, {"action": "refuse"}):
        hosted.clock.advance(timedelta(seconds=1))
        assert 200 == hosted.client.post(address, data=data).status_code
    assert {("relationship", "one-click"), ("marketing", "one-click")} | {
        ("relationship", "preferences"),
        ("marketing", "preferences"),
    } == refusals(hosted, "ada@example.com")


def test_the_app_is_known_to_nobody_without_the_order(hosted: Hosted) -> None:
    hosted.site = hosted.new_site(preferences=None)
    assert 404 == hosted.client.get(hosted.path(Purpose.PREFERENCES, "9999")).status_code
