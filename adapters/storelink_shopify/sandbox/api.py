"""One call of the GraphQL API: paid from the bucket, answered from the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import DocumentNode, ExecutionResult, GraphQLError, OperationDefinitionNode
from werkzeug import Request, Response

from storelink_shopify.sandbox import cost, execution, refusals
from storelink_shopify.sandbox.access import Access
from storelink_shopify.sandbox.bulk import BulkOperations
from storelink_shopify.sandbox.cost import Bucket
from storelink_shopify.sandbox.execution import Root
from storelink_shopify.sandbox.subscriptions import Subscriptions

_LIMITS = "https://shopify.dev/api/usage/limits"


class Api:
    """Answers calls.

    Args:
        buckets: makes the bucket of a token that is seen for the first time.
        count: told what became of each call.
    """

    def __init__(
        self,
        access: Access,
        queries: Root,
        mutations: Root,
        bulk: BulkOperations,
        subscriptions: Subscriptions,
        *,
        buckets: Callable[[], Bucket],
        count: Callable[[str], None],
    ) -> None:
        self._access, self._queries, self._mutations = access, queries, mutations
        self._bulk, self._subscriptions = bulk, subscriptions
        self._new_bucket, self._count = buckets, count
        self._buckets: dict[str, Bucket] = {}

    def answer(self, request: Request, *, token: str, version: str, base: str) -> Response:
        """Answer a call that carried a good token."""
        given = request.get_json(silent=True)
        if not isinstance(given, dict) or not isinstance(given.get("query"), str):
            return refusals.answer({"errors": {"query": "Required parameter missing"}}, 400)
        document, errors = execution.understood(given["query"])
        if document is None:
            self._count("invalid")
            return refusals.answer({"errors": [_formatted(one) for one in errors]})
        variables = given.get("variables") or {}
        points = cost.requested(document, variables)
        bucket = self._bucket(token)
        if points > cost.MOST:
            self._count("max-cost")
            return _too_costly(points)
        if not bucket.spend(points):
            self._count("throttled")
            return _throttled(points, bucket)
        result = execution.run(
            document,
            root=self._root(document, version=version, base=base),
            access=self._access,
            variables=variables,
            operation=given.get("operationName"),
        )
        return self._said(document, variables, result, points, bucket)

    def throttled(self, token: str) -> Response:
        """Return the answer to a call that costs more than there is."""
        return _throttled(cost.MOST, self._bucket(token))

    def _bucket(self, token: str) -> Bucket:
        if token not in self._buckets:
            self._buckets[token] = self._new_bucket()
        return self._buckets[token]

    def _root(self, document: DocumentNode, *, version: str, base: str) -> Root:
        bulk, hooks = self._bulk.root(base), self._subscriptions.root(version)
        is_mutation = any(
            isinstance(one, OperationDefinitionNode) and one.operation.value == "mutation"
            for one in document.definitions
        )
        if is_mutation:
            return {**self._mutations, **bulk[1], **hooks[1]}
        return {**self._queries, **bulk[0], **hooks[0]}

    def _said(
        self,
        document: DocumentNode,
        variables: Mapping[str, Any],
        result: ExecutionResult,
        points: int,
        bucket: Bucket,
    ) -> Response:
        """Return the answer, and give back what the call did not cost after all."""
        spent = min(points, cost.actual(document, variables, result.data or {}))
        bucket.spend(spent - points)
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            self._count("errors")
            body["errors"] = [_formatted(one) for one in result.errors]
        body["extensions"] = {"cost": _cost(points, spent, bucket)}
        return refusals.answer(body)


def _formatted(error: GraphQLError) -> Mapping[str, Any]:
    return dict(error.formatted)


def _cost(points: int, spent: int | None, bucket: Bucket) -> Mapping[str, Any]:
    return {
        "requestedQueryCost": points,
        "actualQueryCost": spent,
        "throttleStatus": bucket.status(),
    }


def _throttled(points: int, bucket: Bucket) -> Response:
    error = refusals.error("Throttled", "THROTTLED", documentation=_LIMITS)
    extensions = {"cost": _cost(points, None, bucket)}
    return refusals.answer({"errors": [error], "extensions": extensions})


def _too_costly(points: int) -> Response:
    text = (
        f"Query cost is {points}, which exceeds the single query max cost limit ({cost.MOST}).\n\n"
        f"See {_LIMITS}#rate-limits for more information on how the cost of a query is calculated."
    )
    error = refusals.error(
        text, "MAX_COST_EXCEEDED", cost=points, maxCost=cost.MOST, documentation=_LIMITS
    )
    return refusals.answer({"errors": [error]})
