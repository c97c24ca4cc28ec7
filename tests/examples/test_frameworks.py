"""The pages and the webhooks inside apps of Flask, Django and FastAPI."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from web_pages import ADA, GOODS, Hosted
from werkzeug.test import Client

from storelink import Storelink
from storelink.links import Links, Purpose
from storelink.testing import FrozenClock

EXAMPLES = Path(__file__).parents[2] / "examples"
CONFIG = """
database = "sqlite:///link.db"
site_url = "https://shop.example/storelink"
[stores.atelier]
platform = "woocommerce"
url = "https://atelier.example"
webhook_secret = "only for tests"
"""
Ask = Callable[..., tuple[int, str]]
"""Method, path, and what is sent: the status and the text."""


def over_wsgi(app: Any) -> Ask:
    def ask(method: str, path: str, **sent: Any) -> tuple[int, str]:
        answer = Client(app, use_cookies=False).open(path, method=method, **sent)
        return answer.status_code, answer.text

    return ask


def over_asgi(app: Any) -> Ask:
    from a2wsgi import ASGIMiddleware

    return over_wsgi(ASGIMiddleware(app))


APPS = {
    "flask": ("flask_app/app.py", over_wsgi),
    "django": ("django_app/wsgi.py", over_wsgi),
    "fastapi": ("fastapi_app/app.py", over_asgi),
}


@pytest.fixture
def hosted(tmp_path: Path) -> Iterator[Hosted]:
    hosted = Hosted(tmp_path)
    with hosted.link:
        yield hosted


@pytest.fixture(params=APPS)
def ask(request: pytest.FixtureRequest, hosted: Hosted) -> Ask:
    pytest.importorskip(request.param)
    script, over = APPS[request.param]
    return over(loaded(f"{request.param}_example", EXAMPLES / script).with_pages(hosted.site))


def loaded(name: str, path: Path) -> ModuleType:
    """Import an example once, under a name by which Django finds it, too."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec
        assert spec.loader
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def test_the_shops_own_page_is_still_there(ask: Ask) -> None:
    status, text = ask("GET", "/")
    assert (200, "my shop") == (status, text.strip('"'))


def test_the_pages_are_shown_and_forms_are_taken(ask: Ask, hosted: Hosted) -> None:
    order = hosted.order()
    status, text = ask("GET", f"/storelink{hosted.path(Purpose.TRACKING, order)}")
    assert (200, True) == (status, "Order <bdi>#1001</bdi>" in text)
    address = f"/storelink{hosted.path(Purpose.PREFERENCES, order)}"
    assert 200 == ask("POST", address, data={"List-Unsubscribe": "One-Click"})[0]
    assert set() == hosted.boxes.allowed


def test_webhooks_are_taken(ask: Ask, hosted: Hosted) -> None:
    hosted.store.place(ADA, GOODS)
    webhook = hosted.store.take()[0]
    sent = {"data": webhook.body, "headers": dict(webhook.headers)}
    assert (200, "absorbed") == ask("POST", "/storelink/webhooks/atelier", **sent)
    assert 401 == ask("POST", "/storelink/webhooks/atelier", data=b"forged")[0]


@pytest.mark.parametrize("name", APPS)
def test_the_links_of_messages_are_known_to_the_app(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link that is genuine but too old is 410; one that is signed elsewhere is 404."""
    pytest.importorskip(name)
    script, over = APPS[name]
    example = loaded(f"{name}_example", EXAMPLES / script)
    (tmp_path / "storelink.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    create = example.create_application if name == "django" else example.create_app
    ask = over(create())
    with Storelink.from_config("storelink.toml") as sending:
        assert sending.links is not None
        old = sending.links.make(Purpose.TRACKING, "atelier", "1", life=timedelta(hours=-2))
    assert 410 == ask("GET", old.removeprefix("https://shop.example"))[0]
    foreign = Links(["somebody else's key"], base_url="https://x.example", clock=FrozenClock())
    assert 404 == ask("GET", "/storelink/t/" + token_of(foreign))[0]


def token_of(links: Links) -> str:
    return links.make(Purpose.TRACKING, "atelier", "1").rpartition("/")[2]
