"""The mailbox that mails come back to: a Maildir, or a file in mbox form."""

from __future__ import annotations

import logging
import mailbox
from collections.abc import Callable
from pathlib import Path
from typing import Final

from storelink.errors import ConfigError

LARGEST: Final = 1_000_000
"""So many bytes of a mail are read. A report's own words come before the mail that it quotes."""

log = logging.getLogger(__name__)


def read(path: Path, take: Callable[[bytes], object]) -> int:
    """Let each mail that nobody has read be taken, then mark it as read; return how many it was.

    A mail that could not be taken is not marked, and is read the next time.

    Args:
        path: of the mailbox.
        take: is given a mail, or the beginning of a long one.

    Raises:
        ConfigError: there is no such mailbox, or it cannot be used.
    """
    number = 0
    try:
        box = _opened(path)
        try:
            box.lock()
            for key in box.keys():  # noqa: SIM118  iterating a mailbox gives its mails
                number += _read_one(box, key, take)
        finally:
            box.close()  # flushes and unlocks
    except (OSError, mailbox.Error) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise ConfigError(f"the mailbox {path} cannot be used: {why}") from None
    return number


def _opened(path: Path) -> mailbox.Maildir | mailbox.mbox:
    if path.is_dir():
        return mailbox.Maildir(path, create=False)
    return mailbox.mbox(path, create=False)


def _read_one(
    box: mailbox.Maildir | mailbox.mbox, key: str, take: Callable[[bytes], object]
) -> bool:
    try:
        mail = box.get_message(key)
    except Exception as error:  # noqa: BLE001  anybody can write to that address, and anything
        return _discard(box, key, error)
    seen = "S" if isinstance(mail, mailbox.MaildirMessage) else "R"
    if seen in mail.get_flags():
        return False
    with box.get_file(key) as file:
        take(file.read(LARGEST))
    mail.add_flag(seen)
    if isinstance(mail, mailbox.MaildirMessage):
        mail.set_subdir("cur")
    try:
        box[key] = mail
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001  it was read, and cannot be written as it is
        return _discard(box, key, error)
    return True


def _discard(box: mailbox.Maildir | mailbox.mbox, key: str, error: Exception) -> bool:
    """Take out a mail that no program could read, so that those behind it are."""
    log.warning("a mail in the mailbox of bounces is no mail: %s", type(error).__name__)
    box.discard(key)
    return True
