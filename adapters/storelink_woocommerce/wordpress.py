"""What answers in place of the API, as hosts, caches and plugins of WordPress make it. Pure.

Texts are recognized, and never repeated: a page may hold paths, addresses and names.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urljoin, urlsplit

from storelink.errors import (
    AccessDenied,
    NotTheApi,
    StoreError,
    StoreUnavailable,
    Throttled,
)
from storelink_woocommerce.trouble import NO_PRETTY_ROUTES, Asked, Trouble

_BOM = b"\xef\xbb\xbf"


# -- a page for people -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Known:
    """A page that is known by its words.

    Attributes:
        words: any of them, in lower case, in the page's title, headings or, if it is short, text.
        in_doubt: PHP may have been at work before it failed.
    """

    code: str
    kind: type[StoreError]
    words: tuple[str, ...]
    detail: str
    remedy: str
    in_doubt: bool = False

    def is_in(self, said: str) -> bool:
        return any(word in said for word in self.words)

    def trouble(self) -> Trouble:
        return Trouble(self.code, self.kind, self.detail, self.remedy, in_doubt=self.in_doubt)


_FIREWALL = (
    "let the requests of storelink pass: allow the address of this machine, or exempt /wp-json/wc/"
)

_CHALLENGE = _Known(
    "blocked",
    NotTheApi,
    ("just a moment", "attention required!", "checking your browser"),
    "Cloudflare asks for a browser",
    "in Cloudflare make a rule that skips challenges and bot protection for /wp-json/wc/",
)
_HOST = _Known(
    "blocked",
    NotTheApi,
    ("sucuri", "imunify360", "mod_security", "modsecurity", "not acceptable", "sgcaptcha"),
    "the firewall of the shop's host blocks the request",
    f"ask the host to {_FIREWALL}",
)
_LOGIN = _Known(
    "login-page",
    NotTheApi,
    ("wp-login", "log in", "password protected", "members only"),
    "the shop sends visitors to a page to log in",
    "exempt the REST API in the plugin that locks the site",
)
_PAGES = (
    _Known(
        "maintenance",
        StoreUnavailable,
        ("scheduled maintenance", "maintenance mode", "under maintenance", "site maintenance"),
        "the shop shows a maintenance page",
        "wait until its update is done; if it stays, delete the file .maintenance, or exempt the "
        "REST API in the maintenance plugin",
    ),
    _Known(
        "maintenance",
        NotTheApi,
        ("coming soon", "under construction", "launching soon"),
        "the shop shows a page that it is not open yet",
        "exempt the REST API in the coming-soon plugin",
    ),
    _Known(
        "blocked",
        NotTheApi,
        ("wordfence", "your access to this site has been limited", "potentially unsafe operation"),
        "Wordfence blocks the request",
        f"in Wordfence > Firewall {_FIREWALL}",
    ),
    _Known(
        "blocked",
        NotTheApi,
        ("ithemes", "solid security", "you have been locked out"),
        "Solid Security (iThemes) blocks the request",
        f"in Security > Settings {_FIREWALL}",
    ),
    _CHALLENGE,
    _HOST,
    _Known(
        "php-failed",
        StoreUnavailable,
        ("error establishing a database connection",),
        "the shop's WordPress cannot reach its database",
        "ask the host; it comes back by itself when the database does",
    ),
    _Known(
        "php-failed",
        StoreUnavailable,
        ("critical error on this website", "fatal error", "parse error", "allowed memory size"),
        "PHP failed in the shop",
        "the cause is in WooCommerce > Status > Logs (fatal-errors) or in the host's error log",
        in_doubt=True,
    ),
)

_LOUD = re.compile(rb"<(title|h1|h2)[^>]*>(.*?)</\1", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_SHORT = 6_000
_START = 100_000


def known_page(headers: Mapping[str, str], body: bytes) -> Trouble | None:
    """Return what the page means if its words are known."""
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return _CHALLENGE.trouble()
    if len(body) > _SHORT:
        body = b" ".join(match[2] for match in _LOUD.finditer(body[:_START]))
    said = body.decode("utf-8", "replace").lower()
    return next((known.trouble() for known in _PAGES if known.is_in(said)), None)


_TOO_MANY, _FAILED, _MISSING = 429, 500, 404


def page(asked: Asked, status: int, headers: Mapping[str, str], body: bytes) -> Trouble:
    """Return what it means that a page for people, or other text, is answered."""
    if status == _TOO_MANY:
        return Trouble("throttled", Throttled, "the shop's server wants fewer requests")
    if status == _MISSING:
        return _no_page(asked)
    known = known_page(headers, body)
    if known or status >= _FAILED:
        return known or _failed(status)
    if _LOGIN.is_in(body[:_START].decode("utf-8", "replace").lower()):
        return _LOGIN.trouble()
    return _BY_STATUS.get(status, _PEOPLE)


def _failed(status: int) -> Trouble:
    return Trouble(
        "server-error",
        StoreUnavailable,
        f"the shop's server answered {status} with a page for people",
        "if it stays, look into the host's error log",
        in_doubt=True,
    )


def _no_page(asked: Asked) -> Trouble:
    return Trouble(
        NO_PRETTY_ROUTES,
        NotTheApi,
        "the shop's server has neither /wp-json/ nor ?rest_route="
        if asked.plain
        else "the shop's server has no page /wp-json/, and ?rest_route= is not WordPress either",
        "set url to the address of WordPress with its sub-directory, if it has one, and choose a "
        "structure other than Plain under Settings > Permalinks",
    )


_PEOPLE = Trouble(
    "not-the-api",
    NotTheApi,
    "a page for people is answered in place of the REST API",
    "set url to the address of WordPress with its sub-directory, if it has one; if it is right, "
    "a plugin or the server sends all visitors to that page: exempt /wp-json/",
)
_FORBIDDEN = Trouble(
    "blocked",
    NotTheApi,
    "a firewall or a security plugin in front of the shop refuses the request",
    f"in that plugin, or at the host, {_FIREWALL}",
)
_BY_STATUS = {
    401: Trouble(
        "blocked",
        AccessDenied,
        "the web server itself asks for a password, before WordPress is reached",
        "exempt /wp-json/ from the password of the server, as it is used for staging sites",
    ),
    403: _FORBIDDEN,
    406: _FORBIDDEN,
    418: _FORBIDDEN,
}


# -- a redirect ----------------------------------------------------------------------------------


def redirect(asked: Asked, status: int, location: str) -> Trouble:
    """Return what it means that another address is answered.

    It is not followed: `requests` drops the Authorization header on the way to another host and
    turns POST into GET, and a signature is made for one address.
    """
    target = urlsplit(urljoin(f"{asked.url}/", location))
    if "captcha" in target.path:
        return _HOST.trouble()
    if "login" in target.path:
        return _LOGIN.trouble()
    base = _base(target.scheme, target.hostname or "", target.port, target.path)
    if base == asked.url:
        return Trouble(
            "redirected",
            NotTheApi,
            f"the shop redirects its own REST API ({status})",
            "exempt /wp-json/ from the redirects of the server or plugin, for example those that "
            "add a slash or a language",
        )
    return Trouble(
        "redirected",
        NotTheApi,
        f"the shop redirects to {base} ({status})",
        f"if that is the shop, set url to {base}",
    )


def _base(scheme: str, host: str, port: int | None, path: str) -> str:
    home = re.split(r"/(?:wp-json|index\.php)(?:/|$)", path)[0].rstrip("/")
    return f"{scheme}://{host}{f':{port}' if port else ''}{home}"


# -- an old page -----------------------------------------------------------------------------------

_CACHES = (
    "cf-cache-status",
    "x-cache",
    "x-cache-status",
    "x-proxy-cache",
    "x-varnish-cache",
    "x-litespeed-cache",
    "x-nginx-cache",
    "x-fastcgi-cache",
    "x-sucuri-cache",
    "x-wp-cf-super-cache",
)
_LINK = re.compile(r"<([^>]*)>")


def is_old(asked: Asked, headers: Mapping[str, str]) -> bool:
    """Say whether the answer was kept from an earlier question.

    Every question has a token that no question had before: whoever has an answer ready ignored
    it. WordPress repeats the parameters in the links to other pages of a list, where an old
    answer has another token.
    """
    if not asked.token:
        return False
    if any(headers.get(name, "").strip().lower().startswith("hit") for name in _CACHES):
        return True
    age = headers.get("age", "").strip()
    return (age.isdecimal() and int(age) > 0) or _has_other_token(asked, headers.get("link", ""))


def _has_other_token(asked: Asked, link: str) -> bool:
    queries = (parse_qs(urlsplit(address).query) for address in _LINK.findall(link))
    tokens = {token for query in queries for token in query.get("_", ())}
    return bool(tokens) and asked.token not in tokens


OLD = Trouble(
    "cached",
    NotTheApi,
    "a cache in front of the shop answers with an old page",
    "exempt /wp-json/ in the cache plugin, at the host and at the CDN, and empty them",
)


# -- JSON among other things -------------------------------------------------------------------

_VALUE = re.compile(r'(?:^|[>\n\r])[ \t]*(?=\{\s*["}]|\[\s*[\[{"\]])')


def json_within(body: bytes) -> bytes | None:
    """Return the JSON among messages that PHP printed before or after it.

    They are recognized by where they stand: WordPress prints its JSON in one line after the
    messages. JSON that breaks off is none, though it may hold whole objects.
    """
    text = body.removeprefix(_BOM).decode("utf-8", "replace").strip()
    value = _VALUE.search(text)
    if not value:
        return None
    try:
        _, end = json.JSONDecoder().raw_decode(text, value.end())
    except (ValueError, RecursionError):
        return None
    rest = text[end:].lstrip("\ufeff").strip()
    is_message = not rest or rest.startswith(("<", "Warning", "Notice", "Deprecated", "PHP "))
    return text[value.end() : end].encode() if is_message else None


def plain_words(message: str) -> str:
    """Return a message of WordPress without its markup and entities, in one line."""
    words = html.unescape(_TAG.sub(" ", message))
    return " ".join(words.split())[:300]
