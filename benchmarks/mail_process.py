"""A mail server that counts: prints its port, and for each line of its input how many came."""

from __future__ import annotations

import sys

from storelink.testing.mailserver import MailServer


def main() -> None:
    """Serve until the input ends."""
    with MailServer() as server:
        print(server.port, flush=True)
        for _ in sys.stdin:
            mails = server.received
            count = len(mails)
            del mails[:count]
            print(count, flush=True)


if __name__ == "__main__":
    main()
