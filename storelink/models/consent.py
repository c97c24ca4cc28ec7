"""What a person agreed to."""

from __future__ import annotations

from typing import Any

from storelink.models.base import Instant, Value, personal, raw_payload
from storelink.models.enums import ConsentChannel, ConsentState


class Consent(Value):
    """Whether one customer agreed to marketing on one channel, when, and how it was asked.

    Attributes:
        id: customer id and channel, for example `"7/email"`.
        level: the platform's opt-in level, for example `"single_opt_in"`.
        source: where it was collected.
        wording: what the person agreed to, where it is known.
    """

    id: str
    customer_id: str
    channel: ConsentChannel
    state: ConsentState = ConsentState.UNKNOWN
    at: Instant | None = None
    level: str | None = None
    source: str | None = None
    wording: str | None = None
    address: str | None = personal()
    raw: dict[str, Any] = raw_payload()
