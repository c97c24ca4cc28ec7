from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLNonNull,
    InlineFragmentNode,
    build_schema,
    get_named_type,
    introspection_from_schema,
    parse,
    validate,
)
from graphql import FragmentDefinitionNode as Fragment
from graphql import OperationDefinitionNode as Operation
from graphql.validation import NoDeprecatedCustomRule

from storelink_shopify import documents, schema, scopes
from storelink_shopify.schema import prune

NAMES = documents.names()


def needs_no_values(name: str) -> bool:
    document = documents.load(name)
    asked = document.text.partition("{")[0]
    return not (document.is_mutation or "$id" in document.text or "!" in asked)


@pytest.fixture(scope="module")
def admin() -> Any:
    return build_schema(schema.sdl())


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_valid_and_uses_nothing_deprecated(admin, name):
    document = parse(documents.load(name).text)
    assert [] == validate(admin, document)
    assert [] == validate(admin, document, [NoDeprecatedCustomRule])


@pytest.mark.parametrize("version", documents.SUPPORTED)
@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_valid_in_every_version(admin, name, version):
    """The packaged schema has what older versions spell in another way, too."""
    assert [] == validate(admin, parse(documents.load(name, version).text))


@pytest.mark.parametrize("name", [name for name in NAMES if needs_no_values(name)])
def test_a_document_as_text_that_stands_alone_is_valid(admin, name):
    """So a bulk operation takes it: no variables, no fragments, and no parts without a right."""
    document = documents.load(name)
    for is_open in (True, False):
        text = documents.inline(document, {"query": "x", **dict.fromkeys(document.gates, is_open)})
        assert [] == validate(admin, parse(text))
        assert [] == re.findall(r"\$\w+|\bfragment\b|@include", text)


def test_what_has_no_right_is_not_in_the_text_that_stands_alone():
    document = documents.load("bulk_orders_backfill.inner")
    text = documents.inline(document, {**dict.fromkeys(document.gates, True), "withReturns": False})
    assert "lineItems" in text
    assert "returns" not in text
    assert "returnLineItems" not in text


def test_each_document_has_one_operation_of_its_own():
    operations = [
        found
        for name in NAMES
        for found in re.findall(
            r"^(?:query|mutation) (\w+)", documents.load(name).text, re.MULTILINE
        )
    ]
    assert len(NAMES) == len(operations) == len(set(operations))


def test_every_gate_is_known_and_every_known_gate_is_used():
    used = {gate for name in NAMES for gate in documents.load(name).gates}
    assert set(scopes.GATES) == used


VITAL = {"read_orders"}
"""Without it there is nothing to read."""


@dataclass(frozen=True)
class Field:
    """A field that a document asks for.

    Attributes:
        gates: of the field and of those above it.
        rights: any one of each is needed for the field, besides those needed above it.
        about: whether nothing above it needs a right: it is what the document is about.
    """

    name: str
    type: str
    gates: frozenset[str]
    rights: tuple[tuple[str, ...], ...]
    about: bool
    is_non_null: bool
    inside: frozenset[str]

    @property
    def is_cut(self) -> bool:
        """Whether it is a page of a list that does not say if there is another."""
        return self.type.endswith("Connection") and not {"pageInfo", "edges"} & self.inside


class Document:
    """A document, as the schema understands it."""

    def __init__(self, admin: Any, name: str) -> None:
        self._admin = admin
        tree = parse(documents.load(name).text)
        self._fragments = {
            one.name.value: one for one in tree.definitions if isinstance(one, Fragment)
        }
        self._operation = next(one for one in tree.definitions if isinstance(one, Operation))

    def fields(self) -> list[Field]:
        root = self._admin.get_root_type(self._operation.operation)
        return list(self._walk(self._operation.selection_set, root, frozenset(), frozenset()))

    def _walk(
        self, chosen: Any, parent: Any, gates: frozenset[str], known: frozenset[str]
    ) -> Iterator[Field]:
        for node in chosen.selections if chosen else ():
            open_to = gates | {one.arguments[0].value.name.value for one in node.directives or ()}
            if isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                inner = self._admin.type_map[fragment.type_condition.name.value]
                yield from self._walk(fragment.selection_set, inner, open_to, known)
            elif isinstance(node, InlineFragmentNode):
                inner = self._admin.type_map[node.type_condition.name.value]
                yield from self._walk(node.selection_set, inner, open_to, known)
            elif not node.name.value.startswith("__"):
                one = self._field(node, parent, open_to, known)
                yield one
                below = known | {right for any_of in one.rights for right in any_of}
                inner = self._admin.type_map[one.type]
                yield from self._walk(node.selection_set, inner, open_to, below)

    def _field(
        self, node: FieldNode, parent: Any, gates: frozenset[str], known: frozenset[str]
    ) -> Field:
        name, definition = node.name.value, parent.fields[node.name.value]
        gives = get_named_type(definition.type).name
        needed = schema.access().needed(parent.name, name, gives)
        chosen = node.selection_set.selections if node.selection_set else ()
        inside = {one.name.value for one in chosen if isinstance(one, FieldNode)}
        return Field(
            name=f"{parent.name}.{name}",
            type=gives,
            gates=gates,
            rights=tuple(any_of for any_of in needed if not (known | VITAL) & set(any_of)),
            about=not known,
            is_non_null=isinstance(definition.type, GraphQLNonNull),
            inside=frozenset(inside),
        )


CUT_ON_PURPOSE = {
    "bulk_operations_running": {"QueryRoot.bulkOperations"},
    "protected_data": {"QueryRoot.orders", "QueryRoot.customers"},
    "store_credit_by_customer": {"Customer.storeCreditAccounts", "StoreCreditAccount.transactions"},
    "return_reasons": {"QueryRoot.returnReasonDefinitions"},  # no more than are named
    "order": {"Return.exchangeLineItems"},  # whether there is any
    "order_returns": {"Return.exchangeLineItems"},
    "orders_by_ids": {"Return.exchangeLineItems"},
    "returns_by_ids": {"Return.exchangeLineItems"},
}
CODES = {f"DiscountCode{kind}.codes" for kind in ("App", "Basic", "Bxgy", "FreeShipping")}
"""Two are asked for, to see whether there is more than one."""


@pytest.mark.parametrize("name", NAMES)
def test_each_list_tells_whether_it_was_cut(admin, name):
    """A list that was read in part without a word would look like the whole."""
    cut = {one.name for one in Document(admin, name).fields() if one.is_cut}
    assert CUT_ON_PURPOSE.get(name, set()) == cut - CODES


PROTECTED = schema.access().protected
TAKES_ONLY_ITS_PARENT = {"CustomerEmailAddress.emailAddress", "CustomerPhoneNumber.phoneNumber"}
"""Their parents may be null: `Customer.defaultEmailAddress`, `Customer.defaultPhoneNumber`."""
ASKED_FOR_THIS = {
    "store_credit_by_customer": {
        "StoreCreditAccountConnection.nodes",
        "StoreCreditAccountTransactionConnection.nodes",
    }
}


@pytest.mark.parametrize("name", [one for one in NAMES if not documents.load(one).is_mutation])
def test_what_may_be_denied_and_must_not_be_null_can_be_left_out(admin, name):
    """Such a field, denied, would take the whole answer with it; who may not write gets none."""
    open_ = [one for one in Document(admin, name).fields() if one.is_non_null and not one.gates]
    lacking = {one.name for one in open_ if one.rights and not one.about}
    assert ASKED_FOR_THIS.get(name, set()) == lacking
    assert set() == {one.name for one in open_ if one.name in PROTECTED} - TAKES_ONLY_ITS_PARENT


@pytest.mark.parametrize("name", NAMES)
def test_a_gate_is_opened_by_the_rights_that_its_field_needs(admin, name):
    """The table of gates agrees with what the schema says of access."""
    for one in Document(admin, name).fields():
        opening = {right for gate in one.gates for right in scopes.GATES[gate]}
        for any_of in one.rights if one.gates else ():
            assert opening & set(any_of), one.name


def test_the_packaged_schema_is_small_and_says_who_may_read_what():
    assert len(schema.sdl()) < 100_000
    assert '"""' not in schema.sdl()
    access = schema.access()
    assert ("read_marketplace_returns", "read_returns") == access.rights["Return"]
    assert [("read_customers",)] == access.needed("Order", "customer", "Customer")
    assert "email" == access.protected["Order.email"]


def test_cutting_the_schema_again_gives_the_same(admin, tmp_path):
    """What was cut already holds all that is used, so that cutting it changes nothing."""
    told = introspection_from_schema(admin, input_value_deprecation=True)["__schema"]
    cut = prune.Cut(told, prune.used_by_documents(admin))
    assert schema.sdl() == cut.sdl(told)


@pytest.mark.parametrize("name", ["customers_by_ids", "bulk_customers_backfill.inner", "customer"])
def test_the_birthday_is_asked_for_where_the_shop_says(admin: Any, name: str) -> None:
    document = documents.load(name, birthday="facts.birth_date")
    asked = 'birthday: metafield(namespace: "facts", key: "birth_date") { value }'
    assert asked in document.text
    assert asked not in documents.load(name).text
    assert asked in documents.inline(document, {"id": "1", "ids": ["1"]})
    assert [] == validate(admin, parse(document.text))
