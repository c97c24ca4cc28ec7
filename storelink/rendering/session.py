"""The one rendering that is going on: its language, its time zone, and what it has cost."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from babel import Locale
from babel.support import NullTranslations
from jinja2 import Template

from storelink.rendering.content import Draft
from storelink.rendering.work import Work


@dataclass(frozen=True, slots=True)
class Session:
    """One rendering.

    Attributes:
        language: how numbers and dates are written.
        zone: the zone in which dates are told.
        words: what is said in the language.
        draft: collects what the message says.
        work: what it may still cost.
        loaded: the templates that it has used, by name.
    """

    language: Locale
    zone: zoneinfo.ZoneInfo
    words: NullTranslations = field(default_factory=NullTranslations)
    draft: Draft = field(default_factory=Draft)
    work: Work = field(default_factory=Work)
    loaded: dict[Any, Template] = field(default_factory=dict)

    @property
    def rtl(self) -> bool:
        """Whether the language is written from right to left."""
        return self.language.text_direction == "rtl"


_current: ContextVar[Session] = ContextVar("storelink rendering")


@contextmanager
def rendering(session: Session) -> Iterator[Session]:
    """Make *session* the one that filters see, in this thread and this block."""
    token = _current.set(session)
    try:
        yield session
    finally:
        _current.reset(token)


def current() -> Session:
    """Return the rendering that is going on."""
    return _current.get()
