from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from shop_server import Call, Hours, Said, Server, serving

from storelink.errors import (
    AccessDenied,
    ConfigError,
    NotFound,
    StoreUnavailable,
    Throttled,
    WriteInDoubt,
    WriteRefused,
)
from storelink.models import Kind
from storelink_shopify import Shopify
from storelink_shopify.client import Client

TOKEN = "shpat-secret"
ALL = ("read_orders", "read_customers", "read_products", "read_returns")


def cost(available: float = 1000.0, requested: float = 10) -> dict[str, Any]:
    status = {"maximumAvailable": 2000.0, "currentlyAvailable": available, "restoreRate": 100.0}
    told = {"requestedQueryCost": requested, "actualQueryCost": 5, "throttleStatus": status}
    return {"extensions": {"cost": told}}


def granted(*handles: str) -> Said:
    scopes = [{"handle": handle} for handle in handles]
    return Said({"data": {"currentAppInstallation": {"accessScopes": scopes}}, **cost()})


def failing(code: str, data: Any = None, **more: Any) -> Said:
    extensions = {"code": code, **more.pop("extensions", {})}
    error = {"message": more.pop("message", code), "extensions": extensions, **more}
    return Said({"errors": [error], **({} if data is None else {"data": data}), **cost()})


class Shop:
    """A server that says, for each operation, the next of the answers it was given."""

    def __init__(self, scopes: tuple[str, ...] = ALL) -> None:
        self.scopes = scopes
        self.answers: list[Said | None] = []

    def __call__(self, call: Call) -> Said | None:
        if "query AccessScopes" in call.json["query"]:
            return granted(*self.scopes)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def server(shop: Shop) -> Iterator[Server]:
    with serving(shop) as running:
        yield running


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
def connect(server: Server, hours: Hours) -> Callable[..., Client]:
    def client(**options: Any) -> Client:
        given = {"access_token": TOKEN, "base_url": server.url, **options}
        return Shopify(shop="acme", webhook_secret="hush", wire=hours.wire, **given).client

    return client


@pytest.fixture
def client(connect: Callable[..., Client]) -> Client:
    return connect()


def sent(server: Server, which: int = -1) -> dict[str, Any]:
    return server.queries[which].json["variables"]


PRODUCTS = {"products": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}


# -- reading -----------------------------------------------------------------------------------


def test_a_document_is_sent_with_its_fragments_and_the_token(client, shop, server):
    shop.answers = [Said({"data": {"order": None}, **cost()})]
    assert {"order": None} == client.query("order", {"id": "gid://shopify/Order/1"})
    call = server.queries[-1]
    assert "/admin/api/2026-10/graphql.json" == call.path
    assert TOKEN == call.headers["x-shopify-access-token"]
    assert "gid://shopify/Order/1" == call.json["variables"]["id"]
    assert "query OrderById" in call.json["query"]
    assert "fragment MoneyFields on MoneyBag" in call.json["query"]


def test_one_connection_serves_many_calls(client, shop, server):
    """A new TLS connection for each call would take longer than the call."""
    shop.answers = [Said({"data": PRODUCTS, **cost()})]
    for _ in range(5):
        client.page("product_ids", first=5)
    assert 5 == len(server.calls)
    assert 1 == len({one.port for one in server.calls})


@pytest.mark.parametrize(
    "answer",
    [
        Said(b"out of order", 500),
        Said(b"<html>bad gateway</html>", 502, {"Content-Type": "text/html"}),
        Said({"errors": "busy"}, 429, {"Retry-After": "2.0"}),
        Said({"errors": "suspicious"}, 430),
        failing("INTERNAL_SERVER_ERROR"),
        failing("THROTTLED"),
        Said({"data": PRODUCTS}, cut=10),
        Said(b'{"data": {"produ'),
        None,
    ],
    ids=["500", "502", "429", "430", "internal", "throttled", "cut", "half", "hung up"],
)
def test_a_read_is_repeated_after_what_passes(client, shop, server, answer):
    shop.answers = [answer, answer, Said({"data": PRODUCTS, **cost()})]
    assert PRODUCTS == client.page("product_ids", first=5)
    assert 3 == len(server.queries)


def test_a_shop_that_stays_out_of_order_is_given_up(client, shop, server):
    shop.answers = [Said(b"out of order", 503)]
    with pytest.raises(StoreUnavailable, match="503"):
        client.page("product_ids", first=5)
    assert 5 == len(server.queries)


def test_a_refused_connection_is_told_without_the_address(hours):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
    options = {"access_token": TOKEN, "base_url": f"http://127.0.0.1:{port}"}
    client = Shopify(shop="acme", webhook_secret="s", wire=hours.wire, **options).client
    with pytest.raises(StoreUnavailable) as caught:
        client.scopes()
    assert TOKEN not in str(caught.value)
    assert 4 == len([nap for nap in hours.slept if nap > 0.2])


def test_as_long_as_the_server_asks_is_waited(client, shop, hours):
    shop.answers = [Said({"errors": "busy"}, 429, {"Retry-After": "7.5"}), Said({"data": PRODUCTS})]
    client.page("product_ids", first=5)
    assert 7.5 <= max(hours.slept) < 8


def test_a_page_that_costs_too_much_is_halved_and_the_size_remembered(client, shop, server):
    more = {"cost": 2200, "maxCost": 1000}
    too_much = failing("MAX_COST_EXCEEDED", extensions=more)
    shop.answers = [too_much, too_much, Said({"data": PRODUCTS, **cost()})]
    client.page("product_ids", first=100)
    client.page("product_ids", first=100)
    client.page("product_ids", first=10)
    assert [100, 50, 25, 25, 10] == [one.json["variables"]["first"] for one in server.queries]


def test_a_redirect_is_not_followed_with_the_token(client, shop, server):
    shop.answers = [Said(b"", 302, {"Location": f"{server.url}/elsewhere"})]
    with pytest.raises(Exception, match="redirects"):
        client.page("product_ids", first=5)
    assert ["/admin/api/2026-10/graphql.json"] == [one.path for one in server.calls]


# -- rights ------------------------------------------------------------------------------------


def test_what_no_right_was_granted_for_is_not_asked_for(connect, shop, server):
    """A denied field that must not be null would take the whole answer with it."""
    shop.scopes = ("read_orders", "write_products")
    shop.answers = [Said({"data": {"order": None}})]
    connect().query("order", {"id": "1"})
    gates = {name: value for name, value in sent(server).items() if name.startswith("with")}
    assert {
        "withCustomer": False,
        "withProduct": True,  # writing includes reading
        "withReturns": False,
        "withStatusUrl": True,
    } == gates


def test_the_rights_are_asked_for_once_in_a_while(client, shop, server, hours):
    shop.answers = [Said({"data": {"order": None}})]
    client.query("order", {"id": "1"})
    client.query("order", {"id": "2"})
    assert 3 == len(server.queries)
    hours.sleep(3600)
    client.query("order", {"id": "3"})
    assert 5 == len(server.queries)


def denial(path: list[Any], message: str = "Access denied", **extensions: Any) -> dict[str, Any]:
    told = {"code": "ACCESS_DENIED", **extensions}
    return {"message": message, "path": path, "extensions": told}


NOT_APPROVED = "This app is not approved to use the statusPageUrl field."


def test_a_field_that_is_denied_nevertheless_is_left_out_the_next_time(
    client, shop, server, hours, caplog
):
    """No list of rights tells for which protected customer data an app is approved."""
    denied = {"data": None, "errors": [denial(["order", "statusPageUrl"], NOT_APPROVED)]}
    shop.answers = [Said(denied), Said({"data": {"order": {"id": "1"}}})]
    assert {"order": {"id": "1"}} == client.query("order", {"id": "1"})
    assert False is sent(server)["withStatusUrl"]
    assert {"statusPageUrl": "protected customer data"} == client.denied
    assert "not approved" in caplog.text
    client.query("order", {"id": "2"})
    assert False is sent(server)["withStatusUrl"]
    hours.sleep(4000)  # it may have been approved meanwhile
    client.query("order", {"id": "3"})
    assert True is sent(server)["withStatusUrl"]


def test_a_denied_field_is_left_out_and_not_empty(client, shop):
    """Empty would mean that the order has none; what is left out leaves alone what is known."""
    order = {"id": "1", "email": None, "customer": {"id": "2", "defaultEmailAddress": None}}
    denied = [
        denial(["order", "email"], "This app is not approved to use the email field."),
        denial(["order", "customer", "defaultEmailAddress", "emailAddress"], "Not approved"),
    ]
    shop.answers = [Said({"data": {"order": order}, "errors": denied})]
    told = client.query("order", {"id": "1"})
    assert {"order": {"id": "1", "customer": {"id": "2"}}} == told
    assert {"email", "defaultEmailAddress"} == set(client.denied)


def test_a_right_that_is_missing_for_everything_is_named(client, shop):
    access = "`read_products` access scope."
    denied = denial(["products"], "Access denied for products field.", requiredAccess=access)
    shop.answers = [Said({"data": None, "errors": [denied]})]
    with pytest.raises(AccessDenied, match="read_products") as caught:
        client.page("product_ids", first=5)
    assert "read_products" == caught.value.needs


# -- writing -----------------------------------------------------------------------------------

TAGS = {"id": "gid://shopify/Customer/1", "tags": ["regular"]}


def tagged(*errors: dict[str, Any]) -> Said:
    return Said({"data": {"tagsAdd": {"node": {"id": TAGS["id"]}, "userErrors": list(errors)}}})


def test_a_write_gives_what_its_root_field_holds(client, shop):
    shop.answers = [tagged()]
    assert TAGS["id"] == client.mutate("tags_add", TAGS, answer="tagsAdd")["node"]["id"]


def test_a_write_that_is_refused_tells_the_code_and_no_personal_data(client, shop):
    said = {"message": "maya@example.org is taken", "code": "TAKEN", "field": ["input", "email"]}
    shop.answers = [tagged(said)]
    with pytest.raises(WriteRefused, match=r"input\.email") as caught:
        client.mutate("tags_add", TAGS, answer="tagsAdd")
    assert "TAKEN" == caught.value.code
    assert "maya" not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [Said({"errors": "busy"}, 429), failing("THROTTLED")],
    ids=["429", "throttled"],
)
def test_a_write_that_was_surely_not_executed_is_repeated(client, shop, server, answer):
    shop.answers = [answer, answer, tagged()]
    client.mutate("tags_add", TAGS, answer="tagsAdd")
    assert 3 == len(server.queries)


@pytest.mark.parametrize(
    "answer",
    [None, Said(b"", 502), failing("INTERNAL_SERVER_ERROR"), Said(b"{}", cut=1)],
    ids=["hung up", "502", "internal", "cut"],
)
def test_a_write_whose_answer_was_lost_is_not_repeated(client, shop, server, answer):
    shop.answers = [answer]
    with pytest.raises(WriteInDoubt, match="tags_add"):
        client.mutate("tags_add", TAGS, answer="tagsAdd")
    assert 1 == len(server.queries)


def test_a_write_of_which_only_the_answer_was_denied_may_have_been_executed(client, shop, server):
    below = denial(["tagsAdd", "node"], requiredAccess="`read_customers` access scope.")
    shop.answers = [Said({"data": {"tagsAdd": None}, "errors": [below]})]
    with pytest.raises(WriteInDoubt, match="read_customers"):
        client.mutate("tags_add", TAGS, answer="tagsAdd")
    itself = denial(["tagsAdd"], requiredAccess="`write_customers` access scope.")
    shop.answers = [Said({"data": {"tagsAdd": None}, "errors": [itself]})]
    with pytest.raises(AccessDenied, match="write_customers"):
        client.mutate("tags_add", TAGS, answer="tagsAdd")


def test_a_write_of_which_shopify_takes_no_part_is_refused(client, shop):
    """An id that cannot be, or a value that this version of the API does not know."""
    shop.answers = [failing("INVALID_VARIABLE", message="Variable $id was provided invalid value")]
    with pytest.raises(WriteRefused) as caught:
        client.mutate("tags_add", TAGS, answer="tagsAdd")
    assert "INVALID_VARIABLE" == caught.value.code


def test_a_write_that_failed_only_below_its_root_may_have_been_executed(client, shop):
    shop.answers = [failing("OTHER", data={"tagsAdd": None}, path=["tagsAdd", "node"])]
    with pytest.raises(WriteInDoubt):
        client.mutate("tags_add", TAGS, answer="tagsAdd")


def test_a_write_that_does_no_harm_twice_is_repeated_when_its_answer_was_lost(client, shop, server):
    shop.answers = [None, Said(b"", 502), tagged()]
    client.mutate("tags_add", TAGS, answer="tagsAdd", repeatable=True)
    assert 3 == len(server.queries)


@pytest.mark.parametrize(
    ("rights", "kind", "expected"),
    [
        (("read_orders",), Kind.ORDER, timedelta(days=60)),
        (("read_orders",), Kind.CUSTOMER, None),
        (("read_orders", "read_all_orders"), Kind.ORDER, None),
    ],
)
def test_orders_are_seen_for_sixty_days_unless_all_may_be_read(
    server, shop, hours, rights, kind, expected
):
    shop.scopes = rights
    store = Shopify(
        shop="acme", webhook_secret="s", access_token="t", base_url=server.url, wire=hours.wire
    )
    since = store.shown_since(kind, hours.now())
    assert expected == (since and hours.now() - since)


def test_a_write_that_found_no_connection_is_repeated_and_then_simply_failed(hours):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
    options = {"access_token": TOKEN, "base_url": f"http://127.0.0.1:{port}"}
    client = Shopify(shop="acme", webhook_secret="s", wire=hours.wire, **options).client
    with pytest.raises(StoreUnavailable):
        client.mutate("tags_add", TAGS, answer="tagsAdd")
    assert 4 == len([nap for nap in hours.slept if nap > 0.2])


# -- versions ----------------------------------------------------------------------------------


def test_an_older_version_gets_its_own_fragments(connect, shop, server):
    shop.answers = [Said({"data": {"customer": None}})]
    for version, field in (("2026-07", "marketingCollectedFrom"), ("2026-10", "collectedFrom")):
        connect(api_version=version).query("customer", {"id": "1"})
        assert f"/admin/api/{version}/graphql.json" == server.queries[-1].path
        assert f" {field} " in server.queries[-1].json["query"].replace("\n", " ")


def test_a_version_that_fell_forward_is_said_once(client, shop, caplog):
    """Shopify answers with another version, and says so in a header only."""
    headers = {"X-Shopify-API-Version": "2027-01"}
    shop.answers = [Said({"data": PRODUCTS}, headers=headers)]
    for _ in range(3):
        client.page("product_ids", first=5)
    said = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert ["Shopify acme.myshopify.com: 2026-10 was asked, 2027-01 answers; set api_version"] == (
        said
    )
    assert "2027-01" == client.answered_version


def test_what_will_go_away_is_said_once(client, shop, caplog):
    headers = {"X-Shopify-API-Deprecated-Reason": "https://shopify.dev/changes"}
    shop.answers = [Said({"data": PRODUCTS}, headers=headers)]
    for _ in range(3):
        client.page("product_ids", first=5)
    assert 1 == caplog.text.count("https://shopify.dev/changes")


# -- files -------------------------------------------------------------------------------------


def test_a_download_goes_on_where_it_broke_off_and_carries_no_token(client, shop, server, tmp_path):
    whole = b'{"id":1}\n' * 30_000

    def answer(call: Call) -> Said:
        start = int(call.headers.get("range", "bytes=0-")[6:-1])
        part = whole[start:]
        status = 206 if start else 200
        return Said(part, status, cut=150_000 if len(part) > 150_000 else None)

    server.answer = answer
    client.download(f"{server.url}/result.jsonl", tmp_path / "result.jsonl")
    assert whole == (tmp_path / "result.jsonl").read_bytes()
    assert [None, "bytes=131072-"] == [one.headers.get("range") for one in server.calls]
    assert [] == [one for one in server.calls if TOKEN in json.dumps(dict(one.headers))]


def test_a_download_whose_address_expired_is_not_found(client, server, tmp_path):
    server.answer = lambda call: Said(b"<Error>ExpiredToken</Error>", 403)
    with pytest.raises(NotFound):
        client.download(f"{server.url}/result.jsonl", tmp_path / "result.jsonl")
    assert 1 == len(server.calls)


def test_a_complete_download_is_left_alone(client, server, tmp_path):
    server.answer = lambda call: Said(b"", 416)
    (tmp_path / "result.jsonl").write_bytes(b"all")
    client.download(f"{server.url}/result.jsonl", tmp_path / "result.jsonl")
    assert b"all" == (tmp_path / "result.jsonl").read_bytes()


def test_a_store_without_a_token_says_how_to_get_one(connect, server):
    with pytest.raises(AccessDenied, match="storelink connect shopify"):
        connect(access_token=None).scopes()
    assert [] == server.calls


def test_too_long_a_wait_is_left_to_a_later_run(client, shop, server):
    shop.answers = [Said({"errors": "busy"}, 429, {"Retry-After": "3600"})]
    with pytest.raises(Throttled) as caught:
        client.page("product_ids", first=5)
    assert 3600 == caught.value.after.total_seconds()
    assert 1 == len(server.queries)


@pytest.mark.parametrize("given", ["shop.example", "https://a.example/path", "ftp://a.example"])
def test_a_base_url_is_an_address_without_a_path(given):
    with pytest.raises(ConfigError, match="base_url"):
        Shopify(shop="acme", webhook_secret="s", base_url=given)


def test_the_shop_itself_is_asked_unless_told_otherwise():
    store = Shopify(shop="acme", webhook_secret="s")
    assert "https://acme.myshopify.com" == store.settings.address
    assert "2026-10" == store.settings.api_version
