"""Failures of every kind: what is tried again, when, and what is given up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from core.world import ADA, DAY, HOUR, MUG, START, World

from storelink import Message
from storelink.contracts import Channel, Manifest
from storelink.errors import Rejected, RetryLater, StoreUnavailable
from storelink.events import OrderPaid
from storelink.hooks import ReviewRequest, ThankYou
from storelink.models import Contact, MessageClass, MessageState, Ref, Snapshot
from storelink.testing import RecordingChannel

MINUTE = timedelta(minutes=1)
SENT = (MessageState.SENT, None)


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A shop that says thank you and nothing else."""
    return new_world(hooks=[ThankYou()])


def thanks(order_id: str) -> str:
    return f"thank_you/order:{order_id}"


def outcomes(world: World, key: str) -> list[str]:
    return [attempt["outcome"] for attempt in world.link.attempts(f"shop/{key}")]


# -- temporary and permanent -----------------------------------------------------------------------


def test_a_temporary_failure_is_tried_again_longer_each_time(world: World) -> None:
    tries: list[timedelta] = []
    send = world.channel.send

    def noting(message: object) -> object:
        tries.append(world.clock.now() - START)
        return send(message)  # type: ignore[arg-type]

    world.channel.send = noting  # type: ignore[method-assign, assignment]
    world.channel.fail_next(RetryLater("busy", code="451"), times=9)
    order_id = world.timeline.place(ADA, [MUG])
    world.wait(DAY)
    minutes = [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]
    assert [MINUTE * minute for minute in minutes] == tries
    assert SENT == world.state(thanks(order_id))
    assert ["temporary"] * 9 + ["sent"] == outcomes(world, thanks(order_id))
    assert 1 == len(world.channel.sent)


def test_a_provider_may_say_when_to_come_back(world: World) -> None:
    world.channel.fail_next(RetryLater("slow down", after=timedelta(hours=5)))
    order_id = world.timeline.place(ADA, [MUG])
    message = world.message(thanks(order_id))
    assert (MessageState.WAITING, "temporary") == (message.state, message.reason)
    assert START + 5 * HOUR == message.due_at


def test_coming_back_too_soon_is_never_sooner_than_our_own_rule(world: World) -> None:
    world.channel.fail_next(RetryLater("now", after=timedelta(seconds=1)))
    order_id = world.timeline.place(ADA, [MUG])
    assert START + MINUTE == world.message(thanks(order_id)).due_at


def test_after_thirty_attempts_it_is_given_up(world: World) -> None:
    world.channel.fail_next(RetryLater("busy"), times=100)
    order_id = world.timeline.place(ADA, [MUG])
    world.wait(10 * DAY)
    assert (MessageState.FAILED, "gave_up") == world.state(thanks(order_id))
    assert 30 == world.message(thanks(order_id)).attempts


def test_planning_again_does_not_shorten_the_wait(world: World) -> None:
    world.channel.fail_next(RetryLater("busy"), times=3)
    order_id = world.timeline.place(ADA, [MUG])
    world.store.edit(order_id, tags=("x",))
    world.tell()
    message = world.message(thanks(order_id))
    assert START + MINUTE == message.due_at
    assert 1 == message.attempts


def test_a_permanent_failure_is_final(world: World) -> None:
    world.channel.fail_next(Rejected("no such user", code="550"))
    order_id = world.timeline.place(ADA, [MUG])
    world.store.edit(order_id, tags=("x",))
    world.tell()
    world.wait(10 * DAY)
    assert (MessageState.FAILED, "rejected") == world.state(thanks(order_id))
    assert ["failed"] == outcomes(world, thanks(order_id))


def test_a_failure_of_one_message_does_not_hold_up_the_others(world: World) -> None:
    world.channel.fail_next(RetryLater("busy"))
    first = world.store.place(ADA, [MUG])
    second = world.store.place(ADA, [MUG])
    world.tell()
    assert [thanks(second)] == world.sent()
    world.wait(MINUTE)
    assert [thanks(second), thanks(first)] == world.sent()


def test_what_expires_while_it_waits_for_a_retry_is_not_sent(
    new_world: Callable[..., World],
) -> None:
    world = new_world(hooks=[ThankYou(expires_after=2 * MINUTE)])
    world.channel.fail_next(RetryLater("busy"), times=2)
    order_id = world.timeline.place(ADA, [MUG])
    world.wait(DAY)
    assert (MessageState.EXPIRED, "expired") == world.state(thanks(order_id))
    assert [] == world.sent()


# -- nobody to write to ----------------------------------------------------------------------------


def test_without_an_address_nothing_is_sent_and_the_worker_rests(world: World) -> None:
    order_id = world.timeline.place(Contact(first_name="Ada"), [MUG])
    assert (MessageState.CANCELLED, "no_address") == world.state(thanks(order_id))
    world.wait(3 * DAY)
    assert (MessageState.CANCELLED, "no_address") == world.state(thanks(order_id))


def test_an_address_that_is_added_later_is_used(world: World) -> None:
    order_id = world.timeline.place(Contact(first_name="Ada"), [MUG])
    world.wait(HOUR)
    world.store.edit(order_id, contact=ADA)
    world.tell()
    assert SENT == world.state(thanks(order_id))
    assert ["ada@example.com"] == [mail.to for mail in world.channel.sent]


def test_an_address_that_was_corrected_before_sending_is_used(
    new_world: Callable[..., World],
) -> None:
    world = new_world(hooks=[ThankYou(after=HOUR)])
    order_id = world.timeline.place(Contact(email="adda@example.com"), [MUG])
    world.store.edit(order_id, contact=ADA)
    world.tell()
    world.wait(HOUR)
    assert ["ada@example.com"] == [mail.to for mail in world.channel.sent]


class Phone(RecordingChannel):
    """A channel that reaches phones."""

    @property
    def manifest(self) -> Manifest[Channel]:
        return replace(super().manifest, name="phone")

    def address(self, contact: Contact) -> str | None:
        return contact.phone


def test_the_first_channel_that_reaches_a_person_is_taken(new_world: Callable[..., World]) -> None:
    mail, phone = RecordingChannel(), Phone()
    world = new_world(hooks=[ThankYou()], channels=[mail, phone])
    world.timeline.place(Contact(phone="+4930231250"), [MUG])
    world.timeline.place(Contact(email="ada@example.com", phone="+4930231250"), [MUG])
    assert ["+4930231250"] == [message.to for message in phone.sent]
    assert ["ada@example.com"] == [message.to for message in mail.sent]


def test_an_error_of_a_channel_about_an_address_lets_only_that_message_wait(
    new_world: Callable[..., World], errors_are_expected: None
) -> None:
    class Picky(RecordingChannel):
        def address(self, contact: Contact) -> str | None:
            if contact.email == "bad":
                raise TypeError
            return contact.email

    channel: Channel = Picky()
    world = new_world(hooks=[ThankYou()], channels=[channel])
    bad = world.timeline.place(Contact(email="bad"), [MUG])
    good = world.timeline.place(ADA, [MUG])
    assert MessageState.WAITING is world.message(thanks(bad)).state
    assert SENT == world.state(thanks(good))


# -- templates -------------------------------------------------------------------------------------


def test_a_message_waits_for_the_repair_of_its_template(
    new_world: Callable[..., World], tmp_path: Path, errors_are_expected: None
) -> None:
    folder = tmp_path / "en" / "note"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("A note")
    body = folder / "body.txt"
    body.write_text("{{ order.nummer }}")
    world = new_world(hooks=[], templates=tmp_path)
    world.link.hook(OrderPaid, key="note")(lambda: Message("note"))
    world.link.hook(OrderPaid, key="other")(lambda: Message("other", subject="x", text="y"))
    order_id = world.timeline.place(ADA, [MUG])
    key = f"note/order:{order_id}/order/{order_id}/paid"
    assert (MessageState.WAITING, "template") == world.state(key)
    assert 0 == world.message(key).attempts
    assert [f"other/order:{order_id}/order/{order_id}/paid"] == world.sent()
    body.write_text("Your order {{ order.number }}")
    world.wait(timedelta(minutes=5))
    assert SENT == world.state(key)
    assert f"Your order #{order_id}" == world.channel.sent[-1].text.strip()


def test_a_template_that_is_never_repaired_lets_the_message_expire(
    new_world: Callable[..., World], errors_are_expected: None
) -> None:
    world = new_world(hooks=[])
    broken = Message("note", subject="x", text="{{ order.nummer }}")
    world.link.hook(OrderPaid, key="note", expires_after=HOUR)(lambda: broken)
    order_id = world.timeline.place(ADA, [MUG])
    world.wait(2 * HOUR)
    key = f"note/order:{order_id}/order/{order_id}/paid"
    assert (MessageState.EXPIRED, "expired") == world.state(key)


# -- a store that is silent ------------------------------------------------------------------------


def test_nothing_is_sent_on_a_state_that_cannot_be_checked(world: World) -> None:
    order_id = world.store.place(ADA, [MUG])
    answers = world.store.read
    world.store.read = silent  # type: ignore[method-assign]
    world.tell()
    assert (MessageState.WAITING, "store_silent") == world.state(thanks(order_id))
    assert [] == world.sent()
    world.store.read = answers  # type: ignore[method-assign]
    world.wait(timedelta(minutes=5))
    assert [thanks(order_id)] == world.sent()


def silent(ref: Ref) -> Snapshot:
    raise StoreUnavailable("503 Service Unavailable")


def test_an_answer_that_cannot_be_understood_is_like_none(
    world: World, errors_are_expected: None
) -> None:
    def broken(ref: Ref) -> Snapshot:
        raise KeyError("total")

    order_id = world.store.place(ADA, [MUG])
    world.store.read = broken  # type: ignore[method-assign]
    world.tell()
    assert (MessageState.WAITING, "store_silent") == world.state(thanks(order_id))


def test_a_state_that_was_just_read_is_not_read_again(new_world: Callable[..., World]) -> None:
    world = new_world(hooks=[ThankYou()], fresh_for=timedelta(minutes=15))
    reads: list[Ref] = []
    read = world.store.read

    def counting(ref: Ref) -> Snapshot:
        reads.append(ref)
        return read(ref)

    world.store.read = counting  # type: ignore[method-assign]
    world.link.hook(OrderPaid, key="soon", after=15 * MINUTE)(lambda: NOTE)
    world.link.hook(OrderPaid, key="later", after=16 * MINUTE)(lambda: NOTE)
    order_id = world.timeline.place(ADA, [MUG])
    world.wait(15 * MINUTE)
    assert [Ref.order(order_id)] == reads
    world.wait(MINUTE)
    assert [Ref.order(order_id)] * 2 == reads


NOTE = Message("note", subject="A note", text="Hello")
MARKETING = Message("note", subject="News", text="Hello", message_class=MessageClass.MARKETING)


# -- in doubt --------------------------------------------------------------------------------------


def test_a_transactional_message_in_doubt_is_repeated_under_the_same_key(world: World) -> None:
    """SMTP does not drop the repeat: the customer may get the thanks twice, never none."""
    world.channel.lose_next_answer(ConnectionResetError())
    order_id = world.timeline.place(ADA, [MUG])
    assert [thanks(order_id), thanks(order_id)] == world.sent()
    assert SENT == world.state(thanks(order_id))
    assert ["in doubt", "sent"] == outcomes(world, thanks(order_id))
    assert 1 == world.message(thanks(order_id)).doubts


def test_a_marketing_message_in_doubt_is_left_alone(new_world: Callable[..., World]) -> None:
    world = new_world(hooks=[ReviewRequest()])
    world.channel.lose_next_answer(TimeoutError())
    order_id = world.delivered_order()
    world.wait(100 * DAY)
    key = f"review_request/order:{order_id}"
    assert (MessageState.IN_DOUBT, "in_doubt") == world.state(key)
    assert [key] == world.sent()


def test_where_the_provider_drops_repeats_every_message_is_repeated(
    new_world: Callable[..., World],
) -> None:
    channel = RecordingChannel(deduplicates=True)
    world = new_world(hooks=[ReviewRequest()], channels=[channel])
    channel.lose_next_answer(TimeoutError())
    order_id = world.delivered_order()
    world.wait(7 * DAY)
    assert SENT == world.state(f"review_request/order:{order_id}")
    assert 1 == len(channel.sent)
    assert 2 == world.message(f"review_request/order:{order_id}").attempts


def test_doubts_do_not_go_on_for_ever(world: World) -> None:
    world.channel.fail_next(TimeoutError(), times=20)
    order_id = world.timeline.place(ADA, [MUG])
    world.wait(DAY)
    assert (MessageState.IN_DOUBT, "in_doubt") == world.state(thanks(order_id))
    assert ["in doubt"] * 4 == outcomes(world, thanks(order_id))


def test_a_review_request_in_doubt_counts_as_asked(new_world: Callable[..., World]) -> None:
    world = new_world(hooks=[ReviewRequest()])
    world.channel.lose_next_answer(TimeoutError())
    world.delivered_order()
    world.wait(8 * DAY)
    second = world.delivered_order()
    world.wait(30 * DAY)
    assert 1 == len(world.sent())
    reasons = {line.reason for line in world.link.explain("shop", second).messages}
    assert {"already_asked"} == reasons


# -- by hand ---------------------------------------------------------------------------------------


def test_an_order_that_is_not_good_any_more_is_not_sent_by_hand_either(
    new_world: Callable[..., World],
) -> None:
    world = new_world(hooks=[ThankYou(after=DAY)])
    order_id = world.timeline.place(ADA, [MUG])
    world.timeline.cancel(order_id)
    world.link.retry(f"shop/{thanks(order_id)}")
    world.link.run_once()
    assert (MessageState.CANCELLED, "cancelled") == world.state(thanks(order_id))


def test_the_hook_is_asked_about_the_order_as_it_is(world: World) -> None:
    """What is told to the template is the state just before sending, not that of planning."""
    world.link.hook(OrderPaid, key="note", after=HOUR)(
        lambda order: Message("note", subject="{{ order.tags | join }}", text="x")
    )
    order_id = world.timeline.place(ADA, [MUG])
    world.store.edit(order_id, tags=("a", "b"))
    world.store.take()
    world.wait(HOUR)
    assert "ab" == world.channel.sent[-1].subject


def test_every_message_is_given_out_under_its_key(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    (mail,) = world.channel.sent
    assert f"shop/{thanks(order_id)}" == mail.key
    assert "shop" == mail.store
