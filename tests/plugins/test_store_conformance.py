"""Every store adapter keeps the contract: the fake one and the real ones, on running sandboxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storelink import plugins
from storelink.contracts.finding import Finding
from storelink.contracts.sandbox import Faults, Item, Sandbox, Webhook
from storelink.contracts.store import Page, StoreAdapter
from storelink.errors import StoreUnavailable
from storelink.models import Contact, Kind, Money, Ref, Snapshot
from storelink.testing import FakeStore, FrozenClock, StoreSuite, WebhookSuite
from storelink.testing.journeys import Journeys
from storelink.testing.store_scene import Connect
from storelink.testing.store_suite import Sign
from storelink.toolkit.http import Wire
from storelink.toolkit.signing import hmac_sha256_base64
from storelink_woocommerce import WooCommerce


def resign(name: str, secret: str) -> Sign:
    """Return what signs any body as the platform would."""

    def sign(webhook: Webhook, body: bytes) -> Mapping[str, str]:
        return {**webhook.headers, name: hmac_sha256_base64(secret, body)}

    return sign


class FakeSandbox(Sandbox, FakeStore):
    """The fake store as its own sandbox: what goes wrong is not on a wire, but before it."""

    def __init__(self, clock: FrozenClock) -> None:
        FakeStore.__init__(self, clock=clock)
        self.store, self.faults, self._is_running = self, Faults(), True

    url = "in memory"
    options: Mapping[str, Any] = {}
    calls: Mapping[str, int] = {}

    def start(self, *, host: str = "", port: int = 0) -> None:
        self._is_running = True

    def stop(self) -> None:
        self._is_running = False

    def deliver(self) -> int:
        return 0

    def next_delivery(self) -> datetime | None:
        return None

    def grow(self, orders: int) -> None:
        for number in range(orders):
            buyer = Contact(email=f"old{number}@example.com")
            self.place(buyer, [Item("Mug", Money("12.00", "EUR"))])
            self._clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
        self.take()
        self._clock.advance(timedelta(days=2))  # type: ignore[attr-defined]

    def read(self, ref: Ref) -> Snapshot:
        self._go_wrong()
        return FakeStore.read(self, ref)

    def changed(
        self, kind: Kind, *, since: datetime | None = None, cursor: str | None = None
    ) -> Page:
        self._go_wrong()
        page = FakeStore.changed(self, kind, since=since, cursor=cursor)
        if self.faults.drift:
            self.edit(self.faults.chance.choice(self.order_ids()))
        return page

    def check(self, now: datetime) -> list[Finding]:
        if self._is_running:
            return [Finding.ok("store", "it is there")]
        return [Finding.fault("store", "not-there", "it is not there", "start it")]

    def _go_wrong(self) -> None:
        shares = ("unavailable", "throttled", "cut", "lost")
        tries = (
            any(self.faults.happens(getattr(self.faults, one)) for one in shares) for _ in range(5)
        )
        if not self._is_running or all(tries):
            raise StoreUnavailable("the fake store does not answer")


class TestFakeStore(StoreSuite):
    """The fake is held to the same suite as the real ones."""

    @pytest.fixture
    def sandbox(self) -> Sandbox:
        return FakeSandbox(FrozenClock())

    @pytest.fixture
    def connect(self, sandbox: Sandbox) -> Connect:
        return lambda **options: sandbox  # type: ignore[return-value]

    @pytest.fixture
    def sign(self) -> Sign:
        return resign("X-Fake-Signature", "fake-secret")


class OverHttp(StoreSuite):
    """A real adapter, connected over HTTP to its platform's sandbox."""

    platform: str
    signature: str

    @pytest.fixture
    def clock(self) -> FrozenClock:
        return FrozenClock(datetime.now(UTC))

    @pytest.fixture
    def sandbox(self, clock: FrozenClock) -> Iterator[Sandbox]:
        build = plugins.store(self.platform).sandbox
        assert build is not None
        with build(clock=clock) as sandbox:
            yield sandbox

    @pytest.fixture
    def connect(self, clock: FrozenClock) -> Iterator[Connect]:
        made: list[StoreAdapter] = []
        wire = Wire(
            now=clock.now,
            monotonic=lambda: clock.now().timestamp(),
            sleep=lambda seconds: clock.advance(timedelta(seconds=seconds)),
        )

        def connect(**options: Any) -> StoreAdapter:
            made.append(plugins.store(self.platform).factory(**options, wire=wire))
            return made[-1]

        yield connect
        for adapter in made:
            adapter.close()

    @pytest.fixture
    def sign(self, sandbox: Sandbox) -> Sign:
        return resign(self.signature, sandbox.options["webhook_secret"])


class TestShopify(OverHttp):
    """On the schema of the Admin API."""

    platform, signature = "shopify", "X-Shopify-Hmac-Sha256"


class TestWooCommerce(OverHttp):
    """On REST as it was recorded."""

    platform, signature = "woocommerce", "X-WC-Webhook-Signature"


class TestRecordedWooCommerce(WebhookSuite):
    """On webhooks of a real store; it cannot be asked any more."""

    @pytest.fixture
    def adapter(self) -> StoreAdapter:
        secrets = list(Journeys().secrets)
        return WooCommerce(url="https://atelier.example", webhook_secret=secrets)

    @pytest.fixture
    def webhooks(self) -> Sequence[Webhook]:
        return [
            Webhook(one.headers["X-WC-Webhook-Topic"], one.headers, one.body)
            for one in Journeys().deliveries[::8]
        ]

    @pytest.fixture
    def sign(self) -> Sign:
        return resign("X-WC-Webhook-Signature", Journeys().secrets[0])
