"""Personal data and secrets stay out of `repr`, and so out of logs and error reports."""

from __future__ import annotations

import dataclasses
import pkgutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from core.marks import due_marks
from core.world import MUG, World
from pydantic import BaseModel

import storelink
from storelink import plugins
from storelink.contracts import Delivery, SentMessage
from storelink.errors import ConfigError, StorageUnavailable
from storelink.events import OrderPaid
from storelink.models import Contact, Kind, Order, Outgoing, Ref, Snapshot
from storelink.storage import Database, InboxRow, MessageRow, RecordRow
from storelink.testing import FakeStore

PERSONAL = {
    "email",
    "phone",
    "first_name",
    "last_name",
    "company",
    "line1",
    "line2",
    "city",
    "postcode",
    "note",
    "attributes",
    "address",
    "status_url",
    "url",
    "to",
    "to_name",
    "text",
    "html",
    "content",
    "body",
    "headers",
    "cells",
    "person",
    "scope",
    "data",
    "raw",
}
"""Names of fields that hold what is about a person, in whatever model."""

PUBLIC = {
    ("Brand", "url"),
    ("Brand", "address"),
    ("Brand", "email"),
    ("Brand", "phone"),
    ("Snapshot", "note"),
    ("Found", "text"),
    ("Found", "html"),
    ("Product", "url"),
    ("Page", "note"),
    ("Progress", "note"),
    ("Subscription", "address"),
    ("Problem", "address"),
    ("Action", "address"),
    ("Place", "url"),
    ("Seller", "address"),
    ("InvoiceSettings", "address"),
    ("Element", "attributes"),
    ("Label", "text"),
    ("Tip", "url"),
    ("Tip", "text"),
    ("TipSettings", "url"),
    ("TipSettings", "text"),
    ("CommunityInviteSettings", "url"),
    ("CommunityInviteSettings", "text"),
}
"""The same names for what is about no person: the shop itself, a template, where webhooks go."""


def every_class() -> set[type]:
    """Every class of the core: the adapters' settings are looked at below."""
    of_people = ("models", "events", "contracts", "storage", "mirror", "outbox", "hooks")
    for package in (*of_people, "config", "invoices", "preview"):
        path = [f"{storelink.__path__[0]}/{package}"]
        for module in pkgutil.iter_modules(path, f"storelink.{package}."):
            pkgutil.resolve_name(module.name)
    return {
        value
        for name, module in list(sys.modules.items())
        for value in vars(module).values()
        if name.startswith("storelink.") and isinstance(value, type)
        if value.__module__.startswith("storelink.")
    }


def shown_fields(one: type) -> set[str]:
    """The fields of a model or dataclass that its `repr` shows."""
    if issubclass(one, BaseModel):
        return {name for name, field in one.model_fields.items() if field.repr}
    if dataclasses.is_dataclass(one):
        return {field.name for field in dataclasses.fields(one) if field.repr}
    return set()


def test_no_model_or_row_shows_a_personal_field() -> None:
    shown = {(one.__name__, name) for one in every_class() for name in shown_fields(one)}
    personal = {(one, name) for one, name in shown if name in PERSONAL}
    assert PUBLIC == personal | PUBLIC


def test_the_classes_that_hold_most_are_looked_at() -> None:
    expected = {InboxRow, MessageRow, RecordRow, Delivery, SentMessage, Contact, Order, Outgoing}
    assert expected <= every_class()


def test_the_name_of_a_person_is_an_address_and_not_shown() -> None:
    assert "Ref('person', '…')" == repr(Ref(kind=Kind.PERSON, id="ada@example.com"))
    assert "Ref('order', '1042')" == repr(Ref.order("1042"))


def test_what_a_shop_knows_of_ada_is_in_no_repr(world: World) -> None:
    order_id = world.delivered_order(
        Contact(
            email="ada@example.com", phone="+4930231250", first_name="Ada", last_name="Lovelace"
        )
    )
    world.store.edit(order_id, note="For Ada's birthday", attributes={"gift": "for Ada"})
    world.tell()
    with world.link._database.read() as tx:
        rows: list[Any] = [
            *tx.inbox.rows(),
            *tx.records.orders("shop", [order_id]),
            *tx.records.parts("shop", [order_id]),
            *tx.events.all(),
            *tx.messages.all(),
            *due_marks(tx, datetime(2027, 1, 1, tzinfo=UTC)),
        ]
    everything = [
        *rows,
        world.link,
        world.store,
        world.channel,
        *world.channel.sent,
        *world.link.orders("shop"),
        *world.link.events(),
        *world.link.messages(),
        world.link.explain("shop", order_id),
    ]
    text = repr(everything)
    leaked = [word for word in ("ada", "lovelace", "+4930", "birthday") if word in text.lower()]
    assert [] == leaked


def test_explain_tells_nothing_personal(world: World) -> None:
    explanation = world.link.explain("shop", world.delivered_order())
    text = f"{explanation} {explanation.to_dict()}".lower()
    assert "ada" not in text
    assert "lovelace" not in text


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://shop:geheim@127.0.0.1:1/shop",
        "postgres+nothing://shop:geheim@db/shop",
        "sqlite://shop:geheim@/",
        "shop:geheim",
    ],
)
def test_a_password_in_the_database_url_is_in_no_error(url: str) -> None:
    with pytest.raises((ConfigError, StorageUnavailable)) as caught:
        Database(url)
    assert "geheim" not in str(caught.value)


SECRETS = ("secret", "token", "password", "consumer_key", "consumer_secret")


@pytest.mark.parametrize("group", ["storelink.stores", "storelink.channels"])
def test_no_setting_of_a_plugin_shows_a_secret(group: str) -> None:
    manifests = [plugin.manifest for plugin in plugins.plugins(group).values() if plugin.manifest]
    shown = [
        f"{manifest.name}.{name}"
        for manifest in manifests
        for name, field in manifest.settings.model_fields.items()
        if field.repr and "Secret" not in str(field.annotation) and not name.endswith("_at")
        if any(word in name for word in SECRETS)
    ]
    assert manifests
    assert [] == shown


WHO = "ada@example.com"


class Wrong(FakeStore):
    """An adapter whose errors quote a customer."""

    def normalize(self, delivery: Delivery) -> Snapshot:
        if delivery.topic == "order.created":
            raise KeyError(WHO)
        return super().normalize(delivery)


def fail(*_: object) -> Any:
    raise ValueError(WHO) from RuntimeError(WHO)


def break_adapter(world: World) -> None:
    world.link._receiver._adapters["shop"] = world.store = Wrong(clock=world.clock)  # type: ignore[index]
    world.link._reader._adapters["shop"] = world.store  # type: ignore[index]


def break_reading(world: World) -> None:
    world.store.read = fail  # type: ignore[method-assign]


def break_channel(world: World) -> None:
    world.channel.address = fail  # type: ignore[method-assign]


def break_hook(world: World) -> None:
    world.link.hook(OrderPaid, key="note")(lambda order: fail())


def break_handler(world: World) -> None:
    world.link.on(OrderPaid, key="tell")(fail)


@pytest.mark.parametrize(
    ("break_it", "logged"),
    [
        (break_adapter, "inbox row 1 could not be absorbed: KeyError"),
        (break_reading, "the order of message 1 could not be read: ValueError"),
        (break_channel, "message 1 could not be written: ValueError"),
        (break_hook, "hook note failed: ValueError"),
        (break_handler, "handler tell failed: ValueError"),
    ],
)
def test_an_error_of_somebody_else_s_code_is_logged_without_its_message(
    world: World,
    caplog: pytest.LogCaptureFixture,
    errors_are_expected: None,
    break_it: Callable[[World], None],
    logged: str,
) -> None:
    """Where it happened is told, what it quotes is not."""
    break_it(world)
    world.timeline.place(Contact(email=WHO), [MUG])
    assert logged in {record.getMessage().partition("\n")[0] for record in caplog.records}
    assert "raise " in caplog.text
    assert WHO not in caplog.text
    assert WHO not in repr([row.reason for row in world.link.inbox()])
    assert WHO not in str(world.link.explain("shop", "1001"))
