"""`storelink plan`: what would be sent to whom over the coming days, and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from storelink.app import Storelink
from storelink.cli.shared import as_json, show, with_link
from storelink.hooks.words import MONTHS, WEEKDAYS

if TYPE_CHECKING:
    from storelink.operations.planning import Planned

Rows = Sequence[Mapping[str, str | None]]


@click.command()
@click.option("--store", required=True, help="The store's name.")
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True)
@click.option("--hook", help="Only this hook.")
@as_json
@with_link
def plan(link: Storelink, store: str, days: int, hook: str | None, as_json: bool) -> None:
    """Say what would be sent to whom over the coming days, and why; changes nothing.

    What waits, and what hooks will ask for if nothing happens but time. Times are the shop's.
    """
    found = link.plan(store, days=days, hook=hook)
    if as_json:
        body = [one.to_dict() for one in found]
        click.echo(json.dumps(body, indent=2, ensure_ascii=False))
    elif not found:
        click.echo(f"Nothing is planned for the next {days} day{'' if days == 1 else 's'}.")
    else:
        _tables(found, ZoneInfo(link.brand.time_zone))


def _tables(found: Sequence[Planned], zone: ZoneInfo) -> None:
    """Print a table for each day, on the shop's clock."""
    write = _writer()
    for day, some in groupby(found, key=lambda one: one.at.astimezone(zone).date()):
        rows = [
            {
                "time": f"{one.at.astimezone(zone):%H:%M}",
                "to": one.would.to,
                "message": one.title,
                "why": one.sentence,
            }
            for one in some
        ]
        write(f"{WEEKDAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}", rows)


def _writer() -> Callable[[str, Rows], None]:
    """Return what prints a day: with its sentences wrapped, if the library for it is there."""
    try:
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return _plainly
    console = Console()

    def write(day: str, rows: Rows) -> None:
        table = Table(box=box.SIMPLE_HEAD, title=day, title_justify="left", expand=True)
        for name in rows[0]:
            is_long = name == "why"
            ratio = 1 if is_long else None
            table.add_column(name.capitalize(), no_wrap=not is_long, ratio=ratio)
        for row in rows:
            table.add_row(*(Text(one or "") for one in row.values()))
        console.print(table)

    return write


def _plainly(day: str, rows: Rows) -> None:
    click.echo(f"\n{day}")
    show(rows, as_json=False, empty="")
