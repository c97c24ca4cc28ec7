"""What goes wrong with one part of a job must not stop the other parts."""

from __future__ import annotations

import logging
from collections.abc import Callable

from storelink.errors import PluginError, StorageError, StorelinkError
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)


class Interrupted(Exception):
    """The worker is to stop; what was read is kept."""


def failure_of(act: Callable[[], object], what: str) -> StorelinkError | None:
    """Act, and return what went wrong; an adapter's own mistake is logged, too.

    Args:
        act: does one part.
        what: names it in the log.

    Raises:
        StorageError: the other parts would fail in the same way.
        Interrupted: the worker is to stop.
    """
    try:
        act()
    except (StorageError, Interrupted):
        raise
    except StorelinkError as failure:
        return failure
    except Exception as failure:  # noqa: BLE001  an adapter is somebody else's code
        log.error("%s failed: %s", what, trace(failure))
        return PluginError(f"the adapter failed: {type(failure).__name__}")
    return None
