"""The lint of messages: the packaged ones pass it, and each rule finds what it is for."""

from __future__ import annotations

import json
import mailbox
import os
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from storelink.cli.main import cli
from storelink.models import MessageClass, Outgoing
from storelink.preview import spam
from storelink.preview.lint import Mark, lint
from storelink.preview.markup import read
from storelink.preview.rules import ERROR, RULES, WARNING, Sheet
from storelink.preview.segments import segments
from storelink.preview.written import Place, Shop, Writer
from storelink.rendering.content import Block, Content, Offer

GOOD = (
    '<html lang="en" dir="ltr"><style>.a { color: #111111 } '
    "@media (prefers-color-scheme: dark) { .g { background: #000000 } .a { color: #eeeeee } }"
    '</style><body class="g"><div style="display:none">Soon with you</div>'
    '<p class="a">Hello</p><a class="a" href="https://shop.example/">Look</a>'
    '<img src="https://shop.example/a.png" alt="" width="9" height="9">'
    '<table role="presentation"></table></body></html>'
)


def broken(
    old: str = "",
    new: str = "",
    *,
    subject: str = "Thanks",
    sms: str = "Thanks",
    locale: str = "en",
    blocks: tuple[Block, ...] = (),
) -> set[tuple[str, str]]:
    """Return the rules that a good message breaks after a change, with their levels."""
    assert old in GOOD
    html = GOOD.replace(old, new, 1) if old else GOOD + new
    mail = Outgoing(key="k", store="s", to="a@b.example", subject=subject, text="Hello", html=html,
                    message_class=MessageClass.TRANSACTIONAL)  # fmt: skip
    sheet = Sheet(locale, mail, sms, Content(subject, blocks=blocks), read(html), "DE")
    return {(name, level) for name, rule in RULES.items() for level, _ in rule(sheet)}


def test_every_packaged_message_passes_in_every_language() -> None:
    assert [] == lint(Shop(), spam=False)


def test_a_good_message_breaks_no_rule() -> None:
    assert set() == broken()


@pytest.mark.parametrize(
    ("old", "new", "rule", "level"),
    [
        ("", " " * 61_000, "size", WARNING),
        ("", " " * 105_000, "size", ERROR),
        ("Soon with you", "", "preheader", WARNING),
        ("Soon with you", "x" * 131, "preheader", WARNING),
        ('href="https://shop.example/"', 'href=""', "links", ERROR),
        ('href="https://shop.example/"', 'href="/orders"', "links", ERROR),
        (' alt=""', "", "images", ERROR),
        (' width="9" height="9"', "", "images", WARNING),
        ("https://shop.example/a.png", "a.png", "images", ERROR),
        (' lang="en"', "", "lang", ERROR),
        (' dir="ltr"', "", "lang", ERROR),
        (' role="presentation"', "", "tables", ERROR),
        ("#111111", "#999999", "contrast", ERROR),
        ("#eeeeee", "#222222", "contrast", ERROR),
        ('class="g"', 'class="g" style="display:flex"', "clients", ERROR),
        ("<p", "<svg></svg><p", "clients", ERROR),
        (".a {", ".b { width: calc(1px + 1em) } .a {", "clients", ERROR),
    ],
)
def test_a_rule_finds_what_is_wrong_with_a_mail(old: str, new: str, rule: str, level: str) -> None:
    assert {(rule, level)} == broken(old, new)


def test_a_rule_finds_what_is_wrong_with_its_words() -> None:
    assert {("subject", WARNING)} == broken(subject="x" * 71)
    assert {("unresolved", ERROR)} == broken(subject="Hello {{ name }}")
    assert {("sms", WARNING)} == broken(sms="x" * 700)
    assert {("language", WARNING)} == broken(locale="sv")
    assert {("advertising", ERROR)} == broken(blocks=(Offer("Buy more"),))


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 1), ("é" * 160, 1), ("a" * 161, 2), ("€" * 80, 1), ("€" * 81, 2), ("ж" * 70, 1),
     ("ж" * 71, 2), ("🧨" * 36, 2)],
)  # fmt: skip
def test_a_text_message_is_counted_as_networks_count(text: str, count: int) -> None:
    assert count == segments(text)


def test_a_shops_own_mistakes_are_found(tmp_path: Path) -> None:
    messages = tmp_path / "messages"
    messages.mkdir()
    start = '{% extends "storelink/messages/thank_you.jinja" %}'
    (messages / "thank_you.jinja").write_text(start + "{% block help %}{{ nmae }}{% endblock %}")
    (messages / "gift.jinja").write_text(
        '{% extends "messages/message.jinja" %}{% block subject %}Gift{% endblock %}'
        "{% block body %}{{ data.gift }}{% endblock %}"
    )
    done = CliRunner().invoke(
        cli, ["templates", "lint", str(tmp_path), "--no-spam", "--locale", "de", "--json"]
    )
    found = {(one["level"], one["rule"], one["message"]) for one in json.loads(done.stdout)}

    assert 1 == done.exit_code
    assert {
        ("error", "mistake", ""),
        ("error", "render", "thank_you"),
        ("warning", "render", "gift"),
    } == found


def test_what_is_so_in_several_languages_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "layout.html").write_text(
        '{% extends "storelink/layout.html" %}{% block header %}<a href="">x</a>{% endblock %}'
    )
    marks = lint(Shop(templates=tmp_path), locales=["de", "fr"], spam=False)
    assert {("error", "links", "de, fr")} == {(one[0], one[1], one[3]) for one in marks}


def test_a_missing_spam_filter_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert None is spam.score([b""])
    [mark] = lint(Shop(), locales=["en"])
    assert Mark("note", "spam", "", "", mark.text) == mark


def test_points_of_a_spam_filter_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program stands in for SpamAssassin: in its words, folded as it does, in any order."""
    program = tmp_path / "spamassassin"
    first = r"X-Spam-Status: No, score=1.7 required=5.0 tests=FONT_X,\n\tHTML_Y autolearn=no\n"
    other = r"X-Spam-Status: No, score=0.0 required=5.0 tests=NONE autolearn=no\n"
    mails = rf"From b\nMessage-ID: <b>\n{other}\nHello\nFrom a\nMessage-ID: <a>\n{first}\nHello\n"
    program.write_text(f"#!/bin/sh\nprintf '{mails}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    asked = [b"Message-ID: <a>\r\n\r\nHello", b"Message-ID: <b>\r\n\r\nHello"]
    scores = [spam.Score(1.7, ("FONT_X", "HTML_Y")), spam.Score(0.0, ("NONE",))]
    assert scores == spam.score(asked)
    assert None is spam.score([*asked, b"Message-ID: <c>\r\n\r\nHello"])


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key that signs mails."""
    path = tmp_path_factory.mktemp("keys") / "dkim.pem"
    made = generate_private_key(public_exponent=65537, key_size=2048)
    path.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def test_a_spam_filter_is_asked_about_mails_as_the_shop_s_channel_sends_them(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program stands in for SpamAssassin: it keeps what it is asked about.

    The server's password is not there where messages are checked, and is not needed.
    """
    program = tmp_path / "spamassassin"
    program.write_text(f'#!/bin/sh\n{shutil.which("cp")} "$4" {tmp_path}/asked.$$\n')
    program.chmod(0o755)
    config = tmp_path / "storelink.toml"
    config.write_text(
        '[stores.atelier]\nplatform = "woocommerce"\n'
        '[channels.email]\nsender = "Tante Emma <hello@emma.example>"\nrate = "10/s"\n'
        f'dkim = {{ domain = "emma.example", selector = "s", key_file = "{key}" }}\n'
    )
    monkeypatch.setenv("PATH", str(tmp_path))
    CliRunner().invoke(cli, ["--config", str(config), "templates", "lint", "--locale", "en"])

    mails = []
    for path in tmp_path.glob("asked.*"):
        with closing(mailbox.mbox(path)) as box:
            mails += list(box)
    assert len(Shop().messages()) == len(mails) == len({one["Message-ID"] for one in mails})
    assert {'"Tante Emma" <hello@emma.example>'} == {one["From"] for one in mails}
    assert all("d=emma.example" in one["DKIM-Signature"] for one in mails)
    assert any(one["List-Unsubscribe-Post"] for one in mails)


@pytest.mark.skipif(
    shutil.which("spamassassin") is None and os.environ.get("CI") != "true",
    reason="there is no SpamAssassin: apt-get install spamassassin",
)
def test_spamassassin_finds_nothing_in_signed_mails_and_would_find_something(key: Path) -> None:
    """The last one is made to be found (GTUBE, spamassassin.apache.org/gtube)."""
    dkim = {"domain": "atelier.example", "selector": "s", "key_file": key}
    shop = Shop(mail={"sender": "Atelier <hello@atelier.example>", "dkim": dkim})
    writer = Writer(shop, shop.renderer())
    places = [Place(one, tag) for one in ("thank_you", "review_request") for tag in ("en", "fa")]
    written = [writer.write(place, "email") for place in places]
    gtube = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
    written.append(written[0].model_copy(update={"key": "g", "text": gtube, "html": None}))

    scores = spam.score(map(writer.mail, written))
    assert scores is not None
    *good, found = scores
    assert [] == [one for one in good if one.points >= spam.HAM]
    assert found.points >= spam.HAM
