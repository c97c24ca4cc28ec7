"""What a template asks for and will never get is found when it is loaded, before it is needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from storelink.rendering import Brand, Renderer

Put = Callable[[str, str], None]
PARENT = '{% extends "messages/thank_you.jinja" %}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def mistakes(folder: Path, source: str, **others: str) -> list[str]:
    """Return what is wrong with a message of the shop's own, beside other files."""
    for name, text in {"mine": source, **others}.items():
        file = folder / "messages" / f"{name}.jinja"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    found = Renderer(folder, Brand(name="Atelier")).mistakes()
    return [one.partition("line ")[2] for one in found]


TITEL = "1: LineItem has no attribute 'titel'; did you mean 'title'?"
MONNEY = "1: there is no filter 'monney'; did you mean 'money'?"
NO_FILE = "1: there is no template"
NO_BLOCK = "2: there is no block 'healdine' to replace; there are"
TWO = '{% extends ["messages/none.jinja", "messages/message.jinja"] %}'
EVN = "1: there is no test 'evn'; did you mean 'even'?"
WRONG = {
    "a file to extend that is not there": (
        '{% extends "messages/thankyou.jinja" %}',
        f"{NO_FILE} 'messages/thankyou.jinja'; did you mean 'messages/thank_you.jinja'?",
    ),
    "a file to include that is not there": (
        'x\n{% include "messages/_none.jinja" %}',
        "2: there is no template 'messages/_none.jinja'",
    ),
    "none of several files to include": (
        '{% include ["messages/_a.jinja", "messages/_b.jinja"] %}',
        "1: there is no template 'messages/_a.jinja' or 'messages/_b.jinja'",
    ),
    "macros from a file that is not there": (
        '{% from "messages/_m.jinja" import bow %}',
        "1: there is no template 'messages/_m.jinja'",
    ),
    "a block that no parent has": (
        f"{PARENT}\n{{% block healdine %}}Hi{{% endblock %}}",
        f"{NO_BLOCK} headline, preheader, help, closing, opening, details, body, subject",
    ),
    "a function with too many arguments": (
        '{{ button("Go", "https://a.example", "big") }}',
        "1: button(): too many positional arguments",
    ),
    "a function without what it needs": (
        "{{ code() }}",
        "1: code(): missing a required argument: 'value'",
    ),
    "a function with an argument of another name": (
        "{{ tracking(expcted=false) }}",
        "1: tracking(): got an unexpected keyword argument 'expcted'; did you mean 'expected'?",
    ),
    "an attribute of one of several": (
        "{{ order.lines[0].titel }}",
        TITEL,
    ),
    "an attribute of the first": (
        "{{ (order.lines|first).titel }}",
        TITEL,
    ),
    "an attribute of some of them": (
        "{% for one in order.lines[:3]|selectattr('image_url') %}{{ one.titel }}{% endfor %}",
        TITEL,
    ),
    "an attribute of a checkout": (
        "{{ checkout.nummer }}",
        "1: Checkout has no attribute 'nummer'; did you mean 'number'?",
    ),
    "an attribute in brackets": (
        "{{ order['totl'] }}",
        "1: Order has no attribute 'totl'; did you mean 'total'?",
    ),
    "an attribute of the last one": (
        "{{ (order.lines|sort(attribute='title')|last).titel }}",
        TITEL,
    ),
    "an attribute in a loop over some in another order": (
        "{% for one in order.lines|rejectattr('image_url')|reverse %}{{ one.titel }}{% endfor %}",
        TITEL,
    ),
    "an attribute that a filter asks for": ("{{ order.lines|map(attribute='titel')|list }}", TITEL),
    "an attribute to select by": ("{{ order.lines|selectattr('titel')|list }}", TITEL),
    "an attribute of an attribute to sort by": (
        "{{ order.shipments|sort(attribute='id,order_idd')|list }}",
        "1: Shipment has no attribute 'order_idd'; did you mean 'order_id'?",
    ),
    "a name": ("{{ frist_name }}", "1: 'frist_name' is undefined; did you mean 'first_name'?"),
    "a filter": ("x\n{{ order.total|monney }}", MONNEY.replace("1:", "2:")),
    "a filter where it is not always needed": (
        "{% if attached %}{{ order.total|monney }}{% endif %}",
        MONNEY,
    ),
    "a filter that is passed on": ("{{ order.lines|map('monney')|list }}", MONNEY),
    "a test": ("{% if attached %}{{ 1 is evn }}{% endif %}", EVN),
    "a test that is passed on": ("{{ order.lines|selectattr('title', 'evn')|list }}", EVN),
    "one of two files by a condition": (
        '{% include "messages/_a.jinja" if attached else "messages/message.jinja" %}',
        "1: there is no template 'messages/_a.jinja'",
    ),
    "a macro that a file does not have": (
        '{% from "_parts.html" import buton with context %}',
        "1: '_parts.html' has no 'buton'; did you mean 'button'?",
    ),
    "a block of the second of several parents": (
        f"\n{TWO}{{% block healdine %}}x{{% endblock %}}",
        f"{NO_BLOCK} headline, preheader, closing, body, subject",
    ),
    "a body for a function that takes none": (
        '{% call button("Go", "https://a.example") %}x{% endcall %}',
        "1: button(): got an unexpected keyword argument 'caller'",
    ),
    "no body for a function that takes one": (
        '{{ part("subject") }}',
        "1: part(): missing a required argument: 'caller'",
    ),
}


@pytest.mark.parametrize(("source", "complaint"), WRONG.values(), ids=WRONG)
def test_it_is_named_with_its_line(folder: Path, source: str, complaint: str) -> None:
    assert [complaint] == mistakes(folder, source)


FINE = {
    "a file that may be missing": '{% include "messages/_none.jinja" ignore missing %}',
    "one of several files": '{% include ["messages/_none.jinja", "messages/other.jinja"] %}',
    "a file that is found out later": "{% include data.file %}",
    "a block inside another": (
        f"{PARENT}{{% block details %}}{{% block of_mine %}}x{{% endblock %}}{{% endblock %}}"
    ),
    "blocks of one's own where nothing is extended": "{% block mine %}x{% endblock %}",
    "a function of the same name": "{% macro code() %}x{% endmacro %}{{ code() }}",
    "arguments that are found out later": "{{ button(*data.button) }}",
    "an attribute that is asked for first": "{{ (order.lines|first).titel|default('') }}",
    "an attribute that a filter replaces": (
        "{{ order.lines|map(attribute='titel', default='')|list }}"
    ),
    "an attribute that some have": "{{ order.lines|selectattr('titel', 'defined')|list }}",
    "a filter that is asked for first": (
        "{% if 'monney' is filter %}{{ order.total|monney }}{% endif %}"
    ),
    "a block that is called": (
        f"{PARENT}{{% block of_mine %}}x{{% endblock %}}"
        "{% block help %}{{ self.of_mine() }}{% endblock %}"
    ),
    "a block of a template that extends another only sometimes": (
        '{% if attached %}{% extends "messages/message.jinja" %}{% endif %}'
        "{% block of_mine %}x{% endblock %}"
    ),
}


@pytest.mark.parametrize("source", FINE.values(), ids=FINE)
def test_what_is_fine_is_not_complained_about(folder: Path, source: str) -> None:
    assert [] == mistakes(folder, source, other="x")


def test_a_name_that_the_parent_gives_is_known_in_a_block(folder: Path) -> None:
    parent = '{% set wish = "Enjoy" %}{% block body %}x{% endblock %}'
    child = '{% extends "messages/parent.jinja" %}{% block body %}{{ wish }}{% endblock %}'
    assert [] == mistakes(folder, child, parent=parent)


GIVEN = {
    "by what includes it": (
        '{% set wish = "x" %}{% include "messages/other.jinja" %}',
        "{{ wish }}",
    ),
    "by a loop around it": (
        '{% for line in order.lines %}{% include "messages/other.jinja" %}{% endfor %}',
        "{{ line.title }}",
    ),
    "by what finds out later what it includes": (
        "{% set wish = 1 %}{% include data.file %}",
        "{{ wish }}",
    ),
    "by what extends it": (
        '{% extends "messages/other.jinja" %}{% set wish = "x" %}',
        "{{ wish }}{% block body %}{% endblock %}",
    ),
    "instead of a value of every message": (
        '{% for order in data.orders %}{% include "messages/other.jinja" %}{% endfor %}',
        "{{ order.place }}",
    ),
    "instead of a function": (
        '{% macro code() %}x{% endmacro %}{% include "messages/other.jinja" %}',
        "{{ code() }}",
    ),
}


@pytest.mark.parametrize(("source", "other"), GIVEN.values(), ids=GIVEN)
def test_a_name_that_another_template_gives_is_known(folder: Path, source: str, other: str) -> None:
    assert [] == mistakes(folder, source, other=other)
    assert [] != mistakes(folder, "nothing is given", other=other)


def test_a_name_is_given_by_what_includes_that_which_includes_it(folder: Path) -> None:
    start, between = (
        '{% set wish = "x" %}{% include "messages/',
        '{% include "messages/last.jinja" %}',
    )
    last = "{{ wish }}"
    assert [] == mistakes(folder, f'{start}between.jinja" %}}', between=between, last=last)


def test_a_shop_s_own_frame_may_leave_out_what_packaged_messages_fill(folder: Path) -> None:
    """Otherwise none of them could be sent; a name that is in neither is still a mistake."""
    frame = '{% call part("subject") %}{% block subject %}{% endblock %}{% endcall %}'
    child = '{% extends "messages/message.jinja" %}{% block BLOCK %}Hi{% endblock %}'
    assert [] == mistakes(folder, child.replace("BLOCK", "preheader"), message=frame)
    [found] = mistakes(folder, child.replace("BLOCK", "prehaeder"), message=frame)
    assert found.startswith("1: there is no block 'prehaeder' to replace; there are preheader, ")


def test_what_is_gone_is_found_though_the_template_was_used_before(folder: Path) -> None:
    source = '{% include "messages/_end.jinja" %}'
    assert [] == mistakes(folder, source, _end="Cheers")
    (folder / "messages/_end.jinja").unlink()
    assert ["1: there is no template 'messages/_end.jinja'"] == mistakes(folder, source)


def test_a_mistake_of_the_parent_is_told_of_the_parent(folder: Path) -> None:
    child = '{% extends "messages/parent.jinja" %}{% block body %}x{% endblock %}'
    found = mistakes(folder, child, parent="{% block body %}\n{{ nobody }}{% endblock %}")
    assert ["2: 'nobody' is undefined"] == found


def test_templates_that_extend_each_other_end(folder: Path) -> None:
    found = mistakes(
        folder,
        '{% extends "messages/other.jinja" %}{% block a %}x{% endblock %}',
        other='{% extends "messages/mine.jinja" %}{% block a %}x{% endblock %}',
    )
    assert [] == found
