"""What a recommender must do: name products that somebody may like, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from storelink.models.product import Product


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A product, and why it is recommended.

    Attributes:
        product: what is recommended.
        because: the product that it was bought together with.
        people: how many people of the store bought both.
        score: how strongly; comparable within one answer only.
    """

    product: Product
    because: Product
    people: int
    score: float

    @property
    def reason(self) -> str:
        """Why it is recommended, in English; messages say it in the language of their reader."""
        return f"bought together with {self.because.title} by {self.people} people"


@runtime_checkable
class Recommender(Protocol):
    """Recommends products of a store: storelink's own way, or the shop's."""

    def recommend(
        self,
        store: str,
        *,
        person: str | None = None,
        products: Sequence[str] = (),
        count: int = 3,
    ) -> Sequence[Recommendation]:
        """Return at most *count* products, the best first; the same question, the same answer.

        Nothing that the person bought or sent back, that is sold out, hidden or deleted, and none
        of *products*. Nothing at all where too little is known.

        Args:
            store: the store's name.
            person: for whom (see `storelink.models.contact.person_key`).
            products: what to start from; by default what the person bought.
            count: how many at most.

        Raises:
            StorageUnavailable: the database cannot be read.
        """
