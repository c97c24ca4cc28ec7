"""How often somebody may send a form."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from storelink.clock import Clock

_REMEMBERED: Final = 10_000


@dataclass(slots=True)
class _Window:
    begins: datetime
    count: int = 0


@dataclass(slots=True)
class Limiter:
    """Counts what somebody does in a window of time. It lives in the memory of one process.

    Args:
        clock: the clock.
        most: so many times are let through in a window.
        within: how long a window is.
        remembered: of how many names it keeps count; those that were not seen longest go first.
    """

    clock: Clock
    most: int = 20
    within: timedelta = timedelta(minutes=10)
    remembered: int = _REMEMBERED
    _windows: OrderedDict[str, _Window] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def look(self, name: str) -> timedelta | None:
        """Return how long *name* has to wait, if once more would be too often; count nothing."""
        now = self.clock.now()
        with self._lock:
            window = self._windows.get(name)
        if window is None or window.count < self.most or now - window.begins >= self.within:
            return None
        return window.begins + self.within - now

    def wait(self, name: str) -> timedelta | None:
        """Count once more for *name*; return how long to wait if that is too often."""
        now = self.clock.now()
        with self._lock:
            window = self._windows.pop(name, None)
            if window is None or now - window.begins >= self.within:
                window = _Window(now)
            self._windows[name] = window
            while len(self._windows) > self.remembered:
                self._windows.popitem(last=False)
            window.count += 1
            return window.begins + self.within - now if window.count > self.most else None
