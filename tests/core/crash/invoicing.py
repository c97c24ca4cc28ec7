"""A worker that issues real invoices, and tells when one begins to be set."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core.crash.worker import LEASE, Job
from core.world import ADA, MUG, START

from storelink import Storelink
from storelink.hooks import ThankYou
from storelink.invoices import Seller, TypstInvoices
from storelink.testing import FakeStore, FrozenClock, anything_goes
from storelink_email import Email

LINES = 1500
"""So many that setting them takes seconds."""

SELLER = Seller(name="Atelier GmbH", address=("Lindenstr. 1",), country="DE")


class ToldInvoices(TypstInvoices):
    """Tells when typst begins and when it has ended; all else is what a shop uses."""

    def __init__(self, told: Any) -> None:
        super().__init__(SELLER)
        self._told = told

    def pdf(self, data: dict[str, Any], at: datetime) -> bytes:
        self._setter  # noqa: B018  the fonts are loaded before, not within what is told
        self._told.send("begun")
        made = super().pdf(data, at)
        self._told.send("ended")
        return made


def a_store(clock: FrozenClock) -> FakeStore:
    """The store behind every process: one long order."""
    store = FakeStore(clock=clock)
    store.place(ADA, [MUG] * LINES)
    return store


def open_link(job: Job, told: Any = None) -> Storelink:
    """Open the app as every process opens it."""
    clock = FrozenClock(START)
    store = a_store(clock)
    clock.set(job.now)
    return Storelink(
        job.database,
        stores={"shop": store},
        channels=[Email(job.smtp, sender="shop@example.com", clock=clock)],
        hooks=[ThankYou(invoice=True)],
        invoices=ToldInvoices(told),
        clock=clock,
        since=START,
        lease=LEASE,
        policy=anything_goes,
    )


def receive_all(job: Job) -> None:
    """Receive what the store raised."""
    with open_link(job) as link:
        for webhook in a_store(FrozenClock(START)).take():
            link.receive("shop", headers=webhook.headers, body=webhook.body)


def work(job: Job, told: Any) -> None:
    """Work until nothing is left to do."""
    with open_link(job, told) as link:
        link.run_once()
