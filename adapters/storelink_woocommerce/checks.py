"""What `storelink check` looks at in a WooCommerce shop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from storelink.contracts.finding import Finding
from storelink.errors import ConfigError
from storelink_woocommerce.answers import MAKE_A_KEY
from storelink_woocommerce.client import Client
from storelink_woocommerce.trouble import KEY_REFUSED, Answer, Trouble

OLDEST = 8
"""The first version of WooCommerce that storelink is made for."""

UNUSUAL = timedelta(minutes=2)
REFUSED = timedelta(minutes=15)
"""A signature over plain http is refused from here on (`check_oauth_timestamp_and_nonce`)."""

_LOCAL = {"localhost", "127.0.0.1", "::1"}


def check(client: Callable[[], Client], url: str, now: datetime) -> Iterator[Finding]:
    """Look at one shop, as far as it answers. Nothing in the shop is changed.

    Args:
        client: builds what asks the shop.
        url: the address of the shop.
        now: the present instant.
    """
    try:
        shop = client()
    except ConfigError as error:  # a missing package, too
        yield Finding.fault("credentials", "no-credentials", str(error), MAKE_A_KEY)
        return
    root = shop.ask("GET", "", {"_fields": "namespaces"}, namespace="")
    yield from _address(shop, url, root)
    yield from _clock(url, root.headers, now)
    if isinstance(root, Trouble) and not root.from_api:
        return
    reading = shop.ask("GET", "orders", {"per_page": 1, "_fields": "id"})
    if isinstance(reading, Trouble):
        yield _fault("credentials", reading)
        if reading.code != "key-cannot-read":
            return
    else:
        yield Finding.ok("credentials", "the key may read orders")
    yield _writing(shop)
    yield from _server(shop)
    yield _version(shop)


def _address(shop: Client, url: str, root: Answer | Trouble) -> Iterator[Finding]:
    if isinstance(root, Trouble):
        yield _fault("address", root)
        return
    spaces = root.data.get("namespaces") if isinstance(root.data, Mapping) else None
    if not isinstance(spaces, list):
        yield Finding.fault(
            "address",
            "not-the-api",
            "JSON is answered, but not by WordPress",
            "set url to the address of WordPress with its sub-directory, if it has one",
        )
    elif not any(str(space).startswith("wc/") for space in spaces):
        yield Finding.fault(
            "address",
            "not-woocommerce",
            "WordPress answers, and WooCommerce is not active",
            "activate WooCommerce under Plugins, or let the plugin that hides its routes pass them",
        )
    else:
        yield Finding.ok("address", "WooCommerce's REST API answers")
    yield from _scheme(url)
    if shop.mode.plain:
        yield Finding.warning(
            "permalinks",
            "plain-permalinks",
            "the shop has plain permalinks; it is asked by ?rest_route=",
            "choose another structure under Settings > Permalinks, for example Post name",
        )


def _scheme(url: str) -> Iterable[Finding]:
    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname in _LOCAL:
        return ()
    return (
        Finding.warning(
            "address",
            "not-https",
            "the shop is asked over plain http: others on the way can read its orders",
            "get a certificate for the shop, and set url to its https address",
        ),
    )


def _clock(url: str, headers: Mapping[str, str], now: datetime) -> Iterable[Finding]:
    try:
        told = parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return
    ahead = (told if told.tzinfo else told.replace(tzinfo=UTC)) - now
    if abs(ahead) < UNUSUAL:
        yield Finding.ok("clock", "the shop's clock and this one agree")
        return
    what = f"the shop's clock is {abs(ahead)} {'ahead' if ahead > timedelta() else 'behind'}"
    remedy = "let both machines set their clocks by NTP"
    level = Finding.warning
    if abs(ahead) >= REFUSED and urlsplit(url).scheme == "http":
        level, what = Finding.fault, f"{what}: it refuses signatures over plain http"
    yield level("clock", "clock-skew", what, remedy)


def _writing(shop: Client) -> Finding:
    """Try the right to write with a batch of nothing, which changes nothing.

    The key's right is looked at before the batch is (`check_user_permissions`), and so is the
    user's (`batch_items_permissions_check`).
    """
    told = shop.ask("POST", "orders/batch", json={})
    if not isinstance(told, Trouble):
        return Finding.ok("rights", "the key may write")
    if told.code != KEY_REFUSED:
        return _fault("rights", told)
    # The key was good enough to read: what a shop of another language says is about the right.
    return Finding.fault(
        "rights",
        "key-cannot-write",
        "the key may read and not write: no webhooks, coupons, notes, returns",
        f"give it Read/Write, or {MAKE_A_KEY}",
    )


def _server(shop: Client) -> Iterable[Finding]:
    if shop.mode.query_auth:
        yield Finding.warning(
            "credentials",
            "header-dropped",
            "the key goes into the address, where server logs keep it",
            "let the web server pass the Authorization header on to PHP (Apache: CGIPassAuth on)",
        )
    if shop.mode.signed_for:
        yield Finding.warning(
            "address",
            "other-address",
            f"WordPress believes to be at {shop.mode.signed_for}, and wants signatures for that",
            "set url to the Site Address under Settings > General; let a proxy tell WordPress of "
            "https (X-Forwarded-Proto)",
        )


def _version(shop: Client) -> Finding:
    # Only the field that is asked for: the whole status makes the shop call other servers.
    told = shop.ask("GET", "system_status", {"_fields": "environment.version"})
    if isinstance(told, Trouble):
        return Finding.ok("version", "the key's user may not see it")
    text = _text(told.data)
    major = text.partition(".")[0]
    if not major.isdecimal():
        return Finding.ok("version", "the shop does not say it")
    if int(major) >= OLDEST:
        return Finding.ok("version", f"WooCommerce {text}")
    return Finding.warning(
        "version", "old-version", f"WooCommerce {text} is not tested", "update the plugin"
    )


def _text(data: Any) -> str:
    environment = data.get("environment") if isinstance(data, Mapping) else None
    version = environment.get("version") if isinstance(environment, Mapping) else None
    return version[:20] if isinstance(version, str) else ""


def _fault(about: str, trouble: Trouble) -> Finding:
    remedy = trouble.remedy or "look into the shop's logs"
    return Finding.fault(about, trouble.code, trouble.detail, remedy)
