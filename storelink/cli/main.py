"""`storelink`: the commands put together."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from storelink import __version__
from storelink.cli import check, connect, look, serve, stores, work
from storelink.cli.demo import demo
from storelink.cli.outbox import outbox
from storelink.cli.shared import Opener, explained


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="storelink")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("storelink.toml"),
    envvar="STORELINK_CONFIG",
    show_default=True,
    help="The configuration file.",
)
@click.option(
    "--app",
    envvar="STORELINK_APP",
    metavar="MODULE:NAME",
    help="A Storelink object in your own code, instead of a configuration file.",
)
@click.option("-v", "--verbose", is_flag=True, help="Log what is done.")
@click.pass_context
def cli(context: click.Context, config: Path, app: str | None, verbose: bool) -> None:
    """Turn what happens in an online store into the right message, exactly once.

    Exit codes: 0 done, 1 not found or failed, 2 wrong usage or configuration, 3 webhook refused,
    4 payload not understood, 5 store not readable, 6 database not usable.
    """
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    context.obj = Opener(config, app)


for command in (
    demo,
    *work.COMMANDS,
    *stores.COMMANDS,
    *serve.COMMANDS,
    *connect.COMMANDS,
    *check.COMMANDS,
    *look.COMMANDS,
    outbox,
):
    cli.add_command(command)


@explained
def main() -> None:
    """Run the command line."""
    cli()
