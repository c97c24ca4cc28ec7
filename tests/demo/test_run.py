"""The demo from end to end: real webhooks in, real mails out."""

from __future__ import annotations

import email.policy
import json
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from email import message_from_bytes
from pathlib import Path

import pytest
from click.testing import CliRunner
from demo.conftest import DemoRun

from storelink.cli.demo import demo
from storelink.demo.folder import Folder
from storelink.demo.run import run
from storelink.demo.scenes import SCENES
from storelink.errors import ConfigError, MissingExtra

REFUNDED = "Refunded in full before the review was asked for"
PARTLY = "One of two lines refunded: the review asks about the other"


def letters(folder: Path) -> Counter[tuple[str, ...]]:
    """What the mails on disk say, without the boundaries that are made anew each time."""
    found: Counter[tuple[str, ...]] = Counter()
    for path in (folder / "mail").glob("*.eml"):
        mail = message_from_bytes(path.read_bytes(), policy=email.policy.default)
        bodies = [mail.get_body((kind,)) for kind in ("plain", "html")]
        texts = [body.get_content() if body else "" for body in bodies]
        heads = [str(mail[name]) for name in ("Message-ID", "To", "Subject", "Date")]
        found[(*heads, *texts)] += 1
    return found


def test_everything_is_as_it_should_be(demo_run: DemoRun) -> None:
    """Every recorded order and every scene gets exactly the messages that it should."""
    assert demo_run.report.broken == []
    assert demo_run.report.received.repeated == 0
    assert demo_run.report.is_good


def test_both_stores_are_there_with_all_their_orders(demo_run: DemoRun) -> None:
    """41 recorded orders, of which one is gone before anything was told of it; every scene."""
    known = {store.name: store.orders for store in demo_run.report.stores}
    assert {"atelier": 40, "boutique": len(SCENES)} == known


def test_the_other_seed_gives_the_same_mails(
    demo_run: DemoRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`storelink demo --json --seed 2`: one object with true figures, and the same mails."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(demo, ["--json", "--seed", "2"])

    assert 0 == result.exit_code
    figures = json.loads(result.stdout)
    arrived = letters(tmp_path / "storelink-demo")
    ids = {letter[0] for letter in arrived}
    assert len(ids) == figures["messages"]["sent"]
    assert arrived.total() - len(ids) == figures["sent_twice"] == 0
    assert letters(demo_run.folder.path) == arrived
    first = demo_run.report.to_dict()
    assert first["messages"] == figures["messages"]
    assert first["events"] == figures["events"]
    assert first["webhooks"] != figures["webhooks"]
    assert "webhooks" in result.stderr


def test_the_figures_have_their_names(demo_run: DemoRun) -> None:
    """What scripts may rely on."""
    figures = json.loads(json.dumps(demo_run.report.to_dict()))

    expected = {
        "stores": dict,
        "webhooks": dict,
        "events": dict,
        "messages": dict,
        "sent_twice": int,
        "expectations": dict,
        "clock": dict,
        "seed": int,
    }
    assert expected == {name: type(value) for name, value in figures.items()}
    assert {"received", "duplicates", "pings", "kept", "ignored"} == set(figures["webhooks"])
    states = {"sent", "cancelled", "expired", "failed", "waiting", "in_doubt", "retried"}
    assert states == set(figures["messages"])
    assert {"atelier": "woocommerce", "boutique": "shopify"} == {
        name: store["platform"] for name, store in figures["stores"].items()
    }


def test_webhooks_come_twice_and_change_nothing(demo_run: DemoRun) -> None:
    """The database holds each delivery once, however often it came."""
    post = demo_run.report.webhooks
    with closing(sqlite3.connect(demo_run.folder.database)) as database:
        (stored,) = database.execute("select count(*) from inbox").fetchone()

    assert post.duplicates > 100
    assert post.received - post.duplicates - post.pings == stored


def test_each_mail_is_on_disk_as_it_came(demo_run: DemoRun) -> None:
    """Byte for byte, in order of arrival, and no person is named in a file's name."""
    files = sorted(demo_run.folder.mail.iterdir())

    mails = demo_run.report.received.mails
    assert [mail.raw for mail in mails] == [file.read_bytes() for file in files]
    assert [f"{number:04}" for number in range(1, len(files) + 1)] == [
        file.name[:4] for file in files
    ]
    people = {word.casefold() for one in demo_run.report.orders for word in one.buyer.split()}
    words = {word for file in files for word in file.stem.split("-")}
    assert set() == people & words


def test_the_refunded_order_is_not_asked_for_a_review(demo_run: DemoRun) -> None:
    """It was planned, the refund took it back, and the reason is said."""
    review = demo_run.telling(REFUNDED, "review_request")

    assert "cancelled: refunded" == review.result
    assert review.why.endswith("the order was refunded in full.")
    assert review.key not in demo_run.report.received.by_key


def test_the_partly_refunded_order_is_asked_about_the_kept_line(demo_run: DemoRun) -> None:
    """The line that was given back is not in the mail."""
    (scene,) = [scene for scene in SCENES if scene.title == PARTLY]
    review = demo_run.telling(PARTLY, "review_request")
    assert review.key is not None
    mail = demo_run.report.received.by_key[review.key]

    kept, given_back = (item.title for item in scene.items)
    assert mail.html is not None
    for text in (mail.text, mail.html):
        assert kept in text
        assert given_back not in text


def test_a_mail_that_was_put_off_arrives_by_a_retry(demo_run: DemoRun) -> None:
    """The server said 451 once; the second attempt was taken, and only that one."""
    thanks = demo_run.telling("A busy mail server; and the review is still to come", "thank_you")

    assert 2 == thanks.attempts
    assert "sent" == thanks.outcome
    assert 1 == demo_run.report.retried


def test_news_that_come_too_late_expire(demo_run: DemoRun) -> None:
    """Yesterday's "out for delivery" is not sent."""
    late = demo_run.telling("“Out for delivery” arrives thirty hours late", "out_for_delivery")

    assert "expired" == late.outcome
    assert "Not sent: it would have come too late." == late.why


def test_the_progress_only_grows(demo_run: DemoRun) -> None:
    """What a person sees while it runs."""
    progress = demo_run.progress
    assert progress == sorted(progress, key=lambda one: (one.now, one.webhooks, one.mails))
    assert 1.0 == progress[-1].done
    assert len(demo_run.report.received.mails) == progress[-1].mails


def test_without_the_mail_servers_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the command that helps."""
    monkeypatch.setitem(sys.modules, "aiosmtpd.smtp", None)
    monkeypatch.delitem(sys.modules, "storelink.testing.mailserver", raising=False)

    with pytest.raises(MissingExtra, match=r'pip install "storelink\[demo\]"'):
        run(Folder(tmp_path / "out"))


def test_a_folder_without_a_recording(tmp_path: Path) -> None:
    """The error names the folder."""
    with pytest.raises(ConfigError, match="holds no recorded journeys"):
        run(Folder(tmp_path / "out"), journeys=tmp_path)
