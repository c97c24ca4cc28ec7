"""What must never be found in a log of messages, each a pure function of the log and the truth.

Each yields the messages that contradict, or, for what is missing, what was not sent. What happened
less than *slack* before a message cannot be held against it: nobody could know it yet.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from acceptance.harmony.truth import INSTANT, Act, Did, Note, Truth

from storelink.models import MessageClass
from storelink.policy.budget import DEFAULT

OPENS, CLOSES = time(8), time(20)
"""When what no order needs may arrive, by the recipient's clock: what the shop wishes."""
CARE_LASTS = timedelta(days=14)
"""So long a late parcel that nothing is heard of any more counts as open (`policy/trouble.py`)."""

Law = Callable[[Sequence[Note], Truth, timedelta], Iterator[str]]


def no_win_back_while_an_order_is_open(
    log: Sequence[Note], truth: Truth, slack: timedelta
) -> Iterator[str]:
    """Nobody is told that they were missed while a parcel of theirs is under way."""
    for note in _by(log, "win_back"):
        orders = {act.order for act in truth.of(Did.PAID, who=note.to, before=note.at - slack)}
        yield from (
            f"{note}: order {one}"
            for one in orders
            if truth.is_open(one, note.at) and truth.is_open(one, note.at - slack)
        )


def no_greeting_during_a_return(
    log: Sequence[Note], truth: Truth, slack: timedelta
) -> Iterator[str]:
    """No birthday discount while something goes back."""
    return (
        f"{note}"
        for note in _by(log, "greetings")
        if truth.is_returning(note.to, note.at) and truth.is_returning(note.to, note.at - slack)
    )


def no_review_request_before_delivery(
    log: Sequence[Note], truth: Truth, slack: timedelta
) -> Iterator[str]:
    """Nobody is asked about what has not arrived."""
    for note in _by(log, "review_request"):
        if not truth.of(Did.DELIVERED, Did.COMPLETED, order=note.order or "?", before=note.at):
            yield f"{note}"


def no_review_request_after_refund(
    log: Sequence[Note], truth: Truth, slack: timedelta
) -> Iterator[str]:
    """Nobody is asked about what they got their money back for."""
    return (
        f"{note}"
        for note in _by(log, "review_request")
        if truth.is_off(note.order or "?", note.at - slack)
    )


def no_cart_message_after_the_purchase(
    log: Sequence[Note], truth: Truth, slack: timedelta
) -> Iterator[str]:
    """Whoever bought since, with an account or as a guest, is not reminded of a cart."""
    began = {act.thing: act.at for act in truth.of(Did.LEFT)}
    for note in _by(log, "abandoned_checkout"):
        since = began[_about(note)]
        bought = truth.of(Did.PLACED, who=note.to, before=note.at - slack)
        if any(act.at >= since for act in bought):
            yield f"{note}"


def nothing_is_said_twice(log: Sequence[Note], truth: Truth, slack: timedelta) -> Iterator[str]:
    """The same words, the same news of a parcel, or the same question reach nobody twice."""
    said = Counter(one for note in log for one in _sayings(note))
    return (f"{times} times {one}" for one, times in said.items() if times > 1)


def nothing_is_repeated_without_doubt(
    log: Sequence[Note], truth: Truth, slack: timedelta
) -> Iterator[str]:
    """Only what an order needs is handed over again, once for each time that nobody could know."""
    for note in log:
        is_needed = note.of is MessageClass.TRANSACTIONAL
        if note.times > 1 + (note.doubts if is_needed else 0):
            yield f"taken {note.times} times, {note.doubts} times in doubt: {note}"


def no_parcel_is_told_to_be_late_twice(
    log: Sequence[Note], truth: Truth, slack: timedelta
) -> Iterator[str]:
    """A new date, and that it cannot be kept, are told once each, and not in one breath."""
    told: dict[tuple[str, str, str], list[tuple[str, datetime]]] = defaultdict(list)
    for note in log:
        kind, _, promise = note.step.replace("//", "/").partition("/")
        if kind in {"delayed", "stuck"} and promise:
            told[note.to, note.subject, promise].append((kind, note.at))
    for parcel, words in told.items():
        kinds, times = zip(*words, strict=True)
        if len(set(kinds)) < len(kinds) or max(times) - min(times) < timedelta(days=1) * (
            len(kinds) - 1
        ):
            yield f"{parcel}: {words}"


def nothing_friendly_while_care_is_open(
    log: Sequence[Note], truth: Truth, slack: timedelta
) -> Iterator[str]:
    """Whoever waits for a late parcel, or sends something back, is not sold or asked anything."""
    stalled = defaultdict(list)
    for one in _by(log, "proactive_care"):
        if one.template == "order_stalled":
            stalled[one.to].append(one)
    for note in _friendly(log):
        moments = (note.at, note.at - slack)
        if all(_late(truth, note.to, at) or truth.is_returning(note.to, at) for at in moments):
            yield f"{note}"
        for one in stalled[note.to]:
            if one.at < note.at - slack:
                order, by_then = one.order or "?", note.at + INSTANT
                shipped = truth.of(Did.SHIPPED, Did.COMPLETED, order=order, before=by_then)
                if not shipped and not truth.is_off(order, by_then):
                    yield f"{note}: {one}"


def no_marketing_without_consent(
    log: Sequence[Note], truth: Truth, slack: timedelta
) -> Iterator[str]:
    """Whoever said no gets none; nor does a German who did not say yes (§ 7 (2) UWG)."""
    for note in log:
        if note.of is not MessageClass.MARKETING:
            continue
        words = truth.of(Did.AGREED, Did.REFUSED, who=note.to, before=note.at)
        last = words[-1].did if words else None
        if last is Did.REFUSED or (last is None and truth.homes[note.to][1] == "DE"):
            yield f"{note}"


def nobody_is_over_budget(log: Sequence[Note], truth: Truth, slack: timedelta) -> Iterator[str]:
    """In no stretch of time does a person get more than the limits let pass."""
    by_person = defaultdict(list)
    for note in _friendly(log):
        by_person[note.to].append(note)
    for got in by_person.values():
        for limit in DEFAULT:
            counted = [note for note in got if limit.counts(note.of, "email")]
            for first, last in zip(counted, counted[limit.most :], strict=False):
                if last.at - first.at < limit.period:
                    yield f"{limit}: {first} … {last}"


def nothing_comes_at_night(log: Sequence[Note], truth: Truth, slack: timedelta) -> Iterator[str]:
    """What no order needs comes in the day of whoever receives it."""
    for note in _friendly(log):
        there = note.at.astimezone(ZoneInfo(truth.homes[note.to][0])).time()
        if not OPENS <= there < CLOSES:
            yield f"{there}: {note}"


def no_code_for_a_refunded_order(
    log: Sequence[Note], truth: Truth, slack: timedelta
) -> Iterator[str]:
    """Nobody is given a code for an order that was called off."""
    return (
        f"{note}"
        for note in log
        if "code" in note.data and note.order and truth.is_off(note.order, note.at - slack)
    )


def every_order_is_thanked_for_once(
    log: Sequence[Note], truth: Truth, slack: timedelta
) -> Iterator[str]:
    """Who paid is thanked, unless the order was called off before anybody could."""
    thanked = Counter(note.order for note in _by(log, "thank_you"))
    refused = {note.order for note in _by(truth.refused, "thank_you")}
    for act in _news(truth, Did.PAID):
        is_off = truth.is_off(act.order, act.at + slack + timedelta(hours=1))
        is_due = not is_off and act.order not in refused
        if thanked[act.order] > 1 or (is_due and not thanked[act.order]):
            yield f"thanked {thanked[act.order]} times: {act}"


def every_parcel_is_told_of(log: Sequence[Note], truth: Truth, slack: timedelta) -> Iterator[str]:
    """Who waits for a parcel hears of it."""
    told = {_about(note) for note in _by([*log, *truth.refused], "tracking")}
    for act in _news(truth, Did.SHIPPED):
        if act.thing not in told and not truth.is_off(
            act.order, act.at + slack + timedelta(hours=1)
        ):
            yield f"not told: {act}"


def every_refund_is_confirmed_once(
    log: Sequence[Note], truth: Truth, slack: timedelta
) -> Iterator[str]:
    """Whoever gets money back is told, once for each time."""
    confirmed = [note for note in (*log, *truth.refused) if note.template == "refund_confirmation"]
    told = Counter(_about(note) for note in confirmed)
    return (
        f"told {told[act.thing]} times: {act}"
        for act in _news(truth, Did.REFUNDED, Did.PART_REFUNDED)
        if told[act.thing] != 1
    )


def nothing_is_told_of_history(
    log: Sequence[Note], truth: Truth, slack: timedelta
) -> Iterator[str]:
    """What was over before the store was connected is not told now."""
    for note in log:
        if note.hook not in {"thank_you", "tracking", "returns"}:
            continue
        about = truth.of(*Did, order=note.order or "?")
        if about and about[-1].at < truth.connected_at:
            yield f"{note}"


LAWS: tuple[Law, ...] = (
    no_win_back_while_an_order_is_open,
    no_greeting_during_a_return,
    no_review_request_before_delivery,
    no_review_request_after_refund,
    no_cart_message_after_the_purchase,
    nothing_is_said_twice,
    nothing_is_repeated_without_doubt,
    no_parcel_is_told_to_be_late_twice,
    nothing_friendly_while_care_is_open,
    no_marketing_without_consent,
    nobody_is_over_budget,
    nothing_comes_at_night,
    no_code_for_a_refunded_order,
    every_order_is_thanked_for_once,
    every_parcel_is_told_of,
    every_refund_is_confirmed_once,
    nothing_is_told_of_history,
)


def contradictions(
    log: Sequence[Note], truth: Truth, slack: timedelta = timedelta()
) -> dict[str, list[str]]:
    """Return what breaks which law; nothing, if all is well."""
    found = {law.__name__: list(law(log, truth, slack)) for law in LAWS}
    return {name: broken for name, broken in found.items() if broken}


def _about(note: Note) -> str:
    """Return the id of what a message is about."""
    return note.subject.partition(":")[2]


def _by(log: Sequence[Note], hook: str) -> Iterator[Note]:
    return (note for note in log if note.hook == hook)


def _friendly(log: Sequence[Note]) -> Iterator[Note]:
    return (note for note in log if note.of is not MessageClass.TRANSACTIONAL)


def _news(truth: Truth, *kinds: Did) -> Iterator[Act]:
    return (act for act in truth.of(*kinds) if act.at >= truth.connected_at)


def _sayings(note: Note) -> Iterator[tuple[object, ...]]:
    """Yield what a message says, as far as it can be compared."""
    yield (note.to, note.template, note.subject, note.step)
    yield (note.to, note.text)
    if note.template == "community_invite":
        yield (note.to, note.template)
    if note.hook in {"review_request", "care_tips"}:
        for item in note.data.get("items", ()):
            about = item.get("name") or item.get("product_id") or item.get("tip")
            yield (note.to, note.hook, about, item.get("key"))
    if note.hook == "greetings":
        yield (note.to, "greeted on", note.data["day"])


def _late(truth: Truth, who: str, at: datetime) -> bool:
    """Say whether a parcel of somebody's was late, and nobody had heard of it since."""
    arrived = {act.thing for act in truth.of(Did.DELIVERED, who=who, before=at + INSTANT)}
    return any(
        act.thing not in arrived and not truth.is_off(act.order, at) and at - act.at < CARE_LASTS
        for act in truth.of(Did.LATE, who=who, before=at)
    )
