"""How a person stands to messages, from everything that the person said: pure.

The law:

1. What counts is what was said after the last refusal of this class, or of every class, on this
   channel or on every channel, in the order of the time at which it was said, and that is not
   later than it became known. At the very same time, a refusal comes last.
2. Of that, the strongest counts: a confirmation over a consent. A sign-up that waits for its
   confirmation counts nothing.
3. Without any of it, a refusal stands. It stands against purchases, too, however new: only a new
   consent ends it.
4. Without a refusal, a purchase is a ground.
5. What was ticked in a cart counts for messages about carts only: that is what was asked. To
   untick it takes back what was ticked in that cart, and is no refusal: anybody can type
   anybody's address into a cart.

So the order in which things become known does not matter, nor how often they are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from storelink.models.enums import MessageClass
from storelink.policy.question import Basis, Standing
from storelink.storage import ConsentRow

EVERY = "*"
"""Every channel, or every class but what the order needs."""
CART = "cart"
"""The source of what was ticked in a cart of the store's own source."""


class Given(StrEnum):
    """What a person said."""

    GRANTED = "granted"
    """Yes."""
    PENDING = "pending"
    """Yes, and the confirmation that was asked for is awaited."""
    CONFIRMED = "confirmed"
    """Yes, from the very address."""
    REFUSED = "refused"
    """No, or no longer."""


_GROUNDS = {str(Given.GRANTED): Basis.CONSENT, str(Given.CONFIRMED): Basis.CONFIRMED}
AGREED = frozenset(_GROUNDS)
"""What gives a ground to write."""
_STRENGTH = {Basis.CONSENT: 1, Basis.CONFIRMED: 2}


def stand(
    said: Iterable[ConsentRow],
    channel: str,
    message_class: str,
    *,
    bought_at: datetime | None = None,
    about_cart: bool = False,
) -> Standing:
    """Return how a person stands to messages of a class on a channel.

    Args:
        said: everything that the person said, in any order.
        channel: the channel's name.
        message_class: the class.
        bought_at: when the person last bought something.
        about_cart: whether the messages are about a cart.
    """
    heard = (one for one in said if about_cart or one.source != CART)
    about = (one for one in heard if _is_about(one, channel, message_class))
    spoken = _not_unticked(sorted(about, key=_age))
    refusals = [place for place, one in enumerate(spoken) if one.state == Given.REFUSED]
    after = spoken[refusals[-1] + 1 :] if refusals else spoken
    grounds = [
        Standing(_GROUNDS[one.state], min(one.at, one.known_at), one.source)
        for one in after
        if one.state in _GROUNDS
    ]
    if grounds:  # of the strongest ones, the newest
        return max(reversed(grounds), key=lambda ground: _STRENGTH[ground.basis])
    if refusals:
        last = spoken[refusals[-1]]
        return Standing(Basis.REFUSED, last.at, last.source)
    return Standing() if bought_at is None else Standing(Basis.PURCHASE, bought_at, "order")


def _not_unticked(spoken: Sequence[ConsentRow]) -> list[ConsentRow]:
    """Return what was said without the ticks that were taken back in the same cart."""
    unticked = {
        one.provenance.get("cart"): place
        for place, one in enumerate(spoken)
        if one.source == CART and one.state == Given.REFUSED
    }
    return [
        one
        for place, one in enumerate(spoken)
        if one.source != CART or place > unticked.get(one.provenance.get("cart"), -1)
    ]


def _is_about(one: ConsentRow, channel: str, message_class: str) -> bool:
    if one.channel not in (channel, EVERY):
        return False
    is_wide = one.message_class == EVERY and message_class != MessageClass.TRANSACTIONAL
    return is_wide or one.message_class == message_class


def _age(one: ConsentRow) -> tuple[datetime, bool, datetime, str]:
    """Return what entries are ordered by; nobody can have said it after it became known."""
    return min(one.at, one.known_at), one.state == Given.REFUSED, one.known_at, one.id
