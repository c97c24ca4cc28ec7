"""A real adapter with answers to `read` given from memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from storelink.contracts.manifest import Capability, Manifest
from storelink.contracts.store import Delivery, StoreAdapter
from storelink.errors import NotFound
from storelink.models.record import Snapshot
from storelink.models.ref import Ref


class AnsweringStore(StoreAdapter):
    """A real adapter that cannot read, with answers to `read` from somewhere else.

    Verification and normalization are the real ones. What was not answered does not exist.

    Args:
        adapter: the real adapter.
        ask: answers a read that `answer` did not; by default it raises `NotFound`.
    """

    def __init__(self, adapter: StoreAdapter, ask: Callable[[Ref], Snapshot] | None = None) -> None:
        self._adapter = adapter
        self._ask = ask or _nothing
        self._answers: dict[Ref, Snapshot] = {}

    def answer(self, ref: Ref, snapshot: Snapshot) -> None:
        """Answer every `read` of *ref* with *snapshot* from now on."""
        self._answers[ref] = snapshot

    @property
    def manifest(self) -> Manifest[StoreAdapter]:
        """What the real adapter can do, and reading."""
        real = self._adapter.manifest
        return replace(real, capabilities=real.capabilities | {Capability.READ})

    def verify(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Verify as the real adapter does."""
        return self._adapter.verify(headers, body)

    def normalize(self, delivery: Delivery) -> Snapshot:
        """Normalize as the real adapter does."""
        return self._adapter.normalize(delivery)

    def read(self, ref: Ref) -> Snapshot:
        """Return the answer that was given for *ref*."""
        return self._answers[ref] if ref in self._answers else self._ask(ref)


def _nothing(ref: Ref) -> Snapshot:
    raise NotFound(f"there is no {ref.kind} of that id")
