"""Answers GraphQL documents from trees, on Shopify's own schema."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_list_type,
    is_non_null_type,
    parse,
    print_type,
    validate,
)

from storelink_shopify.sandbox.access import Access
from storelink_shopify.sandbox.connections import cut
from storelink_shopify.sandbox.graph import said

Root = Mapping[str, Callable[..., Any]]
"""The fields of the root, by name."""

_SCHEMA = "admin-2026-10.graphql"
_DEFAULTS: Mapping[str, Any] = {
    "Boolean": False,
    "Int": 0,
    "Float": 0.0,
    "ID": "gid://shopify/Unknown/1",
    "DateTime": "2026-01-01T00:00:00Z",
    "URL": "https://example.com/",
    "UnsignedInt64": "0",
    "Decimal": "0.0",
    "Money": "0.0",
    "JSON": {},
}


@functools.cache
def schema() -> GraphQLSchema:
    """Return the schema, in which every interface has at least one type.

    The schema of this package is cut down to what its documents name, and some interfaces are
    left without a type that would implement them.
    """
    text = (resources.files("storelink_shopify") / "schema" / _SCHEMA).read_text(encoding="utf-8")
    bare = build_schema(text, assume_valid_sdl=True)
    missing = [
        print_type(one).replace(
            f"interface {one.name}", f"type Some{one.name} implements {one.name}", 1
        )
        for one in bare.type_map.values()
        if isinstance(one, GraphQLInterfaceType) and not bare.get_possible_types(one)
    ]
    return build_schema("\n\n".join([text, *missing]), assume_valid_sdl=True)


@functools.lru_cache(maxsize=512)
def understood(text: str) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    """Return a document, or what is wrong with it; each is looked at once."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return None, (error,)
    errors = validate(schema(), document)
    return (None, tuple(errors)) if errors else (document, ())


def run(
    document: DocumentNode,
    *,
    root: Root,
    access: Access,
    variables: Mapping[str, Any] | None = None,
    operation: str | None = None,
) -> ExecutionResult:
    """Answer a document from what *root* gives, as far as *access* allows."""
    return execute_sync(
        schema(),
        document,
        root,
        access,
        dict(variables or {}),
        operation,
        _resolve,
        _type_of,
    )


@dataclass(frozen=True, slots=True)
class Field:
    """What is known of a field of the schema.

    Attributes:
        type_name: of what it returns; of a connection, of its nodes.
        default: what it is where a tree has nothing.
    """

    type_name: str
    is_connection: bool
    default: Any


@functools.cache
def field(parent: str, name: str) -> Field:
    """Return what is known of a field."""
    holder = schema().type_map[parent]
    assert isinstance(holder, GraphQLObjectType | GraphQLInterfaceType)  # noqa: S101
    asked = holder.fields[name].type
    named = get_named_type(asked)
    is_connection = named.name.endswith("Connection")
    type_name = named.name
    if is_connection and isinstance(named, GraphQLObjectType):
        inner = named.fields.get("nodes") or named.fields["edges"]
        type_name = get_named_type(inner.type).name.removesuffix("Edge")
    default = _default(asked, parent) if is_non_null_type(asked) else None
    return Field(type_name, is_connection, default)


def _default(asked: Any, parent: str) -> Any:
    """Return a sensible value of a type that cannot be null."""
    bare = get_nullable_type(asked)
    if is_list_type(bare):
        return []
    if hasattr(bare, "values"):
        return next(iter(bare.values))
    if isinstance(bare, GraphQLObjectType):
        return {"nodes": []} if bare.name.endswith("Connection") else {}
    if bare.name == "ID":
        return f"gid://shopify/{parent}/1"
    return _DEFAULTS.get(bare.name, "")


def _resolve(source: Any, info: GraphQLResolveInfo[Access], **args: Any) -> Any:
    parent, name = info.parent_type.name, info.field_name
    known = field(parent, name)
    refusal = info.context.refusal(parent, name, known.type_name)
    if refusal is not None:
        raise refusal
    value = said(source, name, known.default)
    if parent in {"QueryRoot", "Mutation"}:
        return value(**args) if callable(value) else value
    if callable(value):
        value = value(**args) if name == "metafield" else value()
    if known.is_connection and value is not None:
        return cut(value["nodes"], args)
    if isinstance(value, list) and args.get("first") is not None:
        return value[: args["first"]]
    return known.default if value is None else value


def _type_of(value: Any, info: GraphQLResolveInfo[Access], abstract: Any) -> str | None:
    """Return the type of an object that may have one of several."""
    possible = [one.name for one in info.schema.get_possible_types(abstract)]
    name = value.get("__typename")
    if name in possible or not is_abstract_type(abstract):
        return str(name)
    return possible[0] if len(possible) == 1 else None
