"""Sandboxes of both platforms, with the real adapters connected to them over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from storelink import Storelink, plugins
from storelink.contracts.sandbox import Sandbox
from storelink.contracts.store import StoreAdapter
from storelink.testing import FrozenClock, RecordingChannel
from storelink.toolkit.http import Wire
from storelink.toolkit.serving import served
from storelink.web import Endpoint

START = datetime(2026, 11, 2, 9, tzinfo=UTC)


@dataclass(slots=True)
class Town:
    """A store, the app that knows it, and the way between them."""

    sandbox: Sandbox
    adapter: StoreAdapter
    link: Storelink
    clock: FrozenClock
    channel: RecordingChannel
    address: str

    def pass_time(self, **time: float) -> None:
        """Let webhooks arrive and the worker work, after some time."""
        self.clock.advance(timedelta(**time))
        self.sandbox.deliver()
        self.link.run_once()


def wire(clock: FrozenClock) -> Wire:
    """A network on which waiting moves the clock, and takes no time."""
    return Wire(
        now=clock.now,
        monotonic=lambda: clock.now().timestamp(),
        sleep=lambda seconds: clock.advance(timedelta(seconds=seconds)),
        chance=lambda: 0.5,
    )


Found = Callable[..., Town]


@pytest.fixture
def found(tmp_path: Path) -> Iterator[Found]:
    """Founds a town: `found("shopify", hooks=[…], **options of Storelink)`."""
    with ExitStack() as stack:

        def make(
            platform: str,
            *,
            sandbox: Mapping[str, Any] | None = None,
            adapter_options: Mapping[str, Any] | None = None,
            **options: Any,
        ) -> Town:
            clock, channel = FrozenClock(START), RecordingChannel()
            manifest = plugins.store(platform)
            assert manifest.sandbox is not None
            played = stack.enter_context(manifest.sandbox(clock=clock, **(sandbox or {})))
            told = {**played.options, **(adapter_options or {})}
            adapter = manifest.factory(**told, wire=wire(clock))
            link = stack.enter_context(
                Storelink(
                    f"sqlite:///{tmp_path / platform}.db",
                    stores={"shop": adapter},
                    channels=[channel],
                    clock=clock,
                    sleep=lambda seconds: clock.advance(timedelta(seconds=seconds)),
                    **options,
                )
            )
            url = stack.enter_context(served(Endpoint(link)))
            address = f"{url}/webhooks/shop"
            return Town(played, adapter, link, clock, channel, address)

        yield make
