"""One connection to a mail server, kept open between messages."""

from __future__ import annotations

import contextlib
import smtplib
from dataclasses import dataclass, field
from typing import Final

from storelink.errors import Rejected, RetryLater, SendError
from storelink_email.opening import Opener, said
from storelink_email.replies import Reply, Stage, refusal

_GO_AHEAD: Final = 354
_CLOSING: Final = 421


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail with its envelope.

    Attributes:
        content: lines end with CRLF.
        needs_utf8: an address has characters that only SMTPUTF8 servers take.
    """

    sender: str
    recipient: str = field(repr=False)
    content: bytes = field(repr=False)
    needs_utf8: bool = False


class Connection:
    """Hands mails to one server, one at a time; connects when it has to.

    It is not for several threads at once.
    """

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._smtp: smtplib.SMTP | None = None

    def deliver(self, mail: Mail) -> Reply:
        """Hand over *mail* and return the server's yes.

        Raises:
            RetryLater: the server surely has not got it, and may take it later.
            Rejected: the server will never take it.
            SendError: the mail was sent whole and no answer came: nobody knows.
        """
        try:
            smtp = self._begin(mail)
            self._upload(smtp, mail)
            return self._finish(smtp)
        except SendError:
            raise
        except BaseException:  # interrupted in the middle of a dialogue
            self._drop()
            raise

    def close(self) -> None:
        """Say goodbye and give the connection back."""
        if self._smtp is not None:
            with contextlib.suppress(OSError):
                self._smtp.quit()
        self._drop()

    def _begin(self, mail: Mail) -> smtplib.SMTP:
        """Return a connection on which the server has accepted the sender of *mail*."""
        smtp = self._smtp
        reply = _announce(smtp, mail) if smtp else None
        if smtp is None or reply is None or reply.code == _CLOSING:
            # Servers close what is idle, or has served enough. Nothing was sent yet.
            self._drop()
            smtp = self._smtp = self._opener.open()
            reply = _announce(smtp, mail)
        if reply is None:
            self._drop()
            raise RetryLater(f"{self._opener.server} closed a new connection", outage=True)
        self._check(smtp, Stage.SENDER, reply)
        return smtp

    def _upload(self, smtp: smtplib.SMTP, mail: Mail) -> None:
        """Send all of *mail* but the final dot.

        Without that the server has not got it, whatever happens: RFC 5321 section 3.8 forbids to
        deliver what a broken connection left incomplete.
        """
        try:
            self._check(smtp, Stage.RECIPIENT, Reply.read(*smtp.rcpt(mail.recipient)))
            self._check(smtp, Stage.START, Reply.read(*smtp.docmd("DATA")))
            smtp.send(_stuffed(mail.content))
        except OSError as error:
            self._drop()
            raise RetryLater(
                f"the connection to {self._opener.server} broke before the message was complete: "
                f"{said(error)}",
                outage=isinstance(error, TimeoutError),
            ) from None

    def _finish(self, smtp: smtplib.SMTP) -> Reply:
        """Send the final dot and return the server's yes."""
        try:
            smtp.send(b".\r\n")
            reply = Reply.read(*smtp.getreply())
        except OSError as error:
            self._drop()
            raise SendError(
                f"the connection to {self._opener.server} broke before it confirmed the message, "
                f"which may have been accepted: {said(error)}"
            ) from None
        self._check(smtp, Stage.END, reply)
        return reply

    def _check(self, smtp: smtplib.SMTP, stage: Stage, reply: Reply) -> None:
        """Raise what *reply* means, unless it is a yes, and make ready for the next mail."""
        if reply.is_yes or (stage is Stage.START and reply.code == _GO_AHEAD):
            return
        self._reset(smtp, reply)
        raise refusal(stage, reply, str(self._opener.server))

    def _reset(self, smtp: smtplib.SMTP, reply: Reply) -> None:
        try:
            is_ready = reply.code != _CLOSING and Reply.read(*smtp.rset()).is_yes
        except OSError:
            is_ready = False
        if not is_ready:
            self._drop()

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()


def _announce(smtp: smtplib.SMTP, mail: Mail) -> Reply | None:
    """Name the sender of *mail* and return the answer; `None` if the connection is gone."""
    options = []
    if smtp.has_extn("size"):
        options.append(f"SIZE={len(mail.content)}")
    if mail.needs_utf8:
        if not smtp.has_extn("smtputf8"):
            raise Rejected("the mail server takes no addresses with other than ASCII letters")
        options += ["SMTPUTF8", "BODY=8BITMIME"]
    try:
        return Reply.read(*smtp.mail(mail.sender, options))
    except OSError:
        return None


def _stuffed(content: bytes) -> bytes:
    """Return *content* with a second dot where a line begins with one (RFC 5321, 4.5.2)."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed
