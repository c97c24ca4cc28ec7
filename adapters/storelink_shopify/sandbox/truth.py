"""The present truth about one object, as GraphQL would tell it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from storelink.errors import NotFound
from storelink.models.record import Snapshot
from storelink.models.ref import Kind, Ref
from storelink_shopify import nodes
from storelink_shopify.sandbox import goods_graph, graph
from storelink_shopify.sandbox.ledger import Ledger, answered


def read(ledger: Ledger, ref: Ref) -> Snapshot:
    """Return the present truth about one object; a part is read with its order.

    Raises:
        NotFound: it does not exist.
    """
    return _READS.get(ref.kind, _order)(ledger, ref)


def _order(ledger: Ledger, ref: Ref) -> Snapshot:
    order = ledger.find_order(ref.id)
    if order is None or (ref.kind is Kind.ORDER and ref.id != str(order.id)):
        raise NotFound(f"the scripted shop has no {ref}")
    node = graph.order(ledger.shop, order, ledger.spent(order.customer))
    returns = [answered(graph.return_(order, one)) for one in order.returns]
    return nodes.order(answered(node), returns=returns)


def _return(ledger: Ledger, ref: Ref) -> Snapshot:
    return nodes.return_(answered(graph.return_(*ledger.returned(ref.id))))


def _customer(ledger: Ledger, ref: Ref) -> Snapshot:
    customer = ledger.find_customer(ref.id.partition("/")[0])
    if customer is None:
        raise NotFound(f"the scripted shop has no {ref}")
    return nodes.customer(answered(graph.customer(customer, ledger.spent(customer))))


def _product(ledger: Ledger, ref: Ref) -> Snapshot:
    return nodes.product(answered(goods_graph.product(ledger.shop, ledger.product(ref.id))))


def _checkout(ledger: Ledger, ref: Ref) -> Snapshot:
    state = ledger.checkout(ref.id)
    buyer = graph.customer(state.customer, ledger.spent(state.customer))
    node = {**goods_graph.checkout(ledger.shop, state), "customer": buyer}
    return nodes.checkout(answered(node))


def _coupon(ledger: Ledger, ref: Ref) -> Snapshot:
    state = ledger.coupons.get(ref.id)
    if state is None:
        raise NotFound(f"the scripted shop has no {ref}")
    return nodes.coupon(answered(goods_graph.coupon(state, ledger.now())))


_READS: Mapping[Kind, Callable[[Ledger, Ref], Snapshot]] = {
    Kind.RETURN: _return,
    Kind.CUSTOMER: _customer,
    Kind.CONSENT: _customer,
    Kind.PRODUCT: _product,
    Kind.CHECKOUT: _checkout,
    Kind.COUPON: _coupon,
}
