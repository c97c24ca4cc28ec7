"""Handing mail over: connections, protection, credentials."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storelink.errors import Rejected, RetryLater
from storelink.models import Attachment, Contact, Outgoing
from storelink.testing.mailserver import MailServer
from storelink_email import Email

Connect = Callable[..., Email]
CREDENTIALS = ("user", "s3cret")


def keyed(outgoing: Outgoing, key: str) -> Outgoing:
    return outgoing.model_copy(update={"key": key})


def test_mail_arrives(connect: Connect, server: MailServer, outgoing: Outgoing) -> None:
    accepted = connect(server.url).send(outgoing)

    (mail,) = server.received
    assert ("hello@atelier.example", ("ana@customer.example",)) == (mail.sender, mail.recipients)
    assert "Your order #1042" == mail.message["Subject"]
    assert "Tue, 17 Nov 2026 08:30:00 +0000" == mail.message["Date"]
    assert mail.message["Message-ID"] == accepted.provider_id
    assert "2.0.0 OK: queued as 1" == accepted.detail


def test_a_mail_that_is_too_large_is_refused_with_the_limit(
    connect: Connect, server: MailServer, outgoing: Outgoing
) -> None:
    file = Attachment(filename="a.pdf", content=b"x" * 10_000)
    with pytest.raises(Rejected, match="max_bytes allows 9000"):
        connect(server.url, max_bytes=9_000).send(
            outgoing.model_copy(update={"attachments": (file,)})
        )
    assert [] == server.received


def test_leading_dots_arrive(connect: Connect, server: MailServer, outgoing: Outgoing) -> None:
    """A line with a dot ends a message in SMTP; one in the text must not."""
    text = ".\n..\n.hidden\nend\n.\n"

    connect(server.url).send(outgoing.model_copy(update={"text": text, "html": None}))

    assert text == server.received[0].message.get_content().replace("\r\n", "\n")


def test_one_connection_serves_many_mails(
    connect: Connect, server: MailServer, outgoing: Outgoing
) -> None:
    email = connect(server.url)

    for number in range(20):
        email.send(keyed(outgoing, str(number)))

    assert (20, 1) == (len(server.received), server.connections)


def test_refused_mail_does_not_cost_the_connection(
    connect: Connect, server: MailServer, outgoing: Outgoing
) -> None:
    email = connect(server.url)
    server.answer_next("550 5.1.1 no such user", at="rcpt")
    with pytest.raises(Rejected):
        email.send(outgoing)

    email.send(keyed(outgoing, "next"))

    assert (1, 1) == (len(server.received), server.connections)


def test_idle_connection_that_was_closed_is_replaced(
    connect: Connect, server: MailServer, outgoing: Outgoing
) -> None:
    """Servers close idle connections; nothing was sent on it, so nobody has to know."""
    email = connect(server.url)
    email.send(outgoing)
    server.hang_up()

    email.send(keyed(outgoing, "next"))

    assert (2, 2) == (len(server.received), server.connections)


def test_connection_that_served_enough_is_replaced(
    connect: Connect, server: MailServer, outgoing: Outgoing
) -> None:
    """A server says 421 when it wants no more mails on this connection (RFC 5321, 3.8)."""
    email = connect(server.url)
    email.send(outgoing)
    server.answer_next("421 4.7.0 too many messages, reconnect", at="mail")

    email.send(keyed(outgoing, "next"))

    assert (2, 2) == (len(server.received), server.connections)


def test_new_connection_that_is_closed_at_once_is_later(
    connect: Connect, server: MailServer, outgoing: Outgoing
) -> None:
    """It is replaced once, not for ever."""
    server.answer_next("421 4.7.0 not now", at="mail", times=2)

    with pytest.raises(RetryLater) as caught:
        connect(server.url).send(outgoing)

    assert ("421 4.7.0", 1) == (caught.value.code, server.connections)


def test_server_that_is_not_there_is_later(connect: Connect, outgoing: Outgoing) -> None:
    with MailServer() as gone:
        url = gone.url

    with pytest.raises(RetryLater, match=r"no connection to 127\.0\.0\.1:\d+: Connection refused"):
        connect(url).send(outgoing)


@pytest.mark.parametrize(
    "to",
    [
        "nobody",
        "",
        "a@b@c.example",
        "a b@c.example",
        "a@b..example",
        "a@c.example\r\nRCPT TO:<all@b.example>",
        "a@c.example\x00",
        "a@b.example, c@d.example",
    ],
)
def test_address_that_is_none_is_rejected_unsent(
    connect: Connect, server: MailServer, outgoing: Outgoing, to: str
) -> None:
    with pytest.raises(Rejected, match="not a mail address"):
        connect(server.url).send(outgoing.model_copy(update={"to": to}))

    assert 0 == server.connections


@pytest.mark.parametrize("field", ["to_name", "subject", "text", "html", "to"])
def test_half_a_character_is_rejected_unsent(
    connect: Connect, server: MailServer, outgoing: Outgoing, field: str
) -> None:
    """A lone surrogate cannot be written in any encoding, today or later."""
    with pytest.raises(Rejected):
        connect(server.url).send(outgoing.model_copy(update={field: "a\ud83d@b.example"}))

    assert 0 == server.connections


def test_nothing_in_a_message_adds_a_recipient_or_a_header(
    connect: Connect, server: MailServer, outgoing: Outgoing
) -> None:
    evil = "x\r\nBcc: all@b.example\r\n\r\n.\r\nMAIL FROM:<evil@b.example>\r\n"
    fields = {"subject": evil, "to_name": evil, "text": evil, "html": evil, "locale": evil}

    connect(server.url).send(outgoing.model_copy(update=fields))

    (mail,) = server.received
    assert ("ana@customer.example",) == mail.recipients
    assert mail.message["Bcc"] is None
    assert 1 == len(mail.message.get_all("Subject"))


def test_international_domain_travels_as_idna(
    connect: Connect, server: MailServer, outgoing: Outgoing
) -> None:
    connect(server.url).send(outgoing.model_copy(update={"to": "ana@büro.example"}))

    assert ("ana@xn--bro-hoa.example",) == server.received[0].recipients
    assert not any("UTF8" in option for option in server.received[0].options)


def test_international_name_needs_a_server_that_takes_it(
    connect: Connect, server: MailServer, outgoing: Outgoing
) -> None:
    email = connect(server.url)
    email.send(outgoing.model_copy(update={"to": "пётр@пример.example"}))
    email.send(keyed(outgoing, "next"))

    first, second = server.received
    assert ("пётр@xn--e1afmkfd.example",) == first.recipients
    assert "SMTPUTF8" in first.options
    assert "SMTPUTF8" not in second.options
    assert "пётр@xn--e1afmkfd.example".encode() in first.content


def test_international_name_is_rejected_where_the_server_does_not_take_it(
    connect: Connect, outgoing: Outgoing
) -> None:
    with MailServer(smtputf8=False) as server:
        email = connect(server.url)
        with pytest.raises(Rejected, match="no addresses with other than ASCII letters"):
            email.send(outgoing.model_copy(update={"to": "пётр@пример.example"}))
        email.send(outgoing)

    assert (1, 1) == (len(server.received), server.connections)


def test_credentials_are_given(connect: Connect, outgoing: Outgoing) -> None:
    with MailServer(credentials=CREDENTIALS) as server:
        connect(server.url.replace("://", "://user:s3cret@")).send(outgoing)

    assert 1 == len(server.received)


@pytest.mark.parametrize("credentials", ["user:wr0ng@", ""])
def test_wrong_credentials_wait_for_the_shop(
    connect: Connect, outgoing: Outgoing, credentials: str
) -> None:
    """The message is good: it must not be lost because a password changed."""
    with MailServer(credentials=CREDENTIALS) as server:
        email = connect(server.url.replace("://", f"://{credentials}"))
        with pytest.raises(RetryLater) as caught:
            email.send(outgoing)

    assert caught.value.code in {"535 5.7.8", "530 5.7.0"}
    assert "wr0ng" not in str(caught.value)


def test_server_that_asks_for_no_credentials_is_named(
    scripted: Callable[..., Any], connect: Connect, outgoing: Outgoing
) -> None:
    url = scripted().url.replace("://", "://user:s3cret@")

    with pytest.raises(RetryLater, match="SMTP AUTH extension not supported by server"):
        connect(url).send(outgoing)


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_tls_protects_credentials_and_mail(
    connect: Connect,
    server_context: ssl.SSLContext,
    ca_file: Path,
    outgoing: Outgoing,
    scheme: str,
) -> None:
    implicit = scheme == "smtps"
    with MailServer(tls=server_context, implicit_tls=implicit, credentials=CREDENTIALS) as server:
        url = f"{scheme}://user:s3cret@localhost:{server.port}"
        email = connect(url, ca_file=ca_file)
        email.send(outgoing)
        email.send(keyed(outgoing, "next"))

        assert (2, 1) == (len(server.received), server.connections)
        email.close()


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_certificate_that_nobody_vouches_for_is_refused(
    connect: Connect, server_context: ssl.SSLContext, outgoing: Outgoing, scheme: str
) -> None:
    with MailServer(tls=server_context, implicit_tls=scheme == "smtps") as server:
        with pytest.raises(RetryLater, match=r"self-signed certificate.*ca_file"):
            connect(f"{scheme}://localhost:{server.port}").send(outgoing)

        assert [] == server.received


def test_starttls_that_is_not_offered_is_not_done_without(
    connect: Connect, server: MailServer, outgoing: Outgoing
) -> None:
    with pytest.raises(RetryLater, match=r"offers no STARTTLS.*smtps://"):
        connect(f"smtp+starttls://127.0.0.1:{server.port}").send(outgoing)

    assert [] == server.received


def test_tls_from_the_start_to_a_server_without_names_the_remedy(
    connect: Connect, server: MailServer, outgoing: Outgoing
) -> None:
    with pytest.raises(RetryLater, match=r"no TLS with .*smtp\+starttls://"):
        connect(f"smtps://127.0.0.1:{server.port}").send(outgoing)


def test_address_of_a_contact(connect: Connect) -> None:
    email = connect("smtp://localhost:1")

    addresses = [email.address(Contact(email=text)) for text in (" a@b.example ", " ", None)]
    assert ["a@b.example", None, None] == addresses
