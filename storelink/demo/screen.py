"""The demo in a terminal: how far it is, a table for each order, and what came of it all."""

from __future__ import annotations

import io
import sys
import textwrap
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from typing import TextIO

from storelink.demo.folder import Folder
from storelink.demo.play import Progress
from storelink.demo.report import Report
from storelink.demo.story import OrderStory

HEADINGS = ("When", "Event", "Message", "Outcome", "Why")
WIDTH = 100

_WIDTHS = (12, 17, 23, 9, 35)


class Screen(ABC):
    """Where a person follows the demo; progress goes to standard error."""

    @abstractmethod
    def progress(self) -> AbstractContextManager[Callable[[Progress], None]]:
        """Open what shows the progress; it is told through the function."""

    @abstractmethod
    def order(self, story: OrderStory) -> None:
        """Show the timeline of one order."""

    @abstractmethod
    def line(self, text: str, *, good: bool | None = None) -> None:
        """Show one line; *good* lines and bad ones look different."""

    def show(self, report: Report, folder: Folder) -> None:
        """Show every order, the sum of it, and where to look."""
        for story in report.orders:
            self.order(story)
        for text in summary(report):
            self.line(text)
        for check in report.broken:
            self.line(f"Not as it should be: {check.what}: {check.found}", good=False)
        met = len(report.checks) - len(report.broken)
        verdict = f"{met} of {len(report.checks)} expectations hold"
        self.line(f"{verdict}; {report.received.repeated} sent twice.", good=report.is_good)
        self.line("")
        self.line(f"Look at  {folder.gallery}")
        self.line(f"Journeys {folder.picture}")
        self.line(f"Mails    {folder.mail}/")
        self.line(f"Database {folder.database}")


def screen() -> Screen:
    """Return the best screen there is: with colors if `rich` is installed.

    A terminal that lacks a sign of some script shows another one instead.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if find_spec("rich") is None:
        return PlainScreen(sys.stdout, sys.stderr)
    from storelink.demo.rich_screen import RichScreen

    return RichScreen()


class Days:
    """Says in one line what every day has brought, once the day is over.

    Args:
        say: told the lines.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._last: Progress | None = None

    def tell(self, progress: Progress) -> None:
        """Take note of how far it is."""
        if self._last and self._last.now.date() != progress.now.date():
            self.end()
        self._last = progress

    def end(self) -> None:
        """Say what the last day has brought."""
        if self._last:
            self._say(progress_line(self._last))


class PlainScreen(Screen):
    """Text without colors.

    Args:
        out: for what came of it.
        progress: for how far it is.
    """

    def __init__(self, out: TextIO, progress: TextIO) -> None:
        self._out, self._progress = out, progress

    @contextmanager
    def progress(self) -> Iterator[Callable[[Progress], None]]:
        """Write a line for each day on which something happened."""
        days = Days(lambda line: print(line, file=self._progress, flush=True))
        yield days.tell
        days.end()

    def order(self, story: OrderStory) -> None:
        """Write the timeline as columns."""
        self.line(textwrap.fill(heading(story), WIDTH))
        self._row(HEADINGS)
        for row in rows(story):
            self._row(row)
        self.line("")

    def line(self, text: str, *, good: bool | None = None) -> None:
        """Write *text*."""
        print(text, file=self._out)

    def _row(self, cells: tuple[str, ...]) -> None:
        wrapped = [
            textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, _WIDTHS, strict=True)
        ]
        for number in range(max(map(len, wrapped))):
            parts = (cell[number] if number < len(cell) else "" for cell in wrapped)
            padded = (part.ljust(width) for part, width in zip(parts, _WIDTHS, strict=True))
            self.line(" ".join(padded).rstrip())


def heading(story: OrderStory) -> str:
    """Return the line above an order's timeline."""
    parts = (f"{story.store} {story.number}", story.caption, story.status, story.total)
    return " · ".join(part for part in parts if part)


def rows(story: OrderStory) -> Iterator[tuple[str, str, str, str, str]]:
    """Return the cells of an order's timeline, in the order of `HEADINGS`."""
    for moment in story.moments:
        when = f"{moment.at:%d %b %H:%M}" if moment.at else ""
        if not moment.tellings:
            yield when, moment.event, "", "", ""
        for number, telling in enumerate(moment.tellings):
            first = (when, moment.event) if number == 0 else ("", "")
            yield *first, telling.title, telling.outcome, telling.why


def progress_line(progress: Progress) -> str:
    """Say in one line how far the demo is."""
    return f"{progress.now:%a %d %b %Y}  {progress.webhooks:>4} webhooks  {progress.mails:>4} mails"


def summary(report: Report) -> list[str]:
    """Say in a few lines what came of it all."""
    figures = report.to_dict()
    messages, webhooks = figures["messages"], figures["webhooks"]
    calls, sweeps = figures["calls"], figures["sweeps"]
    cancelled = ", ".join(f"{n} {_words(why)}" for why, n in messages["cancelled"].items())
    found = f"{sweeps['made']} found {sweeps['events']} events that no webhook had told"
    others = ("expired", "failed", "waiting", "in_doubt")
    span = f"{report.started_at:%d %B} to {report.ended_at:%d %B %Y}"
    arrived = f"{webhooks['received']} arrived, {webhooks['duplicates']} of them repeats"
    not_sent = ", ".join(f"{_words(name)} {messages[name]}" for name in others)
    return [
        f"Orders:   {len(report.orders)} of {len(report.stores)} stores, {span}.",
        f"Webhooks: {arrived}; {webhooks['lost']} were lost on the way.",
        f"Calls:    {calls['made']} of the stores' APIs, of which {calls['failed']} failed.",
        f"Sweeps:   {found}; {sweeps['failed']} failed.",
        f"Events:   {sum(figures['events'].values())} of {len(figures['events'])} types.",
        f"Mails:    {messages['sent']} reached the SMTP server, {messages['retried']} by a retry.",
        f"Others:   cancelled {report.cancelled.total()} ({cancelled}), {not_sent}.",
    ]


def _words(code: str) -> str:
    return code.replace("_", " ")
