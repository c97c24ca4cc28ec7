"""`Storelink`: the only place where the parts are joined."""

from __future__ import annotations

import random
import secrets
import socket
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from storelink.clock import Clock, SystemClock
from storelink.config.checks import aware, by_name, checked_stores, pacing, shop_name
from storelink.consent import Import, Ledger, SuppressionList, open_addresses
from storelink.contracts.channel import Channel, Rate
from storelink.contracts.hook import Hook
from storelink.contracts.invoice import InvoiceSource
from storelink.contracts.observing import Observers
from storelink.contracts.recommend import Recommender
from storelink.contracts.store import StoreAdapter
from storelink.delivery import Relay
from storelink.delivery.free_shipping import ShippingDesk
from storelink.delivery.judging import Policy
from storelink.delivery.lawful import Lawful, Rules
from storelink.delivery.offering import Offering
from storelink.delivery.safe import Safe, Safety, redirecting
from storelink.delivery.writing import Writing
from storelink.doctor import Checked, Doctor
from storelink.errors import StorageUnavailable
from storelink.hearing import Hearing
from storelink.hooks.again import AskAgain
from storelink.hooks.calls import Caller
from storelink.hooks.deciding import Deciding
from storelink.hooks.invoicing import issue_invoices
from storelink.hooks.minting import Minting, mint
from storelink.hooks.planner import Planner
from storelink.hooks.posting import Posting, post
from storelink.hooks.registry import Registry
from storelink.hooks.rewarding import Rewarding, reward
from storelink.intake import (
    Answers,
    Caretaker,
    PromptReader,
    Receiver,
    StoreReader,
    Taking,
    Tries,
)
from storelink.links import Links
from storelink.looking import Looking
from storelink.mirror import Listeners
from storelink.operations.bouncing import Bouncing
from storelink.operations.guarded import Guarded
from storelink.operations.operated import Operated
from storelink.operations.safeguarded import Safeguarded, arm_new, homes
from storelink.operations.taking_back import TakingBack, take_back
from storelink.outbox.desk import Desk, MessageView
from storelink.outbox.life import Lease, Outbox
from storelink.policy.question import Need
from storelink.policy.returning import Returns
from storelink.recommend import BoughtTogether, Rebuilding
from storelink.recommend.recommending import Recommending
from storelink.rendering import Brand, Renderer
from storelink.storage import Database
from storelink.working import Working


class Storelink(Guarded, Safeguarded, Operated, Working, Hearing, Looking, Deciding, Recommending):
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
        fresh_for: before sending, an order is read again if the mirror is older than this; for a
            cart, the orders of its address are looked for as often.
        webhook_url: where webhooks arrive, for example `https://hooks.example/webhooks/{store}`;
            sweeps keep the stores' webhooks registered there.
        sweep_every: how often `run` sweeps each store; `None` for never.
        attempts_per_commit: how many attempts at messages are begun by one commit: more are
            faster, and so many messages can be in doubt after one crash.
        cart_secrets: what the sources of carts sign with, by the store's name; see
            `storelink.contracts.cart`.
        store_rates: how many messages of a store each worker may send, for example `"100/min"`.
        policy: says who may be written to, and when: by default the law of the recipient's
            country and the person's own will, with what the shop asks beyond (`Rules`).
        site_url: where the hosted pages are reached, for example `https://hooks.example`; messages
            link to them. Without it, there are none.
        link_keys: sign these links, the newest first; by default the database keeps a key.
        safety: where this is, and how much may go at once: see `Safety`. A store is armed where it
            is first connected in production; elsewhere nothing goes to its customers.
        invoices: gives the invoices for `ThankYou(invoice=…)`: `storelink.invoices.TypstInvoices`,
            or the shop's own source.
        returns: what the shop takes back: with it, customers can ask for it on a hosted page of
            each store whose platform takes returns. See `storelink.Returns`.
        recommender: recommends products; by default what people bought together.
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
        cart_secrets: Mapping[str, Collection[str]] = {},
        store_rates: Mapping[str, Rate | str] = {},
        policy: Policy | Rules | None = None,
        site_url: str | None = None,
        link_keys: Sequence[str] = (),
        safety: Safety | None = None,
        invoices: InvoiceSource | None = None,
        returns: Returns | None = None,
        recommender: Recommender | None = None,
        sleep: Callable[[float], object] = time.sleep,
        chance: Callable[[], float] = random.random,
        on_step: Callable[[str], None] = lambda name: None,
    ) -> None:
        self.clock = clock or SystemClock()
        self.brand = brand or Brand(name=shop_name(stores))
        self._stores = checked_stores(stores)
        self._channels = by_name(channels)
        self._registry, self._observers = Registry(hooks), Observers()
        self._safety = safety or Safety()
        self._database = Database(database, migrate=migrate)
        with ExitStack() as failing:  # what is wrong in what follows leaves no connection open
            failing.callback(self._database.close)
            self._connect(aware(since))

            rules = policy if isinstance(policy, Rules) else Rules()
            self._sweep_every, self._boxes = sweep_every, rules.boxes
            self._lease = Lease(f"{socket.gethostname()}/{uuid.uuid4()}", lease)
            self._take_in(rules, webhook_url, sleep, cart_secrets)
            self._invoices = invoices
            self._issue(invoices)
            self._make_decisions(fresh_for)
            self._rebuilding = Rebuilding(self._database, self.clock)
            self._recommender = recommender or BoughtTogether(self._database)
            self.links = self._linking(site_url, link_keys)
            self.returns = self._taking_back(returns)
            self._ruling = self._safe(self._policy(policy, rules))
            self._renderer = Renderer(Path(templates) if templates else None, self.brand)
            writing = self._writing(self._recommender)
            self._relay = Relay(
                self._outbox,
                self._again,
                redirecting(writing, self._database, self._ruling),
                self._channels,
                self.clock,
                policy=self._ruling,
                began=self._ruling.began,
                kept=self.consents.addresses.of,
                pacing=pacing(attempts_per_commit, store_rates, stores, chance),
                step=on_step,
                observe=self._observers,
            )
            failing.pop_all()

    def _take_in(
        self,
        rules: Rules,
        webhook_url: str | None,
        sleep: Callable[[float], object],
        cart_secrets: Mapping[str, Collection[str]],
    ) -> None:
        """Join what takes in what platforms and customers say."""
        listeners = self._registry.listeners
        world = (self._database, self._stores, self.clock, self._taking(rules, listeners))
        self._receiver, self._reader = Receiver(*world, cart_secrets), StoreReader(*world)
        self._caretaker = Caretaker(
            *world, webhook_url=webhook_url, sleep=sleep, observe=self._observers
        )
        self._answers = Answers(self._database, self.clock, listeners)
        minting = Minting(*world[:3], listeners)
        mint(self._registry, minting)
        reward(self._registry, Rewarding(self._database, minting))
        post(self._registry, Posting(*world[:3]), self._stores)
        self._obey_platforms()
        self._bouncing = Bouncing(self._database, self.clock, self._channels, self.consents)

    def _taking_back(self, rules: Returns | None) -> TakingBack:
        """Join what takes requests to send something back."""
        desk = TakingBack(
            self._database,
            self._stores,
            self.clock,
            self._registry.listeners,
            reader=self._reader,
            rules=rules,
            links=self.links,
        )
        take_back(self._registry, desk, self._stores)
        return desk

    def _writing(self, recommender: Recommender) -> Writing:
        """Return what writes messages, with what they offer."""
        offering = Offering(recommender, ShippingDesk(self._stores, self.clock))
        addresses = self.consents.addresses
        world = (self._renderer, self._database, addresses, self.links)
        return Writing(*world, offering, self.returns.can)

    def _issue(self, source: InvoiceSource | None) -> None:
        """Join what issues invoices."""
        issue_invoices(
            self._registry,
            source,
            database=self._database,
            clock=self.clock,
            listeners=self._registry.listeners,
        )

    def _make_decisions(self, fresh_for: timedelta) -> None:
        """Join what asks hooks and handlers, and what keeps what they say."""
        self._planner = Planner(self._database, self._registry, self.clock, self._lease)
        self._caller = Caller(self._database, self._registry, self.clock, self._lease)
        self._desk = Desk(self._database)
        self._outbox, self._tries = Outbox(self._database, self._lease), Tries()
        self._again = AskAgain(
            self._database,
            self._planner,
            read=PromptReader(self._reader.refresh).read,
            can_read=self._reader.can_refresh,
            fresh_for=fresh_for,
        )

    def _linking(self, site_url: str | None, keys: Sequence[str]) -> Links | None:
        """Return what makes links to the hosted pages, if there are any."""
        if site_url is None:
            return None
        if not keys:
            with self._database.write() as tx:
                keys = [tx.keys.get_or_make("links", secrets.token_hex, now=self.clock.now())]
        return Links(keys, base_url=site_url, clock=self.clock)

    def _taking(self, rules: Rules, listeners: Listeners) -> Taking:
        """Return what takes in what is told; remember what is remembered of people's will."""
        addresses = open_addresses(self._database, self.clock, rules.address_key)
        self.consents = Ledger(self._database, self.clock, addresses)
        self.suppressions = SuppressionList(self._database, self.clock, addresses)
        told = Import(
            addresses=addresses,
            platforms={name: one.manifest.name for name, one in self._stores.items()},
            classes=rules.agreed,
            boxes=rules.boxes,
        )
        for store in self._stores:
            told.catch_up(self._database, self.clock, store)
        return Taking(listeners, told, self._registry.looks_back)

    def _policy(self, policy: Policy | Rules | None, rules: Rules) -> Policy:
        """Return what rules on messages."""
        if policy is None or isinstance(policy, Rules):
            means = {Need.AD_LABEL}
            means |= {Need.OPT_OUT, Need.ONE_CLICK} if self.links else set()
            means |= {Need.SENDER_ADDRESS} if self.brand.address else set()
            return Lawful(
                self._database,
                self.consents.addresses,
                rules,
                store_zone=self.brand.time_zone,
                means=frozenset(means),
            )
        return policy

    def _safe(self, policy: Policy) -> Safe:
        """Return what asks before *policy* whether anything may go at all."""
        return Safe(self._database, policy, self._safety, homes(self._stores))

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

    # -- looking after it ------------------------------------------------------------------------

    def check(self, stores: Iterable[str] = ()) -> Iterator[Checked]:
        """Look at all that has to work (of *stores*, or of all): each finding has its remedy.

        Credentials, rights, versions, clocks, webhooks, channels, the database. Changes nothing.
        """
        parts = (self._database, self._stores, self._channels, self.clock, self.webhook_address)
        hooks = [hook.name for hook in self._registry.hooks]
        left = self._safety.platform_sends
        own = (self._renderer.mistakes, self._invoices, self.brand.locale, self.returns.check)
        return Doctor(*parts, self.locked, hooks, left, self._boxes, *own).check(stores)

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
            arm_new(tx, self._stores, self._safety, now=now)
