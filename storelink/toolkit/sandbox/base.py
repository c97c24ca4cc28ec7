"""A sandbox's server: one WSGI application on this machine, and what goes wrong with it."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import threading
import time
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from storelink.contracts.sandbox import Faults, Sandbox
from storelink.errors import MissingExtra
from storelink.toolkit.serving import server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

try:
    from werkzeug import Request, Response
    from werkzeug.http import http_date
    from werkzeug.serving import BaseWSGIServer

    from storelink.toolkit.sandbox.control import PREFIX, Control
except ImportError:  # pragma: no cover  told by a test in a bare environment
    raise MissingExtra("Werkzeug", "sandbox") from None


class LocalSandbox(Sandbox):
    """A sandbox whose API is `answer`, served over HTTP, with faults.

    Below `/_sandbox/` is its control (`Control`), which no fault concerns.

    Args:
        faults: what goes wrong; by default nothing.

    Attributes:
        title: what is played, for people.
    """

    title = "Store"

    def __init__(self, faults: Faults | None = None) -> None:
        self._faults = faults or Faults()
        self.lock = threading.RLock()
        self._calls: Counter[str] = Counter()
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self._control = Control(self, self.title)

    @property
    def faults(self) -> Faults:
        """What goes wrong. Others that are put here come into force everywhere at once."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        for one in dataclasses.fields(Faults):  # the courier has them, too
            setattr(self._faults, one.name, getattr(faults, one.name))

    @abstractmethod
    def answer(self, request: Request) -> Response:
        """Answer one request; called with `lock` held."""

    @abstractmethod
    def unavailable(self, request: Request) -> Response:
        """Return what the platform answers when it is out of order."""

    @abstractmethod
    def throttled(self, request: Request) -> Response:
        """Return what the platform answers to too many calls."""

    @property
    def url(self) -> str:
        """The address of the server, without a slash at its end."""
        if self._server is None:
            raise RuntimeError("the sandbox is not started")
        return f"http://{self._server.host}:{self._server.port}"

    @property
    def calls(self) -> Mapping[str, int]:
        """How often the API was called, by what became of it."""
        return dict(self._calls)

    def start(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Start the server; with port 0 on any free port."""
        if self._server is not None:
            return
        self._server = server(self, host=host, port=port)
        looks = {"poll_interval": 0.02}  # how soon it stops; half a second adds up in tests
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs=looks, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop the server."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
        self._server = self._thread = None

    def count(self, outcome: str) -> None:
        """Count a call whose outcome its status does not tell, such as a refused query."""
        self._calls[outcome] += 1

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request, as WSGI has it."""
        request = Request(environ)
        is_control = request.path.startswith(PREFIX)
        if self.faults.slow and not is_control:
            time.sleep(self.faults.slow)
        with self.lock:
            response = self._control.answer(request) if is_control else self._respond(request)
        if response is None:
            return _hang_up(environ, start_response)
        response.headers.setdefault("Date", http_date())  # unless the platform's clock told it
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response | None:
        """Return the answer, or `None` to hang up without one."""
        faults = self.faults
        request.get_data()  # a request is read before it is answered, whatever comes of it
        if faults.happens(faults.throttled):
            self.count("throttled")
            return self.throttled(request)
        if faults.happens(faults.unavailable):
            self.count("unavailable")
            return self.unavailable(request)
        before = self._calls.total()
        response = self.answer(request)
        is_counted = self._calls.total() > before
        if faults.happens(faults.lost):
            self.count("lost")
            return None
        if faults.happens(faults.cut):
            self.count("cut")
            return _cut(response)
        if not is_counted:
            is_fine = response.status_code < 400  # noqa: PLR2004  the first status of an error
            self.count("ok" if is_fine else str(response.status_code))
        return response


def _cut(response: Response) -> Response:
    """Return an answer that promises more bytes than it has."""
    whole = response.get_data()
    response.set_data(whole[: len(whole) // 2])
    response.headers["Content-Length"] = str(len(whole))
    response.headers["Connection"] = "close"
    response.automatically_set_content_length = False
    return response


def _hang_up(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    with contextlib.suppress(OSError, KeyError):
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    start_response("503 Service Unavailable", [("Content-Length", "0")])
    return []
