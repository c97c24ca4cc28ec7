"""`storelink preview` and `storelink templates`: files, the gallery, and what is ejected."""

from __future__ import annotations

import json
import urllib.request
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from click.testing import CliRunner, Result

from storelink.cli.main import cli
from storelink.preview.gallery import Gallery
from storelink.preview.looks import looking
from storelink.preview.samples import SAMPLES, sample, sample_locales
from storelink.preview.written import Place, Shop, Writer, files
from storelink.rendering.loader import packaged_messages
from storelink.rendering.words import languages
from storelink.toolkit.serving import served

HERE = "127.0.0.1:8025"

APP = """
from storelink import Brand, Money, Storelink
from storelink.models import Contact
from storelink.testing import FakeStore, FrozenClock, Item, Timeline

clock = FrozenClock()
store = FakeStore(clock=clock)
brand = Brand(name="Tante Emma")
link = Storelink("sqlite://", stores={"atelier": store}, brand=brand, clock=clock)
timeline = Timeline(link, "atelier", store, clock)
order = timeline.place(Contact(email="ada@example.com", first_name="Ada"),
                       [Item("Mug", Money("1200", "EUR"))])
"""


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, words)
    assert code == done.exit_code, done.output
    return done


def test_every_language_has_a_sample_that_adds_up() -> None:
    assert {tag.replace("_", "-") for tag in languages()} == set(sample_locales())
    for tag in sample_locales():
        order = sample(tag)
        told = [one.total.amount for one in order.lines if one.total]
        shipping = order.totals.shipping
        assert shipping is not None
        assert sum(told) + shipping.amount == order.total.amount
        assert tag == order.contact.locale


@pytest.mark.parametrize("kind", SAMPLES)
def test_every_kind_of_sample_can_be_written_about(kind: str) -> None:
    """Whatever somebody calls himself, no header is added, and no template is run."""
    shop = Shop(about=lambda locale: sample(locale, kind))
    writer = Writer(shop, shop.renderer())
    for message in packaged_messages():
        made = dict(files(writer, Place(message, "ar")))
        mail = message_from_bytes(made["email.eml"], policy=policy.default)
        assert {"email.html", "email.txt", "email.eml", "sms.txt", "chat.txt"} == set(made)
        assert None is mail["Bcc"]
        assert ["text/plain", "text/html"] == [one.get_content_type() for one in mail.iter_parts()]
        assert b"onclick=alert(1)>" not in made["email.html"]
        assert b">49<" not in made["email.html"]


def test_files_are_written_by_message_language_and_channel() -> None:
    told = run(
        "preview",
        "--out",
        "seen",
        "--message",
        "delayed",
        "--locale",
        "fa",
        "--locale",
        "ja",
        "--json",
    )
    written = json.loads(told.stdout)
    assert 10 == len(written)
    assert "seen/delayed/fa/email.html" in written
    assert 'dir="rtl"' in Path("seen/delayed/fa/email.html").read_text(encoding="utf-8")
    assert "10 files are in seen." in run(
        "preview", "--out", "seen", "--message", "delayed", "--locale", "fa", "--locale", "ja"
    ).output  # fmt: skip


def test_a_real_order_is_written_about(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("kiosk_app.py").write_text(APP, encoding="utf-8")
    monkeypatch.syspath_prepend(".")
    import kiosk_app  # type: ignore[import-not-found]

    about = ("--app", "kiosk_app:link", "preview", "--out", "seen", "--store", "atelier")
    run(*about, "--order", kiosk_app.order, "--message", "thank_you", "--locale", "de")
    text = Path("seen/thank_you/de/email.txt").read_text(encoding="utf-8")
    assert "Vielen Dank, Ada!" in text
    assert "Tante Emma" in text


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--message", "thankyou"), "there is no message 'thankyou'"),
        (("--png",), "give --out, too"),
        (("--store", "atelier", "--out", "x"), "--store and --order belong together"),
    ],
)
def test_what_cannot_be_shown_is_told(words: tuple[str, ...], complaint: str) -> None:
    assert complaint in run("preview", *words, code=2).output


def test_the_gallery_shows_what_is_asked_for() -> None:
    gallery = Gallery(Shop())
    asked = {"message": "delayed", "locale": "de", "look": "dark"}
    page = gallery.answer("/", asked, host=HERE).body
    body = gallery.answer("/body", asked, host=HERE)

    assert all(f"message={name}" in page for name in packaged_messages())
    assert "Ihre Bestellung" in page
    assert "<iframe sandbox" in page
    assert "@media all" in body.body
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" == body.policy
    assert "sent in" in gallery.answer("/body", {**asked, "channel": "sms"}, host=HERE).body


def test_the_gallery_is_for_this_machine_only() -> None:
    """Another site can have its name lead here; real orders are none of its business."""
    gallery = Gallery(Shop())
    assert "403 Forbidden" == gallery.answer("/", {}, host="evil.example:8025").status
    assert "404 Not Found" == gallery.answer("/etc/passwd", {}, host=HERE).status
    with served(gallery) as url, urllib.request.urlopen(url) as page:
        assert "form-action 'none'" in page.headers["Content-Security-Policy"]


def test_the_gallery_follows_the_templates(tmp_path: Path) -> None:
    file = tmp_path / "messages" / "thank_you.jinja"
    file.parent.mkdir()
    gallery = Gallery(Shop(templates=tmp_path))
    asked = {"message": "thank_you", "locale": "en"}
    before = gallery.stamp()
    start = '{% extends "storelink/messages/thank_you.jinja" %}'
    file.write_text(start + "{% block headline %}Hooray!{% endblock %}")

    assert before != gallery.stamp()
    assert "Hooray!" in gallery.answer("/body", asked, host=HERE).body

    file.write_text(start + "{% block headline %}{{ nmae }}{% endblock %}")
    assert "&#39;nmae&#39; is undefined" in gallery.answer("/", asked, host=HERE).body


def test_a_look_is_switched_whatever_the_machine_prefers() -> None:
    css = "color-scheme: light dark; @media ( prefers-color-scheme:dark ) {}"
    assert "color-scheme: dark; @media all {}" == looking(css, "dark")
    assert "color-scheme: light; @media not all {}" == looking(css, "light")


def test_what_is_ejected_says_the_same_as_before() -> None:
    ejected = Path("templates")
    run("templates", "eject", "thank_you", "--layout")
    run("templates", "eject", "delayed", "--whole")
    plain, own = Shop(), Shop(templates=ejected)
    for message in ("thank_you", "delayed"):
        place = Place(message, "fa")
        written = [Writer(shop, shop.renderer()).write(place, "email") for shop in (plain, own)]
        assert written[0] == written[1]


def test_nothing_is_written_over_unless_it_is_asked_for() -> None:
    run("templates", "eject", "thank_you")
    file = Path("templates/messages/thank_you.jinja")
    file.write_text("mine")
    done = CliRunner().invoke(cli, ["templates", "eject", "thank_you", "delayed"])
    assert "already there" in str(done.exception)
    assert ["thank_you.jinja"] == [path.name for path in file.parent.iterdir()]
    assert "mine" == file.read_text()
    run("templates", "eject", "thank_you", "--force")
    assert "mine" != file.read_text()
    assert "no message 'x'" in str(CliRunner().invoke(cli, ["templates", "eject", "x"]).exception)


def test_a_new_language_is_reported_until_it_is_whole() -> None:
    """Words of all templates and blocks are wanted; what is translated is not told of."""
    run("templates", "eject", "--words", "sv")
    file = Path("templates/words/sv.po")
    with file.open("rb") as opened:
        texts = [one.id for one in read_po(opened) if one.id]
    before = json.loads(run("templates", "missing", "templates", "--json").stdout)
    told = file.read_text(encoding="utf-8")
    start = 'msgid "Warm regards,"\nmsgstr "'
    assert start in told
    file.write_text(told.replace(start, start + "Hälsningar,"), encoding="utf-8")
    after = json.loads(run("templates", "missing", "templates", "--json").stdout)

    assert len(texts) == len(before)
    assert ["Warm regards,"] == [one["text"] for one in before if one not in after]


def test_words_of_a_shops_own_template_are_missing_in_every_language(tmp_path: Path) -> None:
    (tmp_path / "messages").mkdir()
    (tmp_path / "messages" / "gift.jinja").write_text("{% trans %}A gift!{% endtrans %}")
    rows = json.loads(
        run(
            "templates", "missing", str(tmp_path), "--locale", "fa", "--locale", "en", "--json"
        ).stdout
    )
    assert [{"language": "fa", "file": "messages/gift.jinja", "text": "A gift!"}] == rows


def test_messages_are_listed_with_whose_they_are() -> None:
    Path("storelink.toml").write_text(
        'templates = "mine"\n[stores.atelier]\nplatform = "woocommerce"\n', encoding="utf-8"
    )
    Path("mine").mkdir()
    run("templates", "eject", "delayed")
    rows = json.loads(run("templates", "list", "--json").stdout)
    assert {"delayed": "yours"} == {
        one["message"]: one["template"] for one in rows if one["template"] != "storelink's"
    }
