"""From a message to the words that are sent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from storelink.errors import ConfigError, TemplateError
from storelink.models import Contact, Message, MessageClass, Order, Outgoing
from storelink.rendering import Brand, Context, Renderer

Write = Callable[..., Outgoing]
Put = Callable[[str, str], Path]


def test_outgoing_carries_key_store_address_and_class(renderer: Renderer, order: Order) -> None:
    """What the channel needs comes from the order and the arguments, unchanged."""
    message = Message("thank_you", message_class=MessageClass.MARKETING)

    sent = renderer.render(message, Context(about=order), key="k-1", to="ana@b.example")

    assert ("k-1", "atelier", "ana@b.example") == (sent.key, sent.store, sent.to)
    assert ("Ana Silva", MessageClass.MARKETING) == (sent.to_name, sent.message_class)


def test_same_message_renders_the_same(write: Write) -> None:
    """Rendering depends on its arguments and the templates alone."""
    assert write("thank_you") == write("thank_you")


def test_shop_may_add_a_template_of_its_own(write: Write, put: Put) -> None:
    put("en/gift_note/subject.txt", "A gift for {{ first_name }}")
    put("en/gift_note/body.txt", "Your order {{ order.number }}: {{ order.total }}")

    sent = write("gift_note")

    assert "A gift for Ana" == sent.subject
    assert "Your order #1042: €2,405.90\n" == sent.text


def test_html_is_made_from_the_text_where_there_is_none(write: Write, put: Put) -> None:
    """Paragraphs, line breaks and links are kept; everything else is escaped."""
    put("en/note/subject.txt", "Note")
    put("en/note/body.txt", "One <b>&\ntwo\n\n\nSee https://atelier.example/a?b=1&c=2.")

    html = write("note").html or ""

    assert "One &lt;b&gt;&amp;<br>\ntwo</p>" in html
    assert 'href="https://atelier.example/a?b=1&amp;c=2"' in html
    assert html.startswith("<!doctype html>")
    assert "Atelier Nord" in html


def test_inline_message_uses_the_same_values(write: Write) -> None:
    """A message without files: subject and text are templates themselves."""
    sent = write(
        "any",
        subject="For {{ first_name }}",
        text="Total: {{ order.total }}, {{ data.n }}",
        data={"n": 3},
    )

    assert "For Ana" == sent.subject
    assert "Total: €2,405.90, 3\n" == sent.text
    assert "Total: €2,405.90, 3" in (sent.html or "")


def test_inline_subject_replaces_only_the_subject(write: Write) -> None:
    """The packaged body stands; only the subject line is the message's own."""
    sent = write("thank_you", subject="Merci, {{ first_name }}")

    assert "Merci, Ana" == sent.subject
    assert "Thank you, Ana!" in sent.text


def test_own_text_is_not_contradicted_by_packaged_html(write: Write, put: Put) -> None:
    """A shop that rewrites only body.txt has its words in the HTML part, too."""
    put("en/thank_you/body.txt", "Many thanks from all of us.")

    sent = write("thank_you")

    assert "Many thanks from all of us.\n" == sent.text
    assert "Many thanks from all of us." in (sent.html or "")
    assert "Where it goes" not in (sent.html or "")


def test_own_html_may_stand_beside_the_packaged_text(write: Write, put: Put) -> None:
    put("en/thank_you/body.html", "<p>{{ first_name }}!</p>")

    sent = write("thank_you")

    assert "<p>Ana!</p>" == sent.html
    assert "Thank you, Ana!" in sent.text


def test_own_layout_surrounds_every_message(write: Write, put: Put) -> None:
    put("layout.html", "<body>{% block content %}{% endblock %}<hr>{{ brand.name }}</body>")

    html = write("thank_you").html or ""

    assert html.startswith("<body>")
    assert html.endswith("<hr>Atelier Nord</body>")
    assert "Walnut stool" in html


def test_own_template_may_extend_the_packaged_one(write: Write, put: Put) -> None:
    """`storelink/` names the packaged file, which the shop's own file of that name hides."""
    put(
        "layout.html",
        '{% extends "storelink/layout.html" %}{% block footer %}Ours{% endblock %}',
    )

    html = write("thank_you").html or ""

    assert html.startswith("<!doctype html>")
    assert "Ours" in html
    assert "Lindenstraße" not in html


def test_changed_template_counts_at_once(write: Write, put: Put) -> None:
    """A running worker sees a repaired or a new file without a restart."""
    before = write("thank_you").subject
    put("en/thank_you/subject.txt", "Changed")

    assert ("Thank you for your order #1042", "Changed") == (before, write("thank_you").subject)


def test_new_file_of_the_shop_replaces_a_packaged_one_at_once(write: Write, put: Put) -> None:
    """What stood in for a file that did not exist is not kept."""
    before = write("thank_you").html or ""
    put("layout.html", "<body>{% block content %}{% endblock %}</body>")
    after = write("thank_you").html or ""

    assert ("<!doctype html>", "<body>") == (before[:15], after[:6])


def test_removed_file_of_the_shop_counts_no_more(write: Write, put: Put) -> None:
    file = put("en/thank_you/subject.txt", "Ours")
    before = write("thank_you").subject
    file.unlink()

    assert ("Ours", "Thank you for your order #1042") == (before, write("thank_you").subject)


def test_inline_words_are_of_their_own_message(
    write: Write, make_order: Callable[..., Order]
) -> None:
    """One template for two people says each one's name."""
    people = [make_order(contact=Contact(first_name=name)) for name in ("Ana", "Bea")]

    sent = [write("any", one, subject="{{ first_name }}", text="-").subject for one in people]

    assert ["Ana", "Bea"] == sent


def test_customer_text_is_escaped_in_html(write: Write, make_order: Callable[..., Order]) -> None:
    """A name or a title is never markup."""
    order = make_order("<img src=x onerror=alert(1)>", contact=Contact(first_name="<b>Eve</b>"))

    html = write("thank_you", order).html or ""

    assert "<img src=x" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "&lt;b&gt;Eve&lt;/b&gt;" in html


@pytest.mark.parametrize("name", ["WIN http://evil.example", "www.evil.example", "evil.example",
                                  "x@evil.example", "a" * 41, "", None])  # fmt: skip
def test_name_that_would_become_a_link_is_not_repeated(
    write: Write, make_order: Callable[..., Order], name: str | None
) -> None:
    """Somebody orders for a victim's address under an advertising name: no such greeting."""
    sent = write("thank_you", make_order(contact=Contact(first_name=name)))

    assert sent.text.startswith("Thank you!\n")
    assert "<h1" in (sent.html or "")
    assert "Thank you!</h1>" in (sent.html or "")


def test_subject_is_one_line(write: Write, make_order: Callable[..., Order]) -> None:
    """Line breaks and control characters of data become blanks: no header can be added."""
    order = make_order(contact=Contact(first_name="Ana\r\nBcc: all@b.example\x00\u2028x"))

    sent = write("any", order, subject="Hi {{ contact.first_name }}\n", text="-")

    assert "Hi Ana Bcc: all@b.example x" == sent.subject


def test_long_subject_is_cut(write: Write) -> None:
    sent = write("any", subject="{{ 'word ' * 100 }}", text="-")

    assert 200 == len(sent.subject)
    assert sent.subject.endswith("…")


def test_empty_subject_is_an_error(write: Write) -> None:
    with pytest.raises(TemplateError, match="the subject of the message 'any' is empty"):
        write("any", subject=" {{ none }} ", text="-")


def test_none_prints_as_nothing(write: Write) -> None:
    """An order without a note says nothing, not 'None'."""
    assert "Note: .\n" == write("any", subject="-", text="Note: {{ order.note }}.").text


def test_folder_that_is_not_there_is_an_error(brand: Brand, tmp_path: Path) -> None:
    """A misspelled folder must not quietly mean the packaged words."""
    with pytest.raises(ConfigError, match=r"templates: there is no folder .*templats"):
        Renderer(tmp_path / "templats", brand)


def test_packaged_templates_need_no_folder(order: Order) -> None:
    renderer = Renderer(None, Brand(name="Atelier"))

    sent = renderer.render(Message("thank_you"), Context(about=order), key="k", to="x")

    assert sent.text.endswith("Warm regards,\nAtelier\n")


def test_a_french_question_mark_stays_with_its_word(
    write: Write, make_order: Callable[..., Order]
) -> None:
    order = make_order(contact=Contact(first_name="Ana", locale="fr"))
    sent = write("review_request", order, data={"items": []})

    assert "Qu’en pensez-vous, Ana\u202f?</h1>" in (sent.html or "")
    assert sent.subject.endswith("\u202f?")
