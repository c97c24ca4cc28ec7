"""What the commands share: opening the app, showing rows, turning errors into one line."""

from __future__ import annotations

import functools
import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from storelink.errors import (
    ConfigError,
    PayloadError,
    StorageError,
    StoreError,
    StorelinkError,
    WebhookRefused,
)

if TYPE_CHECKING:
    from storelink.app import Storelink
    from storelink.operations.metrics import Metrics

P = ParamSpec("P")
T = TypeVar("T")

EXIT_CODES: Sequence[tuple[type[Exception], int]] = (
    (ConfigError, 2),
    (WebhookRefused, 3),
    (PayloadError, 4),
    (StoreError, 5),
    (StorageError, 6),
)
"""The exit code of each kind of error; any other of storelink's gives 1."""


class Opener:
    """Opens the app that the command line names, once it is needed."""

    def __init__(self, config: Path, app: str | None) -> None:
        self._config, self._app = config, app

    @property
    def config(self) -> Path:
        """Where the configuration is, if there is one."""
        return self._config

    def open(self) -> Storelink:
        """Return the app of `--app`, or the one that the configuration describes."""
        from storelink.app import Storelink
        from storelink.plugins import load_object

        if self._app is None:
            return _told(Storelink.from_config(self._config))
        sys.path.insert(0, str(Path.cwd()))
        found = load_object(self._app)
        if not isinstance(found, Storelink):
            raise ConfigError(f"{self._app} is no Storelink but {type(found).__name__}")
        return _told(found)


def _told(link: Storelink) -> Storelink:
    """Let what happens be logged, if anybody is to hear it."""
    from storelink.operations.journal import journal, log

    if log.isEnabledFor(logging.INFO):
        link.watch(journal)
    return link


def watched(link: Storelink) -> Metrics:
    """Let what happens be counted for Prometheus.

    Raises:
        MissingExtra: Prometheus' library is not installed.
    """
    from storelink.operations.metrics import Metrics

    metrics = Metrics(link.health)
    link.watch(metrics)
    return metrics


@contextmanager
def showing_metrics(link: Storelink, port: int | None, host: str) -> Iterator[None]:
    """Show metrics over HTTP during the block, if a port is given."""
    if port is None:
        yield
        return
    with watched(link).served(port=port, host=host) as bound:
        click.echo(f"Metrics are shown at http://{host}:{bound}/metrics.", err=True)
        yield


PORT = click.IntRange(0, 65535)
"""A port; a larger number would silently become another one."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def with_link(command: Callable[..., T]) -> Callable[..., T]:
    """Give a command the opened app as its first argument, and close it afterwards."""

    @click.pass_obj
    @functools.wraps(command)
    def run(opener: Opener, *args: Any, **options: Any) -> T:
        with opener.open() as link:
            return command(link, *args, **options)

    return run


def explained(command: Callable[P, T]) -> Callable[P, T]:
    """Turn an error of storelink into one clear line and an exit code."""

    @functools.wraps(command)
    def run(*args: P.args, **options: P.kwargs) -> T:
        try:
            return command(*args, **options)
        except (StorelinkError, LookupError) as error:
            click.echo(f"error: {error.args[0] if error.args else error}", err=True)
            sys.exit(next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1))
        except OSError as error:
            if error.filename is None:  # of no file that somebody named: a defect, to be seen whole
                raise
            click.echo(f"error: {error.filename}: {error.strerror}", err=True)
            sys.exit(1)

    return run


def show(rows: Iterable[Mapping[str, Any]], *, as_json: bool, empty: str) -> None:
    """Print *rows* as JSON, or as a table with a heading; say *empty* if there are none."""
    found = [{name: _text(value) for name, value in row.items()} for row in rows]
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    elif not found:
        click.echo(empty)
    else:
        click.echo(_table(found))


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Lay out columns, the last one as long as it likes."""
    names = list(rows[0])
    cells = [[name.upper().replace("_", " ") for name in names]]
    cells += [["" if row[name] is None else str(row[name]) for name in names] for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    return os.linesep.join(lines)


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value if value is None or isinstance(value, int | dict | list) else str(value)
