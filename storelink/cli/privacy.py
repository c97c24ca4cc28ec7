"""Commands for those who answer for people's data: erase, export, privacy."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

import click

from storelink.app import Storelink
from storelink.cli.shared import as_json, show, with_link
from storelink.operations.privacy import Erased

F = TypeVar("F", bound=Callable[..., Any])


def _somebody(command: F) -> F:
    """Let a command be about one person of one store."""
    for option in (
        click.option("--customer", "customer_id", help="The account's id in the store."),
        click.option("--phone", help="The person's phone number, with its country code."),
        click.option("--email", help="The person's e-mail address, in any case."),
    ):
        command = option(command)
    return click.argument("store")(command)


@click.command()
@_somebody
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only say what would be erased.")
@as_json
@with_link
def erase(
    link: Storelink, store: str, yes: bool, dry_run: bool, as_json: bool, **who: str | None
) -> None:
    """Forget a person of STORE: everywhere, for good.

    Orders stay as the books need them, without the person. Waiting messages are cancelled. Only a
    new order of the person is known again; only what it needs is sent.
    """
    forget = functools.partial(
        link.erase, store, email=who["email"], phone=who["phone"], customer_id=who["customer_id"]
    )
    would = forget(dry_run=True)
    if dry_run:
        _say(would, as_json=as_json)
        return
    if not yes:
        click.echo(_line(would), err=True)
        click.confirm("This cannot be undone. Erase?", abort=True, err=True)
    _say(forget(), as_json=as_json)


@click.command()
@_somebody
@click.option("--request", "request_id", help="Instead: who asked the platform under this id.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as it does anyway.")
@with_link
def export(
    link: Storelink, store: str, request_id: str | None, as_json: bool, **who: str | None
) -> None:
    """Print everything that is known of a person of STORE, as JSON."""
    if request_id is not None and any(who.values()):
        raise click.UsageError("name a person, or a request")
    body = link.export_for(request_id, store=store) if request_id else link.export(store, **who)
    click.echo(json.dumps(body, indent=2, ensure_ascii=False))


@click.group()
def privacy() -> None:
    """See what platforms ask for people's sake."""


@privacy.command()
@click.option("--store", help="Only this store.")
@click.option("--open", "is_open", is_flag=True, help="Only what is not done.")
@as_json
@with_link
def requests(link: Storelink, store: str | None, is_open: bool, as_json: bool) -> None:
    """List requests to erase and for data, and whether they are done.

    What is to be erased is erased by the worker. To answer who wants to see something, send them
    `storelink export STORE --request ID`, then say so: `storelink privacy answered ID`.
    """
    found = link.privacy_requests(store=store)
    rows = ({**asdict(one), "order_ids": list(one.order_ids)} for one in found)
    wanted = [row for row in rows if not (is_open and row["done"])]
    show(wanted, as_json=as_json, empty="No platform has asked for anything.")


@privacy.command()
@click.argument("request_id", metavar="ID")
@with_link
def answered(link: Storelink, request_id: str) -> None:
    """Say that a person was told what is stored about them."""
    click.echo(f"{link.answered(request_id).id}: answered")


def _say(done: Erased, *, as_json: bool) -> None:
    click.echo(json.dumps(done.to_dict()) if as_json else _line(done))


def _line(done: Erased) -> str:
    verb = "would be erased" if done.dry_run else "erased"
    return (
        f"{done.store}: {done.objects} objects, {done.messages} messages ({done.cancelled} of "
        f"them waiting), {done.webhooks} webhooks, {done.answers} answers {verb}"
    )
