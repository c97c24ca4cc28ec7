"""Requests as frameworks hand them over, and a database that is busy."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from core.world import ADA, MUG, World

from storelink.contracts.sandbox import Webhook
from storelink.errors import ConfigError, StorageUnavailable, UnknownStore, WebhookRefused
from storelink.storage import InboxState


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    return new_world()


@pytest.fixture
def webhook(world: World) -> Webhook:
    world.store.place(ADA, [MUG])
    return world.store.take()[0]


@pytest.mark.parametrize(
    "shape",
    [
        dict,
        lambda headers: list(headers.items()),
        lambda headers: [(name.encode(), value.encode()) for name, value in headers.items()],
    ],
)
def test_headers_come_as_a_mapping_or_as_pairs(
    world: World, webhook: Webhook, shape: Callable[[Any], Any]
) -> None:
    """WSGI, ASGI and recordings each have their own way."""
    receipt = world.link.receive("shop", headers=shape(webhook.headers), body=webhook.body)
    assert InboxState.ABSORBED is receipt.state


@pytest.mark.parametrize("headers", [None, 5, [1], {"a": 5}, "text"])
def test_what_are_no_headers_is_refused(world: World, webhook: Webhook, headers: Any) -> None:
    with pytest.raises(WebhookRefused):
        world.link.receive("shop", headers=headers, body=webhook.body)
    assert [] == world.link.inbox()


def test_text_is_refused_because_it_is_not_what_was_signed(world: World, webhook: Webhook) -> None:
    text: Any = webhook.body.decode()
    with pytest.raises(WebhookRefused, match="raw bytes"):
        world.link.receive("shop", headers=webhook.headers, body=text)


def test_a_busy_database_is_a_typed_error_before_the_platform_gives_up(
    new_world: Callable[..., World], tmp_path: Path
) -> None:
    """Answer 503, and the platform comes again; nothing was stored, and nothing is lost."""
    world = new_world(f"sqlite:///{tmp_path / 'shop.db'}")
    world.store.place(ADA, [MUG])
    webhook = world.store.take()[0]
    other = sqlite3.connect(tmp_path / "shop.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable) as caught:
        world.link.receive("shop", headers=webhook.headers, body=webhook.body)
    assert 503 == caught.value.status
    assert "ada" not in str(caught.value)
    other.execute("ROLLBACK")
    other.close()
    receipt = world.link.receive("shop", headers=webhook.headers, body=webhook.body)
    assert InboxState.ABSORBED is receipt.state


def test_listings_take_a_number_and_refuse_what_they_do_not_know(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    by_id = world.link.events(store="shop", order=order_id)
    assert by_id
    assert by_id == world.link.events(store="shop", order=f"#{order_id}")
    assert world.link.messages(store="shop", order=f"#{order_id}")
    for listing in (world.link.events, world.link.messages, world.link.inbox):
        with pytest.raises(UnknownStore):
            listing(store="typo")
    with pytest.raises(ConfigError, match="together with its store"):
        world.link.events(order=order_id)
