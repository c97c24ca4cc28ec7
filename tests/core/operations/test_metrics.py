"""Metrics: what Prometheus is told, by name, store and outcome."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
from core.world import ADA, BOB, HOUR, MUG, World
from prometheus_client.parser import text_string_to_metric_families

from storelink.contracts.observing import Attempted, Happening
from storelink.errors import BadSignature, ConfigError, Rejected, RetryLater, StorageUnavailable
from storelink.hooks import ThankYou
from storelink.operations.metrics import Metrics

MINUTE = timedelta(minutes=1)

Values = dict[tuple[str, ...], float]


def values(metrics: Metrics, name: str) -> Values:
    """The samples of one name, by their labels' values in the order of the labels' names."""
    families = text_string_to_metric_families(metrics.page().decode())
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
        if sample.name == f"storelink_{name}"
    }


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A shop that says thank you and nothing else."""
    return new_world(hooks=[ThankYou()])


@pytest.fixture
def metrics(world: World) -> Metrics:
    found = Metrics(world.link.health)
    world.link.watch(found)
    return found


def test_webhooks_are_counted_by_store_topic_and_result(world: World, metrics: Metrics) -> None:
    world.store.place(ADA, [MUG])
    created, updated = world.store.take()
    for webhook in (created, created, updated):
        world.link.receive("shop", headers=webhook.headers, body=webhook.body)
    with pytest.raises(BadSignature):
        world.link.receive("shop", headers={}, body=b"{}")
    expected = {  # result, store, topic
        ("absorbed", "shop", "order.created"): 1,
        ("duplicate", "shop", "order.created"): 1,
        ("absorbed", "shop", "order.updated"): 1,
        ("refused", "shop", ""): 1,
    }
    assert expected == values(metrics, "webhooks_total")
    assert {("shop", "webhook"): 2} == {
        (store, source): number
        for (source, store), number in values(metrics, "events_total").items()
    }


def test_messages_are_counted_by_channel_and_outcome(world: World, metrics: Metrics) -> None:
    world.channel.fail_next(Rejected("no such user", code="550"))
    world.timeline.place(ADA, [MUG])
    world.channel.fail_next(RetryLater("busy"))
    world.timeline.place(BOB, [MUG])
    world.wait(HOUR)
    expected = {  # channel, outcome, store
        ("recording", "failed", "shop"): 1,
        ("recording", "temporary", "shop"): 1,
        ("recording", "sent", "shop"): 1,
    }
    assert expected == values(metrics, "messages_total")
    assert {("recording",): 3} == values(metrics, "attempt_seconds_count")


def test_a_message_that_is_not_handed_over_is_counted_without_a_channel(
    new_world: Callable[..., World],
) -> None:
    world = new_world(hooks=[ThankYou(after=HOUR)])
    metrics = Metrics(world.link.health)
    world.link.watch(metrics)
    order = world.timeline.place(ADA, [MUG])
    world.clock.advance(HOUR)
    world.store.cancel(order)
    world.absorb()
    world.link._relay.run_once(["shop"])
    assert {("", "cancelled", "shop"): 1} == values(metrics, "messages_total")


def test_sweeps_are_counted_by_result(world: World, metrics: Metrics) -> None:
    world.store.place(ADA, [MUG])
    world.link.sweep("shop")
    assert {("ok", "shop"): 1} == values(metrics, "sweeps_total")
    assert {("sweep", "shop"): 2} == values(metrics, "events_total")


def test_health_is_looked_up_at_each_scrape(world: World, metrics: Metrics) -> None:
    world.store.place(ADA, [MUG])
    world.absorb()
    for minutes in (1, 2):
        world.clock.advance(MINUTE)
        assert 60 * minutes == values(metrics, "lag_seconds")[("plan", "shop")]
    assert ({(): 1.0}, {(): 0.0}) == (values(metrics, "database_up"), values(metrics, "status"))
    assert {("shop",): 0.0} == values(metrics, "messages_in_doubt")
    assert {("shop",): 120.0} == values(metrics, "webhook_silence_seconds")
    assert {} == values(metrics, "sweep_age_seconds")  # there was none yet


def test_without_a_database_there_is_still_a_page(world: World) -> None:
    def broken() -> None:
        raise StorageUnavailable("away")

    metrics = Metrics(broken)  # type: ignore[arg-type]
    assert {(): 0.0} == values(metrics, "database_up")


def test_the_page_holds_nobodys_data(world: World, metrics: Metrics) -> None:
    world.delivered_order()
    page = metrics.page().decode().lower()
    assert [] == [word for word in ("ada", "lovelace", "mug", "1001") if word in page]


def test_two_apps_in_one_process_count_apart(new_world: Callable[..., World]) -> None:
    pages = []
    for orders in (1, 2):
        world = new_world()
        metrics = Metrics(world.link.health)
        world.link.watch(metrics)
        for _ in range(orders):
            world.timeline.place(ADA, [MUG])
        pages.append(sum(values(metrics, "webhooks_total").values()))
    assert [2, 4] == pages


def test_it_can_be_served_beside_a_worker(world: World, metrics: Metrics) -> None:
    with metrics.served(port=0) as port:
        page = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30)
    assert "storelink_status 0.0" in page.text
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30)


def test_a_port_that_is_taken_is_said_to_be_so(metrics: Metrics) -> None:
    with (
        metrics.served(port=0) as port,
        pytest.raises(ConfigError, match=f"127.0.0.1:{port} cannot be used"),
        metrics.served(port=port),
    ):
        pass


def test_without_the_library_the_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['prometheus_client'] = None; import storelink.operations.metrics"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MissingExtra: prometheus-client is not installed" in done.stderr
    assert 'pip install "storelink[metrics]"' in done.stderr


@pytest.mark.usefixtures("errors_are_expected")
def test_who_watches_cannot_break_the_work(world: World) -> None:
    seen: list[Happening] = []

    def broken(happening: Happening) -> None:
        raise ValueError(ADA.email)

    world.link.watch(broken)
    world.link.watch(seen.append)
    order = world.timeline.place(ADA, [MUG])
    assert 1 == len(world.channel.sent)
    (sent,) = (one for one in seen if isinstance(one, Attempted))
    assert (f"shop/thank_you/order:{order}", order, "sent") == (sent.key, sent.order, sent.outcome)
