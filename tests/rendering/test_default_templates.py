"""The packaged messages, for orders of all kinds."""

from __future__ import annotations

import html.parser
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from storelink.events import Event, ShipmentDelayed, ShipmentException, ShipmentOverdue
from storelink.models import Contact, LineItem, Order, Outgoing, Shipment, Tracking
from storelink.rendering.loader import packaged_messages

Write = Callable[..., Outgoing]
Make = Callable[..., Order]

TRACKING = (
    "tracking_created",
    "tracking_changed",
    "out_for_delivery",
    "delivered",
    "delivery_problem",
    "delayed",
)
TEMPLATES = packaged_messages()
PERSONAL = {
    "cart_answer",
    "cart_reminder",
    "greeting_anniversary",
    "greeting_birthday",
    "greeting_festival",
    "win_back",
}
"""Messages about a person rather than an order, which they do not name."""
NOW = datetime(2026, 11, 9, 8, tzinfo=UTC)
GREETED = {"years": 3, "festival": {"en": "New Year’s Day"}}
INLINE = {"a", "bdi", "span", "strong"}
VOID = {"meta", "br", "img", "hr"}


class Page(html.parser.HTMLParser):
    """Checks that tags are nested properly, and keeps what stands in them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.words += "" if tag in INLINE else " "
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.words += data

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def cases(make: Make) -> dict[str, Order]:
    bare = make("Gift card", contact=Contact(), shipping_address=None, shipments=())
    return {
        "usual": make(),
        "long words": make(
            "Donaudampfschifffahrtsgesellschaftskapitänsmützenständer",
            contact=Contact(first_name="Maximiliane-Friederike", last_name="von Hohenzollern"),
        ),
        "right to left": make("فرش دستباف", contact=Contact(first_name="نیلوفر", locale="fa-IR")),
        "devanagari and bengali": make("दार्जिलिंग चाय", "শান্তিপুরী শাড়ি",
                                       contact=Contact(first_name="अनन्या", locale="hi-IN")),
        "many lines": make(*[f"Product {number}" for number in range(12)]),
        "nothing known": bare,
        "no line": bare.model_copy(update={"lines": (), "placed_at": None}),
        "parcel without anything": make(shipments=(Shipment(id="p", order_id="1"),)),
        "hostile": make('"><script>alert(1)</script>', contact=Contact(first_name="<script>"),
                        number='"><script>'),
    }  # fmt: skip


def review_data(order: Order, url: str | None = "https://atelier.example/review") -> dict[str, Any]:
    links = {"review_url": url} if url else {}
    return {"items": [{"line_id": line.id, "title": line.title, **links} for line in order.lines]}


def data_of(template: str, order: Order) -> dict[str, Any]:
    reward = {"code": "THANKS-7F3K", "expires_at": "2027-02-01T00:00:00+00:00"}
    told = {"review_request": review_data(order), "review_reward": reward, "next_purchase": reward}
    return told.get(template, GREETED)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("case", cases(lambda *_, **__: Order.model_construct()))
def test_every_message_suits_every_order(
    write: Write, make_order: Make, template: str, case: str
) -> None:
    """Well-formed, small, accessible HTML with harmless links; a text part without leftovers."""
    order = cases(make_order)[case]
    data = data_of(template, order)

    sent = write(template, order, data=data, locale="en")

    page = Page(sent.html or "")
    assert [] == page.open
    assert len((sent.html or "").encode()) < 30_000
    assert all({"type": "application/ld+json"} == script for script in page.all("script"))
    assert all("alt" in image for image in page.all("img"))
    assert all(table.get("role") for table in page.all("table"))
    assert all(re.match("(https|mailto):", link["href"] or "") for link in page.all("a"))
    assert {"lang": "en", "dir": "ltr"} == page.all("html")[0]
    assert 1 == len(page.all("h1"))
    assert template in PERSONAL or order.number in sent.subject
    for part in (sent.subject, sent.text, page.words):
        assert not re.search(r"None|\{\{|\{%|Undefined| ,|\bTrue\b|\bFalse\b", part)
    assert "\n\n\n" not in sent.text


@pytest.mark.parametrize("template", TEMPLATES)
def test_both_parts_say_the_same(write: Write, order: Order, template: str) -> None:
    """Whoever reads the text part misses nothing: name, number, things, links, signature."""
    data = data_of(template, order)

    sent = write(template, data=data)

    page = Page(sent.html or "")
    for part in (sent.text, page.words):
        assert "Mina and the Atelier team" in part
        assert template in PERSONAL or order.number in part
        assert "reply to this message" in part.lower()
    for link in page.all("a"):
        if "atelier.example" not in str(link["href"]) or "review" in str(link["href"]):
            assert str(link["href"]) in sent.text


@pytest.mark.parametrize("template", TEMPLATES)
def test_person_is_greeted_by_first_name(write: Write, template: str) -> None:
    sent = write(template, data={"items": [], "code": "THANKS", **GREETED})

    for part in (sent.text, Page(sent.html or "").words):
        assert "Ana" in part


@pytest.mark.parametrize("template", TRACKING)
def test_tracking_message_has_number_carrier_and_link(write: Write, template: str) -> None:
    sent = write(template)

    for part in (sent.text, Page(sent.html or "").words):
        assert "1Z999AA1" in part
        assert "DHL" in part
    assert ("https://track.example/?n=1Z999AA1" in sent.text) == (template != "delivered")


@pytest.mark.parametrize("template", ["tracking_created", "tracking_changed"])
def test_tracking_message_has_the_expected_day(write: Write, template: str) -> None:
    sent = write(template)

    for part in (sent.text, Page(sent.html or "").words):
        assert "Tuesday, November 10" in part


@pytest.mark.parametrize("template", TRACKING)
def test_link_that_is_none_gets_no_button(write: Write, make_order: Make, template: str) -> None:
    """A tracking link comes from plugins and carriers: `javascript:` must not be clickable."""
    parcel = (
        make_order()
        .shipments[0]
        .model_copy(update={"tracking": (Tracking(number="N-1", url="javascript:alert(1)"),)})
    )

    sent = write(template, make_order(shipments=(parcel,)))

    for part in (sent.text, sent.html or ""):
        assert "javascript" not in part
        assert "N-1" in part


def test_parcel_names_its_own_things_only(write: Write, make_order: Make) -> None:
    """One of two lines is in this parcel."""
    order = make_order("Walnut stool", "Linen apron")
    parcel = order.shipments[0]
    part = parcel.model_copy(update={"lines": (parcel.lines or ())[1:]})

    sent = write("tracking_created", make_order("Walnut stool", "Linen apron", shipments=(part,)))

    for text in (sent.text, sent.html or ""):
        assert "Linen apron" in text
        assert "Walnut stool" not in text


def test_thank_you_neither_advertises_nor_asks(write: Write) -> None:
    sent = write("thank_you")

    for part in (sent.text, Page(sent.html or "").words):
        assert not re.search(
            r"review|rate|rating|opinion|coupon|% off|follow us|newsletter|shop now", part.lower()
        )


def test_digital_order_is_not_promised_a_parcel(write: Write, make_order: Make) -> None:
    order = make_order()
    lines = [line.model_copy(update={"requires_shipping": False}) for line in order.lines]

    digital = write("thank_you", order.model_copy(update={"lines": tuple(lines)}))

    assert "on its way" in write("thank_you").text
    assert "on its way" not in digital.text + (digital.html or "")


def test_picture_of_a_product_is_shown(write: Write, order: Order) -> None:
    line = LineItem(id="1", title="Mug", quantity=1, image_url="https://cdn.example/mug.jpg")
    bad = LineItem(id="2", title="Cup", quantity=1, image_url="javascript:alert(1)")

    page = Page(write("thank_you", order.model_copy(update={"lines": (line, bad)})).html or "")

    assert ["https://cdn.example/mug.jpg"] == [image["src"] for image in page.all("img")]


def test_problem_repeats_the_words_of_its_scan(write: Write) -> None:
    event = ShipmentException(
        id="e", store="atelier", at=NOW, shipment_id="parcel-1", scan_id="scan-1"
    )

    of_event, of_none = write("delivery_problem", event=event), write("delivery_problem")

    assert "Address incomplete" in of_event.text
    assert "Address incomplete" in (of_event.html or "")
    assert "Address incomplete" not in of_none.text + (of_none.html or "")


DELAYED = ShipmentDelayed(id="e", store="atelier", at=NOW, shipment_id="parcel-1", scan_id="s")
OVERDUE = ShipmentOverdue(
    id="e", store="atelier", at=NOW, shipment_id="parcel-1",
    promised_at=datetime(2026, 11, 8, 23, 59, 59, tzinfo=UTC),
)  # fmt: skip


@pytest.mark.parametrize(
    ("event", "data", "expected"),
    [
        (
            DELAYED,
            {"promised_at": "2026-11-12T00:00:00+00:00"},
            "Now expected: Thursday, November 12",
        ),
        (OVERDUE, {"promised_at": "2026-11-08T23:59:59+00:00"}, "by Sunday, November 8"),
        (DELAYED, {}, "running late"),
        (DELAYED, {"promised_at": None}, "running late"),
        (None, {}, "running late"),
    ],
)
def test_delay_tells_the_new_day_or_the_missed_one(
    write: Write, event: Event | None, data: dict[str, Any], expected: str
) -> None:
    """The carrier's new promise and a promise that was not kept are not the same date."""
    sent = write("delayed", event=event, data=data)

    assert expected in sent.text
    assert expected.removeprefix("Now expected: ") in re.sub(
        r"\s+", " ", Page(sent.html or "").words
    )
    assert ("Now expected" in sent.text) == ("Now expected" in expected)


def test_review_request_links_each_thing(write: Write, order: Order) -> None:
    sent = write("review_request", data=review_data(order))

    links = [link["href"] for link in Page(sent.html or "").all("a")]
    assert 2 == links.count("https://atelier.example/review")
    assert 2 == sent.text.count("Write a review: https://atelier.example/review")


@pytest.mark.parametrize("url", [None, "javascript:alert(1)"])
def test_review_request_without_links_asks_for_a_reply(
    write: Write, order: Order, url: str | None
) -> None:
    sent = write("review_request", data=review_data(order, url))

    assert "Just reply to this message with your thoughts." in sent.text
    assert "Write a review" not in sent.text + (sent.html or "")


def test_review_request_wants_an_honest_answer(write: Write, order: Order) -> None:
    """Neutral words: asking for good reviews only is against the law in many places."""
    sent = write("review_request", data=review_data(order))

    for part in (sent.text, Page(sent.html or "").words):
        assert "good or bad" in part
        assert not re.search(r"5.star|five.star|positive|love it|great review", part.lower())
