"""Links to the pages: genuine, for one purpose, for a time, and nothing personal in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from storelink.errors import ConfigError
from storelink.links import LIFE, LinkRefused, Links, Purpose
from storelink.testing import FrozenClock

BASE = "https://go.atelier.example/hello"
OLD, NEW = "the key of last year", "the key of this year"
PART = some.text(some.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=40)


def links(*keys: str, clock: FrozenClock | None = None) -> Links:
    return Links(keys or (NEW,), base_url=f"{BASE}/", clock=clock or FrozenClock())


def token(url: str) -> str:
    return url.rpartition("/")[2]


def refused(by: Links, text: str, purpose: Purpose = Purpose.TRACKING) -> str:
    with pytest.raises(LinkRefused) as refusal:
        by.read(text, purpose)
    return refusal.value.reason


@given(PART, PART, PART)
def test_what_goes_in_comes_out(store: str, subject: str, detail: str) -> None:
    known = links()
    url = known.make(Purpose.ANSWER, store, subject, detail=detail)
    ticket = known.read(token(url), Purpose.ANSWER)
    assert (store, subject, detail) == (ticket.store, ticket.subject, ticket.detail)


def test_a_link_is_short_enough_for_a_text_message() -> None:
    url = links().make(Purpose.TRACKING, "atelier", "6120953217311")
    assert url.startswith(f"{BASE}/t/")
    assert len(token(url)) <= 60


def test_a_link_opens_nothing_of_another_purpose() -> None:
    known = links()
    url = known.make(Purpose.TRACKING, "atelier", "1")
    for other in (Purpose.PREFERENCES, Purpose.ANSWER):
        assert "unknown" == refused(known, token(url), other)


def test_every_changed_character_is_noticed() -> None:
    known = links()
    genuine = token(known.make(Purpose.TRACKING, "atelier", "1001"))
    for at, was in enumerate(genuine):
        for character in {"A", "b", "0", "-", "_", ".", "=", "!", " ", "é"} - {was}:
            assert "unknown" == refused(known, genuine[:at] + character + genuine[at + 1 :])
        assert "unknown" == refused(known, genuine[:at] + genuine[at + 1 :])
        assert "unknown" == refused(known, genuine[:at] + "!" + genuine[at:])


@given(some.text(max_size=80) | some.just("x" * 5000))
def test_what_is_no_token_is_refused_and_nothing_worse(text: str) -> None:
    assert "unknown" == refused(links(), text)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_link_ends(purpose: Purpose) -> None:
    clock = FrozenClock(datetime(2026, 11, 16, 9, 30, tzinfo=UTC))
    known = links(clock=clock)
    text = token(known.make(purpose, "atelier", "1"))
    clock.advance(LIFE[purpose])
    assert datetime(2026, 11, 16, 10, tzinfo=UTC) + LIFE[purpose] == (
        known.read(text, purpose).expires_at
    )
    clock.advance(timedelta(minutes=30))
    assert "expired" == refused(known, text, purpose)


def test_an_unsubscribe_link_lives_longer_than_every_law_asks_for() -> None:
    assert timedelta(days=60) < LIFE[Purpose.PREFERENCES]


def test_keys_rotate() -> None:
    before, between, after = links(OLD), links(NEW, OLD), links(NEW)
    old, new = (token(by.make(Purpose.TRACKING, "atelier", "1")) for by in (before, between))
    assert "1" == between.read(old, Purpose.TRACKING).subject
    assert "1" == after.read(new, Purpose.TRACKING).subject
    assert "unknown" == refused(after, old)
    assert "unknown" == refused(before, new)


def test_no_key_is_shown() -> None:
    known = links()
    ticket = known.read(token(known.make(Purpose.TRACKING, "atelier", "1001")), Purpose.TRACKING)
    assert NEW not in repr(known)
    assert "1001" not in repr(ticket)


@pytest.mark.parametrize("keys", [[], ["short"], [NEW, ""]])
def test_a_weak_key_is_refused(keys: list[str]) -> None:
    with pytest.raises(ConfigError, match="key"):
        Links(keys, base_url=BASE, clock=FrozenClock())


@pytest.mark.parametrize(
    "url",
    [
        "go.atelier.example",
        "https://",
        "http://go.atelier.example",
        "https://bücher.example",
        "https://go.atelier.example?x=1",
        "https://go.atelier.example/#top",
        "https://me:secret@go.atelier.example",
        "https://go.atelier.example/a b",
        "https://go.atelier.example\n",
        "http://localhost.example",
    ],
)
def test_an_address_that_no_mail_program_would_open_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match=r"site_url is where .* https://shop\.example"):
        Links([NEW], base_url=url, clock=FrozenClock())


@pytest.mark.parametrize(
    "url",
    [
        "https://go.atelier.example",
        "https://xn--bcher-kva.example:8443/hello/there/",
        "http://localhost:8080",
        "http://127.0.0.1:8080/",
    ],
)
def test_a_site_s_address_is_taken(url: str) -> None:
    made = Links([NEW], base_url=url, clock=FrozenClock()).make(Purpose.TRACKING, "atelier", "1")
    assert made.startswith(f"{url.rstrip('/')}/t/")


def test_a_part_with_a_line_break_or_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="line break"):
        links().make(Purpose.TRACKING, "atelier", "1\n2")
    with pytest.raises(ValueError, match="too long"):
        links().make(Purpose.TRACKING, "atelier", "1" * 2_000)
