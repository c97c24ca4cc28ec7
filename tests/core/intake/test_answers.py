"""What customers answer is kept once a question, and known as events."""

from __future__ import annotations

from typing import Any

import pytest
from core.world import ADA, MUG, World
from pydantic import ValidationError

from storelink.events import Answered, SurveyAnswered
from storelink.models import Answer


@pytest.fixture
def world() -> World:
    return World(hooks=[])


def kept(world: World, order_id: str) -> list[dict[str, Any]]:
    with world.link._database.read() as tx:
        return [row.value for row in tx.answers.of_orders("shop", [order_id])]


def test_an_answer_is_kept_and_becomes_an_event(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    heard: list[SurveyAnswered] = []
    world.link.on(SurveyAnswered)(heard.append)
    answer = Answer(kind="survey", order_id=order_id, rating=9, comment="Quick!")
    event = world.link.answer("shop", answer)
    world.tell()
    assert [{"rating": 9, "comment": "Quick!", "name": None}] == kept(world, order_id)
    assert [event.id] == [one.id for one in heard]
    assert (9, order_id) == (heard[0].rating, heard[0].order_id)
    assert "Quick" not in repr(answer)


def test_a_second_thought_takes_the_place_of_the_first_and_is_no_second_event(
    world: World,
) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    for rating in (9, 2):
        world.link.answer("shop", Answer(kind="survey", order_id=order_id, rating=rating))
    assert [2] == [one["rating"] for one in kept(world, order_id)]
    assert 1 == sum(isinstance(event, Answered) for event in world.link.events())


def test_an_answer_about_an_unknown_or_deleted_order_is_refused(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    world.timeline.delete(order_id)
    for name in ("7", order_id):
        with pytest.raises(LookupError, match="that is known here"):
            world.link.answer("shop", Answer(kind="survey", order_id=name, rating=9))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": "review", "rating": 6}, "a review is rated from 1 to 5"),
        ({"kind": "review", "rating": 0}, "a review is rated from 1 to 5"),
        ({"kind": "survey", "rating": 11}, "a survey is rated from 0 to 10"),
        ({"kind": "survey"}, "an answer has a rating, or words"),
        ({"kind": "survey", "comment": "  "}, "an answer has a rating, or words"),
        ({"kind": "survey", "comment": "x" * 5001}, "at most 5000"),
    ],
)
def test_an_answer_that_says_nothing_or_too_much_does_not_construct(
    options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        Answer(order_id="1", **options)
