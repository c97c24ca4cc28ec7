"""How Shopify says no, and how it fails.

Facts: shopify.dev, "Shopify API response status and error codes".
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

from werkzeug import Response


def answer(body: Mapping[str, Any], status: int = 200) -> Response:
    """Return an answer of the API."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return Response(text, status, content_type="application/json; charset=utf-8")


def unauthorized() -> Response:
    """Return the answer to a token that is not good: its errors are a text, not a list."""
    text = "[API] Invalid API key or access token (unrecognized login or wrong password)"
    return answer({"errors": text}, 401)


def not_found() -> Response:
    """Return the answer to an address that is none."""
    return answer({"errors": "Not Found"}, 404)


def too_many() -> Response:
    """Return the answer to too many requests."""
    text = "Exceeded 2 calls per second for api client. Reduce request rates to resume."
    response = answer({"errors": text}, 429)
    response.headers["Retry-After"] = "2.0"
    return response


def error(message: str, code: str, **extensions: Any) -> Mapping[str, Any]:
    """Return one error of GraphQL."""
    return {"message": message, "extensions": {"code": code, **extensions}}


def unavailable(chance: random.Random, *, is_api: bool) -> Response:
    """Return one of the ways in which Shopify fails."""
    ways = [_bad_gateway, _unavailable, *([_internal_error] if is_api else [])]
    return chance.choice(ways)()


def _bad_gateway() -> Response:
    page = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head></html>"
    return Response(page, 502, mimetype="text/html")


def _unavailable() -> Response:
    return answer({"errors": "Service Unavailable"}, 503)


def _internal_error() -> Response:
    text = "Internal error. Looks like something went wrong on our end."
    return answer({"errors": [error(text, "INTERNAL_SERVER_ERROR", requestId="sandbox")]})
