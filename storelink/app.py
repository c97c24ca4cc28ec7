"""`Storelink`: the only place where the parts are joined."""

from __future__ import annotations

import signal
import socket
import threading
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from storelink.clock import Clock, SystemClock
from storelink.config.checks import aware, by_name, checked_stores, shop_name
from storelink.contracts.channel import Channel
from storelink.contracts.hook import Hook
from storelink.contracts.store import StoreAdapter
from storelink.delivery import Relay
from storelink.delivery.writing import Writing
from storelink.errors import ConfigError, UnknownStore
from storelink.events.types import Event
from storelink.hooks import explain as explaining
from storelink.hooks.again import AskAgain
from storelink.hooks.calls import Caller, hydrate
from storelink.hooks.function import FunctionHook, Handler
from storelink.hooks.planner import Planner
from storelink.hooks.registry import Registry
from storelink.intake import Headers, Receipt, Receiver, StoreReader, Tries
from storelink.loop import RunReport, run, run_until_idle
from storelink.mirror import event_of, load
from storelink.models.customer import Customer
from storelink.models.enums import MessageState
from storelink.models.order import Order
from storelink.models.ref import Ref
from storelink.outbox.desk import Desk, MessageView
from storelink.outbox.life import Lease, Outbox
from storelink.rendering import Brand, Renderer
from storelink.storage import Database, InboxRow, InboxState, Transaction

F = TypeVar("F", bound=Callable[..., Any])


class Storelink:
    """Turns what happens in stores into messages, each exactly once.

    Args:
        database: for example `sqlite:///storelink.db`; it is created and migrated on opening.
        stores: the stores, by the name that everything here knows them by.
        channels: how people are reached; the first one that reaches a person is taken.
        hooks: who should get which message; more can be added with `@link.hook`.
        templates: a folder with the shop's own templates.
        brand: how the shop presents itself in messages.
        clock: the clock; tests pass a `FrozenClock`.
        since: what happened before makes events but no messages; by default the moment when the
            store was first connected.
        migrate: `False` forbids to change the database's schema on opening.
        lease: for how long a worker owns a message that it works on.
        fresh_for: before sending, an order is read again if the mirror is older than this.

    Raises:
        ConfigError: a store, channel or hook is not one; the message says which.
    """

    def __init__(  # noqa: PLR0913  the one place where everything is named
        self,
        database: str = "sqlite:///storelink.db",
        *,
        stores: Mapping[str, StoreAdapter],
        channels: Iterable[Channel] = (),
        hooks: Iterable[Hook[Any]] = (),
        templates: str | Path | None = None,
        brand: Brand | None = None,
        clock: Clock | None = None,
        since: datetime | None = None,
        migrate: bool = True,
        lease: timedelta = timedelta(minutes=5),
        fresh_for: timedelta = timedelta(minutes=15),
        on_step: Callable[[str], None] = lambda name: None,
    ) -> None:
        self.clock = clock or SystemClock()
        self.brand = brand or Brand(name=shop_name(stores))
        self._stores = checked_stores(stores)
        self._channels = by_name(channels)
        self._registry = Registry(hooks)
        self._database = Database(database, migrate=migrate)
        self._connect(aware(since))

        listeners = self._registry.listeners
        world = (self._database, self._stores, self.clock, listeners)
        self._receiver, self._reader = Receiver(*world), StoreReader(*world)
        self._planner = Planner(self._database, self._registry, self.clock)
        self._caller = Caller(self._database, self._registry, self.clock)
        self._desk = Desk(self._database)
        owner = f"{socket.gethostname()}/{uuid.uuid4()}"
        self._relay = Relay(
            Outbox(self._database, Lease(owner, lease)),
            AskAgain(
                self._database,
                self._planner,
                read=self._reader.read,
                can_read=self._reader.can_read,
                fresh_for=fresh_for,
            ),
            Writing(Renderer(Path(templates) if templates else None, self.brand)),
            self._channels,
            self.clock,
            step=on_step,
        )

    @classmethod
    def from_config(cls, path: str | Path, **options: Any) -> Self:
        """Build the object that the configuration file at *path* describes.

        Args:
            path: a `storelink.toml`.
            options: keyword arguments that take the place of what the file says.

        Raises:
            ConfigError: the file is missing or wrong; the message names the setting.
        """
        from storelink.config import load_config

        return cls(**{**load_config(Path(path)), **options})

    # -- writing hooks ---------------------------------------------------------------------------

    def hook(
        self,
        event: type[Event],
        *,
        after: timedelta = timedelta(),
        expires_after: timedelta | None = None,
        key: str | None = None,
        also_when: Collection[str] = (),
    ) -> Callable[[F], F]:
        """Make a function a hook: asked for a message once for each event of that type.

        The function is pure and is asked again just before sending. Its parameters are any of
        `order`, `event`, `shipment`, `contact`, `now`; it returns a `Message` or `None`.

        Args:
            event: the type of event.
            after: how long after the event the message is due.
            expires_after: how long after it is due the message becomes pointless.
            key: the hook's identity, when the function is renamed; by default its name.
            also_when: of `"cancelled"`, `"refunded"`, `"deleted"`: send although the order is so.
        """

        def register(function: F) -> F:
            self._registry.add(
                FunctionHook(
                    function,
                    event,
                    name=key or function.__name__,
                    after=after,
                    expires_after=expires_after,
                    also_when=also_when,
                )
            )
            return function

        return register

    def on(self, event: type[Event], *, key: str | None = None) -> Callable[[F], F]:
        """Let a function be called with each event of that type, in the worker.

        It is called at least once for each `event.id`, and again later if it raises. Events that
        become known while no such function is registered are not kept for it.
        """

        def register(function: F) -> F:
            name = key or function.__name__
            self._registry.add_handler(Handler(name, event, function))
            return function

        return register

    # -- taking in -------------------------------------------------------------------------------

    def receive(self, store: str, *, headers: Headers, body: bytes) -> Receipt:
        """Take one webhook: verify, store, absorb. Nothing of yours runs in here.

        Args:
            store: the store's name.
            headers: the request's headers, as received: a mapping, or pairs.
            body: the request's raw bytes, as received.

        Raises:
            UnknownStore: no store has that name.
            WebhookRefused: answer with `error.status`; `BadSignature`, `WrongStore` and
                `BodyTooLarge` are kinds of it.
            StorageUnavailable: the database is busy; answer 503, and the platform comes again.
        """
        return self._receiver.receive(store, headers=headers, body=body)

    def replay(self, inbox_id: int) -> Receipt:
        """Absorb a delivery of the inbox again."""
        return self._receiver.replay(inbox_id)

    def read(self, store: str, order_id: str) -> Order | None:
        """Read an order from its platform, and return it as it is now.

        Raises:
            Unsupported: the adapter cannot read in this version.
            StoreUnavailable: try again later.
        """
        self._known(store)
        self._reader.read(store, Ref.order(order_id))
        return self.order(store, order_id)

    # -- working ---------------------------------------------------------------------------------

    def run_once(self) -> RunReport:
        """Absorb, read, plan, call and deliver until nothing is left to do now."""
        report = RunReport()
        run_until_idle(self._stages(report))
        return report

    def run(self, *, poll: timedelta = timedelta(seconds=1)) -> None:
        """Work until SIGINT or SIGTERM; what was begun is finished first."""
        stopped = threading.Event()
        before = {}
        for name in (signal.SIGINT, signal.SIGTERM):
            with suppress(ValueError):  # not in the main thread: somebody else handles signals
                before[name] = signal.signal(name, lambda *_: stopped.set())
        try:
            run(
                lambda: self._stages(RunReport()),
                stopped=stopped,
                poll_seconds=poll.total_seconds(),
            )
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)

    def next_due(self) -> datetime | None:
        """Return when there will be work again, if nothing comes in; `None` for never."""
        with self._database.read() as tx:
            times = [
                tx.plans.next_due(list(self._stores)),
                tx.calls.next_due(list(self._registry.handlers)),
                tx.messages.next_due(list(self._stores)),
            ]
        return min((time for time in times if time is not None), default=None)

    def _stages(self, report: RunReport) -> Sequence[Callable[[], int]]:
        """Return the stages of one run, in the order of the flow of data."""
        tries = Tries()

        def deliver() -> int:
            return report.add(self._relay.run_once(list(self._stores)).outcomes)

        return (
            report.counting("absorbed", self._receiver.absorb_waiting),
            report.counting("read", lambda: self._reader.read_open(tries)),
            report.counting("planned", lambda: self._planner.run_once(list(self._stores))),
            report.counting("called", self._caller.run_once),
            deliver,
        )

    # -- looking ---------------------------------------------------------------------------------

    def explain(self, store: str, order: str) -> explaining.Explanation:
        """Say what was, will be and will not be sent about an order, and why.

        Args:
            store: the store's name.
            order: the order's id or number.

        Raises:
            LookupError: the mirror has no such order.
        """
        self._known(store)
        with self._database.read() as tx:
            found = load.find_order(tx, store, order)
            if found is None:
                raise LookupError(f"{store} has no order {order!r} that is known here")
            now, zone = self.clock.now(), self.brand.time_zone
            return explaining.explain(tx, self._planner, store, found, now, zone=zone)

    def order(self, store: str, order: str) -> Order | None:
        """Return an order by id or number, or `None` if it is not known."""
        self._known(store)
        with self._database.read() as tx:
            return load.find_order(tx, store, order)

    def orders(self, store: str) -> list[Order]:
        """Return every order of a store that is known."""
        self._known(store)
        with self._database.read() as tx:
            return list(load.orders(tx, store, tx.records.order_ids(store)).values())

    def customer(self, store: str, customer_id: str) -> Customer | None:
        """Return an account, or `None` if it is not known."""
        self._known(store)
        with self._database.read() as tx:
            return load.customer(tx, store, customer_id)

    def events(self, *, store: str | None = None, order: str | None = None) -> list[Event]:
        """Return every event, oldest first; typed, each with its order as it is now.

        Args:
            store: only of this store.
            order: only of the order of this id or number; needs *store*.
        """
        with self._database.read() as tx:
            rows = tx.events.all(store=store, order_id=self._order_id(tx, store, order))
            return hydrate(tx, [event_of(row) for row in rows])

    def messages(
        self,
        *,
        store: str | None = None,
        order: str | None = None,
        state: MessageState | str | None = None,
    ) -> list[MessageView]:
        """Return every message of the outbox, by the time that it is due.

        Args:
            store: only of this store.
            order: only of the order of this id or number; needs *store*.
            state: only in this state.
        """
        with self._database.read() as tx:
            order_id = self._order_id(tx, store, order)
        return self._desk.messages(store=store, order=order_id, state=state)

    def message(self, key: str) -> MessageView:
        """Return the message of an idempotency key; `LookupError` if there is none."""
        return self._desk.message(key)

    def attempts(self, key: str) -> list[dict[str, Any]]:
        """Return every attempt at a message, oldest first, with what came of it."""
        return self._desk.attempts(key)

    def inbox(
        self, *, store: str | None = None, state: InboxState | str | None = None
    ) -> list[InboxRow]:
        """Return the deliveries in the inbox, oldest first."""
        self._known(store)
        with self._database.read() as tx:
            return list(tx.inbox.rows(store=store, state=InboxState(state) if state else None))

    # -- putting right ---------------------------------------------------------------------------

    def cancel(self, key: str) -> MessageView:
        """Cancel a waiting message by hand, for good."""
        return self._desk.cancel(key, now=self.clock.now())

    def retry(self, key: str) -> MessageView:
        """Let a failed, expired, doubtful or waiting message be sent as soon as it may."""
        return self._desk.retry(key, now=self.clock.now())

    def settle(self, key: str, *, sent: bool) -> MessageView:
        """Say what became of a message in doubt."""
        return self._desk.settle(key, sent=sent, now=self.clock.now())

    def close(self) -> None:
        """Give back the channels' and the database's connections."""
        for channel in self._channels.values():
            channel.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Storelink({self._database!r}, stores={sorted(self._stores)})"

    def _connect(self, since: datetime | None) -> None:
        now = self.clock.now()
        with self._database.write() as tx:
            for name, adapter in self._stores.items():
                tx.stores.connect(name, platform=adapter.manifest.name, now=now, since=since)

    def _known(self, store: str | None) -> None:
        if store is not None and store not in self._stores:
            raise UnknownStore(store, tuple(self._stores))

    def _order_id(self, tx: Transaction, store: str | None, order: str | None) -> str | None:
        """Return the id of the order that is named by id or number."""
        self._known(store)
        if order is None:
            return None
        if store is None:
            raise ConfigError("an order is named together with its store")
        found = load.find_order(tx, store, order)
        return found.id if found else order
