"""The companion's script in a real browser: what did not arrive is told again, and not for ever."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

CHROMIUM = os.environ.get("STORELINK_CHROMIUM") or shutil.which("chromium")

if CHROMIUM is None and os.environ.get("CI") != "true":
    pytest.skip("there is no chromium: apt-get install chromium", allow_module_level=True)

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "examples" / "woocommerce_cart_capture" / "storelink-cart-capture.php"
SHOP = "http://shop.test"
PAGE = """<!doctype html><title>Checkout</title>
<input type="email" id="billing_email"><input id="billing_city">
<input type="checkbox" id="storelink_cart_consent" %s>
<script>const storelinkCart = %s;%s</script>"""
COUNTED = """
window.busy = window.under_way = window.most = 0;
const send = window.fetch;
window.fetch = async (...told) => {
  window.busy++;
  window.most = Math.max(window.most, ++window.under_way);
  try { return await send(...told); }
  finally { window.under_way--; setTimeout(() => window.busy--, 20); }
};"""
EMAIL, CITY, BOX = "#billing_email", "#billing_city", "#storelink_cart_consent"
TOLD, NO = "ada@example.com 1 old", " 0 old"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Without its sandbox, for tests run as root in containers; only our own pages are opened.
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


class Checkout:
    """A checkout page, and the shop behind it: it answers as it is told, and notes what it hears.

    Attributes:
        answers: the status of each answer, in turn, then always 200; 0 is no answer at all.
    """

    def __init__(self, browser: Any) -> None:
        self.heard: list[str] = []
        self.answers: list[int] = []
        self.agreed, self.ask = False, True
        self.page = browser.new_context().new_page()
        self.page.add_init_script(COUNTED)
        self.page.route("**/*", self._answer)

    def open(self) -> None:
        """Open the page, as the server makes it now."""
        self.page.goto(f"{SHOP}/checkout")
        self.settle()

    def fill(self, field: str, text: str) -> None:
        """Type something into a field, and leave it."""
        self.page.fill(field, text)
        self.page.locator(field).blur()
        self.settle()

    def tick(self, *, on: bool = True) -> None:
        """Tick the box, or untick it."""
        self.page.set_checked(BOX, on)
        self.settle()

    def kept(self) -> dict[str, str]:
        """What the browser keeps of the visit."""
        kept: dict[str, str] = self.page.evaluate("({...sessionStorage, ...localStorage})")
        return kept

    def settle(self) -> None:
        """Wait until nothing is under way."""
        self.page.wait_for_function("window.busy === 0")

    def _answer(self, route: Any) -> None:
        if not route.request.url.endswith("/ajax"):
            route.fulfill(status=200, content_type="text/html", body=self._html())
            return
        fields = {name: one[0] for name, one in parse_qs(route.request.post_data, True).items()}
        if fields["action"] == "storelink_cart_nonce":
            self.heard.append("nonce")
            route.fulfill(json={"success": True, "data": "new"})
            return
        self.heard.append(f"{fields['email']} {fields['consent']} {fields['nonce']}")
        status = self.answers.pop(0) if self.answers else 200
        if status:
            route.fulfill(status=status)
        else:
            route.abort()

    def _html(self) -> str:
        script = PLUGIN.read_text().split("<<<'JS'\n")[1].split("\nJS;")[0]
        told = {"url": "/ajax", "nonce": "old", "ask": self.ask, "agreed": self.agreed}
        return PAGE % ("checked" if self.agreed else "", json.dumps(told), script)


@pytest.fixture
def checkout(browser: Any) -> Iterator[Checkout]:
    made = Checkout(browser)
    made.open()
    yield made
    made.page.context.close()


@pytest.mark.parametrize("status", [0, 500, 503])
def test_what_did_not_arrive_is_told_at_the_next_change_and_then_no_more(
    checkout: Checkout, status: int
) -> None:
    checkout.answers = [status]
    checkout.fill(EMAIL, "ada@example.com")
    checkout.tick()
    assert [TOLD] == checkout.heard
    checkout.page.wait_for_timeout(300)
    assert [TOLD] == checkout.heard
    for city in ("Graz", "Linz", "Wels"):
        checkout.fill(CITY, city)
    assert [TOLD, TOLD] == checkout.heard


def test_a_page_that_is_older_than_its_nonce_asks_for_another_once(checkout: Checkout) -> None:
    checkout.answers = [403]
    checkout.fill(EMAIL, "ada@example.com")
    checkout.tick()
    assert [TOLD, "nonce", "ada@example.com 1 new"] == checkout.heard
    checkout.heard.clear()
    checkout.answers = [403, 403]
    checkout.tick(on=False)
    assert [" 0 new", "nonce", " 0 new"] == checkout.heard


def test_a_no_that_did_not_arrive_is_told_on_the_next_page(checkout: Checkout) -> None:
    checkout.fill(EMAIL, "ada@example.com")
    checkout.tick()
    checkout.answers = [0]
    checkout.tick(on=False)
    assert [TOLD, NO] == checkout.heard
    checkout.agreed = True  # as far as the server knows
    checkout.open()
    assert [TOLD, NO, NO] == checkout.heard
    assert not checkout.page.is_checked(BOX)
    checkout.open()
    assert [TOLD, NO, NO] == checkout.heard


@pytest.mark.parametrize("ask", [True, False])
def test_a_box_that_nobody_touched_on_this_page_says_nothing(checkout: Checkout, ask: bool) -> None:
    """The page may be old, and another have said no meanwhile."""
    checkout.agreed, checkout.ask = True, ask
    checkout.open()
    checkout.fill(EMAIL, "ada@example.com")
    assert ["ada@example.com  old"] == checkout.heard
    checkout.tick(on=False)
    checkout.tick()
    assert [NO if ask else "ada@example.com 0 old", TOLD] == checkout.heard[1:]


def test_what_is_said_is_told_in_its_order(checkout: Checkout) -> None:
    """Two at a time could overtake each other, and the tick would stand."""
    checkout.fill(EMAIL, "ada@example.com")
    four_times = "box => { for (let i = 0; i < 4; i++) box.click(); }"
    checkout.page.locator(BOX).evaluate(four_times)
    checkout.settle()
    assert [TOLD, NO, TOLD, NO] == checkout.heard
    assert 1 == checkout.page.evaluate("window.most")


def test_the_browser_keeps_nothing_of_a_person(checkout: Checkout) -> None:
    checkout.answers = [0, 0, 0, 0]
    checkout.fill(EMAIL, "ada@example.com")
    checkout.tick()
    assert {} == checkout.kept()
    checkout.tick(on=False)
    assert {"storelink_cart_no": "0"} == checkout.kept()
    checkout.tick()
    assert {} == checkout.kept()
