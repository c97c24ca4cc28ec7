"""Templates come from shops: none may stall the machine, fill it, or see its inside."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable

import pytest

from storelink.errors import TemplateError
from storelink.models import Contact, Money, Order, Outgoing

Write = Callable[..., Outgoing]

LONG = "x" * 50_000
NESTED = "{% for i in range(1000) %}{% for j in range(1000) %}"
CLOSE = "{% endfor %}{% endfor %}"

BOMBS = {
    "text times number": "{{ 'a' * 10000000000 }}",
    "number times text": "{{ 10000000000 * 'a' }}",
    "list times number": "{{ ([1] * 10000000000)|length }}",
    "power": "{{ 10 ** 10 ** 10 }}",
    "text with width": "{{ '%10000000000d' % 1 }}",
    "format with width": "{{ '{:10000000000}'.format(1) }}",
    "format_map": "{{ '{x:10000000000}'.format_map({'x': 1}) }}",
    "center": "{{ 'a'|center(10000000000) }}",
    "method ljust": "{{ 'a'.ljust(10000000000) }}",
    "method zfill": "{{ 'a'.zfill(10000000000) }}",
    "method expandtabs": "{{ '\t'.expandtabs(10000000000) }}",
    "method replace": "{{ ('a' * 99999).replace('a', 'b' * 99999) }}",
    "method join": "{{ ('a' * 99999).join(range(1000)|map('string')|list) }}",
    "replace": "{{ ('a' * 99999)|replace('a', 'b' * 99999) }}",
    "join": "{{ range(1000)|join('b' * 99999) }}",
    "join a long text": "{{ range(1000)|map('default')|map('string')|join(', ' * 60000) }}",
    "many of a long text": "{{ range(1000)|map('replace', '', 'a' * 900)|join }}",
    "indent": "{{ ('\n' * 99999)|indent(99999, true, true) }}",
    "wordwrap": "{{ ('a ' * 99999)|wordwrap(1, true, 'b' * 99999) }}",
    "batch": "{{ [1]|batch(10000000000, 'a')|list|length }}",
    "slice": "{{ [1]|slice(10000000000)|list|length }}",
    "round": "{{ 1.5|round(10000000000, 'ceil') }}",
    "range": "{{ range(10000000000)|list|length }}",
    "lipsum": "{{ lipsum(100000) }}",
    "loops": NESTED + "{% for k in range(1000) %}{% endfor %}" + CLOSE,
    "filtered loops": NESTED + "{% for k in range(1000) if k < 0 %}{% endfor %}" + CLOSE,
    "long text in loops": NESTED + LONG + CLOSE,
    "captured text in loops": "{% set x %}" + NESTED + LONG + CLOSE + "{% endset %}",
    "long body of loops": NESTED + "{{ order.total.amount }}" * 2000 + CLOSE,
    "conditions in loops": NESTED + "{% if order.lines and order.note %}{% endif %}" * 900 + CLOSE,
    "doubling with ~": "{% set n = namespace(a='xy') %}{% for i in range(99) %}"
    "{% set n.a = n.a ~ n.a %}{% endfor %}",
    "doubling with +": "{% set n = namespace(a='xy') %}{% for i in range(99) %}"
    "{% set n.a = n.a + n.a %}{% endfor %}",
    "doubling by capture": "{% set n = namespace(a='xy') %}{% for i in range(99) %}"
    "{% set x %}{{ n.a }}{{ n.a }}{% endset %}{% set n.a = x %}{% endfor %}",
    "doubling lists": "{% set n = namespace(a=[1]) %}{% for i in range(99) %}"
    "{% set n.a = [n.a, n.a] %}{% endfor %}",
    "doubling dictionaries": "{% set n = namespace(a=1) %}{% for i in range(99) %}"
    "{% set n.a = dict(x=n.a, y=n.a) %}{% endfor %}",
    "squaring": "{% set n = namespace(a=99) %}{% for i in range(99) %}"
    "{% set n.a = n.a * n.a %}{% endfor %}",
    "comparing": "{% set a = 'x' * 99999 %}{% set b = a ~ '' %}"
    + NESTED + "{% if a == b %}{% endif %}" + CLOSE,
    "searching": "{% set a = 'x' * 99999 %}" + NESTED + "{% if 'xy' in a %}{% endif %}" + CLOSE,
    "slicing": "{% set a = 'x' * 99999 %}" + NESTED + "{% set b = a[1:] %}" + CLOSE,
    "filtering": "{% set a = 'x' * 99999 %}" + NESTED + "{% set b = a|upper|title %}" + CLOSE,
    "calling": "{% set a = 'x' * 99999 %}" + NESTED + "{% set b = a.upper() %}" + CLOSE,
    "calling with many": "{% set a = [1] * 99999 %}{% macro m() %}{% set b = varargs %}"
    "{% endmacro %}" + NESTED + "{{ m(*a) }}" + CLOSE,
    "lengthening": NESTED + "{% filter urlencode %}{{ 'é' * 900 }}{% endfilter %}" + CLOSE,
    "asking a loop": "{% set a = [1] * 99999 %}" + NESTED
    + "{% for x in a %}{% if loop.first %}{% set b = loop|min %}{% endif %}{% endfor %}" + CLOSE,
    "testing": "{% set a = 'x' * 99999 %}" + NESTED + "{% if a is upper %}{% endif %}" + CLOSE,
    "endless recursion": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "branching recursion": "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}"
    "{% endmacro %}{{ m(60) }}",
    "branching blocks": "{% block a %}{{ self.b() }}{{ self.b() }}{% endblock %}"
    "{% block b %}{{ self.a() }}{% endblock %}",
    "deep parentheses": "{{ " + "(" * 9000 + "1" + ")" * 9000 + " }}",
    "long chain of filters": "{{ 1" + "|string" * 12_000 + " }}",
    "long template": LONG * 3,
    "huge number": "{{ " + "9" * 9000 + " }}",
    "huge integer": "{{ ('9' * 4000)|int }}",
}  # fmt: skip


def peak_memory() -> int:
    """Return the most that this process ever had in memory, in bytes (Linux counts KiB)."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_template_cannot_stall_or_fill_the_machine(write: Write, text: str) -> None:
    """It ends with a typed error, within about a second and a few dozen megabytes."""
    memory, begin = peak_memory(), time.thread_time()

    with pytest.raises(TemplateError):
        write("any", subject="-", text=text)

    assert time.thread_time() - begin < 10
    assert peak_memory() - memory < 100_000_000


@pytest.mark.parametrize("exponent", ["1e999999999", "1e99999", "-1e300"])
def test_absurd_amount_is_an_error(
    write: Write, make_order: Callable[..., Order], exponent: str
) -> None:
    """A platform's number may be anything; written out it would fill the machine."""
    order = make_order(total=Money(exponent, "EUR"))

    for text in ("{{ order.total }}", "{{ order.total.amount|int }}"):
        with pytest.raises(TemplateError, match="a number is larger than a message needs"):
            write("any", order, subject="-", text=text)


@pytest.mark.parametrize(
    "expression",
    [
        "''.__class__",
        "order.__class__.__mro__",
        "order['__class__']",
        "order.__init__.__globals__",
        "order._abc",
        "order.raw",
        "order['raw']",
        "order.model_dump()",
        "order.model_fields",
        "order.model_copy",
        "order.copy",
        "order.json()",
        "order.total.__reduce__()",
        "order.total.zero('EUR')",
        "order.placed_at.strftime('%Y')",
        "[order]|map(attribute='raw')|list",
        "[order]|map(attribute='__class__')|list",
        "order.lines.__getitem__",
        "data.update({'a': 1})",
        "data.pop('a')",
        "cycler.__init__.__globals__",
        "namespace.__init__",
        "range.__globals__",
        "self._TemplateReference__context",
        "loop",
        "brand.model_dump_json()",
        "(1).to_bytes(9)",
        "'{0.__class__}'.format(order)",
        "order|attr('__class__')",
        "order|pprint",
        "order|tojson",
        "contact|string",
        "order.lines|string",
        "([order] * 1000)|upper",
        "[order]|join",
        "contact ~ ''",
        "self",
        "config",
        "request",
    ],
)
def test_template_sees_the_model_and_nothing_else(write: Write, expression: str) -> None:
    with pytest.raises(TemplateError):
        write("any", subject="-", text=f"{{{{ {expression} }}}}", data={"a": 1})


def test_template_does_not_change_what_it_is_given(write: Write, order: Order) -> None:
    with pytest.raises(TemplateError):
        write("any", subject="-", text="{% set _ = data.a.append(1) %}", data={"a": [0]})


@pytest.mark.parametrize("text", ["{{ '<b>'|safe }}", "{% autoescape false %}{% endautoescape %}"])
def test_escaping_cannot_be_switched_off(write: Write, text: str) -> None:
    with pytest.raises(TemplateError):
        write("any", subject="-", text=text)


def test_what_messages_need_is_there(write: Write) -> None:
    """Loops, conditions, macros, arithmetic and the usual filters work as in Jinja."""
    text = (
        "{% macro row(n) %}[{{ n }}{% if caller is defined %}:{{ caller() }}{% endif %}]"
        "{% endmacro %}"
        "{% for line in order.lines if line.quantity > 1 %}{{ loop.index }}/{{ loop.length }} "
        "{{ line.title|truncate(8, true, '…', 0) }}{{ ', ' if not loop.last }}{% endfor %}; "
        "{{ [3, 1, 2]|sort|join('-') }} {{ 7 // 2 }} {{ 7 % 2 }} {{ '-' * 3 }} "
        "{{ 'a' ~ 1 ~ none }} "
        "{{ row(1) }}{% call row(2) %}x{% endcall %} {{ {'a': (1, 2)}.a[1] }} "
        "{% for g in data.rows|groupby('k') %}{{ g.grouper }}={{ g.list|length }} {% endfor %}"
        "{{ order.line('1').title }} {{ order.status }} {{ order.total.currency }} "
        "{% set n = namespace(s=0) %}{% for l in order.lines %}{% set n.s = n.s + l.quantity %}"
        "{% endfor %}{{ n.s }} {{ order.note|default('no note') }} {{ 'x' if 'W' in 'AWB' }}"
    )

    sent = write("any", subject="-", text=text, data={"rows": [{"k": 1}, {"k": 1}, {"k": 2}]})

    assert (
        "1/2 Walnut …, 2/2 Linen a…; 1-2-3 3 1 --- a1 [1][2:x] 2 1=2 2=1 "
        "Linen apron open EUR 4 no note x\n"
    ) == sent.text


@pytest.mark.parametrize(
    "text",
    [
        "{{ ' ' * 100000 }}x",
        "{{ '\n ' * 50000 }}x",
        "{{ 'a.' * 50000 }}",
        "{{ 'https://' * 10000 }}",
        "{{ '(' * 100000 }}",
    ],
)
def test_long_text_is_made_into_html_in_no_time(write: Write, text: str) -> None:
    """What follows a template works on its output, and must not be slower than the template."""
    begin = time.thread_time()

    sent = write("any", subject="-", text=text)

    assert sent.html
    assert time.thread_time() - begin < 5


def test_long_order_is_no_bomb(write: Write, make_order: Callable[..., Order]) -> None:
    """Two thousand lines are told in part, and the mail stays below what programs cut off."""
    sent = write("thank_you", make_order(*[f"Product {n} of many" for n in range(2000)],
                                         contact=Contact()))  # fmt: skip

    assert "and 1,960 more" in sent.text
    assert len((sent.html or "").encode()) < 100_000
