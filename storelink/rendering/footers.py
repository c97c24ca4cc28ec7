"""What stands below a message that no order needs: how to say no, and what the law wants said."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from storelink.models.enums import MessageClass

AD_LABEL: Final = "ad_label"
"""What the law calls for when a message has to say that it is advertising; see `policy`."""

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "preferences": "Unsubscribe, or choose what you get",
        "label": "This message is advertising.",
    },
}
"""By language; English where a language has none."""


class FooterLine(NamedTuple):
    """A line, and where it leads."""

    text: str
    url: str = ""

    def __str__(self) -> str:
        return f"{self.text}: {self.url}" if self.url else self.text


def footer(
    message_class: MessageClass, pages: Mapping[str, str], needs: Collection[str], locale: str
) -> tuple[FooterLine, ...]:
    """Return the lines below a message.

    Args:
        message_class: why it is sent.
        pages: the pages that it may link to, by name.
        needs: what the law wants in it.
        locale: the language that it is written in (BCP 47).
    """
    if message_class is MessageClass.TRANSACTIONAL:
        return ()
    words = WORDS.get(locale) or WORDS["en"]
    lines = [FooterLine(words["label"])] if AD_LABEL in needs else []
    if "preferences" in pages:
        lines.append(FooterLine(words["preferences"], pages["preferences"]))
    return tuple(lines)
