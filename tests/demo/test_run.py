"""The demo from end to end: real webhooks in, real mails out."""

from __future__ import annotations

import email.policy
import json
import re
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
from storelink.errors import MissingExtra

LINK = re.compile(r"/t/[\w.-]+")
REFUNDED = "Refunded in full before the review was asked for"
LOCALES = {"boutique": "de-DE", "atelier": "fr"}
PARTLY = "One of two lines refunded: the review asks about the other"


def letters(folder: Path, *heads: str) -> Counter[tuple[str, ...]]:
    """What the mails on disk say, without boundaries and links, which know the time."""
    found: Counter[tuple[str, ...]] = Counter()
    for path in (folder / "mail").glob("*.eml"):
        mail = message_from_bytes(path.read_bytes(), policy=email.policy.default)
        bodies = [mail.get_body((kind,)) for kind in ("plain", "html")]
        texts = [LINK.sub("/t/", body.get_content()) if body else "" for body in bodies]
        found[(*(str(mail[name]) for name in ("Message-ID", "To", "Subject", *heads)), *texts)] += 1
    return found


def test_everything_is_as_it_should_be(demo_run: DemoRun) -> None:
    """Every scene, in every store, gets exactly the messages that it should."""
    assert demo_run.report.broken == []
    assert demo_run.report.received.repeated == 0
    assert demo_run.report.is_good


def test_both_stores_act_their_scenes(demo_run: DemoRun) -> None:
    """No order is missing, and none is there that no scene placed."""
    for store in demo_run.report.stores:
        acted = [scene.title for scene in SCENES if store.name in scene.cast]
        told = [one.caption for one in demo_run.report.orders if one.store == store.name]
        assert sorted(acted) == sorted(told)
        assert store.orders == len(acted) >= 8


def test_the_other_seed_gives_the_same_mails(demo_run: DemoRun, tmp_path: Path) -> None:
    """Other webhooks are lost and other calls fail, and nobody notices: but for the time."""
    other = run(Folder(tmp_path / "out"), seed=2)

    assert other.broken == []
    assert letters(demo_run.folder.path) == letters(tmp_path / "out")
    assert demo_run.report.events == other.events
    one, two = demo_run.report.to_dict(), other.to_dict()
    assert one["messages"] == two["messages"]
    assert one["webhooks"] != two["webhooks"]
    assert one["calls"] != two["calls"]


def test_the_same_seed_gives_the_same_result(
    demo_run: DemoRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`storelink demo --json`: one object with the same figures, and mails of the same time."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(demo, ["--json", "--seed", "1"])

    assert 0 == result.exit_code
    assert demo_run.report.to_dict() == json.loads(result.stdout)
    arrived = letters(tmp_path / "storelink-demo", "Date")
    assert letters(demo_run.folder.path, "Date") == arrived
    assert demo_run.report.received.different == len({letter[0] for letter in arrived})
    assert "webhooks" in result.stderr


def test_the_figures_have_their_names(demo_run: DemoRun) -> None:
    """What scripts may rely on."""
    figures = json.loads(json.dumps(demo_run.report.to_dict()))

    expected = {
        "stores": dict,
        "webhooks": dict,
        "calls": dict,
        "sweeps": dict,
        "events": dict,
        "messages": dict,
        "sent_twice": int,
        "expectations": dict,
        "clock": dict,
        "seed": int,
    }
    assert expected == {name: type(value) for name, value in figures.items()}
    counted = {"received", "duplicates", "doubled", "lost", "kept", "ignored"}
    assert counted == set(figures["webhooks"])
    assert {"made", "failed"} == set(figures["calls"])
    assert {"made", "failed", "events", "repaired"} == set(figures["sweeps"])
    states = {"sent", "cancelled", "expired", "failed", "waiting", "in_doubt", "retried"}
    assert states == set(figures["messages"])
    assert {"atelier": "woocommerce", "boutique": "shopify"} == {
        name: store["platform"] for name, store in figures["stores"].items()
    }


def test_webhooks_come_twice_and_change_nothing(demo_run: DemoRun) -> None:
    """The database holds each delivery once, however often it came."""
    webhooks = demo_run.report.webhooks
    with closing(sqlite3.connect(demo_run.folder.database)) as database:
        (stored,) = database.execute("select count(*) from inbox").fetchone()

    assert webhooks.doubled > 20
    assert webhooks.doubled == webhooks.duplicates
    assert webhooks.received - webhooks.duplicates == stored


def test_what_webhooks_do_not_tell_is_found(demo_run: DemoRun) -> None:
    """Some webhooks never come, and some calls fail; the sweeps find what there is."""
    report = demo_run.report
    assert report.webhooks.lost > 10
    assert report.calls.failed > report.calls.made / 100
    assert report.sweeps.events > 10
    assert report.sweeps.made > 100
    assert 0 == report.webhooks.kept


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

    kept, given_back = (item.title for item in scene.cast["boutique"].items)
    assert mail.html is not None
    for text in (mail.text, mail.html):
        assert kept in text
        assert given_back not in text


@pytest.mark.parametrize("store", ["boutique", "atelier"])
def test_a_mail_that_was_put_off_arrives_by_a_retry(demo_run: DemoRun, store: str) -> None:
    """The server said 451 once; the second attempt was taken, and only that one."""
    title = "A busy mail server; and the review is still to come"
    thanks = demo_run.telling(title, "thank_you", store)

    assert 2 == thanks.attempts
    assert "sent" == thanks.outcome
    assert 2 == demo_run.report.retried


def test_news_that_come_too_late_expire(demo_run: DemoRun) -> None:
    """Yesterday's "out for delivery" is not sent."""
    title = "Out of reach for thirty hours: “out for delivery” would come too late"
    late = demo_run.telling(title, "out_for_delivery")

    assert "expired" == late.outcome
    assert "Not sent: it would have come too late." == late.why


def test_the_progress_only_grows(demo_run: DemoRun) -> None:
    """What a person sees while it runs."""
    progress = demo_run.progress
    assert progress == sorted(progress, key=lambda one: (one.now, one.webhooks, one.mails))
    assert 1.0 == progress[-1].done
    assert len(demo_run.report.received.mails) == progress[-1].mails


def test_what_the_platform_does_not_show_is_not_told(demo_run: DemoRun) -> None:
    """WooCommerce never hears of a carrier's scans, and the customer of none of it."""
    named = {store: set[str]() for store in ("boutique", "atelier")}
    for order in demo_run.report.orders:
        named[order.store] |= {one.name for one in order.tellings}

    scans = {"out_for_delivery", "delivered", "delayed", "overdue", "problem"}
    assert scans <= named["boutique"]
    assert set() == scans & named["atelier"]


def test_orders_are_in_their_languages(demo_run: DemoRun) -> None:
    """Shopify keeps the customer's, and WooCommerce what a plugin for languages writes."""
    languages = {store: demo_run.story("One parcel, on time", store).language for store in LOCALES}
    assert LOCALES == languages


@pytest.mark.parametrize(
    ("library", "loads_it"),
    [
        ("aiosmtpd.smtp", ["storelink.testing.mailserver"]),
        ("werkzeug.serving", ["storelink.demo.stores", "storelink.toolkit.serving"]),
    ],
)
def test_without_a_library(
    library: str, loads_it: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the command that brings everything that the demo needs."""
    monkeypatch.setitem(sys.modules, library, None)
    for module in loads_it:
        monkeypatch.delitem(sys.modules, module, raising=False)

    with pytest.raises(MissingExtra, match=r'pip install "storelink\[demo\]"'):
        run(Folder(tmp_path / "out"))
