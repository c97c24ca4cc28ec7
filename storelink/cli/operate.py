"""Commands for those who run it: health, bounces, failures, prune."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from storelink.app import Storelink
from storelink.cli.shared import as_json, show, with_link
from storelink.config.durations import Duration
from storelink.operations.bouncing import Heard
from storelink.operations.health import Health, Status
from storelink.operations.prune import PruneReport

_DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)
_COLORS = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "red"}


def _time_span(context: click.Context, param: click.Parameter, value: str) -> timedelta:
    try:
        return _DURATION.validate_python(value)
    except ValidationError:
        raise click.BadParameter(
            f"{value!r} is no time span; write for example 90d or 12h", context, param
        ) from None


@click.command()
@as_json
@with_link
def health(link: Storelink, as_json: bool) -> None:
    """Say how well the work goes on: how old the oldest work is, and what needs a person.

    Exits with 1 if messages do not go out. Changes nothing.
    """
    found = link.health()
    if as_json:
        click.echo(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
    else:
        _show(found)
    if found.status is Status.FAIL:
        sys.exit(1)


def _show(found: Health) -> None:
    click.echo(click.style(found.status.value, bold=True, fg=_COLORS[found.status]))
    for problem in found.problems:
        level = click.style(problem.level.value, fg=_COLORS[problem.level])
        click.echo(f"  {level} {problem.store or 'all'}: {problem.detail} [{problem.code}]")
    rows = (
        {
            "store": one.store,
            **{stage: _seconds(lag) for stage, lag in one.lag.items()},
            "in_doubt": one.in_doubt,
            "failed": one.failed,
            "kept": one.kept,
            "last_webhook": _seconds(one.webhook_silence),
            "last_sweep": _seconds(one.sweep_age),
        }
        for one in found.stores
    )
    show(rows, as_json=False, empty="There is no store.")


def _seconds(seconds: float | None) -> str:
    return "never" if seconds is None else str(timedelta(seconds=int(seconds)))


@click.group()
def bounces() -> None:
    """Hear of mails that came back, and of complaints."""


@bounces.command("read")
@as_json
@with_link
def read_bounces(link: Storelink, as_json: bool) -> None:
    """Read what came to the mailbox of the bounce address since the last time.

    A worker does so by itself, every five minutes.
    """
    if not link.hears_bounces:
        raise click.ClickException("no channel reads mails that come back; set its bounce_mailbox")
    heard = link.read_bounces()
    if as_json:
        click.echo(json.dumps({one.value: heard.get(one, 0) for one in Heard}))
        return
    told = ", ".join(f"{number} {one.value}" for one, number in heard.items() if number)
    click.echo(told or "Nothing came back.")


@click.command()
@click.option("--store", help="Only this store.")
@click.option("--retry", "again", metavar="EVENT", help="Call again what was given up for it.")
@as_json
@with_link
def failures(link: Storelink, store: str | None, again: str | None, as_json: bool) -> None:
    """List the calls that were given up, oldest first: such as reviews that a store refuses.

    With --retry the worker makes them once more: after the cause is gone.
    """
    if again is None:
        show(map(asdict, link.failures(store=store)), as_json=as_json, empty="No call failed.")
        return
    if store is not None:
        raise click.UsageError("an event says whose it is; --retry goes without --store")
    for one in link.call_again(again):
        click.echo(f"{one.handler}: is called again")


@click.command()
@click.option("--older-than", callback=_time_span, default="90d", show_default=True)
@click.option("--dry-run", is_flag=True, help="Only count.")
@as_json
@with_link
def prune(link: Storelink, older_than: timedelta, dry_run: bool, as_json: bool) -> None:
    """Delete what was finished long ago: raw webhooks, calls of handlers, attempts.

    What is known of orders, events and messages stay: nothing is sent again. It works a little at
    a time, and holds up nobody; interrupted, what was deleted stays deleted.
    """
    is_shown = sys.stderr.isatty() and not dry_run
    done = link.prune(older_than=older_than, dry_run=dry_run, progress=_tell(is_shown))
    if is_shown:
        click.echo(err=True)
    click.echo(json.dumps(done.to_dict()) if as_json else _line(done))


def _tell(is_shown: bool) -> Any:
    def tell(report: PruneReport) -> None:
        if is_shown:
            click.echo(f"\r{_line(report)}", nl=False, err=True)

    return tell


def _line(report: PruneReport) -> str:
    verb = "would be deleted" if report.dry_run else "deleted"
    numbers = f"{report.webhooks} webhooks, {report.calls} calls, {report.attempts} attempts"
    return f"{numbers}, {report.documents} documents, {report.budgets} budgets {verb}"
