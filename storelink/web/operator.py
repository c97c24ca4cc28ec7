"""The operator's page: how the work goes on, and why something was sent or not. It only looks."""

from __future__ import annotations

import hmac
from itertools import islice
from typing import TYPE_CHECKING, Final

from storelink.app import Storelink
from storelink.errors import ConfigError, MissingExtra
from storelink.models.enums import MessageState
from storelink.rendering.pages import Pages, choose_language
from storelink.web.customers import Shown

if TYPE_CHECKING:
    from storelink.outbox.desk import MessageView

try:
    from werkzeug import Request, Response
except ImportError:  # pragma: no cover  told by a test in a bare environment
    raise MissingExtra("Werkzeug", "web") from None

MIN_PASSWORD: Final = 12
_LISTED: Final = 50
_LONGEST: Final = 100


class OperatorPages:
    """Answers who knows the password, as HTTP Basic has it or as a bearer's token.

    Args:
        link: the app.
        pages: draws.
        password: any user name goes with it.

    Raises:
        ConfigError: the password is too short.
    """

    def __init__(self, link: Storelink, pages: Pages, password: str) -> None:
        if len(password) < MIN_PASSWORD:
            raise ConfigError(f"the operator's password has at least {MIN_PASSWORD} characters")
        self._link, self._pages, self._password = link, pages, password.encode()

    def knows(self, request: Request) -> bool:
        """Say whether the request brings the password; compared in constant time."""
        given = request.authorization
        if given is None:
            return False
        brought = given.token if given.type == "bearer" else given.password
        return hmac.compare_digest((brought or "").encode(), self._password)

    def refusal(self) -> Response:
        """Return the answer to who does not know it."""
        headers = {"WWW-Authenticate": 'Basic realm="storelink", charset="UTF-8"'}
        return Response("the password, please", status=401, headers=headers)

    def show(self, request: Request) -> Shown:
        """Return the page."""
        store = request.args.get("store", "")[:_LONGEST]
        order = request.args.get("order", "").strip()[:_LONGEST]
        html = self._pages.draw(
            "operator",
            choose_language("en"),
            health=self._link.health(),
            counts=list(self._link.counts().items()),
            doubtful=self._doubtful(),
            stores=self._link.stores,
            store=store,
            order=order,
            explanation=self._explained(store, order),
        )
        return Shown(html)

    def _doubtful(self) -> list[MessageView]:
        return list(islice(self._link.messages(state=MessageState.IN_DOUBT), _LISTED))

    def _explained(self, store: str, order: str) -> str:
        if not order or store not in self._link.stores:
            return ""
        try:
            return str(self._link.explain(store, order))
        except LookupError:
            return ""
