"""The command that moves everything to another database."""

from __future__ import annotations

import json

import click

from storelink.cli.shared import as_json


@click.command("copy-database")
@click.argument("source")
@click.argument("target")
@as_json
def copy_database(source: str, target: str, as_json: bool) -> None:
    """Copy everything from the database at URL SOURCE into the empty one at URL TARGET.

    All or nothing. Stop the workers and what takes webhooks first, and start them on TARGET.
    """
    from storelink.operations.moving import copy_database as copy

    counts = copy(source, target, told=lambda name, rows: click.echo(f"{name}: {rows}", err=True))
    if as_json:
        click.echo(json.dumps(counts))
    else:
        click.echo(f"{sum(counts.values())} rows copied, all accounted for.")
