"""Header fields: what stands in them, whatever people are called."""

from __future__ import annotations

import email.policy
from datetime import UTC, datetime
from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storelink.models import Attachment, MessageClass, Outgoing
from storelink_email.compose import compose
from storelink_email.headers import folded
from storelink_email.mailbox import Mailbox, one_line
from storelink_email.origin import Origin

NOW = datetime(2026, 11, 17, 8, 30, tzinfo=UTC)
SENDER = Mailbox.parse("Atelier <hello@atelier.example>")
STRICT = email.policy.SMTP.clone(raise_on_defect=True)

HOSTILE = [
    "",
    "Hello\r\nBcc: all@evil.example",
    "Hello\r\n\r\n<script>",
    "a\nb\rc\x00d\x0be\x85f\u2028g",
    "\u202emoc.live@evil\u202c \u2066x",
    "🎁" * 400,
    "x" * 10_000,
    "x" * 5_000 + " " + "y" * 5_000,
    "word " * 2_000,
    "=?utf-8?b?QmNjOiB4?=",
    '"quoted\\" <evil@evil.example>',
    ", evil@evil.example",
    "x" * 200 + "\r\nBcc: all@evil.example",
    "अनन्या " * 60,
    " \t ",
]
LONG = st.sampled_from(HOSTILE) | st.lists(st.sampled_from(HOSTILE)).map("".join) | st.text()


def outgoing(**fields: object) -> Outgoing:
    given = {"key": "k-1", "store": "atelier", "to": "ana@customer.example", "subject": "Hello"}
    return Outgoing(**{**given, "text": "Thank you!\n", **fields})


def raw(message: Outgoing, name: str = "Ana", **origin: object) -> bytes:
    to = Mailbox.at("ana@customer.example", name)
    return compose(message, to, origin=Origin(**{"sender": SENDER, **origin}), at=NOW)


def head(message: Outgoing, **origin: object) -> dict[str, str]:
    return dict(message_from_bytes(raw(message, **origin)).items())


@given(subject=LONG, name=LONG, sender=LONG, file=LONG)
def test_no_name_adds_a_header_or_a_line_that_is_too_long(
    subject: str, name: str, sender: str, file: str
) -> None:
    attached = Attachment(filename=file, content=b"x")
    content = raw(
        outgoing(subject=subject, attachments=(attached,)),
        name,
        sender=Mailbox.at("hello@atelier.example", sender),
    )

    mail = message_from_bytes(content)
    expected = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version"}
    expected |= {"X-Auto-Response-Suppress", "X-Storelink-Message", "Content-Language"}
    assert sorted([*expected, "Content-Type"]) == sorted(mail.keys())
    assert max(map(len, content.partition(b"\r\n\r\n")[0].split(b"\r\n"))) <= 78
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert content.isascii()
    assert b"\0" not in content


@pytest.mark.parametrize("text", HOSTILE)
def test_the_standard_parser_finds_no_defect_and_one_recipient(text: str) -> None:
    content = raw(outgoing(subject=text, html="<p>x</p>"), text)

    mail = message_from_bytes(content, policy=STRICT)

    (to,) = mail["To"].addresses
    assert "ana@customer.example" == to.addr_spec
    assert one_line(text) == one_line(str(mail["Subject"]))
    assert [] == [defect for part in mail.walk() for defect in part.defects]


def test_letters_are_not_turned_around() -> None:
    """An override would show "moc.live" as another address."""
    assert "Ana evil" == one_line("Ana\u202eevil\u202d")


def test_folding_loses_and_adds_no_blank() -> None:
    value = " ".join(["word" * (1 + number % 9) for number in range(99)])
    lines = folded("Subject", value).decode().split("\r\n")

    assert "" == lines.pop()
    assert f"Subject: {value}" == "".join(lines)
    assert max(map(len, lines)) <= 78


def test_a_word_that_is_too_long_stays_beside_the_name() -> None:
    assert f"List-Unsubscribe: <{'x' * 90}>\r\n".encode() == folded(
        "List-Unsubscribe", f"<{'x' * 90}>"
    )


@pytest.mark.parametrize(
    ("message_class", "list_id"),
    [
        (MessageClass.TRANSACTIONAL, None),
        (MessageClass.RELATIONSHIP, "<relationship.atelier.atelier.example>"),
        (MessageClass.MARKETING, "<marketing.atelier.atelier.example>"),
    ],
)
def test_what_an_order_does_not_need_is_a_list(
    message_class: MessageClass, list_id: str | None
) -> None:
    assert list_id == head(outgoing(message_class=message_class)).get("List-Id")


def test_feedback_id_names_template_store_and_class_from_right_to_left() -> None:
    message = outgoing(template="thank_you", store="My Store: A/B\r\nBcc: x")

    found = head(message, feedback_id="atelier-shop").get("Feedback-ID")

    assert "thank_you:my-store-a-b-bcc-x:transactional:atelier-shop" == found


@pytest.mark.parametrize(
    ("url", "is_there"),
    [
        ("https://shop.example/u/token", True),
        ("https://shop.example/" + "x" * 200, True),
        ("https://shop.example/" + "x" * 1_000, False),
        ("https://shop.example/u\r\nBcc: x", False),
        ("https://shop.example/<x>", False),
        ("javascript:alert(1)", False),
    ],
)
def test_one_click_names_a_web_address_or_nothing(url: str, is_there: bool) -> None:
    found = head(outgoing(unsubscribe_url=url))

    expected = (f"<{url}>", "List-Unsubscribe=One-Click") if is_there else (None, None)
    told = found.get("List-Unsubscribe"), found.get("List-Unsubscribe-Post")
    assert expected == told


def test_bounces_come_to_an_address_of_the_message() -> None:
    """It names nobody, and is the same for every attempt."""
    origin = Origin(SENDER, bounces=Mailbox.parse("bounces@atelier.example"))

    assert "bounces+0123abcd@atelier.example" == origin.envelope("0123abcd")
    assert "hello@atelier.example" == Origin(SENDER).envelope("0123abcd")
