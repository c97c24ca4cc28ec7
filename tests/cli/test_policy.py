"""`storelink policy`: what may be sent, and by which rule; no configuration is needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from storelink.cli.main import cli
from storelink.policy.rulebook import rulebook

REVIEW = ("--class", "review", "--country", "DE", "--channel", "email")
SUNDAY = ("--at", "2026-03-29T22:30", "--zone", "Europe/Berlin")
TEXT = ("--class", "marketing", "--channel", "sms", "--consent", "consent")


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, ["policy", *words])
    assert code == done.exit_code, done.output
    return done


def asked(*words: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(run("check", *words, "--json").stdout)
    return body


def test_the_answer_has_its_reasons_and_the_version_of_the_rules() -> None:
    body = asked(*REVIEW, *SUNDAY, "--consent", "none")
    [reason] = body.pop("reasons")
    assert {
        "decision": "suppress",
        "until": None,
        "needs": [],
        "rules": rulebook().version,
    } == body
    rule = rulebook().rule("de.bgh-vi-zr-225-17")
    assert (rule.id, rule.source) == (reason["rule"], reason["source"])
    assert f"{rule.says} Needed: consent; known: nothing." == reason["why"]


def test_what_is_deferred_tells_until_when() -> None:
    body = asked(*TEXT, "--country", "FR", "--at", "2026-07-14T12:00", "--zone", "Europe/Paris")
    assert ("defer", "2026-07-15T06:00:00+00:00") == (body["decision"], body["until"])
    assert "fr.af2m-hours" == body["reasons"][0]["rule"]
    assert ["opt_out"] == body["needs"]


def test_a_shop_owner_reads_sentences() -> None:
    zone = ("--zone", "Europe/Paris")
    lines = run("check", *TEXT, "--country", "FR", "--at", "2026-07-14T12:00", *zone).stdout
    assert lines.splitlines()[:2] == [
        "Not now, but from Wednesday, 2026-07-15 08:00 on (Europe/Paris).",
        "It must bring along a way to say no to further ones.",
    ]
    assert "Engineering, not legal advice." in lines
    assert "It may go now." in run("check", *REVIEW, "--consent", "consent").stdout
    assert "It must not be sent." in run("check", *REVIEW, "--consent", "refused").stdout


@pytest.mark.parametrize("kind", ["review", "survey", "relationship"])
def test_a_review_and_a_survey_are_of_one_class(kind: str) -> None:
    assert "suppress" == asked("--class", kind, "--country", "DE", *SUNDAY)["decision"]


def test_soft_is_a_purchase_and_since_is_its_age() -> None:
    canada = ("--class", "review", "--country", "CA", "--at", "2026-06-10T12:00+00:00")
    assert "send" == asked(*canada, "--consent", "soft", "--since", "2025-01-01")["decision"]
    assert (
        "suppress" == asked(*canada, "--consent", "purchase", "--since", "2020-01-01")["decision"]
    )
    assert "suppress" == asked(*canada, "--consent", "soft")["decision"]


def test_without_a_zone_the_countrys_own_is_taken() -> None:
    india = (*TEXT, "--country", "IN", "--at", "2026-06-10T21:30")
    assert "2026-06-11T04:30:00+00:00" == asked(*india)["until"]


@pytest.mark.parametrize(
    ("at", "note", "until"),
    [
        # New York skips 2:00 to 3:00 on 8 March, and has 1:00 to 2:00 twice on 1 November.
        (
            "2026-03-08T02:30",
            "there is no 02:30 that day; 03:30 is meant",
            "2026-03-08T12:00:00+00:00",
        ),
        ("2026-11-01T01:30", "it is 01:30 twice that day; the first", "2026-11-01T13:00:00+00:00"),
        ("2026-11-01T01:30-04:00", "", "2026-11-01T13:00:00+00:00"),
    ],
)
def test_an_hour_that_is_skipped_or_repeated_is_told(at: str, note: str, until: str) -> None:
    place = ("--country", "US", "--region", "NY", "--zone", "America/New_York")
    done = run("check", *TEXT, *place, "--at", at, "--json")
    assert until == json.loads(done.stdout)["until"]
    assert note in done.stderr
    assert bool(note) == bool(done.stderr)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--zone", "Europe/Nowhere"), "there is no zone 'Europe/Nowhere'"),
        (("--zone", "../etc"), "there is no zone"),
        (("--at", "soon"), "a time is written like 2026-03-29T22:30"),
        (("--consent", "maybe"), "'maybe' is not one of"),
        (("--since", "yesterday"), "does not match the format"),
    ],
)
def test_what_is_wrongly_typed_is_told_in_a_line(words: tuple[str, str], complaint: str) -> None:
    assert complaint in run("check", *REVIEW, *words, code=2).stderr


def test_the_rules_are_listed_with_their_sources() -> None:
    found = json.loads(run("rules", "--json").stdout)
    assert [(rule.id, rule.source) for rule in rulebook().rules] == [
        (row["rule"], row["source"]) for row in found
    ]
    german = json.loads(run("rules", "--country", "de", "--json").stdout)
    names = [row["rule"] for row in german]
    assert {"de.uwg-7", "eu.eprivacy-13-4", "all.one-click"} <= set(names)
    assert "us.can-spam" not in names
    told = run("rules", "--country", "DE").stdout
    assert "de.uwg-7: consent needed (marketing; email sms whatsapp; DE)" in told
    assert rulebook().rule("de.uwg-7").source in told


def test_a_country_without_rules_is_told_to_be_judged_by_all() -> None:
    done = run("rules", "--country", "MX")
    assert "No rule names MX: it is judged by all rules together.\n" == done.stderr
    assert "all.one-click" in done.stdout
    assert "" == run("rules", "--country", "DE").stderr


@pytest.mark.parametrize("zone", ["Europe", "localtime", "../etc/passwd", "Europe/Nowhere", ""])
def test_a_zone_that_is_none_is_told_in_one_line(zone: str) -> None:
    told = run("check", *REVIEW, "--zone", zone, code=2).output
    assert f"Error: Invalid value for --zone: there is no zone {zone!r}" == told.splitlines()[-1]


@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59", "0001-01-01T00:00", "9999-12-31T23:59-12:00", "0001-01-01+12:00"]
)
def test_a_time_at_the_end_of_the_calendar_is_told_in_one_line(at: str) -> None:
    told = run("check", *REVIEW, "--zone", "Europe/Berlin", "--at", at, code=2).output
    assert "Error: Invalid value for --at: " in told.splitlines()[-1]
    since = ("--consent", "soft", "--since", "9999-12-31")
    told = run("check", "--class", "review", "--country", "CA", *since, code=2).output
    assert "Error: Invalid value for --since: " in told.splitlines()[-1]
