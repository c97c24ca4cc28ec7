"""Commands about whole stores: sweep, backfill, webhooks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from storelink.app import Storelink
from storelink.cli.shared import EXIT_CODES, as_json, show, with_link
from storelink.errors import StoreError
from storelink.intake import Action, Progress
from storelink.models.ref import Kind

Told = Callable[[Progress], None]
_FAILED = next(code for kind, code in EXIT_CODES if kind is StoreError)


@click.command()
@click.argument("stores", nargs=-1)
@as_json
@with_link
def sweep(link: Storelink, stores: Sequence[str], as_json: bool) -> None:
    """Read what changed in STORES (or all), compare, and repair their webhooks.

    Exits with 5 if a part of it went wrong; the rest is done.
    """
    reports = [link.sweep(store) for store in stores or link.stores]
    rows = [row for report in reports for row in report.rows()]
    show(rows, as_json=as_json, empty="There is no store to sweep.")
    _explain([problem for report in reports for problem in report.problems])


@click.command()
@click.argument("store")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice([kind.value for kind in Kind]),
    metavar="KIND",
    help="Only these objects: order, customer, product, …; may be repeated.",
)
@click.option("--since", type=click.DateTime(), help="Only what changed since then (UTC).")
@click.option("--restart", is_flag=True, help="Begin anew, also what is finished or half done.")
@as_json
@with_link
def backfill(
    link: Storelink,
    store: str,
    kinds: Sequence[str],
    since: datetime | None,
    restart: bool,
    as_json: bool,
) -> None:
    """Read all that STORE has. Nobody gets a message about the past.

    Interrupted, it goes on where it was when it is run again. Exits with 5 if something could not
    be read.
    """
    with _progress(quiet=as_json) as told:
        report = link.backfill(
            store, kinds=kinds, since=_utc(since), restart=restart, progress=told
        )
    show(report.rows(), as_json=as_json, empty="The platform lists nothing.")
    _explain(report.problems)


@click.group()
def webhooks() -> None:
    """Which webhooks a platform is asked to send."""


@webhooks.command("list")
@click.argument("store")
@as_json
@with_link
def list_webhooks(link: Storelink, store: str, as_json: bool) -> None:
    """List the webhooks that STORE is asked to send."""
    rows = (
        {
            "id": one.id,
            "topic": one.topic,
            "active": "yes" if one.active else "no",
            "failures": one.failures,
            "whose": "ours" if one.ours else "others'",
            "address": one.address,
        }
        for one in link.webhooks(store)
    )
    show(rows, as_json=as_json, empty="The store is not asked to send any webhook.")


@webhooks.command()
@click.argument("store")
@click.option("--url", help="Where they arrive; by default what webhook_url says.")
@as_json
@with_link
def repair(link: Storelink, store: str, url: str | None, as_json: bool) -> None:
    """Let STORE send every webhook that is needed, once, to the right address.

    Creates what is missing, repairs what is disabled, failing, duplicated or sent elsewhere; leaves
    those of others alone. Exits with 5 if something was refused.
    """
    done: list[Action] = link.register_webhooks(store, address=url)
    show(
        (action.row() for action in done),
        as_json=as_json,
        empty="All webhooks are in order; nothing was changed.",
    )
    _explain([action.error for action in done if action.error])


webhooks.add_command(repair, "register")


def _explain(problems: Sequence[str]) -> None:
    """Tell what went wrong, and exit accordingly."""
    for problem in dict.fromkeys(problems):
        click.echo(f"error: {problem}", err=True)
    if problems:
        sys.exit(_FAILED)


def _utc(instant: datetime | None) -> datetime | None:
    return instant.replace(tzinfo=UTC) if instant and instant.tzinfo is None else instant


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Told]:
    """Show progress: a bar on a terminal, otherwise a line now and then, or nothing."""
    if quiet:
        yield lambda progress: None
    elif not sys.stderr.isatty():
        yield _lines()
    else:
        with _bar() as told:
            yield told


def _lines(*, every: int = 1000) -> Told:
    """Write a line for each *every* objects."""
    shown: dict[tuple[Kind, str], int] = {}

    def told(progress: Progress) -> None:
        step = progress.done // every
        if shown.get((progress.kind, progress.note), -1) < step:
            shown[progress.kind, progress.note] = step
            click.echo(_line(progress), err=True)

    return told


def _line(progress: Progress) -> str:
    of = f" of {progress.total}" if progress.total is not None else ""
    note = f" ({progress.note})" if progress.note else ""
    return f"{progress.kind}s: {progress.done}{of}{note}"


@contextmanager
def _bar() -> Iterator[Told]:
    """Show a bar for each kind, or lines if the library for it is missing."""
    try:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars
    except ImportError:
        yield _lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks = {kind: bars.add_task(f"{kind}s", visible=False, total=None) for kind in Kind}

        def told(progress: Progress) -> None:
            bars.update(
                tasks[progress.kind],
                visible=True,
                completed=progress.done,
                total=progress.total,
                description=_line(progress),
            )

        yield told
