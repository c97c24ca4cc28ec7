"""What SpamAssassin says of mails, where it is installed; it asks nobody over the network."""

from __future__ import annotations

import mailbox
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from email.message import Message
from functools import partial
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
    """Return what SpamAssassin gives to *mails*, each with its own Message-ID, on all cores.

    `None` if it is not installed, needs longer than two minutes, or does not answer for each.
    """
    program = shutil.which("spamassassin")
    if program is None:
        return None
    asked, processes = list(mails), os.cpu_count() or 1
    shares = [share for first in range(processes) if (share := asked[first::processes])]
    found: dict[str, Score] = {}
    with ThreadPoolExecutor(processes) as pool:
        for told in pool.map(partial(_asked, program), shares):
            found |= told
    names = [_name(message_from_bytes(mail)) for mail in asked]
    return [found[name] for name in names] if found.keys() == set(names) else None


def _asked(program: str, mails: Sequence[bytes]) -> dict[str, Score]:
    """Return what is told of mails, by name: those of the same second come in any order."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mails")
        box = mailbox.mbox(path)
        for mail in mails:
            box.add(mail.replace(b"\r\n", b"\n"))
        box.close()
        command = [program, "--local", "--test-mode", "--mbox", str(path)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)  # noqa: S603  found on PATH
        except (OSError, subprocess.SubprocessError):
            return {}
    parts = re.split(rb"^From .*\n", done.stdout, flags=re.MULTILINE)
    told = [message_from_bytes(part) for part in parts]
    return {_name(one): score for one in told if (score := _score(one)) is not None}


def _name(mail: Message) -> str:
    return str(mail["Message-ID"] or "").strip()


def _score(mail: Message) -> Score | None:
    status = str(mail["X-Spam-Status"] or "")
    found = _STATUS.search(re.sub(r",\s+(?=[A-Z])", ",", re.sub(r"\s+", " ", status)))
    return Score(float(found[1]), tuple(found[2].split(","))) if found else None
