"""Commands that only look: events, inbox, explain, plugins."""

from __future__ import annotations

import json
import sys

import click

from storelink import plugins as installed
from storelink.app import Storelink
from storelink.cli.shared import as_json, show, with_link
from storelink.events import EVENT_TYPES, dump
from storelink.hooks.explain import Explanation, PersonExplanation
from storelink.storage import InboxState


@click.command()
@click.option("--store", help="Only this store.")
@click.option("--order", help="Only the order of this id or number; needs --store.")
@click.option("--type", "kind", type=click.Choice(sorted(EVENT_TYPES)), metavar="TYPE")
@as_json
@with_link
def events(
    link: Storelink, store: str | None, order: str | None, kind: str | None, as_json: bool
) -> None:
    """List what happened, oldest first."""
    found = [event for event in link.events(store=store, order=order) if kind in (None, event.type)]
    if as_json:
        click.echo(json.dumps([dump(event) for event in found], indent=2, ensure_ascii=False))
        return
    rows = (
        {
            "at": event.at,
            "store": event.store,
            "type": event.type,
            "order": event.order.number if event.order else event.order_id,
            "id": event.id,
        }
        for event in found
    )
    show(rows, as_json=False, empty="Nothing is known to have happened.")


@click.command()
@click.option("--store", help="Only this store.")
@click.option("--state", type=click.Choice([state.value for state in InboxState]))
@as_json
@with_link
def inbox(link: Storelink, store: str | None, state: str | None, as_json: bool) -> None:
    """List received webhooks; those that were kept wait for `storelink replay`."""
    rows = (
        {
            "id": row.id,
            "received_at": row.received_at,
            "store": row.store,
            "topic": row.topic,
            "state": row.state,
            "reason": row.reason,
        }
        for row in link.inbox(store=store, state=state)
    )
    show(rows, as_json=as_json, empty="The inbox has no such delivery.")


@click.command()
@click.argument("store")
@click.argument("order", required=False)
@click.option("--person", metavar="EMAIL", help="Instead: about a person's checkouts and account.")
@click.option("--checkout", metavar="ID", help="Instead: about a checkout.")
@as_json
@with_link
def explain(
    link: Storelink,
    store: str,
    order: str | None,
    person: str | None,
    checkout: str | None,
    as_json: bool,
) -> None:
    """Say what was, will be and will not be sent about ORDER (id or number) of STORE, and why."""
    if sum(one is not None for one in (order, person, checkout)) != 1:
        raise click.UsageError("name an order, --person or --checkout")
    found: Explanation | PersonExplanation
    if order is not None:
        found = link.explain(store, order)
    else:
        found = link.explain_person(store, email=person, checkout=checkout)
    body = found.to_dict()
    click.echo(json.dumps(body, indent=2, ensure_ascii=False) if as_json else str(found))


@click.command()
@as_json
def plugins(as_json: bool) -> None:
    """List the installed plugins; exit with 1 if one could not be loaded."""
    known = [
        plugin
        for group in (installed.STORES, installed.CHANNELS)
        for plugin in installed.plugins(group).values()
    ]
    rows = (
        {
            "kind": plugin.group.removeprefix("storelink."),
            "name": plugin.name,
            "from": plugin.distribution,
            "can": ", ".join(sorted(plugin.manifest.capabilities)) if plugin.manifest else "",
            "error": plugin.error,
        }
        for plugin in known
    )
    show(rows, as_json=as_json, empty="No plugin is installed.")
    if any(plugin.error for plugin in known):
        sys.exit(1)
