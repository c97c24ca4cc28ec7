"""The words of the messages: every language says everything, and as gettext and CLDR have it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from storelink.errors import TemplateError
from storelink.events import ShipmentException, ShipmentOverdue
from storelink.models import Contact, MessageClass, Order, Outgoing
from storelink.rendering import Brand, Renderer
from storelink.rendering.loader import PACKAGED, packaged_messages
from storelink.rendering.words import LOCALES, Words, languages

Write = Callable[..., Outgoing]
Put = Callable[[str, str], Path]

TRANSLATED = languages()[1:]
PLACES = re.compile(r"%\(\w+\)s|%%")
NOW = datetime(2026, 11, 9, 8, tzinfo=UTC)
EXCEPTION = ShipmentException(
    id="e", store="atelier", at=NOW, shipment_id="parcel-1", scan_id="scan-1"
)
OVERDUE = ShipmentOverdue(id="e", store="atelier", at=NOW, shipment_id="parcel-1", promised_at=NOW)
DATA = {
    "items": [{"title": "Walnut stool", "review_url": "https://atelier.example/review"}],
    "years": 3,
    "festival": {"en": "Ж"},
    "incentive": {"percent": 10},
    "code": "THANKS-7F3K",
    "expires_at": "2027-02-01T00:00:00+00:00",
    "promised_at": "2026-11-12T00:00:00+00:00",
    "expected_from": "2026-11-13T00:00:00+00:00",
    "expected_until": "2026-11-16T00:00:00+00:00",
}
NATIVE = {
    "ar": "\u0600-\u06ff",
    "bn": "\u0980-\u09ff",
    "fa": "\u0600-\u06ff\u200c",
    "hi": "\u0900-\u097f",
    "ja": "\u3040-\u30ff\u4e00-\u9fff",
}
"""The letters of the languages that are not written in Latin ones."""


def catalog(tag: str) -> Catalog:
    with (LOCALES / tag / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=tag, abort_invalid=True)


def texts_of_templates() -> set[object]:
    options = {"**.jinja": {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"}}
    methods = [("**.jinja", "jinja2.ext.babel_extract")]
    return {found[2] for found in extract_from_dir(PACKAGED, methods, options_map=options)}


def texts_of(one: Catalog) -> set[object]:
    return {message.id for message in one if message.id}


def test_these_languages_are_spoken() -> None:
    assert {"en", "hi", "bn", "fa", "ar", "es", "fr", "de", "pt_BR", "ja"} == set(languages())


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_language_says_everything_and_nothing_else(tag: str) -> None:
    with (LOCALES / "messages.pot").open("rb") as file:
        source = read_po(file)
    assert texts_of(source) == texts_of(catalog(tag))
    assert texts_of_templates() <= texts_of(source)
    assert [] == [one.id for one in catalog(tag) if one.id and (one.fuzzy or not _whole(one))]


def _whole(one: object) -> bool:
    told = one.string  # type: ignore[attr-defined]
    return all(told) if isinstance(told, tuple) else bool(told)


@pytest.mark.parametrize("tag", TRANSLATED)
def test_translations_keep_their_values_and_the_forms_of_the_language(tag: str) -> None:
    one = catalog(tag)
    assert [] == [(message.id, errors) for message, errors in one.check()]
    for message in one:
        if message.id and isinstance(message.id, str):
            assert sorted(PLACES.findall(message.id)) == sorted(PLACES.findall(message.string))
    forms = len(Locale.parse(tag).plural_form.tags) + 1
    # Spanish, French and Portuguese have a form for millions, which no message needs.
    assert one.num_plurals == (2 if tag in ("es", "fr", "pt_BR") else forms)


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_catalog_is_in_its_own_script(tag: str) -> None:
    for message in catalog(tag):
        told = message.string if isinstance(message.string, tuple) else (message.string,)
        for text in told if message.id else ():
            bare = PLACES.sub("", text)
            assert not re.search(r"[<>0-9\u2066-\u2069\u202a-\u202e]", bare)
            assert (
                tag not in NATIVE or not bare.strip(": ：") or re.search(f"[{NATIVE[tag]}]", bare)
            )
            assert tag != "fa" or not re.search("[يك٤٥٦]", bare)  # Arabic letters, not Persian


@pytest.mark.parametrize("tag", languages())
@pytest.mark.parametrize("template", packaged_messages())
def test_every_message_is_said_wholly_in_every_language(
    write: Write, make_order: Callable[..., Order], tag: str, template: str
) -> None:
    """Nothing is left in English, in no medium, and HTML and text are small and complete."""
    names = Contact(first_name="Ж", last_name="Ж")  # in no language's script
    order = make_order("Ж", contact=names, shipping_address=None, number="Ж")
    kind = MessageClass.RELATIONSHIP if "review" in template else MessageClass.TRANSACTIONAL
    locale = tag.replace("_", "-")
    event = EXCEPTION if template == "delivery_problem" else None
    for one in (event, OVERDUE):
        sent = write(template, order, data=DATA, locale=locale, event=one, message_class=kind)
        assert locale == sent.locale
        assert len((sent.html or "").encode()) < 60_000
        assert not re.search(r"%\(|%s|\{\{|None|\n\n\n", f"{sent.subject} {sent.text}")
        if tag in NATIVE:
            own = "Mina and the Atelier team|Atelier Nord|DHL|1Z999AA1|THANKS-7F3K|Walnut stool"
            left = re.sub(
                rf"https?://\S+|{own}|Address incomplete|EUR", "", f"{sent.subject}\n{sent.text}"
            )
            assert [] == re.findall(r"[A-Za-z]{2,}", left)


def test_a_shop_may_say_it_in_its_own_words(write: Write, put: Put) -> None:
    """One sentence is replaced, in one language; all else stays as it is."""
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    put("words/de.po", header + 'msgid "Thank you, %(name)s!"\nmsgstr "Servus, %(name)s!"\n')

    german, english = write("thank_you", locale="de-AT"), write("thank_you", locale="en")

    assert german.text.startswith("Servus, Ana Silva!\n")
    assert "de-AT" == german.locale
    assert english.text.startswith("Thank you, Ana!\n")


def test_a_shop_may_add_a_language(write: Write, put: Put) -> None:
    """Once all that a message says is translated, it is written in that language."""
    put("messages/note.jinja", '{% extends "messages/message.jinja" %}'
        "{% block subject %}{% trans %}News{% endtrans %}{% endblock %}"
        "{% block body %}{% trans %}Good day.{% endtrans %}{% endblock %}"
        "{% block closing %}{% endblock %}")  # fmt: skip
    before = write("note", locale="sv")
    with (LOCALES / "messages.pot").open("rb") as file:
        words = read_po(file, locale="sv")
    for message in words:  # what blocks, greeting and footer say
        message.string = message.string and message.id
        if message.id and not message.pluralizable:
            message.string = f"{message.id}"
        elif message.id:
            message.string = tuple(message.id)
    words.add("News", "Nytt")
    half = _put_words(put, words, write)
    words.add("Good day.", "God dag.")
    after = _put_words(put, words, write)

    assert [("en", "News")] * 2 == [(one.locale, one.subject) for one in (before, half)]
    assert ("sv", "Nytt", "God dag.\n") == (after.locale, after.subject, after.text)


def _put_words(put: Put, words: Catalog, write: Write) -> Outgoing:
    told = io.BytesIO()
    write_po(told, words)
    put("words/sv.po", told.getvalue().decode())
    return write("note", locale="sv")


def test_own_words_last_for_more_than_one_message(put: Put, folder: Path, write: Write) -> None:
    """What one shop says changes nothing for the next message, nor for another shop."""
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    for tag in ("de", "en"):
        put(f"words/{tag}.po", header + 'msgid "Warm regards,"\nmsgstr "Cheers,"\n')
    told = [write("thank_you", locale=tag).text for tag in ("de", "en", "de", "en")]
    shared = Words(None).of(Locale("de"))

    assert ["Cheers," in text for text in told] == [True] * 4
    assert "nope" == shared.gettext("nope")
    assert ["nope"] == Words(None).missing(Locale("de"), ["nope"])
    assert "Cheers," != shared.gettext("Warm regards,")


def test_words_that_are_taken_away_are_said_no_more(tmp_path: Path) -> None:
    """Also if the file goes between being found and being read: no message fails for that."""

    class Late(Words):
        def _own(self, locale: Locale) -> Iterator[tuple[Path, int]]:
            yield tmp_path / f"{locale.language}.po", 1

    assert "Gesamtsumme" == Late(tmp_path).of(Locale("de")).gettext("Total")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('msgid "Thank you, %(name)s!"\nmsgstr "Danke, %(nmae)s!"\n', r"words/de\.po, line 4"),
        ("not a catalog\n", r"words/de\.po, line 3"),
    ],
)
def test_broken_words_are_named(write: Write, put: Put, text: str, complaint: str) -> None:
    """A value that is misspelled would fail at the customer's message otherwise."""
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    put("words/de.po", header + text)

    with pytest.raises(TemplateError, match=complaint):
        write("thank_you", locale="de")


def test_nearest_language_is_spoken(folder: Path, make_order: Callable[..., Order]) -> None:
    """Portugal reads Brazil's words rather than English ones; dates and sums stay its own."""
    from storelink.models import Message
    from storelink.rendering import Context

    renderer = Renderer(folder, Brand(name="A"))
    sent = renderer.render(
        Message("thank_you"), Context(about=make_order(), locale="pt-PT"), key="k", to="x"
    )

    assert "pt-PT" == sent.locale
    assert "pedido" in sent.text.casefold()
