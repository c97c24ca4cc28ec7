"""Importing this does everything once, so that a forked process has it all loaded."""

from __future__ import annotations

import gc
import logging
import tempfile
from pathlib import Path

from benchmarks.crash_store import OPENED, STORE, Job, finish, open_link, write_truth


def _warm_up() -> None:
    """Let one order live, with a mail server that is not there."""
    logging.disable()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        job = Job(f"sqlite:///{folder / 'warm.db'}", "smtp://127.0.0.1:1", folder)
        webhooks = write_truth(folder, orders=2, seed=1)
        with open_link(job) as link:
            for one in webhooks:
                link.receive(STORE, headers=one.headers, body=one.body)
        finish(job, OPENED)
    logging.disable(logging.NOTSET)
    gc.collect()
    gc.freeze()  # what is there stays there, and forks share its memory


_warm_up()
