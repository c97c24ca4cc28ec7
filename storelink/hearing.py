"""Taking in: what platforms tell, what they show when they are read, what customers answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

from storelink.config.checks import aware
from storelink.contracts.observing import Observers
from storelink.contracts.store import StoreAdapter, Subscription
from storelink.events.types import Answered, CheckoutAnswered
from storelink.intake import (
    Action,
    Answers,
    BackfillReport,
    Caretaker,
    Headers,
    Plan,
    Progress,
    Receipt,
    Receiver,
    StoreReader,
    SweepReport,
)
from storelink.looking import Looking
from storelink.models.answer import Answer
from storelink.models.order import Order
from storelink.models.ref import Kind, Ref
from storelink.operations.telling import telling_received


class Hearing(Looking):
    """The part of `Storelink` that takes in."""

    _stores: Mapping[str, StoreAdapter]
    _observers: Observers
    _receiver: Receiver
    _reader: StoreReader
    _caretaker: Caretaker
    _answers: Answers

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

    def receive_cart(self, store: str, *, headers: Headers, body: bytes) -> Receipt:
        """Take one cart of the store's own source; see `storelink.contracts.cart`.

        Args:
            store: the store's name.
            headers: the request's headers, as received: a mapping, or pairs.
            body: the request's raw bytes, as received.

        Raises:
            UnknownStore: no store has that name.
            WebhookRefused: answer with `error.status`; `BadSignature` and `BodyTooLarge` are kinds
                of it.
            StorageUnavailable: the database is busy; answer 503, and the source comes again.
        """
        receive = partial(self._receiver.receive_cart, store, headers=headers, body=body)
        return telling_received(self._observers, store, receive)

    def answer(self, store: str, answer: Answer) -> Answered | CheckoutAnswered:
        """Take what a customer answered, and return the event that it is.

        The hosted pages call it; call it with what is answered elsewhere.

        Raises:
            UnknownStore: no store has that name.
            LookupError: nothing is known of its order or checkout, or it was deleted.
            StorageUnavailable: the database is busy; try again.
        """
        self._known(store)
        return self._answers.record(store, answer)

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
