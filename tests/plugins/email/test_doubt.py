"""A connection may break anywhere: only after the final dot does nobody know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from storelink.errors import RetryLater, SendError
from storelink.models import Outgoing
from storelink_email import Email

HANG_UP, SILENCE = "(hang up)", "(silence)"
PATIENCE = 0.2  # seconds

Scripted = Callable[..., Any]
Connect = Callable[..., Email]


@pytest.mark.parametrize("trouble", [HANG_UP, SILENCE])
@pytest.mark.parametrize("step", ["GREETING", "EHLO", "MAIL", "RCPT", "DATA"])
def test_before_the_message_it_was_surely_not_accepted(
    scripted: Scripted, connect: Connect, outgoing: Outgoing, step: str, trouble: str
) -> None:
    server = scripted(**{step: trouble})

    with pytest.raises(RetryLater):
        connect(server.url, timeout=PATIENCE).send(outgoing)

    assert [] == server.contents
    assert step in server.steps


def test_before_the_final_dot_it_was_surely_not_accepted(
    scripted: Scripted, connect: Connect, outgoing: Outgoing
) -> None:
    """RFC 5321 section 3.8: a server delivers nothing that it has not got to the end."""
    server = scripted(BODY=HANG_UP)
    more_than_buffers_hold = outgoing.model_copy(update={"text": "Thank you!\n" * 800_000})

    with pytest.raises(RetryLater, match="broke before the message was complete"):
        connect(server.url).send(more_than_buffers_hold)

    assert [] == server.contents


@pytest.mark.parametrize("trouble", [HANG_UP, SILENCE, "gibberish", "354 go on"])
def test_after_the_final_dot_nobody_knows(
    scripted: Scripted, connect: Connect, outgoing: Outgoing, trouble: str
) -> None:
    """It may have been accepted: neither "later" nor "never" would be true."""
    server = scripted(END=trouble)
    email = connect(server.url, timeout=PATIENCE)

    with pytest.raises(SendError) as caught:
        email.send(outgoing)

    assert SendError is type(caught.value)
    assert 1 == len(server.contents)
    assert "ana@" not in str(caught.value)


def test_after_doubt_the_next_message_has_a_new_connection(
    scripted: Scripted, connect: Connect, outgoing: Outgoing
) -> None:
    """An answer that comes late must not be taken for the next message's."""
    server = scripted(END=SILENCE)
    email = connect(server.url, timeout=PATIENCE)
    with pytest.raises(SendError):
        email.send(outgoing)
    server.script["END"] = "250 2.0.0 Queued"

    email.send(outgoing)

    assert 2 == server.dialogues


@pytest.mark.parametrize("answer", ["451 4.3.0 later", "421 4.3.2 closing"])
@pytest.mark.parametrize("step", ["GREETING", "EHLO", "MAIL", "RCPT", "DATA", "END"])
def test_temporary_answer_at_any_step_is_later(
    scripted: Scripted, connect: Connect, outgoing: Outgoing, step: str, answer: str
) -> None:
    server = scripted(**{step: answer}, HELO=answer)

    with pytest.raises(RetryLater) as caught:
        connect(server.url).send(outgoing)

    assert answer[:9] == caught.value.code


def test_interrupted_dialogue_is_not_continued(
    scripted: Scripted, connect: Connect, outgoing: Outgoing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the middle: the connection is in an unknown state and is given up."""
    server = scripted()
    email = connect(server.url)
    email.send(outgoing)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("smtplib.SMTP.getreply", interrupt)
        with pytest.raises(KeyboardInterrupt):
            email.send(outgoing)
    email.send(outgoing)

    assert 2 == server.dialogues


def test_reset_that_fails_costs_the_connection_only(
    scripted: Scripted, connect: Connect, outgoing: Outgoing
) -> None:
    server = scripted(RCPT="450 4.2.0 busy", RSET=HANG_UP)
    email = connect(server.url)
    with pytest.raises(RetryLater, match=r"450 4\.2\.0 busy"):
        email.send(outgoing)
    server.script["RCPT"] = "250 OK"

    email.send(outgoing)

    assert (2, 1) == (server.dialogues, len(server.contents))


def test_size_is_announced_where_the_server_asks(
    scripted: Scripted, connect: Connect, outgoing: Outgoing
) -> None:
    """A message that is too large is refused before it is sent."""
    server = scripted(EHLO="250-mail.example\r\n250 SIZE 1000", MAIL="552 5.3.4 too large")

    with pytest.raises(SendError, match=r"552 5\.3\.4 too large"):
        connect(server.url).send(outgoing)

    assert "DATA" not in server.steps
