"""The work of the stores on Celery: `celery -A shop worker`, `celery -A shop beat`."""

from __future__ import annotations

import os
from pathlib import Path

from celery import Celery

from storelink import Storelink
from storelink.workers.celery import CeleryEngine

CONFIG = Path(__file__).with_name("storelink.toml")
BIG_STORES = {"outlet": "outlet"}  # by store, the queue whose workers do nothing else

app = Celery("shop", broker=os.environ.get("REDIS_URL", "redis://localhost:6379/0"))
app.conf.update(
    task_default_queue="storelink",
    worker_prefetch_multiplier=1,  # a waiting task waits where every process can get it
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # however long Redis is away
)


def open_link() -> Storelink:
    """Open what one process works with."""
    return Storelink.from_config(CONFIG)


engine = CeleryEngine(app, open_link, queue=BIG_STORES)
