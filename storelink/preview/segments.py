"""How many parts a text message is sent and paid in (3GPP TS 23.038 and 23.040)."""

from __future__ import annotations

from typing import Final

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("\f^{}\\[~]|€")


def segments(text: str) -> int:
    """Return the number of parts of *text*.

    >>> segments("a" * 160), segments("a" * 161), segments("ও" * 71)
    (1, 2, 2)
    """
    if set(text) <= _BASIC | _EXTENDED:
        length = sum(2 if letter in _EXTENDED else 1 for letter in text)
        whole, part = 160, 153
    else:
        length, whole, part = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= whole else -(-length // part)
