"""What DNS says about senders, asked of a real DNS server on this machine."""

from __future__ import annotations

import functools
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from storelink.contracts import Finding
from storelink.contracts.finding import Level
from storelink.testing.mailserver import MailServer
from storelink_email import Dkim, Email
from storelink_email.signing import Signer

NOW = datetime(2026, 11, 17, 8, 30, tzinfo=UTC)
Zone = Mapping[str, str | list[str]]
FAILS = "SERVFAIL"
signer_of = functools.cache(Signer.of)  # reading a key takes its time


class _Answer(socketserver.BaseRequestHandler):
    server: _DnsServer

    def handle(self) -> None:
        data, socket = self.request
        query = dns.message.from_wire(data)
        name = query.question[0].name
        found = self.server.zone.get(name.to_text(omit_final_dot=True))
        answer = dns.message.make_response(query)
        if found is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif found == FAILS:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found:
            texts = [found] if isinstance(found, str) else found
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *map(_quoted, texts)))
        self.server.asked.append(name.to_text(omit_final_dot=True))
        socket.sendto(answer.to_wire(), self.client_address)


def _quoted(text: str) -> str:
    """Return a record in the pieces that DNS has room for."""
    return " ".join(f'"{text[start : start + 255]}"' for start in range(0, len(text), 255))


class _DnsServer(socketserver.ThreadingUDPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.zone: Zone = {}
        self.asked: list[str] = []


@pytest.fixture(scope="module")
def dns_server() -> Iterator[_DnsServer]:
    with _DnsServer() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


Look = Callable[..., list[Finding]]


@pytest.fixture
def look(dns_server: _DnsServer, mail_server: MailServer) -> Look:
    """Return what checks a channel against a zone, and leaves out what concerns the server."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = dns_server.server_address[1]

    def found(zone: Zone, **options: Any) -> list[Finding]:
        dns_server.zone = zone
        dns_server.asked.clear()
        given = {"sender": "Atelier <hello@atelier.shop>", "resolver": resolver, **options}
        channel = Email(mail_server.url, **given)
        return [one for one in channel.check(NOW) if one.about != "mail server"]

    return found


def bad(findings: list[Finding]) -> dict[str, Level]:
    assert all(one.remedy for one in findings if one.level is not Level.OK)
    return {one.code: one.level for one in findings if one.level is not Level.OK}


SPF = "v=spf1 include:_spf.mail.shop -all"
INCLUDED = "v=spf1 ip4:192.0.2.0/24 ~all"
DMARC = "v=DMARC1; p=reject; rua=mailto:dmarc@atelier.shop"
GOOD: Zone = {"atelier.shop": SPF, "_spf.mail.shop": INCLUDED, "_dmarc.atelier.shop": DMARC}


def test_a_domain_with_all_three_is_well(look: Look, dkim_key: Callable[..., Dkim]) -> None:
    key = dkim_key()
    found = look({**GOOD, **published(key)}, dkim=key)

    assert {} == bad(found)
    assert ["spf", "dkim", "dmarc"] == [one.about for one in found]
    assert "1 of 10 lookups" in found[0].detail


def test_mails_that_are_not_signed_here_are_said_to_be(look: Look) -> None:
    found = look(GOOD)

    assert {} == bad(found)
    assert any("not signed here" in one.detail for one in found)


def chain(length: int) -> Zone:
    links = {f"s{i}.mail.shop": f"v=spf1 include:s{i + 1}.mail.shop" for i in range(length)}
    end = {f"s{length}.mail.shop": "v=spf1 -all"}
    return {**GOOD, "atelier.shop": "v=spf1 include:s0.mail.shop -all", **links, **end}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"atelier.shop": []}, {"spf-missing": Level.WARNING}),
        ({"atelier.shop": ["google-site-verification=x", SPF]}, {}),
        ({"atelier.shop": "v=spf10 -all"}, {"spf-missing": Level.WARNING}),
        ({"atelier.shop": [SPF, "v=spf1 -all"]}, {"spf-several": Level.FAULT}),
        ({"atelier.shop": "V=SPF1 A MX ~ALL"}, {}),
        ({"atelier.shop": "v=spf1 +all"}, {"spf-open": Level.WARNING}),
        ({"atelier.shop": "V=SPF1 ALL"}, {"spf-open": Level.WARNING}),
        ({"_spf.mail.shop": []}, {"spf-broken": Level.FAULT}),
        ({"_spf.mail.shop": ["v=spf1 -all", "v=spf1 ~all"]}, {"spf-broken": Level.FAULT}),
        ({"atelier.shop": "v=spf1 include:a..b -all"}, {"spf-broken": Level.FAULT}),
        ({"atelier.shop": "v=spf1 redirect=none.shop"}, {"spf-broken": Level.FAULT}),
        ({"atelier.shop": "v=spf1 ip4:192.0.2.1 -all redirect=none.shop"}, {}),
        ({"atelier.shop": "v=spf1 include:%{i}.mail.shop -all"}, {}),
        ({"atelier.shop": "v=spf1 " + "a mx/24 ptr exists:x " * 3 + "-all"}, "too long"),
        ({"atelier.shop": "v=spf1 include:atelier.shop -all"}, "too long"),
        (chain(8), {}),
        (chain(10), "too long"),
        ({"_dmarc.atelier.shop": []}, {"dmarc-missing": Level.WARNING}),
        ({"_dmarc.atelier.shop": [DMARC, DMARC + "; pct=1"]}, {"dmarc-several": Level.WARNING}),
        ({"_dmarc.atelier.shop": "v=DMARC1; p=none"}, {"dmarc-none": Level.WARNING}),
        ({"_dmarc.atelier.shop": "v=DMARC1; rua=mailto:x"}, {"dmarc-none": Level.WARNING}),
        ({"_dmarc.atelier.shop": "v=DMARC1;p = Quarantine"}, {}),
    ],
)
def test_what_is_wrong_with_a_record_is_named(look: Look, changes: Zone, expected: Any) -> None:
    wanted = {"spf-too-long": Level.FAULT} if expected == "too long" else expected

    assert wanted == bad(look({**GOOD, **changes}))


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (None, {"dkim-missing": Level.FAULT}),
        ("v=DMARC1; x=y", {"dkim-missing": Level.FAULT}),
        ("v=DKIM1; k=rsa; p=", {"dkim-mismatch": Level.FAULT}),
        ("v=DKIM1; k=rsa; p=MIGf", {"dkim-mismatch": Level.FAULT}),
        ("v=DKIM1; k=ed25519; p={p}", {"dkim-mismatch": Level.FAULT}),
        ("p={p}", {}),
        ("k=rsa; p={p:.20} {rest}", {}),
        ("v=DKIM1; t=y; p={p}", {"dkim-testing": Level.WARNING}),
    ],
)
def test_published_key_is_the_one_that_signs(
    look: Look, dkim_key: Callable[..., Dkim], record: str | None, expected: Any
) -> None:
    key = dkim_key()
    public = signer_of(key).key.forms[0]
    text = record and record.format(p=public, rest=public[20:])
    zone = {**GOOD, **({"one._domainkey.atelier.shop": text} if text else {})}

    found = look(zone, dkim=key)

    assert expected == bad(found)
    if Level.FAULT in expected.values():
        assert any(signer_of(key).record in one.remedy for one in found)


def test_two_records_of_one_selector_are_a_fault(look: Look, dkim_key: Callable[..., Dkim]) -> None:
    key = dkim_key()
    records = [signer_of(key).record, "v=DKIM1; p=MIGf"]
    found = look({**GOOD, "one._domainkey.atelier.shop": records}, dkim=key)

    assert {"dkim-mismatch": Level.FAULT} == bad(found)


def test_short_key_is_named(look: Look, dkim_key: Callable[..., Dkim]) -> None:
    key = dkim_key(bits=1024)

    assert {"dkim-key-short": Level.WARNING} == bad(look({**GOOD, **published(key)}, dkim=key))


SUB = {"sender": "hello@mail.atelier.shop", "bounce_address": "bounces@mail.atelier.shop"}


@pytest.mark.parametrize(
    ("options", "changes", "expected"),
    [
        ({}, {}, {}),
        ({"bounce_address": "b@bounces.shop"}, {"bounces.shop": SPF}, {"dmarc-not-aligned"}),
        ({"bounce_address": "b@b.atelier.shop"}, {"b.atelier.shop": SPF}, {}),
        (
            {"bounce_address": "b@b.atelier.shop"},
            {"b.atelier.shop": SPF, "_dmarc.atelier.shop": DMARC + "; aspf=s"},
            {"dmarc-not-aligned"},
        ),
        (SUB, {"mail.atelier.shop": SPF}, {}),
        (
            SUB,
            {"mail.atelier.shop": SPF, "_dmarc.atelier.shop": DMARC + "; sp=none"},
            {"dmarc-none"},
        ),
    ],
)
def test_what_authenticates_is_of_the_senders_domain(
    look: Look, options: Any, changes: Zone, expected: Any
) -> None:
    assert set(expected) == set(bad(look({**GOOD, **changes}, **options)))


def test_strict_dmarc_wants_the_very_domain(look: Look, dkim_key: Callable[..., Dkim]) -> None:
    key = dkim_key()
    strict = {"_dmarc.atelier.shop": DMARC + "; aspf=s; adkim=s"}
    zone = {**GOOD, **published(key), **strict, "b.atelier.shop": SPF, "mail.atelier.shop": SPF}

    assert {} == bad(look(zone, dkim=key, bounce_address="b@b.atelier.shop"))
    below = look(zone, dkim=key, sender="x@mail.atelier.shop", bounce_address="b@atelier.shop")
    assert {"dmarc-not-aligned"} == set(bad(below))


def test_store_whose_sender_has_no_key_is_named(look: Look, dkim_key: Callable[..., Dkim]) -> None:
    key = dkim_key()
    other = {"acme.shop": SPF, "_dmarc.acme.shop": DMARC}
    found = look({**GOOD, **published(key), **other}, dkim=key, senders={"acme": "hi@acme.shop"})

    assert {"dkim-not-aligned": Level.WARNING} == bad(found)
    assert any("acme.shop" in one.detail for one in found if one.code)


def test_without_an_answer_it_is_said_that_nothing_was_looked_at(look: Look) -> None:
    found = look({**GOOD, "atelier.shop": FAILS})

    assert [("dns", Level.OK)] == [(one.about, one.level) for one in found]
    assert "were not looked at" in found[0].detail


@pytest.mark.parametrize("domain", ["atelier.example", "shop.test", "a.example.com", "example.org"])
def test_domains_for_examples_are_not_asked_about(
    look: Look, dns_server: _DnsServer, domain: str
) -> None:
    assert [] == look({}, sender=f"hello@{domain}")
    assert [] == dns_server.asked


def published(key: Dkim) -> Zone:
    signer = signer_of(key)
    return {signer.name: signer.record}


@pytest.fixture(scope="module")
def dkim_key(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Dkim]:
    """Return what makes a key of so many bits; each length is made once."""
    folder = tmp_path_factory.mktemp("keys")

    def make(bits: int = 2048) -> Dkim:
        path = folder / f"{bits}.pem"
        if not path.exists():
            key = rsa.generate_private_key(65537, bits)
            path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return Dkim(domain="atelier.shop", selector="one", key_file=path)

    return make
