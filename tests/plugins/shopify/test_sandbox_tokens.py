from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from shopify_calls import running


@pytest.fixture
def calls():
    with running(auto_grant=True) as started:
        yield started


def token(calls, **asked):
    app = {name: calls.sandbox.app_options[name] for name in ("client_id", "client_secret")}
    url = f"{calls.sandbox.url}/admin/oauth/access_token"
    return calls.session.post(url, data={**app, **asked}, timeout=10)


def status(calls, good):
    return calls.post("{ shop { id } }", token=good).status_code


def granted(calls):
    asked = {
        "client_id": calls.sandbox.app_options["client_id"],
        "scope": "read_orders",
        "redirect_uri": "http://127.0.0.1:1/back",
        "state": "nonce",
    }
    url = f"{calls.sandbox.url}/admin/oauth/authorize"
    return calls.session.get(url, params=asked, allow_redirects=False, timeout=10)


def test_client_credentials_give_a_token_for_a_day(calls):
    answer = token(calls, grant_type="client_credentials").json()
    assert 86399 == answer["expires_in"]
    assert 200 == status(calls, answer["access_token"])
    calls.clock.advance(timedelta(hours=24))
    assert 401 == status(calls, answer["access_token"])


def test_the_grant_comes_back_signed_with_its_state(calls):
    back = urlsplit(granted(calls).headers["Location"])
    told = dict(parse_qsl(back.query))
    signature = told.pop("hmac")
    text = "&".join(f"{name}={value}" for name, value in sorted(told.items()))
    secret = calls.sandbox.app_options["client_secret"].encode()
    assert hmac.new(secret, text.encode(), hashlib.sha256).hexdigest() == signature
    assert ("nonce", "acme.myshopify.com") == (told["state"], told["shop"])


def test_a_code_is_exchanged_once(calls):
    code = dict(parse_qsl(urlsplit(granted(calls).headers["Location"]).query))["code"]
    answer = token(calls, code=code)
    assert 200 == status(calls, answer.json()["access_token"])
    assert 400 == token(calls, code=code).status_code


def test_an_expiring_token_is_refreshed_and_the_old_refresher_is_spent(calls):
    old = calls.sandbox.expiring_options
    calls.clock.advance(timedelta(hours=1))
    assert 401 == status(calls, old["access_token"])
    refresh = {"grant_type": "refresh_token", "refresh_token": old["refresh_token"]}
    new = token(calls, **refresh).json()
    assert 200 == status(calls, new["access_token"])
    assert new["refresh_token"] != old["refresh_token"]
    assert 400 == token(calls, **refresh).status_code


def test_a_wrong_secret_gets_nothing(calls):
    answer = token(calls, grant_type="client_credentials", client_secret="wrong")
    assert 401 == answer.status_code


def test_without_an_automatic_grant_there_is_a_page():
    with running() as calls:
        answer = granted(calls)
    assert (200, True) == (
        answer.status_code,
        "Install an app on acme.myshopify.com" in answer.text,
    )
