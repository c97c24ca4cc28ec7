"""What a server's answer means: later, never, or nobody knows."""

from __future__ import annotations

import pytest

from storelink.errors import Rejected, RetryLater, SendError
from storelink_email.replies import Reply, Stage, refusal

LATER, NEVER, DOUBT = RetryLater, Rejected, SendError


@pytest.mark.parametrize(
    ("stage", "code", "text", "kind", "codes"),
    [
        (Stage.SENDER, 421, "4.3.2 shutting down", LATER, "421 4.3.2"),
        (Stage.SENDER, 451, "4.7.1 greylisted", LATER, "451 4.7.1"),
        (Stage.SENDER, 530, "5.7.0 Must issue a STARTTLS command first", LATER, "530 5.7.0"),
        (Stage.SENDER, 550, "5.7.1 sender not allowed", LATER, "550 5.7.1"),
        (Stage.SENDER, 501, "5.1.7 bad sender address syntax", LATER, "501 5.1.7"),
        (Stage.SENDER, 552, "5.3.4 message size exceeds limit", NEVER, "552 5.3.4"),
        (Stage.RECIPIENT, 450, "4.2.0 mailbox busy", LATER, "450 4.2.0"),
        (Stage.RECIPIENT, 452, "4.2.2 mailbox full", LATER, "452 4.2.2"),
        (Stage.RECIPIENT, 501, "5.1.3 bad recipient address syntax", NEVER, "501 5.1.3"),
        (Stage.RECIPIENT, 503, "5.5.1 AUTH first", LATER, "503 5.5.1"),
        (Stage.RECIPIENT, 535, "5.7.8 bad credentials", LATER, "535 5.7.8"),
        (Stage.RECIPIENT, 550, "5.1.1 no such user", NEVER, "550 5.1.1"),
        (Stage.RECIPIENT, 550, "No such user here", NEVER, "550"),
        (Stage.RECIPIENT, 554, "5.7.1 Relay access denied", LATER, "554 5.7.1"),
        (Stage.RECIPIENT, 550, "5.7.1 Unable to relay", LATER, "550 5.7.1"),
        (Stage.RECIPIENT, 556, "5.1.10 domain takes no mail", NEVER, "556 5.1.10"),
        (Stage.START, 451, "", LATER, "451"),
        (Stage.START, 554, "5.5.1 no valid recipients", NEVER, "554 5.5.1"),
        (Stage.START, 250, "OK?", LATER, "250"),
        (Stage.END, 421, "4.3.0 going down", LATER, "421 4.3.0"),
        (Stage.END, 452, "4.3.1 no space", LATER, "452 4.3.1"),
        (Stage.END, 552, "5.2.3 too large", NEVER, "552 5.2.3"),
        (Stage.END, 554, "5.7.1 looks like spam; relay it elsewhere", NEVER, "554 5.7.1"),
        (Stage.END, 354, "go on", DOUBT, "354"),
        (Stage.END, -1, "gibberish", DOUBT, "-1"),
        (Stage.RECIPIENT, -1, "gibberish", LATER, "-1"),
        (Stage.RECIPIENT, 199, "", LATER, "199"),
    ],
)
def test_answer_means(
    stage: Stage, code: int, text: str, kind: type[SendError], codes: str
) -> None:
    """Temporary is later; permanent is never, but for faults of the set-up, which are repaired."""
    error = refusal(stage, Reply(code, text), "mail.example:25")

    assert kind is type(error)
    assert codes == error.code
    assert str(error).startswith(f"mail.example:25 answered {stage}: ")
    assert text in str(error)


def test_answer_is_told_without_addresses_and_in_one_line() -> None:
    """Servers repeat the address; it is personal data and goes into tables and logs."""
    text = b"5.1.1 <ana@customer.example>: Recipient\r\naddress rejected: ana@customer.example \xff"

    reply = Reply.read(550, text)

    assert "5.1.1 <address>: Recipient address rejected: <address> \ufffd" == reply.text


def test_endless_answer_is_cut() -> None:
    assert 200 == len(Reply.read(550, b"x" * 9999).text)
