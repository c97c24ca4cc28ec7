"""Servers to talk to, and a message to send."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from storelink.models import Outgoing
from storelink.testing import FrozenClock
from storelink.testing.mailserver import MailServer
from storelink_email import Email

TLS = Path(__file__).parents[2] / "data" / "tls"
SENDER = "Atelier <hello@atelier.example>"
NOW = datetime(2026, 11, 17, 8, 30, tzinfo=UTC)
SILENCE = "(silence)"
HANG_UP = "(hang up)"

POLITE: Mapping[str, str] = {
    "GREETING": "220 mail.example",
    "EHLO": "250 mail.example",
    "MAIL": "250 2.1.0 OK",
    "RCPT": "250 2.1.5 OK",
    "DATA": "354 Go ahead",
    "BODY": "",
    "END": "250 2.0.0 Queued",
    "RSET": "250 2.0.0 OK",
    "QUIT": "221 2.0.0 Bye",
}


class _Dialogue(socketserver.StreamRequestHandler):
    """Answers each step as the server's script says."""

    server: ScriptedServer

    def handle(self) -> None:
        self.server.dialogues += 1
        is_over = not self.step("GREETING")
        while not is_over and (line := self.rfile.readline()):
            verb = line[:4].decode().upper()
            is_over = not self.step(verb) or verb == "QUIT"
            if verb == "DATA" and not is_over and self.server.script["DATA"].startswith("354"):
                is_over = not self.take_message()

    def take_message(self) -> bool:
        content = b""
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            content += line
            if self.server.script["BODY"]:
                return self.step("BODY")
        self.server.contents.append(content)
        return self.step("END")

    def step(self, name: str) -> bool:
        self.server.steps.append(name)
        answer = self.server.script.get(name, "502 5.5.2 What?")
        if answer == SILENCE:
            self.rfile.read()
        if answer in {SILENCE, HANG_UP}:
            return False
        self.wfile.write(answer.encode() + b"\r\n")
        return True


class ScriptedServer(socketserver.ThreadingTCPServer):
    """Speaks SMTP word by word as told: for what no real server does on demand."""

    daemon_threads = True

    def __init__(self, script: Mapping[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Dialogue)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.script = {**POLITE, **script}
        self.steps: list[str] = []
        self.contents: list[bytes] = []
        self.dialogues = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def scripted() -> Iterator[Callable[..., ScriptedServer]]:
    """Return what starts a server that answers these steps otherwise than a polite one."""
    servers: list[ScriptedServer] = []

    def start(**script: str) -> ScriptedServer:
        server = ScriptedServer(script)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "localhost.pem", TLS / "localhost.key")
    return context


@pytest.fixture
def ca_file() -> Path:
    return TLS / "localhost.pem"


@pytest.fixture
def connect() -> Iterator[Callable[..., Email]]:
    """Return what makes a channel for a URL."""
    channels: list[Email] = []

    def make(url: str, **options: Any) -> Email:
        given = {"sender": SENDER, "timeout": 5, "clock": FrozenClock(NOW)}
        channels.append(Email(url, **{**given, **options}))
        return channels[-1]

    yield make
    for channel in channels:
        channel.close()


@pytest.fixture
def outgoing() -> Outgoing:
    return Outgoing(
        key="atelier/thank_you/order:1042/",
        store="atelier",
        to="ana@customer.example",
        to_name="Ana Silva",
        subject="Your order #1042",
        text="Thank you!\n",
        html="<p>Thank you!</p>",
        locale="en",
    )
