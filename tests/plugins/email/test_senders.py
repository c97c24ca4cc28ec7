"""Who a mail is from: one channel for several stores, and where its mails come back to."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from storelink.config.load import load_config
from storelink.errors import ConfigError
from storelink.models import Outgoing
from storelink.testing.mailserver import MailServer
from storelink_email import Email, Sender

Connect = Callable[..., Email]


def of(outgoing: Outgoing, store: str) -> Outgoing:
    return outgoing.model_copy(update={"store": store})


def test_each_store_has_its_own_sender(
    connect: Connect, server: MailServer, outgoing: Outgoing
) -> None:
    """The address for answers goes with the sender: another shop's would be wrong."""
    acme = {"sender": "Acme <hi@acme.example>", "reply_to": "help@acme.example"}
    senders = {"acme": acme, "blå": "Blå <hej@blå.example>", "zoo": Sender(sender="z@zoo.example")}
    channel = connect(server.url, reply_to="help@atelier.example", senders=senders)

    told = [channel.send(of(outgoing, store)) for store in ("acme", "blå", "zoo", "atelier")]

    expected = [
        ("hi@acme.example", "Acme <hi@acme.example>", "help@acme.example"),
        ("hej@xn--bl-zia.example", "Blå <hej@xn--bl-zia.example>", None),
        ("z@zoo.example", "z@zoo.example", None),
        ("hello@atelier.example", "Atelier <hello@atelier.example>", "help@atelier.example"),
    ]
    found = [(one.sender, one.message["From"], one.message["Reply-To"]) for one in server.received]
    assert expected == found
    ids = [one.message["Message-ID"] for one in server.received]
    assert ids == [one.provider_id for one in told]
    assert [one.rpartition("@")[2] for one, _, _ in expected] == [
        one.strip(">").rpartition("@")[2] for one in ids
    ]


def test_a_mail_that_comes_back_tells_which_it_was(
    connect: Connect, server: MailServer, outgoing: Outgoing
) -> None:
    """The mark is the fingerprint that the mail carries, too; it names nobody."""
    channel = connect(server.url, bounce_address="bounces@atelier.example")

    for key in ("one", "two", "two"):
        channel.send(outgoing.model_copy(update={"key": key}))

    marks = [re.fullmatch(r"bounces\+(\w{32})@atelier\.example", x.sender) for x in server.received]
    marked = [mark[1] if mark else None for mark in marks]
    assert [mail.message["X-Storelink-Message"] for mail in server.received] == marked
    assert (2, marked[1]) == (len(set(marked)), marked[2])
    # which would tell Gmail nothing without a signature
    assert [None] * 3 == [mail.message["Feedback-ID"] for mail in server.received]
    assert [None] * 3 == [mail.message["Return-Path"] for mail in server.received]


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"senders": {"acme": "nobody"}}, "senders.acme.sender"),
        ({"senders": {"acme": {"sender": "a@b.example", "colour": "red"}}}, "senders.acme.colour"),
        ({"bounce_address": "Atelier <bounces@atelier.example>"}, "bounce_address"),
        ({"bounce_address": f"{'b' * 32}@atelier.example"}, "bounce_address"),
        ({"bounce_address": "bounces"}, "bounce_address"),
        ({"feedback_id": "four"}, "feedback_id"),
        ({"feedback_id": "a:b:cdefg"}, "feedback_id"),
        ({"dkim": {"domain": "a.example", "selector": "s", "key_file": "/no"}}, "dkim.0.key_file"),
        ({"dkim": {"domain": "a b", "selector": "s", "key_file": "/no"}}, "dkim.0.domain"),
        ({"dkim": {"domain": "a.example", "selector": "s;"}}, "dkim.0.selector"),
    ],
)
def test_wrong_option_is_named(options: dict[str, object], where: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"e-mail: {where}: ")):
        Email("smtp://localhost", sender="hello@atelier.example", **options)


def test_longest_bounce_address_has_room_for_the_mark(
    connect: Connect, server: MailServer, outgoing: Outgoing
) -> None:
    connect(server.url, bounce_address=f"{'b' * 31}@atelier.example").send(outgoing)

    assert 64 == len(server.received[0].sender.partition("@")[0])


def test_the_configuration_file_says_the_same(
    tmp_path: Path, server: MailServer, outgoing: Outgoing
) -> None:
    path = tmp_path / "storelink.toml"
    key = tmp_path / "dkim.pem"
    key.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
    )
    path.write_text(
        f"""
        database = "sqlite:///x.db"
        [stores.atelier]
        platform = "woocommerce"
        url = "https://atelier.example"
        [channels.email]
        url = "{server.url}"
        sender = "Atelier <hello@atelier.example>"
        bounce_address = "bounces@atelier.example"
        feedback_id = "atelier-shop"
        [channels.email.dkim]
        domain = "atelier.example"
        selector = "s1"
        key_file = "{key}"
        [channels.email.senders]
        acme = "Acme <hi@acme.example>"
        zoo = {{ sender = "z@zoo.example", reply_to = "help@zoo.example" }}
        """,
        encoding="utf-8",
    )
    (channel,) = load_config(path)["channels"]

    for store in ("atelier", "acme"):
        channel.send(of(outgoing, store))
    channel.close()

    ours, acmes = server.received
    froms = [str(one.message["From"]).split()[0] for one in (ours, acmes)]
    assert ["Atelier", "Acme"] == froms
    tags = re.split(r";\s+", ours.message["DKIM-Signature"])
    assert {"d=atelier.example", "s=s1"} <= set(tags)
    assert acmes.message["DKIM-Signature"] is None
    assert ":acme:transactional:atelier-shop" == acmes.message["Feedback-ID"]
    assert ours.sender.startswith("bounces+")
    assert "hi@acme.example" == acmes.sender
