"""Commands that listen: `serve` for webhooks, `sandbox` for trying things."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from storelink import plugins
from storelink.cli.shared import PORT, Opener, watched
from storelink.clock import SystemClock
from storelink.contracts.sandbox import Faults, Sandbox
from storelink.errors import MissingExtra, Unsupported
from storelink.loop import until_signal
from storelink.workers.process import collect_seldom

if TYPE_CHECKING:
    from storelink.app import Storelink
    from storelink.web import Endpoint, Site

_TICK_SECONDS = 0.2
_SHARE = click.FloatRange(0, 1)
_OF_SANDBOXES = {"werkzeug": "Werkzeug", "graphql": "graphql-core"}


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=PORT, default=8080, show_default=True)
@click.option("--worker/--no-worker", default=True, help="Plan and deliver in this process, too.")
@click.option(
    "--poll",
    type=float,
    default=30.0,
    show_default=True,
    help="Seconds to wait at most, should nothing tell that there is work.",
)
@click.option("--metrics", is_flag=True, help="Show metrics at /metrics, for Prometheus.")
@click.option(
    "--operator-password",
    envvar="STORELINK_OPERATOR_PASSWORD",
    help="Show the shop's own page at /operator; better from the environment.",
)
@click.pass_obj
def serve(
    opener: Opener,
    host: str,
    port: int,
    worker: bool,
    poll: float,
    metrics: bool,
    operator_password: str | None,
) -> None:
    """Take webhooks at /webhooks/STORE, show the pages that messages link to, and work.

    For one machine behind a reverse proxy that speaks https. Any WSGI server can serve
    `storelink.web.Site(link, link.links)` instead.
    """
    from storelink.toolkit.serving import served

    with (
        opener.open() as link,
        served(_site(link, metrics, operator_password), host=host, port=port) as url,
    ):
        collect_seldom()
        click.echo(f"Webhooks are taken at {url}/webhooks/STORE; stop with Ctrl-C.", err=True)
        if worker:
            link.run(poll=timedelta(seconds=poll))
        else:
            _until_stopped()


def _site(link: Storelink, metrics: bool, password: str | None) -> Endpoint | Site:
    from storelink.web import Endpoint, Site

    shown = watched(link) if metrics else None
    if link.links is None:  # without site_url there are no pages
        if password:
            raise click.UsageError("--operator-password shows a page: set site_url, too")
        return Endpoint(link, metrics=shown)
    return Site(link, link.links, operator=password, metrics=shown)


@click.command()
@click.argument("platform")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=PORT, default=9292, show_default=True)
@click.option(
    "--orders", type=click.IntRange(min=0), default=0, help="Begin with so many old orders."
)
@click.option("--seed", type=int, default=0, help="Decides what chance decides.")
@click.option("--drop", type=_SHARE, default=0.0, help="Share of webhooks that never arrive.")
@click.option("--duplicate", type=_SHARE, default=0.0, help="Share of webhooks that come twice.")
@click.option("--shuffle", is_flag=True, help="Webhooks arrive in any order.")
@click.option("--unavailable", type=_SHARE, default=0.0, help="Share of API calls that fail.")
@click.option("--throttled", type=_SHARE, default=0.0, help="Share of API calls refused.")
@click.option("--cut", type=_SHARE, default=0.0, help="Share of answers that break off.")
@click.option("--lost", type=_SHARE, default=0.0, help="Share of calls whose answer is lost.")
@click.option(
    "--slow", type=click.FloatRange(min=0), default=0.0, help="Seconds that each answer takes."
)
def sandbox(platform: str, host: str, port: int, orders: int, **faults: Any) -> None:
    """Start a store of PLATFORM (shopify, woocommerce) on this machine, to try things with.

    It speaks the platform's API, sends signed webhooks to whoever subscribes, and lives as you
    tell it at /_sandbox/.
    """
    manifest = plugins.store(platform)
    if manifest.sandbox is None:
        raise Unsupported(manifest.title, "sandbox")
    try:
        store = manifest.sandbox(clock=SystemClock(), faults=Faults(**faults))
    except ModuleNotFoundError as error:
        if error.name not in _OF_SANDBOXES:
            raise
        raise MissingExtra(_OF_SANDBOXES[error.name], "sandbox") from None
    store.start(host=host, port=port)
    try:
        if orders:
            store.grow(orders)
        click.echo(_introduction(manifest.title, platform, store))
        _until_stopped(store.deliver)
    finally:
        store.stop()


def _introduction(title: str, platform: str, store: Sandbox) -> str:
    lines = [
        f"A {title} store runs at {store.url}; let things happen at {store.url}/_sandbox/",
        "Connect to it with:",
        "",
        "[stores.sandbox]",
        f'platform = "{platform}"',
        *(f"{name} = {json.dumps(value)}" for name, value in _plain(store.options).items()),
        "",
        "Stop with Ctrl-C.",
    ]
    return "\n".join(lines)


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a configuration file can say; a sandbox's secrets are secret from nobody."""
    return {name: value for name, value in options.items() if isinstance(value, str | int | list)}


def _until_stopped(do: Callable[[], Any] = lambda: None) -> None:
    """Do something again and again, until SIGINT or SIGTERM."""
    with until_signal() as stopped:
        while not stopped.wait(_TICK_SECONDS):
            do()
