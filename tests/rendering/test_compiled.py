"""What is compiled is compiled once in a process, and anew when it changed."""

from __future__ import annotations

from types import CodeType

from jinja2 import DictLoader, Environment

from storelink.rendering.compiled import KEPT, Compiled


def code_of(compiled: Compiled, source: str, name: str = "a") -> CodeType:
    """Load a template as a new sandbox would."""
    environment = Environment(loader=DictLoader({name: source}), bytecode_cache=compiled)
    return environment.get_template(name).root_render_func.__code__


def test_another_sandbox_takes_what_is_compiled() -> None:
    compiled = Compiled()
    assert code_of(compiled, "Hello {{ you }}") is code_of(compiled, "Hello {{ you }}")


def test_a_template_that_was_changed_or_has_another_name_is_another_one() -> None:
    compiled = Compiled()
    first = code_of(compiled, "Hello {{ you }}")
    assert first is not code_of(compiled, "Hello {{ me }}")
    assert first is not code_of(compiled, "Hello {{ you }}", "b")


def test_the_oldest_is_given_up_when_there_are_too_many() -> None:
    compiled = Compiled()
    first = code_of(compiled, "0")
    last = [code_of(compiled, str(number)) for number in range(1, KEPT + 1)][-1]
    assert last is code_of(compiled, str(KEPT))
    assert first is not code_of(compiled, "0")
