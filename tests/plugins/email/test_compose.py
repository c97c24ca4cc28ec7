"""From a rendered message to the bytes of a mail."""

from __future__ import annotations

import email.policy
import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storelink.models import Attachment, Outgoing
from storelink_email.compose import compose, message_id
from storelink_email.mailbox import Mailbox, one_line
from storelink_email.origin import Origin

NOW = datetime(2026, 11, 17, 8, 30, tzinfo=UTC)
SENDER = Mailbox.parse("Atelier <hello@atelier.example>")
ANA = Mailbox.at("ana@customer.example", "Ana")

NAMES = st.text(
    st.sampled_from("aA ,;:<>()@\"'\\.=?éß₹🎁अनন্যাنیلوفر\u200c日本") | st.characters(codec="utf-8"),
    max_size=120,
)


def outgoing(**fields: object) -> Outgoing:
    given = {"key": "k-1", "store": "atelier", "to": "ana@customer.example", "subject": "Hello"}
    return Outgoing(**{**given, "text": "Thank you!\n", **fields})


def raw(message: Outgoing, to: Mailbox = ANA, **origin: object) -> bytes:
    return compose(message, to, origin=Origin(**{"sender": SENDER, **origin}), at=NOW)


def parsed(message: Outgoing, **options: object) -> EmailMessage:
    content = raw(message, **options).replace(b"\r\n", b"\n")
    return message_from_bytes(content, policy=email.policy.default)


def words(part: EmailMessage | None) -> str:
    """Return the text of a part, decoded, with the line ends of a text."""
    return str(part.get_content()).replace("\r\n", "\n") if part else ""


def decoded(header: str) -> str:
    """Decode a header as RFC 2047 says (Python's address parser loses blanks)."""
    parts = decode_header(header)
    return "".join(
        part if isinstance(part, str) else part.decode(charset or "ascii")
        for part, charset in parts
    )


def test_headers_tell_who_what_and_when() -> None:
    mail = parsed(outgoing(locale="fa-IR"), reply_to=Mailbox.parse("help@atelier.example"))

    expected = {
        "From": "Atelier <hello@atelier.example>",
        "To": "Ana <ana@customer.example>",
        "Reply-To": "help@atelier.example",
        "Subject": "Hello",
        "Date": "Tue, 17 Nov 2026 08:30:00 +0000",
        "Content-Language": "fa-IR",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Precedence": "None",
    }
    assert expected == {name: str(mail[name]) for name in expected}


def test_message_id_is_made_from_the_key_alone() -> None:
    """Every attempt at one message has the same Message-ID, whatever else changed."""
    first, again = parsed(outgoing()), parsed(outgoing(subject="Changed", text="Changed\n"))
    other = parsed(outgoing(key="k-2"))

    assert first["Message-ID"] == again["Message-ID"] == message_id(outgoing(), Origin(SENDER))
    assert first["Message-ID"] != other["Message-ID"]
    assert str(first["Message-ID"]).endswith("@atelier.example>")
    assert first["X-Storelink-Message"] == again["X-Storelink-Message"]


def test_every_attempt_at_a_message_is_the_same_mail() -> None:
    file = Attachment(filename="a.pdf", media_type="application/pdf", content=b"x")
    message = outgoing(html="<p>x</p>", attachments=(file,))

    assert raw(message) == raw(message)


def test_text_cannot_end_its_part() -> None:
    """Whoever knows the boundary, and writes it into an order, adds no part of his own."""
    (boundary,) = re.findall(rb'boundary="(.+)"', raw(outgoing(html="-")))
    line = boundary.decode()
    text = f"--{line}\nContent-Type: text/html\n\n<b>evil</b>\n--{line}--\n"

    mail = parsed(outgoing(text=text, html="-"))

    assert text == words(mail.get_body(("plain",)))
    assert 2 == len(list(mail.iter_parts()))


@pytest.mark.parametrize(
    ("text", "encoding"), [("Thank you!\n", "quoted-printable"), ("अनन्या\n", "base64")]
)
def test_words_travel_in_the_shorter_encoding(text: str, encoding: str) -> None:
    mail = parsed(outgoing(text=text))

    assert (encoding, text) == (mail["Content-Transfer-Encoding"], words(mail))


def test_key_is_not_readable_in_the_mail() -> None:
    """A key can name a person."""
    assert b"ana@private" not in raw(outgoing(key="atelier/birthday/person:ana@private.example"))


def test_text_and_html_are_alternatives() -> None:
    mail = parsed(outgoing(text="متن 1\n.\nশুভ\n", html="<p>অনন্যা</p>"))

    assert "multipart/alternative" == mail.get_content_type()
    kinds = [part.get_content_type() for part in mail.iter_parts()]
    assert ["text/plain", "text/html"] == kinds
    assert "متن 1\n.\nশুভ\n" == words(mail.get_body(("plain",)))
    assert "<p>অনন্যা</p>\n" == words(mail.get_body(("html",)))


def test_text_alone_has_no_parts() -> None:
    mail = parsed(outgoing())

    assert ("text/plain", "Thank you!\n") == (mail.get_content_type(), mail.get_content())


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("application/pdf", "application/pdf"),
        ("text/calendar", "text/calendar"),
        ("message/rfc822", "application/octet-stream"),
        ("multipart/mixed", "application/octet-stream"),
        ("nonsense", "application/octet-stream"),
        ("text/html\r\nBcc: all@b.example", "application/octet-stream"),
    ],
)
def test_attachment_arrives_byte_for_byte(media_type: str, expected: str) -> None:
    content = bytes(range(256)) * 9
    file = Attachment(filename="فاکتور\r\n1042.pdf", media_type=media_type, content=content)

    mail = parsed(outgoing(html="<p>x</p>", attachments=(file,)))

    (arrived,) = mail.iter_attachments()
    assert "فاکتور 1042.pdf" == arrived.get_filename()
    assert expected == arrived.get_content_type()
    assert content == arrived.get_payload(decode=True)
    assert "Thank you!\n" == words(mail.get_body(("plain",)))


@given(subject=NAMES, name=NAMES)
def test_any_subject_and_name_survive_and_add_nothing(subject: str, name: str) -> None:
    """Scripts, quotes, line breaks, things that look like headers: they stay what they are."""
    message = outgoing(subject=subject)
    content = raw(message, Mailbox.at("ana@customer.example", name))

    mail = message_from_bytes(content)
    to, shown = re.sub(r"\r?\n", "", str(mail["To"])), one_line(name)
    assert ["From", "To", "Subject", "Date", "Message-ID"] == mail.keys()[:5]
    assert 12 == len(mail.keys())
    assert one_line(subject) == decoded(str(mail["Subject"]))
    read = decoded(to).rpartition(" <")[0] if "=?" in to else parseaddr(to)[0]
    assert shown == read.strip()
    assert to.endswith("ana@customer.example>" if shown else "ana@customer.example")
    assert "Thank you!\r\n" == mail.get_payload()


@given(text=st.text(max_size=300), html=st.none() | st.text(max_size=300))
def test_any_body_fits_through_every_server(text: str, html: str | None) -> None:
    """Seven bits, CRLF, short lines: nothing that a server could refuse or change."""
    content = raw(outgoing(text=text, html=html))

    assert content.isascii()
    assert content.endswith(b"\r\n")
    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")
    assert max(map(len, content.split(b"\r\n"))) <= 998


def test_long_names_and_domains_stay_within_the_line_limit() -> None:
    to = Mailbox.at(f"ana@{'a' * 60}.{'b' * 60}.{'c' * 60}.example", "अ" * 200)

    content = raw(outgoing(subject="শুভ " * 200), to, sender=to)

    assert max(map(len, content.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("locale", ["x\r\nBcc: all@b.example", "", "e" * 99])
def test_language_that_is_none_is_left_out(locale: str) -> None:
    assert parsed(outgoing(locale=locale))["Content-Language"] is None
