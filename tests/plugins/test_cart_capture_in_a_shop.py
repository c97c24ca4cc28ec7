"""The companion for WordPress in a shop that is played: what it tells, when, and of whom."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from core.world import World

from storelink.contracts.cart import Cart
from storelink.intake import carts
from storelink.models import MessageClass
from storelink.policy.question import Basis
from storelink.testing import FrozenClock

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "examples" / "woocommerce_cart_capture" / "storelink-cart-capture.php"
STAGE = Path(__file__).parent / "wordpress" / "stage.php"
PHP = shutil.which("php")

pytestmark = pytest.mark.skipif(PHP is None, reason="php is not installed (apt install php-cli)")

SETTINGS = {"url": "https://hooks.example", "store": "atelier", "secret": "s3cret", "delay": 60}
ASKING = ["set_up", {**SETTINGS, "ask": "1", "consent": "Remind me."}]
NOT_ASKING = ["set_up", {**SETTINGS, "ask": "0", "consent": "Remind me."}]
TICKED = ["type_in", {"email": "ada@example.com", "consent": "1", "stop": "0"}]
TYPED = ["type_in", {"email": "ada@example.com", "consent": "", "stop": "0"}]
REFUSED = ["type_in", {"email": "ada@example.com", "consent": "0", "stop": "0"}]
UNTICKED = ["type_in", {"email": "", "consent": "0", "stop": "0"}]
NEVER = ["type_in", {"email": "", "consent": "0", "stop": "1"}]
PUT, MORE, WORK, CLEAR, TIDY = ["put", 77], ["put", 78], ["work"], ["clear"], ["tidy"]
FIRST, SECOND = "wc-000000010000", "wc-000000020000"


def play(*acts: list[Any]) -> dict[str, Any]:
    """Play *acts*, and return what came of them; every notice of PHP's is an error."""
    strict = ["-d", "display_errors=stderr", "-d", "error_reporting=-1"]
    command = [str(PHP), *strict, str(STAGE), str(PLUGIN)]
    done = subprocess.run(
        command, input=json.dumps(acts), capture_output=True, text=True, check=True
    )
    assert "" == done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def told(cart: Cart) -> str:
    """Say in short what a document says."""
    if cart.deleted:
        return f"{cart.id} deleted{' no' if 'consent' in cart.model_fields_set else ''}"
    things = "+".join(str(line.product) for line in cart.lines)
    consent = " agreed" if cart.consent.marketing else ""
    order = f" order {cart.order_id}" if cart.order_id else ""
    return f"{cart.id} {things} {cart.contact.email}{consent}{order}"


LINE = f"{FIRST} 77 ada@example.com agreed"
TABLE: dict[str, tuple[list[list[Any]], list[str]]] = {
    "nothing before anybody says who they are": ([ASKING, PUT, WORK], []),
    "nothing before the box is ticked": ([ASKING, PUT, TYPED, MORE, WORK], []),
    "nothing of an account before the box is ticked": (
        [ASKING, ["sign_in", 7], PUT, TYPED, WORK], [],
    ),
    "nothing without settings": ([PUT, TICKED, WORK], []),
    "told with the tick": ([ASKING, PUT, TICKED, WORK], [LINE]),
    "the same cart is told once": ([ASKING, PUT, TICKED, TICKED, WORK, TICKED, WORK], [LINE]),
    "changes in a row are told as one": (
        [ASKING, PUT, TICKED, MORE, WORK], [f"{FIRST} 77+78 ada@example.com agreed"],
    ),
    "unticked again": ([ASKING, PUT, TICKED, WORK, UNTICKED, WORK], [LINE, f"{FIRST} deleted no"]),
    "emptied, and filled again": (
        [ASKING, PUT, TICKED, WORK, CLEAR, WORK, MORE, WORK],
        [LINE, f"{FIRST} deleted", f"{SECOND} 78 ada@example.com agreed"],
    ),
    "bought on the classic checkout": (
        [ASKING, PUT, TICKED, WORK, ["buy", "classic"], WORK], [LINE, f"{LINE} order 1042"],
    ),
    "bought on the block checkout": (
        [ASKING, PUT, TICKED, WORK, ["buy", "block"], WORK], [LINE, f"{LINE} order 1042"],
    ),
    "bought without a word": ([ASKING, PUT, ["buy", "classic"], WORK], []),
    "another cart after the purchase asks again": (
        [ASKING, PUT, TICKED, WORK, ["buy", "block"], WORK, MORE, TYPED, WORK],
        [LINE, f"{LINE} order 1042"],
    ),
    "on by the link, on another device, with another address or none": (
        [ASKING, PUT, TICKED, WORK, ["elsewhere"], ["follow", FIRST], ["buy", "classic"], WORK],
        [LINE, f"{FIRST} 77 None order 1042"],
    ),
    "a link that nobody was sent": ([ASKING, ["follow", "wc-1"], ["buy", "block"], WORK], []),
    "where the shop does not ask, the address is enough": (
        [NOT_ASKING, PUT, TYPED, WORK], [f"{FIRST} 77 ada@example.com"],
    ),
    "where the shop does not ask, an account is enough": (
        [NOT_ASKING, ["sign_in", 7], PUT, WORK], [f"{FIRST} 77 ada@example.com"],
    ),
    "a guest who wants no reminders": (
        [NOT_ASKING, PUT, TYPED, WORK, NEVER, MORE, TYPED, WORK],
        [f"{FIRST} 77 ada@example.com", f"{FIRST} deleted no"],
    ),
    "an account that wants no reminders, in its next visit": (
        [NOT_ASKING, ["sign_in", 7], PUT, WORK, NEVER, WORK, ["elsewhere"], MORE, TYPED, WORK],
        [f"{FIRST} 77 ada@example.com", f"{FIRST} deleted no"],
    ),
    "a page that was open when the box was unticked on another": (
        [ASKING, PUT, TICKED, WORK, UNTICKED, WORK, TYPED, MORE, WORK],
        [LINE, f"{FIRST} deleted no"],
    ),
    "a page that was open when reminders were refused on another": (
        [NOT_ASKING, ["sign_in", 7], PUT, TICKED, WORK, NEVER, WORK, TYPED, WORK, ["elsewhere"],
         MORE, WORK],
        [LINE, f"{FIRST} deleted no"],
    ),
    "a page that was open when the box was ticked on another": (
        [NOT_ASKING, PUT, TICKED, WORK, TYPED, MORE, WORK],
        [LINE, f"{FIRST} 77+78 ada@example.com agreed"],
    ),
    "unticked where the shop does not ask": (
        [NOT_ASKING, PUT, TICKED, WORK, REFUSED, WORK], [LINE, f"{FIRST} 77 ada@example.com"],
    ),
    "another address, with the box as it was": (
        [ASKING, PUT, TICKED, WORK,
         ["type_in", {"email": "eva@example.com", "consent": "", "stop": "0"}], WORK],
        [LINE, f"{FIRST} 77 eva@example.com agreed"],
    ),
    "somebody who was forgotten is not told again": (
        [ASKING, PUT, TICKED, WORK, ["erase", "ada@example.com"], WORK, MORE, WORK, TYPED, WORK],
        [LINE, f"{FIRST} deleted no"],
    ),
    "somebody who was forgotten and agrees again": (
        [ASKING, PUT, TICKED, WORK, ["erase", "ada@example.com"], WORK, TICKED, WORK],
        [LINE, f"{FIRST} deleted no", f"{SECOND} 77 ada@example.com agreed"],
    ),
    "somebody who changes their mind": (
        [NOT_ASKING, ["sign_in", 7], PUT, NEVER, TICKED, WORK],
        [f"{FIRST} deleted no", f"{SECOND} 77 ada@example.com agreed"],
    ),
    "an answer that fails is tried again": (
        [ASKING, PUT, TICKED, ["answer_with", 503], WORK, ["answer_with", 200], WORK, WORK],
        [LINE, LINE],
    ),
    "what is refused is not": (
        [ASKING, PUT, TICKED, ["answer_with", 413], WORK, ["answer_with", 200], WORK], [LINE],
    ),
    "a no that did not arrive is told again every day until it does": (
        [ASKING, PUT, TICKED, WORK, ["answer_with", 503], UNTICKED, *[WORK] * 7, TIDY, WORK,
         ["answer_with", 200], TIDY, WORK, TIDY, WORK],
        [LINE, *[f"{FIRST} deleted no"] * 8],
    ),
    "what is not at its end is told again with its next change only": (
        [ASKING, PUT, TICKED, ["answer_with", 503], *[WORK] * 7, TIDY, WORK, MORE, WORK],
        [*[LINE] * 6, f"{FIRST} 77+78 ada@example.com agreed"],
    ),
    "what is put in before that was told does not undo it": (
        [ASKING, PUT, TICKED, WORK, ["erase", "ada@example.com"], MORE, WORK],
        [LINE, f"{FIRST} deleted no"],
    ),
    "forgetting a person takes their carts back": (
        [ASKING, PUT, TICKED, WORK, ["erase", "ADA@example.com"], WORK],
        [LINE, f"{FIRST} deleted no"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("acts", "expected"), TABLE.values(), ids=TABLE)
def test_what_is_told(acts: list[list[Any]], expected: list[str]) -> None:
    posted = play(*acts)["posted"]
    assert expected == [told(Cart.model_validate_json(one["body"])) for one in posted]
    for one in posted:
        assert "https://hooks.example/carts/atelier" == one["url"]
        carts.verify(
            one["headers"], one["body"].encode(), secrets=["s3cret"], now=datetime.now(UTC)
        )


def test_it_gives_up_after_a_while() -> None:
    left = play(ASKING, PUT, TICKED, ["answer_with", 0], *[WORK] * 9)
    assert (6, 0) == (len(left["posted"]), left["waiting"])


@pytest.mark.parametrize("checkout", ["classic", "block"])
def test_an_order_names_the_cart_that_it_came_from(checkout: str) -> None:
    left = play(ASKING, PUT, TICKED, WORK, ["buy", checkout], WORK)
    assert [{"_storelink_cart": FIRST}] == left["orders"]
    assert ["storelink_cart_capture"] == left["options"]


def test_who_empties_the_cart_of_a_link_finds_it_empty() -> None:
    followed = [ASKING, PUT, TICKED, WORK, ["elsewhere"], ["follow", FIRST]]
    assert [1, 0] == [play(*followed, *acts)["cart"] for acts in ([], [CLEAR, ["reload"]])]


def test_a_checkout_is_kept_out_of_caches() -> None:
    """It shows what its customer has agreed to."""
    assert ["DONOTCACHEPAGE", "no-cache"] == play(ASKING, ["open_checkout"])["headers"]
    assert [] == play(["open_checkout"])["headers"]


SAVED = {"url": "https://hooks.example/", "store": "Atelier.de", "secret": "s3cret",
         "ask": "1", "consent": "Remind <b>me</b> & you", "delay": "90"}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"url": "https://hooks.example", "store": "Atelier.de", "secret": "s3cret"}),
        ({"secret": " "}, {"secret": "s3cret"}),
        ({"secret": "other"}, {"secret": "other"}),
        ({"url": "http://hooks.example"}, {"url": ""}),
        ({"consent": " "}, {"consent": "Remind me & you"}),
        ({"consent": "<script>x</script>"}, {"consent": "x"}),
        ({"delay": "-99999"}, {"delay": 3600}),
        ({"ask": ""}, {"ask": "0"}),
    ],
)
def test_settings_are_cleaned_and_the_secret_is_kept(
    given: dict[str, str], expected: dict[str, Any]
) -> None:
    kept = play(["save", SAVED], ["save", {**SAVED, **given}])["set"]
    assert expected == {name: kept[name] for name in expected}


def test_the_secret_reaches_no_browser_and_what_is_shown_is_escaped() -> None:
    settings = ["set_up", {**SETTINGS, "ask": "0", "consent": 'Yes, "me" & <b>you</b>'}]
    page = play(settings, ["show_settings"])["shown"]
    assert "nonce of storelink_cart_capture" in page
    assert 'value="Yes, &quot;me&quot; &amp; &lt;b&gt;you&lt;/b&gt;"' in page
    checkout = play(settings, PUT, TICKED, ["show_checkout"])["shown"]
    assert "storelink_cart_consent 1 Yes, &quot;me&quot; &amp; &lt;b&gt;" in checkout
    assert "nonce of woocommerce-storelink-cart" in checkout
    assert not [one for one in (page, checkout) if "s3cret" in one or "ada@" in one]
    assert "" == play(settings, ["lose_rights"], ["show_settings"])["shown"]


def test_nothing_is_sent_once_it_is_switched_off() -> None:
    assert 0 == play(ASKING, PUT, TICKED, ["deactivate"])["waiting"]


def test_nothing_is_left_behind() -> None:
    left = play(
        NOT_ASKING, ["sign_in", 7], PUT, ["keep_boxes"], NEVER, TICKED, MORE, NEVER, ["uninstall"]
    )
    assert ([], 0, []) == (left["options"], left["waiting"], left["users"])


ELSEWHERE = [["elsewhere"], ["follow", FIRST]]


@pytest.mark.parametrize(
    "acts",
    [
        [ASKING, PUT, TICKED, WORK, *ELSEWHERE, ["buy", "classic"], WORK],
        [NOT_ASKING, PUT, TICKED, WORK, *ELSEWHERE, TYPED, WORK],
        [NOT_ASKING, PUT, TICKED, WORK, ["elsewhere"], ["sign_in", 7], ["follow", FIRST], WORK],
    ],
    ids=["bought", "typed", "signed in"],
)
def test_a_box_that_nobody_touched_on_another_device_takes_nothing_back(
    acts: list[list[Any]],
) -> None:
    first, *more = [Cart.model_validate_json(one["body"]) for one in play(*acts)["posted"]]
    assert first.consent.marketing
    assert more
    assert all("consent" not in one.model_fields_set for one in more)


def test_a_box_without_words_has_those_of_the_plugin() -> None:
    posted = play(["set_up", {**SETTINGS, "ask": "1", "consent": ""}], PUT, TICKED, WORK)["posted"]
    (cart,) = [Cart.model_validate_json(one["body"]) for one in posted]
    assert cart.consent.wording


@pytest.mark.parametrize(
    ("acts", "expected", "wordings"),
    [
        ([TICKED, WORK], Basis.CONSENT, ["Remind me."]),
        ([TICKED, WORK, UNTICKED, WORK], Basis.NONE, ["Remind me.", None]),
        ([TICKED, WORK, CLEAR, WORK], Basis.CONSENT, ["Remind me."]),
        ([TICKED, WORK, UNTICKED, WORK, TICKED, WORK], Basis.CONSENT,
         ["Remind me.", None, "Remind me."]),
    ],
    ids=["ticked", "unticked", "emptied", "ticked again"],
)  # fmt: skip
def test_storelinks_ledger_knows_what_was_ticked_and_unticked(
    acts: list[list[Any]], expected: Basis, wordings: list[str | None]
) -> None:
    posted = play(ASKING, PUT, *acts)["posted"]
    clock = FrozenClock(datetime.now(UTC))
    world = World(hooks=[], clock=clock, cart_secrets={"shop": ["s3cret"]})
    for one in posted:
        world.link.receive_cart("shop", headers=one["headers"], body=one["body"].encode())
    ledger, ada = world.link.consents, "ada@example.com"
    about = ("shop", ada, "email", MessageClass.MARKETING)
    assert expected is ledger.standing(*about, about_cart=True).basis
    assert wordings == [one.wording for one in ledger.history("shop", ada)]
