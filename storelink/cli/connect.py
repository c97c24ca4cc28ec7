"""The command `connect`: let a store grant its credentials to a local page."""

from __future__ import annotations

import json
import webbrowser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storelink import plugins
from storelink.cli.check import line
from storelink.cli.shared import PORT
from storelink.config.table import store_table
from storelink.contracts.connect import Vault
from storelink.contracts.manifest import Manifest
from storelink.contracts.store import StoreAdapter
from storelink.errors import ConfigError, Unsupported

if TYPE_CHECKING:
    from storelink.web.grant import GrantPage


@click.command()
@click.argument("platform")
@click.argument("store")
@click.option("--url", help="The address of a WooCommerce shop.")
@click.option("--shop", help="The domain of a Shopify shop, for example acme.myshopify.com.")
@click.option("--client-id", help="Of a Shopify app; its secret is asked for, and not shown.")
@click.option("-o", "--option", "options", multiple=True, metavar="NAME=VALUE")
@click.option(
    "--callback",
    metavar="URL",
    help="A public https address that leads to the local page (a tunnel), for platforms that "
    "grant to no other.",
)
@click.option("--port", type=PORT, default=8765, show_default=True, help="Of the local page.")
@click.option("--timeout", type=float, default=600.0, show_default=True, help="In seconds.")
@click.option("--browser/--no-browser", default=True, help="Open the local page in a browser.")
def connect(
    platform: str,
    store: str,
    options: Sequence[str],
    callback: str | None,
    port: int,
    timeout: float,
    browser: bool,
    **named: str | None,
) -> None:
    """Let STORE (a name of your choice) on PLATFORM (woocommerce, shopify) grant its credentials.

    A page on this machine receives them, and they go where the setting `secrets` says: never onto
    the screen.
    """
    config: Path = click.get_current_context().find_root().params["config"]
    manifest = plugins.store(platform)
    table = store_table(config, store)
    given = {name: value for name, value in named.items() if value} | dict(map(_option, options))
    known = {**table.options, **given}
    asked = _ask(known)
    table.vault.save(asked)  # what is granted must not be lost for want of a place
    local = f"http://localhost:{port}"
    with _page(manifest, {**known, **asked}, callback=callback or local, port=port) as page:
        click.echo(f"Open {local} and let the store agree. Waiting …", err=True)
        if browser:
            webbrowser.open(local)
        grant = page.wait(timeout)
    if grant is None:
        raise click.ClickException("nothing was granted in time; begin again")
    table.vault.save({**asked, **grant.secrets})
    click.echo(f"Connected; the credentials are kept. Looking at {store} …", err=True)
    _look(manifest, {**known, **grant.options}, table.vault)
    if not table.is_written:
        click.echo(f"Add this to {config}:\n", err=True)
        click.echo(_table(store, platform, {**given, **grant.options}))


def _ask(known: Mapping[str, Any]) -> dict[str, str]:
    """Ask for the secret of an app: as an argument, others could see it in the process list."""
    if "client_id" not in known or "client_secret" in known:
        return {}
    return {"client_secret": click.prompt("Client secret", hide_input=True)}


@contextmanager
def _page(
    manifest: Manifest[StoreAdapter], options: Mapping[str, Any], *, callback: str, port: int
) -> Iterator[GrantPage]:
    from storelink.toolkit.serving import served
    from storelink.web.grant import CALLBACK, GrantPage

    if manifest.connect is None:
        raise Unsupported(manifest.title, "connect")
    callback = callback.rstrip("/") + CALLBACK
    connector = manifest.connect(**options, callback=callback)
    page = GrantPage(connector, title=f"Connect {manifest.title}", callback=callback)
    with served(page, port=port):
        yield page


def _look(manifest: Manifest[StoreAdapter], options: Mapping[str, Any], kept: Vault) -> None:
    """Try the credentials at once."""
    adapter = manifest.factory(**{**options, **kept.load()})
    adapter.vault = kept
    for finding in adapter.check(datetime.now(UTC)):
        click.echo(line(finding), err=True)
    adapter.close()


def _table(store: str, platform: str, options: Mapping[str, str]) -> str:
    lines = [f"[stores.{store}]", f'platform = "{platform}"']
    return "\n".join(
        [*lines, *(f"{name} = {json.dumps(value)}" for name, value in options.items())]
    )


def _option(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ConfigError(f"an option is NAME=VALUE, not {text!r}")
    return name.strip(), value
