"""What the shop wrote itself: tips and an invitation, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from storelink.models import Order, Outgoing

Write = Callable[..., Outgoing]

WORDS = {"en": "Wash it by hand.", "de": "Von Hand waschen.", "pt-BR": "Lave à mão."}


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", "Wash it by hand."),
        ("de-AT", "Von Hand waschen."),
        ("pt-BR", "Lave à mão."),
        ("ja", "Wash it by hand."),
    ],
)
@pytest.mark.parametrize("template", ["care_tips", "community_invite"])
def test_it_is_told_in_the_readers_language_or_else_the_first(
    write: Write, order: Order, template: str, locale: str, expected: str
) -> None:
    data = {"text": WORDS, "items": [{"title": "Mug", "text": WORDS}]}
    sent = write(template, order, data=data, locale=locale)
    assert expected in sent.text
    assert 1 == sum(one in sent.text for one in WORDS.values())


def test_each_thing_is_named_once_with_its_tips(write: Write, order: Order) -> None:
    items: list[dict[str, Any]] = [
        {"title": "Mug", "text": "First.\n\nSecond.", "url": "https://shop.example/mug.pdf"},
        {"title": "Pan", "text": "Oil it."},
        {"title": "Mug", "text": "Third."},
        {"title": "Vase", "url": "javascript:alert(1)"},
    ]
    text = write("care_tips", order, data={"items": items}).text
    places = [text.index(one) for one in ("First.", "Second.", "mug.pdf", "Third.", "Oil it.")]
    assert sorted(places) == places
    assert 1 == text.count("Mug")
    assert "javascript" not in text


def test_an_invitation_leads_to_where_to_join(write: Write, order: Order) -> None:
    sent = write("community_invite", order, data={"url": "https://shop.example/friends"})
    assert "https://shop.example/friends" in sent.text
    assert 'href="https://shop.example/friends"' in str(sent.html)
