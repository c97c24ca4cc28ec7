"""What a bulk operation writes of each object, fast: 100,000 orders in well under a minute.

A document is looked at once; then trees are walked without asking the schema again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLObjectType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    is_abstract_type,
)

from storelink_shopify.sandbox.access import Access
from storelink_shopify.sandbox.execution import field, schema
from storelink_shopify.sandbox.graph import Node, said

Selection = tuple[SelectionNode, ...]


@dataclass(slots=True, eq=False)
class _Step:
    """One field that is asked for, of one type of objects.

    Attributes:
        plans: what to take out of its objects, by their type.
    """

    key: str
    name: str
    default: Any
    type_name: str
    is_abstract: bool
    is_connection: bool
    selection: Selection
    plans: dict[str, Sequence[_Step]] = dataclass_field(default_factory=dict)


class Projection:
    """Takes out of trees what a document asks of the nodes of its only connection.

    Raises:
        GraphQLError: something is asked for that *access* does not allow; raised by `lines`.
    """

    def __init__(self, document: DocumentNode, access: Access) -> None:
        self._access = access
        definitions = document.definitions
        self._fragments = {
            one.name.value: one for one in definitions if isinstance(one, FragmentDefinitionNode)
        }
        operation = next(one for one in definitions if isinstance(one, OperationDefinitionNode))
        self._root = self._planned("QueryRoot", tuple(operation.selection_set.selections))[0]

    def lines(self, nodes: Iterable[Node]) -> list[bytes]:
        """Return a line for each object: what lies in a connection names what it lies in."""
        found: list[bytes] = []
        for node in nodes:
            self._line(node, self._root, None, found)
        return found

    def _line(self, node: Node, step: _Step, parent: str | None, found: list[bytes]) -> None:
        line = self._object(node, step, found)
        if parent is not None:
            line["__parentId"] = parent
        found.append(json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n")

    def _object(self, node: Node, step: _Step, found: list[bytes]) -> dict[str, Any]:
        name = node.get("__typename", step.type_name) if step.is_abstract else step.type_name
        line: dict[str, Any] = {}
        plan = step.plans.get(name)
        if plan is None:
            plan = step.plans[name] = self._planned(name, step.selection)
        for one in plan:
            value = said(node, one.name)
            if callable(value):
                value = value()
            if value is None:
                value = one.default
            if one.is_connection and value is not None:
                for child in value["nodes"]:
                    self._line(child, one, node["id"], found)
            else:
                line[one.key] = self._value(value, one, found)
        return line

    def _value(self, value: Any, step: _Step, found: list[bytes]) -> Any:
        if isinstance(value, list):
            return [self._value(one, step, found) for one in value]
        return self._object(value, step, found) if step.selection and value is not None else value

    def _planned(self, type_name: str, selection: Selection) -> Sequence[_Step]:
        asked: dict[str, list[FieldNode]] = {}
        self._collect(type_name, selection, asked)
        return [self._step(type_name, key, fields) for key, fields in asked.items()]

    def _collect(
        self, type_name: str, selection: Selection, asked: dict[str, list[FieldNode]]
    ) -> None:
        """Put every field that a type is asked for under the name that it has in the answer."""
        for one in selection:
            if isinstance(one, FieldNode):
                key = one.alias.value if one.alias else one.name.value
                asked.setdefault(key, []).append(one)
                continue
            if isinstance(one, FragmentSpreadNode):
                part: Any = self._fragments[one.name.value]
            else:
                part = one
            assert isinstance(part, FragmentDefinitionNode | InlineFragmentNode)  # noqa: S101
            if _applies(part, type_name):
                self._collect(type_name, tuple(part.selection_set.selections), asked)

    def _step(self, parent: str, key: str, fields: Sequence[FieldNode]) -> _Step:
        name = fields[0].name.value
        if name == "__typename":
            return _Step(key, name, parent, "String", False, False, ())
        known = field(parent, name)
        refusal = self._access.refusal(parent, name, known.type_name)
        if refusal is not None:
            raise refusal
        sets = [one.selection_set for one in fields if one.selection_set]
        if known.is_connection:
            sets = [inner for one in sets for inner in _inside(one)]
        selection = tuple(node for one in sets for node in one.selections)
        is_abstract = is_abstract_type(schema().type_map[known.type_name])
        return _Step(
            key, name, known.default, known.type_name, is_abstract, known.is_connection, selection
        )


def _inside(connection: SelectionSetNode) -> list[SelectionSetNode]:
    """Return what is asked of the nodes of a connection: `nodes { }`, or `edges { node { } }`."""
    found = []
    for one in connection.selections:
        if isinstance(one, FieldNode) and one.selection_set:
            if one.name.value == "edges":
                found += _inside(one.selection_set)
            elif one.name.value in {"node", "nodes"}:
                found.append(one.selection_set)
    return found


def _applies(part: FragmentDefinitionNode | InlineFragmentNode, type_name: str) -> bool:
    condition = part.type_condition
    if condition is None or condition.name.value == type_name:
        return True
    wanted, held = schema().type_map[condition.name.value], schema().type_map[type_name]
    if not is_abstract_type(wanted) or not isinstance(held, GraphQLObjectType):
        return False
    assert isinstance(wanted, GraphQLAbstractType)  # noqa: S101  just asked
    return schema().is_sub_type(wanted, held)
