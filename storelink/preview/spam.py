"""What SpamAssassin says of mails, where it is installed; it asks nobody over the network."""

from __future__ import annotations

import mailbox
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from email import message_from_bytes
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


def score(mails: Sequence[bytes]) -> list[Score] | None:
    """Return what SpamAssassin gives to *mails*, all in one process.

    `None` if it is not installed, needs longer than two minutes, or does not answer for each.
    """
    program = shutil.which("spamassassin")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mails")
        box = mailbox.mbox(path)
        for mail in mails:
            box.add(mail.replace(b"\r\n", b"\n"))
        box.close()
        return _asked([program, "--local", "--test-mode", "--mbox", str(path)], len(mails))


def _asked(command: list[str], count: int) -> list[Score] | None:
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)  # noqa: S603  found on PATH
    except (OSError, subprocess.SubprocessError):
        return None
    found = [_score(part) for part in re.split(rb"^From .*\n", done.stdout, flags=re.MULTILINE)]
    scores = [one for one in found if one is not None]
    return scores if len(scores) == count else None


def _score(mail: bytes) -> Score | None:
    status = str(message_from_bytes(mail)["X-Spam-Status"] or "")
    found = _STATUS.search(re.sub(r",\s+(?=[A-Z])", ",", re.sub(r"\s+", " ", status)))
    return Score(float(found[1]), tuple(found[2].split(","))) if found else None
