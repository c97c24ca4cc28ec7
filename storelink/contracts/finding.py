"""What `storelink check` finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. No text holds a secret or personal data.

    Attributes:
        about: what was looked at, for example `"credentials"`.
        code: names the fault, for example `"scope-missing"`; empty when all is well.
        detail: what was found, in one line.
        remedy: what to do about it, in one line.
    """

    about: str
    level: Level
    detail: str
    code: str = ""
    remedy: str = ""

    @classmethod
    def ok(cls, about: str, detail: str) -> Finding:
        """Return a finding that all is well."""
        return cls(about, Level.OK, detail)

    @classmethod
    def warning(cls, about: str, code: str, detail: str, remedy: str) -> Finding:
        """Return a finding of something that will hurt later."""
        return cls(about, Level.WARNING, detail, code, remedy)

    @classmethod
    def fault(cls, about: str, code: str, detail: str, remedy: str) -> Finding:
        """Return a finding of something that does not work."""
        return cls(about, Level.FAULT, detail, code, remedy)
