"""The local page that receives what a store grants, over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType

import pytest
import requests

from storelink.contracts import Connector, Grant, Request
from storelink.errors import AccessDenied, ConfigError, StoreError
from storelink.toolkit.serving import served
from storelink.web.grant import CALLBACK, GrantPage


class Platform(Connector):
    """Grants whoever comes back with the right state."""

    by_hand = MappingProxyType({"key": "Key", "secret": "Secret"})
    by_hand_hint = "Settings > Keys"

    def __init__(self, *, grants_here: bool = True) -> None:
        self._grants_here = grants_here

    @property
    def page(self) -> str:
        if not self._grants_here:
            raise ConfigError("the platform grants to https addresses only")
        return "https://atelier.example/grant?state=7&scope=read"

    def receive(self, request: Request) -> Grant | None:
        if request.query.get("forged"):
            raise StoreError("that is not what was asked for")
        if request.query.get("denied"):
            raise AccessDenied("the owner refused")
        return Grant(secrets={"key": "ck_1"}) if request.query.get("state") == "7" else None


class Local:
    """A page being served."""

    def __init__(self, page: GrantPage, url: str) -> None:
        self.page, self.url = page, url

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(f"{self.url}{path}", headers=headers, timeout=30)

    def enter(self, **fields: str) -> requests.Response:
        return requests.post(f"{self.url}/by-hand", data=fields, timeout=30)

    def token(self) -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.get("/").text)
        assert found
        return found[1]


@pytest.fixture(params=[True])
def local(request: pytest.FixtureRequest) -> Iterator[Local]:
    connector = Platform(grants_here=request.param)
    page = GrantPage(connector, title="Connect <Atelier>", callback="https://tunnel.example")
    with served(page) as url:
        yield Local(page, url)


def test_the_owner_is_sent_to_the_store(local: Local) -> None:
    text = local.get("/").text
    assert 'href="https://atelier.example/grant?state=7&amp;scope=read"' in text
    assert "Connect &lt;Atelier&gt;" in text


def test_what_the_store_grants_is_received(local: Local) -> None:
    answer = local.get(f"{CALLBACK}?state=7")
    assert "Connected" in answer.text
    assert Grant(secrets={"key": "ck_1"}) == local.page.wait(0)
    assert "ck_1" not in answer.text
    assert "ck_1" not in repr(local.page.grant)


def test_another_visit_does_not_end_the_waiting(local: Local) -> None:
    assert "Waiting" in local.get(f"{CALLBACK}?state=8").text
    assert local.page.wait(0) is None


def test_a_refusal_is_told_on_the_page_and_to_the_command(local: Local) -> None:
    answer = local.get(f"{CALLBACK}?denied=1")
    assert (400, True) == (answer.status_code, "the owner refused" in answer.text)
    with pytest.raises(AccessDenied):
        local.page.wait(0)


def test_credentials_can_be_entered_by_hand(local: Local) -> None:
    local.enter(token=local.token(), key=" ck_2 ", secret="cs_2")
    assert Grant(secrets={"key": "ck_2", "secret": "cs_2"}) == local.page.wait(0)


def test_a_form_of_somebody_elses_page_is_refused(local: Local) -> None:
    for token in ("", "guessed"):
        assert 400 == local.enter(token=token, key="ck_2", secret="cs_2").status_code
    assert 400 == local.enter(token=local.token(), key="ck_2", secret=" ").status_code
    assert local.page.wait(0) is None


def test_only_this_machine_and_the_callback_are_answered(local: Local) -> None:
    """Else any page could reach it under a name of its own (DNS rebinding)."""
    assert 421 == local.get("/", Host="evil.example").status_code
    assert 421 == local.get("/", Host="[").status_code
    assert 200 == local.get(CALLBACK, Host="tunnel.example").status_code


def test_nobody_else_reaches_the_form_through_the_tunnel(local: Local) -> None:
    """Else whoever knows the tunnel's name could connect a store of their own."""
    assert 421 == local.get("/", Host="tunnel.example").status_code
    entered = {"token": local.token(), "key": "ck_2", "secret": "cs_2"}
    local_only = requests.post(
        f"{local.url}/by-hand", data=entered, headers={"Host": "tunnel.example"}, timeout=30
    )
    assert 421 == local_only.status_code
    assert local.page.wait(0) is None


def test_a_request_that_is_not_genuine_does_not_end_the_waiting(local: Local) -> None:
    """Any page in the owner's browser can send one."""
    assert 400 == local.get(f"{CALLBACK}?forged=1").status_code
    assert not local.page._ended.is_set()
    local.get(f"{CALLBACK}?state=7")
    assert Grant(secrets={"key": "ck_1"}) == local.page.wait(0)


def test_what_went_wrong_is_told_if_nothing_better_comes(local: Local) -> None:
    local.get(f"{CALLBACK}?forged=1")
    with pytest.raises(StoreError, match="not what was asked"):
        local.page.wait(0)


def test_a_body_that_is_too_large_is_refused(local: Local) -> None:
    assert 413 == local.enter(token="x" * 100_000).status_code


def test_the_page_loads_nothing_and_is_not_kept(local: Local) -> None:
    headers = local.get("/").headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "no-store" == headers["Cache-Control"]


@pytest.mark.parametrize("local", [False], indirect=True)
def test_a_store_that_cannot_grant_here_says_so_and_takes_it_by_hand(local: Local) -> None:
    text = local.get("/").text
    assert "https addresses only" in text
    assert "Settings &gt; Keys" in text
    assert local.page.wait(0) is None
