"""What a process does for itself that does nothing but storelink's work."""

from __future__ import annotations

import gc

OBJECTS = 20_000
"""So many objects more than were freed, and Python looks for cycles among the young ones."""


def collect_seldom(**_: object) -> None:
    """Let Python look for cycles of objects less often than by default (every 700 objects).

    Orders and messages are many small objects without cycles, so that a worker spends a third of
    its time on looking for what is not there. What the process has loaded by now is not looked
    through any more. It is for the process to decide, so that a `Storelink` inside of an
    application never does it. As a receiver of Celery's signals it takes what they bring.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS, 20, 20)
