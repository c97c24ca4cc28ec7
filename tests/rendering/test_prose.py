"""Words outside `{% trans %}` are found: no catalog can have them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from storelink.errors import TemplateError
from storelink.models import Outgoing
from storelink.rendering.loader import TemplateFolders, packaged_messages
from storelink.rendering.prose import Prose, prose_of

Put = Callable[[str, str], Path]
Write = Callable[..., Outgoing]
BASE = '{% extends "messages/message.jinja" %}'

TOLD = {
    "text": ("Hello there", ["1: Hello there"]),
    "text some lines below": ("{% if name %}\n\n  Hello\n  there\n{% endif %}", ["3: Hello there"]),
    "a text that is put out": ('{{ "Hello" }}', ["1: Hello"]),
    "one of two texts": ('{{ "Dear" if name else _("Hello") }}', ["1: Dear"]),
    "what stands for a missing name": ('{{ name or "friend" }}', ["1: friend"]),
    "what a missing value is replaced by": ('{{ order.note|default("none") }}', ["1: none"]),
    "a text before a value": ('{{ "Order " ~ order.number }}', ["1: Order "]),
    "a label": ('\n{{ button("Look", brand.website) }}', ["2: Look"]),
    "a label by its name": ('{{ fact(value=name, label="Name") }}', ["1: Name"]),
    "the text of an offer": ('{{ offer(_("Buy"), "More") }}', ["1: More"]),
    "text in a block": (BASE + "\n{% block help %}Write to us{% endblock %}", ["2: Write to us"]),
    "text that is kept": (BASE + "{% set x %}Cheers{% endset %}", ["1: Cheers"]),
    "words of one letter each, in Japanese": ("ありがとう", ["1: ありがとう"]),
}


def found(folder: Path) -> list[str]:
    """Return what the message `mine` says, with its lines."""
    told = prose_of("mine", TemplateFolders(folder))
    return [f"{one.place.rpartition(' ')[2]}: {one.text}" for one in told]


@pytest.mark.parametrize(("source", "expected"), TOLD.values(), ids=TOLD)
def test_it_is_found_with_its_line(
    folder: Path, put: Put, source: str, expected: list[str]
) -> None:
    put("messages/mine.jinja", source)
    assert expected == found(folder)


FINE = {
    "what is translated": "{% trans n=order.number %}Hello {{ n }}{% endtrans %}{{ _('Hello') }}",
    "a translated label": '{{ button(_("Look"), brand.website) }}',
    "what is no word": "· – 10 % (5 × 3)\n{{ name }}!",
    "an address": "https://atelier.example/imprint hello@atelier.example",
    "a setting": '{{ order.placed_at|date("short") }}{{ pages.get("tracking") }}',
    "what is only compared": '{{ name if locale == "de" else first_name }}',
    "a comment": "{# Hello there #}",
    "what nobody hears": BASE + "Hello there",
    "a broken template": "{% if %}Hello",
    "a file that is not there": '{% include "messages/none.jinja" ignore missing %}',
    "a file in one language": '{% include "en/mine/body.txt" ignore missing %}',
}


@pytest.mark.parametrize("source", FINE.values(), ids=FINE)
def test_what_is_the_same_everywhere_is_no_prose(folder: Path, put: Put, source: str) -> None:
    put("messages/mine.jinja", source)
    assert [] == found(folder)


def test_it_is_found_in_what_a_message_is_made_from(folder: Path, put: Put) -> None:
    put("messages/mine.jinja", '{% extends "messages/frame.jinja" %}')
    put("messages/frame.jinja", '{% include "messages/_end.jinja" %}')
    put("messages/_end.jinja", "\nCheers")
    place = "messages/_end.jinja in your templates, line 2"
    assert [Prose(place, "Cheers", False)] == list(prose_of("mine", TemplateFolders(folder)))


def test_storelink_s_own_messages_have_none() -> None:
    folders = TemplateFolders(None)
    assert [] == [one for name in packaged_messages() for one in prose_of(name, folders)]


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_a_name_that_leads_out_of_the_folder_is_a_mistake_in_every_language(
    write: Write, put: Put, locale: str
) -> None:
    put("messages/mine.jinja", '{% include "../secret" %}')
    with pytest.raises(TemplateError, match=r"there is no template '\.\./secret'"):
        write("mine", locale=locale)
