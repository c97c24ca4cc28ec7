"""Looking whether the mail server would take mail now, without sending any."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from storelink.contracts.finding import Finding
from storelink.errors import RetryLater
from storelink_email.opening import Opener
from storelink_email.server import Security

_LOCAL = {"localhost", "127.0.0.1", "::1"}
_REFUSED = "535"


def look(opener: Opener) -> Iterator[Finding]:
    """Connect, protect the connection, give the credentials, and say goodbye."""
    server = opener.server
    try:
        smtp = opener.open()
    except RetryLater as error:
        yield _fault(error)
        return
    with contextlib.suppress(OSError):
        smtp.quit()
    yield Finding.ok("mail server", f"{server} answers and accepts the credentials")
    if server.security is Security.NONE and server.host not in _LOCAL:
        yield Finding.warning(
            "mail server",
            "smtp-not-encrypted",
            f"mails go to {server} unencrypted",
            "use smtps:// or smtp+starttls:// unless the network is trusted",
        )


def _fault(error: RetryLater) -> Finding:
    if error.code.startswith(_REFUSED):
        return Finding.fault(
            "mail server",
            "smtp-credentials",
            str(error),
            "correct the user name and password in the channel's url; many providers want an "
            "app password",
        )
    return Finding.fault(
        "mail server",
        "smtp-unreachable",
        str(error),
        "correct host, port and scheme of the channel's url, or let the firewall pass it; "
        "messages wait meanwhile",
    )
