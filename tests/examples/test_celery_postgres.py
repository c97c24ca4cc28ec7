"""The example of Celery and PostgreSQL: a real webhook comes in, and a real mail goes out."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import requests
from workers.shop import until

from storelink.contracts.sandbox import Item
from storelink.models import Contact, Money
from storelink.testing.mailserver import MailServer
from storelink.testing.postgres import PostgresServer
from storelink_woocommerce.sandbox.server import WooCommerceSandbox

FOLDER = Path(__file__).parents[2] / "examples" / "celery_postgres"


@contextmanager
def running(environment: Mapping[str, str], *command: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=FOLDER,
        env={**os.environ, **environment, "PYTHONDONTWRITEBYTECODE": "1"},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def environment(shop: WooCommerceSandbox, mails: MailServer, port: int) -> dict[str, str]:
    """Return what takes the place of what the example's file says."""
    store = {
        f"STORELINK_STORES__ATELIER__{key.upper()}": str(value)
        for key, value in shop.options.items()
    }
    return {
        **store,
        "STORELINK_CHANNELS__EMAIL__URL": mails.url,
        "STORELINK_WEBHOOK_URL": f"http://127.0.0.1:{port}/webhooks/{{store}}",
    }


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def is_served(url: str) -> bool:
    with suppress(requests.ConnectionError):
        return requests.get(url, timeout=30).status_code == 200
    return False


def test_a_webhook_becomes_a_mail(postgres: PostgresServer, redis_url: str, tmp_path: Path) -> None:
    port = free_port()
    beat = ["celery", "-A", "shop", "beat", "--schedule", str(tmp_path / "beat"), "-l", "ERROR"]
    worker = ["celery", "-A", "shop", "worker", "-c", "2", "-Q", "storelink,outlet", "-l", "ERROR"]
    serve = ["storelink", "--app", "web:link", "serve", "--no-worker", "--port", str(port)]
    with postgres.database() as database, WooCommerceSandbox() as shop, MailServer() as mails:
        told = environment(shop, mails, port)
        told |= {"STORELINK_DATABASE": database, "REDIS_URL": redis_url}
        with running(told, *serve), running(told, *beat), running(told, *worker):
            until(lambda: is_served(f"http://127.0.0.1:{port}/health"))
            with running(told, "storelink", "webhooks", "register", "atelier") as register:
                assert 0 == register.wait(60)
            ada = Contact(email="ada@example.com", first_name="Ada")
            shop.store.place(ada, [Item("Mug", Money("12.00", "EUR"))])
            shop.deliver()
            until(lambda: mails.received)
        assert ["Ada <ada@example.com>"] == [mail.message["To"] for mail in mails.received]
