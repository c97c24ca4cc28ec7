"""Statements that are compiled once behave as SQLAlchemy's own do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, bindparam, create_engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from storelink.storage.plans import Mark
from storelink.storage.statement import Statement, among, columns, inserting
from storelink.storage.tables import attempts, events, metadata, plans, positions

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)

ADD = Statement(
    lambda dialect: inserting(dialect, plans),
    columns=("store", "subject", "due_at", "stamp"),
)
ADD_ONCE = Statement(
    lambda dialect: inserting(dialect, plans).on_conflict_do_nothing().returning(plans.c.subject),
    columns=("store", "subject", "due_at", "stamp"),
    make=str,
)
SOME = Statement(
    select(*columns(plans, Mark))
    .where(among(plans.c.subject, "names"), plans.c.stamp == 1)
    .order_by(plans.c.subject)
    .limit(bindparam("limit")),
    make=Mark,
)
LATER = Statement(
    update(plans).where(plans.c.subject == bindparam("name")).values(due_at=bindparam("at"))
)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    engine = create_engine(database_url)
    metadata.create_all(engine)
    with engine.connect() as one, one.begin():
        yield one
    engine.dispose()


def row(subject: str, due_at: datetime = NOON) -> dict[str, object]:
    return {"store": "shop", "subject": subject, "due_at": due_at, "stamp": 1}


def test_what_one_writes_another_reads_with_the_same_types(connection: Connection) -> None:
    ADD.run_many(connection, [row("order:1"), row("order:2", NOON + timedelta(microseconds=1))])

    by_sqlalchemy = connection.execute(select(*columns(plans, Mark)).order_by(plans.c.subject))
    found = SOME.rows(connection, names=["order:1", "order:2"], limit=10)

    assert found == [Mark(*one) for one in by_sqlalchemy]
    assert found[1].due_at == NOON + timedelta(microseconds=1)


def test_a_list_can_be_empty_or_longer_than_any_statement(connection: Connection) -> None:
    ADD.run_many(connection, [row("order:1"), row("order:2")])
    many = [f"order:{number}" for number in range(2, 70_000)]

    assert SOME.rows(connection, names=[], limit=10) == []
    assert [one.subject for one in SOME.rows(connection, names=many, limit=10)] == ["order:2"]


def test_sqlite_finds_a_list_by_an_index() -> None:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    wanted = Statement(
        select(events.c.id).where(events.c.store == "shop", among(events.c.order_id, "ids"))
    )

    with engine.connect() as connection:
        plan = connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {wanted.text(connection)}", ("shop", "[]")
        )
        steps = " ".join(step.detail for step in plan)

    assert "ix_events_store_order_id (store=? AND order_id=?)" in steps


def test_an_insert_says_what_it_returns_or_that_there_was_nothing_to_do(
    connection: Connection,
) -> None:
    assert ADD_ONCE.first(connection, **row("order:1")) == "order:1"
    assert ADD_ONCE.first(connection, **row("order:1")) is None


def test_a_change_says_how_many_rows_it_changed(connection: Connection) -> None:
    ADD.run(connection, **row("order:1"))

    assert LATER.run(connection, name="order:1", at=NOON + timedelta(days=1)) == 1
    assert LATER.run(connection, name="order:7", at=NOON) == 0
    (mark,) = SOME.rows(connection, names=["order:1"], limit=1)
    assert mark.due_at == NOON + timedelta(days=1)


def test_values_that_are_not_there_stay_so(connection: Connection) -> None:
    put = Statement(insert(positions), columns=("store", "name", "value", "updated_at"))
    get = Statement(select(positions.c.value).order_by(positions.c.name), make=lambda one: one)
    values = ({"a": ["é", None]}, [], 0)
    for number, value in enumerate(values):
        put.run(connection, store="shop", name=str(number), value=value, updated_at=NOON)

    assert tuple(get.rows(connection)) == values


def test_an_error_is_that_of_sqlalchemy_and_tells_no_values(connection: Connection) -> None:
    ADD.run(connection, **row("person:ada@example.com"))

    with pytest.raises(IntegrityError) as failure:
        ADD.run(connection, **row("person:ada@example.com"))

    assert failure.value.statement is None
    assert failure.value.params is None


def test_words_of_others_are_kept_as_far_as_any_database_keeps_them(
    connection: Connection,
) -> None:
    put = Statement(insert(attempts), columns=("outbox_id", "number", "started_at", "detail"))
    get = Statement(select(attempts.c.detail).order_by(attempts.c.number), make=str)
    for number, words in enumerate(("250 2.0.0 é\nOk", "2\0", "\ud800!", 7)):
        put.run(connection, outbox_id=1, number=number, started_at=NOON, detail=words)

    assert get.rows(connection) == ["250 2.0.0 é\nOk", "2\ufffd", "?!", "7"]


def test_it_belongs_to_the_transaction_of_its_connection(connection: Connection) -> None:
    with connection.begin_nested() as savepoint:
        ADD.run(connection, **row("order:1"))
        savepoint.rollback()

    assert SOME.rows(connection, names=["order:1"], limit=1) == []
