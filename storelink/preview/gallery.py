"""The gallery: a page on this machine that shows every message, and shows it anew when it changes.

It knows no framework: what it answers with is a status, a type and a body.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from storelink.errors import TemplateError
from storelink.preview.looks import LOOKS, SIZES, looking
from storelink.preview.samples import sample_locales
from storelink.preview.segments import segments
from storelink.preview.written import CHANNELS, Place, Shop, Writer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

_PAGE: Final = Path(__file__).parent / "page"
_HERE: Final = frozenset({"127.0.0.1", "localhost"})
_MAIL_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Answer(NamedTuple):
    """What a request is answered with."""

    body: str
    kind: str = "text/html"
    policy: str = "default-src 'none'"
    status: str = "200 OK"


class Gallery:
    """Shows the messages of a shop; a WSGI application for one person on this machine.

    Raises:
        ConfigError: the folder of templates does not exist.
    """

    def __init__(
        self, shop: Shop, *, messages: Iterable[str] = (), locales: Iterable[str] = ()
    ) -> None:
        self._shop, self._only = shop, tuple(messages)
        self._locales = tuple(locales) or sample_locales()
        self._writer = Writer(shop, shop.renderer())
        self._pages = Environment(
            loader=FileSystemLoader(_PAGE),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
        )
        self._pages.filters["title_of"] = lambda name: name.replace("_", " ").capitalize()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
        """Answer a request."""
        found = self.answer(
            environ.get("PATH_INFO", "/"),
            dict(parse_qsl(environ.get("QUERY_STRING", ""))),
            host=environ.get("HTTP_HOST", ""),
        )
        body = found.body.encode("utf-8", "replace")
        headers = {
            "Content-Type": f"{found.kind}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Content-Security-Policy": f"{found.policy}; base-uri 'none'; form-action 'none'",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        start_response(found.status, list(headers.items()))
        return [body]

    def answer(self, path: str, asked: Mapping[str, str], *, host: str) -> Answer:
        """Return the page at *path*.

        A page of the internet can reach this machine under a name of its own, and is refused.
        """
        routes: Mapping[str, Callable[[dict[str, str]], Answer]] = {
            "/": self._index,
            "/body": self._body,
            "/stamp": lambda _: Answer(self.stamp(), "text/plain"),
        }
        if urlsplit(f"//{host}").hostname not in _HERE:
            return Answer("Not for others.", "text/plain", status="403 Forbidden")
        if path not in routes:
            return Answer("There is no such page.", "text/plain", status="404 Not Found")
        return routes[path](self._shown(asked))

    def stamp(self) -> str:
        """Return what is another after any template or word of the shop has changed."""
        folder = self._shop.templates
        found = sorted(folder.rglob("*")) if folder else []
        told = [f"{path}:{path.stat().st_mtime_ns}" for path in found if path.is_file()]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    def _choices(self) -> dict[str, tuple[str, ...]]:
        return {
            "message": self._only or self._shop.messages(),
            "locale": self._locales,
            "channel": tuple(CHANNELS),
            "look": LOOKS,
            "size": tuple(SIZES),
        }

    def _shown(self, asked: Mapping[str, str]) -> dict[str, str]:
        """Return what is asked for; the first of each where nothing known is."""
        return {
            name: asked[name] if asked.get(name) in known else known[0]
            for name, known in self._choices().items()
        }

    def _index(self, shown: dict[str, str]) -> Answer:
        choices, script = self._choices(), (_PAGE / "script.js").read_text(encoding="utf-8")
        labels = {
            "locale": "Language",
            "channel": "Channel",
            "look": "Colors",
            "size": "Width",
        }
        values = {
            "stamp": self.stamp(),  # before it is written: what changes meanwhile is shown next
            "shown": shown,
            "brand": self._shop.brand.name,
            "messages": choices["message"],
            "switches": [(name, label, choices[name]) for name, label in labels.items()],
            "link": lambda **other: f"/?{urlencode(shown | other)}",
            "body": f"/body?{urlencode(shown)}",
            "width": SIZES[shown["size"]],
            "style": Markup((_PAGE / "style.css").read_text(encoding="utf-8")),  # noqa: S704  own file
            "script": Markup(script),  # noqa: S704  the project's own file
            **self._told(shown),
        }
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy = (
            f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
            "connect-src 'self'; frame-src 'self'"
        )
        return Answer(self._pages.get_template("index.html").render(values), policy=policy)

    def _told(self, shown: dict[str, str]) -> dict[str, str]:
        try:
            written = self._writer.write(Place(shown["message"], shown["locale"]), shown["channel"])
        except TemplateError as error:
            return {"error": str(error), "subject": "", "locale": ""}
        return {"error": "", "subject": written.subject, "locale": written.locale}

    def _body(self, shown: dict[str, str]) -> Answer:
        channel = shown["channel"]
        try:
            written = self._writer.write(Place(shown["message"], shown["locale"]), channel)
        except TemplateError as error:
            return Answer(str(error), "text/plain")
        html = written.html or self._pages.get_template("bubble.html").render(
            channel=channel,
            locale=written.locale,
            text=written.text.strip(),
            parts=segments(written.text.strip()) if channel == "sms" else 0,
        )
        return Answer(looking(html, shown["look"]), policy=_MAIL_POLICY)
