"""Looking what DNS says about the domains that mails are from: SPF, DKIM, DMARC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from storelink.contracts.finding import Finding
from storelink_email.origin import Origin, Origins, are_related
from storelink_email.records import (
    MOST_LOOKUPS,
    BrokenSpf,
    Records,
    Unanswered,
    is_reserved,
    spf_lookups,
    tags,
)
from storelink_email.signing import Signer

if TYPE_CHECKING:
    from dns.resolver import Resolver

_GOOD_BITS: Final = 2048  # RFC 8301, section 3.2


def look(origins: Origins, resolver: Resolver | None) -> Iterator[Finding]:
    """Look at the domains of all senders. Domains for examples have no records, and are left out.

    Args:
        origins: who mails are from.
        resolver: whom to ask; by default the system's.
    """
    records = Records(resolver)
    senders = (origins.usual, *origins.own.values())
    known = [one for one in senders if not is_reserved(one.sender.domain)]
    try:
        for domain in dict.fromkeys(one.returns.domain for one in known):
            yield _spf(domain, records)
        for signer in dict.fromkeys(signer for one in known for signer in one.signers):
            yield from _dkim(signer, records)
        for origin in {one.sender.domain: one for one in known}.values():
            if not origin.signers:
                yield _unsigned(origin, others_are=origins.are_signed)
            yield from _dmarc(origin, records)
    except Unanswered as error:
        yield Finding.ok(
            "dns", f"SPF, DKIM and DMARC were not looked at: no resolver answers ({error})"
        )


def _spf(domain: str, records: Records) -> Finding:
    found = records.spf(domain)
    if not found:
        return Finding.warning(
            "spf",
            "spf-missing",
            f"{domain} does not say which servers send its mail",
            f'publish a TXT record at {domain}: "v=spf1 include:<your mail provider> ~all"',
        )
    if len(found) > 1:
        return Finding.fault(
            "spf",
            "spf-several",
            f"{domain} has {len(found)} SPF records, so that none counts",
            "put their terms together in one",
        )
    try:
        lookups = spf_lookups(domain, records)
    except BrokenSpf as error:
        told = f"the SPF record of {domain} cannot be used: {error}"
        return Finding.fault("spf", "spf-broken", told, "take out what it includes in vain")
    if lookups > MOST_LOOKUPS:
        return Finding.fault(
            "spf",
            "spf-too-long",
            f"the SPF record of {domain} costs more than {MOST_LOOKUPS} lookups: receivers give up",
            "take out what you do not send with, and a, mx and ptr where addresses do",
        )
    if {"+all", "all"} & set(found[0].lower().split()):
        told = f"the SPF record of {domain} lets every server of the world send its mail"
        return Finding.warning("spf", "spf-open", told, "end it with ~all or -all")
    return Finding.ok(
        "spf",
        f"{domain} has an SPF record with {lookups} of {MOST_LOOKUPS} lookups; whether it names "
        "your mail server, only a mail that arrived can tell",
    )


def _dkim(signer: Signer, records: Records) -> Iterator[Finding]:
    found = [one for one in map(tags, records.texts(signer.name)) if "p" in one]
    publish = f'publish one TXT record at {signer.name}: "{signer.record}"'
    if not found:
        told = f"{signer.name} has no record: no receiver can verify a signature"
        yield Finding.fault("dkim", "dkim-missing", told, publish)
        return
    matching = [one for one in found if _is_of(one, signer)]
    if len(found) != 1 or not matching:
        told = f"the record of {signer.name} is of another key: every signature is wrong"
        if matching:
            told = f"{signer.name} has {len(found)} records: receivers may take any of them"
        yield Finding.fault("dkim", "dkim-mismatch", told, publish)
        return
    yield Finding.ok("dkim", f"the record of {signer.name} is of the key that signs")
    if "y" in matching[0].get("t", "").split(":"):
        told = f"the record of {signer.name} says that it is a test (t=y), and counts for nothing"
        yield Finding.warning("dkim", "dkim-testing", told, publish)
    if signer.key.kind == "rsa" and signer.key.bits < _GOOD_BITS:
        yield Finding.warning(
            "dkim",
            "dkim-key-short",
            f"the key of {signer.name} has {signer.key.bits} bits",
            f"make one with {_GOOD_BITS} bits, and publish it under another selector",
        )


def _is_of(record: Mapping[str, str], signer: Signer) -> bool:
    return record.get("k", "rsa") == signer.key.kind and record.get("p") in signer.key.forms


def _unsigned(origin: Origin, *, others_are: bool) -> Finding:
    domain = origin.sender.domain
    if not others_are:
        return Finding.ok("dkim", f"mails from {domain} are not signed here; your mail server must")
    return Finding.warning(
        "dkim",
        "dkim-not-aligned",
        f"no key is of {domain}: mails from there are not signed",
        f"give the channel a key whose domain is {domain}",
    )


def _dmarc(origin: Origin, records: Records) -> Iterator[Finding]:
    domain = origin.sender.domain
    above, found = records.dmarc(domain)
    if len(found) != 1:
        told = f"{domain} has {len(found) or 'no'} DMARC records"
        yield Finding.warning(
            "dmarc",
            "dmarc-several" if found else "dmarc-missing",
            f"{told}; large mailbox providers want one, and exactly one",
            f'publish one TXT record at _dmarc.{above}: "v=DMARC1; p=none; rua=mailto:<yours>"',
        )
        return
    says = tags(found[0])
    policy = says.get("p", "none") if above == domain else says.get("sp", says.get("p", "none"))
    if policy.lower() not in {"quarantine", "reject"}:
        yield Finding.warning(
            "dmarc",
            "dmarc-none",
            f"the DMARC record of {above} asks for nothing (none): anybody can write as {domain}",
            "read the reports, and publish p=quarantine when all of your own mails pass",
        )
    else:
        yield Finding.ok("dmarc", f"{above} asks receivers to {policy.lower()} what is not its own")
    if not _is_aligned(origin, says):
        yield Finding.warning(
            "dmarc",
            "dmarc-not-aligned",
            f"neither a signature made here nor the bounce address is of {domain}, as DMARC asks",
            f"sign with a key of {domain}, or set a bounce_address there",
        )


def _is_aligned(origin: Origin, says: Mapping[str, str]) -> bool:
    """Say whether what authenticates a mail is of the domain that it is from (RFC 7489, 3.1)."""
    domain = origin.sender.domain

    def fits(other: str, mode: str) -> bool:
        strict = says.get(mode, "r").lower() == "s"
        return other == domain if strict else are_related(other, domain)

    return fits(origin.returns.domain, "aspf") or any(
        fits(one.domain, "adkim") for one in origin.signers
    )
