"""Options of hooks that are spans of time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from storelink.contracts.hook import Hook

LONGEST = timedelta(days=36_525)
"""Nobody plans for more than 100 years."""


def check_spans(hook: Hook[Any]) -> None:
    """See whether every span of time that a hook was given is one that can pass.

    Raises:
        ValueError: one is negative, or longer than 100 years; the message names it.
    """
    for name, span in vars(hook).items():
        for one in span if isinstance(span, tuple) else (span,):
            if isinstance(one, timedelta) and not timedelta() <= one <= LONGEST:
                raise ValueError(f"{name} lies between 0 and 100 years, not at {one}")
