"""Several processes on one file, and processes that are killed while they receive."""

from __future__ import annotations

import signal
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from core.crash import worker
from core.crash.worker import CONTEXT, Job
from core.world import START

from storelink import Storelink
from storelink.models import MessageState
from storelink.storage import InboxState
from storelink.testing import FakeStore, FrozenClock
from storelink.testing.mailserver import MailServer


def many_webhooks(orders: int) -> list[object]:
    """What a store raises in a busy hour, in the order of the acts."""
    store = FakeStore(clock=FrozenClock(START))
    for number in range(orders):
        contact, item = worker.ORDERS[number % 3]
        order_id = store.place(contact, [item])
        store.ship(order_id, number=f"T{number}", carrier="DHL")
        if number % 3 == 0:
            store.refund(order_id)
    return list(store.take())


def picture(link: Storelink) -> tuple[object, ...]:
    mirror = sorted(link.orders("shop"), key=lambda order: order.id)
    events = {(event.id, event.at, event.exact) for event in link.events()}
    return mirror, events


@pytest.mark.parametrize("answers", [4, 13])
def test_a_process_killed_while_it_receives_loses_nothing_that_it_answered(
    tmp_path: Path, answers: int
) -> None:
    """Every answered webhook is stored and absorbed, and none is half absorbed."""
    job = Job(f"sqlite:///{tmp_path}/link.db", "smtp://127.0.0.1:1")
    webhooks = list(enumerate(many_webhooks(8)))
    answered: set[int] = set()
    while left := [one for one in webhooks if one[0] not in answered]:
        mine, theirs = CONTEXT.Pipe(duplex=False)
        process = worker.start(worker.receive_and_tell, job, left, theirs)
        theirs.close()
        answered |= {mine.recv() for _ in range(min(answers, len(left)))}
        process.kill()
        process.join()
        assert process.exitcode in (-signal.SIGKILL, 0)
        while mine.poll():
            try:
                answered.add(mine.recv())
            except EOFError:
                break
        check(job, tmp_path, [webhook for number, webhook in webhooks if number in answered])


def check(job: Job, tmp_path: Path, answered: list[object]) -> None:
    """Hold the database to one that received the same webhooks in peace."""
    with worker.open_link(job) as link:
        rows = link.inbox()
        assert {InboxState.ABSORBED} == {row.state for row in rows}
        assert {webhook.body for webhook in answered} <= {row.body for row in rows}  # type: ignore[attr-defined]
        with worker.open_link(replace(job, database="sqlite://")) as peaceful:
            for row in rows:
                peaceful.receive("shop", headers=row.headers, body=row.body)
            assert picture(peaceful) == picture(link)


def test_processes_that_receive_and_send_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    """Two receive the same webhooks, two work, all on one SQLite file."""
    with MailServer() as server:
        job = Job(f"sqlite:///{tmp_path}/link.db", server.url)
        is_over = CONTEXT.Event()
        workers = [worker.start(worker.work_until, job, is_over) for _ in range(2)]
        receivers = [worker.start(worker.receive_all, job) for _ in range(2)]
        for process in receivers:
            process.join(60)
        is_over.set()
        for process in workers:
            process.join(60)
        assert [0, 0, 0, 0] == [process.exitcode for process in (*receivers, *workers)]
        assert 0 == worker.run(worker.work, job)
        times = Counter(str(mail.message["Message-ID"]) for mail in server.received)
        assert [1, 1, 1] == list(times.values())
        with worker.open_link(job) as link:
            assert [MessageState.SENT] * 3 == [message.state for message in link.messages()]
            assert {InboxState.ABSORBED} == {row.state for row in link.inbox()}
            assert 6 == len(link.inbox())


def test_processes_that_open_a_new_database_at_once_migrate_it_once(tmp_path: Path) -> None:
    barrier = CONTEXT.Barrier(4)
    url = f"sqlite:///{tmp_path}/link.db"
    processes = [worker.start(worker.open_database, url, barrier) for _ in range(4)]
    for process in processes:
        process.join(60)
    assert [0, 0, 0, 0] == [process.exitcode for process in processes]
