"""Rewrites a parsed template so that what it does is counted."""

from __future__ import annotations

from typing import Any, Final

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.visitor import NodeTransformer

# A template cannot name these filters: a name has no blank.
WEIGH: Final = " weigh"
STEP: Final = " step"
CONCATENATE: Final = " concatenate"

STEP_COST: Final = 5
"""What a step costs, whatever it does."""

_Running = nodes.Template | nodes.Block | nodes.Macro | nodes.CallBlock | nodes.For


class Instrument(NodeTransformer):
    """Adds the counting to every construct that can repeat, make or compare values.

    What runs - a template, a block, a macro, each turn of a loop - costs its length in nodes, so
    that a template's cost does not depend on how it is written.
    """

    def visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        """Return *node* with the counting added, to its parts, too.

        Raises:
            TemplateSyntaxError: it switches escaping off.
        """
        if isinstance(node, nodes.ScopedEvalContextModifier):
            raise TemplateSyntaxError("escaping cannot be switched off", node.lineno)
        self.generic_visit(node, *args, **kwargs)
        if isinstance(node, _Running):
            _count_steps(node)
        if isinstance(node, nodes.Compare):
            _weigh_operands(node)
        if isinstance(node, nodes.Concat):
            return _filtered(nodes.List(node.nodes, lineno=node.lineno), CONCATENATE)
        return _filtered(node, WEIGH) if _makes_a_value(node) else node


def _count_steps(node: _Running) -> None:
    if isinstance(node, nodes.For) and node.test is not None:
        node.test = nodes.And(_step([node.test], node), node.test, lineno=node.lineno)
    node.body.insert(0, nodes.ExprStmt(_step(node.body, node), lineno=node.lineno))


def _weigh_operands(node: nodes.Compare) -> None:
    node.expr = _filtered(node.expr, WEIGH)
    for operand in node.ops:
        operand.expr = _filtered(operand.expr, WEIGH)


def _makes_a_value(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Getitem):
        return isinstance(node.arg, nodes.Slice)
    if isinstance(node, nodes.Tuple):
        return node.ctx == "load"
    return isinstance(node, nodes.List | nodes.Dict)


def _step(body: list[Any], node: nodes.Node) -> nodes.Filter:
    length = sum(1 + sum(1 for _ in part.find_all(nodes.Node)) for part in body)
    return _filtered(nodes.Const(STEP_COST + length, lineno=node.lineno), STEP)


def _filtered(node: Any, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)
