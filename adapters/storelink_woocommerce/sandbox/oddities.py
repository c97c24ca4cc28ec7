"""WordPress as it is found: what hosts, caches and plugins do to the API's answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from werkzeug import Request, Response

_NOTICE = (
    b"<br />\n<b>Deprecated</b>:  Creation of dynamic property WC_Sample::$thing is deprecated in "
    b"<b>/var/www/html/wp-content/plugins/sample/sample.php</b> on line <b>42</b><br />\n"
)
_BOM = b"\xef\xbb\xbf"
_OLD = "3600"


@dataclass(slots=True)
class Oddities:
    """What is odd about a site; may be changed at any time.

    Attributes:
        php_notices: a plugin writes before the JSON.
        bom: a file of the theme begins with a byte order mark.
        maintenance: the site shows WordPress' page for updates.
        blocked: a security plugin answers 403 with a page.
        cached: a cache answers reads with what it answered first at the same address.
        strips_authorization: the server drops the header before PHP sees it.
        redirect_to: everything is redirected below this address, as `https://www.…` is.
    """

    php_notices: bool = False
    bom: bool = False
    maintenance: bool = False
    blocked: bool = False
    cached: bool = False
    strips_authorization: bool = False
    redirect_to: str = ""


class OddPages:
    """Answers in place of the API, or changes what it answered."""

    def __init__(self, oddities: Oddities) -> None:
        self._odd = oddities
        self._cache: dict[str, tuple[int, bytes, str]] = {}

    def instead(self, request: Request) -> Response | None:
        """Return what answers before WordPress does; `None`: nothing."""
        if self._odd.redirect_to:
            place = self._odd.redirect_to.rstrip("/") + request.full_path.rstrip("?")
            return page(301, "301 Moved Permanently", {"Location": place})
        if self._odd.maintenance:
            text = "Briefly unavailable for scheduled maintenance. Check back in a minute."
            return page(503, text, {"Retry-After": "600"})
        if self._odd.blocked:
            text = "Your access to this site has been limited by the site owner (Wordfence)"
            return page(403, text)
        kept = self._cache.get(request.full_path) if self._odd.cached else None
        if kept is None or request.method != "GET":
            return None
        status, body, kind = kept
        headers = {"Age": _OLD, "X-Cache": "HIT"}
        return Response(body, status=status, content_type=kind, headers=headers)

    def changed(self, request: Request, response: Response) -> Response:
        """Return what becomes of an answer on its way out."""
        body = response.get_data()
        if self._odd.php_notices:
            body = _NOTICE + body
        if self._odd.bom:
            body = _BOM + body
        response.set_data(body)
        if self._odd.cached and request.method == "GET":
            kept = (response.status_code, body, response.content_type or "")
            self._cache.setdefault(request.full_path, kept)
        return response


def page(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a page for people."""
    head, body = f"<head><title>{text}</title></head>", f"<body><h1>{text}</h1></body>"
    body = f"<!DOCTYPE html>\n<html>{head}{body}</html>"
    return Response(body, status=status, content_type="text/html; charset=UTF-8", headers=headers)


_BROKEN: tuple[Callable[[], Response], ...] = (
    lambda: page(503, "Service Unavailable", {"Retry-After": "1"}),
    lambda: page(502, "502 Bad Gateway"),
    lambda: page(504, "504 Gateway Time-out"),
    lambda: page(500, "There has been a critical error on this website."),
    lambda: page(500, "Error establishing a database connection"),
)


def broken(chance: float) -> Response:
    """Return one of the pages that hosts show when something is out of order."""
    return _BROKEN[int(chance * len(_BROKEN))]()


def too_many() -> Response:
    """Return the page of a host that counts requests."""
    return page(429, "429 Too Many Requests", {"Retry-After": "1"})
