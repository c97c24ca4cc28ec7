"""Recommending what was bought together with what somebody bought."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from storelink.contracts.recommend import Recommendation
from storelink.mirror import load
from storelink.mirror.purchases import Purchases, of_person
from storelink.models.enums import ProductStatus
from storelink.models.product import Product
from storelink.recommend.rebuild import NEWEST
from storelink.storage import Database, NeighborRow


@dataclass(frozen=True, slots=True)
class BoughtTogether:
    """The `Recommender` that storelink brings: it reads what `Rebuilding` counted.

    Several products that somebody bought can speak for the same one; their scores are added, and
    the one that says most is the reason.
    """

    database: Database

    def recommend(
        self,
        store: str,
        *,
        person: str | None = None,
        products: Sequence[str] = (),
        count: int = 3,
    ) -> Sequence[Recommendation]:
        """Return what to recommend; see `storelink.contracts.recommend.Recommender`."""
        with self.database.read() as tx:
            bought = of_person(tx, store, person) if person else Purchases()
            seeds = list(dict.fromkeys(products)) or list(bought.kept[:NEWEST])
            rows = tx.neighbors.of(store, seeds)
            named = {row.other for row in rows} | {row.product for row in rows}
            known = load.products(tx, store, sorted(named))
        not_again = bought.named | set(seeds)
        return ranked([row for row in rows if row.other not in not_again], known)[: max(count, 0)]


def ranked(rows: Iterable[NeighborRow], known: Mapping[str, Product]) -> list[Recommendation]:
    """Return what *rows* recommend of what can be bought, the best first. Pure."""
    votes: dict[str, list[NeighborRow]] = defaultdict(list)
    for row in rows:
        because = known.get(row.product)
        if because is not None and because.title:
            votes[row.other].append(row)
    found = [
        _recommendation(known[other], some, known)
        for other, some in votes.items()
        if other in known and can_be_bought(known[other])
    ]
    return sorted(found, key=_best_first)


def can_be_bought(product: Product) -> bool:
    """Say whether customers find a product and can buy it, as far as the store says."""
    is_there = product.deleted_at is None and product.status is ProductStatus.ACTIVE
    # A product that was told to have no page in the shop is not shown there (models/product.py).
    is_shown = product.url is not None or "url" not in product.model_fields_set
    is_found = is_there and is_shown and product.listed is not False
    return is_found and bool(product.title) and product.in_stock is not False


def _recommendation(
    product: Product, votes: Sequence[NeighborRow], known: Mapping[str, Product]
) -> Recommendation:
    first = min(votes, key=lambda row: (-row.score, -row.people, len(row.product), row.product))
    return Recommendation(
        product=product,
        because=known[first.product],
        people=first.people,
        score=sum(sorted(row.score for row in votes)),
    )


def _best_first(one: Recommendation) -> tuple[float, int, int, str]:
    return (-one.score, -one.people, len(one.product.id), one.product.id)
