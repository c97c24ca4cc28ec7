"""Surveys and reviews: a link in a mail proposes an answer, a person gives it."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from web_pages import BRAND, GOODS, Asked, Hosted

from storelink import Storelink
from storelink.contracts.pages import Given
from storelink.errors import ConfigError
from storelink.events import ReviewAnswered
from storelink.hooks import Incentive, ReviewRequest
from storelink.links import Purpose
from storelink.models import AnswerKind, CartReason, Contact, Money
from storelink.testing import RecordingChannel, Timeline, anything_goes
from storelink.web import KeptAnswers, detail_of

CHECKED = re.compile(r'name="rating" value="(\w+)" checked')


def path(hosted: Hosted) -> str:
    return hosted.path(Purpose.ANSWER, hosted.order())


def ask(hosted: Hosted, kind: AnswerKind, **options: str) -> None:
    hosted.asked = Asked(kind, **options)
    hosted.site = hosted.new_site()


@pytest.mark.parametrize(("value", "chosen"), [("4", ["4"]), ("9", []), ("x", []), ("", [])])
def test_a_tapped_answer_is_proposed_and_not_stored(
    hosted: Hosted, value: str, chosen: list[str]
) -> None:
    answer = hosted.client.get(f"{path(hosted)}?v={value}")
    assert chosen == CHECKED.findall(answer.text)
    assert 1 == answer.text.count("<button")
    assert [] == hosted.asked.given


def test_sending_stores_it(hosted: Hosted) -> None:
    form = {"rating": "4", "comment": " Lovely.\n", "name": " Ada  L. "}
    answer = hosted.client.post(path(hosted), data=form)
    assert (200, True) == (answer.status_code, "Thank you!" in answer.text)
    assert [Given(4, "Lovely.", "Ada L.")] == hosted.asked.given


def test_words_alone_are_an_answer_and_nothing_is_none(hosted: Hosted) -> None:
    address = path(hosted)
    assert 200 == hosted.client.post(address, data={"comment": "Fine"}).status_code
    refused = hosted.client.post(address, data={"comment": "  ", "rating": "6"})
    assert (400, True) == (refused.status_code, "Please choose an answer" in refused.text)
    assert [Given(None, "Fine")] == hosted.asked.given


def test_an_answer_can_be_changed(hosted: Hosted) -> None:
    address = path(hosted)
    hosted.client.post(address, data={"rating": "2", "comment": "Late", "name": "Ada L."})
    again = hosted.client.get(address).text
    assert ["2"] == CHECKED.findall(again)
    assert (False, False) == ("Late" in again, "Ada L." in again), "a mail is passed on"
    assert ["5"] == CHECKED.findall(hosted.client.get(f"{address}?v=5").text)


@pytest.mark.parametrize("rating", ["1", "5"])
def test_everybody_is_shown_the_public_review_whatever_they_said(
    hosted: Hosted, rating: str
) -> None:
    ask(hosted, AnswerKind.REVIEW, next_url="https://reviews.example/atelier")
    answer = hosted.client.post(path(hosted), data={"rating": rating})
    assert 'href="https://reviews.example/atelier"' in answer.text


def test_a_survey_counts_from_0_to_10(hosted: Hosted) -> None:
    ask(hosted, AnswerKind.SURVEY)
    text = hosted.client.get(f"{path(hosted)}?v=0").text
    assert [str(rating) for rating in range(11)] == re.findall(r'name="rating" value="(\d+)"', text)
    assert ["0"] == CHECKED.findall(text)
    assert "recommend <bdi>Atelier</bdi> to a friend" in text


def test_content_people_are_counted_from_1_to_5_and_each_number_is_spoken(hosted: Hosted) -> None:
    ask(hosted, AnswerKind.SATISFACTION)
    text = hosted.client.get(f"{path(hosted)}?v=4").text
    assert [str(rating) for rating in range(1, 6)] == re.findall(
        r'name="rating" value="(\d+)"', text
    )
    assert ["4"] == CHECKED.findall(text)
    assert '4 <span class="hidden">Content</span>' in text
    assert "How content are you with your order" in text


def test_why_a_cart_was_left_is_chosen_by_the_link_and_sent_by_a_press(hosted: Hosted) -> None:
    hosted.site = hosted.new_site(answers=None)
    cart = hosted.store.begin_checkout(Contact(email="ada@example.com"), GOODS)
    hosted.told.tell()
    address = hosted.path(Purpose.ANSWER, f"checkout:{cart}", detail=detail_of(AnswerKind.CART))
    text = hosted.client.get(f"{address}?v=question").text
    assert ["question"] == CHECKED.findall(text)
    assert "What kept you from ordering?" in text
    assert [] == hosted.link.answers("atelier", checkout=cart), "a link alone stores nothing"
    assert 400 == hosted.client.post(address, data={"rating": "5"}).status_code
    said = {"rating": "question", "comment": "Which size?"}
    assert 200 == hosted.client.post(address, data=said).status_code
    [kept] = hosted.link.answers("atelier", checkout=cart)
    assert (CartReason.QUESTION, "Which size?") == (kept.reason, kept.comment)
    assert ["question"] == CHECKED.findall(hosted.client.get(address).text)


def test_what_has_to_be_disclosed_stands_beside_the_question(hosted: Hosted) -> None:
    ask(hosted, AnswerKind.REVIEW, title="<i>Mug</i>", disclosure="Everybody gets a code.")
    text = hosted.client.get(path(hosted)).text
    assert "Everybody gets a code." in text
    assert "How do you like <bdi>&lt;i&gt;Mug&lt;/i&gt;</bdi>?" in text


def test_the_longest_comment_goes_through_and_a_longer_one_is_cut(hosted: Hosted) -> None:
    address = path(hosted)
    assert 200 == hosted.client.post(address, data={"comment": "😀" * 5_000}).status_code
    assert 200 == hosted.client.post(address, data={"comment": "x" * 6_000}).status_code
    assert [5_000, 5_000] == [len(one.comment or "") for one in hosted.asked.given]


def test_a_form_without_end_is_413(hosted: Hosted) -> None:
    answer = hosted.client.post(path(hosted), data={"comment": "x" * 200_000})
    assert (413, True) == (answer.status_code, "too much text" in answer.text)
    assert [] == hosted.asked.given


# -- with the app's own answers -------------------------------------------------------------------


def test_an_answer_becomes_an_event_once_and_is_shown_again(hosted: Hosted) -> None:
    kept = KeptAnswers(hosted.link, public_reviews={"atelier": "https://reviews.example"})
    hosted.site = hosted.new_site(answers=kept)
    order = hosted.order()
    product = hosted.link.orders("atelier")[0].lines[0].product_id
    address = hosted.path(Purpose.ANSWER, order, detail=detail_of(AnswerKind.REVIEW, product))
    assert "How do you like <bdi>Mug, hand-thrown</bdi>?" in hosted.client.get(address).text
    for rating in ("2", "3"):
        hosted.clock.advance(timedelta(minutes=1))
        answer = hosted.client.post(address, data={"rating": rating, "comment": "So-so"})
        assert (200, True) == (answer.status_code, "https://reviews.example" in answer.text)
    [event] = [one for one in hosted.link.events() if isinstance(one, ReviewAnswered)]
    assert (order, product, 2) == (event.order_id, event.product_id, event.rating)
    again = hosted.client.get(address).text
    assert ["3"] == CHECKED.findall(again)


def test_google_is_not_asked_for_together_with_a_reward(hosted: Hosted) -> None:
    google = {"atelier": "https://g.page/r/abc/review"}
    KeptAnswers(hosted.link, public_reviews=google, disclosures={"other": "You get a code."})
    with pytest.raises(ConfigError, match="Google's Maps user-contributed content policy"):
        KeptAnswers(hosted.link, public_reviews=google, disclosures={"atelier": "You get a code."})


PRODUCT = "product-Mug, hand-thrown"


def requested(hosted: Hosted, **options: Any) -> str:
    """The page of a question that a mail asked; the path of it."""
    link = Storelink(
        "sqlite://",
        stores={"atelier": hosted.store},
        channels=[RecordingChannel()],
        hooks=[ReviewRequest(**options)],
        clock=hosted.clock,
        brand=BRAND,
        policy=anything_goes,
    )
    hosted.link = link
    hosted.told = Timeline(link, "atelier", hosted.store, hosted.clock)
    hosted.site = hosted.new_site(answers=None)
    order = hosted.order()
    hosted.told.deliver(order, hosted.ship(order))
    hosted.told.tell()
    hosted.told.wait(timedelta(days=8))
    return hosted.path(Purpose.ANSWER, order, detail=detail_of(AnswerKind.REVIEW, PRODUCT))


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en", "everybody who writes a review gets <bdi>10%</bdi> off the next order, whatever"),
        ("hi", "<bdi>10%</bdi> की छूट"),
        ("bn", "<bdi>১০%</bdi> ছাড়"),
        ("fa", "<bdi>۱۰٪</bdi> تخفیف"),
    ],
)
def test_what_the_request_promised_is_disclosed_on_the_page(
    hosted: Hosted, tag: str, expected: str
) -> None:
    """16 CFR 255.5."""
    address = requested(hosted, incentive=Incentive(percent=Decimal(10)))
    assert expected in hosted.client.get(f"{address}?lang={tag}").text


def test_an_amount_is_disclosed_too_and_nothing_where_nothing_was_promised(hosted: Hosted) -> None:
    address = requested(hosted, incentive=Incentive(amount=Money("5.00", "EUR")))
    assert "gets <bdi>€5.00</bdi> off" in hosted.client.get(address).text
    address = requested(hosted)
    assert "As a thank-you" not in hosted.client.get(address).text


def test_a_reward_and_google_cannot_be_put_together(hosted: Hosted) -> None:
    requested(hosted, incentive=Incentive(percent=Decimal(10)))
    KeptAnswers(hosted.link, public_reviews={"atelier": "https://reviews.example"})
    with pytest.raises(ConfigError, match="Google's Maps user-contributed content policy"):
        KeptAnswers(hosted.link, public_reviews={"atelier": "https://g.page/r/abc/review"})


@pytest.mark.parametrize("rating", ["1", "5"])
def test_the_link_of_the_request_is_shown_to_everybody_before_and_after(
    hosted: Hosted, rating: str
) -> None:
    address = requested(hosted, review_url="https://reviews.example/atelier")
    link = 'href="https://reviews.example/atelier"'
    before = hosted.client.get(address).text
    after = hosted.client.post(address, data={"rating": rating}).text
    assert (1, 1) == (before.count(link), after.count(link))


def test_the_page_says_that_words_may_be_published_where_the_store_takes_them(
    hosted: Hosted,
) -> None:
    notice = "The shop may publish your words"
    address = requested(hosted)
    assert notice in hosted.client.get(address).text
    whole = address_of_whole(hosted)
    assert notice not in hosted.client.get(whole).text
    hosted.store.sell(GOODS[0], reviews_allowed=False)
    hosted.told.tell()
    assert notice not in hosted.client.get(address).text


def address_of_whole(hosted: Hosted) -> str:
    order = hosted.link.orders("atelier")[0].id
    return hosted.path(Purpose.ANSWER, order, detail=detail_of(AnswerKind.REVIEW))


def test_who_comes_back_after_the_store_took_it_is_told_so(hosted: Hosted) -> None:
    address = requested(hosted)
    hosted.client.post(address, data={"rating": "4", "comment": "Good."})
    assert "The shop has your review already" not in hosted.client.get(address).text
    hosted.told.tell()
    assert "The shop has your review already" in hosted.client.get(address).text


@pytest.mark.parametrize(
    ("kind", "rating"), [(AnswerKind.SURVEY, 10), (AnswerKind.SATISFACTION, 5)]
)
def test_a_survey_is_asked_by_its_own_link(hosted: Hosted, kind: AnswerKind, rating: int) -> None:
    hosted.site = hosted.new_site(answers=None)
    order = hosted.order()
    address = hosted.path(Purpose.ANSWER, order, detail=detail_of(kind))
    assert 200 == hosted.client.post(address, data={"rating": str(rating)}).status_code
    [kept] = hosted.link.answers("atelier", order)
    assert (kind, rating) == (kept.kind, kept.rating)
    with pytest.raises(ConfigError, match="survey"):
        detail_of(kind, "7")


def test_an_order_that_is_gone_is_not_asked_about(hosted: Hosted) -> None:
    hosted.site = hosted.new_site(answers=None)
    address = path(hosted)
    hosted.told.delete("1001")
    for method in ("GET", "POST"):
        answer = hosted.client.open(address, method=method, data={"rating": "5"})
        assert 404 == answer.status_code
