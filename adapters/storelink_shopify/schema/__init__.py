"""The part of Shopify's Admin schema that the documents use, and who may read which field of it."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

VERSION = "2026-10"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may read what. A key is the name of a type, or of a field as `"Order.returns"`.

    Attributes:
        rights: any one of them is needed for what is named.
        protected: which part of protected customer data a field belongs to: `"name"`,
            `"address"`, `"email"` or `"phone"`.
    """

    rights: Mapping[str, tuple[str, ...]]
    protected: Mapping[str, str]

    def needed(self, type_name: str, field: str, gives: str) -> list[tuple[str, ...]]:
        """Return what is needed to read *field*, which gives a *gives*: one right of each."""
        keys = (f"{type_name}.{field}", gives)
        return [self.rights[key] for key in keys if key in self.rights]


@functools.cache
def sdl() -> str:
    """Return the schema, in GraphQL's own language."""
    return _read(f"admin-{VERSION}.graphql")


@functools.cache
def access() -> Access:
    """Return who may read which field."""
    told = json.loads(_read(f"access-{VERSION}.json"))
    rights = {name: tuple(rights) for name, rights in told["rights"].items()}
    return Access(rights, told["protected"])


def _read(file: str) -> str:
    return (resources.files(__name__) / file).read_text(encoding="utf-8")
