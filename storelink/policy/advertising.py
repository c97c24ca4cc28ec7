"""Advertising beside what an order needs: where the law makes the whole message advertising. Pure.

A thank-you needs no consent, and goes to everybody. With an offer in it, it would still go to
everybody, also where an offer needs consent. So a template is refused for a country whose law asks
for more, before it advertises, than what the message's own class is sent on. Who gets news of an
order has bought something: where a purchase is ground enough, an offer may stand beside them.

What is looked at is the ground alone. That a message which advertises also has to say how to
refuse more of it is a matter of its class.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from storelink.models.enums import MessageClass
from storelink.policy.combined import Combined
from storelink.policy.effects import RANK
from storelink.policy.question import Basis, Cited
from storelink.policy.rulebook import Rulebook
from storelink.policy.rulebook import rulebook as of_storelink

ADVERTISING: Final = frozenset({"offer", "recommendations"})
"""The kinds of blocks that advertise, whatever message they stand in."""

_BY_PURPOSE: Final = tuple(MessageClass)
"""From what the order needs to what the shop would like."""


def refused(
    kinds: Collection[str],
    message_class: MessageClass,
    country: str | None,
    *,
    channel: str = "email",
    rulebook: Rulebook | None = None,
) -> Cited | None:
    """Return the rule by which a message may not hold such blocks; `None` if it may.

    >>> found = refused({"offer"}, MessageClass.TRANSACTIONAL, "DE")
    >>> found and found.rule
    'de.bgh-vi-zr-225-17'
    >>> refused({"offer"}, MessageClass.TRANSACTIONAL, "US") is None
    True

    Args:
        kinds: the kinds of its blocks.
        message_class: why it is sent.
        country: where its recipients are, ISO 3166-1 alpha-2; `None` if they may be anywhere.
        channel: the channel that it goes by.
        rulebook: the law; storelink's if left out.
    """
    advertising = sorted(ADVERTISING.intersection(kinds))
    if not advertising:
        return None
    book = rulebook if rulebook is not None else of_storelink()
    own = max(_rank(book.combined(country, None, message_class, channel)), RANK[Basis.PURCHASE])
    for kind in _BY_PURPOSE[_BY_PURPOSE.index(message_class) + 1 :]:
        rules = book.combined(country, None, kind, channel)
        if rules.ground is not None and _rank(rules) > own:
            cited = rules.ground[1]
            return replace(cited, why=f"{cited.why} It advertises: {', '.join(advertising)}.")
    return None


def _rank(rules: Combined) -> int:
    """Return how much a message is sent on."""
    return RANK[rules.ground[0].basis] if rules.ground is not None else RANK[Basis.NONE]
