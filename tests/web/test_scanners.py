"""Programs open every link of a mail before a person does: none of them may change anything."""

from __future__ import annotations

import html.parser
import os
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from web_pages import BASE, KEY, Hosted
from werkzeug.test import Client

from storelink import Returns
from storelink.consent.standing import Given
from storelink.events import ShipmentDelivered
from storelink.hooks import Incentive, ReviewRequest
from storelink.models import Message, Order, Outgoing, Shipment
from storelink.models.enums import MessageClass
from storelink.preview.samples import sample_message
from storelink.rendering.loader import packaged_messages
from storelink.testing import RecordingChannel, anything_goes
from storelink.toolkit.serving import served

CHROMIUM = os.environ.get("STORELINK_CHROMIUM") or shutil.which("chromium")

SCANNERS = {
    "nobody in particular": {},
    "Outlook SafeLinks": {
        "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
        "Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
        "X-MS-Exchange-Organization-SafeLinks": "1",
    },
    "Barracuda": {"User-Agent": "Barracuda Sentinel (EE)"},
    "Mimecast": {"User-Agent": "Mimecast URL Protection/1.0"},
    "Proofpoint": {"User-Agent": "Mozilla/5.0 (compatible; Proofpoint URL Defense)"},
    "a preview of links": {"User-Agent": "facebookexternalhit/1.1 WhatsApp/2.23"},
    "a browser that looks ahead": {"Purpose": "prefetch", "Sec-Purpose": "prefetch;prerender"},
    "Firefox that looks ahead": {"X-Moz": "prefetch"},
}
LINK = re.compile(r"https?://[^\s<>\"')]+")


class Links(html.parser.HTMLParser):
    """Finds what can be followed on a page, or in the HTML of a mail."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src", "action", "formaction", "data-url") and value is not None:
                self.found.add(value)


def say_everything(order: Order, shipment: Shipment, template: str) -> Message:
    """A message of a template, with everything that one of them can say."""
    items = [{"title": line.title, "product_id": line.product_id} for line in order.lines]
    incentive = Incentive(percent="10").model_dump(mode="json")
    data = {"shipment_id": shipment.id, "items": items, "incentive": incentive, "code": "THANKS"}
    more = sample_message(template, order).data
    return Message(template, data={**more, **data}, message_class=MessageClass.RELATIONSHIP)


def links_of(message: Outgoing) -> set[str]:
    """Every link of a mail to our pages, in whichever part it is."""
    found = Links(message.html or "").found | set(LINK.findall(message.text))
    found |= {message.unsubscribe_url or ""}
    return {one for one in found if one.startswith(BASE)}


class Mailed(Hosted):
    """A shop that sent every message that there is."""

    def __init__(self, folder: Path) -> None:
        self.channel = RecordingChannel()
        super().__init__(
            folder,
            channels=[self.channel],
            hooks=[ReviewRequest()],
            site_url=BASE,
            link_keys=[KEY],
            policy=anything_goes,
            returns=Returns(),
        )
        for name in packaged_messages():
            self._say(name)
        self.site = self.new_site(preferences=None, answers=None)
        order = self.order()
        self.told.deliver(order, self.ship(order))
        self.told.tell()
        self.told.wait(timedelta(days=8))
        for message_class in (MessageClass.RELATIONSHIP, MessageClass.MARKETING):
            self.link.consents.record(
                "atelier", "ada@example.com", "email", message_class, Given.GRANTED, source="box"
            )
        self.told.tell()
        self.clock.advance(timedelta(seconds=1))

    def _say(self, name: str) -> None:
        def say(order: Order, shipment: Shipment) -> Message:
            return say_everything(order, shipment, name)

        self.link.hook(ShipmentDelivered, key=f"say_{name}")(say)

    @property
    def corpus(self) -> list[str]:
        """The paths of every link of every mail."""
        every = {link for message in self.channel.sent for link in links_of(message)}
        return sorted(link.removeprefix(BASE) for link in every)

    @property
    def one_of_each(self) -> list[str]:
        """One path of each kind of page."""
        return list({path.split("/")[1]: path for path in self.corpus}.values())


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailed]:
    shop = Mailed(tmp_path_factory.mktemp("mailed"))
    with shop.link:
        yield shop


def test_the_corpus_has_every_message_and_every_kind_of_page(shop: Mailed) -> None:
    keys = {message.key.split("/")[1] for message in shop.channel.sent}
    assert {f"say_{name}" for name in packaged_messages()} | {"review_request"} == keys
    assert {"t", "u", "a", "r"} == {link.split("/")[1] for link in shop.corpus}
    assert all(message.unsubscribe_url for message in shop.channel.sent)


def followed(client: Client, path: str, *, deep: int, headers: dict[str, str]) -> int:
    """Open a page, and what it links to on our site; return how many pages that were."""
    answer = client.get(path, headers=headers)
    assert answer.status_code < 500
    if not deep:
        return 1
    places = (urljoin(f"{BASE}{path}", link) for link in Links(answer.text).found)
    inside = {place.removeprefix(BASE) for place in places if place.startswith(BASE)}
    return 1 + sum(followed(client, one, deep=deep - 1, headers=headers) for one in inside)


@pytest.mark.parametrize("name", SCANNERS)
def test_whoever_opens_links_changes_nothing(shop: Mailed, name: str) -> None:
    headers = SCANNERS[name]
    with shop.unchanged():
        for path in shop.corpus:
            for method in ("GET", "HEAD", "OPTIONS", "PROPFIND"):
                answer = shop.client.open(path, method=method, headers=headers)
                assert answer.status_code in (200, 405)
                assert "Set-Cookie" not in answer.headers


def test_whoever_follows_the_links_of_the_pages_changes_nothing(shop: Mailed) -> None:
    with shop.unchanged():
        for path in shop.one_of_each:
            assert followed(shop.client, path, deep=2, headers={}) > 3


def test_a_form_that_says_nothing_changes_nothing(shop: Mailed) -> None:
    """Some scanners send forms as they find them, without a value."""
    with shop.unchanged():
        for path in shop.corpus:
            assert shop.client.post(path, data={}).status_code in (400, 405)


@pytest.mark.skipif(
    CHROMIUM is None and os.environ.get("CI") != "true", reason="there is no chromium"
)
def test_a_browser_that_clicks_every_link_changes_nothing(shop: Mailed) -> None:
    from playwright.sync_api import sync_playwright

    with served(shop.site) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.route(re.compile(rf"^(?!{re.escape(url)})"), lambda route: route.abort())
        with shop.unchanged():
            for path in shop.corpus:
                page.goto(f"{url}{path}")
            clicked = [_clicked(page, f"{url}{path}", url) for path in shop.one_of_each]
        browser.close()
    assert all(clicked)


def _clicked(page: Any, start: str, site: str) -> int:
    """Click whatever leads on from a page of ours, and return how often."""
    page.goto(start)
    places = page.eval_on_selector_all("a", "all => all.map(one => one.href)")
    inside = [index for index, place in enumerate(places) if place.startswith(site)]
    for index in inside:
        if page.url.partition("?")[0] != start.partition("?")[0]:  # not the same page any more
            page.goto(start)
        page.locator("a").nth(index).click()
    return len(inside)


def test_only_the_one_click_of_a_bare_client_changes_something(shop: Mailed) -> None:
    """RFC 8058: no cookie, no referrer, nothing but the one field."""
    path = (shop.channel.sent[-1].unsubscribe_url or "").removeprefix(BASE)
    assert 200 == shop.client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code
    said = shop.link.consents.history("atelier", "ada@example.com")
    assert {("relationship", Given.REFUSED), ("marketing", Given.REFUSED)} == {
        (one.message_class, one.state) for one in said if one.source == "one-click"
    }
