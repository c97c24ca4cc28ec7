"""Opens connections to a mail server: TLS, credentials, and what went wrong in clear words.

Whatever fails here concerns the server or the set-up, never the message: it can be sent later,
and so can every other one.
"""

from __future__ import annotations

import contextlib
import functools
import smtplib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

from storelink.errors import RetryLater
from storelink_email.replies import Reply
from storelink_email.server import Security, Server


class Opener:
    """Opens connections that are ready for a mail.

    Args:
        server: where to.
        timeout: seconds to wait for each answer.
        ca_file: certificates to trust instead of the system's.
    """

    def __init__(self, server: Server, *, timeout: float, ca_file: Path | None) -> None:
        self.server = server
        self._timeout, self._ca_file = timeout, ca_file

    def open(self) -> smtplib.SMTP:
        """Connect, protect the connection, and give the credentials.

        Raises:
            RetryLater: any of it failed; the message names the remedy.
        """
        with _explained(self.server), contextlib.ExitStack() as on_failure:
            smtp = self._connect()
            on_failure.callback(smtp.close)
            smtp.ehlo_or_helo_if_needed()
            self._protect(smtp)
            if self.server.user:
                smtp.login(self.server.user, self.server.password)
            on_failure.pop_all()
        return smtp

    def _connect(self) -> smtplib.SMTP:
        host, port = self.server.host, self.server.port
        smtp = (
            smtplib.SMTP_SSL(host, port, timeout=self._timeout, context=self._context)
            if self.server.security is Security.IMPLICIT
            else smtplib.SMTP(host, port, timeout=self._timeout)
        )
        if smtp.sock is not None:
            # The final dot is a small packet: it would wait until the one before it is confirmed.
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return smtp

    def _protect(self, smtp: smtplib.SMTP) -> None:
        security = self.server.security
        wanted = security in (Security.STARTTLS, Security.OPPORTUNISTIC)
        if wanted and smtp.has_extn("starttls"):
            smtp.starttls(context=self._context)
            smtp.ehlo_or_helo_if_needed()
        elif security is Security.STARTTLS:
            raise RetryLater(
                f"{self.server} offers no STARTTLS, and nothing is sent without; use smtps:// if "
                "it speaks TLS from the start, or smtp+plain:// if the network is trusted",
                outage=True,
            )

    @functools.cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._ca_file)


@contextlib.contextmanager
def _explained(server: Server) -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        reply = _reply(error)
        raise RetryLater(
            f"{server} does not accept the user name and password: {reply.text}",
            code=reply.codes,
            outage=True,
        ) from None
    except smtplib.SMTPResponseException as error:
        reply = _reply(error)
        raise RetryLater(
            f"{server} is not ready: {reply.code} {reply.text}", code=reply.codes, outage=True
        ) from None
    except ssl.SSLCertVerificationError as error:
        raise RetryLater(
            f"the certificate of {server} is not trusted ({error.verify_message}); the host in the "
            "URL must be the one it is made for, and ca_file may name who else to trust",
            outage=True,
        ) from None
    except ssl.SSLError as error:
        raise RetryLater(
            f"no TLS with {server} ({error.reason}); smtps:// is for servers that speak TLS from "
            "the start, smtp+starttls:// for those that begin without",
            outage=True,
        ) from None
    except OSError as error:
        raise RetryLater(f"no connection to {server}: {said(error)}", outage=True) from None


def said(error: OSError) -> str:
    """Return what *error* says, without what the server said."""
    return error.strerror or str(error) or type(error).__name__


def _reply(error: smtplib.SMTPResponseException) -> Reply:
    text = error.smtp_error
    return Reply.read(error.smtp_code, text if isinstance(text, bytes) else text.encode())
