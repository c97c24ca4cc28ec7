"""What an adapter of a store platform must do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from storelink.contracts.connect import Vault
from storelink.contracts.finding import Finding
from storelink.contracts.manifest import Capability, Manifest
from storelink.errors import NotFound, PayloadError, StoreError, Unsupported
from storelink.models.coupon import Coupon, Offer
from storelink.models.enums import ReturnStep
from storelink.models.money import Money
from storelink.models.product import NewReview, ProductReview
from storelink.models.record import Snapshot
from storelink.models.ref import Kind, Ref
from storelink.models.returns import Return, ReturnRequest


@dataclass(frozen=True, slots=True)
class OwnMail:
    """A mail that a platform sends to customers by itself.

    Attributes:
        title: what the platform calls it, where the merchant switches it off.
        doubles: the built-in hook that sends the like.
    """

    title: str
    doubles: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One genuine webhook delivery, not yet understood.

    Attributes:
        key: the same for a repeated delivery, and for nothing else; made from the platform's ids
            and, where they are not unique, from the body.
        topic: what the platform calls the event; a routing hint, never a truth.
        headers: names in lower case.
        triggered_at: when the platform says it happened, if it does.
        is_ping: a test call that carries nothing; it is answered and not stored.
    """

    key: str
    topic: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    triggered_at: datetime | None = None
    is_ping: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list.

    Attributes:
        snapshots: one for each object, each as complete as the list tells it. What a list leaves
            out is named by `needs_read` of its record.
        cursor: where to go on; `None`: that was all. Text that a later process understands, too.
        total: how many objects the whole list has, where the platform says so.
        wait: the platform is still preparing: ask again after this time, with the same cursor.
        note: what the platform is doing, for people.
    """

    snapshots: tuple[Snapshot, ...] = ()
    cursor: str | None = None
    total: int | None = None
    wait: timedelta = timedelta()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook that the platform is asked to send.

    Attributes:
        topic: as the platform names it.
        address: where it is sent.
        active: whether the platform sends it; some give up after failures.
        failures: how many deliveries in a row failed, where the platform counts them.
        ours: whether storelink (or the app whose credentials are used) made it.
    """

    id: str
    topic: str
    address: str
    active: bool = True
    failures: int = 0
    ours: bool = True


@dataclass(frozen=True, slots=True)
class FreeShipping:
    """From which worth of goods on a store ships them for free.

    Attributes:
        minimum: in the store's currency; what discounts take off is taken off before.
    """

    minimum: Money


class StoreAdapter(ABC):
    """One store on one platform.

    `verify`, `normalize` and `topics` are pure: the same input gives the same answer, without any
    input or output. All methods may be called from several threads.

    Everything else talks to the store, and may raise besides what is named there:
    `StoreUnavailable` (try again later; `Throttled` is one), `AccessDenied` (credentials refused or
    a right missing), `NotTheApi` (something else answers at that address).

    Attributes:
        vault: where the store's secrets are kept, for those that change by themselves; set by
            whoever built the adapter from a configuration.
    """

    vault: Vault | None = None

    @property
    @abstractmethod
    def manifest(self) -> Manifest[StoreAdapter]:
        """What this plugin is and can do."""

    @property
    def home(self) -> str:
        """The shop's address, which tells the shop from a copy of it; empty if it has none."""
        return ""

    @abstractmethod
    def verify(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Check that *body* comes from this store, and say what delivery it is.

        Args:
            headers: as received; names in any case.
            body: the raw bytes as received, never re-serialized.

        Raises:
            BadSignature: the signature is missing, malformed or wrong.
            WrongStore: it is signed, but names another store.
        """

    @abstractmethod
    def normalize(self, delivery: Delivery) -> Snapshot:
        """Say what *delivery* says, in the terms of the model.

        An unknown topic gives an empty snapshot with a note.

        Raises:
            PayloadError: the body cannot be understood; the message names the field.
        """

    # -- reading: Capability.READ ----------------------------------------------------------------

    def read(self, ref: Ref) -> Snapshot:
        """Read the present state of one object, whole, over the network.

        An order's snapshot carries its parts and every list of them, a customer's the consents.

        Raises:
            NotFound: the object does not exist (any more).
            Unsupported: this adapter cannot read.
        """
        raise Unsupported(self.manifest.title, Capability.READ)

    def read_many(self, refs: Sequence[Ref]) -> Mapping[Ref, Snapshot | StoreError | PayloadError]:
        """Read several objects, in as few calls as the platform allows.

        Returns:
            for each object what it is, or why just this one could not be read (`NotFound`, …).
        """
        answers: dict[Ref, Snapshot | StoreError | PayloadError] = {}
        for ref in refs:
            try:
                answers[ref] = self.read(ref)
            except (NotFound, PayloadError) as error:
                answers[ref] = error
        return answers

    # -- finding: Capability.FIND_ORDERS ----------------------------------------------------------

    def orders_of(self, email: str) -> Sequence[Snapshot]:
        """Return the newest orders that were placed with an e-mail address, also by guests.

        They come newest first, at most as many as the platform hands out at once; each as complete
        as the list tells it.

        Args:
            email: in any case.
        """
        raise Unsupported(self.manifest.title, Capability.FIND_ORDERS)

    # -- listing: Capability.LIST ----------------------------------------------------------------

    def changed(
        self, kind: Kind, *, since: datetime | None = None, cursor: str | None = None
    ) -> Page:
        """List objects that changed at or after *since*, oldest change first.

        However the list changes meanwhile, no object that belongs into it is left out; one may
        come twice. Where a platform cannot list changes of a kind, it lists what is new since.

        Args:
            kind: one of the manifest's `lists`.
            since: `None` for all.
            cursor: of the page before.
        """
        raise Unsupported(self.manifest.title, Capability.LIST)

    def history(self, kind: Kind, *, cursor: str | None = None) -> Page:
        """List all objects that the store has, in the way that is cheapest for many."""
        return self.changed(kind, cursor=cursor)

    def count(
        self, kind: Kind, *, start: datetime | None = None, end: datetime | None = None
    ) -> int | None:
        """Count the objects that were created from *start* on and before *end*.

        Returns:
            `None` where the platform does not count exactly.
        """
        raise Unsupported(self.manifest.title, Capability.LIST)

    def ids(
        self, kind: Kind, *, start: datetime | None = None, end: datetime | None = None
    ) -> Sequence[str]:
        """Return the ids of the objects that `count` counts, cheaply."""
        raise Unsupported(self.manifest.title, Capability.LIST)

    def shown_since(self, kind: Kind, now: datetime) -> datetime | None:
        """Say how far back the store shows objects: what was created earlier is out of sight.

        It is neither listed nor counted, and a read of it finds nothing, although it may exist.

        Returns:
            `None` if all are shown.
        """
        return None

    # -- subscribing: Capability.SUBSCRIBE -------------------------------------------------------

    def topics(self, kinds: Collection[Kind]) -> tuple[str, ...]:
        """Return the topics to subscribe to, to know all that webhooks tell of *kinds*."""
        raise Unsupported(self.manifest.title, Capability.SUBSCRIBE)

    def subscriptions(self) -> Sequence[Subscription]:
        """Return the webhooks that the platform is asked to send."""
        raise Unsupported(self.manifest.title, Capability.SUBSCRIBE)

    def subscribe(self, topic: str, address: str) -> Subscription:
        """Ask for the webhooks of *topic*, signed with the first of the webhook secrets.

        Raises:
            WriteRefused: the platform will not, for example because a right is missing.
        """
        raise Unsupported(self.manifest.title, Capability.SUBSCRIBE)

    def unsubscribe(self, subscription_id: str) -> None:
        """Ask for them no more; one that does not exist is fine."""
        raise Unsupported(self.manifest.title, Capability.SUBSCRIBE)

    # -- rewarding: Capability.COUPONS -----------------------------------------------------------

    def issue_coupon(self, offer: Offer) -> Coupon:
        """Make a code that one person can use once; asked again, the same one is returned.

        Raises:
            WriteRefused: the store will not, or the code is taken by another coupon.
            WriteInDoubt: the answer was lost, and reading back did not tell.
        """
        raise Unsupported(self.manifest.title, Capability.COUPONS)

    def withdraw_coupon(self, code: str) -> None:
        """Let a code be used no more; one that does not exist is fine."""
        raise Unsupported(self.manifest.title, Capability.COUPONS)

    # -- reviewing: Capability.REVIEWS -----------------------------------------------------------

    def post_review(self, review: NewReview) -> ProductReview:
        """Hand a customer's review to the store; asked again, the same one is returned.

        The store holds it for somebody to look at, or publishes it, whatever its rating.

        Raises:
            NotFound: there is no such product (any more).
            WriteRefused: the store takes no reviews of it, or not this one.
            WriteInDoubt: the answer was lost, and reading back did not tell.
        """
        raise Unsupported(self.manifest.title, Capability.REVIEWS)

    # -- taking back: Capability.RETURNS ---------------------------------------------------------

    def request_return(self, request: ReturnRequest) -> Snapshot:
        """Ask the store to take goods back, as its customer does; asked again, it is asked once.

        Returns:
            the return as the store has it by now, as whole as `read` would tell it; its record
            names the request's `key`. It may be further already: approved, declined.

        Raises:
            NotFound: there is no such order (any more).
            WriteRefused: the store takes nothing of it back, or not this; `code` says why.
            WriteInDoubt: the answer was lost, and reading back did not tell.
        """
        raise Unsupported(self.manifest.title, Capability.RETURNS)

    def settle_return(
        self, known: Return, step: ReturnStep, *, at: datetime, note: str = ""
    ) -> Snapshot:
        """Say what becomes of a return; what was said already is not said again.

        Args:
            known: the return, as it is known.
            step: what is said of it.
            at: when it was decided, or happened.
            note: why, in the shop's words, where the store keeps them.

        Returns:
            the return as the store has it now.

        Raises:
            NotFound: there is no such return (any more).
            WriteRefused: it stands where that cannot be said of it (code `"STATE"`), or only the
                store's own administration can say it (code `"IN_ADMIN"`).
            WriteInDoubt: the answer was lost, and reading back did not tell.
        """
        raise Unsupported(self.manifest.title, Capability.RETURNS)

    # -- shipping: Capability.SHIPPING -----------------------------------------------------------

    def shipping_offers(self, country: str) -> Sequence[FreeShipping]:
        """Return from which worth of goods on shipping to *country* is free for everybody.

        Empty where it never is or always, and where more than the country decides: the state, the
        postcode, what is in the cart, a coupon.

        Args:
            country: ISO 3166-1 alpha-2.
        """
        raise Unsupported(self.manifest.title, Capability.SHIPPING)

    # -- looking after ---------------------------------------------------------------------------

    def check(self, now: datetime) -> Iterable[Finding]:
        """Look at credentials, rights, version and clock; a store that is out of reach is found.

        It raises nothing: what goes wrong is a finding, with its remedy.
        """
        return ()

    def own_mails(self) -> Sequence[OwnMail] | None:
        """Return the mails that the platform itself sends to customers, as far as hooks send alike.

        `None` says that it sends some, and that nobody can ask it which. It raises nothing.
        """
        return ()

    def close(self) -> None:  # noqa: B027  an adapter without connections has nothing to close
        """Give back connections. The adapter may be used again afterwards."""
