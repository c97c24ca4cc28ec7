"""Asking a shop, and writing to it: retries, and what a shop must be asked in another way."""

from __future__ import annotations

import functools
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import requests
from pydantic import SecretStr

from storelink.errors import StoreError, StoreUnavailable, WriteInDoubt
from storelink.toolkit.http import Wire, retry_after
from storelink_woocommerce import answers
from storelink_woocommerce.network import lost
from storelink_woocommerce.trouble import (
    KEY_REFUSED,
    KEY_UNKNOWN,
    NO_PRETTY_ROUTES,
    SWITCHED_OFF,
    Answer,
    Asked,
    Trouble,
)

if TYPE_CHECKING:
    from storelink_woocommerce.transport import Connection, Mode

log = logging.getLogger(__name__)

MOST_IN_BATCH = 100
"""What WooCommerce takes at once (`WC_REST_Controller::check_batch_limit`)."""

SETTLE = 2.0
"""Seconds until a write whose answer was lost is looked for: it may still be running."""

CACHE_BUSTER = "_"
"""The parameter that makes every address new; WordPress ignores it."""

_NOBODY = {KEY_UNKNOWN, SWITCHED_OFF}
"""What is answered to a visitor: the key may have been lost on the way."""

Method = Literal["GET", "POST", "PUT", "DELETE"]
ReadBack = Callable[[], Any]
"""Returns what a write made, if it was executed, and `None` if it surely was not."""
Send = Callable[["Mode"], Answer | Trouble]


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of each item of a batch, in the order given: the object, or why not."""

    create: tuple[Any, ...] = field(repr=False, default=())
    update: tuple[Any, ...] = field(repr=False, default=())
    delete: tuple[Any, ...] = field(repr=False, default=())


class Client:
    """One shop's REST API. May be used by several threads.

    Args:
        url: the address of the shop, with its sub-directory if it has one.
        consumer_key: of the REST API.
        consumer_secret: of the REST API.
        api_version: the namespace of the routes.
        query_string_auth: over https, whether the key goes into the query; `None`: only if the
            shop's server is found to drop the Authorization header.
        wire: how the network, time and chance are reached.

    Raises:
        MissingExtra: the package `woocommerce` is not installed.
    """

    def __init__(
        self,
        url: str,
        consumer_key: SecretStr,
        consumer_secret: SecretStr,
        *,
        api_version: str = "wc/v3",
        query_string_auth: bool | None = None,
        wire: Wire | None = None,
    ) -> None:
        from storelink_woocommerce.transport import Connection, Mode

        self.url = url.rstrip("/")
        self.wire = wire or Wire()
        is_https = self.url.startswith("https")
        self._is_auto = query_string_auth is None and is_https
        # WordPress behind a proxy may not know that it is asked over https, and wants a signature.
        self._unsigned = KEY_UNKNOWN if is_https else KEY_REFUSED
        self._is_home_known = False
        self._mode: Mode = Mode(query_auth=bool(query_string_auth))
        self._connection: Connection = Connection(
            self.url,
            consumer_key.get_secret_value(),
            consumer_secret.get_secret_value(),
            version=api_version,
            wire=self.wire,
        )
        self._said: set[str] = set()

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    @property
    def mode(self) -> Mode:
        """How the shop is asked, as far as it is known by now."""
        return self._mode

    # -- reading ---------------------------------------------------------------------------------

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        """Read *path*, for example `"orders/1042"`; again, as long as it may help.

        A list among *params* is sent with commas.

        Raises:
            NotFound: there is no such object.
            NoRoute: there is no such route.
            StoreUnavailable: the shop does not answer, or is out of order.
            AccessDenied: the key is refused, or may not read this.
            NotTheApi: something else answers.
            StoreError: the shop refuses the question.
        """
        return self.wire.retrying()(self._get, path, params)

    def _get(self, path: str, params: Mapping[str, Any] | None) -> Answer:
        return _answer(self.ask("GET", path, params))

    def pages(self, path: str, params: Mapping[str, Any] | None = None) -> Iterator[Answer]:
        """Read a short list whole, page by page. A list that changes meanwhile may drift."""
        number, last = 1, 1
        while number <= last:
            answer = self.get(path, {"per_page": 100, **(params or {}), "page": number})
            number, last = number + 1, answer.pages or 1
            yield answer

    # -- writing ---------------------------------------------------------------------------------

    def post(
        self, path: str, json: Mapping[str, Any], *, read_back: ReadBack | None = None
    ) -> Answer:
        """Write to *path*; `put` and `delete` do it the same way.

        It is repeated if it was surely not executed. If the answer was lost, *read_back* is asked
        first, and what it returns is the answer's data; only if it says `None` the write is
        repeated. A write that may be executed twice has a *read_back* that returns `None`.

        Raises:
            WriteRefused: the shop understood it and said no.
            WriteInDoubt: the answer was lost, and nothing could be read back.
            StoreError: as `get` does.
        """
        return self._write("POST", path, json=json, read_back=read_back)

    def put(
        self, path: str, json: Mapping[str, Any], *, read_back: ReadBack | None = None
    ) -> Answer:
        """Change the object at *path*; see `post`."""
        return self._write("PUT", path, json=json, read_back=read_back)

    def delete(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        read_back: ReadBack | None = None,
    ) -> Answer:
        """Delete the object at *path*; see `post`."""
        return self._write("DELETE", path, params=params, read_back=read_back)

    def batch(
        self,
        path: str,
        *,
        create: Sequence[Mapping[str, Any]] = (),
        update: Sequence[Mapping[str, Any]] = (),
        delete: Sequence[int] = (),
    ) -> Batch:
        """Write up to 100 objects of the list *path* at once; each succeeds or fails by itself.

        Returns:
            for each object what it is now, or the `StoreError` that refused it.

        Raises:
            WriteInDoubt: the answer was lost.
            StoreError: as `get` does.
        """
        if len(create) + len(update) + len(delete) > MOST_IN_BATCH:
            raise ValueError(f"a batch holds at most {MOST_IN_BATCH} objects")
        parts: dict[str, Sequence[Any]] = {"create": create, "update": update, "delete": delete}
        body = {name: list(items) for name, items in parts.items() if items}
        data = self._write("POST", f"{path}/batch", json=body).data
        told: dict[str, Any] = data if isinstance(data, dict) else {}
        for name, items in body.items():
            if len(told.get(name, ())) != len(items):
                raise WriteInDoubt(f"the shop did not say what became of every {name} of a batch")
        return Batch(**{name: tuple(map(answers.item, told[name])) for name in body})

    def _write(
        self,
        method: Method,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
        read_back: ReadBack | None = None,
    ) -> Answer:
        def once() -> Answer:
            told = self.ask(method, path, params, json)
            if isinstance(told, Trouble) and told.in_doubt:
                return self._settle(told, read_back)
            return _answer(told)

        return self.wire.retrying()(once)

    def _settle(self, lost_answer: Trouble, read_back: ReadBack | None) -> Answer:
        """Return what a write made, or raise: repeatable only if it was surely not executed."""
        error = lost_answer.error()
        if read_back is None:
            raise WriteInDoubt(f"nobody can say whether it was written: {error}") from error
        self.wire.sleep(SETTLE)
        try:
            found = read_back()
        except StoreError as unread:
            raise WriteInDoubt(f"it could not be read back: {unread}") from error
        if found is None:
            raise error
        return Answer(found)

    # -- one question ----------------------------------------------------------------------------

    def ask(
        self,
        method: Method,
        path: str,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
        *,
        namespace: str | None = None,
    ) -> Answer | Trouble:
        """Ask once, and again only in the way in which this shop must be asked.

        Args:
            method: what to do.
            path: as `get` takes it.
            params: go into the address.
            json: the body of a POST or PUT.
            namespace: of the route, if it is not WooCommerce's; empty: the root of the API.
        """
        send = functools.partial(
            self._send, method, path.strip("/"), dict(params or {}), json, namespace
        )
        mode = self._mode
        told = send(mode)
        if mode.signed_for and _code(told) == KEY_REFUSED:  # perhaps somebody put it right
            mode = self._mode = replace(mode, signed_for="")
            self._is_home_known = False
            told = send(mode)
        if _code(told) == NO_PRETTY_ROUTES and not mode.plain:
            told = self._try_plain(send, mode, told)
        if _code(told) in _NOBODY and self._is_auto:
            told = self._try_query(send, told)
        if _code(told) == self._unsigned and not self._is_home_known:
            told = self._try_signed(send, told)
        return told

    # What leads to these was not executed, so that a write is tried again, too.

    def _try_plain(self, send: Send, mode: Mode, told: Answer | Trouble) -> Answer | Trouble:
        plain = replace(mode, plain=True)
        again = send(plain)
        if isinstance(again, Answer) or again.from_api:
            self._mode = plain
            self._say_once(_SAID_PLAIN)
            return again
        return again if issubclass(again.kind, StoreUnavailable) else told

    def _try_query(self, send: Send, told: Answer | Trouble) -> Answer | Trouble:
        query = replace(self._mode, query_auth=True)
        again = send(query)
        if isinstance(again, Answer) or (again.from_api and again.code not in _NOBODY):
            self._mode = query
            self._say_once(_SAID_QUERY)
            self._is_auto = False
            return again
        if again.from_api:
            self._is_auto = False
        return told

    def _try_signed(self, send: Send, told: Answer | Trouble) -> Answer | Trouble:
        """Sign for the address that WordPress believes to have (`check_oauth_signature`)."""
        root = self._send("GET", "", {"_fields": "home"}, None, "", self._mode)
        is_down = isinstance(root, Trouble) and issubclass(root.kind, StoreUnavailable)
        self._is_home_known = not is_down
        site = root.data if isinstance(root, Answer) else None
        home = site.get("home") if isinstance(site, Mapping) else None
        host = home.split("/")[2:3] if isinstance(home, str) else None
        if not host or f"http://{host[0]}" == "/".join(self.url.split("/", 3)[:3]):
            return told
        signed = replace(self._mode, signed_for=f"http://{host[0]}")
        again = send(signed)
        if isinstance(again, Trouble) and again.code in {KEY_UNKNOWN, KEY_REFUSED}:
            return told
        self._mode = signed
        self._say_once(_SAID_SIGNED)
        return again

    def _send(
        self,
        method: Method,
        path: str,
        params: dict[str, Any],
        json: Mapping[str, Any] | None,
        namespace: str | None,
        mode: Mode,
    ) -> Answer | Trouble:
        token = secrets.token_hex(8) if method == "GET" else ""
        if token:
            params = {**params, CACHE_BUSTER: token}
        call: dict[str, Any] = {"params": params, "mode": mode, "namespace": namespace}
        if method in {"POST", "PUT"}:
            call["data"] = json or {}
        try:
            response = getattr(self._connection, method.lower())(path, **call)
        except requests.RequestException as error:
            return lost(error)
        asked = Asked(
            method=method,
            route=path,
            url=self.url,
            plain=mode.plain,
            token=token,
            now=self.wire.now(),
        )
        told = answers.judge(asked, response.status_code, response.headers, response.content)
        if isinstance(told, Trouble):
            return replace(told, after=retry_after(response, asked.now))
        if told.repaired:
            self._say_once(_SAID_NOTICES)
        return told

    def _say_once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            log.warning(text, self.url)


_SAID_PLAIN = (
    "%s has plain permalinks and is asked by ?rest_route=; better choose another structure under "
    "Settings > Permalinks"
)
_SAID_QUERY = (
    "the web server of %s drops the Authorization header, and the key is sent in the query; better "
    "let the server pass the header on"
)
_SAID_SIGNED = (
    "the WordPress of %s believes to be at another address, or to be asked over plain http, and is "
    "asked with signatures for that; better set url to the Site Address under Settings > General, "
    "and let a proxy tell WordPress of https (X-Forwarded-Proto)"
)
_SAID_NOTICES = (
    "%s prints PHP messages around its answers; set WP_DEBUG_DISPLAY to false, and look at what "
    "they say"
)


def _answer(told: Answer | Trouble) -> Answer:
    if isinstance(told, Trouble):
        raise told.error()
    return told


def _code(told: Answer | Trouble) -> str:
    return told.code if isinstance(told, Trouble) else ""
