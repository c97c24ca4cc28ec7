"""A broken template says what is wrong and where, and nothing of the customer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from storelink.errors import TemplateError
from storelink.models import Outgoing
from storelink.rendering.loader import PACKAGED

Write = Callable[..., Outgoing]
Put = Callable[[str, str], Path]


def test_missing_template_names_every_file_that_was_tried(write: Write, folder: Path) -> None:
    with pytest.raises(TemplateError) as caught:
        write("gift_note", locale="fa-IR")

    text = str(caught.value)
    tried = ["fa-IR", "fa", "en"]
    for tag in tried:
        for file in ("subject.txt", "body.txt"):
            assert f"{tag}/gift_note/{file} in your templates" in text
    assert "fa/gift_note/body.txt in storelink's templates" in text
    assert str(folder) not in text
    assert str(PACKAGED) not in text


def test_missing_subject_is_an_error_though_there_is_a_text(write: Write, put: Put) -> None:
    put("en/note/body.txt", "x")

    with pytest.raises(TemplateError, match=r"en/note/subject\.txt"):
        write("note")


def test_syntax_error_names_file_and_line(write: Write, put: Put) -> None:
    put("en/note/subject.txt", "x")
    put("en/note/body.txt", "one\ntwo {{ order. }}\n")

    with pytest.raises(TemplateError) as caught:
        write("note")

    assert str(caught.value).startswith("en/note/body.txt in your templates, line 2: ")


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("nobody", "'nobody' is undefined"),
        ("order.nothing", "has no attribute 'nothing'"),
        ("data.nothing", "has no attribute 'nothing'"),
        ("order.total + 1", "cannot combine Money with int"),
        ("1 / 0", "division by zero"),
        ("order.lines", "a tuple cannot be printed as a whole"),
        ("order", "a Order cannot be printed as a whole"),
        ("order.note|money", "money: expected an amount with a currency, got nothing"),
        ("'soon'|date", "it raised ValueError"),
        ("order.total|date", "date: expected an instant with a time zone, got Money"),
        ("order.placed_at|date('huge')", "the style is one of short, medium, long, full"),
    ],
)
def test_mistake_is_named_with_file_and_line(
    write: Write, put: Put, expression: str, complaint: str
) -> None:
    put("en/note/subject.txt", "x")
    put("en/note/body.txt", f"one\n\n{{{{ {expression} }}}}\n")

    with pytest.raises(TemplateError) as caught:
        write("note")

    assert str(caught.value).startswith("en/note/body.txt in your templates, line 3: ")
    assert complaint in str(caught.value)


def test_mistake_in_the_layout_names_the_layout(write: Write, put: Put) -> None:
    put("layout.html", "<p>\n{{ brand.motto }}")

    with pytest.raises(TemplateError) as caught:
        write("thank_you")

    assert str(caught.value).startswith("layout.html in your templates, line 2: ")


def test_mistake_in_a_packaged_file_says_that_it_is_storelinks(write: Write, put: Put) -> None:
    """A shop's own template may call a packaged one with what it cannot use."""
    put("en/note/subject.txt", "x")
    put(
        "en/note/body.txt",
        '{% set order = 5 %}\n{% include "storelink/messages/thank_you.jinja" %}',
    )

    with pytest.raises(
        TemplateError, match=r"^messages/\S+\.jinja in storelink's templates, line \d+: "
    ):
        write("note")


def test_mistake_in_an_inline_text_names_the_message(write: Write) -> None:
    with pytest.raises(TemplateError, match="the text of the message 'any', line 2: 'x' is undef"):
        write("any", subject="-", text="one\n{{ x }}")


def test_missing_included_file_is_named(write: Write) -> None:
    with pytest.raises(TemplateError, match=r"there is no template 'gone\.txt'"):
        write("any", subject="-", text='{% include "gone.txt" %}')


def test_error_does_not_repeat_what_the_customer_wrote(write: Write) -> None:
    """The error goes into logs and tables: no personal data."""
    with pytest.raises(TemplateError) as caught:
        write("any", subject="-", text="{{ contact.email|date }}")

    assert "ana@b.example" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_half_a_character_is_an_error(write: Write) -> None:
    """A lone surrogate could not be sent as UTF-8."""
    with pytest.raises(TemplateError, match="UnicodeEncodeError"):
        write("any", subject="-", text=r"{{ '\ud83d' }}")


@pytest.mark.parametrize("name", ["../secret", "a/b", "", ".hidden", "x\x00", "a" + "/.." * 9])
def test_name_of_a_template_is_no_path(write: Write, name: str) -> None:
    with pytest.raises(TemplateError, match="no name of a template"):
        write(name)


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "en/../../x"])
def test_include_stays_inside_the_folders(write: Write, name: str) -> None:
    with pytest.raises(TemplateError, match="there is no template"):
        write("any", subject="-", text=f'{{% include "{name}" %}}')
