"""A shop on this machine that answers as it is told: over http or https, and oddly."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from storelink.testing import FrozenClock
from storelink.toolkit.http import Wire, pooled_session

DATA = Path(__file__).parents[2] / "data"
TLS = DATA / "tls"
REST = DATA / "woocommerce" / "recordings" / "rest"
KEY, SECRET = "ck_3f1d5", "cs_97ab2"
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)

Answer = Callable[[Request], Response | None]
"""What a shop answers; `None`: it hangs up without an answer."""


class OddShop:
    """Answers with what `script` holds, one after the other, and then with `answer`.

    Attributes:
        asked: every request.
    """

    def __init__(self) -> None:
        self.script: list[Answer | Response | None] = []
        self.answer: Answer = lambda request: reply([])
        self.asked: list[Request] = []
        self.url = ""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        request.get_data()
        self.asked.append(request)
        step = self.script.pop(0) if self.script else self.answer
        response = step(request) if callable(step) and not isinstance(step, Response) else step
        if response is None:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            response = Response(status=503)
        return response(environ, start_response)

    @property
    def routes(self) -> list[tuple[str, str]]:
        """What was asked, as method and path."""
        return [(request.method, request.path) for request in self.asked]


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def send_response(self, code: int, message: str | None = None) -> None:
        self.send_response_only(code, message)  # without a second Date

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def running(*, tls: bool = False) -> Iterator[OddShop]:
    """Run a shop in the background."""
    shop = OddShop()
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(TLS / "localhost.pem", TLS / "localhost.key")
    server = make_server(
        "127.0.0.1", 0, shop, threaded=True, request_handler=_Handler, ssl_context=context
    )
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    shop.url = f"{'https' if tls else 'http'}://localhost:{server.port}"
    try:
        yield shop
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def wire(clock: FrozenClock, naps: list[float] | None = None, **options: Any) -> Wire:
    """Return a wire that waits for nothing, and trusts the certificate of the tests."""
    session = pooled_session()
    session.verify = str(TLS / "localhost.pem")
    sleep = naps.append if naps is not None else (lambda seconds: None)
    return Wire(session=session, now=clock.now, sleep=sleep, chance=lambda: 0.5, **options)


def reply(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return JSON, in the way WordPress writes it."""
    body = json.dumps(data, separators=(",", ":")).encode()
    return Response(body, status, dict(headers or {}), content_type="application/json")


def page(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a page for people."""
    return Response(text, status, dict(headers or {}), content_type="text/html; charset=UTF-8")


def recorded(name: str) -> Response:
    """Return what the lab store answered."""
    told = json.loads((REST / f"{name}.json").read_text(encoding="utf-8"))["response"]
    keep = {"X-WP-Total", "X-WP-TotalPages", "Allow", "Cache-Control", "Expires"}
    headers = {key: value for key, value in told["headers"] if key in keep}
    text = told.get("body_text") or json.dumps(told["body"])
    return Response(text, told["status"], headers, content_type="application/json")


def signature(request: Request, host: str = "") -> str:
    """Sign a request as `WC_REST_Authentication::check_oauth_signature` does it."""
    params = {key: request.args[key] for key in sorted(request.args) if key != "oauth_signature"}
    pairs = [f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in params.items()]
    query = "%26".join(quote(pair, safe="") for pair in pairs)
    path = request.environ["REQUEST_URI"].partition("?")[0]
    base = quote(f"http://{host or request.host}{path}", safe="")
    text = f"{request.method}&{base}&{query}"
    made = hmac.digest(f"{SECRET}&".encode(), text.encode(), hashlib.sha256)
    return base64.b64encode(made).decode()
