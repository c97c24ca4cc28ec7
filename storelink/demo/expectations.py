"""What must have come of the demo: measured by the mails that arrived. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storelink.demo.mails import Received, ReceivedMail
from storelink.demo.stage import Scene
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


def scene_checks(scene: Scene, told: OrderStory, arrived: Sequence[Arrived]) -> Iterator[Check]:
    """Check one scripted order: every message is as the scene says, and arrived if it says so."""
    results: dict[str, list[str]] = {}
    for telling in told.tellings:
        results.setdefault(telling.name, []).append(telling.result)
    expected = {name: list(outcomes) for name, outcomes in scene.expects.items()}
    yield _check(f"{scene.title}: every message is as it should be", expected, results)
    sent = sum(list(outcomes).count("sent") for outcomes in scene.expects.values())
    yield _check(f"{scene.title}: as many mails arrived", sent, len(arrived))
    yield from _review_checks(scene, arrived)


def _review_checks(scene: Scene, arrived: Sequence[Arrived]) -> Iterator[Check]:
    reviews = [one.mail for one in arrived if one.message.hook == "review_request"]
    for mail in reviews:
        asked = [item.title for item in scene.items if item.title in mail.text]
        expected = [scene.items[index].title for index in scene.reviewed]
        yield _check(f"{scene.title}: the review is about what was kept", expected, asked)


def journey_checks(journey: Mapping[str, Any], arrived: Sequence[Arrived]) -> Iterator[Check]:
    """Check one recorded order against the messages that a sensible shop would send."""
    name = f"{journey['scenario']} (order {journey['order_id']})"
    expected = journey["expected"]
    thanks = [one for one in arrived if one.message.hook == "thank_you"]
    yield _thanked(name, expected["thank_you"], len(thanks))
    yield _tracked(name, expected["tracking"], arrived)
    yield _reviewed(name, expected["review_request"], arrived)


def _thanked(name: str, expected: Mapping[str, Any], found: int) -> Check:
    """Thanks are certain if the end deserves them, and possible if a moment before it did."""
    least = int(bool(expected["send_if_only_the_final_state_is_seen"]))
    most = int(bool(expected["send"]))
    met = least <= found <= most
    return Check(f"{name}: thanked if and only if it was in good order", met, f"{found} times")


def _tracked(name: str, expected: Mapping[str, Any], arrived: Sequence[Arrived]) -> Check:
    told = {
        number
        for one in arrived
        if one.message.hook == "tracking"
        for number in one.message.data.get("numbers", ())
    }
    standing = {parcel["tracking_number"] for parcel in expected["parcels"]}
    possible = standing | set(expected["superseded_numbers"])
    met = standing <= told <= possible
    return Check(f"{name}: every parcel that stands was told", met, f"{sorted(told)}")


def _reviewed(name: str, expected: Mapping[str, Any], arrived: Sequence[Arrived]) -> Check:
    wanted = [sorted(line["line_item_id"] for line in expected["line_items"])]
    asked = [
        sorted(int(item["line_id"]) for item in one.message.data["items"])
        for one in arrived
        if one.message.hook == "review_request"
    ]
    what = f"{name}: reviews are asked for what was kept"
    return _check(what, wanted if expected["send"] else [], asked)


def _check(what: str, expected: object, found: object) -> Check:
    met = expected == found
    return Check(what, met, "" if met else f"expected {expected}, found {found}")
