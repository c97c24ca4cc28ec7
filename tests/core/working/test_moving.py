"""Moving to another database: everything arrives, and the work goes on there."""

from __future__ import annotations

from pathlib import Path

import pytest
from core.world import ADA, BOB, MUG, World
from sqlalchemy import text

from storelink.errors import ConfigError, Conflict
from storelink.operations.moving import copy_database
from storelink.storage import Database


@pytest.fixture
def source(tmp_path: Path) -> str:
    """A database in which something happened, and something waits."""
    url = f"sqlite:///{tmp_path}/old.db"
    world = World(url)
    world.delivered_order(ADA)
    world.timeline.place(BOB, [MUG])
    world.link.close()
    return url


def picture(world: World) -> tuple[object, ...]:
    link = world.link
    return (
        link.orders("shop"),
        [event.id for event in link.events()],
        link.messages(),
        [(row.key, row.state, row.body) for row in link.inbox()],
        link.next_due(),
    )


def test_everything_arrives(source: str, database_url: str) -> None:
    copy_database(source, database_url)
    old, new = World(source), World(database_url)
    with old.link, new.link:
        assert picture(old) == picture(new)
        assert new.link.messages()


def test_the_work_goes_on_there(source: str, database_url: str) -> None:
    """What comes next gets ids of its own."""
    copy_database(source, database_url)
    world = World(database_url)
    with world.link:
        before = len(world.link.inbox())
        for contact in (ADA, BOB, ADA):
            world.timeline.place(contact, [MUG])
            world.timeline.pay(world.store.order_ids()[-1])
        assert before < len(world.link.inbox())
        assert len(world.keys()) == len(set(world.keys()))


def test_a_source_with_nothing_in_it_is_a_mistake(tmp_path: Path, database_url: str) -> None:
    """SQLite makes a database of whatever name is mistyped."""
    with pytest.raises(ConfigError, match="nothing in the source"):
        copy_database(f"sqlite:///{tmp_path}/typo.db", database_url)


def test_a_database_with_something_in_it_is_left_alone(source: str, database_url: str) -> None:
    World(database_url).link.close()
    with pytest.raises(Conflict, match="not empty"):
        copy_database(source, database_url)


def test_what_breaks_off_leaves_nothing_behind(
    source: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(name: str, rows: int) -> None:
        if name == "records":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_database(source, database_url, told=break_off)
    database = Database(database_url)
    with database.read() as tx:
        assert not any(tx.everything.counts().values())
    database.close()


def test_tables_larger_than_a_batch_arrive_whole(
    source: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storelink.storage.everything.BATCH", 2)
    counts = copy_database(source, database_url)
    database = Database(database_url)
    with database.read() as tx:
        events = tx._connection.execute(text("SELECT count(DISTINCT id) FROM events")).scalar()
    database.close()
    assert counts["events"] == events
    assert counts["events"] > 2
