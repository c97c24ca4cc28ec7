"""What must have come of the demo: measured by the mails that arrived. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from storelink.demo.mails import Received, ReceivedMail
from storelink.demo.stage import Actor
from storelink.demo.story import OrderStory
from storelink.models.enums import MessageState
from storelink.outbox.desk import MessageView


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation.

    Attributes:
        what: what must be.
        found: what is, if it is not that.
    """

    what: str
    met: bool
    found: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message of the outbox that the mail server has, with its mail."""

    message: MessageView
    mail: ReceivedMail


def outbox_checks(messages: Sequence[MessageView], received: Received) -> Iterator[Check]:
    """Check that the mail server has what the outbox says it sent, once, and nothing else."""
    sent = Counter(one.key for one in messages if one.state is MessageState.SENT)
    arrived = Counter(mail.key or mail.message_id for mail in received.mails)
    differing = sorted({*(sent - arrived), *(arrived - sent)})
    what = "the mail server has every message that was sent, once, and no other"
    yield Check(what, not differing, ", ".join(differing))
    retried = [one for one in messages if one.state is MessageState.SENT and one.attempts > 1]
    yield Check("a mail that was put off arrived later", bool(retried))


def scene_checks(
    actor: Actor, told: OrderStory | None, arrived: Sequence[Arrived]
) -> Iterator[Check]:
    """Check one order: every message is as its scene says, and arrived if it says so."""
    title = actor.title
    results: dict[str, list[str]] = {}
    for telling in told.tellings if told else ():
        results.setdefault(telling.name, []).append(telling.result)
    expected = {name: list(outcomes) for name, outcomes in actor.expects.items()}
    yield _check(f"{title}: every message is as it should be", expected, results)
    sent = sum(outcomes.count("sent") for outcomes in expected.values())
    yield _check(f"{title}: as many mails arrived", sent, len(arrived))
    for mail in (one.mail for one in arrived if one.message.hook == "review_request"):
        asked = [item.title for item in actor.part.items if item.title in mail.text]
        kept = [actor.part.items[index].title for index in actor.scene.reviewed]
        yield _check(f"{title}: the review is about what was kept", kept, asked)


def _check(what: str, expected: object, found: object) -> Check:
    met = expected == found
    return Check(what, met, "" if met else f"expected {expected}, found {found}")
