"""Blocks: placed in the body in whatever way, and the same in every form."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from storelink.errors import TemplateError
from storelink.models import Message, MessageClass, Order, Outgoing
from storelink.rendering import Context, Renderer

Write = Callable[..., Outgoing]
Put = Callable[[str, str], Path]

URL = "https://atelier.example/a"
BUTTON = f'button("Go", "{URL}")'


@pytest.mark.parametrize(
    "text",
    [
        f"A {{{{ {BUTTON} }}}} Z",
        f"{{% macro cta() %}}{{{{ {BUTTON} }}}}{{% endmacro %}}A {{{{ cta() }}}} Z",
        f"{{% set cta %}}{{{{ {BUTTON} }}}}{{% endset %}}A {{{{ cta }}}} Z",
        f"A {{{{ {BUTTON} ~ '' }}}} Z",
        f"A {{{{ {BUTTON}|trim }}}} Z",
    ],
)
def test_a_block_stands_where_it_was_put(write: Write, text: str) -> None:
    sent = write("any", subject="S", text=text)

    assert (
        f"A\n\nGo: {URL}\n\nZ\n" == "\n".join(map(str.strip, sent.text.split("\n"))).rstrip() + "\n"
    )
    assert f'href="{URL}"' in (sent.html or "")
    assert "\0" not in sent.text + (sent.html or "")


def test_a_link_beside_the_matter_is_not_what_a_short_message_leads_to(write: Write) -> None:
    beside = f'link("Beside", "{URL}")'
    words = {"subject": "S", "text": f"A\n\n{{{{ {beside} }}}}"}
    sent = write("any", **words)
    assert f"Beside: {URL}" in sent.text
    assert f'href="{URL}"' in (sent.html or "")
    assert URL not in write("any", medium="sms", **words).text


def test_a_link_that_does_harm_is_none(write: Write) -> None:
    sent = write("any", subject="S", text='A {{ link("Go", "javascript:alert(1)") }}')
    assert "Go" not in sent.text


def test_a_block_of_the_packaged_message_survives_super(write: Write, put: Put) -> None:
    put(
        "messages/thank_you.jinja",
        '{% extends "storelink/messages/thank_you.jinja" %}'
        "{% block details %}{{ super() }}{% endblock %}",
    )

    sent = write("thank_you")

    assert "Total: €2,405.90" in sent.text
    assert "€2,405.90" in (sent.html or "")


@pytest.mark.parametrize("where", ["subject", "html", "headline"])
def test_a_block_outside_the_body_is_refused(write: Write, put: Put, where: str) -> None:
    if where == "html":
        put("en/note/subject.txt", "S")
        put("en/note/body.txt", "A")
        put("en/note/body.html", f"<p>{{{{ {BUTTON} }}}}</p>")
    else:
        put(
            "messages/note.jinja",
            '{% extends "storelink/messages/thank_you.jinja" %}'
            f"{{% block {where} %}}{{{{ {BUTTON} }}}}{{% endblock %}}",
        )

    with pytest.raises(TemplateError, match="blocks belong into the body"):
        write("note", data={"items": []})


@pytest.mark.parametrize("label", ["Shop", ""])
def test_an_offer_is_shown(write: Write, label: str) -> None:
    sent = write("any", subject="S", text=f'{{{{ offer("New mugs", "{label}", "{URL}") }}}}')

    assert sent.text == (f"New mugs\nShop: {URL}\n" if label else "New mugs\n")
    assert "New mugs" in (sent.html or "")
    assert (URL in (sent.html or "")) == bool(label)


@pytest.mark.parametrize("step", [0, 4, 2.5, "'x'"])
def test_a_step_that_does_not_exist_is_refused(write: Write, step: object) -> None:
    with pytest.raises(TemplateError, match="1 is shipped"):
        write("any", subject="S", text=f"{{{{ steps({step}) }}}}")


@pytest.mark.parametrize(
    "text",
    [
        '{{ _("%(a)2000000000s", a=1)|length }}',
        (
            "{% for a in range(999) %}{% for b in range(999) %}{% set x = order_lines() %}"
            "{% endfor %}{% endfor %}"
        ),
        (
            "{% for a in range(999) %}{% for b in range(999) %}{% set x = order_card() %}"
            "{% endfor %}{% endfor %}"
        ),
    ],
)
def test_no_text_and_no_block_is_a_bomb(
    write: Write, make_order: Callable[..., Order], text: str
) -> None:
    order = make_order(*[f"Thing {number}" for number in range(40)])
    tracemalloc.start()
    try:
        told = write("any", order, subject="S", text=text).text
    except TemplateError as error:
        told = str(error)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 50_000_000
    assert "more work than" in told or "%(a)2000000000s" in told or len(told) < 100


def test_a_text_may_have_a_percent_sign(write: Write) -> None:
    assert "100% wool\n" == write("any", subject="S", text='{{ _("100% wool") }}').text


def test_a_value_that_is_missing_is_named(write: Write) -> None:
    with pytest.raises(TemplateError, match="wants the value 'nme'"):
        write("any", subject="S", text='{{ _("Dear %(nme)s", name="x") }}')


@pytest.mark.parametrize("medium", ["email", "sms", "whatsapp"])
def test_what_the_law_wants_said_is_said_by_every_channel(
    renderer: Renderer, order: Order, medium: str
) -> None:
    message = Message("review_request", message_class=MessageClass.MARKETING)
    context = Context(about=order, needs=frozenset({"ad_label"}))

    sent = renderer.render(message, context, key="k", to="x", medium=medium)

    assert "This message is advertising." in sent.text


def test_a_short_message_tells_the_new_date_and_the_number(
    renderer: Renderer, order: Order
) -> None:
    """A phone shows no table: what matters most is told in words."""
    late = Message("delayed", data={"promised_at": "2026-11-12T00:00:00+00:00"})
    context = Context(about=order, shipment=order.shipments[0])
    bare = order.shipments[0].tracking[0].model_copy(update={"url": None})
    unlinked = order.shipments[0].model_copy(update={"tracking": (bare,)})

    told = renderer.render(late, context, key="k", to="x", medium="sms").text
    number = renderer.render(
        Message("tracking_created"), Context(about=order, shipment=unlinked), key="k", to="x",
        medium="sms",
    ).text  # fmt: skip

    assert "Now expected: Thursday, November 12." in told
    assert "Tracking number: 1Z999AA1." in number


def test_names_of_things_are_told_in_part(write: Write, make_order: Callable[..., Order]) -> None:
    """Two hundred lines with endless names stay below what mail programs clip."""
    sent = write("thank_you", make_order(*["क्ष" * 160] * 200))

    assert len((sent.html or "").encode()) < 102_000


def test_a_subject_that_is_cut_ends_its_isolates(renderer: Renderer, order: Order) -> None:
    message = Message("any", subject="{{ data.x|isolate }}", text="-", data={"x": "ف" * 300})

    sent = renderer.render(message, Context(about=order), key="k", to="x")

    assert sent.subject.count("\u2068") == sent.subject.count("\u2069") == 1
    assert len(sent.subject) <= 200


@pytest.mark.parametrize(
    "text", ['{{ order.foo|default("x") }}', "{% if order.foo is defined %}a{% endif %}ok"]
)
def test_who_takes_care_of_what_does_not_exist_is_let_be(write: Write, text: str) -> None:
    assert write("any", subject="S", text=text).text in ("x\n", "ok\n")


def test_own_plurals_and_contexts_are_translated(write: Write, put: Put) -> None:
    put(
        "messages/note.jinja",
        '{% extends "messages/message.jinja" %}{% block subject %}'
        "{% trans n=order.lines|length %}One thing{% pluralize %}{{ n }} things{% endtrans %}"
        '{% endblock %}{% block body %}{{ pgettext("ship", "Free") }}{% endblock %}',
    )
    put(
        "words/de.po",
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgid "One thing"\nmsgid_plural "%(n)s things"\n'
        'msgstr[0] "Ein Ding"\nmsgstr[1] "%(n)s Dinge"\n\n'
        'msgctxt "ship"\nmsgid "Free"\nmsgstr "Gratis"\n',
    )

    sent = write("note", locale="de")

    assert ("de", "2 Dinge") == (sent.locale, sent.subject)
    assert sent.text.startswith("Gratis\n")


@pytest.mark.parametrize(
    "file",
    [
        (
            'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'
            '"Plural-Forms: nplurals=2; plural=(n !!= 1);\\n"\n'
        ),
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=nonesuch\\n"\n',
    ],
)
def test_a_broken_catalog_is_a_template_error(write: Write, put: Put, file: str) -> None:
    put("words/de.po", file + '\nmsgid "one"\nmsgid_plural "two"\nmsgstr[0] "a"\nmsgstr[1] "b"\n')
    with pytest.raises(TemplateError, match=r"words/de\.po"):
        write("thank_you", locale="de")


def test_words_may_be_for_a_region(write: Write, put: Put) -> None:
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    put("words/de-AT.po", header + 'msgid "Warm regards,"\nmsgstr "Servus,"\n')

    told = [write("thank_you", locale=tag).text for tag in ("de-AT", "de")]

    assert [True, False] == ["Servus," in text for text in told]


def test_a_template_in_another_encoding_is_named(write: Write, put: Put) -> None:
    put("messages/thank_you.jinja", "x").write_bytes("Grüße".encode("latin-1"))

    with pytest.raises(TemplateError, match=r"messages/thank_you\.jinja"):
        write("thank_you")
