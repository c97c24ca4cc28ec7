"""The shop on Celery: what the worker processes of the tests run."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from datetime import timedelta

from celery import Celery
from workers import shop

from storelink import Storelink
from storelink.intake import handing
from storelink.workers.celery import CeleryEngine

TOLD = os.environ
handing.AGAIN_AFTER = timedelta(seconds=2)  # what a dead worker had fetched is sent again soon


class Twice(CeleryEngine):
    """Sends every task twice."""

    def _send(self, jobs: Iterable[tuple[str, str]]) -> None:
        for job in jobs:
            super()._send([job, job])


def die(step: str) -> None:
    """Kill this process at a step, the first time that any comes there."""
    if step != TOLD.get("SHOP_DIE_AT"):
        return
    try:
        (shop.Shop.of_environment().folder / "died").touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def opened() -> Storelink:
    """Open the app, in each process of Celery's."""
    asked = shop.Shop.of_environment()
    shop.trace(asked, "opened", str(os.getppid()))
    return shop.opened(asked, on_step=die, sweep_every=timedelta(minutes=15))


app = Celery("shop", broker=TOLD["SHOP_REDIS"])
app.conf.update(
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
)
kind = Twice if TOLD.get("SHOP_TWICE") else CeleryEngine
engine = kind(
    app,
    opened,
    queue={"two": "big"},
    tick=timedelta(seconds=0.2),
    sweep_tick=timedelta(seconds=0.5),
)
