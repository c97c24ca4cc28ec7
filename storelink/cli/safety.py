"""Commands that keep messages from people who should not get them: off, on, safety, deliver."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from storelink.app import Storelink
from storelink.cli.shared import as_json, show, with_link

_STORE = click.option("--store", help="Only of this store; by default of all.")
_HOOK = click.option("--hook", help="Only of this hook; by default of all.")


@click.command()
@_STORE
@_HOOK
@click.option("--why", required=True, help="In words, for those who wonder.")
@with_link
def off(link: Storelink, store: str | None, hook: str | None, why: str) -> None:
    """Send nothing of a hook, of a store, or nothing at all, until it is switched on again.

    Every worker heeds it, from its next batch on. Messages wait.
    """
    done = link.switch_off(store=store, hook=hook, why=why)
    click.echo(f"off since {done.at:%Y-%m-%d %H:%M} UTC: store {done.store}, hook {done.hook}")


@click.command()
@_STORE
@_HOOK
@with_link
def on(link: Storelink, store: str | None, hook: str | None) -> None:
    """Undo `storelink off` with the same options; what waited is sent."""
    if not link.switch_on(store=store, hook=hook):
        raise click.ClickException("it is not off; `storelink safety status` lists what is")
    click.echo("on")


@click.command()
@click.argument("stores", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Only say what would be sent to whom, and why not.")
@as_json
@with_link
def deliver(link: Storelink, stores: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Say what would become of each message that is due; of STORES, or of all.

    The hooks and the policy are asked as just before sending, on what is known here. Nothing
    changes: `storelink worker --once` sends.
    """
    if not dry_run:
        raise click.UsageError("say --dry-run; `storelink worker --once` sends what is due")
    rows = [one.to_dict() for one in link.rehearse(stores)]
    if not as_json:
        kept = ("outcome", "to", "channel", "key", "why")
        rows = [{name: row[name] for name in kept} for row in rows]
    show(rows, as_json=as_json, empty="No message is due.")


@click.group()
def safety() -> None:
    """See and change what keeps messages from customers."""


@safety.command()
@as_json
@with_link
def status(link: Storelink, as_json: bool) -> None:
    """List what is switched off, what is locked, and how many messages wait for you."""
    off_now, locks, held = link.switched_off(), link.locked(), link.held()
    if as_json:
        body = {
            "off": [{**asdict(one), "at": one.at.isoformat()} for one in off_now],
            "locked": locks,
            "held": [asdict(one) for one in held],
        }
        click.echo(json.dumps(body, indent=2, ensure_ascii=False))
        return
    for one in off_now:
        click.echo(f"off: store {one.store}, hook {one.hook}, since {one.at:%Y-%m-%d}: {one.why}")
    for store, why in locks.items():
        click.echo(f"locked: {store}: {why}")
    show(map(asdict, held), as_json=False, empty="No message waits for you.")


@safety.command()
@click.argument("store")
@with_link
def arm(link: Storelink, store: str) -> None:
    """Let messages go to the customers of STORE, from here and for its present address."""
    here = link.arm(store)
    click.echo(f"{store} is armed: {here.environment}, {here.url or 'an unnamed address'}")


@safety.command()
@click.argument("store")
@with_link
def disarm(link: Storelink, store: str) -> None:
    """Let no message go to the customers of STORE until it is armed again."""
    link.disarm(store)
    click.echo(f"{store} is disarmed")


@safety.command()
@click.argument("hook")
@_STORE
@with_link
def release(link: Storelink, hook: str, store: str | None) -> None:
    """Let everything of HOOK go that is held back because it is so much; for one hour."""
    click.echo(f"{link.release(hook, store=store)} messages of {hook} go now")
