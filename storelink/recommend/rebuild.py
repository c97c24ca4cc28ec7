"""Counting anew which products the same people bought: the whole mirror, in a bounded memory.

Of each person the products that they kept are taken, of somebody who bought more than `NEWEST` of
them the newest: pairs grow with the square, and whoever buys everything tells little of what goes
together. Only products and numbers are written, and nobody's data.
"""

from __future__ import annotations

import logging
from array import array
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from storelink.clock import Clock
from storelink.errors import StorageUnavailable
from storelink.mirror.purchases import of_everybody
from storelink.recommend.pairs import MOST, Pairs
from storelink.recommend.ranking import neighbors
from storelink.storage import Database, NeighborRow
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)

EVERY: Final = timedelta(days=1)
"""How often the worker counts anew."""
NEWEST: Final = 50
"""So many products of one person count."""
_PRODUCTS_A_COMMIT: Final = 50
_BUILT = "neighbors"

Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What was counted.

    Attributes:
        people: how many people bought something and kept it.
        products: how many products they bought.
        neighbors: how many pairs of a product and a neighbor are known now.
        complete: `False` if it was told to stop: what was known before stands.
    """

    store: str
    people: int = 0
    products: int = 0
    neighbors: int = 0
    complete: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Rebuilding:
    """Counts which products the same people bought.

    Attributes:
        database: where everything is.
        clock: the clock.
        most: how many pairs are counted in memory.
    """

    database: Database
    clock: Clock
    most: int = MOST

    def rebuild(self, store: str, *, stop: Stop = lambda: False) -> RebuildReport:
        """Count anew. Meanwhile what is known stands, and each product changes at once.

        Raises:
            StorageUnavailable: the database cannot be used; what is known stands.
        """
        began, shelf = self.clock.now(), _Shelf()
        with Pairs(self.most) as pairs:
            for bought in of_everybody(self.database, store):
                if stop():
                    return RebuildReport(store, complete=False)
                if bought.kept:
                    pairs.add(shelf.numbers(bought.kept[:NEWEST]))
            known = self._write(store, pairs, shelf, began)
        self._note(store, began)
        return RebuildReport(store, shelf.people, len(shelf.names), known)

    def rebuild_if_due(self, store: str, *, stop: Stop = lambda: False) -> RebuildReport | None:
        """Count anew if that is long ago; what goes wrong is logged, and tried again.

        Raises:
            StorageUnavailable: the database cannot be used.
        """
        if not self._is_due(store):
            return None
        try:
            return self.rebuild(store, stop=stop)
        except StorageUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  what else is to be done for the store goes on
            about = {"stage": "recommend", "store": store}
            log.error("what people of %s bought: %s", store, trace(error), extra=about)
            return None

    def _is_due(self, store: str) -> bool:
        now = self.clock.now()
        with self.database.read() as tx:
            built = tx.positions.get(store, _BUILT)
        # A time to come was noted while the clock was wrong.
        return built is None or not now - EVERY < datetime.fromisoformat(built["at"]) <= now

    def _note(self, store: str, began: datetime) -> None:
        with self.database.write() as tx:
            tx.neighbors.keep_built(store, began, self.clock.now())
            tx.positions.put(store, _BUILT, {"at": began.isoformat()}, now=began)

    def _write(self, store: str, pairs: Pairs, shelf: _Shelf, began: datetime) -> int:
        """Write the neighbors of some products at a time; return how many there are in all."""
        known, waiting = 0, dict[str, list[NeighborRow]]()
        for product, rows in neighbors(pairs, shelf.buyers.__getitem__, shelf.names.__getitem__):
            waiting[product] = rows
            known += len(rows)
            if len(waiting) >= _PRODUCTS_A_COMMIT:
                self._put(store, waiting, began)
                waiting.clear()
        self._put(store, waiting, began)
        return known

    def _put(self, store: str, waiting: dict[str, list[NeighborRow]], began: datetime) -> None:
        rows = [row for some in waiting.values() for row in some]
        with self.database.write() as tx:
            tx.lock(f"{store}/{_BUILT}")
            tx.neighbors.replace(store, list(waiting), rows, now=began)


@dataclass(slots=True)
class _Shelf:
    """The products that were bought, by numbers, which take less room than their ids."""

    names: list[str] = field(default_factory=list)
    buyers: array[int] = field(default_factory=lambda: array("L"))
    people: int = 0
    _numbers: dict[str, int] = field(default_factory=dict)

    def numbers(self, products: Sequence[str]) -> list[int]:
        """Return the numbers of what one more person bought."""
        self.people += 1
        found = [self._number(product) for product in products]
        for number in found:
            self.buyers[number] += 1
        return found

    def _number(self, product: str) -> int:
        number = self._numbers.setdefault(product, len(self.names))
        if number == len(self.names):
            self.names.append(product)
            self.buyers.append(0)
        return number
