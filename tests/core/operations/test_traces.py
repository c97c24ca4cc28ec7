"""Finding an address in bytes: in every way of writing that a platform uses."""

from __future__ import annotations

import base64
import html
import json
import quopri
from collections.abc import Callable
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storelink.operations.traces import Traces

MAIL = "zoë.brontë@example.com"
WRITINGS: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "upper case": lambda text: text.upper().encode(),
    "json": lambda text: json.dumps({"a": [text]}).encode(),
    "percent": lambda text: quote(text, safe="").encode(),
    "form": lambda text: urlencode({"mail": text}).encode(),
    "html": lambda text: f"<a href='mailto:{html.escape(text)}'>".replace("@", "&#64;").encode(),
    "quoted printable": lambda text: quopri.encodestring(text.encode()),
    "base64": lambda text: base64.b64encode(f"to: {text}".encode()),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(f"??>{text}".encode()),
    "json in json": lambda text: json.dumps({"a": json.dumps({"b": text})}).encode(),
    "json in a form": lambda text: urlencode({"a": json.dumps({"b": text})}).encode(),
    "base64 in json": lambda text: json.dumps(
        {"a": base64.b64encode(text.encode()).decode()}
    ).encode(),
}


@pytest.mark.parametrize("writing", WRITINGS)
def test_an_address_is_found_however_it_is_written(writing: str) -> None:
    data = b"before " * (writing == "plain") + WRITINGS[writing](MAIL)
    assert Traces(frozenset({MAIL})).are_in(data)
    assert not Traces(frozenset({"somebody@else.example"})).are_in(data)


@pytest.mark.parametrize(
    "text", ["+493023125011", "030 2312-5011", "+49 (30) 2312 5011", "0049.30.23125011"]
)
def test_a_phone_is_found_however_it_is_written(text: str) -> None:
    assert Traces(phones=frozenset({"+493023125011"})).are_in(f'{{"phone": "{text}"}}'.encode())


def test_a_number_that_is_short_is_no_phone() -> None:
    assert not Traces(phones=frozenset({"12345"})).are_in(b"order 12345")


def test_nobody_is_in_anything() -> None:
    assert not Traces(frozenset({"", " "}), frozenset({""})).are_in(b"anything at all")


@given(st.binary(max_size=300))
def test_no_bytes_trouble_it(data: bytes) -> None:
    assert not Traces(frozenset({MAIL}), frozenset({"+493023125011"})).are_in(data)
