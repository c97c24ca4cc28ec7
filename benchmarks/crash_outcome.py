"""What came of a run of the crash harness, and what of it must not be so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.crash_store import STORE, Job, open_link
from storelink import Storelink
from storelink.models import MessageState
from storelink.outbox.desk import MessageView
from storelink.testing.mailserver import ReceivedMail
from storelink.toolkit.signing import digest

_KEY = re.compile(rb"^X-Storelink-Message: (\w+)", re.MULTILINE)
_ID = re.compile(rb"^Message-ID: (\S+)", re.MULTILINE)
_SUBJECT = re.compile(rb"^Subject: (.*?)\r?$", re.MULTILINE)

Mail = tuple[str, str, str]
"""A mail's Message-ID, recipient and subject."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to.

    Attributes:
        messages: each message of the outbox, by its key.
        mails: how often the mail server took each mail, by the message's key.
        orders: each order as storelink knows it.
        events: every event: which, and when.
        called: the events that the handler was called with.
    """

    messages: Mapping[str, MessageView]
    mails: Mapping[str, Counter[Mail]]
    orders: Mapping[str, Any]
    events: frozenset[tuple[Any, ...]]
    called: frozenset[str]


def outcome(job: Job, received: Iterable[ReceivedMail]) -> Outcome:
    """Look at what a run came to."""
    with open_link(job) as link:
        return Outcome(
            messages={one.key: one for one in link.messages()},
            mails=_mails(received, [one.key for one in link.messages()]),
            orders={
                one.id: _without_raw(one.model_dump(mode="json")) for one in link.orders(STORE)
            },
            events=_events(link),
            called=frozenset((job.folder / "called").read_text(encoding="utf-8").splitlines()),
        )


def _events(link: Storelink) -> frozenset[tuple[Any, ...]]:
    return frozenset((one.id, one.at, one.exact) for one in link.events(store=STORE))


def _mails(received: Iterable[ReceivedMail], keys: Sequence[str]) -> Mapping[str, Counter[Mail]]:
    names = {digest(key): key for key in keys}
    found: dict[str, Counter[Mail]] = {}
    for mail in received:
        key, message_id, subject = (
            _first(pattern, mail.content) for pattern in (_KEY, _ID, _SUBJECT)
        )
        one = (message_id, mail.recipients[0], subject)
        found.setdefault(names.get(key, key), Counter())[one] += 1
    return found


def _first(pattern: re.Pattern[bytes], content: bytes) -> str:
    match = pattern.search(content)
    return match.group(1).decode() if match else ""


def _without_raw(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_raw(one) for name, one in value.items() if name != "raw"}
    return [_without_raw(one) for one in value] if isinstance(value, list) else value


@dataclass(slots=True)
class Verdict:
    """What is wrong, in words, and how doubtful messages were settled.

    Attributes:
        lost: what the undisturbed run has, and this one has not.
        twice: what was sent more often than is documented, or should not be there at all.
        in_doubt: the keys of which it was not known whether the server took them, at least once.
        settled: how those were settled, counted.
    """

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    in_doubt: list[str] = field(default_factory=list)
    settled: Counter[str] = field(default_factory=Counter)

    def add(self, other: Verdict) -> None:
        """Add what another round came to."""
        self.lost += other.lost
        self.twice += other.twice
        self.in_doubt += other.in_doubt
        self.settled += other.settled


def judge(calm: Outcome, found: Outcome) -> Verdict:
    """Hold a run to the undisturbed one."""
    verdict = Verdict()
    for key, expected in calm.mails.items():
        mails = found.mails.get(key, Counter())
        message = found.messages.get(key)
        if message is None:
            verdict.lost.append(f"{key} is not in the outbox")
        elif message.doubts:
            verdict.in_doubt.append(key)
            _judge_doubtful(verdict, message, expected, mails)
        elif not mails or message.state is not MessageState.SENT:
            verdict.lost.append(f"{key} is {message.state}, and arrived {mails.total()} times")
        elif mails != expected:
            verdict.twice.append(f"{key} arrived as {dict(mails)}")
    verdict.twice += [f"{key} is one too many" for key in found.mails.keys() - calm.mails.keys()]
    _judge_knowledge(verdict, calm, found)
    return verdict


def _judge_doubtful(
    verdict: Verdict, message: MessageView, expected: Counter[Mail], mails: Counter[Mail]
) -> None:
    """A transactional message is repeated under its Message-ID; any other is left alone."""
    times, repeats = mails.total(), _repeats(message)
    if mails.keys() - expected.keys() or times > 1 + repeats:
        verdict.twice.append(f"{message.key}: {message.doubts} doubts, arrived as {dict(mails)}")
    elif not times and message.state is MessageState.SENT:
        verdict.lost.append(f"{message.key} is said to be sent, and never arrived")
    elif message.state not in (MessageState.SENT, MessageState.IN_DOUBT):
        verdict.lost.append(f"{message.key} was in doubt, and is {message.state}")
    else:
        verdict.settled[_settled(message, times, repeats)] += 1


def _repeats(message: MessageView) -> int:
    """How often a message in doubt may have been repeated."""
    return message.attempts - 1 if _is_transactional(message) else 0


def _is_transactional(message: MessageView) -> bool:
    return message.hook in ("thank_you", "tracking")


def _settled(message: MessageView, times: int, repeats: int) -> str:
    if message.state is MessageState.IN_DOUBT:
        what = "given up after repeats" if repeats else "left alone"
        return f"{what}, {'arrived' if times else 'never arrived'}"
    if not _is_transactional(message):
        return "the outcome came after all"
    return "repeated, arrived " + ("once" if times == 1 else "more than once")


def _judge_knowledge(verdict: Verdict, calm: Outcome, found: Outcome) -> None:
    """What was received is known: orders, events, and calls of the handler."""
    wrong = [key for key, order in calm.orders.items() if found.orders.get(key) != order]
    verdict.lost += [f"order {key} is known otherwise" for key in wrong]
    verdict.lost += [f"event {one[0]} is missing" for one in calm.events - found.events]
    verdict.twice += [f"event {one[0]} is one too many" for one in found.events - calm.events]
    verdict.lost += [f"nobody was called with {one}" for one in calm.called - found.called]
