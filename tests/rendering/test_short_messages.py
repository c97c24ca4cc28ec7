"""Text messages: short, and written as the language is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from storelink.models import Message, Order
from storelink.rendering import Context, Renderer


@pytest.mark.parametrize(
    ("tag", "subject", "stop"),
    [
        ("en", "Thank you for your order #1042", "."),
        ("hi", "आपके ऑर्डर #1042 के लिए धन्यवाद", "।"),
        ("bn", "আপনার অর্ডার #1042-এর জন্য ধন্যবাদ", "।"),
        ("ja", "ご注文ありがとうございます（ご注文番号：#1042）", "。"),
        ("hi", "सब ठीक है?", ""),
        ("ja", "お手元に届きましたか？", ""),
    ],
)
def test_a_sentence_ends_as_the_language_ends_it(
    renderer: Renderer, order: Order, tag: str, subject: str, stop: str
) -> None:
    message = Message("thank_you", subject=subject)

    sent = renderer.render(
        message, Context(about=order, locale=tag), key="k-1", to="+15550100", medium="sms"
    )

    told = f"Atelier Nord：{subject}{stop}" if tag == "ja" else f"Atelier Nord: {subject}{stop} "
    assert sent.text.startswith(told)


def test_a_name_is_spoken_to_as_the_language_does(
    renderer: Renderer, make_order: Callable[..., Order]
) -> None:
    about = make_order()
    context = [Context(about=about, locale=tag) for tag in ("hi", "bn", "ja")]

    told = [
        renderer.render(Message("invoice"), one, key="k-1", to="ana@b.example").text
        for one in context
    ]

    assert ["नमस्ते Ana जी,", "প্রিয় Ana,", "Silva様"] == [text.split("\n\n")[1] for text in told]
