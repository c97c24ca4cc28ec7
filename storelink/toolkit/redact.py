"""Keeping other people's data out of logs."""

from __future__ import annotations

import traceback


def trace(error: BaseException) -> str:
    """Return where *error* came from, without its message, which may quote anybody's data.

    >>> try:
    ...     int("ada@example.com")
    ... except ValueError as error:
    ...     "ada" in str(error), trace(error).splitlines()[0]
    (True, 'ValueError')
    """
    frames = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    cause = error.__cause__
    return f"{type(error).__name__}\n{frames}" + (f"\ncaused by {trace(cause)}" if cause else "")
