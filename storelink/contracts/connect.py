"""How a store grants its credentials, and where they are kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol


class Vault(Protocol):
    """Where one store's secrets are kept: options of its adapter, by name."""

    def load(self) -> Mapping[str, str]:
        """Return what is kept."""

    def save(self, secrets: Mapping[str, str]) -> None:
        """Keep *secrets* beside what is kept already; durable when it returns."""

    def lock(self) -> AbstractContextManager[None]:
        """Let nobody else, in this process or another, load or save meanwhile."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the local page received.

    Attributes:
        path: without the query, for example `"/granted"`.
        query: of the address; the last of a repeated name.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(repr=False, default_factory=dict)
    body: bytes = field(repr=False, default=b"")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a store granted.

    Attributes:
        secrets: options of the adapter that go into the vault.
        options: options of the adapter that are no secret, for example the shop's domain.
    """

    secrets: Mapping[str, str] = field(repr=False, default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)


class Connector(ABC):
    """Obtains the credentials of one store from the person who owns it.

    It is built with the adapter's options that are known so far, and `callback`, the address at
    which the grant is received; whoever builds it serves that address.

    Attributes:
        by_hand: options that the owner may enter instead, where the platform shows them to its
            owner: their names, and what to call them.
        by_hand_hint: where the owner finds them.
    """

    by_hand: Mapping[str, str] = MappingProxyType({})
    by_hand_hint: str = ""

    @property
    @abstractmethod
    def page(self) -> str:
        """The address of the platform's page on which the owner agrees.

        Raises:
            ConfigError: the platform cannot grant to this callback; the message says what can be.
        """

    def entered(self, values: Mapping[str, str]) -> Grant:
        """Return what options that the owner entered by hand grant."""
        return Grant(secrets=values)

    @abstractmethod
    def receive(self, request: Request) -> Grant | None:
        """Take a request to *callback*, or below it; `None`: go on waiting.

        Raises:
            AccessDenied: the owner refused.
            StoreError: the request is not genuine, or the platform does not grant.
        """
