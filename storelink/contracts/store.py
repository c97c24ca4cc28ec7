"""What an adapter of a store platform must do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from storelink.contracts.manifest import Capability, Manifest
from storelink.errors import Unsupported
from storelink.models.record import Snapshot
from storelink.models.ref import Ref


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


class StoreAdapter(ABC):
    """One store on one platform.

    `verify` and `normalize` are pure: the same input gives the same answer, without any input or
    output. They may be called from several threads.
    """

    @property
    @abstractmethod
    def manifest(self) -> Manifest[StoreAdapter]:
        """What this plugin is and can do."""

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

    def read(self, ref: Ref) -> Snapshot:
        """Read the present state of one object, whole, over the network.

        Needs `Capability.READ`. An order's snapshot carries its parts and every list of them.

        Raises:
            NotFound: the object does not exist (any more).
            StoreUnavailable: try again later.
            Unsupported: this adapter cannot read.
        """
        raise Unsupported(self.manifest.title, Capability.READ)
