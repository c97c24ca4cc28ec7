"""Statements that are compiled once and run by the driver itself: what happens all the time.

SQLAlchemy writes the text, which is the same for both databases as far as they speak alike. What
it would do at each execution (look up the text, wrap the result, wrap each row) costs more than a
small statement itself, so hot statements go past it: on the same connection, in the transaction
that was begun there, with the same conversions and the same errors.

Write a statement with `bindparam` for what changes, once, at the end of the module:

    _DUE = Statement(
        select(*columns(plans, Mark))
        .where(plans.c.due_at <= bindparam("now"), among(plans.c.store, "stores"))
        .limit(bindparam("limit")),
        make=Mark,
    )

and use it with a connection and its values, which have the types that the columns have:

    marks = _DUE.rows(self._connection, now=now, stores=stores, limit=limit)
    number = _DONE.run(self._connection, which=mark.subject)    # how many rows it changed
    _PUT.run_many(self._connection, [{"store": store, "subject": one} for one in subjects])

An insert names its columns instead: `Statement(insert(plans), columns=("store", "subject"))`. The
names of its values are those of the columns; in other statements, SQLAlchemy reserves these names
for the values that are set. Where the databases differ, give a function of the dialect's name,
for example `lambda dialect: inserting(dialect, plans).on_conflict_do_nothing()`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar, cast, overload

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Column,
    Connection,
    Dialect,
    Float,
    Table,
    TableValuedAlias,
    Text,
    bindparam,
    func,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement, ColumnElement, ReturnsRows
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean, TypeDecorator, TypeEngine

from storelink.errors import StorageUnavailable
from storelink.storage.columns import Json, Micros, Words

T = TypeVar("T")

Process = Callable[[Any], Any]
Build = ClauseElement | Callable[[str], ClauseElement]


class Statement(Generic[T]):
    """One statement.

    Args:
        build: the statement, or a function that makes it for a dialect's name.
        make: makes of a row's values, in the order of the columns, what `rows` returns.
        columns: of an insert, the columns that are given.
    """

    @overload
    def __init__(
        self: Statement[tuple[Any, ...]], build: Build, *, columns: Sequence[str] | None = None
    ) -> None: ...

    @overload
    def __init__(
        self, build: Build, *, make: Callable[..., T], columns: Sequence[str] | None = None
    ) -> None: ...

    def __init__(
        self,
        build: Build,
        *,
        make: Callable[..., Any] = lambda *values: values,
        columns: Sequence[str] | None = None,
    ) -> None:
        self._build, self._make, self._columns = build, make, columns
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: Connection, **values: Any) -> list[T]:
        """Run the statement, and return what it returns."""
        compiled, make = self._of(connection), self._make
        with _cursor(connection) as cursor:
            cursor.execute(compiled.text, compiled.bind(values))
            found = cursor.fetchall()
        return [make(*row) for row in compiled.read(found)]

    def first(self, connection: Connection, **values: Any) -> T | None:
        """Run the statement, and return the first row; `None` if there is none."""
        found = self.rows(connection, **values)
        return found[0] if found else None

    def run(self, connection: Connection, **values: Any) -> int:
        """Run the statement, and return how many rows it changed."""
        compiled = self._of(connection)
        with _cursor(connection) as cursor:
            cursor.execute(compiled.text, compiled.bind(values))
            return cursor.rowcount

    def run_many(self, connection: Connection, rows: Iterable[Mapping[str, Any]]) -> int:
        """Run the statement with each of *rows*, and return how many rows that changed in all."""
        compiled = self._of(connection)
        values = [compiled.bind(row) for row in rows]
        if not values:
            return 0
        with _cursor(connection) as cursor:
            if len(values) == 1:  # PostgreSQL's driver prepares these, and needs no pipeline
                cursor.execute(compiled.text, values[0])
            else:
                cursor.executemany(compiled.text, values)
            return cursor.rowcount

    def text(self, connection: Connection) -> str:
        """Return the statement as the driver gets it."""
        return self._of(connection).text

    def _of(self, connection: Connection) -> _Compiled:
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            build = self._build
            built = build if isinstance(build, ClauseElement) else build(dialect.name)
            compiled = self._compiled[dialect.name] = _Compiled(built, dialect, self._columns)
        return compiled


class _Compiled:
    """A statement's text for one database, and how to convert its values and its rows."""

    def __init__(
        self, statement: ClauseElement, dialect: Dialect, columns: Sequence[str] | None
    ) -> None:
        compiled = statement.compile(
            dialect=dialect, column_keys=None if columns is None else list(columns)
        )
        if not isinstance(compiled, SQLCompiler):
            raise TypeError("only statements on tables can be compiled")
        self.text = str(compiled)
        self._places = compiled.positiontup if compiled.positional else None
        self._writing = _needed(
            (name, _writer(bind.type, dialect)) for name, bind in compiled.binds.items()
        )
        self._fixed = {name: bind.value for name, bind in compiled.binds.items() if _is_fixed(bind)}
        self._reading = _needed(enumerate(_readers(statement, dialect)))

    def bind(self, values: Mapping[str, Any]) -> Any:
        """Return *values* as the driver takes them."""
        bound = {**self._fixed, **values}
        for name, process in self._writing:
            bound[name] = process(bound[name])
        if self._places is None:
            return bound
        return tuple([bound[name] for name in self._places])

    def read(self, rows: Sequence[Sequence[Any]]) -> Iterable[Sequence[Any]]:
        """Return *rows* with the types that the columns have."""
        if not self._reading:
            return rows
        found = [list(row) for row in rows]
        for values in found:
            for place, process in self._reading:
                if values[place] is not None:
                    values[place] = process(values[place])
        return found


def _is_fixed(bind: BindParameter[Any]) -> bool:
    """Say whether the statement brings the value itself."""
    return not bind.required and bind.callable is None


def _writer(kind: TypeEngine[Any], dialect: Dialect) -> Process | None:
    """Return what converts a value, without the detour that SQLAlchemy takes for types of ours."""
    if isinstance(kind, Micros | Json | Words):
        return kind.write
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _readers(statement: ClauseElement, dialect: Dialect) -> Iterator[Process | None]:
    if isinstance(statement, ReturnsRows):
        for kind in (column.type for column in statement.exported_columns):
            if isinstance(kind, Micros | Json | Words):
                yield kind.read
            elif isinstance(kind, Float):
                yield None  # both drivers give floats as they are
            else:
                yield kind.dialect_impl(dialect).result_processor(dialect, None)


K = TypeVar("K")


def _needed(processes: Iterable[tuple[K, Process | None]]) -> list[tuple[K, Process]]:
    return [(key, process) for key, process in processes if process is not None]


@contextmanager
def _cursor(connection: Connection) -> Iterator[DBAPICursor]:
    """Lend a cursor; what the driver raises becomes what SQLAlchemy would raise.

    Raises:
        StorageUnavailable: the connection was lost in this transaction.
    """
    if connection.invalidated:
        raise StorageUnavailable("the connection to the database was lost")
    cursor = connection.connection.cursor()
    try:
        yield cursor
    except connection.dialect.loaded_dbapi.Error as error:
        raise explained(connection, error) from error
    finally:
        cursor.close()


def explained(connection: Connection, error: Exception) -> DBAPIError:
    """Return what SQLAlchemy would raise for a driver's *error*, without the statement's values.

    A connection that was lost is given up, so that nobody gets it from the pool again.
    """
    dialect = connection.dialect
    is_lost = dialect.is_disconnect(cast("Any", error), None, None)
    if is_lost:
        connection.invalidate(error)
    found = DBAPIError.instance(
        None,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=dialect,
    )
    return cast("DBAPIError", found)


def is_unavailable(error: BaseException) -> bool:
    """Say whether the database may well do later what it has not done now."""
    if not isinstance(error, DBAPIError):
        return False
    sqlstate = getattr(error.orig, "sqlstate", None) or ""
    is_too_much = sqlstate.startswith(_TOO_MUCH)
    is_away = isinstance(error, OperationalError | InterfaceError) and not is_too_much
    return is_away or error.connection_invalidated


_TOO_MUCH = "54"
"""PostgreSQL's class of what is too long for it, and always will be."""


class Undone(StorageUnavailable):
    """A part of a transaction was undone, and may succeed later; the rest of it goes on."""


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Undo everything inside the block, and only that, if it raises.

    Raises:
        Undone: that was done, because the database was busy or full.
        StorageUnavailable: that is not possible: the whole transaction is lost.
    """
    run_text(connection, "SAVEPOINT inside")
    try:
        yield
    except BaseException as error:
        try:
            run_text(connection, "ROLLBACK TO SAVEPOINT inside")
        except DBAPIError:
            raise StorageUnavailable("the database gave the transaction up") from error
        if is_unavailable(error):
            raise Undone("the database cannot do that now") from error
        raise
    run_text(connection, "RELEASE SAVEPOINT inside")


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """Send what is run inside the block at once, and wait once for all of it to be done.

    Nothing that the block runs says how many rows it changed. Without a network between, as with
    SQLite, nothing is different.
    """
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        yield
        return
    try:
        with driver.pipeline():
            yield
    except connection.dialect.loaded_dbapi.Error as error:
        raise explained(connection, error) from error


def run_text(connection: Connection, text: str) -> None:
    """Run a statement without values and without an answer."""
    with _cursor(connection) as cursor:
        cursor.execute(text, ())


def columns(table: Table, row: type[Any]) -> list[Column[Any]]:
    """Return those columns of *table* that a dataclass has fields for, in its order."""
    return [table.c[field.name] for field in dataclasses.fields(row)]


def inserting(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an insert that can say what is to happen if the row is already there."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


class among(FunctionElement[bool]):  # noqa: N801  reads as the function that it is in a statement
    """Say whether *column* is one of the list that is given as *name*, however long it is."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        super().__init__(column, bindparam(name, type_=_List(column.type)))

    def self_group(self, against: Any = None) -> among:
        """Stand as a condition as it is; SQLAlchemy would compare it with 1 for SQLite."""
        return self


def given(dialect: str, name: str) -> TableValuedAlias:
    """Return a list of texts that is given as *name* as a table with one column, `value`."""
    values = bindparam(name, type_=_List(Text()))
    if dialect == "sqlite":
        return func.json_each(values).table_valued("value")
    return func.unnest(values).table_valued("value").render_derived(name=name)


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608  both are SQL


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} = ANY ({values})"


class _List(TypeDecorator[Any]):
    """A list of plain values: an array, or JSON where there are none."""

    impl = Text
    cache_ok = True

    def __init__(self, item: TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the type for a database."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(self.item))

    def process_bind_param(self, value: Iterable[Any] | None, dialect: Dialect) -> Any:
        """Write a list, each value once."""
        values = list(dict.fromkeys(value or ()))
        return json.dumps(values) if dialect.name == "sqlite" else values
