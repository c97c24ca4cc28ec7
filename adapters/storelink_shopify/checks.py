"""What `storelink check` finds out about a Shopify store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from storelink.contracts.finding import Finding
from storelink.errors import StorelinkError
from storelink_shopify import documents, scopes
from storelink_shopify.answers import PROTECTED, part
from storelink_shopify.client import Client
from storelink_shopify.settings import ShopifySettings

UNUSUAL, WRONG = timedelta(minutes=1), timedelta(minutes=5)
"""How far clocks may differ until it is unusual, and until it is wrong."""

_REMEDIES: Mapping[str, tuple[str, str]] = {
    "shop-not-found": ("shop", "write the shop's own domain, the one that ends in .myshopify.com"),
    "redirected": ("shop", "write the shop's own domain, not the one that customers see"),
    "not-the-api": ("shop", "correct shop and base_url; base_url is not needed for a real shop"),
    "unreachable": ("shop", "look at the network, the proxy, and base_url; then try again"),
    "store-frozen": ("shop", "let the owner settle the shop's bill in Shopify's admin"),
    "store-locked": ("shop", "let the owner ask Shopify's support why the shop is locked"),
    "token-missing": ("credentials", "run: storelink connect shopify"),
    "token-refused": ("credentials", "get a new token: storelink connect shopify"),
    "access-forbidden": ("credentials", "install the app in this shop again, with a new token"),
    "scope-missing": ("scopes", "add the scope in the app's settings, and install it again"),
    "protected-data": (
        "protected customer data",
        "request access to protected customer data, all fields, in the app's settings",
    ),
}
"""What each fault is about, and what to do."""


def check(
    client: Client, settings: ShopifySettings, now: datetime, *, kept: bool
) -> Iterator[Finding]:
    """Look at the address, the credentials, the rights, the version and the clock.

    Args:
        client: of the shop.
        settings: the adapter's.
        now: the present instant.
        kept: whether there is a vault.
    """
    try:
        told = client.query("shop")
    except StorelinkError as error:
        yield _fault(error)
        yield from _version(client, settings)
        yield from _clock(client, now)
        return
    yield _shop(told, settings)
    yield from _credentials(settings, kept=kept)
    yield from _version(client, settings)
    yield from _clock(client, now)
    granted = scopes.of(told)
    yield from _scopes(granted)
    if "read_orders" in granted:
        yield _protected(client)


def _fault(error: StorelinkError) -> Finding:
    code = getattr(error, "code", "") or "unreachable"
    about, remedy = _REMEDIES.get(code, ("shop", "see the message"))
    return Finding.fault(about, code, str(error), remedy)


def _shop(told: Mapping[str, Any], settings: ShopifySettings) -> Finding:
    domain = part(told, "shop").get("myshopifyDomain")
    if domain != settings.shop:
        return Finding.fault(
            "shop",
            "shop-mismatch",
            f"{domain or 'a shop without a name'} answers, not {settings.shop}",
            "correct shop or base_url, and use a token of that shop",
        )
    return Finding.ok("shop", f"{domain} answers")


def _credentials(settings: ShopifySettings, *, kept: bool) -> Iterator[Finding]:
    if settings.refresh_token and not kept:
        yield Finding.warning(
            "credentials",
            "token-not-kept",
            "the access token is refreshed every hour, and the new one is kept nowhere",
            "configure the store in storelink.toml with the setting secrets, so that it is kept",
        )
    else:
        yield Finding.ok("credentials", "the access token is accepted")


def _version(client: Client, settings: ShopifySettings) -> Iterator[Finding]:
    asked, answered = settings.api_version, client.answered_version
    remedy = f'set api_version = "{documents.NEWEST}"'
    if asked not in documents.SUPPORTED:
        yield Finding.warning(
            "version",
            "version-unsupported",
            f"version {asked} of the API is not one that storelink was tried with",
            remedy,
        )
    if answered and answered != asked:
        yield Finding.warning(
            "version",
            "version-fell-forward",
            f"version {asked} of the API was asked, {answered} answers",
            remedy,
        )
    elif answered and asked in documents.SUPPORTED:
        yield Finding.ok("version", f"version {answered} of the API answers")


def _clock(client: Client, now: datetime) -> Iterator[Finding]:
    if client.answered_at is None:
        return
    ahead = client.answered_at - now
    if abs(ahead) <= UNUSUAL:
        yield Finding.ok("clock", "the clock agrees with Shopify's")
        return
    minutes = f"{abs(ahead).total_seconds() / 60:.0f} min"
    side = "behind" if ahead > timedelta() else "ahead of"
    report = Finding.fault if abs(ahead) > WRONG else Finding.warning
    yield report(
        "clock",
        "clock-skew",
        f"the clock of this machine is {minutes} {side} Shopify's",
        "let the machine set its clock by NTP",
    )


def _scopes(granted: frozenset[str]) -> Iterator[Finding]:
    lacking = scopes.missing(granted)
    for use in lacking:
        report = Finding.fault if use.vital else Finding.warning
        yield report(
            "scopes",
            "scope-missing",
            f"{use.what} need {' or '.join(use.rights)}, which the app does not have",
            f"add {use.rights[0]} to the app's scopes, and install it again",
        )
    if not lacking:
        yield Finding.ok("scopes", "the app has every right that storelink uses")
    if scopes.ALL_ORDERS not in granted and "read_orders" in granted:
        yield Finding.warning(
            "scopes",
            "orders-60-days",
            f"without {scopes.ALL_ORDERS}, only orders of the last 60 days are seen",
            f"request {scopes.ALL_ORDERS} in the app's settings under API access",
        )


def _protected(client: Client) -> Finding:
    try:
        client.query("protected_data")
    except StorelinkError as error:
        return _fault(error)
    names = sorted(name for name, needs in client.denied.items() if needs == PROTECTED)
    if not names:
        return Finding.ok("protected customer data", "none is withheld")
    about, remedy = _REMEDIES["protected-data"]
    detail = f"Shopify withholds from the app: {', '.join(names)}"
    return Finding.fault(about, "protected-data", detail, remedy)
