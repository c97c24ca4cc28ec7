"""The demo's two stores: sandboxes over HTTP, real adapters connected to them, and a rough way."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storelink import plugins
from storelink.app import Storelink
from storelink.contracts.channel import Channel
from storelink.contracts.manifest import Manifest
from storelink.contracts.sandbox import Faults, Sandbox
from storelink.contracts.store import StoreAdapter
from storelink.delivery.lawful import Rules
from storelink.demo.stage import BIRTHDAY
from storelink.errors import PluginError
from storelink.hooks import Hook, ReviewRequest, ThankYou, TrackingUpdates
from storelink.rendering import Brand
from storelink.testing.clock import FrozenClock
from storelink.toolkit.http import Wire
from storelink.toolkit.serving import served
from storelink.web import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PLATFORMS: Mapping[str, str] = {"boutique": "shopify", "atelier": "woocommerce"}
"""The stores, and what each runs on."""

_OPTIONS: Mapping[str, Mapping[str, str]] = {"woocommerce": {"birthday_meta": BIRTHDAY}}
"""What the adapters are told beside how to connect."""

WRONG: Mapping[str, Any] = {
    "drop": 0.15,
    "duplicate": 0.3,
    "shuffle": True,
    "delay": timedelta(minutes=20),
    "unavailable": 0.02,
    "throttled": 0.01,
    "cut": 0.01,
    "lost": 0.01,
}
"""15 % of webhooks never arrive, 30 % arrive twice, all late; 5 % of API calls fail."""

_BRAND = Brand(
    name="Atelier",
    color="#8a3b2e",
    website="https://atelier.example",
    support_email="hello@atelier.example",
    address="Atelier, Töpfergasse 7, 1010 Wien",
    signature="Mina and the Atelier team",
)


@dataclass(frozen=True, slots=True)
class Shop:
    """One store of the demo.

    Attributes:
        sandbox: plays the store.
        adapter: knows nothing of that: it talks to the sandbox over HTTP, as to a real store.
    """

    name: str
    manifest: Manifest[StoreAdapter]
    sandbox: Sandbox
    adapter: StoreAdapter

    def spoil(self) -> None:
        """Let things go wrong on the way from now on."""
        for name, share in WRONG.items():
            setattr(self.sandbox.faults, name, share)


@contextmanager
def open_shops(clock: FrozenClock, seed: int) -> Iterator[Sequence[Shop]]:
    """Let the stores run while the block does; nothing goes wrong yet.

    Raises:
        PluginError: an adapter is not installed, or has no sandbox.
    """
    with ExitStack() as stack:
        yield [
            stack.enter_context(_shop(name, platform, clock, seed * len(PLATFORMS) + number))
            for number, (name, platform) in enumerate(PLATFORMS.items())
        ]


@contextmanager
def connected(
    shops: Sequence[Shop],
    *,
    database: Path,
    channel: Channel,
    clock: FrozenClock,
    hooks: Sequence[Hook[Any]] = (),
    is_rough: bool = True,
) -> Iterator[Storelink]:
    """Open storelink and its address, and let the *shops* send webhooks there.

    Args:
        shops: the stores.
        database: the file.
        channel: sends the messages.
        clock: of everything.
        hooks: those that are on; by default those of an order.
        is_rough: let things go wrong on the way.
    """
    with ExitStack() as stack:
        door = _Door()
        address = stack.enter_context(served(door))
        link = stack.enter_context(
            Storelink(
                f"sqlite:///{database}",
                stores={shop.name: shop.adapter for shop in shops},
                channels=[channel],
                hooks=hooks or [ThankYou(), TrackingUpdates(), ReviewRequest()],
                brand=_BRAND,
                site_url="https://hooks.atelier.example",
                link_keys=["the same in every demo"],
                policy=Rules(address_key="the same in every demo"),
                clock=clock,
                sleep=_sleeping(clock),
                chance=lambda: 0.5,  # the same seed gives the same weeks
                webhook_url=f"{address}/webhooks/{{store}}",
            )
        )
        door.endpoint = Endpoint(link)
        for shop in shops:
            link.register_webhooks(shop.name)
            if is_rough:
                shop.spoil()
        yield link


class _Door:
    """Where webhooks arrive. Its address has to be known before what is behind it is opened."""

    endpoint: Endpoint

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.endpoint(environ, start_response)


@contextmanager
def _shop(name: str, platform: str, clock: FrozenClock, seed: int) -> Iterator[Shop]:
    manifest = plugins.store(platform)
    if manifest.sandbox is None:
        raise PluginError(f"the plugin {manifest.name!r} has no sandbox")
    with manifest.sandbox(clock=clock, faults=Faults(seed)) as sandbox:
        adapter = manifest.factory(
            **sandbox.options, **_OPTIONS.get(platform, {}), wire=_wire(clock, seed)
        )
        yield Shop(name, manifest, sandbox, adapter)
        adapter.close()


def _wire(clock: FrozenClock, seed: int) -> Wire:
    """Return a network on which waiting moves the clock, and takes no time."""
    return Wire(
        now=clock.now,
        monotonic=lambda: clock.now().timestamp(),
        sleep=_sleeping(clock),
        chance=random.Random(seed).random,  # noqa: S311  no secret
    )


def _sleeping(clock: FrozenClock) -> Any:
    return lambda seconds: clock.advance(timedelta(seconds=seconds))
