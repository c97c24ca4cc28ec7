"""`storelink check` names the fault of each misconfiguration, with its remedy.

The list is the one in docs/how-to/check.md.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from storelink import Storelink, plugins
from storelink.contracts.finding import Level
from storelink.contracts.sandbox import Item, Sandbox
from storelink.models import Contact, Money
from storelink.storage import Database
from storelink.testing import FrozenClock
from storelink.testing.mailserver import MailServer
from storelink.toolkit.http import Wire
from storelink.toolkit.serving import served
from storelink.web import Endpoint
from storelink_email import Email
from storelink_shopify.sandbox.access import ALL_DATA, EVERY_SCOPE
from storelink_woocommerce.sandbox.oddities import Oddities
from storelink_woocommerce.sandbox.server import KEY

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "check.md"


@dataclass(frozen=True, slots=True)
class Wrong:
    """One misconfiguration.

    Attributes:
        code: what the finding has to say.
        sandbox: options of the sandbox.
        adapter: changes the adapter's options.
        link: changes the options of `Storelink`.
        then: what happens after everything was well.
        level: how bad it is.
    """

    code: str
    platform: str
    sandbox: dict[str, Any] = field(default_factory=dict)
    adapter: Callable[[dict[str, Any]], dict[str, Any]] = lambda options: options
    link: dict[str, Any] = field(default_factory=dict)
    then: Callable[[Sandbox, Storelink, FrozenClock], None] = lambda sandbox, link, clock: None
    clock_is_wrong_by: timedelta = timedelta()
    level: Level = Level.FAULT


def given(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Change options of the adapter."""
    return lambda options: {**options, **changes}


def disabled(sandbox: Sandbox, link: Storelink, clock: FrozenClock) -> None:
    """Let nobody answer webhooks until the platform gives up."""
    for subscription in link.webhooks("shop"):
        link._stores["shop"].unsubscribe(subscription.id)


def doubled(sandbox: Sandbox, link: Storelink, clock: FrozenClock) -> None:
    """Let somebody subscribe at another address of ours, too."""
    adapter = link._stores["shop"]
    adapter.subscribe(adapter.topics({*adapter.manifest.lists})[0], "https://old.example/hook")


def uninstalled(sandbox: Sandbox, link: Storelink, clock: FrozenClock) -> None:
    """Let the shop take the app off."""
    sandbox.store.uninstall()  # type: ignore[attr-defined]
    for webhook in sandbox.store.take():
        with suppress(LookupError):
            link.receive("shop", headers=webhook.headers, body=webhook.body)


def long_ago(sandbox: Sandbox, link: Storelink, clock: FrozenClock) -> None:
    """Let nobody sweep for a day."""
    clock.advance(timedelta(days=1))


def bought(sandbox: Sandbox, link: Storelink, clock: FrozenClock) -> None:
    """Let somebody buy something."""
    buyer = Contact(email="ada@example.com", first_name="Ada", last_name="Byron")
    sandbox.store.place(buyer, [Item("Mug", Money("12.00", "EUR"))])


def odd(**what: Any) -> dict[str, Any]:
    """Let the WordPress site be odd."""
    return {"oddities": Oddities(**what)}


WRONG = {
    "a consumer key that does not exist": Wrong(
        "key-refused", "woocommerce", adapter=given(consumer_key="ck_" + "0" * 40)
    ),
    "a wrong consumer secret": Wrong(
        "key-refused", "woocommerce", adapter=given(consumer_secret="cs_" + "0" * 40)
    ),
    "a key that may only read": Wrong(
        "key-cannot-write",
        "woocommerce",
        sandbox={"keys": (replace(KEY, permissions="read"),)},
    ),
    "a redirect that drops the credentials": Wrong(
        "redirected", "woocommerce", sandbox=odd(redirect_to="https://www.shop.example")
    ),
    "a security plugin": Wrong("blocked", "woocommerce", sandbox=odd(blocked=True)),
    "a site under maintenance": Wrong("maintenance", "woocommerce", sandbox=odd(maintenance=True)),
    "an address where no shop is": Wrong(
        "store-not-found", "woocommerce", adapter=lambda told: {**told, "url": nobody_there()}
    ),
    "no credentials for the shop": Wrong(
        "no-credentials",
        "woocommerce",
        adapter=lambda told: {k: v for k, v in told.items() if "consumer" not in k},
    ),
    "a token that is void": Wrong(
        "token-refused", "shopify", adapter=given(access_token="shpat_0")
    ),
    "a scope that was not granted": Wrong(
        "scope-missing",
        "shopify",
        sandbox={"scopes": EVERY_SCOPE - {"read_orders", "write_orders"}},
    ),
    "only sixty days of orders": Wrong(
        "orders-60-days",
        "shopify",
        sandbox={"scopes": EVERY_SCOPE - {"read_all_orders"}},
        level=Level.WARNING,
    ),
    "customer data that was not approved": Wrong(
        "protected-data",
        "shopify",
        sandbox={"approved": ALL_DATA - {"email", "name"}},
        then=bought,
    ),
    "a version of the API that is over": Wrong(
        "version-unsupported",
        "shopify",
        adapter=given(api_version="2025-01"),
        level=Level.WARNING,
    ),
    "an app that was taken off": Wrong("uninstalled", "shopify", then=uninstalled),
    "a clock that is wrong": Wrong(
        "clock-skew", "shopify", clock_is_wrong_by=timedelta(minutes=20)
    ),
    "webhooks that are missing": Wrong("webhooks-missing", "woocommerce", then=disabled),
    "webhooks to an old address": Wrong("webhooks-wrong-address", "shopify", then=doubled),
    "no secret for webhooks": Wrong(
        "no-webhook-secret",
        "woocommerce",
        adapter=lambda told: {k: v for k, v in told.items() if k != "webhook_secret"},
        level=Level.WARNING,
    ),
    "no address for webhooks": Wrong(
        "no-webhook-address", "shopify", link={"webhook_url": None}, level=Level.WARNING
    ),
    "an address for webhooks without https": Wrong(
        "webhook-address-not-https",
        "woocommerce",
        link={"webhook_url": "http://storelink.invalid/webhooks/{store}"},
    ),
    "an address where nobody takes webhooks": Wrong(
        "webhook-address-unreachable",
        "shopify",
        link={"webhook_url": "https://storelink.invalid/webhooks/{store}"},
    ),
    "nobody sweeps": Wrong("not-swept", "shopify", then=long_ago, level=Level.WARNING),
    "a mail server that is not there": Wrong(
        "smtp-unreachable", "shopify", link={"channels": ["smtp+plain://127.0.0.1:9"]}
    ),
    "no channel": Wrong("no-channel", "woocommerce", link={"channels": []}),
}


def nobody_there() -> str:
    """Return an address that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@contextmanager
def town(wrong: Wrong, path: Path) -> Iterator[tuple[Sandbox, Storelink, FrozenClock]]:
    """Set everything up, but for what is wrong."""
    now = datetime.now(UTC)
    clock, theirs = FrozenClock(now + wrong.clock_is_wrong_by), FrozenClock(now)
    build = plugins.store(wrong.platform).sandbox
    assert build is not None
    door: list[Endpoint] = []
    with (
        MailServer() as mails,
        build(clock=theirs, **wrong.sandbox) as sandbox,
        served(lambda environ, start: door[0](environ, start)) as url,  # noqa: PLW0108  comes later
    ):
        wire = Wire(sleep=lambda seconds: None, attempts=2)
        options = wrong.adapter(dict(sandbox.options))
        adapter = plugins.store(wrong.platform).factory(**options, wire=wire)
        given = {"webhook_url": f"{url}/webhooks/{{store}}", "channels": [mails.url], **wrong.link}
        channels = [Email(one, sender="shop@example.com") for one in given.pop("channels")]
        database = f"sqlite:///{path / 'link.db'}"
        stores = {"shop": adapter}
        with Storelink(database, stores=stores, channels=channels, clock=clock, **given) as link:
            door.append(Endpoint(link))
            yield sandbox, link, clock


def found(link: Storelink) -> list[tuple[str, Level]]:
    findings = [one.finding for one in link.check()]
    assert all(one.detail for one in findings)
    assert all(one.remedy for one in findings if one.level is not Level.OK)
    return [(one.code, one.level) for one in findings if one.level is not Level.OK]


LOCAL = ("webhook-address-local", Level.WARNING)
"""The endpoint of these tests is on this machine, and so are the shops, without https."""


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_a_set_up_without_mistakes_has_no_fault(platform: str, tmp_path: Path) -> None:
    with town(Wrong("", platform), tmp_path) as (_, link, _clock):
        link.sweep("shop")
        faults = [code for code, level in found(link) if level is Level.FAULT]
        assert [] == faults


@pytest.mark.parametrize("name", WRONG)
def test_each_mistake_is_named(name: str, tmp_path: Path) -> None:
    wrong = WRONG[name]
    with town(wrong, tmp_path) as (sandbox, link, clock):
        link.sweep("shop")
        assert (wrong.code, wrong.level) in found_after(wrong, sandbox, link, clock)


def found_after(
    wrong: Wrong, sandbox: Sandbox, link: Storelink, clock: FrozenClock
) -> list[tuple[str, Level]]:
    wrong.then(sandbox, link, clock)
    return found(link)


def test_wrong_mail_credentials_are_named(tmp_path: Path) -> None:
    with MailServer(credentials=("ada", "right")) as mails:
        url = mails.url.replace("://", "://ada:wrong@")
        (finding,) = Email(url, sender="shop@example.com").check(FrozenClock().now())
    assert ("smtp-credentials", Level.FAULT) == (finding.code, finding.level)
    assert "wrong" not in finding.detail


def test_a_database_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with town(Wrong("", "shopify"), tmp_path) as (_, link, _clock):

        def broken(self: Database, **options: Any) -> Any:
            raise OSError("disk full")

        monkeypatch.setattr(Database, "write", broken)
        first = next(iter(link.check()))
    assert ("database", Level.FAULT) == (first.of, first.finding.level)


def test_the_documentation_lists_them_all() -> None:
    listed = set(re.findall(r"^\| `([a-z0-9-]+)`", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert {one.code for one in WRONG.values()} - {""} <= listed
