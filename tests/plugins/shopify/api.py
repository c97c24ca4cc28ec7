"""A server that answers GraphQL documents as a test tells it to, by the operation's name."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from storelink.toolkit.http import Wire
from storelink_shopify import Shopify

SCOPES = (
    "read_all_orders",
    "write_orders",
    "write_customers",
    "read_products",
    "write_returns",
    "write_discounts",
    "write_fulfillments",
    "write_store_credit_account_transactions",
    "read_store_credit_accounts",
)
Answer = Callable[[dict[str, Any]], Any]


class Lost(Exception):
    """Executed, and nobody hears of it: raised by an answer that shall not arrive."""


class Api:
    """The Admin API, as far as a test needs it.

    `on(name, answer)` says what an operation is answered: a function of its variables that gives
    `data`, or a whole body if it has `errors`. `asked` has every call: its name and variables.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.files: dict[str, bytes] = {}
        self._answers: dict[str, Answer] = {"AccessScopes": self._scopes}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._seconds = 0.0

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def on(self, name: str, answer: Answer) -> None:
        self._answers[name] = answer

    def calls(self, name: str) -> list[dict[str, Any]]:
        return [variables for asked, variables in self.asked if asked == name]

    def adapter(self) -> Shopify:
        """The adapter under test; it does not really wait."""
        return Shopify(
            shop="acme",
            webhook_secret="hush",
            access_token="shpat",
            base_url=self.url,
            wire=Wire(sleep=self._sleep, monotonic=lambda: self._seconds, attempts=2),
        )

    def _sleep(self, seconds: float) -> None:
        self._seconds += seconds

    def _scopes(self, _: dict[str, Any]) -> Any:
        handles = [{"handle": scope} for scope in SCOPES]
        return {"currentAppInstallation": {"accessScopes": handles}}

    def _answer(self, text: str, variables: dict[str, Any]) -> dict[str, Any]:
        found = re.search(r"(?:query|mutation) (\w+)", text)
        name = found[1] if found else ""
        self.asked.append((name, variables))
        told = self._answers[name](variables)
        return told if "errors" in told else {"data": told}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                try:
                    body = api._answer(asked["query"], asked["variables"])
                except Lost:
                    self.close_connection = True
                    return
                self._send(json.dumps(body).encode(), "application/json")

            def do_GET(self) -> None:
                content = api.files.get(self.path)
                start = int(self.headers.get("Range", "bytes=0-")[6:-1])
                if content is None:
                    self._send(b"expired", "text/plain", 403)
                elif start and start >= len(content):
                    self._send(b"", "text/plain", 416)
                else:
                    self._send(content[start:], "application/jsonl", 206 if start else 200)

            def _send(self, content: bytes, kind: str, status: int = 200) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def gid(kind: str, number: int | str) -> str:
    return f"gid://shopify/{kind}/{number}"


def page(nodes: list[Any], after: str | None = None) -> dict[str, Any]:
    return {"nodes": nodes, "pageInfo": {"hasNextPage": after is not None, "endCursor": after}}
