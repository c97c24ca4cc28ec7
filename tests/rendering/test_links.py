"""Links from data: only those that do no harm."""

from __future__ import annotations

import pytest

from storelink.rendering.links import linked, safe_url


@pytest.mark.parametrize(
    "url",
    [
        "https://track.example/?n=1Z999&lang=en#x",
        "http://track.example",
        "HTTPS://track.example/",
        "https://пример.example/посылка",
        "mailto:hello@atelier.example",
    ],
)
def test_harmless_link_is_kept(url: str) -> None:
    assert url == safe_url(f"  {url}\n")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "file:///etc/passwd",
        "//track.example/x",
        "/track",
        "www.track.example",
        "https:",
        "https://",
        "https://track.example/a b",
        'https://track.example/"onclick=',
        "https://track.example/'x",
        "https://track.example/\u202egpj.exe",
        "https://[bad",
        "mailto:",
        "https://track.example/" + "a" * 2048,
        "",
        None,
        7,
    ],
)
def test_other_link_is_none(url: object) -> None:
    assert "" == safe_url(url)


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://a.example/x.", ["https://a.example/x"]),
        (
            "(https://a.example/x), then http://b.example!",
            ["https://a.example/x", "http://b.example"],
        ),
        ("mailto:x@a.example", ["mailto:x@a.example"]),
        ("javascript:alert(1) ftp://a.example", []),
        ("https://", []),
        ('https://a.example/"onmouseover="x', ["https://a.example/"]),
    ],
)
def test_links_in_text_can_be_followed(text: str, links: list[str]) -> None:
    html = str(linked(text))

    assert links == [part.split('"')[0] for part in html.split('<a href="')[1:]]


def test_text_around_links_is_escaped() -> None:
    html = str(linked("<i>&</i> https://a.example/?a=1&b=2 <b>"))

    assert html.startswith("&lt;i&gt;&amp;&lt;/i&gt; <a ")
    assert html.endswith("https://a.example/?a=1&amp;b=2</a> &lt;b&gt;")
