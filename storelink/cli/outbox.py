"""`storelink outbox`: look at messages, and put right what only a person can."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

from storelink.app import Storelink
from storelink.cli.shared import as_json, show, with_link
from storelink.models import MessageState
from storelink.outbox.desk import MessageView


@click.group()
def outbox() -> None:
    """Look at messages and put them right."""


@outbox.command("list")
@click.option("--store", help="Only this store.")
@click.option("--order", help="Only the order of this id or number; needs --store.")
@click.option("--state", type=click.Choice([state.value for state in MessageState]))
@click.option(
    "--in-doubt",
    "state",
    flag_value=MessageState.IN_DOUBT.value,
    help="Only those of which nobody knows whether they were sent.",
)
@as_json
@with_link
def list_messages(
    link: Storelink, store: str | None, order: str | None, state: str | None, as_json: bool
) -> None:
    """List messages by the time that they are due."""
    found = link.messages(store=store, order=order, state=state)
    rows = (_short(one) for one in found) if not as_json else (_full(one) for one in found)
    show(rows, as_json=as_json, empty="The outbox has no such message.")


@outbox.command("show")
@click.argument("key")
@as_json
@with_link
def show_message(link: Storelink, key: str, as_json: bool) -> None:
    """Show one message and every attempt at it."""
    message = link.message(key)
    attempts = link.attempts(key)
    if as_json:
        body = {**_full(message), "attempts": attempts}
        click.echo(json.dumps(body, indent=2, ensure_ascii=False, default=str))
        return
    for name, value in _full(message).items():
        click.echo(f"{name:<12} {'' if value is None else value}")
    show(attempts, as_json=False, empty="It was not attempted.")


@outbox.command()
@click.argument("key")
@with_link
def cancel(link: Storelink, key: str) -> None:
    """Cancel a waiting message for good."""
    _say(link.cancel(key))


@outbox.command()
@click.argument("key")
@with_link
def retry(link: Storelink, key: str) -> None:
    """Let a message be sent as soon as its hook and the policy agree."""
    _say(link.retry(key))


@outbox.command()
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option("--sent/--not-sent", required=True, default=None, help="What really happened.")
@click.option("--all-in-doubt", is_flag=True, help="Settle every message in doubt.")
@click.option("--store", help="With --all-in-doubt: only of this store.")
@as_json
@with_link
def settle(
    link: Storelink,
    keys: tuple[str, ...],
    sent: bool,
    all_in_doubt: bool,
    store: str | None,
    as_json: bool,
) -> None:
    """Say what became of messages in doubt."""
    if all_in_doubt == bool(keys) or (store and not all_in_doubt):
        raise click.UsageError("name messages, or use --all-in-doubt (with --store, or for all)")
    settled = (
        link.settle_all(sent=sent, store=store)
        if all_in_doubt
        else [link.settle(key, sent=sent) for key in keys]
    )
    if as_json:
        show(map(_full, settled), as_json=True, empty="")
        return
    for message in settled:
        _say(message)
    if not settled:
        click.echo("No message is in doubt.")


def _say(message: MessageView) -> None:
    click.echo(f"{message.key}: {message.state}")


def _short(message: MessageView) -> dict[str, Any]:
    return {
        "due_at": message.due_at,
        "state": message.state,
        "reason": message.reason,
        "channel": message.channel,
        "key": message.key,
    }


def _full(message: MessageView) -> dict[str, Any]:
    body = asdict(message)
    body["subject"] = str(message.subject)
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in body.items()
    }
