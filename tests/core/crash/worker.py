"""Worker processes that die at a named step. Everything here runs in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerProcess
from typing import Any

from core.world import ADA, BOB, MUG, START, TEA

from storelink import Message, Storelink
from storelink.contracts import Accepted, Channel
from storelink.events import OrderPaid
from storelink.models import MessageClass, Outgoing
from storelink.testing import FakeStore, FrozenClock, anything_goes
from storelink_email import Email

CONTEXT = multiprocessing.get_context("forkserver")
# What every process needs is loaded once, and forked.
CONTEXT.set_forkserver_preload(
    ["pytest", "alembic.command", "storelink.app", "storelink.testing", "storelink_email"]
)

LEASE = timedelta(minutes=5)
ORDERS = ((ADA, MUG), (BOB, TEA), (ADA, TEA))


@dataclass(frozen=True)
class Job:
    """What a process does.

    Attributes:
        database: the file that all processes share.
        smtp: the URL of the mail server.
        now: where the clock stands.
        die_at: the step at which the process kills itself; `None` lives.
        nth: at which occurrence of the step.
        message_class: of the message that each order gets.
    """

    database: str
    smtp: str
    now: datetime = START
    die_at: str | None = None
    nth: int = 2
    message_class: MessageClass = MessageClass.TRANSACTIONAL


def start(target: Callable[..., None], *args: Any) -> ForkServerProcess:
    """Start a process."""
    process = CONTEXT.Process(target=target, args=args)
    process.start()
    return process


def run(target: Callable[..., None], *args: Any) -> int | None:
    """Run a process to its end, and return its exit code."""
    process = start(target, *args)
    process.join(60)
    assert not process.is_alive()
    return process.exitcode


class Death:
    """Kills this process, so that nothing is cleaned up, when a step begins for the nth time."""

    def __init__(self, step: str | None, nth: int) -> None:
        self._step, self._left = step, nth

    def __call__(self, step: str) -> None:
        if step != self._step:
            return
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)


class MortalEmail(Channel):
    """Real e-mail, with a step before and one after the server took a message."""

    def __init__(self, channel: Email, death: Death) -> None:
        self._channel, self._death = channel, death

    @property
    def manifest(self) -> Any:
        return self._channel.manifest

    def address(self, contact: Any) -> str | None:
        return self._channel.address(contact)

    def send(self, message: Outgoing) -> Accepted:
        self._death("before handing over")
        accepted = self._channel.send(message)
        self._death("after handing over")
        return accepted

    def close(self) -> None:
        self._channel.close()


def a_store(clock: FrozenClock) -> FakeStore:
    """The store behind every process: the same acts, so the same orders."""
    store = FakeStore(clock=clock)
    for contact, item in ORDERS:
        store.place(contact, [item])
    return store


def open_link(job: Job) -> Storelink:
    """Open the app as every process opens it."""
    clock = FrozenClock(START)
    store, death = a_store(clock), Death(job.die_at, job.nth)
    clock.set(job.now)
    link = Storelink(
        job.database,
        stores={"shop": store},
        channels=[MortalEmail(Email(job.smtp, sender="shop@example.com"), death)],
        clock=clock,
        since=START,
        lease=LEASE,
        policy=anything_goes,
        on_step=death,
    )

    @link.hook(OrderPaid)
    def note() -> Message:
        return Message(
            "note",
            subject="Note {{ order.number }}",
            text="Hello",
            message_class=job.message_class,
        )

    return link


def receive_all(job: Job) -> None:
    """Receive what the store raised."""
    with open_link(job) as link:
        for webhook in a_store(FrozenClock(START)).take():
            link.receive("shop", headers=webhook.headers, body=webhook.body)


def work(job: Job) -> None:
    """Work until nothing is left to do."""
    with open_link(job) as link:
        link.run_once()


def work_until(job: Job, is_over: Any) -> None:
    """Work again and again until told to stop."""
    with open_link(job) as link:
        while not is_over.is_set():
            link.run_once()


def receive_and_tell(job: Job, webhooks: list[Any], answers: Any) -> None:
    """Receive *webhooks* one by one, and tell of each answer that was given."""
    with open_link(job) as link:
        for number, webhook in webhooks:
            link.receive("shop", headers=webhook.headers, body=webhook.body)
            answers.send(number)


def open_database(database: str, barrier: Any) -> None:
    """Open (and migrate) a database at the same moment as others."""
    from storelink.storage import Database

    barrier.wait()
    for _ in range(3):
        Database(database).close()
