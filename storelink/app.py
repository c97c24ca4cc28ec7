"""`Storelink`: the only place where the parts are joined."""

from __future__ import annotations

import random
import socket
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from storelink.clock import Clock, SystemClock
from storelink.config.checks import aware, by_name, checked_stores, pacing, shop_name
from storelink.contracts.channel import Channel, Rate
from storelink.contracts.hook import Hook
from storelink.contracts.observing import Observers
from storelink.contracts.store import StoreAdapter, Subscription
from storelink.delivery import Relay
from storelink.delivery.writing import Writing
from storelink.doctor import Checked, Doctor
from storelink.errors import StorageUnavailable
from storelink.events.types import Event
from storelink.hooks.again import AskAgain
from storelink.hooks.calls import Caller
from storelink.hooks.function import FunctionHook, Handler
from storelink.hooks.planner import Planner
from storelink.hooks.registry import Registry
from storelink.intake import (
    Action,
    BackfillReport,
    Caretaker,
    Headers,
    Plan,
    Progress,
    PromptReader,
    Receipt,
    Receiver,
    StoreReader,
    SweepReport,
    Tries,
)
from storelink.looking import Looking
from storelink.models.order import Order
from storelink.models.ref import Kind, Ref
from storelink.operations.operated import Operated
from storelink.operations.telling import telling_received
from storelink.outbox.desk import Desk, MessageView
from storelink.outbox.life import Lease, Outbox
from storelink.rendering import Brand, Renderer
from storelink.storage import Database
from storelink.working import Working

F = TypeVar("F", bound=Callable[..., Any])


class Storelink(Operated, Working, Looking):
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
        webhook_url: where webhooks arrive, for example `https://hooks.example/webhooks/{store}`;
            sweeps keep the stores' webhooks registered there.
        sweep_every: how often `run` sweeps each store; `None` for never.
        attempts_per_commit: how many attempts at messages are begun by one commit: more are
            faster, and so many messages can be in doubt after one crash.
        store_rates: how many messages of a store each worker may send, for example `"100/min"`.
        sleep: waits so many seconds for a platform that asks for it.
        chance: makes the waits between attempts differ; a random number from 0 up to 1.

    Raises:
        ConfigError: a store, channel, hook or address is not one; the message says which.
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
        webhook_url: str | None = None,
        sweep_every: timedelta | None = timedelta(minutes=15),
        attempts_per_commit: int = 1,
        store_rates: Mapping[str, Rate | str] = {},
        sleep: Callable[[float], object] = time.sleep,
        chance: Callable[[], float] = random.random,
        on_step: Callable[[str], None] = lambda name: None,
    ) -> None:
        self.clock = clock or SystemClock()
        self.brand = brand or Brand(name=shop_name(stores))
        self._stores = checked_stores(stores)
        self._channels = by_name(channels)
        self._registry, self._observers = Registry(hooks), Observers()
        self._database = Database(database, migrate=migrate)
        with ExitStack() as failing:  # what is wrong in what follows leaves no connection open
            failing.callback(self._database.close)
            self._connect(aware(since))

            listeners = self._registry.listeners
            world = (self._database, self._stores, self.clock, listeners)
            self._receiver, self._reader = Receiver(*world), StoreReader(*world)
            self._caretaker = Caretaker(
                *world, webhook_url=webhook_url, sleep=sleep, observe=self._observers
            )
            self._sweep_every = sweep_every
            self._lease = Lease(f"{socket.gethostname()}/{uuid.uuid4()}", lease)
            self._planner = Planner(self._database, self._registry, self.clock, self._lease)
            self._caller = Caller(self._database, self._registry, self.clock, self._lease)
            self._desk = Desk(self._database)
            self._outbox, self._tries = Outbox(self._database, self._lease), Tries()
            self._relay = Relay(
                self._outbox,
                AskAgain(
                    self._database,
                    self._planner,
                    read=PromptReader(self._reader.read).read,
                    can_read=self._reader.can_read,
                    fresh_for=fresh_for,
                ),
                Writing(Renderer(Path(templates) if templates else None, self.brand)),
                self._channels,
                self.clock,
                pacing=pacing(attempts_per_commit, store_rates, stores, chance),
                step=on_step,
                observe=self._observers,
            )
            failing.pop_all()

    @classmethod
    def from_config(cls, path: str | Path, **options: Any) -> Self:
        """Build the object that the configuration file at *path* describes.

        Args:
            path: a `storelink.toml`.
            options: keyword arguments that take the place of what the file says.

        Raises:
            ConfigError: the file is missing or wrong; the message names the setting.
        """
        from storelink.config.load import load_config

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
        receive = partial(self._receiver.receive, store, headers=headers, body=body)
        return telling_received(self._observers, store, receive)

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

    def sweep(self, store: str) -> SweepReport:
        """Read what changed in a store since the last sweep, compare, and repair its webhooks.

        What goes wrong with a part of it does not stop the rest: see the report's `problems`.
        """
        self._known(store)
        return self._caretaker.sweep(store)

    def backfill(
        self,
        store: str,
        *,
        kinds: Iterable[Kind | str] = (),
        since: datetime | None = None,
        restart: bool = False,
        progress: Callable[[Progress], None] = lambda progress: None,
    ) -> BackfillReport:
        """Read all that a store has; nobody gets a message about the past.

        A backfill that was interrupted goes on where it was.

        Args:
            store: the store's name.
            kinds: of what objects, for example `["order"]`; by default of all.
            since: only what changed from then on.
            restart: begin anew, also what is finished or half done.
            progress: called after each page.

        Raises:
            Unsupported: the platform cannot list.
            Conflict: another worker is at it.
        """
        self._known(store)
        plan = Plan(tuple(map(Kind, kinds)), aware(since), restart)
        return self._caretaker.backfill(store, plan, progress)

    def webhooks(self, store: str) -> Sequence[Subscription]:
        """Return the webhooks that the platform is asked to send.

        Raises:
            Unsupported: the platform cannot be asked.
            StoreError: the store could not be asked.
        """
        self._known(store)
        return self._caretaker.webhooks(store)

    def register_webhooks(self, store: str, *, address: str | None = None) -> list[Action]:
        """Let the platform send every webhook that is needed, once, to *address*.

        What is missing is created; what is disabled, duplicated or sent elsewhere is repaired.
        Webhooks of others are left alone.

        Args:
            store: the store's name.
            address: where they arrive; by default what `webhook_url` says.

        Returns:
            what was done, and what could not be done: see each action's `error`.
        """
        self._known(store)
        return self._caretaker.repair(store, address)

    def webhook_address(self, store: str) -> str | None:
        """Return where a store's webhooks are to arrive; `None` if `webhook_url` is not set."""
        self._known(store)
        return self._caretaker.address(store)

    def check(self, stores: Iterable[str] = ()) -> Iterator[Checked]:
        """Look at all that has to work (of *stores*, or of all): each finding has its remedy.

        Credentials, rights, versions, clocks, webhooks, channels, the database. Changes nothing.
        """
        parts = (self._database, self._stores, self._channels, self.clock, self.webhook_address)
        return Doctor(*parts).check(stores)

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

    def settle_all(self, *, sent: bool, store: str | None = None) -> list[MessageView]:
        """Say what became of every message in doubt, of *store* or of all."""
        self._known(store)
        return self._desk.settle_all(sent=sent, store=store, now=self.clock.now())

    def close(self) -> None:
        """Give back the connections of the channels, the stores and the database.

        What came of messages is committed first, should the database have been away.
        """
        with suppress(StorageUnavailable):
            self._relay.settle()
        for channel in self._channels.values():
            channel.close()
        for adapter in self._stores.values():
            adapter.close()
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
            tx.lock("stores")
            for name, adapter in self._stores.items():
                tx.stores.connect(name, platform=adapter.manifest.name, now=now, since=since)
