"""The packaged messages, letter by letter, as they are in `present_words/`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from storelink.models import LineItem, Order, Outgoing
from storelink.rendering.loader import packaged_messages

Write = Callable[..., Outgoing]

FOLDER = Path(__file__).parent / "present_words"
TEMPLATES = packaged_messages()
REVIEW = "https://atelier.example/review"


@pytest.mark.parametrize("template", TEMPLATES)
def test_message_is_written_as_before(write: Write, order: Order, template: str) -> None:
    """A template that is made faster or shorter says the same.

    Where a message is meant to change, delete its files and run the test twice.
    """
    pictured = LineItem(id="9", title="Mug", quantity=1, image_url="https://cdn.example/mug.jpg")
    about = order.model_copy(update={"lines": (*order.lines, pictured)})
    items = [{"line_id": one.id, "title": one.title, "review_url": REVIEW} for one in order.lines]

    more = {"code": "THANKS-7F3K", "expires_at": "2027-02-01T00:00:00+00:00"}
    greeted = {"years": 3, "festival": {"en": "New Year’s Day"}}
    promised = {
        "promised_at": "2026-11-12T00:00:00+00:00",
        "expected_from": "2026-11-13T00:00:00+00:00",
        "expected_until": "2026-11-16T00:00:00+00:00",
    }

    sent = write(template, about, data={"items": items, **promised, **more, **greeted})

    written = {
        FOLDER / f"{template}.txt": f"{sent.subject}\n\n{sent.text}",
        FOLDER / f"{template}.html": sent.html or "",
    }
    missing = [file for file in written if not file.exists()]
    for file in missing:
        file.write_text(written[file], encoding="utf-8")
    assert [] == missing, "they are written now: look at them and run again"
    assert {file: file.read_text(encoding="utf-8") for file in written} == written
