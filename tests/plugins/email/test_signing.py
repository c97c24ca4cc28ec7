"""DKIM: what a receiver says of the signatures."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from storelink.errors import ConfigError, MissingExtra
from storelink.models import Attachment, MessageClass, Outgoing
from storelink.testing.mailserver import MailServer
from storelink_email import Dkim, Email
from storelink_email.compose import compose
from storelink_email.mailbox import Mailbox
from storelink_email.origin import Origin, are_related
from storelink_email.signing import Signer

NOW = datetime(2026, 11, 17, 8, 30, tzinfo=UTC)
SENDER = Mailbox.parse("Atelier <hello@atelier.example>")
ANA = Mailbox.at("ana@customer.example", "Ana")
PEOPLE = st.text(max_size=90)


def pem(
    key: PrivateKeyTypes,
    form: PrivateFormat = PrivateFormat.PKCS8,
    lock: KeySerializationEncryption | None = None,
) -> bytes:
    return key.private_bytes(Encoding.PEM, form, lock or NoEncryption())


RSA = rsa.generate_private_key(65537, 1024)  # short, so that the tests are
ED25519 = ed25519.Ed25519PrivateKey.generate()


def signer(folder: Path, key: PrivateKeyTypes, selector: str = "one") -> Signer:
    path = folder / f"{selector}.pem"
    path.write_bytes(pem(key))
    return Signer.of(Dkim(domain="Atelier.example", selector=selector, key_file=path))


@pytest.fixture(scope="module")
def signers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Signer]:
    folder = tmp_path_factory.mktemp("keys")
    return {"rsa": signer(folder, RSA, "one"), "ed25519": signer(folder, ED25519, "two")}


def is_valid(mail: bytes, *signers: Signer, index: int = 0) -> bool:
    """Ask dkimpy, with the records that the signers want to be published."""
    records = {f"{one.name}.": one.record for one in signers}

    def ask(name: bytes, timeout: int = 0) -> bytes:
        return records[name.decode()].encode()

    return dkim.DKIM(mail).verify(idx=index, dnsfunc=ask)


def signed(signer: Signer, **fields: object) -> bytes:
    given = {"key": "k", "store": "atelier", "to": "-", "subject": "Hello", "text": "Thanks!\n"}
    origin = Origin(SENDER, signers=(signer,), feedback_id="storelink")
    return compose(Outgoing(**{**given, **fields}), ANA, origin=origin, at=NOW)


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_signature_is_valid_for_any_mail(signers: dict[str, Signer], kind: str) -> None:
    one = signers[kind]

    @given(subject=PEOPLE, name=PEOPLE, text=PEOPLE, html=st.none() | PEOPLE)
    def check(subject: str, name: str, text: str, html: str | None) -> None:
        mail = signed(one, subject=subject, to_name=name, text=text, html=html)
        assert is_valid(mail, one)

    check()


def full(signer: Signer) -> bytes:
    return signed(
        signer,
        html="<p>Thanks!</p>",
        attachments=(Attachment(filename="a.pdf", content=b"x" * 999),),
        message_class=MessageClass.MARKETING,
        unsubscribe_url="https://shop.example/u/token",
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Subject: Hello", b"Subject: Hallo"),
        (b"From: ", b"From: evil@evil.example\r\nFrom: "),
        (b"Subject: ", b"Subject: Evil\r\nSubject: "),
        (b"shop.example/u/token", b"evil.example/u/token"),
        (b"One-Click", b"Two-Click"),
        (b"marketing:storelink", b"marketing:somebody"),
        (b"<marketing.", b"<relation."),
        (b"08:30:00", b"08:31:00"),
        (b"multipart/mixed", b"multipart/mixes"),
        (b"customer.example", b"customer.exampel"),
        (b"Thanks!", b"Thanks."),
    ],
)
def test_whatever_is_changed_breaks_the_signature(
    signers: dict[str, Signer], old: bytes, new: bytes
) -> None:
    one = signers["rsa"]
    mail = full(one)
    start = mail.index(b"\r\nFrom: ") + 2  # behind the signature
    changed = mail[:start] + mail[start:].replace(old, new, 1)
    assert mail != changed

    assert is_valid(mail, one)
    with contextlib.suppress(dkim.ValidationError):  # how it tells of a changed body
        assert not is_valid(changed, one)


def test_signature_names_what_it_covers_and_when(signers: dict[str, Signer]) -> None:
    before = int(time.time())
    found = str(message_from_bytes(full(signers["rsa"]))["DKIM-Signature"])
    told = dict(part.strip().split("=", 1) for part in found.split(";"))

    names = re.sub(r"\s", "", told["h"]).split(":")
    assert 2 == names.count("from") == names.count("subject")
    needed = {"to", "date", "message-id", "mime-version", "content-type", "list-unsubscribe"}
    assert {*needed, "list-unsubscribe-post", "feedback-id", "list-id"} < set(names)
    assert ("atelier.example", "one") == (told["d"], told["s"])
    assert before <= int(told["t"]) <= int(time.time())
    assert all(len(line) <= 78 for line in found.splitlines()[1:])


def test_blanks_that_a_server_folds_anew_do_not_matter(signers: dict[str, Signer]) -> None:
    mail = full(signers["rsa"]).replace(b"\r\nTo: Ana <", b"\r\nTo:  Ana\r\n\t<")
    mail = mail.replace(b'\r\nTo: "Ana" <', b'\r\nTo:  "Ana"\r\n\t<')

    assert b"\r\n\t<" in mail
    assert is_valid(mail, signers["rsa"])


def test_two_keys_sign_side_by_side(
    tmp_path: Path, connect: Callable[..., Email], server: MailServer, outgoing: Outgoing
) -> None:
    """Who does not know the newer kind takes the other (RFC 8463, section 3)."""
    both = [signer(tmp_path, RSA, "one"), signer(tmp_path, ED25519, "two")]
    keys = [
        {"domain": "atelier.example", "selector": one, "key_file": tmp_path / f"{one}.pem"}
        for one in ("one", "two")
    ]
    connect(server.url, dkim=keys).send(outgoing)

    mail = server.received[0].message.as_bytes(policy=server.received[0].message.policy)
    mail = re.sub(rb"\r?\n", b"\r\n", mail)
    assert 2 == len(server.received[0].message.get_all("DKIM-Signature"))
    assert ":atelier:transactional:storelink" == server.received[0].message["Feedback-ID"]
    assert [True, True] == [is_valid(mail, *both, index=index) for index in range(2)]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("atelier.example", "atelier.example", True),
        ("Atelier.Example", "atelier.example", True),
        ("mail.atelier.example", "atelier.example", True),
        ("atelier.example", "mail.atelier.example", True),
        ("telier.example", "atelier.example", False),
        ("evil-atelier.example", "atelier.example", False),
    ],
)
def test_a_key_signs_for_its_domain_and_those_below(one: str, other: str, expected: bool) -> None:
    assert expected is are_related(one, other)


LOCKED = pem(RSA, lock=BestAvailableEncryption(b"s3cret"))
P, Q = 2**521 - 1, 2**127 - 1  # primes that need no search
D = pow(65537, -1, (P - 1) * (Q - 1))
SHORT = rsa.RSAPrivateNumbers(
    P, Q, D, D % (P - 1), D % (Q - 1), pow(Q, -1, P), rsa.RSAPublicNumbers(65537, P * Q)
).private_key(unsafe_skip_rsa_key_validation=True)
OTHER = pem(RSA).replace(b"PRIVATE", b"PUBLIC")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no private key in PEM; make a key with: openssl"),
        (pem(SHORT), "has 648 bits, and 1024 is the least; make a key with: openssl"),
        (OTHER, "is no private key in PEM"),
        (b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n", "is no private"),
        (LOCKED, "is protected by a password: openssl pkey"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "is neither an RSA nor an Ed25519 key"),
    ],
)
def test_key_that_cannot_sign_is_named_with_the_remedy(
    tmp_path: Path, content: bytes, told: str
) -> None:
    path = tmp_path / "dkim.pem"
    path.write_bytes(content)
    keys = Dkim(domain="atelier.example", selector="one", key_file=path)

    with pytest.raises(ConfigError, match=told) as caught:
        Email("smtp://localhost", sender="hello@atelier.example", dkim=keys)

    assert str(path) in str(caught.value)
    assert "c2VjcmV0" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_key_in_the_older_form_and_with_crlf_signs(tmp_path: Path) -> None:
    path = tmp_path / "dkim.pem"
    path.write_bytes(pem(RSA, PrivateFormat.TraditionalOpenSSL).replace(b"\n", b"\r\n"))
    one = Signer.of(Dkim(domain="atelier.example", selector="one", key_file=path))

    assert is_valid(signed(one), one)


def test_unreadable_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "dkim.pem"
    path.write_bytes(pem(RSA))
    settings = Dkim(domain="atelier.example", selector="one", key_file=path)
    path.unlink()
    path.mkdir()

    with pytest.raises(ConfigError, match=r"dkim\.pem cannot be read"):
        Signer.of(settings)


@pytest.mark.parametrize("name", ["dkim", "cryptography.hazmat.primitives.serialization"])
def test_missing_library_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, name, None)

    with pytest.raises(MissingExtra, match=r"storelink\[dkim\]"):
        signer(tmp_path, RSA)


def test_nothing_shows_the_key(tmp_path: Path) -> None:
    one = signer(tmp_path, RSA)
    path = tmp_path / "one.pem"
    keys = Dkim(domain="atelier.example", selector="one", key_file=path)
    channel = Email("smtp://localhost", sender="hello@atelier.example", dkim=keys)

    secret = re.sub(rb"-----.*?-----|\s", b"", path.read_bytes()).decode()[-90:-30]
    shown = repr(one) + repr(channel) + repr(vars(channel)) + repr(keys)
    assert secret not in shown
