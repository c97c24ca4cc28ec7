"""A worker is killed with SIGKILL at each step; a restart sends every message exactly once.

The one exception is documented (in doubt): when the process dies between the committed attempt
and its committed outcome, nobody knows whether the server took the mail. A transactional message
is then repeated under the same Message-ID; a marketing message is not.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from core.crash import worker
from core.crash.worker import LEASE, ORDERS, Job
from core.world import START

from storelink.models import MessageClass, MessageState
from storelink.testing.mailserver import MailServer

KEYS = [f"shop/note/order:{1001 + 3 * n}/order/{1001 + 3 * n}/paid" for n in range(len(ORDERS))]
KILLED = -signal.SIGKILL


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as one:
        yield one


@pytest.fixture
def job(server: MailServer, tmp_path: Path) -> Job:
    """Three orders are absorbed; each has a note to be sent."""
    job = Job(f"sqlite:///{tmp_path}/link.db", server.url)
    worker.receive_all(job)
    return job


def arrived(server: MailServer) -> Counter[str]:
    """How often each mail was accepted, by its Message-ID."""
    return Counter(str(mail.message["Message-ID"]) for mail in server.received)


def states(job: Job) -> list[MessageState]:
    with worker.open_link(job) as link:
        return [message.state for message in link.messages()]


BEFORE_THE_ATTEMPT = ["claim", "decide", "render", "begin"]
NOT_HANDED_OVER = ["send", "before handing over"]
HANDED_OVER = ["after handing over", "settle"]
CLASSES = list(MessageClass)


@pytest.mark.parametrize("message_class", CLASSES)
@pytest.mark.parametrize("step", [*BEFORE_THE_ATTEMPT, "settled"])
def test_killed_outside_of_the_attempt_every_message_is_sent_once(
    server: MailServer, job: Job, step: str, message_class: MessageClass
) -> None:
    job = replace(job, message_class=message_class)
    nth = 1 if step == "claim" else 2
    assert KILLED == worker.run(worker.work, replace(job, die_at=step, nth=nth))
    assert len(server.received) < len(ORDERS)
    assert 0 == worker.run(worker.work, replace(job, now=START + LEASE))
    assert [1, 1, 1] == list(arrived(server).values())
    assert [MessageState.SENT] * 3 == states(job)


@pytest.mark.parametrize("step", NOT_HANDED_OVER)
def test_a_transactional_message_that_was_not_handed_over_is_sent_once(
    server: MailServer, job: Job, step: str
) -> None:
    assert KILLED == worker.run(worker.work, replace(job, die_at=step))
    assert 0 == worker.run(worker.work, replace(job, now=START + LEASE))
    assert [1, 1, 1] == list(arrived(server).values())
    assert [MessageState.SENT] * 3 == states(job)


@pytest.mark.parametrize("step", HANDED_OVER)
def test_a_transactional_message_that_was_handed_over_is_repeated_under_its_message_id(
    server: MailServer, job: Job, step: str
) -> None:
    assert KILLED == worker.run(worker.work, replace(job, die_at=step))
    assert 0 == worker.run(worker.work, replace(job, now=START + LEASE))
    assert [1, 2, 1] == list(arrived(server).values())
    assert [MessageState.SENT] * 3 == states(job)


@pytest.mark.parametrize(
    ("step", "times"),
    [
        *((step, 0) for step in NOT_HANDED_OVER),
        *((step, 1) for step in HANDED_OVER),
    ],
)
def test_a_marketing_message_in_doubt_is_never_repeated(
    server: MailServer, job: Job, step: str, times: int
) -> None:
    """Rather none than two. It is counted and listed, and a person may settle it."""
    job = replace(job, message_class=MessageClass.MARKETING)
    assert KILLED == worker.run(worker.work, replace(job, die_at=step))
    assert 0 == worker.run(worker.work, replace(job, now=START + LEASE))
    assert 2 + times == len(server.received)
    assert {1} == set(arrived(server).values())
    with worker.open_link(job) as link:
        doubtful = link.messages(state=MessageState.IN_DOUBT)
        assert [KEYS[1]] == [message.key for message in doubtful]
        assert [1] == [message.doubts for message in doubtful]


@pytest.mark.parametrize("message_class", CLASSES)
def test_while_the_dead_worker_s_lease_lasts_nobody_touches_its_message(
    server: MailServer, job: Job, message_class: MessageClass
) -> None:
    job = replace(job, message_class=message_class)
    assert KILLED == worker.run(worker.work, replace(job, die_at="send"))
    assert 0 == worker.run(worker.work, job)
    assert [MessageState.SENT, MessageState.SENDING, MessageState.WAITING] == states(job)
    assert 1 == len(server.received)


def test_a_worker_that_dies_again_and_again_does_not_send_for_ever(
    server: MailServer, job: Job
) -> None:
    """It dies with every mail that the server has just taken: at most three repeats."""
    now = START
    for _ in range(20):
        dying = replace(job, die_at="after handing over", nth=1, now=now)
        if worker.run(worker.work, dying) == 0:
            break
        now += LEASE
    assert [4, 4, 4] == sorted(arrived(server).values())
    assert [MessageState.IN_DOUBT] * 3 == states(job)
