"""Says what is wrong with a template, and where, without saying anything of the customer."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from jinja2.exceptions import (
    TemplateNotFound,
    TemplateRuntimeError,
    TemplateSyntaxError,
)

from storelink.errors import TemplateError
from storelink.rendering.loader import OWN_PLACE, PACKAGED_PLACE

_TELLING = (TemplateRuntimeError, TypeError, ArithmeticError)
"""Their texts speak of types and names; those of other errors may repeat a value."""


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Turn whatever the template called *where* does wrong into a `TemplateError`."""
    try:
        yield
    except TemplateSyntaxError as error:
        place = f"{error.filename or where}, line {error.lineno}"
        raise TemplateError(f"{place}: {error.message}") from None
    except Exception as error:  # noqa: BLE001  a template may raise anything
        raise TemplateError(f"{_place(error, where)}: {_reason(error)}") from None


def _place(error: Exception, where: str) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [
        f"{frame.filename}, line {frame.lineno}"
        for frame in frames
        if frame.filename == where or frame.filename.endswith((OWN_PLACE, PACKAGED_PLACE))
    ]
    return lines[-1] if lines else where


def _reason(error: Exception) -> str:
    if isinstance(error, TemplateNotFound):
        return f"there is no template {error.name!r}"
    if isinstance(error, RecursionError):
        return "it calls itself without end"
    if isinstance(error, _TELLING):
        return str(error)
    return f"it raised {type(error).__name__}"
