"""What good manners ask of the German, Spanish and French words, whoever writes them next."""

from __future__ import annotations

import re

import pytest
from babel.messages.pofile import read_po

from storelink.rendering.words import LOCALES

FAMILIAR = {
    "de": r"\b(du|dir|dich|deine?[mnrs]?|ihr|euch|eure?[mnrs]?)\b",
    "es": r"\b(tú|tus?|te|ti|vosotr[oa]s)\b",
    "fr": r"\b(tu|te|toi|ton|ta|tes)\b",
}


def words_of(tag: str) -> list[str]:
    found: list[str] = []
    for domain in ("messages", "pages"):
        with (LOCALES / tag / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
            told = [one.string for one in read_po(file) if one.id]
        found += [word for one in told for word in ([one] if isinstance(one, str) else one)]
    return found


@pytest.mark.parametrize("tag", FAMILIAR)
def test_strangers_are_addressed_politely(tag: str) -> None:
    """German "ihr" in lower case would be several friends; "Ihr" is the polite one."""
    words = words_of(tag)
    assert words
    assert [] == [word for word in words if re.search(FAMILIAR[tag], word)]


def test_french_has_a_narrow_space_before_high_punctuation_and_a_curved_apostrophe() -> None:
    assert [] == [word for word in words_of("fr") if re.search("(?<!\u202f)[?!:;]|['\"]", word)]


def test_spanish_questions_and_exclamations_open_as_they_close() -> None:
    for word in words_of("es"):
        assert word.count("¿") == word.count("?")
        assert word.count("¡") == word.count("!")
