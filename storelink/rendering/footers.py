"""What stands below a message that no order needs: how to say no, and what the law wants said."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from storelink.models.enums import MessageClass
from storelink.rendering.content import FooterLine
from storelink.rendering.words import say

AD_LABEL: Final = "ad_label"
"""What the law calls for when a message has to say that it is advertising; see `policy`."""


def footer(
    message_class: MessageClass, pages: Mapping[str, str], needs: Collection[str]
) -> tuple[FooterLine, ...]:
    """Return the lines below a message, in the reader's language.

    Args:
        message_class: why it is sent.
        pages: the pages that it may link to, by name.
        needs: what the law wants in it.
    """
    if message_class is MessageClass.TRANSACTIONAL:
        return ()
    lines = [FooterLine(say("This message is advertising."))] if AD_LABEL in needs else []
    if "preferences" in pages:
        told = say("Unsubscribe, or choose what you get")
        lines.append(FooterLine(told, pages["preferences"]))
    return tuple(lines)
