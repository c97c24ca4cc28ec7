"""Everything that a database holds, searched for somebody in every encoding."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from core.world import World
from sqlalchemy import text

from storelink.models import Address, Contact
from storelink.storage.tables import metadata

ZOE = Contact(
    email="Zoë.Brontë@Example.com",
    phone="+493023125011",
    first_name="Zoë-Maëlle",
    last_name="Brontëová",
    locale="de-DE",
)
HOME = Address(
    first_name="Zoë-Maëlle",
    last_name="Brontëová",
    line1="Große Hamburger Straße 19a",
    postcode="10115",
    city="Berlin",
    country="DE",
    phone="+493023125011",
)
PERSON = (
    "Zoë.Brontë@Example.com",
    "+493023125011",
    "Zoë-Maëlle",
    "Brontëová",
    "Große Hamburger Straße 19a",
)


def everything(world: World) -> dict[str, str]:
    """Return every row of every table as text, whatever type its columns have."""
    found: dict[str, list[str]] = {}
    with world.link._database.read() as tx:
        for name in metadata.tables:
            rows = tx._connection.execute(text(f"SELECT * FROM {name}"))
            found[name] = [" ".join(_text(value) for value in row) for row in rows]
    return {name: "\n".join(lines) for name, lines in found.items()}


def _text(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return str(value)


def spellings(word: str) -> Iterator[str]:
    """Return the ways in which a word may stand in a text, in lower case."""
    for one in {word, word.casefold(), word.upper(), word.lower()}:
        yield one.casefold()
        yield json.dumps(one)[1:-1].casefold()
        yield "".join(f"\\u{ord(char):04x}" for char in one)
        yield quote(one, safe="").casefold()
        yield quote(one).casefold()
        yield "".join(f"%{byte:02x}" for byte in one.encode())
        yield "".join(f"={byte:02x}" for byte in one.encode())
        for offset in range(3):
            coded = base64.b64encode(b"x" * offset + one.encode()).decode().rstrip("=")
            yield coded[offset + 2 : -2].casefold()


def traces(texts: Iterable[str], words: Iterable[str] = PERSON) -> set[str]:
    """Return those of *words* that stand in any of *texts*, in whatever spelling."""
    folded = [one.casefold() for one in texts]
    return {
        word
        for word in words
        if any(spelled in one for spelled in spellings(word) for one in folded)
    }
