"""How near two products are, from how many people bought both. Pure.

The measure is the cosine of two products, taken as the sets of people who bought them: `both /
sqrt(one * other)` (B. Sarwar, G. Karypis, J. Konstan, J. Riedl, "Item-Based Collaborative Filtering
Recommendation Algorithms", WWW 2001; G. Linden, B. Smith, J. York, "Amazon.com Recommendations:
Item-to-Item Collaborative Filtering", IEEE Internet Computing 7(1), 2003). Unlike a bare count, it
does not put the bestseller beside everything; unlike lift, it does not put two rare products that
one person happened to buy before all others.

A few coincidences still make a high cosine of two rare products. So it is shrunk by how much is
known: multiplied by `both / (both + SHRINKAGE)` (Y. Koren, "Factorization Meets the Neighborhood",
KDD 2008, section 2.2). Ten people who bought both count half of what the cosine says, a hundred
nearly all of it. And what fewer than `LEAST` people did says nothing at all, which also keeps a
single person's purchases out of what others are told.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Final

from storelink.recommend.pairs import Pair
from storelink.storage import NeighborRow

LEAST: Final = 3
"""Fewer people than that are a coincidence."""
SHRINKAGE: Final = 10
"""So many people who bought both make the score half of the cosine."""
NEAREST: Final = 20
"""How many neighbors of a product are kept."""


def nearness(both: int, one: int, other: int) -> float:
    """Return how near two products are, from 0 to 1.

    >>> nearness(10, 10, 10), nearness(10, 40, 10)
    (0.5, 0.25)

    Args:
        both: how many people bought both.
        one: how many bought the one.
        other: how many bought the other.
    """
    return both / math.sqrt(one * other) * both / (both + SHRINKAGE)


def neighbors(
    pairs: Iterable[Pair], buyers: Callable[[int], int], name: Callable[[int], str]
) -> Iterator[tuple[str, list[NeighborRow]]]:
    """Return for each product that has any its nearest neighbors, the best first.

    Args:
        pairs: which products were bought by the same people, ordered by the first.
        buyers: says how many people bought a product.
        name: says the id of a product.
    """
    known = (pair for pair in pairs if pair.seen >= LEAST)
    for one, found in groupby(known, key=attrgetter("one")):
        product = name(one)
        rows = (
            NeighborRow(
                product=product,
                other=name(pair.other),
                score=nearness(pair.seen, buyers(one), buyers(pair.other)),
                people=pair.seen,
            )
            for pair in found
        )
        yield product, heapq.nsmallest(NEAREST, rows, key=_best_first)


def _best_first(row: NeighborRow) -> tuple[float, int, int, str]:
    """Order by score, then by people; of two that are alike, the older product comes first."""
    return (-row.score, -row.people, len(row.other), row.other)
