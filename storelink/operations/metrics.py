"""Metrics for Prometheus. Needs the extra `metrics`.

Two kinds: gauges of the whole database, looked up at each scrape, which every process shows alike;
and counters of what this process did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from storelink.contracts.observing import Attempted, Happening, Received, Settled, Swept
from storelink.errors import ConfigError, MissingExtra, StorageError
from storelink.loop import FLOW
from storelink.operations.health import Health, Status, StoreHealth

try:
    from prometheus_client import (
        CONTENT_TYPE_LATEST,
        CollectorRegistry,
        Counter,
        Histogram,
        ProcessCollector,
        generate_latest,
        start_http_server,
    )
    from prometheus_client.core import GaugeMetricFamily
    from prometheus_client.registry import Collector
except ImportError:  # pragma: no cover  told by a test in a bare environment
    raise MissingExtra("prometheus-client", "metrics") from None

CONTENT_TYPE = CONTENT_TYPE_LATEST

_SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
_LEVELS = {Status.OK: 0, Status.WARN: 1, Status.FAIL: 2}

_OF_STORES: tuple[tuple[str, str, Callable[[StoreHealth], float | None]], ...] = (
    ("oldest_due_seconds", "Age of the oldest due message.", lambda one: one.oldest_due),
    ("messages_in_doubt", "Messages that may have been sent.", lambda one: one.in_doubt),
    ("messages_failed", "Messages that will never be accepted.", lambda one: one.failed),
    ("webhooks_kept", "Webhooks that were not understood.", lambda one: one.kept),
    ("webhook_silence_seconds", "Since when no webhook came.", lambda one: one.webhook_silence),
    ("sweep_age_seconds", "Since when no sweep came to its end.", lambda one: one.sweep_age),
    ("store_uninstalled", "1 if the store took the app off.", lambda one: one.uninstalled),
)
"""Gauges of each store: name, help, and the figure; what is not known is left out."""


class Metrics(Collector):
    """What Prometheus is told; let a `Storelink` tell it what happens: `link.watch(metrics)`.

    Args:
        health: looks at the database at each scrape, for example `link.health`.
    """

    def __init__(self, health: Callable[[], Health]) -> None:
        self._health = health
        self._registry = registry = CollectorRegistry()
        self._webhooks = Counter(
            "storelink_webhooks",
            "Webhooks that were answered.",
            ["store", "topic", "result"],
            registry=registry,
        )
        self._events = Counter(
            "storelink_events",
            "Events that became known with webhooks and lists.",
            ["store", "source"],
            registry=registry,
        )
        self._messages = Counter(
            "storelink_messages",
            "Messages that were decided on; without a channel, they were not handed to one.",
            ["store", "channel", "outcome"],
            registry=registry,
        )
        self._attempts = Histogram(
            "storelink_attempt_seconds",
            "How long a channel took for a message.",
            ["channel"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._sweeps = Counter(
            "storelink_sweeps", "Sweeps of stores.", ["store", "result"], registry=registry
        )
        ProcessCollector(registry=registry)
        registry.register(self)

    def __call__(self, happening: Happening) -> None:
        """Count what happened."""
        match happening:
            case Received(store, topic, result, events):
                self._webhooks.labels(store, topic, result).inc()
                self._count_events(store, "webhook", events)
            case Attempted(store, channel, outcome, seconds):
                self._messages.labels(store, channel, outcome).inc()
                self._attempts.labels(channel).observe(seconds)
            case Settled(store, outcome):
                self._messages.labels(store, "", outcome).inc()
            case Swept(store, result, events):
                self._sweeps.labels(store, result).inc()
                self._count_events(store, "sweep", events)

    def _count_events(self, store: str, source: str, events: int) -> None:
        if events:
            self._events.labels(store, source).inc(events)

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Name nothing beforehand: registering must not look at the database."""
        return ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Look at the database; without one, say only that there is none."""
        try:
            health = self._health()
        except StorageError:
            yield GaugeMetricFamily("storelink_database_up", _UP, 0)
            return
        yield GaugeMetricFamily("storelink_database_up", _UP, 1)
        yield GaugeMetricFamily("storelink_status", "0 ok, 1 warn, 2 fail.", _LEVELS[health.status])
        lag = GaugeMetricFamily(
            "storelink_lag_seconds", "Age of the oldest waiting work.", labels=["store", "stage"]
        )
        for one in health.stores:
            for stage in FLOW:
                lag.add_metric([one.store, stage], one.lag[stage])
        yield lag
        for name, text, figure in _OF_STORES:
            gauge = GaugeMetricFamily(f"storelink_{name}", text, labels=["store"])
            for one in health.stores:
                value = figure(one)
                if value is not None:
                    gauge.add_metric([one.store], value)
            yield gauge

    def page(self) -> bytes:
        """Return everything in Prometheus' text format; its type is `CONTENT_TYPE`."""
        return generate_latest(self._registry)

    @contextmanager
    def served(self, *, port: int, host: str = "127.0.0.1") -> Iterator[int]:
        """Serve the page over HTTP during the block, and give the port.

        Raises:
            ConfigError: the address cannot be used.
        """
        try:
            server, thread = start_http_server(port, addr=host, registry=self._registry)
        except OSError:
            told = f"{host}:{port} cannot be used; is something else there?"
            raise ConfigError(told) from None
        try:
            yield server.server_port
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


_UP = "1 if the database can be read."
