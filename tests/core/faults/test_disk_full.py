"""A disk that is full: webhooks are refused with 503, the worker waits, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from core.faults.shop import (
    STEPS,
    Once,
    TroubledChannel,
    place_orders,
    work,
    wrong,
)
from core.world import ADA, MUG, World
from sqlalchemy import Connection, Engine, event
from werkzeug.test import Client

from storelink.errors import StorageUnavailable
from storelink.testing import Webhook
from storelink.web import Endpoint

pytestmark = pytest.mark.usefixtures("errors_are_expected")


class Disk:
    """The disk under a SQLite file; every transaction begins with a look at it."""

    def __init__(self) -> None:
        self.clean()

    def fill(self) -> None:
        """From now on the file cannot grow."""
        self._pages, self._is_frozen = 1, False

    def freeze(self) -> None:
        """From now on nothing can be written, as on a disk that the system has given up."""
        self._is_frozen = True

    def clean(self) -> None:
        """Everything can be written again."""
        self._pages, self._is_frozen = 2**30, False

    def limit(self, connection: Connection) -> None:
        """Let the database feel it. It takes its present size for a limit that is smaller."""
        driver: Any = connection.connection.driver_connection
        driver.execute(f"PRAGMA max_page_count={self._pages}")
        driver.execute(f"PRAGMA query_only={self._is_frozen}")


@pytest.fixture
def disk() -> Iterator[Disk]:
    one = Disk()
    event.listen(Engine, "begin", one.limit)
    yield one
    event.remove(Engine, "begin", one.limit)


@pytest.fixture
def world(disk: Disk, tmp_path: Path) -> Iterator[World]:
    one = World(f"sqlite:///{tmp_path}/link.db")
    with one.link:
        yield one


def flood(world: World) -> list[Webhook]:
    """Let people buy until webhooks are refused, and return these."""
    refused: list[Webhook] = []
    while len(refused) < 5:
        world.store.place(ADA, [MUG])
        for webhook in world.store.take():
            try:
                world.link.receive("shop", headers=webhook.headers, body=webhook.body)
            except StorageUnavailable:
                refused.append(webhook)
    return refused


def post(world: World, webhook: Webhook) -> tuple[int, str]:
    client = Client(Endpoint(world.link))
    answer = client.post("/webhooks/shop", data=webhook.body, headers=dict(webhook.headers))
    return answer.status_code, answer.text


def test_without_room_the_platform_is_told_to_come_again(world: World, disk: Disk) -> None:
    disk.fill()
    webhook = flood(world)[-1]
    assert 503 == post(world, webhook)[0]
    disk.clean()
    assert (200, "absorbed") == post(world, webhook)


def test_nothing_is_kept_of_a_webhook_that_was_refused(world: World, disk: Disk) -> None:
    disk.fill()
    refused = {webhook.body for webhook in flood(world)}
    assert set() == {row.body for row in world.link.inbox()} & refused


def test_what_was_taken_before_the_disk_was_full_is_sent_when_there_is_room(
    world: World, disk: Disk
) -> None:
    """What was refused comes again."""
    disk.fill()
    refused = flood(world)
    with suppress(StorageUnavailable):  # there may be room for a part of the work
        work(world, hours=3)
    disk.clean()
    for webhook in refused:
        world.link.receive("shop", headers=webhook.headers, body=webhook.body)
    work(world)
    assert [] == wrong(world, [f"thank_you/order:{one}" for one in world.store.order_ids()])


@pytest.mark.parametrize("fault", ["fill", "freeze"])
@pytest.mark.parametrize("step", STEPS)
def test_from_any_step_on_the_worker_waits_for_the_disk(
    tmp_path: Path, disk: Disk, step: str, fault: str
) -> None:
    """What the provider took meanwhile is written down when there is room: there is no doubt."""
    once = Once(step, getattr(disk, fault))
    world = World(f"sqlite:///{tmp_path}/link.db", on_step=once)
    with world.link:
        keys = place_orders(world)
        work(world, repair=disk.clean)
        assert once.is_done
        assert [] == wrong(world, keys)


@pytest.mark.parametrize("fault", ["fill", "freeze"])
def test_a_disk_that_fails_while_the_provider_takes_a_message(
    tmp_path: Path, disk: Disk, fault: str
) -> None:
    channel = TroubledChannel(getattr(disk, fault))
    world = World(f"sqlite:///{tmp_path}/link.db", channels=[channel])
    world.channel = channel
    with world.link:
        keys = place_orders(world)
        work(world, repair=disk.clean)
        assert [] == wrong(world, keys)
