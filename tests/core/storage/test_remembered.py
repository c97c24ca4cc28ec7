"""What is remembered of people and of the installation: keys, consents, suppressions, budgets."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from storelink.operations.moving import copy_database
from storelink.storage import (
    AnswerRow,
    BudgetRow,
    ConsentRow,
    Database,
    SuppressionRow,
    SwitchRow,
)

NOW = datetime(2026, 11, 2, 9, 0, 0, 123_456, tzinfo=UTC)
HOUR = timedelta(hours=1)

CONSENT = ConsentRow(
    id="shop/1",
    store="shop",
    address="hash-1",
    channel="email",
    message_class="marketing",
    state="granted",
    at=NOW - HOUR,
    source="checkout",
    wording="Yes, tell me\0 more",
    level="single_opt_in",
    provenance={"platform": "fake"},
    known_at=NOW,
)
SUPPRESSION = SuppressionRow("shop", "hash-1", "email", "hard_bounce", NOW, "smtp")
RESERVED = BudgetRow("shop/a/1", "shop", "hash-1", "marketing", "email", NOW, "reserved")
ANSWER = AnswerRow("shop", "review/1/7", "1", "review", "7", {"rating": 5}, NOW, "shop/r/1")
SWITCH = SwitchRow("shop", "*", NOW, "the feed is wrong")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


# -- keys ------------------------------------------------------------------------------------------


def test_a_key_is_made_once(database: Database) -> None:
    with database.write() as tx:
        assert tx.keys.get("addresses") is None
        assert "first" == tx.keys.get_or_make("addresses", lambda: "first", now=NOW)
        assert "first" == tx.keys.get_or_make("addresses", lambda: "second", now=NOW)
        assert "first" == tx.keys.get("addresses")


def test_keys_of_one_purpose_come_newest_first(database: Database) -> None:
    with database.write() as tx:
        for number, name in enumerate(("links/a", "links_b", "links/c")):
            tx.keys.get_or_make(name, name.upper, now=NOW + number * HOUR)
        assert ["LINKS/C", "LINKS/A"] == tx.keys.newest("links/")


# -- consents --------------------------------------------------------------------------------------


def test_an_entry_is_kept_as_it_was_told_and_told_again_is_known(database: Database) -> None:
    again = dataclasses.replace(CONSENT, state="refused")
    with database.write() as tx:
        tx.consents.add(CONSENT, again)
        tx.consents.add(again)
        kept = dataclasses.replace(CONSENT, wording="Yes, tell me\ufffd more")
        assert [kept] == tx.consents.of("shop", ["hash-1", "hash-2"])
        assert [] == tx.consents.of("other", ["hash-1"])


@pytest.mark.parametrize(
    "statement", ["UPDATE consents SET state = 'granted'", "DELETE FROM consents"]
)
def test_no_entry_can_be_changed_or_deleted(database: Database, statement: str) -> None:
    with database.write() as tx:
        tx.consents.add(CONSENT)
    with pytest.raises(DBAPIError, match="consents are only ever added"), database.write() as tx:
        tx._connection.execute(text(statement))
    with database.read() as tx:
        assert ["shop/1"] == [entry.id for entry in tx.consents.of("shop", ["hash-1"])]


# -- suppressions ----------------------------------------------------------------------------------


def test_what_is_lifted_does_not_stand_and_is_remembered(database: Database) -> None:
    with database.write() as tx:
        tx.suppressions.put(SUPPRESSION)
        assert [SUPPRESSION] == tx.suppressions.standing("shop", ["hash-1"])
        assert 1 == tx.suppressions.lift("shop", ["hash-1"], why="hard_bounce", at=NOW + HOUR)
        assert [] == tx.suppressions.standing("shop", ["hash-1"])
        assert [NOW + HOUR] == [one.lifted_at for one in tx.suppressions.of("shop", ["hash-1"])]


def test_a_bounce_after_a_lift_stands_and_one_before_it_does_not(database: Database) -> None:
    with database.write() as tx:
        tx.suppressions.put(SUPPRESSION)
        tx.suppressions.lift("shop", ["hash-1"], why="hard_bounce", at=NOW + 2 * HOUR)
        tx.suppressions.put(dataclasses.replace(SUPPRESSION, at=NOW + HOUR))
        assert [] == tx.suppressions.standing("shop", ["hash-1"])
        tx.suppressions.put(dataclasses.replace(SUPPRESSION, at=NOW + 3 * HOUR))
        assert 1 == len(tx.suppressions.standing("shop", ["hash-1"]))


def test_an_older_lift_does_not_move_a_later_one(database: Database) -> None:
    with database.write() as tx:
        tx.suppressions.put(SUPPRESSION)
        for hours in (2, 1):
            tx.suppressions.lift("shop", ["hash-1"], why="hard_bounce", at=NOW + hours * HOUR)
        assert [NOW + 2 * HOUR] == [one.lifted_at for one in tx.suppressions.of("shop", ["hash-1"])]


def test_lifting_one_reason_leaves_the_others(database: Database) -> None:
    complaint = dataclasses.replace(SUPPRESSION, why="complaint")
    with database.write() as tx:
        tx.suppressions.put(SUPPRESSION, complaint)
        tx.suppressions.lift("shop", ["hash-1"], why="hard_bounce", at=NOW)
        assert [complaint] == tx.suppressions.standing("shop", ["hash-1"])


# -- budgets ---------------------------------------------------------------------------------------


def test_what_counts_is_told_by_person_and_time(database: Database) -> None:
    other = dataclasses.replace(RESERVED, message="shop/a/2", person="hash-2")
    with database.write() as tx:
        tx.budget.reserve(RESERVED)
        tx.budget.reserve(other)
        assert [RESERVED] == tx.budget.spent("shop", ["hash-1"], since=NOW - HOUR)
        assert [] == tx.budget.spent("shop", ["hash-1"], since=NOW)
        both = tx.budget.spent("shop", ["hash-1", "hash-2"], since=NOW - HOUR)
        assert [RESERVED, other] == both


def test_a_message_that_is_reserved_again_counts_once_and_from_then_on(database: Database) -> None:
    later = dataclasses.replace(RESERVED, at=NOW + HOUR)
    with database.write() as tx:
        tx.budget.reserve(RESERVED)
        tx.budget.reserve(later)
        assert [later] == tx.budget.spent("shop", ["hash-1"], since=NOW - HOUR)


# -- answers and switches --------------------------------------------------------------------------


def test_the_newest_answer_to_a_question_counts(database: Database) -> None:
    better = dataclasses.replace(ANSWER, value={"rating": 4}, at=NOW + HOUR)
    with database.write() as tx:
        tx.answers.put(better)
        tx.answers.put(ANSWER)
        assert better == tx.answers.get("shop", ANSWER.id)
        assert [better] == tx.answers.of_orders("shop", ["1", "2"])
        assert 1 == tx.answers.forget("shop", ["1"])
        assert tx.answers.get("shop", ANSWER.id) is None


def test_a_switch_is_off_until_it_is_on(database: Database) -> None:
    with database.write() as tx:
        tx.switches.off(SWITCH)
        tx.switches.off(dataclasses.replace(SWITCH, off_at=NOW + HOUR, why="still wrong"))
        assert [dataclasses.replace(SWITCH, why="still wrong")] == tx.switches.all()
        assert tx.switches.on("shop", "*")
        assert not tx.switches.on("shop", "*")
        assert [] == tx.switches.all()


# -- all of it -------------------------------------------------------------------------------------


def test_all_of_it_moves_to_another_database(
    database: Database, database_url: str, new_database: Callable[[], str]
) -> None:
    with database.write() as tx:
        tx.keys.get_or_make("addresses", lambda: "key", now=NOW)
        tx.consents.add(CONSENT)
        tx.suppressions.put(SUPPRESSION)
        tx.budget.reserve(RESERVED)
        tx.answers.put(ANSWER)
        tx.switches.off(SWITCH)
    url = new_database()
    copy_database(database_url, url)
    target = Database(url)
    with target.write() as tx:
        tx.consents.add(dataclasses.replace(CONSENT, id="shop/2"))  # its number is a new one
        assert "key" == tx.keys.get("addresses")
        assert ["shop/1", "shop/2"] == [one.id for one in tx.consents.of("shop", ["hash-1"])]
        assert [SUPPRESSION] == tx.suppressions.of("shop", ["hash-1"])
        assert [RESERVED] == tx.budget.spent("shop", ["hash-1"], since=NOW - HOUR)
        assert ANSWER == tx.answers.get("shop", ANSWER.id)
        assert [SWITCH] == tx.switches.all()
    target.close()
