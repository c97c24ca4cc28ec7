"""What storelink writes into the note of a return, by which it knows a request again.

Facts: shopify.dev, the object ReturnLineItem: `customerNote` has at most 300 characters.
"""

from __future__ import annotations

import re
from typing import Final

from storelink.models.enums import ReturnWish
from storelink.models.returns import ReturnRequest

MOST: Final = 300
_MARK: Final = re.compile(r"\[storelink ([A-Za-z0-9._-]{1,64})\]")
_WISHES: Final = {ReturnWish.EXCHANGE: "Exchange wanted.", ReturnWish.REFUND: "Refund wanted."}


def note_of(request: ReturnRequest, *, is_first: bool) -> str:
    """Return the note of one line: each names the request, the first has the customer's words."""
    words = " ".join((request.note or "").split()) if is_first else ""
    told = [f"[storelink {request.key}]", _WISHES[request.wish], words]
    text = " ".join(filter(None, told))
    while len(text.encode("utf-16-le")) // 2 > MOST:  # as JavaScript and Ruby's kin may count
        text = text[:-1]
    return text


def key_of(note: str | None) -> str | None:
    """Return the key that a note begins with; what a customer writes stands behind it."""
    found = _MARK.match(note or "")
    return found[1] if found else None
