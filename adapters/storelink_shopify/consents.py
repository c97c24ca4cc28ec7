"""What people agreed to, from either shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from storelink.models.enums import ConsentChannel
from storelink.models.record import Record
from storelink.models.ref import Kind
from storelink.toolkit.contact import e164, mail_address
from storelink.toolkit.payload import Reader, exact_json
from storelink_shopify import values, words


@dataclass(frozen=True, slots=True)
class Spelling:
    """Where one shape has the parts of a consent.

    Attributes:
        source: where it was collected; `None` if this shape does not say.
    """

    channel: ConsentChannel
    state: str
    level: str
    at: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose consent it is, and for which address or number."""

    customer_id: str
    address: str | None = field(repr=False)


def consent(body: Reader, spelling: Spelling, owner: Owner) -> Record:
    """Return what *body* says of the consent on one channel.

    Its version is the time of the consent. Somebody who was never asked has none.
    """
    channel, at = spelling.channel, body.time(spelling.at)
    is_email = channel is ConsentChannel.EMAIL
    fields: dict[str, Any] = {
        "customer_id": owner.customer_id,
        "channel": channel,
        "state": words.consent_state(body.text(spelling.state)),
        "at": at,
        "level": values.lower(body, spelling.level),
        "address": mail_address(owner.address) if is_email else e164(owner.address),
    }
    if spelling.source:
        fields["source"] = values.lower(body, spelling.source)
    return Record(
        kind=Kind.CONSENT,
        id=f"{owner.customer_id}/{channel}",
        updated_at=at,
        fields=fields,
        raw=exact_json(body.data),
    )
