"""Finds what a template asks for and will never get, when it is loaded and before it is used."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import chain
from typing import Final

from jinja2 import meta, nodes

from storelink.models.checkout import Checkout
from storelink.models.contact import Contact
from storelink.models.customer import Customer
from storelink.models.order import Order
from storelink.models.shipment import Shipment
from storelink.rendering.brand import Brand
from storelink.rendering.content import Content
from storelink.rendering.kinds import ASKING, FORGIVING, Types, unknown_attributes
from storelink.rendering.nearest import meant
from storelink.rendering.structure import (
    Mistake,
    Others,
    bound,
    given_by,
    misplaced,
    parents_of,
)
from storelink.rendering.sums import Sums
from storelink.rendering.terms import Terms, unknown_terms, wrong_calls

VALUES: Final[Types] = {
    "order": Order,
    "checkout": Checkout,
    "account": Customer,
    "contact": Contact,
    "first_name": str,
    "name": str,
    "shipment": Shipment,
    "event": None,
    "data": None,
    "items": None,
    "sums": Sums,
    "attached": bool,
    "brand": Brand,
    "pages": None,
    "locale": str,
    "dir": str,
    "start": str,
    "end": str,
    "subject": str,
    "content": Content,
    "footer": None,
    "cards": None,
    "caller": None,
    "loop": None,
    "self": None,
    "super": None,
    "varargs": None,
    "kwargs": None,
}
"""The names that templates may use, with the kind of value where every template gets the same."""

_PART: Final = re.compile(r"(^|/)_")
"""How the names of files begin that only others use: these give them more values."""


def mistake_in(tree: nodes.Template, terms: Terms, others: Others) -> Mistake | None:
    """Return what is wrong with a template: it asks for what does not exist.

    Args:
        tree: the parsed template.
        terms: what there is beside the values of a message.
        others: the templates beside it.
    """
    parents = parents_of(tree, others)
    # Jinja cannot say which names are used as long as a filter is not known.
    first = next(chain(unknown_terms(tree, terms), misplaced(tree, parents, others)), None)
    if first:
        return first
    own = {given for one in (tree, *parents.trees) for given in bound(one)}
    is_part = _PART.search(others.name or "") is not None
    first = _missing(tree, terms, own, is_part=is_part)
    if first:  # what others give it takes a look at all of them
        return _missing(tree, terms, own | given_by(others), is_part=is_part)
    return None


def _missing(
    tree: nodes.Template, terms: Terms, own: Collection[str], *, is_part: bool
) -> Mistake | None:
    """Return what it misses that has these names of its *own*."""
    kinds: Types = {value: kind for value, kind in VALUES.items() if value not in own}
    named = () if is_part else _unknown_names(tree, {*terms.names, *own})
    calls = wrong_calls(tree, terms.functions, own)
    return next(chain(named, unknown_attributes(tree, kinds), calls), None)


def _unknown_names(tree: nodes.Template, known: Collection[str]) -> Iterator[Mistake]:
    used = meta.find_undeclared_variables(tree) - set(VALUES) - set(known) - _asked_for(tree)
    for node in tree.find_all(nodes.Name):
        if node.name in used and node.ctx == "load":
            near = meant(node.name, {*VALUES, *known})
            yield f"{node.name!r} is undefined{near}", node.lineno


def _asked_for(tree: nodes.Template) -> set[str]:
    """Return the names that a template takes care of itself: `x is defined`, `x|default("")`."""
    tests = (node.node for node in tree.find_all(nodes.Test) if node.name in ASKING)
    filters = (node.node for node in tree.find_all(nodes.Filter) if node.name in FORGIVING)
    return {node.name for node in (*tests, *filters) if isinstance(node, nodes.Name)}
