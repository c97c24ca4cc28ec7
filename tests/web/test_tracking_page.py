"""The tracking page: what a customer reads, and what a stranger does not."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from web_pages import ADA, Hosted

from storelink.contracts.sandbox import Item
from storelink.links import Purpose
from storelink.models import Money
from storelink.models.enums import ShipmentStatus as Status


def page(hosted: Hosted, order: str, query: str = "") -> str:
    answer = hosted.client.get(hosted.path(Purpose.TRACKING, order) + query)
    assert 200 == answer.status_code
    return answer.text


def words(text: str) -> str:
    """Return what a person reads, without the style."""
    body = text[text.index("<body>") :]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_an_order_without_a_parcel_is_being_prepared(hosted: Hosted) -> None:
    told = words(page(hosted, hosted.order()))
    assert "Order #1001" in told
    assert "Placed on November 16, 2026" in told
    assert "✓ Ordered" not in told
    assert "● Ordered (now) Packed (still to come)" in told
    assert "2 × Mug, hand-thrown 1 × Linen tea towel" in told


@pytest.mark.parametrize(
    ("scans", "headline", "now"),
    [
        ([Status.LABEL_CREATED], "Packed", "Packed"),
        ([Status.PICKED_UP], "On its way", "On its way"),
        ([Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY], "Out for delivery", "Out for delivery"),
        ([Status.READY_FOR_PICKUP], "Ready for you to collect", "Ready to collect"),
        (
            [Status.OUT_FOR_DELIVERY, Status.ATTEMPTED],
            "The carrier could not deliver it",
            "Out for delivery",
        ),
        ([Status.EXCEPTION], "The carrier reports a problem", "On its way"),
        ([Status.DELIVERED], "Delivered", None),
        ([Status.RETURNING], "On its way back to us", None),
        ([Status.RETURNED], "Back with us", None),
    ],
)
def test_each_state_has_its_headline_and_its_step(
    hosted: Hosted, scans: list[Status], headline: str, now: str | None
) -> None:
    order = hosted.order()
    hosted.scan(order, hosted.ship(order), *scans)
    text = page(hosted, order)
    found = re.search(r"<h2 id=\"parcel-1\">\s*(.*?)</h2>", text)
    assert found
    assert headline == found[1]
    current = re.findall(r'aria-current="step"><span[^>]*>● </span>([^<]*)<', text)
    assert ([now] if now else []) == current


def test_the_expected_day_is_told_with_who_says_so(hosted: Hosted) -> None:
    order = hosted.order()
    parcel = hosted.ship(order)
    assert "Expected delivery Wednesday, November 18 The shop says so." in words(
        page(hosted, order)
    )
    hosted.told.scan(order, parcel, Status.IN_TRANSIT, promised_in=timedelta(days=3))
    told = words(page(hosted, order))
    assert "Expected delivery Thursday, November 19 The carrier says so." in told


def test_a_delay_is_told_plainly(hosted: Hosted) -> None:
    order = hosted.order()
    parcel = hosted.ship(order)
    assert "longer than planned" not in page(hosted, order)
    hosted.told.scan(order, parcel, Status.IN_TRANSIT, promised_in=timedelta(days=2))
    hosted.clock.advance(timedelta(hours=1))
    hosted.told.delay(order, parcel, promised_in=timedelta(days=5))
    told = words(page(hosted, order))
    assert "This is taking longer than planned. We are sorry." in told
    expected = "It was expected on Wednesday, November 18, and is now expected on Saturday, "
    assert f"{expected}November 21." in told


def test_a_day_that_passed_is_a_delay_without_a_new_date(hosted: Hosted) -> None:
    order = hosted.order()
    hosted.ship(order)
    hosted.clock.advance(timedelta(days=3))
    told = words(page(hosted, order))
    assert "It was expected on Wednesday, November 18. A new date is not known yet." in told
    assert "Expected delivery" not in told


def test_what_arrived_is_not_late(hosted: Hosted) -> None:
    order = hosted.order()
    hosted.scan(order, hosted.ship(order), Status.DELIVERED)
    hosted.clock.advance(timedelta(days=30))
    told = words(page(hosted, order))
    assert "Delivered on Monday, November 16" in told
    assert "longer than planned" not in told


def test_parcels_are_told_apart_and_what_is_still_to_be_sent_is_said(hosted: Hosted) -> None:
    order = hosted.order()
    hosted.ship(order, lines={0: 1})
    hosted.ship(order, number="77", lines={0: 1})
    told = words(page(hosted, order))
    assert "Parcel 1 of 2: On its way" in told
    assert 2 == told.count("In this parcel 1 × Mug, hand-thrown")
    assert "Still to be sent 1 × Linen tea towel" in told


def test_two_records_of_one_parcel_are_one(hosted: Hosted) -> None:
    order = hosted.order()
    hosted.ship(order)
    hosted.ship(order)
    assert "Parcel 1 of" not in page(hosted, order)


def test_a_cancelled_order_has_no_steps(hosted: Hosted) -> None:
    order = hosted.order()
    hosted.told.cancel(order)
    told = words(page(hosted, order))
    assert "This order was cancelled" in told
    assert "Packed" not in told


def test_the_carriers_page_is_linked_and_learns_nothing(hosted: Hosted) -> None:
    order = hosted.order()
    hosted.ship(order)
    link = '<a href="https://track.example/?n=00340434" rel="noopener noreferrer">'
    assert link in page(hosted, order)


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "mailto:x@y.example", '"><script>', "//x.example"],
)
def test_a_link_that_is_no_page_is_not_linked(hosted: Hosted, url: str) -> None:
    order = hosted.order()
    hosted.ship(order, url=url)
    text = page(hosted, order)
    assert "carrier’s page" not in text
    assert "<script" not in text


def test_a_stranger_with_the_link_learns_little(hosted: Hosted) -> None:
    order = hosted.order()
    parcel = hosted.ship(order)
    hosted.store.scan(order, parcel, Status.IN_TRANSIT, message="left with A. Lovelace, Soho")
    hosted.told.tell()
    text = page(hosted, order)
    for private in ("Ada", "Lovelace", "ada@example.com", "4915112345678", "Soho", "28", "€"):
        assert private not in words(text).replace("#1001", "")


def test_prices_are_shown_where_the_shop_wants_them(hosted: Hosted) -> None:
    order = hosted.order()
    hosted.site = hosted.new_site(prices=True)
    told = words(page(hosted, order))
    assert "Mug, hand-thrown €56.00" in told
    assert "Total: €75.00" in told


HOSTILE = (
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "\u202egnp.exe\u2066\u2069",
    '" onmouseover="alert(1)',
    "%(number)s %s %",
    "]]>--></style><img src=x onerror=alert(1)>",
    "x" * 5_000,
    "line\nbreak\x00\x1b[31m",
)


@pytest.mark.parametrize("title", HOSTILE)
def test_what_others_wrote_stays_text(hosted: Hosted, title: str) -> None:
    order = hosted.order(goods=[Item(title, Money("1.00", "EUR"))])
    hosted.ship(order, number=title[:200], carrier=title[:200])
    harmless = hosted.order(goods=[Item("Mug", Money("1.00", "EUR"))])
    hosted.ship(harmless)
    for query in ("", "?lang=fa"):
        text = page(hosted, order, query)
        assert tags(text) <= tags(page(hosted, harmless, query))
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", text)
        assert len(text) < 20_000
        assert "{{" not in title or "{{ 7 * 7 }}" in words(text)


def tags(text: str) -> set[str]:
    """Return the tags of a page with their attributes' names."""
    found = re.findall(r"<[a-z][^>]*>", text)
    return {re.sub(r'="[^"]*"', "", tag) for tag in found}


def test_the_language_is_the_persons_and_can_be_chosen(hosted: Hosted) -> None:
    order = hosted.order(ADA.model_copy(update={"locale": "fa-IR"}))
    text = page(hosted, order)
    assert '<html lang="fa" dir="rtl">' in text
    assert "۲۵ آبان ۱۴۰۵" in text
    assert "#1001" in text  # a number that is typed elsewhere stays as it is
    assert '<html lang="en" dir="ltr">' in page(hosted, order, "?lang=en")
    assert "১৬ নভেম্বর, ২০২৬" in page(hosted, order, "?lang=bn")
    assert "16 नवंबर 2026" in page(hosted, order, "?lang=hi")
    assert '<html lang="fa"' in page(hosted, order, "?lang=../../etc/passwd")


def test_who_has_no_language_gets_the_browsers_then_the_shops(hosted: Hosted) -> None:
    path = hosted.path(Purpose.TRACKING, hosted.order())
    asked = {"Accept-Language": "xx, bn-BD;q=0.8"}
    assert '<html lang="en"' in hosted.client.get(path).text
    assert '<html lang="bn"' in hosted.client.get(path, headers={"Accept-Language": "bn-BD"}).text
    assert hosted.client.get(path, headers=asked).status_code == 200


def test_every_link_of_the_page_is_the_shops_the_carriers_or_its_own(hosted: Hosted) -> None:
    order = hosted.order()
    hosted.ship(order)
    hosts = {
        urlsplit(html.unescape(url)).hostname
        for url in re.findall(r'href="([^"]*)"', page(hosted, order))
    }
    assert {None, "atelier.example", "track.example"} == hosts
    assert not re.search(r"\ssrc=|<link|@import|url\(", page(hosted, order))


def test_an_order_that_is_gone_is_told_kindly(hosted: Hosted) -> None:
    order = hosted.order()
    path = hosted.path(Purpose.TRACKING, order)
    hosted.told.delete(order)
    for gone in (path, hosted.path(Purpose.TRACKING, "no such order")):
        answer = hosted.client.get(gone)
        assert 404 == answer.status_code
        assert "This link leads nowhere" in answer.text
