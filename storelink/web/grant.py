"""The local page that receives what a store grants."""

from __future__ import annotations

import hmac
import html
import secrets
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from storelink.contracts.connect import Connector, Grant
from storelink.contracts.connect import Request as Received
from storelink.errors import AccessDenied, MissingExtra, StorelinkError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

try:
    from werkzeug import Request, Response
    from werkzeug.exceptions import HTTPException
except ImportError:  # pragma: no cover  told by a test in a bare environment
    raise MissingExtra("Werkzeug", "web") from None

CALLBACK = "/granted"
"""The path below which the platform answers."""

_LARGEST_BODY = 64 * 1024
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 17px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem;
       color: #1d2733; background: #fff }}
a.button, button {{ font: inherit; display: inline-block; padding: .6rem 1.1rem; border: 0;
       border-radius: .4rem; background: #14532d; color: #fff; text-decoration: none;
       cursor: pointer }}
label {{ display: block; margin: 1rem 0 .2rem }}
input {{ font: inherit; width: 100%; padding: .5rem; border: 1px solid #8a94a0;
       border-radius: .4rem; box-sizing: border-box }}
button {{ margin-top: 1rem }}
hr {{ margin: 2.5rem 0; border: 0; border-top: 1px solid #d5dae0 }}
@media (prefers-color-scheme: dark) {{
  body {{ color: #e8ecf1; background: #14181d }} a {{ color: #9fd8b4 }}
  input {{ background: #1f252c; color: inherit }}
}}
</style></head>
<body><h1>{title}</h1>
{body}
</body></html>
"""


class GrantPage:
    """A WSGI application with a page to begin at, and the address that the platform answers to.

    It answers only requests to this machine, so that no page of somebody else can reach it under
    a name of its own; the callback alone is answered under the callback's host, too. A request
    that is not genuine is refused, and the page goes on waiting: anybody can send one.

    Args:
        connector: knows the platform.
        title: what is connected, for people.
        callback: the address that the connector was built with.
    """

    def __init__(self, connector: Connector, *, title: str, callback: str) -> None:
        self._connector, self._title = connector, title
        self._host = (urlsplit(callback).hostname or "").lower()
        self._token = secrets.token_urlsafe(24)
        self._ended = threading.Event()
        self.grant: Grant | None = None
        self.error: StorelinkError | None = None

    def wait(self, seconds: float) -> Grant | None:
        """Wait for the grant; `None` if none came in time.

        Raises:
            StorelinkError: the owner refused, or the platform did; or nothing better came in time.
        """
        self._ended.wait(seconds)
        if self.grant is None and self.error is not None:
            raise self.error
        return self.grant

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request, as WSGI has it."""
        request = Request(environ)
        request.max_content_length = _LARGEST_BODY
        response = self._answer(request)
        response.headers.update(_HEADERS)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        is_callback = request.path == CALLBACK or request.path.startswith(f"{CALLBACK}/")
        allowed = _LOCAL | {self._host} if is_callback else _LOCAL
        if _host(request) not in allowed:
            return Response("not here", status=421)
        try:
            if is_callback:
                return self._received(request)
            if request.path == "/by-hand" and request.method == "POST":
                return self._entered(request)
            return self._begin() if request.path == "/" else Response("not found", status=404)
        except HTTPException as refusal:
            return Response(refusal.name, status=refusal.code)
        except StorelinkError as error:
            self.error = error
            if isinstance(error, AccessDenied):  # said by the platform, about what was asked
                self._ended.set()
            return self._page(f"<p>It did not work: {html.escape(str(error))}</p>", status=400)

    def _begin(self) -> Response:
        connector = self._connector
        try:
            body = (
                "<p>The store asks you whether to let storelink in.</p>"
                f'<p><a class="button" href="{html.escape(connector.page)}">Go to the store</a></p>'
            )
        except StorelinkError as error:
            if not connector.by_hand:
                raise
            return self._page(f"<p>{html.escape(str(error))}</p>" + self._form("Enter it here"))
        return self._page(body + self._form("Or enter it here") if connector.by_hand else body)

    def _form(self, heading: str) -> str:
        fields = "".join(
            f'<label for="{name}">{html.escape(label)}</label>'
            f'<input id="{name}" name="{name}" type="password" autocomplete="off" required>'
            for name, label in self._connector.by_hand.items()
        )
        return (
            f"<hr><h2>{heading}</h2><p>{html.escape(self._connector.by_hand_hint)}</p>"
            f'<form method="post" action="/by-hand">'
            f'<input type="hidden" name="token" value="{self._token}">{fields}'
            "<button>Connect</button></form>"
        )

    def _entered(self, request: Request) -> Response:
        token = request.form.get("token", "")
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            return self._page("<p>This form is of another time; begin again.</p>", status=400)
        names = self._connector.by_hand
        entered = {name: request.form.get(name, "").strip() for name in names}
        if not all(entered.values()):
            return self._page("<p>Something was left empty; go back.</p>", status=400)
        return self._done(self._connector.entered(entered))

    def _received(self, request: Request) -> Response:
        query: Mapping[str, str] = request.args.to_dict()
        received = Received(request.method, request.path, query, request.get_data())
        grant = self._connector.receive(received)
        return self._done(grant) if grant else self._page("<p>Waiting for the store …</p>")

    def _done(self, grant: Grant) -> Response:
        self.grant = grant
        self._ended.set()
        return self._page("<p>Connected. You can close this window.</p>")

    def _page(self, body: str, *, status: int = 200) -> Response:
        text = _PAGE.format(title=html.escape(self._title), body=body)
        return Response(text, status=status, mimetype="text/html")


def _host(request: Request) -> str:
    """Return under which name this machine was asked."""
    try:
        return urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        return ""
