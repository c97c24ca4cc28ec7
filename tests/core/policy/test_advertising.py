"""Where the law refuses advertising beside what an order needs."""

from __future__ import annotations

import pytest

from storelink.models import MessageClass
from storelink.policy.advertising import ADVERTISING, refused
from storelink.policy.effects import RANK, Grounds
from storelink.policy.question import Basis
from storelink.policy.rulebook import ANY, rulebook
from storelink.rendering.content import Offer

TRANSACTIONAL, RELATIONSHIP, MARKETING = MessageClass
OFFER = frozenset({"paragraph", "things", "offer"})
PLAIN = frozenset({"paragraph", "things", "button"})


@pytest.mark.parametrize(
    ("kinds", "message_class", "country", "channel", "rule"),
    [
        (OFFER, TRANSACTIONAL, "DE", "email", "de.bgh-vi-zr-225-17"),
        (OFFER, TRANSACTIONAL, "de", "email", "de.bgh-vi-zr-225-17"),
        ({"recommendations"}, TRANSACTIONAL, "DE", "email", "de.bgh-vi-zr-225-17"),
        (OFFER, TRANSACTIONAL, "AT", "email", "at.tkg-174"),
        (OFFER, TRANSACTIONAL, "PL", "email", "pl.pke-398"),
        (OFFER, TRANSACTIONAL, "CZ", "email", "eu.eprivacy-13-1"),
        # where a purchase is ground enough
        (OFFER, TRANSACTIONAL, "US", "email", None),
        (OFFER, TRANSACTIONAL, "FR", "email", None),
        (OFFER, TRANSACTIONAL, "GB", "email", None),
        # and not by text
        (OFFER, TRANSACTIONAL, "FR", "sms", "eu.eprivacy-13-1-text"),
        # what needs that ground anyway
        (OFFER, RELATIONSHIP, "DE", "email", None),
        (OFFER, MARKETING, "DE", "email", None),
        # nothing that advertises
        (PLAIN, TRANSACTIONAL, "DE", "email", None),
        (frozenset(), TRANSACTIONAL, None, "email", None),
        (PLAIN, TRANSACTIONAL, None, "email", None),
    ],
)
def test_advertising_is_refused_where_it_needs_more_than_the_message_goes_on(
    kinds: frozenset[str],
    message_class: MessageClass,
    country: str | None,
    channel: str,
    rule: str | None,
) -> None:
    found = refused(kinds, message_class, country, channel=channel)
    assert rule == (found.rule if found else None)


@pytest.mark.parametrize("country", [None, "XX"])
def test_where_nobody_knows_the_country_the_strictest_law_stands(country: str | None) -> None:
    assert refused(OFFER, TRANSACTIONAL, country) is not None


def test_the_refusal_cites_its_source_and_names_what_advertises() -> None:
    found = refused(OFFER, TRANSACTIONAL, "DE")
    assert found is not None
    assert rulebook().rule("de.bgh-vi-zr-225-17").source == found.source
    assert "VI ZR 225/17" in found.source
    assert found.why.endswith("It advertises: offer.")


def test_every_country_whose_law_wants_consent_for_advertising_is_heeded() -> None:
    strict = {
        country
        for rule in rulebook().rules
        if rule.is_about(MARKETING, "email")
        and isinstance(rule.effect, Grounds)
        and RANK[rule.effect.basis] > RANK[Basis.PURCHASE]
        for country in rule.countries - {ANY}
    }
    assert {"DE", "AT", "PL"} <= strict
    assert strict == {one for one in strict if refused(OFFER, TRANSACTIONAL, one)}


def test_all_blocks_that_advertise_are_known_here() -> None:
    assert Offer("").kind in ADVERTISING
