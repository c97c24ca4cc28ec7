"""Persian and Arabic: messages are mirrored, and what is foreign in them stays in its order."""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from collections.abc import Callable

import pytest
from babel import Locale

from storelink.models import Message, MessageClass, Order, Outgoing
from storelink.rendering import Context, Renderer
from storelink.rendering.session import Session, rendering
from storelink.rendering.words import packaged, say_many

Write = Callable[..., Outgoing]

ISOLATE = re.compile("\u2068[^\u2069]*\u2069")
CODE = "THANKS-7F3K"
SWAP = {"left": "right", "right": "left"}
SIDE = re.compile(r'align="(left|right)"|padding-(left|right):')
REWARD = {"code": CODE, "expires_at": "2027-02-01T00:00:00+00:00", "incentive": {"percent": 10}}


def first_direction(line: str) -> str:
    """Return where a program lets a line begin (UAX #9, P2): at its first letter's side."""
    kinds = map(unicodedata.bidirectional, ISOLATE.sub("", line))
    return next((kind for kind in kinds if kind in {"L", "R", "AL"}), "L")


@pytest.mark.parametrize("tag", ["fa", "ar", "ar-EG"])
@pytest.mark.parametrize("template", ["thank_you", "delivered", "review_request", "review_reward"])
def test_every_line_of_a_text_begins_at_the_right(write: Write, tag: str, template: str) -> None:
    """Also one of foreign names and sums alone; only a code is bare, because it is copied."""
    sent = write(template, data=REWARD, locale=tag, message_class=MessageClass.RELATIONSHIP)

    lines = [line for line in sent.text.splitlines() if line and line != CODE]
    assert [] == [line for line in lines if first_direction(line) == "L"]
    assert (CODE in sent.text.splitlines()) is (template == "review_reward")


@pytest.mark.parametrize("tag", ["fa", "ar"])
def test_a_text_message_begins_at_the_right_although_the_shop_has_an_english_name(
    renderer: Renderer, order: Order, tag: str
) -> None:
    message = Message("review_reward", data=REWARD, message_class=MessageClass.RELATIONSHIP)
    context = Context(about=order, locale=tag)

    sent = renderer.render(message, context, key="k", to="+4915112345678", medium="sms")

    assert sent.text.startswith("\u2068Atelier Nord\u2069: ")
    assert first_direction(sent.text) != "L"
    assert f" {CODE}" in sent.text


@pytest.mark.parametrize("tag", ["fa", "ar"])
@pytest.mark.parametrize("template", ["thank_you", "delivered", "review_request"])
def test_html_is_the_mirror_image(write: Write, tag: str, template: str) -> None:
    english, mirrored = (write(template, locale=one).html or "" for one in ("en", tag))

    sides = [one or other for one, other in SIDE.findall(mirrored)]
    assert [SWAP[one or other] for one, other in SIDE.findall(english)] == sides
    assert f'<html lang="{tag}" dir="rtl">' in mirrored


@pytest.mark.parametrize("tag", ["fa", "ar"])
def test_foreign_names_and_numbers_are_apart_from_the_sentence(write: Write, tag: str) -> None:
    html = write("delivered", locale=tag).html or ""

    for foreign in ("Ana", "#1042", "1Z999AA1", "Walnut stool"):
        assert f"<bdi>{foreign}</bdi>" in html
    assert "&lt;bdi" not in html


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "ومنتج واحد آخر"),
        (2, "ومنتجان آخران"),
        (3, "و3 منتجات أخرى"),
        (11, "و11 منتجًا آخر"),
        (100, "و100 منتج آخر"),
        (103, "و103 منتجات أخرى"),
    ],
)
def test_arabic_counts_in_its_six_forms(count: int, said: str) -> None:
    session = Session(Locale("ar"), zoneinfo.ZoneInfo("UTC"), packaged("ar"))
    with rendering(session):
        assert said == say_many("and %(num)s more", "and %(num)s more", count)
