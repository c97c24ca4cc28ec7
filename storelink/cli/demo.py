"""`storelink demo`: weeks of two stores' lives in seconds."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from storelink.cli.shared import as_json


@click.command()
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("storelink-demo"),
    show_default=True,
    help="Where to write: a new folder, or one that the demo left.",
)
@click.option(
    "--seed",
    type=int,
    default=1,
    show_default=True,
    help="Decides which webhooks are lost, late or doubled, and which calls fail.",
)
@as_json
def demo(output: Path, seed: int, as_json: bool) -> None:
    """Let two stores live for three weeks, and look at the mails.

    Sandboxes of Shopify and WooCommerce run on this machine. Their webhooks come late, twice, in
    no order or not at all, and some calls of their APIs fail; a real SMTP server receives the
    mails. Then three customers of them are followed for twelve weeks, with every hook on:
    journey.png is a picture of it for a slide, where there is a browser.

    The exit code is 1 if a message was sent twice or anything is not as it should be.
    """
    from storelink.demo.folder import Folder
    from storelink.demo.run import run
    from storelink.demo.screen import screen

    shown, folder = screen(), Folder(output)
    with shown.progress() as watch:
        report = run(folder, seed=seed, watch=watch)
    if as_json:
        click.echo(json.dumps(report.to_dict(), indent=2, ensure_ascii=False))
    else:
        shown.show(report, folder)
    sys.exit(0 if report.is_good else 1)
