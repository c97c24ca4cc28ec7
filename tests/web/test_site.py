"""The site as a whole: headers, refusals, limits, mounting, and that looking changes nothing."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urljoin, urlsplit

import pytest
from web_pages import ADA, GOODS, OPERATOR, Hosted
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client
from werkzeug.wrappers import Response

from storelink.errors import ConfigError
from storelink.links import LIFE, Links, Purpose
from storelink.web import Limiter, Site

BASIC = {"Authorization": "Basic " + base64.b64encode(f"me:{OPERATOR}".encode()).decode()}
BEARER = {"Authorization": f"Bearer {OPERATOR}"}


def pages(hosted: Hosted) -> list[str]:
    order = hosted.order()
    hosted.ship(order)
    return [
        *(hosted.path(purpose, order) for purpose in Purpose),
        hosted.path(Purpose.ANSWER, order) + "?v=5",
        "/t/nothing",
        "/operator",
        "/live",
        "/health",
    ]


def test_a_scanner_that_opens_everything_changes_nothing(hosted: Hosted) -> None:
    """GET, HEAD, prefetch, and every link and every form that is found, opened by GET."""
    waiting, seen = pages(hosted), set[str]()
    with hosted.unchanged():
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            for method in ("HEAD", "GET", "OPTIONS"):
                answer = hosted.client.open(
                    path, method=method, headers={"Sec-Purpose": "prefetch"}
                )
                assert answer.status_code < 500
            waiting += found_in(path, hosted.client.get(path).text)
    assert 20 < len(seen)


def found_in(path: str, text: str) -> Iterator[str]:
    """Every address on the page, and every form as a program without care would send it."""
    for url in re.findall(r'(?:href|action)="([^"]*)"', text):
        found = urlsplit(urljoin(path, url.replace("&amp;", "&")))
        if not found.netloc and not found.scheme:
            yield found.geturl()
    fields = re.findall(r'name="([^"]+)" value="([^"]*)"', text)
    if fields:
        yield f"{path.partition('?')[0]}?{'&'.join('='.join(field) for field in fields)}"


def test_head_is_answered_like_get_without_a_body(hosted: Hosted) -> None:
    for path in pages(hosted):
        head, get = hosted.client.head(path), hosted.client.get(path)
        assert (get.status_code, b"") == (head.status_code, head.data)


def test_pages_load_nothing_and_are_not_kept(hosted: Hosted) -> None:
    for path in pages(hosted)[:6]:
        answer = hosted.client.get(path, headers=BASIC)
        style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
        assert style
        digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
        assert {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "X-Robots-Tag": "noindex, nofollow",
        } == {name: value for name, value in answer.headers if name != "Content-Length"}
        assert not re.search(r"<script| style=| on\w+=|<img|<iframe", answer.text)


def test_refused_links_are_told_kindly(hosted: Hosted) -> None:
    order = hosted.order()
    genuine = hosted.path(Purpose.TRACKING, order)
    foreign = Links(["somebody else's key"], base_url="https://x.example", clock=hosted.clock)
    unknown_store = Links(
        ["a key that is only for tests"], base_url="https://x.example", clock=hosted.clock
    )
    for path in (
        genuine[:-1],
        genuine.replace("/t/", "/u/"),
        urlsplit(foreign.make(Purpose.TRACKING, "atelier", order)).path,
        urlsplit(unknown_store.make(Purpose.TRACKING, "elsewhere", order)).path,
    ):
        answer = hosted.client.get(f"{path}?lang=fa")
        assert 404 == answer.status_code
        assert "این پیوند به جایی نمی‌رسد" in answer.text
    hosted.clock.advance(LIFE[Purpose.TRACKING] + timedelta(hours=1))
    answer = hosted.client.get(genuine)
    assert (410, True) == (answer.status_code, "This link is too old" in answer.text)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_where_nothing_is_to_be_sent_nothing_is_taken(hosted: Hosted, method: str) -> None:
    path = hosted.path(Purpose.TRACKING, hosted.order())
    with hosted.unchanged():
        assert 405 == hosted.client.open(path, method=method, data={"x": "1"}).status_code


@pytest.mark.parametrize(
    "path",
    ["//evil.example/t/x", "/t//evil.example", "/t/x/", "/u/../t/x", "/t/x?next=//evil.example"],
)
def test_nobody_is_sent_elsewhere(hosted: Hosted, path: str) -> None:
    answer = hosted.client.get(path)
    assert 404 == answer.status_code
    assert "Location" not in answer.headers


def test_forms_are_limited_by_link_and_address(hosted: Hosted) -> None:
    hosted.site = hosted.new_site(limiter=Limiter(hosted.clock, most=3))
    order, form = hosted.order(), {"rating": "5"}
    first, second = (hosted.path(Purpose.ANSWER, order, detail=one) for one in ("a", "b"))
    sent = [hosted.client.post(first, data=form).status_code for _ in range(5)]
    assert [200, 200, 200, 429, 429] == sent
    refused = hosted.client.post(first, data=form)
    assert ("600", True) == (refused.headers["Retry-After"], "Please wait" in refused.text)
    assert 200 == hosted.client.post(second, data=form).status_code
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert 200 == hosted.client.post(first, data=form, environ_overrides=elsewhere).status_code
    assert 200 == hosted.client.get(first).status_code
    hosted.clock.advance(timedelta(minutes=10))
    assert 200 == hosted.client.post(first, data=form).status_code


def test_guessed_links_are_limited_by_address(hosted: Hosted) -> None:
    hosted.site = hosted.new_site(limiter=Limiter(hosted.clock, most=3))
    tried = [hosted.client.post(f"/u/guess{n}", data={"x": "1"}).status_code for n in range(5)]
    assert [404, 404, 404, 429, 429] == tried


def test_the_limiter_forgets_who_was_not_seen_longest(hosted: Hosted) -> None:
    limiter = Limiter(hosted.clock, most=1, remembered=2)
    assert [None] * 3 == [limiter.wait(name) for name in "abc"]
    assert limiter.wait("c") == timedelta(minutes=10)
    assert limiter.wait("a") is None
    assert 2 == len(limiter._windows)


def test_it_can_be_mounted_below_a_path(hosted: Hosted) -> None:
    app = DispatcherMiddleware(Response("my shop"), {"/hello": hosted.site})
    client = Client(app)
    order = hosted.order()
    for path in (hosted.path(purpose, order) for purpose in Purpose):
        text = client.get(f"/hello{path}").text
        assert '<html lang="en"' in text
        # What is on the page leads to the page, wherever it is mounted.
        assert {"?"} >= {url[:1] for url in re.findall(r'(?:action|href)="([^a-z][^"]*)"', text)}
    stored = client.post(f"/hello{hosted.path(Purpose.ANSWER, order)}", data={"rating": "5"})
    assert 200 == stored.status_code
    assert "my shop" == client.get("/").text


def test_webhooks_and_health_are_answered_beside_the_pages(hosted: Hosted) -> None:
    hosted.store.place(ADA, GOODS)
    webhook = hosted.store.take()[0]
    answer = hosted.client.post(
        "/webhooks/atelier", data=webhook.body, headers=dict(webhook.headers)
    )
    assert (200, "absorbed") == (answer.status_code, answer.text)
    assert "ok" == hosted.client.get("/live").text
    assert "atelier" not in hosted.client.get("/health").text


def test_a_database_that_is_away_is_told_kindly(hosted: Hosted) -> None:
    path = hosted.path(Purpose.TRACKING, hosted.order())
    hosted.link._database._engine.dispose()
    hosted.file.rename(hosted.file.with_suffix(".away"))
    hosted.file.mkdir()
    answer = hosted.client.get(path)
    assert (503, "10") == (answer.status_code, answer.headers["Retry-After"])
    assert "Nothing is lost" in answer.text


@pytest.mark.parametrize("purpose", [Purpose.PREFERENCES, Purpose.ANSWER])
def test_a_form_that_breaks_off_is_400_and_changes_nothing(
    hosted: Hosted, purpose: Purpose
) -> None:
    address = hosted.path(purpose, hosted.order())
    with hosted.unchanged():
        answer = hosted.client.post(
            address,
            input_stream=io.BytesIO(b"rating=5&action=refuse"),
            environ_overrides={"CONTENT_LENGTH": "400"},
            content_type="application/x-www-form-urlencoded",
        )
    assert 400 == answer.status_code


def test_without_links_there_is_no_site(hosted: Hosted) -> None:
    with pytest.raises(ConfigError, match="set site_url"):
        Site(hosted.link, hosted.link.links)


# -- the operator's page ------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_the_operators_page_only_looks(hosted: Hosted, method: str) -> None:
    with hosted.unchanged():
        answer = hosted.client.open(
            "/operator?order=1001", method=method, headers=BASIC, data={"store": "atelier"}
        )
    assert 405 == answer.status_code


def test_the_operators_page_is_off_without_a_password(hosted: Hosted) -> None:
    hosted.site = hosted.new_site(operator=None)
    assert 404 == hosted.client.get("/operator", headers=BASIC).status_code


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic " + base64.b64encode(b"me:wrong password").decode()},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Digest x"},
    ],
)
def test_nobody_sees_it_without_the_password(hosted: Hosted, headers: dict[str, str]) -> None:
    answer = hosted.client.get("/operator", headers=headers)
    assert 401 == answer.status_code
    assert "atelier" not in answer.text.lower()


def test_the_password_cannot_be_tried_out(hosted: Hosted) -> None:
    hosted.site = hosted.new_site(limiter=Limiter(hosted.clock, most=3))
    tried = [hosted.client.get("/operator").status_code for _ in range(5)]
    assert [401, 401, 401, 429, 429] == tried
    assert 429 == hosted.client.get("/operator", headers=BASIC).status_code, "nothing is told"


def test_who_knows_the_password_is_not_counted(hosted: Hosted) -> None:
    hosted.site = hosted.new_site(limiter=Limiter(hosted.clock, most=3))
    tried = [hosted.client.get("/operator", headers=BASIC).status_code for _ in range(5)]
    assert [200] * 5 == tried


@pytest.mark.parametrize("headers", [BASIC, BEARER])
def test_the_operator_sees_how_the_work_goes_on(hosted: Hosted, headers: dict[str, str]) -> None:
    hosted.order()
    answer = hosted.client.get("/operator?store=atelier&order=%231001", headers=headers)
    assert 200 == answer.status_code
    assert "Status: ok." in answer.text
    assert "Order #1001 (atelier): open, paid" in answer.text
    for private in ("Ada", "Lovelace", "ada@example.com", "4915112345678"):
        assert private not in answer.text


def test_an_order_that_is_not_known_is_said_to_be_so(hosted: Hosted) -> None:
    for query in ("store=atelier&order=<b>", "store=nowhere&order=1"):
        answer = hosted.client.get(f"/operator?{query}", headers=BASIC)
        assert "No such order is known." in answer.text
        assert "<b></h3>" not in answer.text


def test_a_short_password_is_refused(hosted: Hosted) -> None:
    with pytest.raises(ConfigError, match="password"):
        hosted.new_site(operator="secret")
