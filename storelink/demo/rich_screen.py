"""The demo in a terminal, with colors where the terminal has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from storelink.demo.play import Progress
from storelink.demo.screen import HEADINGS, WIDTH, Days, Screen, heading, progress_line, rows
from storelink.demo.story import OrderStory

_STYLES = {
    "sent": "green",
    "cancelled": "yellow",
    "expired": "yellow",
    "waiting": "cyan",
    "sending": "cyan",
    "failed": "red",
    "in doubt": "red",
    "not sent": "dim",
}


class RichScreen(Screen):
    """Tables and a progress bar; `rich` leaves colors out for `NO_COLOR`, files and pipes."""

    def __init__(self) -> None:
        self._out, self._err = _console(stderr=False), _console(stderr=True)

    @contextmanager
    def progress(self) -> Iterator[Callable[[Progress], None]]:
        """Show a bar, or where there is no terminal a line for each day."""
        if not self._err.is_terminal:
            days = Days(lambda line: self._err.print(Text(line)))
            yield days.tell
            days.end()
            return
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=None))
        with Bar(*columns, console=self._err, transient=True) as bar:
            task = bar.add_task("", total=1.0)

            def tell(progress: Progress) -> None:
                bar.update(task, completed=progress.done, description=progress_line(progress))

            yield tell

    def order(self, story: OrderStory) -> None:
        """Show the timeline as a table."""
        self._out.print(Text(heading(story), style="bold"))
        table = Table(
            box=SIMPLE_HEAD,
            header_style="dim",
            padding=(0, 1, 0, 0),
            pad_edge=False,
            show_edge=False,
            expand=True,
        )
        for name, ratio in zip(HEADINGS, (None, 4, 5, None, 9), strict=True):
            table.add_column(name, ratio=ratio, no_wrap=ratio is None, overflow="fold")
        for when, event, message, outcome, why in rows(story):
            style = _STYLES.get(outcome, "")
            table.add_row(Text(when), Text(event), Text(message), Text(outcome, style), Text(why))
        self._out.print(table)
        self._out.print()

    def line(self, text: str, *, good: bool | None = None) -> None:
        """Show *text*."""
        style = {True: "bold green", False: "bold red", None: ""}[good]
        self._out.print(Text(text, style=style))


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    console.width = min(console.width, 120)
    return console
