"""What `explain` says of the policy: of what was, what waits, and what is only planned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from core.world import ADA, DAY, MUG, World

from storelink import Message, Storelink
from storelink.consent import Given
from storelink.consent.suppression import Why
from storelink.contracts import Channel, Manifest, Reason
from storelink.delivery.lawful import Rules
from storelink.delivery.safe import Safety
from storelink.events import OrderPaid
from storelink.hooks import words
from storelink.hooks.explain import Line
from storelink.hooks.ruled import BY_POLICY, FOR_NOW, Ruled
from storelink.models import Address, Contact, MessageClass
from storelink.policy.budget import Limit
from storelink.policy.moment import Wish
from storelink.policy.question import Outcome
from storelink.policy.rulebook import rulebook
from storelink.rendering import Brand
from storelink.testing import RecordingChannel

DE, US = Address(country="DE", postcode="10115"), Address(country="US", region="CA")
SHOP = Brand(name="Shop", address="Shop, 1 Main Street, Springfield")
RELATIONSHIP, MARKETING = MessageClass.RELATIONSHIP, MessageClass.MARKETING
VERSION = rulebook().version
BGH = rulebook().rule("de.bgh-vi-zr-225-17")
REQUEST = "Review request"
UNTIL = datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.fixture
def worlds() -> Iterator[list[World]]:
    made: list[World] = []
    yield made
    for world in made:
        world.link.close()


def a_world(worlds: list[World], policy: Rules | None = None, **options: Any) -> World:
    given = {"site_url": "https://hooks.example", "brand": SHOP, **options}
    worlds.append(World(policy=policy or Rules(limits=()), **given))
    return worlds[-1]


def delivered(world: World, home: Address) -> str:
    order_id = world.delivered_order()
    world.store.edit(order_id, shipping_address=home)
    world.tell()
    return order_id


def consent(world: World, given: Given = Given.GRANTED) -> None:
    assert ADA.email is not None
    world.link.consents.record("shop", ADA.email, "email", RELATIONSHIP, given, source="checkout")


def line(world: World, order_id: str, title: str = REQUEST) -> Line:
    messages = world.link.explain("shop", order_id).messages
    (found,) = (one for one in messages if one.title == title)
    return found


def policy_of(world: World, order_id: str, title: str = REQUEST) -> dict[str, Any]:
    body = world.link.explain("shop", order_id).to_dict()
    (found,) = (one["policy"] for one in body["messages"] if one["title"] == title)
    assert isinstance(found, dict)
    return found


# -- what waits ------------------------------------------------------------------------------------


def test_a_message_that_will_be_stopped_says_so_a_week_before(worlds: list[World]) -> None:
    world = a_world(worlds)
    order_id = delivered(world, DE)
    assert {
        "decision": "suppress",
        "until": None,
        "rule": BGH.id,
        "source": BGH.source,
        "version": VERSION,
    } == policy_of(world, order_id)
    assert (
        "Will not be sent as things stand: the customer has not agreed to such messages "
        f"(Germany: {BGH.says} Needed: consent; known: nothing; rule de.bgh-vi-zr-225-17)."
    ).replace("known: nothing", "known: a purchase") == line(world, order_id).sentence


def test_a_message_that_may_go_names_the_rule_that_lets_it(worlds: list[World]) -> None:
    world = a_world(worlds)
    consent(world)
    order_id = delivered(world, DE)
    told = policy_of(world, order_id)
    assert ("send", None, BGH.id, VERSION) == (
        told["decision"], told["until"], told["rule"], told["version"],
    )  # fmt: skip
    assert "Will be sent on 9 November 2026, 09:00 UTC." == line(world, order_id).sentence


def test_who_takes_a_consent_back_changes_what_is_foretold(worlds: list[World]) -> None:
    world = a_world(worlds)
    consent(world)
    order_id = delivered(world, DE)
    world.clock.advance(timedelta(hours=1))
    consent(world, Given.REFUSED)
    assert line(world, order_id).sentence.startswith(
        "Will not be sent as things stand: the customer does not want such messages (Germany: "
    )


def texting(worlds: list[World], at: str) -> tuple[World, str]:
    """A shop in the moment of *at* whose offers come by text, to somebody in Paris."""
    world = a_world(worlds, hooks=[], channels=[RecordingChannel(medium="sms")])
    world.clock.set(datetime.fromisoformat(at))

    @world.link.hook(OrderPaid, key="offer", expires_after=timedelta(days=3))
    def offer() -> Message:
        return Message("offer", subject="Hi", text="Ten percent off", message_class=MARKETING)

    phone = "+33612345678"
    world.link.consents.record("shop", phone, "sms", MARKETING, Given.CONFIRMED, source="checkout")
    order_id = world.store.place(Contact(phone=phone), [MUG])
    world.store.edit(order_id, shipping_address=Address(country="FR", postcode="75001"))
    return world, order_id


def test_a_message_that_waits_for_the_hour_tells_it_on_the_customer_s_clock(
    worlds: list[World],
) -> None:
    world, order_id = texting(worlds, "2026-11-08T15:00:00+01:00")  # a Sunday
    world.tell()
    rule = rulebook().rule("fr.af2m-hours")
    assert (
        "Waits until Monday, 9 November 2026, 08:00 in Paris: it is not the time for it where the "
        f"customer is (France: {rule.says.rstrip('.')}; rule fr.af2m-hours)."
    ) == line(world, order_id, "offer").sentence
    assert {
        "decision": "defer",
        "until": "2026-11-09T07:00:00+00:00",
        "rule": rule.id,
        "source": rule.source,
        "version": VERSION,
    } == policy_of(world, order_id, "offer")


def test_what_is_planned_and_not_yet_in_the_outbox_is_told_like_what_waits(
    worlds: list[World],
) -> None:
    world, order_id = texting(worlds, "2026-11-08T15:00:00+01:00")
    world.absorb()
    found = line(world, order_id, "offer")
    assert ("planned", None) == (found.state, found.reason)
    assert found.sentence.startswith("Waits until Monday, 9 November 2026, 08:00 in Paris: ")
    world.link.run_once()
    assert found.sentence == line(world, order_id, "offer").sentence
    assert found.key == line(world, order_id, "offer").key


def test_asking_aloud_reserves_no_place_and_writes_nothing(worlds: list[World]) -> None:
    once = Limit(frozenset({RELATIONSHIP}), 1, timedelta(days=365))
    world = a_world(worlds, Rules(limits=(once,)))
    order_id = delivered(world, US)
    for _ in range(3):
        assert "Will be sent on" in line(world, order_id).sentence
    world.wait(8 * DAY)
    assert f"review_request/order:{order_id}" in world.sent()


def test_a_channel_that_fails_leaves_the_policy_untold(worlds: list[World]) -> None:
    world = a_world(worlds)
    order_id = delivered(world, US)
    world.channel.address = lambda contact: 1 / 0  # type: ignore[method-assign]
    assert (None, "Will be sent on 9 November 2026, 09:00 UTC.") == (
        line(world, order_id).policy,
        line(world, order_id).sentence,
    )


def suppress(link: Storelink) -> None:
    link.suppressions.suppress("shop", str(ADA.email), Why.HARD_BOUNCE, source="smtp")


def nothing(link: Storelink) -> None:
    """Leave everything as it is."""


@pytest.mark.parametrize(
    ("options", "prepare", "expected"),
    [
        (
            {},
            suppress,
            (
                "Will not be sent as things stand: nothing is sent to this address any more (hard "
                "bounce)."
            ),
        ),
        (
            {"brand": Brand(name="Shop")},
            nothing,
            (
                "Waits: the law wants something in it that the shop has not given (the shop's "
                "postal address: set it in brand). It is looked at again on 10 November 2026, "
                "09:00 UTC."
            ),
        ),
        (
            {},
            lambda link: link.switch_off(hook="review_request", why="a typo"),
            (
                "Waits: it was switched off (a typo). It is looked at again on 9 November 2026, "
                "10:00 UTC."
            ),
        ),
        (
            {},
            lambda link: link.disarm("shop"),
            (
                "Waits: this installation is not armed to write to customers (nobody has armed "
                "the store). It is looked at again on 9 November 2026, 10:00 UTC."
            ),
        ),
        (
            {"safety": Safety(platform_sends={"shop": ["review_request"]})},
            nothing,
            (
                "Will not be sent as things stand: it was left to the store's own platform to "
                "send it."
            ),
        ),
        (
            {"policy": Rules(moments={"review_request": Wish.hour(18)}, limits=())},
            nothing,
            (
                "Waits until Tuesday, 10 November 2026, 02:00 UTC: the shop likes it to come at a "
                "better time for the customer."
            ),
        ),
    ],
)
def test_whatever_the_policy_would_say_is_told_before(
    worlds: list[World],
    options: Mapping[str, Any],
    prepare: Callable[[Storelink], object],
    expected: str,
) -> None:
    world = a_world(worlds, **options)
    order_id = delivered(world, US)
    prepare(world.link)
    assert expected == line(world, order_id).sentence


class Texting(RecordingChannel):
    """A second channel beside the first."""

    @property
    def manifest(self) -> Manifest[Channel]:
        """The same under another name."""
        return replace(super().manifest, name="text")


def test_a_way_that_is_barred_is_told_with_the_one_that_is_taken(worlds: list[World]) -> None:
    channels = [Texting(medium="sms"), RecordingChannel()]
    world = a_world(worlds, hooks=[], channels=channels)

    @world.link.hook(OrderPaid, key="offer", after=timedelta(days=2))
    def offer() -> Message:
        return Message("offer", subject="Hi", text="Ten percent off", message_class=MARKETING)

    order_id = world.store.place(Contact(email=ADA.email, phone="+14155550123"), [MUG])
    world.store.edit(order_id, shipping_address=US)
    world.tell()
    why = "Not by text: the customer has not agreed to such messages."
    assert (
        f"Will be sent on 4 November 2026, 09:00 UTC. {why}"
        == line(world, order_id, "offer").sentence
    )
    world.wait(3 * DAY)
    sent = line(world, order_id, "offer")
    assert f"Sent on 4 November 2026, 09:00 UTC by recording. {why}" == sent.sentence
    assert sent.policy is not None
    assert VERSION == sent.policy.to_dict()["version"]


# -- what was --------------------------------------------------------------------------------------


def test_a_message_that_was_stopped_keeps_the_rule_and_its_rulebook(worlds: list[World]) -> None:
    world = a_world(worlds)
    order_id = delivered(world, DE)
    world.wait(8 * DAY)
    told = policy_of(world, order_id)
    assert ("suppress", BGH.id, BGH.source, VERSION) == (
        told["decision"], told["rule"], told["source"], told["version"],
    )  # fmt: skip
    sentence = line(world, order_id).sentence
    assert sentence.startswith("Cancelled on 9 November 2026, 09:00 UTC: the customer has not ")
    assert sentence.endswith("; rule de.bgh-vi-zr-225-17).")


# -- the words -------------------------------------------------------------------------------------

TOLD = {"why": "Not on Sundays", "zone": "Europe/Berlin"}
CITED = {**TOLD, "country": "DE", "rule": "de.x"}
BY_RULE = {Reason.NO_CONSENT, Reason.REFUSED, Reason.QUIET_HOURS}
GOLDEN = {
    Reason.NO_CONSENT: "Will not be sent as things stand: the customer has not agreed to such "
    "messages (Germany: Not on Sundays; rule de.x).",
    Reason.REFUSED: "Will not be sent as things stand: the customer does not want such messages "
    "(Germany: Not on Sundays; rule de.x).",
    Reason.SUPPRESSED: "Will not be sent as things stand: nothing is sent to this address any "
    "more (Not on Sundays).",
    Reason.PLATFORM_SENDS: "Will not be sent as things stand: it was left to the store's own "
    "platform to send it.",
    Reason.QUIET_HOURS: "Waits until Tuesday, 24 November 2026, 09:00 in Berlin: it is not the "
    "time for it where the customer is (Germany: Not on Sundays; rule de.x).",
    Reason.PREFERRED_TIME: "Waits until Tuesday, 24 November 2026, 09:00 in Berlin: the shop "
    "likes it to come at a better time for the customer.",
    Reason.TOO_MANY: "Waits until Tuesday, 24 November 2026, 09:00 in Berlin: the customer has "
    "been sent enough for now.",
    Reason.MUTED: "Waits: something of the customer's is open (Not on Sundays). It is "
    "looked at again on 24 November 2026, 08:00 UTC.",
    Reason.INCOMPLETE: "Waits: the law wants something in it that the shop has not given (Not on "
    "Sundays). It is looked at again on 24 November 2026, 08:00 UTC.",
    Reason.SWITCHED_OFF: "Waits: it was switched off (Not on Sundays). It is looked at again on 24 "
    "November 2026, 08:00 UTC.",
    Reason.STAGING: "Waits: this installation is not armed to write to customers (Not on "
    "Sundays). It is looked at again on 24 November 2026, 08:00 UTC.",
    Reason.HELD_BACK: "Waits: far more of these were about to go than usual (Not on Sundays). It "
    "is looked at again on 24 November 2026, 08:00 UTC.",
}
STOPS = {Reason.NO_CONSENT, Reason.REFUSED, Reason.SUPPRESSED, Reason.PLATFORM_SENDS}


@pytest.mark.parametrize("reason", sorted(BY_POLICY))
def test_every_reason_of_the_policy_is_told_in_one_sentence(reason: Reason) -> None:
    is_stop = reason in STOPS
    outcome, until = (Outcome.SUPPRESS, None) if is_stop else (Outcome.DEFER, UNTIL)
    told = Ruled(outcome, reason, until, CITED if reason in BY_RULE else TOLD)
    assert GOLDEN[reason] == words.foretold(told)


@pytest.mark.parametrize("reason", sorted(BY_POLICY))
def test_a_sentence_without_any_detail_is_whole(reason: Reason) -> None:
    for told in (Ruled(Outcome.DEFER, reason, UNTIL), Ruled(Outcome.SUPPRESS, reason)):
        sentence = words.foretold(told, "Asia/Kolkata")
        assert sentence.endswith(".")
        assert not {"{", "(", "None"} & set(sentence.split())
    in_time = words.foretold(Ruled(Outcome.DEFER, reason, UNTIL), "Asia/Kolkata")
    assert ("Tuesday, " in in_time) == (reason in FOR_NOW)
    assert "24 November 2026, 13:30 IST" in in_time


@pytest.mark.parametrize(
    ("code", "name"), [("DE", "Germany"), ("us", "United States"), ("ZZZ", "ZZZ"), (None, "")]
)
def test_a_country_is_told_by_its_name(code: str | None, name: str) -> None:
    assert name == words.country(code)
