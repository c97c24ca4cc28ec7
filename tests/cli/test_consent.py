"""`storelink consent`, `suppress`, `unsuppress` and `suppressions`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from storelink.cli.main import cli

Run = Callable[..., Result]

CONFIG = """
[stores.shop]
platform = "woocommerce"
url = "https://shop.example"
webhook_secret = "secret"
"""
ADA = "Ada@Example.com"
RECORD = ("consent", "record", "shop", ADA, "--class", "review", "--channel", "email")
SAID = ("--source", "letter", "--wording", "Ask me how it was.")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    (tmp_path / "storelink.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)

    def invoke(*words: str, code: int = 0) -> Result:
        done = CliRunner().invoke(cli, words)
        assert code == done.exit_code, done.output
        return done

    return invoke


def asked(run: Run, *words: str) -> Any:
    return json.loads(run(*words, "--json").stdout)


def test_a_consent_is_written_down_and_shown_with_its_proof(run: Run) -> None:
    assert "Nothing is known" in run("consent", "show", "shop", ADA).stdout
    at = "2026-03-01T12:00:00+01:00"
    rows = asked(run, *RECORD, "--state", "confirmed", *SAID, "--at", at)
    assert {
        ("email", "relationship", "confirmed"),
        ("email", "marketing", "none"),
    } == {(one["channel"], one["class"], one["basis"]) for one in rows}
    body = asked(run, "consent", "show", "shop", "ada@EXAMPLE.com")
    (entry,) = body["said"]
    assert ("confirmed", "relationship", "email", "letter", "Ask me how it was.") == tuple(
        entry[name] for name in ("state", "class", "channel", "source", "wording")
    )
    assert "2026-03-01T11:00:00+00:00" == entry["at"]
    told = run("consent", "show", "shop", ADA).stdout
    assert "relationship by email: confirmed since 2026-03-01T11:00:00+00:00 (letter)" in told
    assert "marketing by email: none" in told


def test_a_refusal_of_everything_needs_no_wording_and_ends_every_consent(run: Run) -> None:
    run(*RECORD, "--state", "granted", *SAID)
    run("consent", "record", "shop", ADA, "--class", "*", "--channel", "*", "--state", "refused",
        "--source", "phone")  # fmt: skip
    stands = asked(run, "consent", "show", "shop", ADA)["stands"]
    assert {"refused"} == {one["basis"] for one in stands}


def test_an_address_is_suppressed_listed_and_let_go(run: Run) -> None:
    assert "Nothing is suppressed." in run("suppressions", "shop").stdout
    (row,) = asked(run, "suppress", "shop", ADA)
    assert ("by_hand", "*", "command line") == (row["why"], row["channel"], row["source"])
    run("suppress", "shop", ADA, "--why", "complaint", "--channel", "email")
    assert {"by_hand", "complaint"} == {one["why"] for one in asked(run, "suppressions", "shop")}
    assert "suppressed: by_hand since" in run("consent", "show", "shop", ADA).stdout
    left = run("unsuppress", "shop", "ada@example.com")
    assert ["complaint"] == [line.split()[1] for line in left.stdout.splitlines()[1:]]
    told = run("unsuppress", "shop", ADA, code=1).stderr
    assert "not suppressed for by_hand; what stands against it: complaint" in told
    run("unsuppress", "shop", ADA, "--why", "complaint")
    assert [] == asked(run, "suppressions", "shop")
    assert "not suppressed for by_hand\n" in run("unsuppress", "shop", ADA, code=1).stderr


def test_a_person_is_held_while_a_case_is_open(run: Run) -> None:
    case = ("--why", "support case 17")
    assert "held: support case 17" in run("hold", "shop", ADA, *case).stdout
    run("hold", "shop", ADA, "--why", "another", "--until", "2100-01-01T00:00Z")
    assert "let go\n" == run("unhold", "shop", "ada@example.com", *case).stdout
    run("unhold", "shop", ADA, *case, code=1)
    assert "let go\n" == run("unhold", "shop", ADA).stdout
    assert "nothing holds" in run("unhold", "shop", ADA, code=1).stderr


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("consent", "show", "nowhere", ADA), "no store is called 'nowhere'"),
        (("suppressions", "nowhere"), "no store is called 'nowhere'"),
        (("suppress", "shop", "ada"), "an e-mail address, or a phone number with its country"),
        (("suppress", "shop", "030 1234"), "an e-mail address, or a phone number"),
        (("suppress", "shop", ADA, "--why", "mood"), "'mood' is not one of"),
        (("suppress", "shop", ADA, "--channel", "emial"), "there is no channel 'emial'"),
        ((*RECORD, "--state", "granted", "--source", "x"), "say what the person agreed to"),
        ((*RECORD, "--state", "maybe", *SAID), "'maybe' is not one of"),
        ((*RECORD, "--state", "granted", *SAID, "--at", "2026-03-01T12:00"), "a time is written"),
        (("hold", "shop", ADA, "--why", "x", "--until", "tomorrow"), "a time is written like"),
        (("hold", "shop", ADA), "Missing option '--why'"),
        ((*RECORD, "--state", "granted", *SAID, "--at", "soon"), "a time is written like"),
        ((*RECORD, "--state", "granted", *SAID, "--at", "2100-01-01T00:00Z"), "in the future"),
        (
            (*RECORD[:4], "--class", "*", "--channel", "email", "--state", "granted", *SAID),
            "only a refusal may be '*'",
        ),
    ],
)
def test_what_is_wrong_is_told_in_a_line(run: Run, words: tuple[str, ...], complaint: str) -> None:
    done = CliRunner().invoke(cli, words, standalone_mode=True)
    assert 0 != done.exit_code
    assert complaint in f"{done.output}{done.exception}"


def test_nothing_shows_more_of_a_person_than_was_given(run: Run) -> None:
    run(*RECORD, "--state", "granted", *SAID)
    run("suppress", "shop", ADA)
    texts = [
        run("suppressions", "shop").output,
        run("consent", "show", "shop", ADA).output,
        json.dumps(asked(run, "consent", "show", "shop", ADA)),
    ]
    assert not any("example.com" in text.casefold() for text in texts)
