"""What the reader may like, and how much is missing to free shipping: blocks that advertise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from storelink.models import Message, MessageClass, Order, Outgoing
from storelink.policy.advertising import refused
from storelink.preview.samples import sample, sample_locales, sample_message
from storelink.rendering import Context, Renderer

Write = Callable[..., Outgoing]

TEA: dict[str, Any] = {
    "title": "Tea <b>",
    "url": "https://shop.example/tea",
    "image_url": "https://shop.example/tea.jpg",
    "price": {"amount": "1205.50", "currency": "EUR"},
    "because": "Mug",
    "people": 12,
}
TOLD = "{{ recommendations() }}{{ free_shipping_gap() }}"


def test_a_recommendation_has_picture_name_price_reason_and_link(write: Write) -> None:
    sent = write("any", subject="S", text=TOLD, data={"recommended": [TEA]})

    assert sent.text == (
        "You may also like\n"
        "- Tea <b>: €1,205.50\n"
        "  Bought together with Mug by 12 people\n"
        "  Look at it: https://shop.example/tea\n"
    )
    html = sent.html or ""
    for part in (
        "You may also like",
        "Tea &lt;b&gt;",
        "€1,205.50",
        'src="https://shop.example/tea',
    ):
        assert part in html
    assert "Bought together with Mug by 12 people" in html
    assert 'href="https://shop.example/tea"' in html


def test_the_lowest_of_several_prices_is_told_as_such(write: Write) -> None:
    sent = write("any", subject="S", text=TOLD, data={"recommended": [TEA | {"is_from": True}]})
    assert "- Tea <b>: from €1,205.50\n" in sent.text


@pytest.mark.parametrize("data", [{}, {"recommended": []}, {"recommended": None}])
def test_without_any_nothing_is_said(write: Write, data: dict[str, Any]) -> None:
    sent = write("any", subject="S", text=f"A {TOLD} Z", data=data)
    assert "A  Z" == sent.text.strip()


def test_what_is_not_known_or_not_safe_is_left_out(write: Write) -> None:
    odd = {"title": "Tea", "url": "javascript:alert(1)", "price": None, "because": "X", "people": 3}
    sent = write("any", subject="S", text=TOLD, data={"recommended": [odd]})
    assert "You may also like\n- Tea\n  Bought together with X by 3 people\n" == sent.text
    assert "javascript" not in (sent.html or "")


def test_a_text_message_has_none_of_them_and_a_chat_has_all(
    renderer: Renderer, order: Order
) -> None:
    message = Message("any", subject="S", text=f"Hello. {TOLD}", data={"recommended": [TEA]})
    short, chat = (
        renderer.render(message, Context(about=order), key="k", to="x", medium=medium).text
        for medium in ("sms", "whatsapp")
    )
    assert "Tea" not in short
    assert "https" not in short
    assert "Bought together with Mug by 12 people" in chat


def test_the_gap_is_told_in_the_readers_language(write: Write) -> None:
    gap = {"free_shipping_gap": {"amount": "7.50", "currency": "EUR"}}
    sent = write("any", subject="S", text=TOLD, data=gap)
    assert "With €7.50 more in your cart, shipping is free.\n" == sent.text


@pytest.mark.parametrize(
    "data", [{"recommended": [TEA]}, {"free_shipping_gap": {"amount": "1", "currency": "EUR"}}]
)
def test_both_advertise_and_are_refused_in_what_an_order_needs(
    renderer: Renderer, order: Order, data: dict[str, Any]
) -> None:
    message = Message("any", subject="S", text=TOLD, data=data)
    kinds = renderer.content(message, Context(about=order)).kinds
    assert refused(kinds, MessageClass.TRANSACTIONAL, "DE") is not None
    assert refused(kinds, MessageClass.MARKETING, "DE") is None


@pytest.mark.parametrize("locale", sample_locales())
def test_both_are_told_in_every_language(renderer: Renderer, locale: str) -> None:
    about = sample(locale)
    told = sample_message("any", about)
    message = told.model_copy(update={"subject": "S", "text": f"{{{{ greeting() }}}}{TOLD}"})
    sent = renderer.render(message, Context(about=about), key="k", to="x")
    assert locale.partition("-")[0] == sent.locale.partition("-")[0]
    assert about.lines[1].title in sent.text
    assert about.lines[0].title in sent.text
    is_english = "You may also like" in sent.text
    assert is_english == (locale == "en")
    assert is_english == ("Bought together" in sent.text)
    assert is_english == ("shipping is free" in sent.text)
