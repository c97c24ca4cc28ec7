"""Whatever customers, carriers and shops write stays text: no markup, no header, no template."""

from __future__ import annotations

import html.parser
import json
import re
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rendering.conftest import make_order

from storelink.events import ShipmentException
from storelink.models import Address, Contact, Message, Outgoing, Scan, ShipmentStatus, Tracking
from storelink.rendering import Brand, Context, Renderer
from storelink.rendering.loader import packaged_messages
from storelink.rendering.words import languages

NOW = datetime(2026, 11, 9, tzinfo=UTC)
RENDERER = Renderer(None, Brand(name="Atelier", website="https://atelier.example"))
FRAGMENTS = (
    "\r\nBcc: all@evil.example\r\n", "<script>alert(1)</script>", "</title></style>",
    '" onload="x', "{{ brand.name }}", "{% include 'x' %}", "{# x #}", "\u202egnp.exe", "\u2066",
    "\u2069", "\u2068", "\0" + "0" + "\0", "\0", "\n\n\n", "%(name)s", "%s", "javascript:alert(1)",
    "]]>", "<!--", "https://evil.example/?a=1&b=2", "&lt;b&gt;", "ا", "क्ष", "\u2028", "a" * 10_000,
    "'", "\\", "\U0001f469\u200d\U0001f467",
)  # fmt: skip
ODD = st.lists(
    st.one_of(st.sampled_from(FRAGMENTS), st.text(st.characters(exclude_categories=["Cs"]))),
    max_size=5,
).map("".join)


class Tags(html.parser.HTMLParser):
    """Counts the elements that are there, but for those that text may add."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.links: list[str] = []
        self.cards: list[Any] = []
        self.open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("bdi", "br"):
            self.tags[tag, tuple(sorted(name for name, _ in attrs))] += 1
        self.links += [str(value) for name, value in attrs if name in ("href", "src")]
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["script"]:
            self.cards.append(json.loads(data))


def written(template: str, locale: str, odd: str, medium: str = "email") -> Outgoing:
    """Write a message about an order in which everything that others write is *odd*."""
    order = make_order(
        odd,
        number=f"#{odd}",
        contact=Contact(first_name=odd, last_name=odd, email="ana@b.example"),
        shipping_address=Address(first_name=odd, line1=odd, city=odd, postcode=odd, country="FR"),
    )
    scan = Scan(id="s", status=ShipmentStatus.EXCEPTION, at=NOW, message=f"x{odd}")
    tracking = (Tracking(number=f"1{odd}", carrier=f"c{odd}", url=odd),)
    parcel = order.shipments[0].model_copy(update={"scans": (scan,), "tracking": tracking})
    event = ShipmentException(id="e", store="s", at=NOW, shipment_id="parcel-1", scan_id="s")
    data = {"items": [{"title": odd, "review_url": odd}], "code": f"c{odd}", "x": odd}
    data |= {"years": 3, "festival": {"en": odd}}
    context = Context(about=order, shipment=parcel, event=event, locale=locale)
    return RENDERER.render(
        Message(template, data=data), context, key="k", to="ana@b.example", medium=medium
    )


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(packaged_messages()), st.sampled_from(languages()), ODD)
def test_what_others_write_adds_no_markup_and_no_line_to_a_header(
    template: str, tag: str, odd: str
) -> None:
    locale = tag.replace("_", "-")
    plain, linked, hostile = (
        written(template, locale, text) for text in ("Ж", "https://b.example", odd)
    )

    usual, found = Tags(plain.html or ""), Tags(hostile.html or "")
    known = usual.tags.keys() | Tags(linked.html or "").tags.keys()
    assert [] == found.open
    assert found.tags.keys() <= known | _LINKS
    assert not [link for link in found.links if not re.match("https?://|mailto:", link)]
    assert len(usual.cards) == len(found.cards)
    for line in (hostile.subject, hostile.to_name):
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", line)
    assert "\0" not in hostile.text + (hostile.html or "")
    assert "{{" in odd or "{{" not in hostile.text
    assert ("Atelier" in hostile.text) == ("Atelier" in plain.text)


_LINKS = {("a", ("class", "dir", "href", "style")), ("a", ("href", "style"))}
"""A link to somewhere on the web may stand where there was none."""


@given(st.sampled_from(packaged_messages()), ODD)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_text_message_is_one_line(template: str, odd: str) -> None:
    sent = written(template, "en", odd, "sms")

    assert sent.html is None
    assert 1 == len(sent.text.splitlines()) == sent.text.count("\n")
    assert "\0" not in sent.text


@given(ODD)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_words_of_a_shop_are_told_as_they_are(odd: str) -> None:
    """A message in place prints values: they are text, whatever they look like."""
    message = Message("any", subject="S", text="A\n\n{{ data.x }}\n\nZ", data={"x": odd})
    sent = RENDERER.render(message, Context(about=make_order()), key="k", to="x")

    assert sent.text.startswith("A\n")
    assert sent.text.endswith("Z\n")
    assert [] == Tags(sent.html or "").open
