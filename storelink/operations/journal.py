"""What happens, as lines of the log."""

from __future__ import annotations

import logging
from dataclasses import asdict

from storelink.contracts.observing import Attempted, Happening, Received, Settled, Swept

log = logging.getLogger(__name__)

_LINES: dict[type[Happening], tuple[int, str, str]] = {
    Received: (logging.INFO, "absorb", "webhook"),
    Attempted: (logging.INFO, "deliver", "message"),
    Settled: (logging.DEBUG, "deliver", "message"),
    Swept: (logging.INFO, "sweep", "sweep"),
}
"""Level, stage, and what it is that something happened to."""


def journal(happening: Happening) -> None:
    """Log what happened; an observer for `Storelink.watch`."""
    level, stage, what = _LINES[type(happening)]
    fields = asdict(happening)
    result = fields.pop("outcome", None) or fields["result"]
    log.log(level, "%s %s", what, result, extra={**fields, "stage": stage, "result": result})
