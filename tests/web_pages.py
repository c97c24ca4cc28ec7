"""A shop whose pages are served, for tests: a real app, a real database, real tokens."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from werkzeug.test import Client

from storelink import Brand, Storelink
from storelink.contracts.pages import Choice, Given, Question, Settings
from storelink.contracts.sandbox import Item
from storelink.links import Links, Purpose, Ticket
from storelink.models import Answer, AnswerKind, Contact, Money
from storelink.models.enums import MessageClass, ShipmentStatus
from storelink.testing import FakeStore, FrozenClock, Timeline
from storelink.web import Site

KEY = "a key that is only for tests"
BASE = "https://go.atelier.example"
BRAND = Brand(
    name="Atelier",
    color="#1f4d3a",
    website="https://atelier.example",
    help_url="https://atelier.example/help",
    return_url="https://atelier.example/returns",
    support_email="hello@atelier.example",
    support_phone="+49 30 1234567",
    address="Atelier GmbH, Lindenweg 4, 10115 Berlin",
    time_zone="Europe/Berlin",
)
ADA = Contact(
    email="ada@example.com", phone="+4915112345678", first_name="Ada", last_name="Lovelace"
)
GOODS = (
    Item("Mug, hand-thrown", Money("28.00", "EUR"), quantity=2),
    Item("Linen tea towel", Money("19.00", "EUR")),
)
OPERATOR = "correct horse battery"


class Boxes:
    """Remembers what people want to be sent."""

    def __init__(self, locale: str | None = None) -> None:
        self.locale = locale
        self.stored = {
            choice.name: choice
            for message_class in (MessageClass.RELATIONSHIP, MessageClass.MARKETING)
            for channel, allowed in (("email", True), ("sms", False))
            for choice in [Choice(channel, message_class, allowed)]
        }
        self.told: list[tuple[Choice, bool]] = []

    def read(self, ticket: Ticket) -> Settings | None:
        """Return what is stored."""
        known = tuple(replace(one, wording="") for one in self.stored.values())
        return Settings(known, self.locale) if ticket.subject else None

    def change(self, ticket: Ticket, changes: Sequence[Choice], *, one_click: bool) -> None:
        """Store *changes*."""
        for one in changes:
            self.stored[one.name] = one
            self.told.append((one, one_click))

    @property
    def allowed(self) -> set[str]:
        """The names of the boxes that are ticked."""
        return {one.name for one in self.stored.values() if one.allowed}


class Asked:
    """Asks one question, and remembers the answer."""

    def __init__(self, kind: AnswerKind = AnswerKind.REVIEW, **options: Any) -> None:
        self.question = Question(kind, "#1001", **options)
        self.given: list[Given] = []

    def ask(self, ticket: Ticket) -> Question | None:
        """Return the question, with the newest answer."""
        if not self.given:
            return self.question
        last = self.given[-1]
        answer = Answer(
            kind=self.question.kind,
            order_id=ticket.subject,
            rating=last.rating,
            comment=last.comment,
            name=last.name,
        )
        return replace(self.question, given=answer)

    def record(self, ticket: Ticket, given: Given) -> None:
        """Remember the answer."""
        self.given.append(given)


class Hosted:
    """A shop, its app, and the pages of it."""

    def __init__(
        self, folder: Path, *, brand: Brand = BRAND, kind: str = "review", **options: Any
    ) -> None:
        self.clock = FrozenClock(datetime(2026, 11, 16, 9, tzinfo=UTC))
        self.store = FakeStore(clock=self.clock)
        self.file = folder / "link.db"
        self.link = Storelink(
            f"sqlite:///{self.file}",
            stores={"atelier": self.store},
            clock=self.clock,
            brand=brand,
            **options,
        )
        self.told = Timeline(self.link, "atelier", self.store, self.clock)
        self.links = Links([KEY], base_url=BASE, clock=self.clock)
        self.boxes, self.asked = Boxes(), Asked(AnswerKind(kind))
        self.site = self.new_site()

    def new_site(self, **options: Any) -> Site:
        """Return the pages, with *options* of their own."""
        known = {"preferences": self.boxes, "answers": self.asked, "operator": OPERATOR}
        return Site(self.link, self.links, **{**known, **options})

    @property
    def client(self) -> Client:
        """Somebody who asks for pages, without cookies."""
        return Client(self.site, use_cookies=False)

    def order(self, contact: Contact = ADA, goods: Sequence[Item] = GOODS) -> str:
        """Let somebody buy something."""
        return self.told.place(contact, goods)

    def ship(self, order_id: str, **options: Any) -> str:
        """Send a parcel that is expected in two days."""
        url = "https://track.example/?n=00340434"
        known = {"number": "00340434", "url": url, "promised_in": timedelta(days=2)}
        return self.told.ship(order_id, **{**known, **options})

    def scan(self, order_id: str, parcel: str, *statuses: ShipmentStatus) -> None:
        """Let the carrier report, an hour apart."""
        for status in statuses:
            self.clock.advance(timedelta(hours=1))
            self.told.scan(order_id, parcel, status)

    def path(self, purpose: Purpose, subject: str, **options: Any) -> str:
        """Return the path of a page."""
        return self.links.make(purpose, "atelier", subject, **options).removeprefix(BASE)

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Nothing that is stored may differ after the block."""
        before = self._dump()
        yield
        assert before == self._dump()

    def _dump(self) -> tuple[list[str], dict[str, Choice], list[Given]]:
        with sqlite3.connect(self.file) as database:
            return list(database.iterdump()), dict(self.boxes.stored), list(self.asked.given)
