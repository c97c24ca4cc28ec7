"""The options: one URL tells the server and the protection, and nothing shows the password."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from storelink.contracts import Capability
from storelink.errors import ConfigError
from storelink_email import PLUGIN, Email, EmailSettings
from storelink_email.mailbox import Mailbox
from storelink_email.server import Security, Server

SENDER = "Atelier <hello@atelier.example>"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", ("mail.example", 25, Security.OPPORTUNISTIC)),
        ("smtp://mail.example:2525/", ("mail.example", 2525, Security.OPPORTUNISTIC)),
        ("smtp://user:word@mail.example", ("mail.example", 587, Security.STARTTLS)),
        ("SMTP://Mail.Example", ("mail.example", 25, Security.OPPORTUNISTIC)),
        ("smtp+starttls://mail.example", ("mail.example", 587, Security.STARTTLS)),
        ("smtp+starttls://localhost", ("localhost", 587, Security.STARTTLS)),
        ("smtps://user:word@mail.example", ("mail.example", 465, Security.IMPLICIT)),
        ("smtp+plain://mail.example", ("mail.example", 25, Security.NONE)),
        ("smtp+plain://user:word@mail.example", ("mail.example", 587, Security.NONE)),
        ("smtp://localhost:1025", ("localhost", 1025, Security.NONE)),
        ("smtp://user:word@127.0.0.1:1025", ("127.0.0.1", 1025, Security.NONE)),
        ("smtp://user:word@[::1]:1025", ("::1", 1025, Security.NONE)),
        ("smtp://user:word@10.0.0.1", ("10.0.0.1", 587, Security.STARTTLS)),
    ],
)
def test_url_tells_server_port_and_protection(
    url: str, expected: tuple[str, int, Security]
) -> None:
    """Credentials never travel in the open, but on this machine or where the shop says so."""
    server = Server.parse(url)

    assert expected == (server.host, server.port, server.security)


def test_credentials_are_percent_decoded() -> None:
    server = Server.parse(
        "smtps://hello%40atelier.example:p%3As%2Fs%23%C3%A9@mail.example".replace("%C3%A9", "e")
    )

    assert ("hello@atelier.example", "p:s/s#e") == (server.user, server.password)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example",
        "http://user:s3cret@mail.example",
        "smtp://",
        "smtp://user:s3cret@",
        "smtp://user:s3cret@mail.example:port",
        "smtp://user:s3cret@mail.example:99999",
        "smtp://user:s3/cret@mail.example",
        "smtp://user:s3#cret@mail.example",
        "smtp://user:s3?cret@mail.example",
        "smtp://user:s3cret@mail.example/path",
        "smtp://user:s3cret@mail.example?tls=no",
        "smtp://user:s3cret@mail..example",
        "smtp://user@mail.example",
        "smtp://:s3cret@mail.example",
        "smtp://user:s3cr%C3%A9t@mail.example",
        "smtp://user:s3cret@[::1",
    ],
)
def test_malformed_url_is_refused_without_repeating_it(url: str) -> None:
    """The message goes to terminals and logs; the password may be anywhere in the URL."""
    with pytest.raises(ConfigError, match="e-mail: url: ") as caught:
        Email(url, sender=SENDER)

    for part in ("s3", "cret", "user:", "mail"):
        assert part not in str(caught.value).removeprefix("e-mail: url: ").replace("user:pass", "")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("sender", "Atelier"),
        ("sender", ""),
        ("sender", "a@b.example, c@d.example"),
        ("sender", "Atelier <hello@atelier.example>\r\nBcc: all@b.example"),
        ("sender", "пётр@atelier.example"),
        ("reply_to", "nobody"),
        ("timeout", 0),
        ("timeout", "soon"),
        ("ca_file", "/no/such/file"),
        ("colour", "red"),
    ],
)
def test_wrong_option_is_named(option: str, value: object) -> None:
    options = {"url": "smtp://localhost", "sender": SENDER, option: value}

    with pytest.raises(ValidationError, match=option):
        EmailSettings(**options)
    if option != "colour":
        with pytest.raises(ConfigError, match=f"e-mail: {option}: "):
            Email(**options)


def test_nothing_shows_the_password() -> None:
    url = "smtp://user:s3cret@mail.example"
    settings = EmailSettings(url=url, sender=SENDER)
    email = Email(url, sender=SENDER)

    shown = [repr(settings), str(settings), repr(settings.server), str(settings.server)]
    shown += [repr(email), str(vars(email)), repr(settings.model_dump())]
    assert not any("s3cret" in text or "user" in text for text in shown)
    assert "Email('mail.example:587', sender='hello@atelier.example')" == repr(email)


def test_settings_errors_hide_what_was_given() -> None:
    with pytest.raises(ValidationError) as caught:
        EmailSettings(url="smtp://user:s3/cret@mail.example", sender=SENDER)

    assert "cret" not in str(caught.value)


def test_manifest_builds_the_channel_from_its_settings() -> None:
    """What the configuration file says becomes the channel."""
    settings = PLUGIN.settings(url="smtp://localhost:1025", sender=SENDER)

    channel = PLUGIN.factory(**settings.model_dump())

    assert isinstance(channel, Email)
    assert PLUGIN is channel.manifest
    assert "email" == PLUGIN.name
    assert {Capability.HTML, Capability.ATTACHMENTS} == PLUGIN.capabilities


@pytest.mark.parametrize(
    ("text", "address", "name"),
    [
        ("ana@b.example", "ana@b.example", ""),
        (" ana@b.example ", "ana@b.example", ""),
        ("Ana <ana@b.example>", "ana@b.example", "Ana"),
        ('"Silva, Ana" <ana@b.example>', "ana@b.example", "Silva, Ana"),
        ("Silva, Ana <ana@b.example>", "ana@b.example", "Silva, Ana"),
        ("অনন্যা <ana@b.example>", "ana@b.example", "অনন্যা"),
        ("Ana+tag@B.Example", "Ana+tag@b.example", ""),
        ("ana@büro.example", "ana@xn--bro-hoa.example", ""),
        ("ana@пример.example", "ana@xn--e1afmkfd.example", ""),
        ('"a b"@b.example', '"a b"@b.example', ""),
        ("o'brien@b.example", "o'brien@b.example", ""),
        ("пётр@пример.example", "пётр@xn--e1afmkfd.example", ""),
    ],
)
def test_mail_address_is_read(text: str, address: str, name: str) -> None:
    """Umlauts in the domain are for people; the network gets IDNA."""
    mailbox = Mailbox.parse(text)

    assert (address, name) == (mailbox.address, mailbox.name)
    assert mailbox.needs_utf8 == (not address.isascii())


def test_mailbox_keeps_people_out_of_repr() -> None:
    assert "Mailbox()" == repr(Mailbox.parse("Ana <ana@b.example>"))
