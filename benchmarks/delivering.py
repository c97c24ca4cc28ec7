"""From messages to a mail server: decided again, rendered, attempted, sent, settled."""

from __future__ import annotations

import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from benchmarks import rendering
from benchmarks.measure import PER_SECOND, Bench, Figure, Watch, rate
from benchmarks.shop import STORE, opened, planned
from storelink.hooks import ThankYou
from storelink.models import Order
from storelink_email import Email

SENDER = "Atelier <hello@atelier.example>"
TEMPLATE = "thank_you"
A_COMMIT = 100


class MailProcess:
    """A mail server in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.port = self._ask()

    def taken(self) -> int:
        """Return how many mails it took since it was asked last."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._ask()

    def _ask(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


@contextmanager
def mail_server() -> Iterator[MailProcess]:
    """Run a mail server."""
    command = [sys.executable, "-m", "benchmarks.mail_process"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield MailProcess(process)
        finally:
            process.terminate()


def deliver(bench: Bench, database: str, **options: Any) -> Figure:
    """Deliver thank-yous that are due."""
    backend, orders = bench.backend(database), bench.sizes.orders
    made = planned(backend, orders)
    with opened(backend.copy(made)) as link:
        told = [order for row in link.messages() if (order := link.order(STORE, row.order_id))]
    with mail_server() as server:
        url = f"smtp://127.0.0.1:{server.port}"

        def floor() -> float:
            watch = Watch()
            by_hand(told, server.port)
            seconds = watch.seconds
            _all_arrived(server, orders)
            return seconds

        def value() -> float:
            channel = Email(url, sender=SENDER)
            look = {"hooks": [ThankYou()], "brand": rendering.BRAND}
            with opened(backend.copy(made), channel, **look, **options) as link:
                watch = Watch()
                link.work("deliver", STORE)
                seconds = watch.seconds
            _all_arrived(server, orders)
            return seconds

        floor(), value()  # both are warm before they are measured
        return rate(orders, lambda: (floor(), value()), bench.sizes.rounds)


def render(bench: Bench) -> Figure:
    """Write messages, and send none."""
    floor, value = rendering.measure()
    return Figure(value, floor, PER_SECOND)


def by_hand(orders: Sequence[Order], port: int) -> None:
    """Render the same mails with bare Jinja2, and send them with smtplib on one connection."""
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        if smtp.sock is not None:
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for order in orders:
            smtp.send_message(_mail(order))


def _mail(order: Order) -> EmailMessage:
    subject, text, html = rendering.by_hand(TEMPLATE, order)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = SENDER, order.contact.email, subject.strip()
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    return mail


def _all_arrived(server: MailProcess, expected: int) -> None:
    if (taken := server.taken()) != expected:
        raise RuntimeError(f"of {expected} mails {taken} arrived")
