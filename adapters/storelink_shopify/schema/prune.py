"""Cuts Shopify's full Admin schema down to what the documents use: `make schema FULL=…`.

Shopify publishes the schema as the answer to GraphQL's introspection query, with the access that
each type and field requires, in the npm package @shopify/dev-mcp.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    InlineFragmentNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    Visitor,
    build_client_schema,
    get_named_type,
    lexicographic_sort_schema,
    parse,
    print_schema,
    validate,
    visit,
)

from storelink_shopify import documents, schema

_SCOPE = re.compile(r"`((?:read|write)_\w+)`")

Type = dict[str, Any]


@dataclass(slots=True)
class Used:
    """What documents use of a schema.

    Attributes:
        fields: by the name of their type.
        types: names of all types that are named or answered.
        arguments: as `"Type.field.argument"`.
    """

    fields: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    types: set[str] = field(default_factory=set)
    arguments: set[str] = field(default_factory=set)


def read_full(path: Path) -> dict[str, Any]:
    """Return the introspection answer in *path*, which may be packed."""
    data = path.read_bytes()
    told = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    return dict(told["data"])


def parsed_documents(version: str) -> Iterator[tuple[str, DocumentNode]]:
    """Return every document by its name, as a *version* of the API has it."""
    for name in documents.names():
        yield name, parse(documents.load(name, version).text)


def used_by_documents(full: GraphQLSchema) -> Used:
    """Return what the documents use, as the oldest and the newest version have them.

    Raises:
        SystemExit: a document is not valid.
    """
    used = Used()
    for version in (documents.NEWEST, documents.SUPPORTED[0]):
        for name, document in parsed_documents(version):
            errors = validate(full, document)
            if errors:
                sys.exit(f"{name}: {errors[0].message}")
            info = TypeInfo(full)
            visit(document, TypeInfoVisitor(info, _Collector(info, used)))
    return used


class _Collector(Visitor):
    def __init__(self, info: TypeInfo, used: Used) -> None:
        super().__init__()
        self._info, self._used = info, used

    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent, definition = self._info.get_parent_type(), self._info.get_field_def()
        if parent is None or definition is None or node.name.value.startswith("__"):
            return
        self._used.fields[parent.name].add(node.name.value)
        self._used.types |= {parent.name, get_named_type(definition.type).name}
        for argument in node.arguments or ():
            place = f"{parent.name}.{node.name.value}.{argument.name.value}"
            self._used.arguments.add(place)
            given = definition.args[argument.name.value].type
            self._used.types.add(get_named_type(given).name)

    def enter_inline_fragment(self, node: InlineFragmentNode, *_: object) -> None:
        self._see(self._info.get_type())

    def enter_fragment_definition(self, *_: object) -> None:
        self._see(self._info.get_type())

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: object) -> None:
        self._see(self._info.get_input_type())

    def _see(self, found: object) -> None:
        if found is not None:
            self._used.types.add(get_named_type(found).name)  # type: ignore[call-overload]


class Cut:
    """An introspection answer that is cut down to what is used.

    Of each type it keeps the used fields, and all that are plain values and not deprecated; of a
    union all members; of inputs everything, as deep as a document can fill it.
    """

    def __init__(self, full: Mapping[str, Any], used: Used) -> None:
        self._types: dict[str, Type] = {one["name"]: one for one in full["types"]}
        self._used = used
        self.kept: dict[str, Type] = {}
        for root in ("QueryRoot", "Mutation", *sorted(used.types)):
            self._keep(root)
        self._narrow()

    def _keep(self, name: str) -> None:
        if name in self.kept:
            return
        told = self._types[name]
        one = self.kept[name] = {**told, "description": None}
        if told["kind"] in {"OBJECT", "INTERFACE"}:
            one["fields"] = [self._field(name, a) for a in told["fields"] if self._wanted(name, a)]
            below = [*one["fields"], *(arg for a in one["fields"] for arg in a["args"])]
        elif told["kind"] == "INPUT_OBJECT":
            fields = [a for a in told["inputFields"] if not a.get("isDeprecated")]
            below = one["inputFields"] = [_plain(a) for a in fields]
        elif told["kind"] == "ENUM":
            below, one["enumValues"] = [], [_plain(a) for a in told["enumValues"]]
        else:
            below = []
        for part in below:
            self._keep(_named(part["type"])["name"])
        if told["kind"] == "UNION":
            for member in told["possibleTypes"]:
                self._keep(member["name"])

    def _wanted(self, type_name: str, one: Mapping[str, Any]) -> bool:
        if one["name"] in self._all_used(type_name):
            return True
        root = type_name in {"QueryRoot", "Mutation"}
        needs = any(a["type"]["kind"] == "NON_NULL" for a in one["args"])
        return not root and not needs and not one["isDeprecated"] and _is_leaf(one["type"])

    def _all_used(self, type_name: str) -> set[str]:
        """Return the used fields of a type: its own, and those of its interfaces."""
        interfaces = self._interfaces(type_name)
        return set().union(*(self._used.fields[name] for name in (type_name, *interfaces)))

    def _interfaces(self, type_name: str) -> list[str]:
        return [one["name"] for one in self._types[type_name].get("interfaces") or ()]

    def _field(self, type_name: str, told: Mapping[str, Any]) -> dict[str, Any]:
        place = f"{type_name}.{told['name']}."
        kept = [
            _plain(one)
            for one in told["args"]
            if place + one["name"] in self._used.arguments
            or (_is_leaf(one["type"]) and not one.get("isDeprecated"))
        ]
        above = [self._types[name]["fields"] for name in self._interfaces(type_name)]
        # Shopify deprecates some fields of objects that their interface keeps, against the rules.
        inherited = any(one["name"] == told["name"] for fields in above for one in fields)
        reason = None if inherited else told["deprecationReason"]
        return {**_plain(told), "args": kept, "deprecationReason": reason}

    def _narrow(self) -> None:
        """Drop what points to a type that is not kept, or that has nothing left."""
        empty = {n for n, one in self.kept.items() if one.get("fields") == []}
        for name in empty:
            del self.kept[name]
        for one in self.kept.values():
            for where in ("interfaces", "possibleTypes"):
                if one.get(where):
                    one[where] = [a for a in one[where] if a["name"] in self.kept]

    def sdl(self, full: Mapping[str, Any]) -> str:
        """Return the schema in GraphQL's own language, without descriptions, sorted."""
        told = {
            "queryType": {"name": "QueryRoot"},
            "mutationType": {"name": "Mutation"},
            "types": list(self.kept.values()),
            "directives": [one for one in full["directives"] if one["name"] in {"include", "skip"}],
        }
        cut = build_client_schema({"__schema": told})  # type: ignore[typeddict-item]
        return print_schema(lexicographic_sort_schema(cut)) + "\n"

    def access(self) -> dict[str, Any]:
        """Return who may read what is kept, as `storelink_shopify.schema.access` has it."""
        rights: dict[str, list[str]] = {}
        protected: dict[str, str] = {}
        for name, one in sorted(self.kept.items()):
            rights[name] = _rights(one)
            for a in one.get("fields") or ():
                rights[f"{name}.{a['name']}"] = _rights(a)
                if a.get("isProtected"):
                    protected[f"{name}.{a['name']}"] = a["protectedContent"]
        return {"rights": {k: v for k, v in rights.items() if v}, "protected": protected}


def _plain(told: Mapping[str, Any]) -> dict[str, Any]:
    return {**told, "description": None}


def _named(told: Mapping[str, Any]) -> Mapping[str, Any]:
    while told.get("ofType"):
        told = told["ofType"]
    return told


def _is_leaf(told: Mapping[str, Any]) -> bool:
    return _named(told)["kind"] in {"SCALAR", "ENUM"}


def _rights(told: Mapping[str, Any]) -> list[str]:
    """Return the rights of which one is needed; what users need besides is not of interest."""
    text = (told.get("requiredAccess") or "").partition("Also:")[0]
    return sorted(set(_SCOPE.findall(text)))


def main(path: Path, folder: Path) -> None:
    """Write the pruned schema and the table of access into *folder*."""
    told = read_full(path)["__schema"]
    cut = Cut(told, used_by_documents(build_client_schema({"__schema": told}, assume_valid=True)))
    (folder / f"admin-{schema.VERSION}.graphql").write_text(cut.sdl(told), encoding="utf-8")
    table = json.dumps(cut.access(), indent=1, sort_keys=True) + "\n"
    (folder / f"access-{schema.VERSION}.json").write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).parent)
