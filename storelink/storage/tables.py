"""The tables, as they are now. How a database gets here is told by the migrations."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storelink.storage.columns import Json, Micros, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_serial = BigInteger().with_variant(Integer, "sqlite")


def _index_of_few(table: str, *columns: str) -> Index:
    """Return an index of those rows that have a value in the last of *columns*; most have none."""
    return _index_where(f"{columns[-1]} IS NOT NULL", table, *columns)


def _index_where(condition: str, table: str, *columns: str) -> Index:
    """Return an index of those rows only that a stage looks for.

    SQLite takes such an index only for a statement that says *condition* with the same literals.
    """
    some = text(condition)
    return Index(
        "_".join(("ix", table, *columns)), *columns, sqlite_where=some, postgresql_where=some
    )


stores = Table(
    "stores",
    metadata,
    Column("name", Text, primary_key=True),
    Column("platform", Text, nullable=False),
    Column("connected_at", Micros, nullable=False),
    Column("uninstalled_at", Micros),
)

positions = Table(
    "positions",
    metadata,
    Column("store", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Json, nullable=False),
    Column("updated_at", Micros, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", _serial, primary_key=True, autoincrement=True),
    Column("store", Text, nullable=False),
    Column("key", Words, nullable=False),
    Column("topic", Words, nullable=False),
    Column("received_at", Micros, nullable=False),
    Column("triggered_at", Micros),
    Column("headers", Json, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Words),
    Column("attempts", Integer, nullable=False, default=0),
    UniqueConstraint("store", "key"),
    _index_where("state IN ('new', 'kept')", "inbox", "store", "state", "attempts", "id"),
    Index("ix_inbox_store_received_at", "store", "received_at"),
)

records = Table(
    "records",
    metadata,
    Column("store", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("order_id", Text),
    Column("person", Text),
    Column("number", Text),
    Column("within", Text),
    Column("seen", Json, nullable=False),
    Column("cells", Json, nullable=False),
    Column("read_at", Micros),
    Column("read_state_at", Micros),
    Column("needs_read_since", Micros),
    Column("needs_read", Words),
    Column("deleted_since", Micros),
    Column("absorbed_at", Micros, nullable=False),
    Column("created_at", Micros),
    Column("checkout_id", Text),
    _index_of_few("records", "store", "order_id"),
    _index_of_few("records", "store", "person"),
    _index_of_few("records", "store", "number"),
    _index_of_few("records", "store", "needs_read_since"),
    Index("ix_records_store_kind_created_at", "store", "kind", "created_at"),
    _index_of_few("records", "store", "checkout_id"),
)

events = Table(
    "events",
    metadata,
    Column("seq", _serial, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("store", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("at", Micros, nullable=False),
    Column("exact", Boolean, nullable=False),
    Column("version", Json, nullable=False),
    Column("order_id", Text),
    Column("customer_id", Text),
    Column("data", Json, nullable=False),
    Column("known_at", Micros, nullable=False),
    Column("checkout_id", Text),
    Index("ix_events_store_order_id", "store", "order_id"),
    _index_of_few("events", "store", "checkout_id"),
    _index_of_few("events", "store", "customer_id"),
)

plans = Table(
    "plans",
    metadata,
    Column("store", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("due_at", Micros, nullable=False),
    Column("stamp", Integer, nullable=False),
    Column("lease_owner", Text),
    Column("lease_until", Micros),
    Index("ix_plans_store_due_at", "store", "due_at"),
)

calls = Table(
    "calls",
    metadata,
    Column("handler", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("due_at", Micros, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", Words),
    Column("store", Text, nullable=False),
    Column("lease_owner", Text),
    Column("lease_until", Micros),
    _index_where("state = 'waiting'", "calls", "store", "due_at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", _serial, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("store", Text, nullable=False),
    Column("hook", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("order_id", Text),
    Column("message", Json, nullable=False),
    Column("message_class", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("due_at", Micros, nullable=False),
    Column("expires_at", Micros),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("detail", Json),
    Column("channel", Text),
    Column("provider_id", Words),
    Column("version", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("doubts", Integer, nullable=False),
    Column("lease_owner", Text),
    Column("lease_until", Micros),
    Column("created_at", Micros, nullable=False),
    Column("updated_at", Micros, nullable=False),
    Column("sent_at", Micros),
    _index_where("state = 'waiting'", "outbox", "store", "due_at", "id"),
    _index_where(
        "state IN ('sending', 'in_doubt', 'failed')", "outbox", "store", "state", "updated_at"
    ),
    _index_of_few("outbox", "lease_owner"),
    Index("ix_outbox_store_order_id", "store", "order_id"),
    Index("ix_outbox_store_scope_hook", "store", "scope", "hook"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("outbox_id", _serial, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("started_at", Micros, nullable=False),
    Column("finished_at", Micros),
    Column("outcome", Text),
    Column("detail", Words),
)

keys = Table(
    "keys",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("created_at", Micros, nullable=False),
)

consents = Table(  # grows only: the migration forbids to change or delete a row
    "consents",
    metadata,
    Column("seq", _serial, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("store", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("message_class", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("at", Micros, nullable=False),
    Column("source", Words, nullable=False),
    Column("wording", Words),
    Column("level", Words),
    Column("provenance", Json, nullable=False),
    Column("known_at", Micros, nullable=False),
    Index("ix_consents_store_address", "store", "address"),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("store", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("why", Text, primary_key=True),
    Column("at", Micros, nullable=False),
    Column("source", Words, nullable=False),
    Column("lifted_at", Micros),
)

budget = Table(
    "budget",
    metadata,
    Column("message", Text, primary_key=True),
    Column("store", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("message_class", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("at", Micros, nullable=False),
    Column("state", Text, nullable=False),
    Index("ix_budget_store_person_at", "store", "person", "at"),
)

answers = Table(
    "answers",
    metadata,
    Column("store", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("order_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text),
    Column("value", Json, nullable=False),
    Column("at", Micros, nullable=False),
    Column("message", Text),
    Index("ix_answers_store_order_id", "store", "order_id"),
)

documents = Table(
    "documents",
    metadata,
    Column("store", Text, primary_key=True),
    Column("order_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("number", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("media_type", Words, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("issued_at", Micros, nullable=False),
)

switches = Table(
    "switches",
    metadata,
    Column("store", Text, primary_key=True),
    Column("hook", Text, primary_key=True),
    Column("off_at", Micros, nullable=False),
    Column("why", Words, nullable=False),
)

neighbors = Table(
    "neighbors",
    metadata,
    Column("store", Text, primary_key=True),
    Column("product", Text, primary_key=True),
    Column("other", Text, primary_key=True),
    Column("score", Float, nullable=False),
    Column("people", Integer, nullable=False),
    Column("built_at", Micros, nullable=False),
)
