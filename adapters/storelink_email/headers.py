"""Header fields: any text in ASCII, in lines as short as they can be (RFC 5322, RFC 2047). Pure."""

from __future__ import annotations

import re
import textwrap
from email.header import Header
from email.utils import quote
from typing import Final

from storelink_email.mailbox import Mailbox

LINE: Final = 78
"""How long a line should be (RFC 5322, section 2.1.1); it must not be longer than 998."""

_WORD: Final = LINE - 2
"""A longer word is encoded, in pieces; there is nowhere else to fold it."""

_FOLDS = re.compile(r"\r?\n ")


def folded(name: str, value: str) -> bytes:
    """Return a header field with its line end, folded at blanks.

    The first word stays beside the name, however long it is: some programs misread a field whose
    first line says nothing (CPython gh-134812).

    Args:
        name: of the field.
        value: on one line, with single blanks.
    """
    line = f"{name}: {value}"
    if len(line) > LINE:
        line = "\r\n".join(
            textwrap.wrap(
                value,
                LINE,
                initial_indent=f"{name}: ",
                subsequent_indent=" ",
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
    return f"{line}\r\n".encode()


def person(mailbox: Mailbox, field: str) -> str:
    """Return *mailbox* as the value of that *field*, on one line."""
    if not mailbox.name:
        return mailbox.address
    plain = _is_plain(mailbox.name)
    name = f'"{quote(mailbox.name)}"' if plain else words(mailbox.name, field)
    return f"{name} <{mailbox.address}>"


def words(text: str, field: str) -> str:
    """Return *text* as the value of that *field*, on one line, encoded where it has to be.

    Raises:
        UnicodeError: it has halves of characters.
    """
    if _is_plain(text):
        return text
    # EmailMessage loses or doubles blanks where it folds encoded words (CPython gh-92081).
    encoded = Header(text, "utf-8", header_name=field, maxlinelen=_WORD).encode(linesep="\n")
    return _FOLDS.sub(" ", encoded)


def _is_plain(text: str) -> bool:
    if not text.isascii() or "=?" in text:  # which begins an encoded word (RFC 2047)
        return False
    return len(text) <= _WORD // 2 or all(len(word) <= _WORD // 2 for word in text.split(" "))
