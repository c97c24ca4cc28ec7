"""What SpamAssassin says of mails, where it is installed; it asks nobody over the network."""

from __future__ import annotations

import mailbox
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Final, NamedTuple

HAM: Final = 1.0
"""Points from which on a mail is worth a look; 5 are spam where nobody set it otherwise."""

_SECONDS: Final = 120
_STATUS: Final = re.compile(r"(?:Yes|No), score=(-?[\d.]+) .*?tests=(\S*)")


class Score(NamedTuple):
    """The points of a mail, and the rules that gave them."""

    points: float
    rules: tuple[str, ...]


def score(mails: Iterable[bytes]) -> list[Score] | None:
    """Return what SpamAssassin gives to *mails*, each with its own Message-ID, in one process.

    `None` if it is not installed, needs longer than two minutes, or does not answer for each.
    """
    program = shutil.which("spamassassin")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mails")
        box = mailbox.mbox(path)
        names = []
        for mail in mails:
            box.add(mail.replace(b"\r\n", b"\n"))
            names.append(_name(message_from_bytes(mail)))
        box.close()
        return _asked([program, "--local", "--test-mode", "--mbox", str(path)], names)


def _asked(command: list[str], names: Sequence[str]) -> list[Score] | None:
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)  # noqa: S603  found on PATH
    except (OSError, subprocess.SubprocessError):
        return None
    parts = re.split(rb"^From .*\n", done.stdout, flags=re.MULTILINE)
    told = [message_from_bytes(part) for part in parts]
    # By name: mails of the same second are answered in any order.
    found = {_name(one): score for one in told if (score := _score(one)) is not None}
    return [found[name] for name in names] if found.keys() == set(names) else None


def _name(mail: Message) -> str:
    return str(mail["Message-ID"] or "").strip()


def _score(mail: Message) -> Score | None:
    status = str(mail["X-Spam-Status"] or "")
    found = _STATUS.search(re.sub(r",\s+(?=[A-Z])", ",", re.sub(r"\s+", " ", status)))
    return Score(float(found[1]), tuple(found[2].split(","))) if found else None
