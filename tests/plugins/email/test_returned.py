"""Mails that come back: what they tell of which mail, and that no mail can hurt who reads it."""

from __future__ import annotations

import mailbox
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storelink.contracts.channel import Report, Trouble
from storelink.errors import ConfigError
from storelink.models import Outgoing
from storelink.testing.mailserver import MailServer
from storelink_email import Email
from storelink_email.returned import Returned, read

MARK = "0123456789abcdef" * 2
OTHER = "f" * 32
KEY = "a secret of sixteen and more"
AT = datetime(2026, 11, 17, 9, 30, tzinfo=UTC)


def bounce(
    status: str = "5.1.1",
    *,
    to: str = f"bounces+{MARK}@atelier.example",
    action: str = "failed",
    diagnosis: str = "smtp; 550 5.1.1 no such user",
    quoted: str = f"Return-Path: <bounces+{MARK}@atelier.example>",
    kind: str = "message/rfc822",
) -> bytes:
    """Return a delivery status notification as Postfix writes one (RFC 3464)."""
    return f"""\
From: MAILER-DAEMON@mx.example
To: {to}
Date: Tue, 17 Nov 2026 10:30:00 +0100
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Tue, 17 Nov 2026 10:29:00 +0100

Final-Recipient: rfc822; ada@example.com
Action: {action}
Status: {status}
Diagnostic-Code: {diagnosis}

--b
Content-Type: {kind}

{quoted}
Subject: Thank you

--b--
""".encode()


def complaint(what: str = "abuse", about: str = f"<{MARK}@atelier.example>") -> bytes:
    """Return a complaint as a mail provider writes one (RFC 5965)."""
    return f"""\
From: feedback@provider.example
To: abuse@atelier.example
Date: Tue, 17 Nov 2026 10:30:00 +0100
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: {what}
User-Agent: Provider/1
Version: 1

--b
Content-Type: message/rfc822

Message-ID: {about}
Subject: How was it?

Hello
--b--
""".encode()


@pytest.mark.parametrize(
    ("status", "diagnosis", "expected"),
    [
        ("5.1.1", "", (Trouble.HARD_BOUNCE, "5.1.1")),
        ("5.1.10", "", (Trouble.HARD_BOUNCE, "5.1.10")),
        ("5.2.1 (disabled)", "", (Trouble.HARD_BOUNCE, "5.2.1")),
        ("5.0.0", "", (Trouble.HARD_BOUNCE, "5.0.0")),
        ("5.0.0", "smtp; 550 5.7.1 spam", None),
        ("", "smtp; 550 5.1.1 unknown", (Trouble.HARD_BOUNCE, "5.1.1")),
        ("5.2.2", "", (Trouble.SOFT_BOUNCE, "5.2.2")),
        ("4.4.7", "", (Trouble.SOFT_BOUNCE, "4.4.7")),
        ("5.7.1", "", None),
        ("5.7.26", "", None),
        ("5.1.8", "", None),
        ("5.3.4", "", None),
        ("5.6.0", "", None),
        ("2.0.0", "", None),
        ("nonsense", "nonsense", None),
    ],
)
def test_only_what_is_the_addresss_fault_counts(
    status: str, diagnosis: str, expected: tuple[Trouble, str] | None
) -> None:
    found = read(bounce(status, diagnosis=diagnosis))
    assert expected == ((found.trouble, found.code) if found else None)


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_what_has_not_failed_is_no_bounce(action: str) -> None:
    assert None is read(bounce(action=action))


@pytest.mark.parametrize(
    ("told", "marks"),
    [
        ({}, (MARK,)),
        ({"to": f"<BOUNCES+{MARK.upper()}@atelier.example>"}, (MARK,)),
        ({"to": "bounces@atelier.example"}, (MARK,)),
        ({"to": "b@x.example", "quoted": f"Message-ID: <{MARK}@atelier.example>"}, (MARK,)),
        (
            {
                "to": "b@x.example",
                "quoted": f"Message-ID: <{MARK}@atelier.example>",
                "kind": "text/rfc822-headers",
            },
            (MARK,),
        ),
        # what it was addressed to counts more than what it says
        ({"to": f"bounces+{OTHER}@atelier.example"}, (OTHER,)),
    ],
)
def test_the_mail_is_known_by_its_mark(told: dict[str, str], marks: tuple[str, ...]) -> None:
    assert Returned(marks, Trouble.HARD_BOUNCE, "5.1.1", AT) == read(bounce(**told))


def test_a_mail_of_somebody_else_is_none_of_ours() -> None:
    assert None is read(bounce(to="b@x.example", quoted="Message-ID: <1@other.example>"))


@pytest.mark.parametrize(
    ("what", "expected"),
    [("abuse", "abuse"), ("Opt-Out", "opt-out"), ("fraud", "fraud"), ("not-spam", None)],
)
def test_a_complaint_is_one_unless_it_says_the_opposite(what: str, expected: str | None) -> None:
    found = read(complaint(what))
    assert expected == (found.code if found else None)
    if found:
        assert ((MARK,), Trouble.COMPLAINT, AT) == (found.marks, found.trouble, found.at)


PIECES = st.sampled_from([*bounce().split(b"\n"), *complaint().split(b"\n"), b"\xff\xfe", b"\x00"])


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES | st.binary(max_size=40), max_size=60).map(b"\n".join))
def test_no_mail_hurts_who_reads_it(content: bytes) -> None:
    found = read(content)
    assert found is None or found.marks


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Content-Type: multipart/mixed; boundary=a\n\n" * 3000,
        b"".join(
            b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(2000)
        ),
        b"Content-Type: message/rfc822\n\n" * 3000,
        b"Date: Mon, 99 Foo 99999 99:99:99 +9999\n" + bounce(),
        b"To: =?x-unknown?q?=FF?=\n" + bounce(),
        b"To: " + b"a+" * 450_000 + b"\n" + bounce(),
        b"Date: " + b"(" * 900_000 + b"\n" + bounce(),
        bounce().replace(b"message/delivery-status", b"message/delivery-status; charset=x\n\ty"),
    ],
)
def test_a_hostile_mail_is_read_without_harm(content: bytes) -> None:
    read(content)


def channel(path: Path, server: MailServer | None = None) -> Email:
    return Email(
        server.url if server else "smtp://localhost:1",
        sender="Atelier <hello@atelier.example>",
        bounce_address="bounces@atelier.example",
        bounce_key=KEY,
        bounce_mailbox=path,
    )


def sent(email: Email) -> str:
    """Send a mail, and return what the provider calls it."""
    message = Outgoing(
        key="shop/thank_you/1001",
        store="shop",
        template="thank_you",
        message_class="transactional",
        to="ada@example.com",
        subject="Thank you",
        text="Thank you",
        locale="en",
    )
    return email.send(message).provider_id


@pytest.mark.parametrize("form", ["maildir", "mbox"])
def test_a_bounce_of_a_mail_names_it_and_is_read_once(
    tmp_path: Path, server: MailServer, form: str
) -> None:
    path = tmp_path / "bounces"
    box = mailbox.Maildir(path) if form == "maildir" else mailbox.mbox(path)
    email = channel(path, server)
    provider_id = sent(email)
    envelope = server.received[0].sender
    assert provider_id[1:33] == envelope.partition("+")[2].partition("@")[0]
    box.add(bounce(to=envelope, quoted=""))
    box.add(b"From: ada@example.com\nTo: bounces@atelier.example\n\nWhere is my mug?\n")
    box.close()

    taken: list[Report | None] = []
    with pytest.raises(ZeroDivisionError):
        email.read_reports(lambda report: 1 // 0)
    assert 2 == email.read_reports(taken.append)
    expected = Report(ids=(provider_id,), trouble=Trouble.HARD_BOUNCE, code="5.1.1", at=AT)
    assert {expected, None} == set(taken)
    assert 0 == email.read_reports(taken.append)
    email.close()


def test_nobody_can_make_up_a_mark(server: MailServer, tmp_path: Path) -> None:
    """What the message's key is, others may guess."""
    keyed, plain = channel(tmp_path, server), Email(server.url, sender="hello@atelier.example")
    assert sent(keyed) != sent(plain)
    assert sent(keyed) == sent(keyed)
    keyed.close()
    plain.close()


def test_a_mailbox_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        channel(tmp_path / "none").read_reports(lambda report: None)


def test_reports_are_believed_only_with_a_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs bounce_key"):
        Email("smtp://localhost:1", sender="a@b.example", bounce_mailbox=tmp_path)
