"""What a shop knows about its products: a manual, a tip, and for which products it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from storelink.models.base import Value
from storelink.models.order import LineItem
from storelink.models.product import Product

Words = str | Mapping[str, str]
"""The shop's own words: one text for everybody, or texts by language (BCP 47)."""


def checked_words(words: Words | None) -> Words | None:
    """Return words as they are given.

    Raises:
        ValueError: there are none, or a text is empty.
    """
    if words is None:
        return None
    texts = [words] if isinstance(words, str) else list(words.values())
    if not texts or not all(text.strip() for text in texts):
        raise ValueError("a text is empty")
    return words if isinstance(words, str) else dict(words)


def checked_url(url: str | None) -> str | None:
    """Return a link as it is given.

    Raises:
        ValueError: it may not stand in a message.
    """
    from storelink.rendering.links import safe_url  # it brings along what renders

    if url is not None and not safe_url(url):
        raise ValueError("a link begins with https:// and has no blanks")
    return url


class Tip(Value):
    """A manual or a tip for some products.

    >>> Tip(product="77", url="https://atelier.example/mug.pdf").key
    'https://atelier.example/mug.pdf'

    Attributes:
        product: the product's id; or one of the following instead.
        variant: the variant's id.
        sku: the stock-keeping unit.
        tag: a tag of the product's; capitals do not matter.
        category: a category or collection that the product is in; capitals do not matter.
        after: how long after the arrival.
        url: where to read more.
        text: the words: one text for everybody, or texts by language, of which the first one is
            for readers of any other.
        template: a template of the shop's own that tells it, in a message of its own.
        name: tells it from other tips, so that nobody gets it twice: keep it for ever. By default
            the link, or what it is for.

    Raises:
        ValueError: it is for nothing or for several things, says nothing, or comes too early.
    """

    product: str | None = None
    variant: str | None = None
    sku: str | None = None
    tag: str | None = None
    category: str | None = None
    after: timedelta = Field(timedelta(days=1), ge=timedelta())
    url: str | None = None
    text: str | dict[str, str] | None = None
    template: str | None = Field(None, min_length=1)
    name: str | None = Field(None, min_length=1)

    @field_validator("url")
    @classmethod
    def _link(cls, url: str | None) -> str | None:
        return checked_url(url)

    @field_validator("text")
    @classmethod
    def _words(cls, text: Words | None) -> Words | None:
        return checked_words(text)

    @model_validator(mode="after")
    def _says_something_of_something(self) -> Self:
        if len(self._selectors) != 1:
            raise ValueError("a tip is for one of product, variant, sku, tag or category")
        if not (self.url or self.text or self.template):
            raise ValueError("a tip has a url, a text or a template")
        return self

    @property
    def key(self) -> str:
        """What tells it from other tips."""
        [(kind, value)] = self._selectors.items()
        return self.name or self.url or f"{kind} {value}"

    @property
    def _selectors(self) -> dict[str, str]:
        names = ("product", "variant", "sku", "tag", "category")
        return {name: told for name in names if (told := getattr(self, name))}

    def is_for(self, line: LineItem, product: Product | None) -> bool:
        """Say whether it is about what *line* is.

        Args:
            line: of an order.
            product: what is known of its product; tags and categories are.
        """
        known: dict[str, set[str | None]] = {
            "product": {line.product_id},
            "variant": {line.variant_id},
            "sku": {line.sku},
            "tag": {one.casefold() for one in product.tags} if product else set(),
            "category": {one.casefold() for one in product.categories} if product else set(),
        }
        [(kind, value)] = self._selectors.items()
        return (value.casefold() if kind in ("tag", "category") else value) in known[kind]

    def told(self) -> dict[str, Any]:
        """Return what a message says of it, as JSON values."""
        said = {"tip": self.key, "url": self.url, "text": self.text}
        return {name: one for name, one in said.items() if one is not None}
