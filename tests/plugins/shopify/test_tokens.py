from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from shop_server import Call, Hours, Said, Server, serving

from storelink.errors import AccessDenied, ConfigError, StoreUnavailable
from storelink.models import Ref
from storelink_shopify import Shopify

APP = {"client_id": "app-1", "client_secret": "app-secret"}
HOUR, DAY = 3600, 24 * 3600


class Safe:
    """A vault, and what was done with it."""

    def __init__(self, **kept: str) -> None:
        self.kept = kept
        self.log: list[str] = []
        self._lock = threading.RLock()

    def load(self) -> Mapping[str, str]:
        return dict(self.kept)

    def save(self, secrets: Mapping[str, str]) -> None:
        assert self._lock._is_owned()  # type: ignore[attr-defined]
        self.log.append(f"save {secrets['access_token']}")
        self.kept |= secrets

    @contextmanager
    def lock(self) -> Iterator[None]:
        with self._lock:
            yield


class Grants:
    """A shop that grants tokens, counted up, and takes only the newest.

    Attributes:
        lost: so many of its next grants are made and never arrive.
    """

    def __init__(self) -> None:
        self.given = 0
        self.spent: set[str] = set()
        self.lost = 0
        self.used: list[str] = []
        self.asked: list[dict[str, str]] = []

    def __call__(self, call: Call) -> Said | None:
        if call.path == "/admin/oauth/access_token":
            return self.grant(call.form)
        token = call.headers["x-shopify-access-token"]
        self.used.append(token)
        if token != f"access-{self.given}":
            return Said({"errors": "[API] Invalid API key or access token"}, 401)
        self.spent |= {f"refresh-{at}" for at in range(self.given)}
        return Said({"data": {"currentAppInstallation": {"accessScopes": []}}})

    def grant(self, form: dict[str, str]) -> Said | None:
        self.asked.append(form)
        if form["client_secret"] != "app-secret":
            return Said({"error": "invalid_client"}, 400)
        if form["grant_type"] == "refresh_token" and form["refresh_token"] in self.spent:
            return Said({"error": "invalid_grant", "error_description": "spent"}, 400)
        self.given += 1
        if self.lost:
            self.lost -= 1
            return None
        told: dict[str, Any] = {"access_token": f"access-{self.given}", "expires_in": DAY - 1}
        if form["grant_type"] == "refresh_token":
            told |= {"expires_in": HOUR, "refresh_token": f"refresh-{self.given}"}
        return Said(told)


@pytest.fixture
def grants() -> Grants:
    return Grants()


@pytest.fixture
def server(grants: Grants) -> Iterator[Server]:
    with serving(grants) as running:
        yield running


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
def connect(server: Server, hours: Hours) -> Callable[..., Shopify]:
    def store(vault: Safe | None = None, **options: Any) -> Shopify:
        made = Shopify(shop="acme", base_url=server.url, wire=hours.wire, **options)
        made.vault = vault
        return made

    return store


@pytest.fixture
def refreshing(hours: Hours) -> dict[str, Any]:
    """The options of a store whose token expires in an hour."""
    tokens = {"access_token": "access-0", "refresh_token": "refresh-0"}
    at = hours.now().timestamp() + HOUR
    return {**APP, **tokens, "token_expires_at": str(int(at))}


def ask(store: Shopify) -> None:
    store.client._granted = None
    store.client.scopes()


# -- asked for ---------------------------------------------------------------------------------


def test_an_app_asks_for_a_token_when_it_needs_one_and_again_when_it_expires(
    connect, grants, hours
):
    store = connect(**APP)
    ask(store)
    ask(store)
    expected = {**APP, "grant_type": "client_credentials"}
    assert [expected] == grants.asked
    hours.sleep(DAY)
    ask(store)
    assert ["access-1", "access-1", "access-2"] == grants.used


def test_a_token_that_was_revoked_is_asked_for_again(connect, grants):
    store = connect(**APP)
    ask(store)
    grants.given = 7
    ask(store)
    assert ["access-1", "access-1", "access-8"] == grants.used


def test_an_app_whose_secret_is_wrong_is_told_so(connect):
    store = connect(client_id="app-1", client_secret="wrong-secret")
    with pytest.raises(AccessDenied, match="invalid_client") as caught:
        ask(store)
    assert "wrong-secret" not in str(caught.value)


def test_a_fixed_token_that_is_refused_is_not_asked_for_again(connect, grants):
    store = connect(access_token="shpat-1", webhook_secret="s")
    with pytest.raises(AccessDenied, match="401"):
        ask(store)
    assert ["shpat-1"] == grants.used
    assert [] == grants.asked


def test_the_client_secret_signs_webhooks_unless_told_otherwise(connect):
    store = connect(**APP)
    assert ["app-secret"] == [one.get_secret_value() for one in store.settings.webhook_secret]


def test_a_token_that_can_be_refreshed_needs_the_app(connect):
    with pytest.raises(ConfigError, match=r"refresh_token: .*client_id"):
        connect(access_token="a", refresh_token="refresh-0", webhook_secret="s")


# -- refreshed ---------------------------------------------------------------------------------


def test_a_token_is_refreshed_before_it_expires(connect, grants, hours, refreshing):
    store = connect(Safe(), **refreshing)
    ask(store)
    assert ["access-0"] == grants.used
    hours.sleep(HOUR - 30)
    ask(store)
    assert ["access-0", "access-1"] == grants.used
    expected = {**APP, "grant_type": "refresh_token", "refresh_token": "refresh-0"}
    assert [expected] == grants.asked


def test_a_new_refresh_token_is_kept_before_it_is_used(connect, server, grants, hours, refreshing):
    """A process that dies right after has not lost the shop."""
    vault = Safe()

    def noting(call: Call) -> Said | None:
        if call.path.endswith("graphql.json"):
            vault.log.append(f"use {call.headers['x-shopify-access-token']}")
        return grants(call)

    server.answer = noting
    hours.sleep(HOUR)
    ask(connect(vault, **refreshing))
    assert ["save access-1", "use access-1"] == vault.log
    assert "refresh-1" == vault.kept["refresh_token"]


def test_what_the_vault_holds_goes_before_the_options(connect, grants, hours, refreshing):
    vault = Safe()
    hours.sleep(HOUR)
    ask(connect(vault, **refreshing))
    ask(connect(vault, **refreshing))
    assert ["access-1", "access-1"] == grants.used
    assert 1 == len(grants.asked)


def test_a_token_that_another_process_refreshed_is_taken(connect, grants, hours, refreshing):
    """Its refresh token is spent: a second refresh with it would lose the shop."""
    vault = Safe()
    one, other = connect(vault, **refreshing), connect(vault, **refreshing)
    ask(one)
    ask(other)
    hours.sleep(HOUR)
    ask(one)
    ask(other)
    assert 1 == len(grants.asked)
    assert "access-1" == grants.used[-1]


def test_many_threads_refresh_once(connect, grants, hours, refreshing):
    store = connect(Safe(), **refreshing)
    hours.sleep(HOUR)
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: store.client._tokens.current(), range(24)))
    assert {"access-1"} == set(tokens)
    assert 1 == len(grants.asked)


def test_a_refresh_whose_answer_was_lost_is_repeated(connect, grants, hours, refreshing):
    """The old refresh token works until the new one is used."""
    grants.lost = 2
    vault = Safe()
    store = connect(vault, **refreshing)
    hours.sleep(HOUR)
    ask(store)
    assert ["refresh-0"] * 3 == [form["refresh_token"] for form in grants.asked]
    assert "refresh-3" == vault.kept["refresh_token"]


def test_a_refused_token_is_refreshed_once(connect, grants, refreshing):
    grants.given = 4
    store = connect(Safe(), **refreshing)
    ask(store)
    assert ["access-0", "access-5"] == grants.used


def test_without_a_vault_the_newest_token_is_remembered(connect, grants, hours, refreshing):
    store = connect(**refreshing)
    for _ in range(3):
        hours.sleep(HOUR)
        ask(store)
    grants.given = 7
    ask(store)
    assert ["access-1", "access-2", "access-3", "access-3", "access-8"] == grants.used


def test_a_refresh_token_that_lapsed_says_what_to_do(connect, grants, hours, refreshing):
    grants.spent = {"refresh-0"}
    store = connect(Safe(), **refreshing)
    hours.sleep(HOUR)
    with pytest.raises(AccessDenied, match="install the app again") as caught:
        ask(store)
    assert "refresh-0" not in str(caught.value)


def test_a_frozen_shop_is_not_told_as_a_token_that_lapsed(connect, grants, hours, refreshing):
    store = connect(Safe(), **refreshing)
    hours.sleep(HOUR)
    grants.grant = lambda form: Said({"errors": "Unavailable Shop"}, 402)
    with pytest.raises(AccessDenied, match="frozen"):
        ask(store)


def test_a_write_for_which_no_token_came_was_not_made(connect, grants, hours, refreshing):
    """So it can be made again: nobody has to wonder whether it was executed."""
    store = connect(Safe(), **refreshing)
    hours.sleep(HOUR)
    genuine, grants.grant = grants.grant, lambda form: Said(b"", 503)
    tags = {"to": Ref.order("7"), "tags": ["a"]}
    with pytest.raises(StoreUnavailable, match="503"):
        store.write.add_tags(**tags)
    with pytest.raises(StoreUnavailable, match="503"):
        store.client.mutate("tags_add", {"id": "gid", "tags": ["a"]}, answer="tagsAdd")
    assert [] == grants.used
    grants.grant = genuine
    ask(store)


def test_no_token_is_shown(connect, refreshing):
    store = connect(Safe(), **refreshing)
    tokens = store.client._tokens
    shown = f"{store!r} {store.settings!r} {tokens._kept()!r}"
    secrets = ("access-0", "refresh-0", "app-secret")
    assert [] == [one for one in secrets if one in shown]


# -- given -------------------------------------------------------------------------------------


def test_a_session_of_shopifyapi_is_looked_at_and_never_activated(server, hours, grants):
    import shopify

    grants.given = 3
    session = shopify.Session("acme.myshopify.com", "2026-07", "access-3")
    before = shopify.ShopifyResource.get_headers().get("X-Shopify-Access-Token")
    store = Shopify.from_session(session, webhook_secret="s", base_url=server.url, wire=hours.wire)
    ask(store)
    assert ["access-3"] == grants.used
    assert "2026-07" == store.settings.api_version
    assert "acme.myshopify.com" == store.settings.shop
    assert before == shopify.ShopifyResource.get_headers().get("X-Shopify-Access-Token")
    assert None is shopify.ShopifyResource.get_site() or "acme" not in str(
        shopify.ShopifyResource.get_site()
    )
