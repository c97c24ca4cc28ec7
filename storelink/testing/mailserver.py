"""A real SMTP server on this machine: for tests, and for the demo.

It needs aiosmtpd (extra `testing` or `demo`).
"""

from __future__ import annotations

import asyncio
import email.policy
import socket
import ssl
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Final, Literal, Self

from storelink.errors import MissingExtra

try:
    from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
except ImportError:  # pragma: no cover
    raise MissingExtra("aiosmtpd", "testing") from None

HOST: Final = "127.0.0.1"
_LARGEST: Final = 50_000_000
_YES: Final = "250 2.0.0 OK"

Stage = Literal["mail", "rcpt", "end"]
"""What is answered: the sender, the recipient, the complete message."""


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """One mail that the server accepted.

    Attributes:
        sender: the envelope's sender, not the header's.
        content: the mail as it came, without the dots that SMTP adds.
        options: what the client said with the sender, for example `("SMTPUTF8",)`.
    """

    sender: str
    recipients: tuple[str, ...] = field(repr=False)
    content: bytes = field(repr=False)
    options: tuple[str, ...] = ()

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return message_from_bytes(self.content, policy=email.policy.default)


@dataclass(frozen=True, slots=True)
class _Act:
    """What the server does instead of saying yes. Without an *answer* it hangs up."""

    answer: str | None = None
    keeps_mail: bool = False


class MailServer:
    """Accepts mail on a free port of the loopback interface, keeps it, and fails when told.

    ```python
    with MailServer() as server:
        Email(server.url, sender="shop@example.com").send(message)
        print(server.received[0].message["Subject"])
    ```

    Args:
        tls: offer STARTTLS with this context, or speak TLS from the start with *implicit_tls*.
        credentials: the user and the password that the server asks for.
        smtputf8: take addresses with other than ASCII letters.
        port: where to listen; by default on a port that is free.

    Attributes:
        received: the accepted mails, oldest first.
        connections: how many connections were opened so far.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        credentials: tuple[str, str] | None = None,
        smtputf8: bool = True,
        port: int = 0,
    ) -> None:
        self.received: list[ReceivedMail] = []
        self.connections = 0
        self._tls, self._implicit_tls = tls, implicit_tls
        self._credentials, self._smtputf8 = credentials, smtputf8
        self._acts: dict[Stage, deque[_Act]] = defaultdict(deque)
        self._protocols: list[SMTP] = []
        self._socket = socket.create_server((HOST, port))
        self.port: int = self._socket.getsockname()[1]
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._is_ready.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join()

    @property
    def url(self) -> str:
        """The server as a URL, without credentials."""
        return f"{'smtps' if self._implicit_tls else 'smtp'}://{HOST}:{self.port}"

    @property
    def mails(self) -> list[bytes]:
        """The accepted mails as they came, oldest first."""
        return [mail.content for mail in self.received]

    def answer_next(self, answer: str, *, at: Stage = "end", times: int = 1) -> None:
        """Answer the next mails with *answer*, for example `"451 4.3.0 try later"`."""
        self._acts[at].extend([_Act(answer)] * times)

    def hang_up_next(self, *, at: Stage = "end", keep_mail: bool = True) -> None:
        """Close the connection instead of answering the next mail.

        Args:
            at: instead of which answer.
            keep_mail: accept the complete message nevertheless: only the answer is lost.
        """
        self._acts[at].append(_Act(keeps_mail=keep_mail))

    def hang_up(self) -> None:
        """Close every connection now, as servers do with idle ones."""
        done = asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop)
        done.result()

    async def handle_MAIL(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take a sender, or not."""
        envelope.mail_from, envelope.mail_options = address, options
        if self._credentials and not session.authenticated:
            return "530 5.7.0 Authentication required"
        return await self._act("mail", server) or _YES

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or not."""
        answer = await self._act("rcpt", server)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or _YES

    async def handle_DATA(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Any, envelope: Any
    ) -> str:
        """Take a complete message, or not."""
        mail = ReceivedMail(
            envelope.mail_from,
            tuple(envelope.rcpt_tos),
            envelope.original_content,
            tuple(envelope.mail_options),
        )
        answer = await self._act("end", server, mail)
        if answer is None:
            self.received.append(mail)
        return answer or f"250 2.0.0 OK: queued as {len(self.received)}"

    async def _act(
        self, stage: Stage, server: SMTP, mail: ReceivedMail | None = None
    ) -> str | None:
        """Do what is next on the list for *stage*, and return the answer; `None` means yes."""
        if not self._acts[stage]:
            return None
        act = self._acts[stage].popleft()
        if act.answer is not None:
            return act.answer
        if mail is not None and act.keeps_mail:
            self.received.append(mail)
        _abort(server)
        return await asyncio.Future()  # until aiosmtpd cancels the dialogue

    async def _serve(self) -> None:
        self._loop, self._is_over = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(
            self._protocol, sock=self._socket, ssl=self._tls if self._implicit_tls else None
        )
        self._is_ready.set()
        await self._is_over.wait()
        server.close()
        await self._hang_up()

    async def _hang_up(self) -> None:
        for protocol in self._protocols:
            _abort(protocol)
        self._protocols.clear()
        await asyncio.sleep(0)  # lets the connections close

    def _protocol(self) -> SMTP:
        self.connections += 1
        protocol = SMTP(
            self,
            hostname="localhost",
            data_size_limit=_LARGEST,
            enable_SMTPUTF8=self._smtputf8,
            tls_context=None if self._implicit_tls else self._tls,
            authenticator=self._authenticate if self._credentials else None,
            auth_require_tls=self._tls is not None and not self._implicit_tls,
            loop=self._loop,
        )
        self._protocols.append(protocol)
        return protocol

    def _authenticate(
        self, server: SMTP, session: Any, envelope: Any, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self._credentials, handled=False)


def _abort(protocol: SMTP) -> None:
    if isinstance(protocol.transport, asyncio.WriteTransport):
        protocol.transport.abort()
