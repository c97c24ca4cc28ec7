"""The words of the pages: every language says everything, and says it in its own digits."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from storelink.rendering import Brand, color
from storelink.rendering.calendars import native_digits
from storelink.rendering.pages import Pages, choose_language
from storelink.rendering.pages.drawing import TEMPLATES
from storelink.rendering.pages.words import catalog, languages
from storelink.rendering.words import LOCALES

TRANSLATED = languages()[1:]
PLACES = re.compile(r"%\(\w+\)s")
SCRIPTS = {
    "ar": "[\u0600-\u06ff]",
    "bn": "[\u0980-\u09ff]",
    "fa": "[\u0600-\u06ff]",
    "hi": "[\u0900-\u097f]",
    "ja": "[\u3040-\u30ff\u4e00-\u9fff]",
}


def words_of_templates() -> set[str]:
    options = {"**.html": {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"}}
    method = [("**.html", "jinja2.ext.babel_extract")]
    return {found[2] for found in extract_from_dir(TEMPLATES, method, options_map=options)}


def words_of(tag: str) -> dict[str, str]:
    path = Path(LOCALES) / tag.replace("-", "_") / "LC_MESSAGES" / "pages.po"
    with path.open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file) if one.id}


def test_the_pages_speak_these_languages() -> None:
    assert ("en", "ar", "bn", "de", "es", "fa", "fr", "hi", "ja", "pt-BR") == languages()


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_language_says_everything_and_nothing_else(tag: str) -> None:
    assert words_of_templates() == set(words_of(tag))


@pytest.mark.parametrize("tag", TRANSLATED)
def test_no_word_is_missing_left_in_english_or_lost_its_values(tag: str) -> None:
    for english, word in words_of(tag).items():
        assert word
        assert word != english
        assert sorted(PLACES.findall(english)) == sorted(PLACES.findall(word))
        assert re.search(SCRIPTS.get(tag, "[a-zß-ÿ]"), PLACES.sub("", word))


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_catalog_holds_no_markup_and_no_digits_of_another_script(tag: str) -> None:
    for word in words_of(tag).values():
        assert not re.search(r"[<>&0-9]", word)
        assert tag != "fa" or not re.search("[يك٤٥٦]", word)  # Arabic letters, not Persian ones


@pytest.mark.parametrize(
    ("tag", "written"), [("fa", "۱۲۳"), ("bn", "১২৩"), ("hi", "123"), ("en", "123")]
)
def test_digits_are_those_that_readers_expect(tag: str, written: str) -> None:
    assert written == native_digits("123", Locale.parse(tag))


@pytest.mark.parametrize(
    ("wanted", "tag"),
    [
        (("fa-IR", "en"), "fa"),
        ((None, "", "bn_BD"), "bn"),
        (("tlh", "hi"), "hi"),
        (("de-AT", "en"), "de"),
        (("pt_BR",), "pt-BR"),
        (("pt-PT", "en"), "pt-BR"),
        (("fr-CA",), "fr"),
        (("es-419",), "es"),
        (("tlh", None), "en"),
        (("../../etc", "\x00"), "en"),
    ],
)
def test_the_first_language_that_has_words_is_taken(wanted: tuple[str, ...], tag: str) -> None:
    assert tag == choose_language(*wanted).tag


def test_a_catalog_is_read_once() -> None:
    assert catalog("fa") is catalog("fa")
    pages, language = Pages(Brand(name="Atelier")), choose_language("fa")
    pages.draw("told", language, what="expired")
    began = time.perf_counter()
    for _ in range(20):
        pages.draw("told", language, what="expired")
    assert (time.perf_counter() - began) / 20 < 0.02


@pytest.mark.parametrize(
    "accent", ["#000000", "#ffffff", "#ffd84d", "#1f4d3a", "#777777", "#ff0000"]
)
def test_whatever_the_brands_color_is_it_can_be_read(accent: str) -> None:
    style = Pages(Brand(name="Atelier", color=accent)).draw(
        "told", choose_language("en"), what="often"
    )
    told = dict(re.findall(r"--(\w+):(#[0-9a-f]{6})", style[: style.index("}")]))
    dark = dict(re.findall(r"--(\w+):(#[0-9a-f]{6})", style[style.index("dark)") :]))
    assert color.contrast(told["on"], told["brand"]) >= color.READABLE
    assert color.contrast(told["link"], color.WHITE) >= color.READABLE
    assert color.contrast(dark["link"], dark["card"]) >= color.READABLE
    assert color.contrast(told["quiet"], told["ground"]) >= color.READABLE
    assert color.contrast(dark["quiet"], dark["ground"]) >= color.READABLE
