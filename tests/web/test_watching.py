"""Health and metrics over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response

from storelink import Storelink
from storelink.contracts.sandbox import Item
from storelink.models import Contact, Money
from storelink.operations.health import Limits
from storelink.operations.metrics import Metrics
from storelink.testing import FakeStore, FrozenClock
from storelink.toolkit.serving import served
from storelink.web import Endpoint, Watching

ADA = Contact(email="ada@example.com", first_name="Ada")
MUG = Item("Mug", Money("12.00", "EUR"))


class Shop:
    """A store, and an app that knows one order of it and planned nothing yet."""

    def __init__(self, folder: Path) -> None:
        self.clock = FrozenClock()
        self.store = FakeStore(clock=self.clock)
        self.file = folder / "link.db"
        self.link = Storelink(
            f"sqlite:///{self.file}", stores={"atelier": self.store}, clock=self.clock
        )
        self.store.place(ADA, [MUG])
        for webhook in self.store.take():
            self.link.receive("atelier", headers=webhook.headers, body=webhook.body)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    with shop.link:
        yield shop


def get(url: str) -> requests.Response:
    return requests.get(url, timeout=30)


def test_health_is_200_until_messages_do_not_go_out(shop: Shop) -> None:
    with served(Watching(shop.link)) as url:
        seen = []
        for minutes in (1, 9, 50):
            shop.clock.advance(timedelta(minutes=minutes))
            answer = get(f"{url}/health")
            seen.append((answer.status_code, answer.json()["status"]))
            assert "application/json" == answer.headers["Content-Type"]
            assert "no-store" == answer.headers["Cache-Control"]
        assert [(200, "ok"), (200, "warn"), (503, "fail")] == seen
        assert 3600.0 == answer.json()["stores"][0]["lag"]["plan"]
        assert "plan-stuck" == answer.json()["problems"][0]["code"]
        shop.link.run_once()
        assert 200 == get(f"{url}/health").status_code


def test_limits_are_the_users(shop: Shop) -> None:
    shop.clock.advance(timedelta(minutes=50))
    with served(Watching(shop.link, limits=Limits(stuck=timedelta(hours=1)))) as url:
        assert 200 == get(f"{url}/health").status_code


def test_without_a_database_health_is_503_and_live_is_200(shop: Shop) -> None:
    with served(Watching(shop.link)) as url:
        shop.link._database._engine.dispose()
        shop.file.rename(shop.file.with_suffix(".away"))
        shop.file.mkdir()
        answer = get(f"{url}/health")
        assert (503, {"status": "fail", "problems": ["database"]}) == (
            answer.status_code,
            answer.json(),
        )
        assert (200, "ok") == (get(f"{url}/live").status_code, get(f"{url}/live").text)


def test_head_is_answered_and_everything_else_refused(shop: Shop) -> None:
    with served(Watching(shop.link)) as url:
        head = requests.head(f"{url}/health", timeout=30)
        assert (200, b"") == (head.status_code, head.content)
        assert 405 == requests.post(f"{url}/health", timeout=30).status_code
        assert 404 == get(f"{url}/elsewhere").status_code
        assert 404 == get(f"{url}/metrics").status_code


def test_looking_changes_nothing(shop: Shop) -> None:
    before = shop.file.read_bytes() + shop.file.with_name("link.db-wal").read_bytes()
    metrics = Metrics(shop.link.health)
    with served(Watching(shop.link, metrics=metrics)) as url:
        for path in ("live", "health", "metrics"):
            assert 200 == get(f"{url}/{path}").status_code
    assert before == shop.file.read_bytes() + shop.file.with_name("link.db-wal").read_bytes()


def test_nobodys_data_is_told(shop: Shop) -> None:
    with served(Watching(shop.link, metrics=Metrics(shop.link.health))) as url:
        told = (get(f"{url}/health").text + get(f"{url}/metrics").text).lower()
    assert [] == [word for word in ("ada", "example.com", "mug") if word in told]


def test_where_platforms_deliver_no_store_is_named(shop: Shop) -> None:
    with served(Endpoint(shop.link)) as url:
        answer = get(f"{url}/health")
        assert "ok" == answer.json()["status"]
        assert "atelier" not in answer.text
        assert 404 == get(f"{url}/metrics").status_code
    with served(Endpoint(shop.link, metrics=Metrics(shop.link.health))) as url:
        assert 'storelink_lag_seconds{stage="plan",store="atelier"}' in get(f"{url}/metrics").text


def test_it_can_be_mounted(shop: Shop) -> None:
    app = DispatcherMiddleware(Response("my shop"), {"/storelink": Watching(shop.link)})
    with served(app) as url:
        assert ("my shop", 200) == (get(url).text, get(f"{url}/storelink/health").status_code)
