"""The part of `Storelink` that recommends products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from storelink.contracts.recommend import Recommendation, Recommender
from storelink.contracts.store import StoreAdapter
from storelink.errors import ConfigError, UnknownStore
from storelink.models.contact import Contact, person_key
from storelink.recommend.rebuild import Rebuilding, RebuildReport


class Recommending:
    """The part of `Storelink` that recommends products."""

    _stores: Mapping[str, StoreAdapter]
    _recommender: Recommender
    _rebuilding: Rebuilding

    def recommend(
        self,
        store: str,
        *,
        email: str | None = None,
        products: Sequence[str] = (),
        count: int = 3,
    ) -> list[Recommendation]:
        """Return products that somebody may like, the best first, each with its reason.

        It looks at what people bought together when it was last counted: the worker counts once a
        day, `rebuild_recommendations` now. Where too few people bought too little, there is nothing
        to say. What the person bought or sent back, what is sold out, hidden or deleted, and
        *products* themselves are never recommended.

        Args:
            store: the store's name.
            email: for whom.
            products: the ids of products to start from; by default what the person bought.
            count: how many at most.

        Raises:
            ConfigError: neither a person nor a product is named.
            UnknownStore: no store has that name.
            StorageUnavailable: the database cannot be read.
        """
        self._check_name(store)
        person = person_key(Contact(email=email))
        if person is None and not products:
            raise ConfigError("recommend: name a person by email, or products to start from")
        found = self._recommender.recommend(store, person=person, products=products, count=count)
        return list(found)

    def rebuild_recommendations(self, store: str) -> RebuildReport:
        """Count now which products the same people bought.

        Raises:
            UnknownStore: no store has that name.
            StorageUnavailable: the database cannot be used; what was known before stands.
        """
        self._check_name(store)
        return self._rebuilding.rebuild(store)

    def _check_name(self, store: str) -> None:
        if store not in self._stores:
            raise UnknownStore(store, tuple(self._stores))
