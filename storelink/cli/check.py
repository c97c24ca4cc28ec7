"""The command `check`: the doctor."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import click

from storelink.app import Storelink
from storelink.cli.shared import as_json, with_link
from storelink.contracts.finding import Finding, Level

_MARKS = {Level.OK: "✓", Level.WARNING: "!", Level.FAULT: "✗"}
_COLORS = {Level.OK: "green", Level.WARNING: "yellow", Level.FAULT: "red"}


def line(finding: Finding) -> str:
    """Return a finding as people read it: one line, and another with the remedy."""
    mark = click.style(_MARKS[finding.level], fg=_COLORS[finding.level])
    code = f" [{finding.code}]" if finding.code else ""
    remedy = f"\n      → {finding.remedy}" if finding.remedy else ""
    return f"  {mark} {finding.about}: {finding.detail}{code}{remedy}"


@click.command()
@click.argument("stores", nargs=-1)
@as_json
@with_link
def check(link: Storelink, stores: Sequence[str], as_json: bool) -> None:
    """Look at credentials, rights, versions, clocks, webhooks, channels and the database.

    Names what does not work, each with its remedy; of STORES, or of all. Changes nothing. Exits
    with 1 if there is a fault.
    """
    levels, rows, heading = set(), [], ""
    for checked in link.check(stores):
        finding = checked.finding
        levels.add(finding.level)
        if as_json:
            rows.append({"of": checked.of, **_body(finding)})
            continue
        if checked.of != heading:
            heading = checked.of
            click.echo(click.style(heading, bold=True))
        click.echo(line(finding))
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    if Level.FAULT in levels:
        sys.exit(1)


def _body(finding: Finding) -> dict[str, str]:
    return {
        "about": finding.about,
        "level": finding.level.value,
        "code": finding.code,
        "detail": finding.detail,
        "remedy": finding.remedy,
    }
