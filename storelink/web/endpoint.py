"""The address that platforms deliver webhooks to, as a WSGI application."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from storelink.app import Storelink
from storelink.errors import MissingExtra, StorageUnavailable, UnknownStore, WebhookRefused
from storelink.intake.receive import MAX_BODY_BYTES, Receipt
from storelink.web.watching import RULES, Watching

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from storelink.operations.metrics import Metrics

try:
    from werkzeug import Request, Response
    from werkzeug.exceptions import HTTPException
    from werkzeug.routing import Map, Rule
except ImportError:  # pragma: no cover  told by a test in a bare environment
    raise MissingExtra("Werkzeug", "web") from None

log = logging.getLogger(__name__)

_ROUTES = Map(
    [
        Rule("/webhooks/<store>", methods=["POST"], endpoint="webhook"),
        Rule("/carts/<store>", methods=["POST"], endpoint="cart"),
        *(rule.empty() for rule in RULES),
    ]
)


class Endpoint:
    """Answers `POST /webhooks/{store}`, `POST /carts/{store}`, and what `Watching` answers.

    It can be served by any WSGI server, or mounted into an application. A webhook, or a cart of
    the store's own source, is answered as soon as it is stored: 200, 401 for a wrong signature, 404
    for an unknown store, 413 for a body that is too large, 503 when the database is busy, so that
    the platform comes again.

    Platforms have to reach it, hence `/health` names no store here.

    Args:
        link: who takes the webhooks.
        metrics: what `GET /metrics` shows; without, there is no such page.
    """

    def __init__(self, link: Storelink, *, metrics: Metrics | None = None) -> None:
        self._taken = {"webhook": link.receive, "cart": link.receive_cart}
        self._watching = Watching(link, metrics=metrics, stores=False)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request, as WSGI has it."""
        request = Request(environ)
        # One byte more than is accepted, so that what is too large is known to be so.
        request.max_content_length = MAX_BODY_BYTES + 1
        try:
            name, values = _ROUTES.bind_to_environ(environ).match()
            if name in self._taken:
                response = self._take(request, self._taken[name], **values)
            else:
                response = self._watching.answer(name)
        except HTTPException as refusal:
            response = Response(refusal.name, status=refusal.code)
        return response(environ, start_response)

    def _take(self, request: Request, receive: Callable[..., Receipt], store: str) -> Response:
        try:
            receipt = receive(
                store, headers=list(request.headers), body=request.get_data(cache=False)
            )
        except UnknownStore:
            return Response("unknown store", status=404)
        except WebhookRefused as refusal:
            about = {"stage": "absorb", "store": store}
            log.warning("a webhook for %s was refused: %s", store, refusal, extra=about)
            return Response("refused", status=refusal.status)
        except StorageUnavailable as error:
            about = {"stage": "absorb", "store": store}
            log.error("a webhook for %s has to come again: %s", store, error, extra=about)
            return Response("busy, come again", status=error.status, headers={"Retry-After": "10"})
        return Response("duplicate" if receipt.duplicate else str(receipt.state))
