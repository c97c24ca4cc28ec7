"""What a bulk operation may ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    value_from_ast_untyped,
    visit,
)

from storelink_shopify.sandbox.execution import schema

_MOST_CONNECTIONS, _DEEPEST = 5, 2


def asked(document: DocumentNode) -> tuple[str, Mapping[str, Any]]:
    """Return the connection that a bulk query is about, and its arguments.

    Raises:
        GraphQLError: it is not a query that can be run in bulk.
    """
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    fields = operations[0].selection_set.selections
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        raise GraphQLError("a bulk operation is one query")
    if len(fields) != 1 or not isinstance(fields[0], FieldNode):
        raise GraphQLError("a bulk query has one top-level field")
    if any(isinstance(one, FragmentDefinitionNode) for one in document.definitions):
        raise GraphQLError("a bulk query has no named fragments here")
    _Counter.check(document)
    field = fields[0]
    args = {one.name.value: value_from_ast_untyped(one.value) for one in field.arguments or ()}
    return field.name.value, args


class _Counter(Visitor):
    """Counts connections, and how deep they lie in each other."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self._types = types
        self.count = self.depth = self.deepest = 0

    @classmethod
    def check(cls, document: DocumentNode) -> None:
        """Raise unless there are few enough of them."""
        types = TypeInfo(schema())
        counter = cls(types)
        visit(document, TypeInfoVisitor(types, counter))
        if not counter.count:
            raise GraphQLError("Bulk queries must contain at least one connection.")
        if counter.count > _MOST_CONNECTIONS:
            raise GraphQLError("Bulk queries cannot contain more than 5 connections.")
        if counter.deepest > _DEEPEST + 1:
            raise GraphQLError("Bulk queries cannot contain connections with a nesting depth > 2.")

    def _is_connection(self) -> bool:
        asked_type = self._types.get_type()
        return asked_type is not None and get_named_type(asked_type).name.endswith("Connection")

    def enter_field(self, *_: Any) -> None:
        """Go into a field."""
        if self._is_connection():
            self.count += 1
            self.depth += 1
            self.deepest = max(self.deepest, self.depth)

    def leave_field(self, *_: Any) -> None:
        """Come out of a field."""
        if self._is_connection():
            self.depth -= 1
