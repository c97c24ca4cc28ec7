"""Health and metrics over HTTP: for monitoring, and for no one else."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from storelink.app import Storelink
from storelink.errors import MissingExtra, StorageError
from storelink.operations.health import Limits, Status

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from storelink.operations.metrics import Metrics

try:
    from werkzeug import Response
    from werkzeug.exceptions import HTTPException, NotFound
    from werkzeug.routing import Map, Rule
except ImportError:  # pragma: no cover  told by a test in a bare environment
    raise MissingExtra("Werkzeug", "web") from None

RULES = tuple(
    Rule(f"/{name}", methods=["GET"], endpoint=name) for name in ("live", "health", "metrics")
)
"""What `Watching` answers. HEAD is answered like GET, without a body."""


class Watching:
    """Answers `GET /live`, `/health` and `/metrics`; it never changes anything.

    * `/live` says that the process answers: 200, always. It is what a load balancer asks.
    * `/health` says how the work goes on: 200, or 503 when messages do not go out or the database
      cannot be read; JSON without personal data. It is what alerts ask.
    * `/metrics` is for Prometheus; 404 without *metrics*.

    It is a WSGI application, and can be mounted into one.

    Args:
        link: whose health is told.
        metrics: `storelink.operations.metrics.Metrics`.
        limits: from when on something is a problem.
        stores: tell of each store by its name, too: where no stranger can ask.
    """

    def __init__(
        self,
        link: Storelink,
        *,
        metrics: Metrics | None = None,
        limits: Limits | None = None,
        stores: bool = True,
    ) -> None:
        self._link, self._metrics = link, metrics
        self._limits, self._stores = limits, stores

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request, as WSGI has it."""
        try:
            name, _ = _ROUTES.bind_to_environ(environ).match()
            response = self.answer(name)
        except HTTPException as refusal:
            response = Response(refusal.name, status=refusal.code)
        return response(environ, start_response)

    def answer(self, name: str) -> Response:
        """Answer to the endpoint of one of `RULES`.

        Raises:
            NotFound: there are no metrics.
        """
        return {"live": _live, "health": self._health, "metrics": self._page}[name]()

    def _health(self) -> Response:
        try:
            health = self._link.health(self._limits)
        except StorageError:
            return _json({"status": Status.FAIL.value, "problems": ["database"]}, status=503)
        status = 503 if health.status is Status.FAIL else 200
        return _json(health.to_dict() if self._stores else health.summary(), status=status)

    def _page(self) -> Response:
        if self._metrics is None:
            raise NotFound
        from storelink.operations.metrics import CONTENT_TYPE

        return Response(self._metrics.page(), content_type=CONTENT_TYPE)


_ROUTES = Map([rule.empty() for rule in RULES])


def _live() -> Response:
    return Response("ok")


def _json(body: object, *, status: int) -> Response:
    text = json.dumps(body, ensure_ascii=False)
    headers = {"Cache-Control": "no-store"}
    return Response(text, status=status, content_type="application/json", headers=headers)
