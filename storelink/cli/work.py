"""Commands that do something: init, migrate, receive, replay, worker."""

from __future__ import annotations

import http.client
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import click

from storelink.app import Storelink
from storelink.cli.shared import PORT, Opener, as_json, showing_metrics, with_link
from storelink.errors import ConfigError
from storelink.intake import Receipt
from storelink.loop import RunReport
from storelink.storage import InboxState
from storelink.workers.process import collect_seldom

STARTER = """\
# storelink's configuration. A value can also come from the environment, for example
# STORELINK_STORES__ATELIER__WEBHOOK_SECRET, or from secrets.json, where `storelink connect`
# keeps what a store grants.

database = "sqlite:///storelink.db"
# templates = "templates"              # a folder with your own templates
# webhook_url = "https://hooks.example/webhooks/{store}"   # where `storelink serve` is reached

[brand]
name = "Atelier"

[stores.atelier]
platform = "woocommerce"               # or "shopify": then shop = "acme.myshopify.com"
url = "https://atelier.example"
webhook_secret = "change me"           # `storelink connect` makes one: then leave this out

[channels.email]
url = "smtp://localhost:1025"
sender = "Atelier <hello@atelier.example>"

[hooks.thank_you]

[hooks.tracking]

[hooks.review_request]
after = "7d"
"""


@click.command()
@click.pass_context
def init(context: click.Context) -> None:
    """Write a storelink.toml to start from."""
    path: Path = context.find_root().params["config"]
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(STARTER)
    except FileExistsError:
        raise ConfigError(f"{path} exists already; it was left as it is") from None
    click.echo(f"Wrote {path}. Name your store in it; then `storelink connect`, `storelink check`.")


@click.command()
@with_link
def migrate(link: Storelink) -> None:
    """Create the database or bring its schema up to date."""
    click.echo(f"{link!r} is up to date.")


@click.command()
@click.argument("store")
@click.argument("body", type=click.File("rb"), default="-")
@click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'")
@click.option(
    "--request", is_flag=True, help="BODY is a whole HTTP request: headers, blank line, body."
)
@as_json
@with_link
def receive(
    link: Storelink,
    store: str,
    body: BinaryIO,
    headers: Sequence[str],
    request: bool,
    as_json: bool,
) -> None:
    """Take one webhook of STORE; BODY is a file with the raw bytes, or - for standard input."""
    content = body.read()
    known = dict(_header(line) for line in headers)
    if request:
        told, content = _split(content)
        known = {**told, **known}
    _show(link.receive(store, headers=known, body=content), as_json=as_json)


@click.command()
@click.argument("ids", type=int, nargs=-1)
@click.option("--kept", is_flag=True, help="Every delivery that was not understood.")
@as_json
@with_link
def replay(link: Storelink, ids: Sequence[int], kept: bool, as_json: bool) -> None:
    """Absorb deliveries of the inbox again, by their IDS (see `storelink inbox`)."""
    rows = [row.id for row in link.inbox(state=InboxState.KEPT)] if kept else []
    wanted = list(dict.fromkeys([*ids, *rows]))
    if not wanted and not kept:
        raise click.UsageError("name the ids to replay, or use --kept")
    for row_id in wanted:
        _show(link.replay(row_id), as_json=as_json)
    if not wanted:
        click.echo("No delivery was kept.", err=True)


@click.command()
@click.option("--once", is_flag=True, help="Stop when nothing is left to do now.")
@click.option(
    "--poll",
    type=float,
    default=30.0,
    show_default=True,
    help="Seconds to wait at most, should nothing tell that there is work.",
)
@click.option("--metrics-port", type=PORT, help="Show metrics there, for Prometheus.")
@click.option("--metrics-host", default="127.0.0.1", show_default=True)
@as_json
@click.pass_obj
def worker(
    opener: Opener,
    once: bool,
    poll: float,
    metrics_port: int | None,
    metrics_host: str,
    as_json: bool,
) -> None:
    """Absorb, plan and deliver, until interrupted."""
    with opener.open() as link, showing_metrics(link, metrics_port, metrics_host):
        collect_seldom()
        if not once:
            click.echo("The worker runs; stop it with Ctrl-C.", err=True)
            link.run(poll=timedelta(seconds=poll))
            return
        report = link.run_once()
    click.echo(json.dumps(asdict(report)) if as_json else _summary(report))


def _summary(report: RunReport) -> str:
    stages = ("absorbed", "read", "planned", "called")
    done = [f"{getattr(report, stage)} {stage}" for stage in stages]
    done += [f"{number} {outcome}" for outcome, number in sorted(report.messages.items())]
    return ", ".join(done)


def _show(receipt: Receipt, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(receipt)))
        return
    state = "duplicate" if receipt.duplicate else str(receipt.state)
    why = f": {receipt.reason}" if receipt.reason else ""
    click.echo(f"{receipt.store} {receipt.topic}: {state}{why}")
    for event in receipt.events:
        click.echo(f"  {event}")


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise click.UsageError(f"a header is 'Name: value', not {line!r}")
    return name.strip(), value.strip()


def _split(raw: bytes) -> tuple[dict[str, str], bytes]:
    """Split a whole HTTP request into headers and body."""
    file = io.BytesIO(raw)
    first = file.readline()
    if b"HTTP/" not in first:
        file.seek(0)
    headers = http.client.parse_headers(file)
    return dict(headers.items()), file.read()
