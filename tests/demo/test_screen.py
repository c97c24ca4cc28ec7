"""The demo in a terminal."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storelink.demo.expectations import Check
from storelink.demo.folder import Folder
from storelink.demo.play import Progress
from storelink.demo.report import Report
from storelink.demo.rich_screen import RichScreen
from storelink.demo.screen import WIDTH, PlainScreen
from storelink.demo.story import OrderStory

WHY = "Cancelled on 30 November 2026, 16:53 UTC: the order was refunded in full."


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def plain() -> tuple[PlainScreen, io.StringIO, io.StringIO]:
    out, progress = io.StringIO(), io.StringIO()
    return PlainScreen(out, progress), out, progress


def check_timeline(text: str) -> None:
    lines = text.splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert "\x1b" not in text
    assert lines[0].startswith("boutique #1006 · Refunded in full · open, refunded")
    assert "When Event Message Outcome Why" == words(lines[1])
    (row,) = [line for line in lines if "Review request" in line]
    assert words(row).startswith("22 Nov 09:30 Parcel delivered Review request cancelled Cancelled")
    column = row.index("Cancelled")
    why = words(" ".join(line[column:] for line in lines[lines.index(row) :]))
    assert why.startswith(WHY)
    assert "not sent" in text


def test_a_timeline_in_plain_text(
    plain: tuple[PlainScreen, io.StringIO, io.StringIO], refund_story: OrderStory
) -> None:
    """Event, message, outcome and why, in a hundred columns."""
    screen, out, _ = plain
    screen.order(refund_story)
    check_timeline(out.getvalue())


def test_a_timeline_in_a_pipe(refund_story: OrderStory, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal there are no colors, and a hundred columns."""
    RichScreen().order(refund_story)
    check_timeline(capsys.readouterr().out)


def test_no_color(
    refund_story: OrderStory, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sets NO_COLOR gets none, even in a terminal."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    RichScreen().order(refund_story)
    assert "\x1b[32m" not in capsys.readouterr().out


def test_the_end_says_where_to_look(
    plain: tuple[PlainScreen, io.StringIO, io.StringIO],
    make_report: Callable[..., Report],
    tmp_path: Path,
) -> None:
    """The figures, the verdict, and the files."""
    screen, out, _ = plain
    screen.show(make_report(), Folder(tmp_path / "out"))

    text = out.getvalue()
    assert "3 arrived, 1 of them repeats; 2 were lost on the way." in text
    assert "40 of the stores' APIs, of which 5 failed." in text
    assert "6 found 4 events that no webhook had told; 1 failed." in text
    assert "1 of 1 expectations hold; 0 sent twice." in text
    assert str(tmp_path / "out" / "index.html") in text


def test_what_is_wrong_is_said(
    plain: tuple[PlainScreen, io.StringIO, io.StringIO],
    make_report: Callable[..., Report],
    tmp_path: Path,
) -> None:
    """Each expectation that does not hold, with what was found."""
    screen, out, _ = plain
    report = make_report(checks=(Check("it rains", False, "found sun"),))

    screen.show(report, Folder(tmp_path / "out"))

    assert "Not as it should be: it rains: found sun" in out.getvalue()
    assert not report.is_good


@pytest.mark.parametrize("kind", ["plain", "rich"])
def test_the_progress_has_a_line_for_each_day(
    kind: str,
    plain: tuple[PlainScreen, io.StringIO, io.StringIO],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With what had arrived by its end; on standard error."""
    start = datetime(2026, 11, 22, 8, tzinfo=UTC)
    screen = plain[0] if kind == "plain" else RichScreen()
    with screen.progress() as tell:
        for hours, webhooks in ((0, 5), (3, 12), (30, 20)):
            tell(Progress(start + timedelta(hours=hours), 0.5, webhooks, webhooks // 2))

    captured = capsys.readouterr()
    assert "" == captured.out
    lines = (plain[2].getvalue() if kind == "plain" else captured.err).splitlines()
    assert [
        "Sun 22 Nov 2026 12 webhooks 6 mails",
        "Mon 23 Nov 2026 20 webhooks 10 mails",
    ] == [words(line) for line in lines]
