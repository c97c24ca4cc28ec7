"""Reading for somebody who cannot wait: a store that hangs holds nobody up for long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from datetime import timedelta

from storelink.errors import StoreUnavailable
from storelink.models.ref import Ref

PATIENCE = timedelta(seconds=10)
"""How long a message waits for its store, while the messages of other stores wait behind it."""
SOON = timedelta(seconds=30)
"""When to look whether a late answer has come."""


class PromptReader:
    """Reads single objects, and gives up early.

    A reading that takes too long goes on beside, and what it shows is absorbed. As long as it is
    under way, whoever wants to read from the same store is told at once that it is silent.

    Args:
        read: reads an object of a store, and absorbs it.
        patience: how long to wait.
    """

    def __init__(self, read: Callable[[str, Ref], None], *, patience: timedelta = PATIENCE) -> None:
        self._read, self._patience = read, patience
        self._under_way: dict[str, Future[None]] = {}

    def read(self, store: str, ref: Ref) -> None:
        """Read one object and absorb what it is now.

        Raises:
            StoreUnavailable: the store does not answer, or not in time.
        """
        before = self._under_way.get(store)
        if before is not None and not before.done():
            raise StoreUnavailable(f"{store} still owes an earlier answer", after=SOON)
        reading: Future[None] = Future()
        self._under_way[store] = reading
        threading.Thread(
            target=self._answer, args=(reading, store, ref), name="storelink-read", daemon=True
        ).start()
        if not wait([reading], timeout=self._patience.total_seconds()).done:
            raise StoreUnavailable(f"{store} does not answer in time", after=SOON)
        reading.result()

    def _answer(self, reading: Future[None], store: str, ref: Ref) -> None:
        try:
            self._read(store, ref)
        except BaseException as error:  # noqa: BLE001  whoever waits is told
            reading.set_exception(error)
        else:
            reading.set_result(None)
