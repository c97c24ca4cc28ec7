"""`storelink returns`: what customers want to send back, and what the shop says of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

from storelink.app import Storelink
from storelink.cli.shared import as_json, show, with_link
from storelink.models import ReturnReason, ReturnStep
from storelink.operations.return_views import ReturnView


@click.group()
def returns() -> None:
    """See what customers want to send back, and say what becomes of it."""


@returns.command("list")
@click.option("--store", help="Only this store.")
@click.option("--all", "every", is_flag=True, help="Also what is over.")
@as_json
@with_link
def list_returns(link: Storelink, store: str | None, every: bool, as_json: bool) -> None:
    """List what is asked to go back or under way, the oldest first."""
    found = link.returns.find(store, every=every)
    show(map(_full if as_json else _short, found), as_json=as_json, empty="Nothing comes back.")


def _command(step: ReturnStep, name: str, help: str) -> None:  # noqa: A002  click calls it so
    @returns.command(name, help=help)
    @click.argument("store")
    @click.argument("return_id", metavar="RETURN")
    @click.option("--note", default="", help="Why, for the shop; some platforms keep it.")
    @as_json
    @with_link
    def settle(link: Storelink, store: str, return_id: str, note: str, as_json: bool) -> None:
        view = link.returns.settle(store, return_id, step, note=note)
        if as_json:
            click.echo(json.dumps(_full(view), indent=2, ensure_ascii=False))
        else:
            click.echo(f"{view.id} of order {view.number}: {step}")


_command(ReturnStep.APPROVED, "approve", "Let the customer send it back; they are told.")
_command(ReturnStep.DECLINED, "decline", "Refuse to take it back; the customer is told.")
_command(ReturnStep.RECEIVED, "received", "Say that it has arrived; the customer is told.")
_command(ReturnStep.EXCHANGED, "exchanged", "Say that it was exchanged; the customer is told.")


def _short(view: ReturnView) -> dict[str, Any]:
    things = ", ".join(
        f"{many} x {title}" + (f" ({why})" if why not in {"", ReturnReason.UNKNOWN} else "")
        for many, title, why in view.lines
    )
    return {
        "asked_at": view.at,
        "store": view.store,
        "order": view.number,
        "return": view.id,
        "state": f"{view.state}: {view.problem}" if view.problem else view.state,
        "wish": view.wish,
        "what": things,
    }


def _full(view: ReturnView) -> dict[str, Any]:
    body = asdict(view)
    lines = [{"quantity": many, "title": title, "reason": why} for many, title, why in view.lines]
    return {**body, "at": view.at.isoformat() if view.at else None, "lines": lines}
