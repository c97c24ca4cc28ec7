"""How the log is written: as text for people, or as one JSON object a line for machines.

Neither form shows what an exception says, which may quote anybody's data: only its type and where
it came from.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from storelink.toolkit.redact import trace

FIELDS: Final = (
    "store",
    "stage",
    "order",
    "key",
    "topic",
    "channel",
    "result",
    "events",
    "seconds",
    "inbox_id",
)
"""What a line may tell beside its message; any other `extra` of a record is left out."""

FORMATS: Final = ("text", "json")
LEVELS: Final = ("debug", "info", "warning", "error")


class TextFormatter(logging.Formatter):
    """Writes a line for people, with the fields at its end; times are UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        told = "".join(f" {name}={value}" for name, value in _fields(record).items())
        where = _trace(record)
        line = f"{_time(record)} {record.levelname} {record.name}: {record.getMessage()}{told}"
        return f"{line}\n{where}" if where else line


class JsonFormatter(logging.Formatter):
    """Writes a JSON object in a line: time, level, logger, message, the fields, and a trace."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        body: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        where = _trace(record)
        if where:
            body["trace"] = where
        return json.dumps(body, ensure_ascii=False, default=str)


_FORMATTERS: Mapping[str, type[logging.Formatter]] = {"text": TextFormatter, "json": JsonFormatter}


@contextmanager
def written(
    *, level: str = "warning", form: str = "text", stream: TextIO | None = None
) -> Iterator[None]:
    """Let the log be written to *stream* during the block.

    Args:
        level: from which level on (see `LEVELS`) storelink and its adapters are heard; other
            libraries are from warnings on, for at lower levels they quote addresses and queries.
        form: one of `FORMATS`.
        stream: where to; by default standard error.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_FORMATTERS[form]())
    handler.setLevel(level.upper())
    handler.addFilter(_is_ours_or_serious)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(min(handler.level, logging.WARNING))
    try:
        yield
    finally:
        root.setLevel(before)
        root.removeHandler(handler)


def _is_ours_or_serious(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.startswith("storelink")


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    values = {name: getattr(record, name, None) for name in FIELDS}
    return {name: value for name, value in values.items() if value not in (None, "")}


def _trace(record: logging.LogRecord) -> str:
    error = record.exc_info[1] if record.exc_info else None
    return trace(error) if error is not None else ""
