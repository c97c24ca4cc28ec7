"""A shop's address with nothing behind it but a function: for what no sandbox would answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from storelink.toolkit.http import Wire


@dataclass(frozen=True)
class Call:
    """One request, as the server received it; names of headers in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    port: int  # of the caller: one for each connection

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True)
class Said:
    """An answer. With `cut`, only so many bytes of the body come; `None` as answer hangs up."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Server:
    """Answers every request with `answer`, and keeps what it was asked."""

    answer: Callable[[Call], Said | None]
    url: str = ""
    calls: list[Call] = field(default_factory=list)

    @property
    def queries(self) -> list[Call]:
        return [one for one in self.calls if one.path.endswith("/graphql.json")]


@contextmanager
def serving(answer: Callable[[Call], Said | None]) -> Iterator[Server]:
    server = Server(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            path = urlsplit(self.path).path
            call = Call(
                self.command, path, headers, self.rfile.read(length), self.client_address[1]
            )
            server.calls.append(call)
            said = server.answer(call)
            if said is None:
                self.close_connection = True
                return
            body = said.raw
            self.send_response_only(said.status)
            usual = {"Content-Type": "application/json", "Date": self.date_time_string()}
            told = {**usual, **said.headers}
            for name, value in {**told, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: said.cut])
            self.close_connection = said.cut is not None

        do_GET = do_POST  # noqa: N815  the name of http.server

        def log_message(self, *_: object) -> None:
            pass

    http = _Quiet(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing of callers who hang up."""


class Hours:
    """A clock for a `Wire`: sleeping moves it, and nothing else does."""

    def __init__(self) -> None:
        self._start = datetime.now(UTC)
        self._seconds = 0.0
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self._seconds

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._seconds)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._seconds += seconds
            self.slept.append(seconds)

    @property
    def wire(self) -> Wire:
        return Wire(now=self.now, monotonic=self.monotonic, sleep=self.sleep, chance=lambda: 0.5)
