"""How much a cart lacks to free shipping, from what the store itself says of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from storelink.clock import Clock
from storelink.contracts.manifest import Capability
from storelink.contracts.store import FreeShipping, StoreAdapter
from storelink.models.checkout import Checkout
from storelink.models.money import Money
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)

SMALL: Final = Decimal("0.5")
"""More than this share of the threshold is no small step: nothing is said."""
BELIEVED_FOR: Final = timedelta(hours=1)
"""How long it counts what a store says of its shipping; also that it says nothing."""
PATIENCE: Final = timedelta(seconds=5)
"""How long a message waits for its store; a later answer is for later messages."""

Offers = Sequence[FreeShipping]


@dataclass(frozen=True, slots=True)
class ShippingDesk:
    """Asks stores from which worth on they ship for free; a store that hangs holds nobody up.

    Attributes:
        stores: the adapters.
        clock: the clock.
        patience: how long to wait for an answer.
    """

    stores: Mapping[str, StoreAdapter]
    clock: Clock
    patience: timedelta = PATIENCE
    _asked: dict[tuple[str, str], _Question] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def offers(self, store: str, country: str) -> Offers:
        """Return what the store offers; nothing if it cannot say, or not in time.

        Args:
            store: the store's name.
            country: ISO 3166-1 alpha-2.
        """
        if Capability.SHIPPING not in self.stores[store].manifest.capabilities:
            return ()
        with self._lock:
            question, is_new = self._question(store, country)
        if is_new:
            threading.Thread(
                target=self._ask, args=(question.answer, store, country), daemon=True
            ).start()
            wait([question.answer], timeout=self.patience.total_seconds())
        return question.answer.result() if question.answer.done() else ()

    def _question(self, store: str, country: str) -> tuple[_Question, bool]:
        """Return the question that is believed, or a new one that is to be asked."""
        now, before = self.clock.now(), self._asked.get((store, country))
        if before is not None and before.at <= now < before.at + BELIEVED_FOR:
            return before, False
        question = self._asked[store, country] = _Question(now)
        return question, True

    def _ask(self, answer: Future[Offers], store: str, country: str) -> None:
        offers: Offers = ()
        try:
            offers = self.stores[store].shipping_offers(country)
        except Exception as error:  # noqa: BLE001  a message is good without it
            about = {"stage": "deliver", "store": store}
            log.warning("%s does not say what ships for free: %s", store, trace(error), extra=about)
        answer.set_result(offers)


@dataclass(frozen=True, slots=True)
class _Question:
    at: datetime
    answer: Future[Offers] = field(default_factory=Future)


def gap(worth: Money, offers: Offers, *, small: Decimal = SMALL) -> Money | None:
    """Return how much is missing to free shipping; `None` if nothing is, or too much. Pure.

    >>> gap(Money("43.50", "EUR"), [FreeShipping(Money(50, "EUR"))])
    Money('6.50', 'EUR')

    Args:
        worth: of the goods in the cart, after discounts.
        offers: what the store says for the country where the cart goes.
        small: the largest share of the threshold that may be missing.
    """
    minima = [one.minimum for one in offers if one.minimum.amount > 0]
    if not minima or any(one.currency != worth.currency for one in minima):
        return None
    nearest = min(minima)
    missing = nearest - worth
    if worth.amount <= 0 or missing.amount <= 0 or missing.amount > nearest.amount * small:
        return None
    return missing


def worth_of(cart: Checkout) -> Money | None:
    """Return what the goods of a cart come to after discounts; `None` if that is not known. Pure.

    Nothing is known of a cart that was bought, whose lines have no totals, or are of several
    currencies; and one that nobody has to ship has no need of free shipping.
    """
    amounts = [line.total for line in cart.lines]
    known = [amount for amount in amounts if amount is not None]
    is_over = cart.completed_at is not None or cart.deleted_at is not None
    is_shipped = any(line.requires_shipping is not False for line in cart.lines)
    currencies = {amount.currency for amount in known}
    if is_over or not is_shipped or len(known) != len(amounts) or len(currencies) != 1:
        return None
    return Money.total(known, currencies.pop())
