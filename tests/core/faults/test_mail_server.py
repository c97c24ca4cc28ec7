"""A mail server that refuses, hangs, or hangs up: nothing is lost, and doubts are settled."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from core.faults.shop import place_orders, work
from core.world import HOUR, World

from storelink import Message
from storelink.events import OrderPaid
from storelink.models import MessageClass, MessageState
from storelink.testing.mailserver import MailServer
from storelink_email import Email

NewWorld = Callable[..., World]


class HangingServer(MailServer):
    """Takes the first mails, and never says so.

    Args:
        hangs: how many mails.
    """

    def __init__(self, *, hangs: int) -> None:
        super().__init__()
        self._hangs = hangs

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        self._hangs -= 1
        if self._hangs >= 0:
            await asyncio.Event().wait()
        return answer


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as one:
        yield one


def a_shop(new_world: NewWorld, url: str, **options: Any) -> World:
    return new_world(channels=[Email(url, sender="shop@example.com", timeout=0.3)], **options)


def arrived(server: MailServer) -> list[int]:
    """How often each mail was accepted, by its Message-ID."""
    times = Counter(str(mail.message["Message-ID"]) for mail in server.received)
    return sorted(times.values())


def states(world: World, keys: list[str]) -> list[tuple[MessageState, int]]:
    return [(one.state, one.doubts) for one in map(world.message, keys)]


SENT = (MessageState.SENT, 0)


@pytest.mark.parametrize("times", [1, 12])
@pytest.mark.parametrize(
    ("answer", "stage"),
    [
        ("421 4.3.2 shutting down", "mail"),
        ("451 4.3.0 try later", "rcpt"),
        ("421 4.3.2 shutting down", "end"),
        ("451 4.3.0 try later", "end"),
    ],
)
def test_a_server_that_refuses_for_a_while(
    new_world: NewWorld, server: MailServer, answer: str, stage: Any, times: int
) -> None:
    server.answer_next(answer, at=stage, times=times)
    world = a_shop(new_world, server.url)
    keys = place_orders(world)
    work(world, hours=48)
    assert [1, 1, 1] == arrived(server)
    assert [SENT] * 3 == states(world, keys)


def test_a_server_that_is_away_for_days_burns_no_message(new_world: NewWorld) -> None:
    """An outage is the channel's: no message is given up for it."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    listening.close()
    world = a_shop(new_world, f"smtp://127.0.0.1:{port}")
    keys = place_orders(world)
    work(world, hours=72)
    assert [MessageState.WAITING] * 3 == [state for state, _ in states(world, keys)]
    with MailServer(port=port) as server:
        work(world, hours=12)
        assert [1, 1, 1] == arrived(server)
    assert [SENT] * 3 == states(world, keys)


def test_a_server_that_does_not_even_greet(new_world: NewWorld) -> None:
    """Nothing was sent yet: there is no doubt."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        world = a_shop(new_world, f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        keys = place_orders(world)
        world.link.run_once()
        assert [(MessageState.WAITING, 0)] * 3 == states(world, keys)


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("drops", [1, 3])
def test_a_line_that_drops_after_a_transactional_message(
    new_world: NewWorld, server: MailServer, drops: int, kept: bool
) -> None:
    """It is repeated under the same Message-ID: rather twice than never."""
    for _ in range(drops):
        server.hang_up_next(keep_mail=kept)
    world = a_shop(new_world, server.url)
    keys = place_orders(world)
    work(world, hours=12)
    assert 3 + drops * kept == sum(arrived(server))
    assert 3 == len(arrived(server))
    assert {MessageState.SENT} == {state for state, _ in states(world, keys)}
    assert drops == sum(doubts for _, doubts in states(world, keys))


@pytest.mark.parametrize("kept", [True, False])
def test_a_line_that_drops_after_another_message(
    new_world: NewWorld, server: MailServer, kept: bool
) -> None:
    """Rather never than twice."""
    server.hang_up_next(keep_mail=kept)
    world = a_shop(new_world, server.url, hooks=[])
    an_offer(world)
    place_orders(world)
    work(world, hours=48)
    assert [1] * (2 + kept) == arrived(server)
    found = Counter(message.state for message in world.link.messages())
    assert {MessageState.SENT: 2, MessageState.IN_DOUBT: 1} == found


def test_a_server_that_hangs_after_it_took_the_message(new_world: NewWorld) -> None:
    with HangingServer(hangs=1) as server:
        world = a_shop(new_world, server.url)
        keys = place_orders(world)
        work(world, hours=12)
        assert [1, 1, 2] == arrived(server)
        assert [(MessageState.SENT, 0)] * 2 + [(MessageState.SENT, 1)] == sorted(
            states(world, keys)
        )


def test_two_workers_and_a_bad_line(
    new_database: Callable[[], str], new_world: NewWorld, server: MailServer
) -> None:
    """They take turns; each drop is one doubt, and each doubt at most one mail too many."""
    database = new_database()
    email = Email(server.url, sender="shop@example.com")
    options: Any = {"channels": [email], "fresh_for": timedelta(days=9)}
    one = new_world(database, **options)
    two = new_world(database, clock=one.clock, **options)
    keys = place_orders(one)
    for drop in range(4):
        server.hang_up_next(keep_mail=bool(drop % 2))
    for _ in range(24):
        one.link.run_once()
        two.link.run_once()
        one.clock.advance(HOUR / 2)
    found = states(one, keys)
    doubts = sum(doubts for _, doubts in found)
    assert {MessageState.SENT} == {state for state, _ in found}
    assert 4 == doubts
    assert len(keys) <= sum(arrived(server)) <= len(keys) + doubts


def an_offer(world: World) -> None:
    """Send everybody who pays something that they do not need."""

    @world.link.hook(OrderPaid, expires_after=timedelta(days=9))
    def offer() -> Message:
        return Message(
            "offer", subject="Offer", text="Ten percent", message_class=MessageClass.MARKETING
        )
