"""The Admin API of one shop: documents by name, within the budget, with typed outcomes."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import requests

from storelink.errors import StoreUnavailable, Throttled, WriteInDoubt, WriteRefused
from storelink.toolkit.http import Wire
from storelink_shopify import answers, costs, documents, downloads, mutations, scopes
from storelink_shopify.answers import Answer, Denied, NotUnderstood, Reply, TooCostly, Unreached
from storelink_shopify.bucket import Bucket, Key, shared
from storelink_shopify.documents import Document
from storelink_shopify.settings import ShopifySettings
from storelink_shopify.tokens import Tokens
from storelink_shopify.transport import send

_log = logging.getLogger(__name__)

_SCOPES_LAST = timedelta(minutes=10).total_seconds()
_CLOSED_FOR = timedelta(hours=1).total_seconds()
"""A field that was denied is asked for again: the app may have been approved meanwhile."""

Variables = Mapping[str, Any]
T = TypeVar("T")


class Client:
    """Reads and writes one shop. Its methods may be called from several threads.

    Besides what is named there, every method may raise `StoreUnavailable` (`Throttled` is one),
    `AccessDenied`, `NotTheApi`, and `StoreError` for what Shopify does not understand.

    Args:
        settings: which shop.
        tokens: gives the access token.
        wire: how the network, time and chance are reached.

    Attributes:
        denied: fields that Shopify denied and that were left out, with what they need.
        answered_version: of the API that answered last; empty until then.
        answered_at: when the API answered last, by its own clock.
    """

    def __init__(self, settings: ShopifySettings, tokens: Tokens, wire: Wire) -> None:
        self._settings, self._tokens, self._wire = settings, tokens, wire
        self._url = f"{settings.address}/admin/api/{settings.api_version}/graphql.json"
        self._lock = threading.Lock()
        self._fitting: dict[str, int] = {}
        self._closed: dict[str, float] = {}
        self._granted: tuple[float, frozenset[str]] | None = None
        self._warned: set[str] = set()
        self._held: Bucket | None = None
        self.denied: dict[str, str] = {}
        self.answered_version = ""
        self.answered_at: datetime | None = None

    def query(self, name: str, variables: Variables | None = None) -> Mapping[str, Any]:
        """Read what a document asks for; repeated when Shopify fails.

        The parts for which a right is missing are not asked for, and are not in the answer.

        Args:
            name: of the document.
            variables: its variables; those of its gates are filled in.
        """
        return self._gated(self._document(name), variables or {}, None).data

    def page(
        self, name: str, variables: Variables | None = None, *, first: int
    ) -> Mapping[str, Any]:
        """Read a page of at most *first* objects; of fewer, if so many cost too much at once."""
        document = self._document(name)
        while True:
            size = min(first, self._fitting.get(name, first))
            try:
                return self._gated(document, {**(variables or {}), "first": size}, size).data
            except TooCostly:
                if size == 1:
                    raise
                self._fitting[name] = size // 2

    def mutate(
        self, name: str, variables: Variables, *, answer: str, repeatable: bool = False
    ) -> Mapping[str, Any]:
        """Write, and return what the mutation's root field *answer* holds.

        It is repeated only when it was surely not executed.

        Args:
            name: of the document.
            variables: its variables; those of its gates are filled in.
            answer: the root field.
            repeatable: writing it twice is as good as once: it is repeated when its answer was
                lost, too.

        Raises:
            WriteRefused: Shopify said no; the error has its code.
            WriteInDoubt: the answer was lost: read back before repeating.
        """
        document = self._document(name)
        gates = self._gates(document)
        attempt = functools.partial(self._write, document, {**gates, **variables}, repeatable)
        try:
            told = self._wire.retrying()(attempt)
        except (Throttled, Unreached):
            raise
        except StoreUnavailable as error:
            raise _in_doubt(document, error) from error
        return mutations.executed(told.data, answer)

    def inner(self, name: str, variables: Variables | None = None) -> str:
        """Return a document as text that stands alone, for a bulk operation."""
        document = self._document(name)
        return documents.inline(document, {**self._gates(document), **(variables or {})})

    def scopes(self) -> frozenset[str]:
        """Return the rights that the app has in this shop; writing includes reading."""
        now = self._wire.monotonic()
        if self._granted is None or now >= self._granted[0]:
            data = self._read(self._document("access_scopes"), {}, None).data
            self._granted = (now + _SCOPES_LAST, scopes.of(data))
        return self._granted[1]

    def download(self, url: str, path: Path) -> None:
        """Write the result of a bulk operation to *path*, going on where the file ends.

        Raises:
            NotFound: the address has expired.
        """
        self._wire.retrying()(downloads.resume, self._wire, url, path)

    def close(self) -> None:
        """Give back connections."""
        self._wire.session.close()

    # -- how it is done --------------------------------------------------------------------------

    def _document(self, name: str) -> Document:
        told = self._settings
        return documents.load(name, told.api_version, birthday=told.birthday_metafield)

    def _gates(self, document: Document) -> dict[str, bool]:
        if not document.gates:
            return {}
        needed = any(scopes.GATES[gate] for gate in document.gates)
        opened = scopes.opened(document.gates, self.scopes() if needed else frozenset())
        now = self._wire.monotonic()
        return {gate: yes and self._closed.get(gate, now) <= now for gate, yes in opened.items()}

    def _gated(self, document: Document, variables: Variables, first: int | None) -> Answer:
        """Read; close the gates at which Shopify says that something is denied, and read again."""
        while True:
            gates = self._gates(document)
            try:
                return self._read(document, {**gates, **variables}, first)
            except Denied as error:
                self._granted = None
                names = {str(step) for path in error.paths for step in path}
                hit = {gate for name, gate in document.gated.items() if name in names}
                new = {gate for gate in hit if gates[gate] and variables.get(gate) is not True}
                if not new:
                    raise
                self._closed |= dict.fromkeys(new, self._wire.monotonic() + _CLOSED_FOR)
                self.denied.update(dict.fromkeys(names & set(document.gated), error.needs))
                _log.warning("%s; reading %s without it", error, document.name)

    def _read(self, document: Document, variables: Variables, first: int | None) -> Answer:
        return self._wire.retrying()(self._exchange, document, variables, first)

    def _write(self, document: Document, variables: Variables, repeatable: bool) -> Answer:
        try:
            return self._exchange(document, variables, None)
        except (Throttled, Unreached):
            raise
        except (Denied, NotUnderstood) as error:
            # Where only fields below the root failed, the mutation itself did not.
            paths = error.paths if isinstance(error, Denied) else (error.path,)
            if any(len(path) > 1 for path in paths):
                raise _in_doubt(document, error) from error
            if isinstance(error, NotUnderstood):
                raise WriteRefused(str(error), code=error.code) from error
            raise
        except StoreUnavailable as error:
            if repeatable:
                raise
            raise _in_doubt(document, error) from error

    def _exchange(self, document: Document, variables: Variables, first: int | None) -> Answer:
        """Make one call, within the budget; with another token, if this one is refused."""
        token = _token(self._tokens.current)
        try:
            return self._call(token, document, variables, (document.name, first))
        except Denied as error:
            refused = error.code == "token-refused"
            renewed = _token(self._tokens.renewed, token) if refused else None
            if renewed is None:
                raise
        return self._call(renewed, document, variables, (document.name, first))

    def _call(self, token: str, document: Document, variables: Variables, key: Key) -> Answer:
        bucket = self._bucket(token)
        guess = costs.estimate(document, key[1])
        share = bucket.take(key, self._wire.sleep, guess=guess)
        told, spent = None, True
        try:
            reply = send(self._wire, self._request(token, document, variables))
            self._notice(reply)
            body = answers.decoded(reply)
            told = answers.cost(body)
            spent = told is not None  # what is refused as it stands costs nothing
            answer = answers.understood(body, optional=scopes.OPTIONAL, status=reply.status)
        except Unreached:
            spent = False
            raise
        finally:
            bucket.settle(share, told, spent=spent)
        self.denied.update(answer.denied)
        return answer

    def _bucket(self, token: str) -> Bucket:
        # Held, for a bucket lives as long as somebody holds it.
        app = self._settings.client_id or token
        self._held = bucket = shared(self._settings.address, app, self._wire)
        return bucket

    def _request(self, token: str, document: Document, variables: Variables) -> requests.Request:
        return requests.Request(
            "POST",
            self._url,
            json={"query": document.text, "variables": dict(variables)},
            headers={"X-Shopify-Access-Token": token, "Accept": "application/json"},
        )

    def _notice(self, reply: Reply) -> None:
        """Keep what an answer tells by the way, and say once what is worth knowing."""
        self.answered_at = reply.at or self.answered_at
        asked = self._settings.api_version
        answered = reply.headers.get("x-shopify-api-version", "")
        self.answered_version = answered or self.answered_version
        if answered and answered != asked:
            # Shopify answers with its oldest supported version where the asked one is not.
            self._warn_once(f"{asked} was asked, {answered} answers; set api_version")
        reason = reply.headers.get("x-shopify-api-deprecated-reason")
        if reason:
            self._warn_once(f"something that is asked for will go away: {answers.brief(reason)}")

    def _warn_once(self, text: str) -> None:
        with self._lock:
            known = text in self._warned
            self._warned.add(text)
        if not known:
            _log.warning("Shopify %s: %s", self._settings.shop, text)


def _token(obtain: Callable[..., T], *args: str) -> T:
    """Obtain a token; without one, the call itself was not made."""
    try:
        return obtain(*args)
    except StoreUnavailable as error:
        raise Unreached(str(error), after=error.after) from error


def _in_doubt(document: Document, error: Exception) -> WriteInDoubt:
    return WriteInDoubt(f"{error}: nobody can say whether {document.name} was executed")
