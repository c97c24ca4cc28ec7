"""Everything that is on the web, as one WSGI application."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from storelink.app import Storelink
from storelink.contracts.pages import Answers, Preferences
from storelink.errors import ConfigError, MissingExtra, StorageUnavailable
from storelink.links import LinkRefused, Links, Purpose
from storelink.rendering.pages import Pages
from storelink.web.customers import CustomerPages, Shown
from storelink.web.endpoint import Endpoint
from storelink.web.keeping import KeptAnswers, KeptPreferences
from storelink.web.limiting import Limiter
from storelink.web.operator import OperatorPages

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from storelink.operations.metrics import Metrics

try:
    from werkzeug import Request, Response
    from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge
    from werkzeug.routing import Map, Rule
except ImportError:  # pragma: no cover  told by a test in a bare environment
    raise MissingExtra("Werkzeug", "web") from None

log = logging.getLogger(__name__)

MAX_FORM: Final = 100_000
"""Bytes of the largest form: a long comment in a script of which a letter takes twelve."""

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}

# No redirects of its own making, so that there is none to be led astray by.
_ROUTES = Map(
    [
        Rule(f"/{Purpose.TRACKING}/<token>", methods=["GET"], endpoint=Purpose.TRACKING),
        Rule(
            f"/{Purpose.PREFERENCES}/<token>", methods=["GET", "POST"], endpoint=Purpose.PREFERENCES
        ),
        Rule(f"/{Purpose.ANSWER}/<token>", methods=["GET", "POST"], endpoint=Purpose.ANSWER),
        Rule(f"/{Purpose.RETURN}/<token>", methods=["GET", "POST"], endpoint=Purpose.RETURN),
        Rule("/operator", methods=["GET"], endpoint="operator"),
    ],
    merge_slashes=False,
    redirect_defaults=False,
    strict_slashes=False,
)


class Site:
    """The webhook endpoint, the pages that messages link to, and the operator's page.

    It can be served by any WSGI server, or mounted into an application, also below a path. It
    answers what `Endpoint` answers, and:

    * `GET /t/{token}`: where the parcels of an order are;
    * `GET /u/{token}`: which messages somebody gets; `POST` changes it, in one click, too
      (RFC 8058);
    * `GET /a/{token}`: a question; `POST` answers it;
    * `GET /r/{token}`: what of an order can be sent back; `POST` asks for it;
    * `GET /operator`: for the shop's own people; 404 unless there is a password.

    GET and HEAD change nothing. A link that opens nothing is 404, one that is too old 410, and
    both say so kindly. Behind a proxy, wrap it in `werkzeug.middleware.proxy_fix.ProxyFix`:
    how often a form may be sent is counted by link and address.

    Args:
        link: the app.
        links: reads the tokens of links: `link.links`, which made those of the messages.
        preferences: what people want to be sent; by default what *link* remembers, with boxes
            for e-mail.
        answers: keeps answers; by default *link* does.
        operator: the password of the operator's page; any user name goes with it.
        metrics: what `GET /metrics` shows; without, there is no such page.
        prices: tell on the tracking page what things cost; whoever has the link sees it.
        limiter: how often a form may be sent; by default 20 times in ten minutes.

    Raises:
        ConfigError: the operator's password is too short, or *link* has no `site_url`.
    """

    def __init__(
        self,
        link: Storelink,
        links: Links | None,
        *,
        preferences: Preferences | None = None,
        answers: Answers | None = None,
        operator: str | None = None,
        metrics: Metrics | None = None,
        prices: bool = False,
        limiter: Limiter | None = None,
    ) -> None:
        if links is None:
            raise ConfigError("there are no links to the pages: set site_url")
        pages = Pages(link.brand)
        self._headers = {**_HEADERS, "Content-Security-Policy": pages.content_policy}
        self._customers = CustomerPages(
            link,
            pages,
            links,
            preferences=preferences or KeptPreferences(link),
            answers=answers or KeptAnswers(link),
            prices=prices,
        )
        self._operator = OperatorPages(link, pages, operator) if operator else None
        self._endpoint = Endpoint(link, metrics=metrics)
        self._limiter = limiter or Limiter(link.clock)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request, as WSGI has it."""
        request = Request(environ)
        request.max_content_length = request.max_form_memory_size = MAX_FORM
        try:
            name, values = _ROUTES.bind_to_environ(environ).match()
        except HTTPException as refusal:
            if refusal.code == 404:  # noqa: PLR2004
                return self._endpoint(environ, start_response)
            return Response(refusal.name, status=refusal.code)(environ, start_response)
        if name == "operator":
            response = self._for_operator(request)
        else:
            response = self._for_customer(request, Purpose(name), **values)
        response.headers.update(self._headers)
        return response(environ, start_response)

    def _for_customer(self, request: Request, purpose: Purpose, token: str) -> Response:
        told = self._customers.told
        try:
            return self._opened(request, purpose, token)
        except LinkRefused as refusal:
            is_old = refusal.reason == "expired"
            return _html(told(request, refusal.reason, 410 if is_old else 404))
        except RequestEntityTooLarge:
            return _html(told(request, "large", 413))
        except BadRequest:  # the form broke off, or is none
            return Response("the form did not arrive whole", status=400)
        except StorageUnavailable as error:
            log.error("a page cannot be shown: %s", error, extra={"stage": "web"})
            response = _html(told(request, "busy", 503))
            response.headers["Retry-After"] = "10"
            return response

    def _opened(self, request: Request, purpose: Purpose, token: str) -> Response:
        is_form = request.method == "POST"
        try:
            ticket = self._customers.ticket(purpose, token)
        except LinkRefused:
            waits = self._wait(request, "") if is_form else None
            if waits is None:
                raise
            return self._often(request, waits)
        waits = self._wait(request, token) if is_form else None
        if waits is not None:
            return self._often(request, waits)
        return _html(self._customers.show(request, ticket))

    def _for_operator(self, request: Request) -> Response:
        if self._operator is None:
            return _html(self._customers.told(request, "unknown", 404))
        who = f"operator {request.remote_addr}"
        waits = self._limiter.look(who)  # first: too many guesses tell nothing any more
        if waits is None and self._operator.knows(request):
            return _html(self._operator.show(request))
        waits = waits or self._limiter.wait(who)
        return self._operator.refusal() if waits is None else self._often(request, waits)

    def _wait(self, request: Request, what: str) -> timedelta | None:
        return self._limiter.wait(f"{what} {request.remote_addr}")

    def _often(self, request: Request, waits: timedelta) -> Response:
        response = _html(self._customers.told(request, "often", 429))
        response.headers["Retry-After"] = str(math.ceil(waits.total_seconds()))
        return response


def _html(shown: Shown) -> Response:
    return Response(shown.html, status=shown.status, mimetype="text/html")
