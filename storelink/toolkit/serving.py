"""Serving a WSGI application on this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from storelink.errors import ConfigError, MissingExtra

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

try:
    from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
except ImportError:  # pragma: no cover  told by a test in a bare environment
    raise MissingExtra("Werkzeug", "web") from None


class _Quiet(WSGIRequestHandler):
    """Writes no line for each request, for addresses are personal data, and no date of its own.

    Attributes:
        timeout: seconds after which a connection is given up on which nothing comes.
    """

    timeout = 60

    def send_response(self, code: int, message: str | None = None) -> None:
        """Send the status; what else is said, and by which clock, is the application's."""
        self.send_response_only(code, message)

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  its name there
        """Say nothing."""


def server(app: WSGIApplication, *, host: str, port: int) -> BaseWSGIServer:
    """Return a server with a thread for each connection, bound but not yet running.

    Raises:
        ConfigError: the address cannot be used.
    """
    try:
        return make_server(host, port, app, threaded=True, request_handler=_Quiet)
    except (OSError, SystemExit):
        raise ConfigError(f"{host}:{port} cannot be used; is something else there?") from None


@contextmanager
def served(app: WSGIApplication, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve *app* in the background while the block runs; gives the address."""
    running = server(app, host=host, port=port)
    thread = threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://{running.host}:{running.port}"
    finally:
        running.shutdown()
        thread.join()
        running.server_close()
