from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from shop_server import Call, Hours, Said, Server, serving

from storelink.contracts.connect import Request
from storelink.errors import AccessDenied, ConfigError, StoreError
from storelink_shopify import PLUGIN
from storelink_shopify.oauth import Installation

SECRET = "app-secret"
APP = {"shop": "acme", "client_id": "app-1", "client_secret": SECRET}
CALLBACK = "http://localhost:8765/granted"


def answer(call: Call) -> Said:
    if call.form.get("code") != "code-1":
        return Said({"error": "invalid_request"}, 400)
    return Said({"access_token": "at-1", "expires_in": 3600, "refresh_token": "rt-1"})


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(answer) as running:
        yield running


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
def installation(server: Server, hours: Hours) -> Installation:
    return PLUGIN.connect(**APP, base_url=server.url, callback=CALLBACK, wire=hours.wire)


@pytest.fixture
def back(installation: Installation, hours: Hours) -> Callable[..., Request]:
    """The owner comes back, as Shopify sends them: the query is signed, unless it is changed."""

    def request(signed_with: str = SECRET, **changed: Any) -> Request:
        state = parse_qs(urlsplit(installation.page).query)["state"][0]
        query = {
            "code": "code-1",
            "host": "YWNtZQ",
            "shop": "acme.myshopify.com",
            "state": state,
            "timestamp": str(int(hours.now().timestamp())),
            **changed,
        }
        query = {name: value for name, value in query.items() if value is not None}
        text = "&".join(f"{name}={value}" for name, value in sorted(query.items()))
        query["hmac"] = hmac.new(signed_with.encode(), text.encode(), hashlib.sha256).hexdigest()
        return Request("GET", "/granted", query)

    return request


def test_the_owner_is_asked_on_the_shops_own_page():
    page = urlsplit(Installation(**APP, callback=CALLBACK).page)
    query = parse_qs(page.query)
    assert ("https", "acme.myshopify.com") == (page.scheme, page.netloc)
    assert "/admin/oauth/authorize" == page.path
    assert ["app-1"] == query["client_id"]
    assert [CALLBACK] == query["redirect_uri"]
    assert "write_discounts" in query["scope"][0].split(",")
    assert "grant_options[]" not in query  # offline: it works while nobody is looking


def test_every_installation_has_a_state_of_its_own():
    pages = {Installation(**APP, callback=CALLBACK).page for _ in range(3)}
    assert 3 == len(pages)


def test_a_grant_gives_tokens_that_expire_and_are_refreshed(installation, back, server, hours):
    grant = installation.receive(back())
    assert {"shop": "acme.myshopify.com", "client_id": "app-1"} == grant.options
    assert ("at-1", "rt-1") == (grant.secrets["access_token"], grant.secrets["refresh_token"])
    assert "1" == server.calls[0].form["expiring"]
    assert "at-1" not in repr(grant)
    store = PLUGIN.factory(**APP | grant.options | grant.secrets)
    left = store.settings.token_expires_at - hours.now()
    assert 3500 < left.total_seconds() <= 3600


def test_a_page_that_is_loaded_again_asks_for_nothing_more(installation, back, server):
    request = back()
    assert installation.receive(request) is installation.receive(request)
    assert 1 == len(server.calls)


def test_anything_else_is_waited_out(installation):
    assert None is installation.receive(Request("GET", "/favicon.ico"))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"state": "another"}, "begin again"),
        ({"state": None}, "begin again"),
        ({"signed_with": "another"}, "not signed"),
        ({"shop": "evil.myshopify.com"}, "another shop"),
        ({"timestamp": "1"}, "not signed"),
        ({"timestamp": None}, "not signed"),
    ],
)
def test_what_is_not_the_answer_to_this_question_is_refused(
    installation, back, server, changed, reason
):
    with pytest.raises(StoreError, match=reason):
        installation.receive(back(**changed))
    assert [] == server.calls


def test_an_owner_who_refuses_is_understood(installation, back):
    with pytest.raises(AccessDenied, match="refused"):
        installation.receive(back(code=None, error="access_denied"))


def test_a_code_that_is_not_taken_is_told_without_it(installation, back):
    with pytest.raises(AccessDenied, match="invalid_request") as caught:
        installation.receive(back(code="code-2"))
    assert "code-2" not in str(caught.value)


def test_an_installation_without_the_app_says_what_is_missing():
    with pytest.raises(ConfigError, match="client_id"):
        _ = Installation(shop="acme", callback=CALLBACK).page
    with pytest.raises(ConfigError, match="shop"):
        Installation(shop="https://acme.example", callback=CALLBACK)


def test_a_token_of_the_admin_can_be_entered_by_hand(installation):
    values = {"access_token": "shpat-1", "webhook_secret": "whsec-1"}
    assert set(values) == set(installation.by_hand)
    grant = installation.entered(values)
    store = PLUGIN.factory(shop="acme", **grant.options, **grant.secrets)
    assert "shpat-1" == store.settings.access_token.get_secret_value()


def test_two_installations_do_not_share_what_shopifyapi_keeps_on_its_classes(back, installation):
    other = Installation(shop="other", client_id="b", client_secret="c", callback=CALLBACK)
    assert "client_id=b" in other.page
    assert "client_id=app-1" in installation.page
    assert installation.receive(back())
    import shopify

    assert None is shopify.Session.secret
    assert None is shopify.Session.api_key


def test_no_secret_is_shown(installation):
    assert SECRET not in f"{installation!r} {installation.settings!r}"
