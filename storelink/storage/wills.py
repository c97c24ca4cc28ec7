"""Whether anything was said, since a verdict, that could change it: one statement for a batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Text,
    cast,
    func,
    literal_column,
    select,
    type_coerce,
    union_all,
)

from storelink.storage.statement import Statement, among
from storelink.storage.tables import consents, positions, suppressions, switches

EVERY = "*"
SWITCHES = "switches"
"""All that is switched off, of every store together: it is seldom changed."""
ARMED = "armed"
"""The position that says where a store was armed."""
HELD = "held/"
"""How the positions begin that hold a person's messages, before the hash of the address."""


class Will(NamedTuple):
    """What was said about something; whatever is said later makes it another one.

    Attributes:
        store: the store's name, or `"*"`.
        about: the hash of an address, `SWITCHES` or `ARMED`.
        said: what tells what was said.
    """

    store: str
    about: str
    said: frozenset[str]


class Wills:
    """Statements on all that people and the shop say for or against messages."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def now(self, names: Iterable[tuple[str, str]]) -> frozenset[Will]:
        """Return what was said until now, for each (store, about) of *names*."""
        wanted = set(names)
        if not wanted:
            return frozenset()
        abouts = {about for _, about in wanted}
        rows = _SAID.rows(
            self._connection,
            stores={store for store, _ in wanted},
            abouts=abouts,
            names=[ARMED, *(f"{HELD}{about}" for about in abouts)],
        )
        said: dict[tuple[str, str], set[str]] = defaultdict(set)
        for store, about, what in rows:
            said[store, about.removeprefix(HELD)].add(what)
        return frozenset(Will(*name, frozenset(said[name])) for name in wanted)


def _text(column: ColumnElement[Any]) -> ColumnElement[str]:
    """Return an instant, or a number, as a text."""
    return cast(type_coerce(column, BigInteger), Text())


def _words(text: str) -> ColumnElement[str]:
    return literal_column(f"'{text}'", Text())


_SAID: Statement[tuple[str, str, str]] = Statement(
    union_all(
        select(consents.c.store, consents.c.address, _text(func.count()))
        .where(among(consents.c.store, "stores"), among(consents.c.address, "abouts"))
        .group_by(consents.c.store, consents.c.address),
        select(
            suppressions.c.store,
            suppressions.c.address,
            suppressions.c.channel
            + "/"
            + suppressions.c.why
            + "/"
            + _text(suppressions.c.at)
            + func.coalesce("/" + _text(suppressions.c.lifted_at), ""),
        ).where(among(suppressions.c.store, "stores"), among(suppressions.c.address, "abouts")),
        select(_words(EVERY), _words(SWITCHES), switches.c.store + "/" + switches.c.hook),
        select(positions.c.store, positions.c.name, type_coerce(positions.c.value, Text())).where(
            among(positions.c.store, "stores"), among(positions.c.name, "names")
        ),
    )
)
