"""`storelink`: the commands put together."""

from __future__ import annotations

from pathlib import Path

import click

from storelink import __version__
from storelink.cli.lazy import LazyGroup
from storelink.cli.shared import Opener, explained
from storelink.operations import logs

COMMANDS = {
    "backfill": ("stores", "Read all that a store has."),
    "bounces": ("operate", "Read the mails that came back."),
    "check": ("check", "Find what does not work, each with its remedy."),
    "connect": ("connect", "Let a store grant its credentials."),
    "consent": ("consent", "See and write down what a person agreed to."),
    "copy-database": ("copying", "Copy everything into an empty database."),
    "deliver": ("safety", "Say what would be sent to whom now, and why not."),
    "demo": ("demo", "Let two stores live for three weeks, and look at the mails."),
    "erase": ("privacy", "Forget a person."),
    "events": ("look", "List what happened, oldest first."),
    "explain": ("look", "Say what is sent about an order and what not, and why."),
    "export": ("privacy", "Print everything that is known of a person."),
    "failures": ("operate", "List calls that were given up, and let them be made again."),
    "health": ("operate", "Say how well the work goes on."),
    "hold": ("consent", "Let a person's messages wait while something is open."),
    "inbox": ("look", "List received webhooks."),
    "init": ("work", "Write a storelink.toml to start from."),
    "migrate": ("work", "Create the database or bring its schema up to date."),
    "off": ("safety", "Send nothing of a hook, of a store, or at all."),
    "on": ("safety", "Undo `off`."),
    "outbox": ("outbox", "Look at messages and put them right."),
    "plan": ("plan", "Say what would be sent over the coming days, and why."),
    "plugins": ("look", "List the installed plugins."),
    "policy": ("policy", "Ask what may be sent, and by which rule."),
    "preview": ("preview", "Look at the messages, before anybody gets them."),
    "privacy": ("privacy", "See what platforms ask for people's sake."),
    "prune": ("operate", "Delete what was finished long ago."),
    "receive": ("work", "Take one webhook."),
    "recommend": ("recommend", "See what is recommended to whom, and why."),
    "replay": ("work", "Absorb deliveries of the inbox again."),
    "returns": ("returns", "See what customers want to send back, and settle it."),
    "safety": ("safety", "See and change what keeps messages from customers."),
    "sandbox": ("serve", "Start a store on this machine."),
    "serve": ("serve", "Take webhooks over HTTP, and work."),
    "suppress": ("consent", "Send nothing more to an address."),
    "suppressions": ("consent", "List what stands against addresses."),
    "sweep": ("stores", "Read what changed, compare, and repair webhooks."),
    "templates": ("templates", "Copy, check and translate what messages say."),
    "unhold": ("consent", "Undo `hold`."),
    "unsuppress": ("consent", "Let an address be written to again."),
    "webhooks": ("stores", "See and repair what a platform is asked to send."),
    "worker": ("work", "Absorb, plan and deliver, until interrupted."),
}
"""Every command: its module in this folder, and a line about it for `storelink --help`."""


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
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
@click.option("-v", "--verbose", is_flag=True, help="Log what is done; as --log-level info.")
@click.option("--log-level", type=click.Choice(logs.LEVELS), envvar="STORELINK_LOG_LEVEL")
@click.option(
    "--log-format", type=click.Choice(logs.FORMATS), default="text", envvar="STORELINK_LOG_FORMAT"
)
@click.pass_context
def cli(
    context: click.Context,
    config: Path,
    app: str | None,
    verbose: bool,
    log_level: str | None,
    log_format: str,
) -> None:
    """Turn what happens in an online store into the right message, exactly once.

    Exit codes: 0 done, 1 not found or failed, 2 wrong usage or configuration, 3 webhook refused,
    4 payload not understood, 5 store not readable, 6 database not usable.
    """
    level = log_level or ("info" if verbose else "warning")
    context.with_resource(logs.written(level=level, form=log_format))
    context.obj = Opener(config, app)


cli.promise(__package__, COMMANDS)


@explained
def main() -> None:
    """Run the command line."""
    cli()
