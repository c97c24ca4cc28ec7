"""What a query costs, and the bucket that pays for it.

Facts: shopify.dev, "Shopify API limits"; the weight of a connection is the formula that reproduces
the costs seen in live answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    value_from_ast_untyped,
)

from storelink_shopify.sandbox.execution import schema

MOST = 1000
"""What a single query may cost."""

_MUTATION = 10


def requested(document: DocumentNode, variables: Mapping[str, Any], name: str | None = None) -> int:
    """Return what a document may cost at most, before anybody looks at the data."""
    return _Pricing(document, variables, {}).of(name)


def actual(document: DocumentNode, variables: Mapping[str, Any], data: Mapping[str, Any]) -> int:
    """Return what a document did cost: pages that were not full are cheaper."""
    sizes = {
        name: len(found.get("nodes") or found.get("edges") or ())
        for name, found in data.items()
        if isinstance(found, dict)
    }
    return _Pricing(document, variables, sizes).of(None)


class _Pricing:
    """Walks a document as it would be executed."""

    def __init__(
        self, document: DocumentNode, variables: Mapping[str, Any], sizes: Mapping[str, int]
    ) -> None:
        self._document, self._variables, self._sizes = document, variables, sizes
        definitions = document.definitions
        self._fragments = {
            one.name.value: one for one in definitions if isinstance(one, FragmentDefinitionNode)
        }

    def of(self, name: str | None) -> int:
        """Return the cost of the operation with this name, or of the only one."""
        operations = [
            one
            for one in self._document.definitions
            if isinstance(one, OperationDefinitionNode)
            and (name is None or (one.name and one.name.value == name))
        ]
        operation = operations[0]
        if operation.operation is OperationType.MUTATION:
            return _MUTATION * len(operation.selection_set.selections)
        self._variables = {**_defaults(operation), **self._variables}
        return self._selection(operation.selection_set, "QueryRoot", is_root=True)

    def _selection(self, selection: SelectionSetNode, parent: str, *, is_root: bool = False) -> int:
        total = 0
        for one in selection.selections:
            if not self._is_asked(one):
                continue
            if isinstance(one, FieldNode):
                total += self._field(one, parent, is_root=is_root)
            elif isinstance(one, FragmentSpreadNode):
                fragment = self._fragments[one.name.value]
                total += self._selection(fragment.selection_set, fragment.type_condition.name.value)
            elif isinstance(one, InlineFragmentNode):
                name = one.type_condition.name.value if one.type_condition else parent
                total += self._selection(one.selection_set, name)
        return total

    def _field(self, asked: FieldNode, parent: str, *, is_root: bool) -> int:
        holder = schema().type_map[parent]
        if asked.selection_set is None or not hasattr(holder, "fields"):
            return 0
        named = get_named_type(holder.fields[asked.name.value].type)
        if named.name == "PageInfo":
            return 0
        if not named.name.endswith("Connection"):
            return 1 + self._selection(asked.selection_set, named.name)
        assert isinstance(named, GraphQLObjectType)  # noqa: S101  connections are objects
        name = asked.alias.value if asked.alias else asked.name.value
        size = self._sizes.get(name) if is_root else None
        return self._connection(asked, named, self._first(asked) if size is None else size)

    def _connection(self, asked: FieldNode, named: GraphQLObjectType, size: int) -> int:
        each = 1
        for one in asked.selection_set.selections if asked.selection_set else ():
            if isinstance(one, FieldNode) and one.name.value in {"nodes", "edges"}:
                inner = get_named_type(named.fields[one.name.value].type).name
                if one.name.value == "edges" and one.selection_set:
                    each += max(self._selection(one.selection_set, inner) - 1, 0)
                elif one.selection_set:
                    each += self._selection(one.selection_set, inner)
        return 2 + each * math.floor(2 * math.log(max(2, size)))

    def _first(self, asked: FieldNode) -> int:
        for one in asked.arguments or ():
            if one.name.value in {"first", "last"}:
                value = value_from_ast_untyped(one.value, dict(self._variables))
                return int(value) if isinstance(value, int) else 1
        return 1

    def _is_asked(self, one: Any) -> bool:
        for directive in one.directives or ():
            for argument in directive.arguments:
                value = value_from_ast_untyped(argument.value, dict(self._variables))
                if bool(value) is (directive.name.value == "skip"):
                    return False
        return True


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        one.variable.name.value: value_from_ast_untyped(one.default_value)
        for one in operation.variable_definitions or ()
        if one.default_value is not None
    }


@dataclass(slots=True)
class Bucket:
    """Leaks *rate* points a second, and holds *size* of them.

    Attributes:
        now: tells the time.
    """

    size: float
    rate: float
    now: Callable[[], datetime]
    _level: float = field(init=False)
    _at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self._level, self._at = self.size, self.now()

    @property
    def level(self) -> float:
        """What is there now."""
        now = self.now()
        gained = (now - self._at).total_seconds() * self.rate
        self._level, self._at = min(self.size, self._level + max(gained, 0.0)), now
        return self._level

    def spend(self, points: float) -> bool:
        """Take *points* out, if there are as many; negative ones are given back."""
        if points > self.level:
            return False
        self._level = min(self.size, self._level - points)
        return True

    def status(self) -> dict[str, float]:
        """Return what an answer says of the bucket."""
        return {
            "maximumAvailable": float(self.size),
            "currentlyAvailable": math.floor(self.level),
            "restoreRate": float(self.rate),
        }
