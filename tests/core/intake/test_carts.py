"""Carts of a store's own source: who may tell of them, and what comes of it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from core.world import ADA, DAY, HOUR, MUG, START, World
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from storelink.consent import Given
from storelink.contracts.cart import SIGNATURE, TIMESTAMP, Cart, json_schema, signature
from storelink.contracts.hook import Facts, Hook, Said, Send
from storelink.delivery.lawful import Rules
from storelink.errors import BadSignature, BodyTooLarge, PayloadError, UnknownStore, WebhookRefused
from storelink.events import CheckoutAbandoned
from storelink.hooks import AbandonedCheckout, Incentive
from storelink.intake import Receipt, carts
from storelink.models import (
    Answer,
    CartReason,
    Contact,
    Kind,
    Message,
    MessageClass,
    MessageState,
    Person,
    Ref,
)
from storelink.policy.budget import Limit
from storelink.policy.question import Basis
from storelink.rendering import Brand
from storelink.storage import InboxState

SECRET = "s3cret"
BRAND = Brand(name="Shop", website="https://shop.example", address="Hauptstr. 1, Berlin")


def document(at: str = "2026-11-02T09:00:00.5Z", **fields: Any) -> dict[str, Any]:
    told = {
        "format": "storelink.cart/1",
        "id": "cart-1",
        "url": "https://shop.example/cart?c=1",
        "currency": "EUR",
        "lines": [{"product": "77", "title": "Mug", "quantity": 2, "price": "12.00"}],
        "contact": {"email": "ada@example.com", "first_name": "Ada", "locale": "en_GB"},
        "consent": {"marketing": True, "wording": "Remind me.", "at": "2026-11-02T08:59:00Z"},
        "created_at": "2026-11-02T08:58:00Z",
        "updated_at": at,
    }
    return {**told, **fields}


def send(
    world: World,
    told: Mapping[str, Any] | bytes,
    *,
    secret: str = SECRET,
    late: timedelta = timedelta(),
    store: str = "shop",
) -> Receipt:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    timestamp = str(int((world.clock.now() - late).timestamp()))
    headers = {TIMESTAMP.lower(): timestamp, SIGNATURE: signature(secret, timestamp, body)}
    return world.link.receive_cart(store, headers=headers, body=body)


def a_world(*, also: Sequence[Hook[Any]] = (), **options: Any) -> World:
    return World(
        hooks=[AbandonedCheckout(), *also], cart_secrets={"shop": ["other", SECRET]}, **options
    )


def test_a_cart_is_absorbed_once_however_often_it_is_told() -> None:
    world = a_world()
    first = send(world, document())
    world.clock.set(START + HOUR)
    again = send(world, document())
    assert (InboxState.ABSORBED, False, True) == (first.state, first.duplicate, again.duplicate)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"secret": "wrong"}, BadSignature),
        ({"late": timedelta(minutes=6)}, BadSignature),
        ({"late": -timedelta(minutes=6)}, BadSignature),
        ({"store": "none"}, UnknownStore),
        ({"told": b"x" * (1024 * 1024 + 1)}, BodyTooLarge),
    ],
    ids=["another secret", "an old request", "one from the future", "no such store", "too large"],
)
def test_nothing_is_taken_of(options: dict[str, Any], error: type[Exception]) -> None:
    world = a_world()
    with pytest.raises(error):
        send(world, **{"told": document(), **options})
    assert [] == world.link.events()


@pytest.mark.parametrize("headers", [{}, {TIMESTAMP: "soon"}, {TIMESTAMP: "٣"}, {SIGNATURE: "é"}])
def test_a_request_without_its_headers_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(WebhookRefused):
        a_world().link.receive_cart("shop", headers=headers, body=b"{}")


def test_a_store_without_a_secret_takes_no_carts() -> None:
    with pytest.raises(BadSignature, match="no cart_secret"):
        send(World(), document())


@given(body=st.binary(max_size=40), flipped=st.integers(0, 39))
def test_a_signature_holds_for_these_bytes_only(body: bytes, flipped: int) -> None:
    headers = {TIMESTAMP: "1793610000", SIGNATURE: signature(SECRET, "1793610000", body)}
    carts.verify(headers, body, secrets=[SECRET], now=START.fromtimestamp(1793610000, START.tzinfo))
    other = body[:flipped] + b"!" + body[flipped:]
    with pytest.raises(BadSignature):
        carts.verify(headers, other, secrets=[SECRET], now=START)


def test_what_is_no_cart_is_kept_with_the_field_and_without_its_value() -> None:
    receipt = send(a_world(), document(lines=[{"title": "Mug", "quantity": "a secret"}]))
    assert InboxState.KEPT is receipt.state
    assert "cart.lines.0.quantity" in str(receipt.reason)
    assert "secret" not in str(receipt.reason)


@pytest.mark.parametrize(
    "fields",
    [
        {"format": "storelink.cart/2"},
        {"id": ""},
        {"id": "cart\n1"},
        {"url": "https://shop.example/ cart"},
        {"url": "javascript:alert(1)"},
        {"currency": None},
        {"consent": {"marketing": True}},
        {"updated_at": "2026-11-02T09:00:00"},
        {"updated_at": "2026-11-03T09:00:01Z"},
        {"updated_at": "9999-12-31T23:30:00Z"},
        {"created_at": "1969-12-31T23:59:59Z"},
        {"completed_at": "2099-01-01T00:00:00Z"},
        {"consent": {"marketing": True, "wording": "Yes", "at": "2099-01-01T00:00:00Z"}},
        {"colour": "red"},
    ],
)
def test_a_document_is_as_the_schema_says(fields: dict[str, Any]) -> None:
    with pytest.raises(PayloadError, match="cart"):
        carts.normalize(json.dumps(document(**fields)).encode(), START)


def test_a_no_is_heard_from_any_clock() -> None:
    world, late = a_world(), "9999-12-31T23:30:00Z"
    send(world, document())
    send(world, document(late, consent={"marketing": False}))
    assert Basis.NONE is world.link.consents.standing(*ABOUT_ADA, about_cart=True).basis
    send(world, document(late, deleted=True))
    world.wait(9 * DAY)
    assert [] == world.sent()


def test_a_clock_that_is_ahead_lets_no_reminder_follow_the_purchase() -> None:
    world = a_world()
    send(world, document("2026-11-02T11:00:00Z"))  # local time, and said to be UTC
    checkout = world.link.checkout("shop", "cart-1")
    assert checkout is not None
    assert START == checkout.updated_at
    world.wait(HOUR)
    world.timeline.place(ADA, [MUG])
    world.wait(9 * DAY)
    assert [] == world.sent()


def test_who_agreed_gets_every_step_under_the_policy_of_who_says_nothing() -> None:
    offer = Incentive(percent=10, valid_for=timedelta(days=30))
    world = World(
        hooks=[AbandonedCheckout(offer=offer)], cart_secrets={"shop": [SECRET]}, policy=Rules(),
        brand=BRAND, site_url="https://hooks.example", link_keys=["k" * 32],
    )  # fmt: skip
    send(world, document())
    world.wait(9 * DAY)
    steps = [f"abandoned_checkout/checkout:cart-1/{step}" for step in (1, 2, 3)]
    assert steps == world.sent()
    assert "THANKS-" in world.channel.sent[-1].text


def test_what_had_no_place_in_the_budget_until_it_was_too_late_says_so() -> None:
    once = Limit(frozenset({MessageClass.MARKETING}), 1, timedelta(days=30))
    pages = {"site_url": "https://hooks.example", "link_keys": ["k" * 32]}
    world = a_world(policy=Rules(limits=(once,)), brand=BRAND, **pages)
    send(world, document())
    world.wait(9 * DAY)
    key = "abandoned_checkout/checkout:cart-1/3"
    assert (MessageState.EXPIRED, "expired") == world.state(key)
    said = world.link.explain_person("shop", email="ada@example.com")
    sentences = " ".join(line.sentence for line in said.messages)
    assert "it would have come too late (the customer had been sent enough)" in sentences


def test_an_erased_person_s_cart_takes_no_answer() -> None:
    world = a_world()
    send(world, document())
    world.wait(DAY)
    world.link.erase("shop", email="ada@example.com")
    with pytest.raises(LookupError):
        world.link.answer(
            "shop", Answer(kind="cart", checkout_id="cart-1", reason=CartReason.PRICE)
        )


def test_the_schema_names_what_is_needed() -> None:
    assert {"id", "created_at", "updated_at"} == set(json_schema()["required"])
    with pytest.raises(ValidationError):
        Cart.model_validate({})


def test_a_left_cart_brings_a_reminder_and_an_order_ends_it() -> None:
    world = a_world()
    send(world, document())
    world.wait(DAY)
    assert ["abandoned_checkout/checkout:cart-1/1"] == world.sent()
    assert "https://shop.example/cart?c=1" in world.channel.sent[0].text
    later = (world.clock.now() - timedelta(seconds=1)).isoformat()
    send(world, document(later, completed_at=later, order_id="9"))
    world.wait(9 * DAY)
    assert 1 == len(world.sent())
    state, _ = world.state("abandoned_checkout/checkout:cart-1/2")
    assert MessageState.CANCELLED is state


def test_a_cart_that_is_taken_back_is_silent_and_an_older_state_does_not_revive_it() -> None:
    world = a_world()
    send(world, document())
    send(world, document("2026-11-02T09:00:01Z", deleted=True))
    send(world, document("2026-11-02T09:00:00.7Z"))
    world.wait(9 * DAY)
    assert [] == world.sent()


def test_a_cart_that_was_taken_back_stays_so() -> None:
    world = a_world()
    send(world, document())
    send(world, document("2026-11-02T09:00:01Z", deleted=True))
    send(world, document("2026-11-02T09:00:02Z"))
    world.wait(9 * DAY)
    assert [] == world.sent()


TOLD, LATE, LATER = document(), document("2026-11-02T08:59:59Z"), document("2026-11-02T09:00:02Z")
GONE = document("2026-11-02T09:00:01Z", deleted=True)


@pytest.mark.parametrize("told", list(itertools.permutations([TOLD, GONE, LATE, LATER])))
def test_in_whatever_order_a_deleted_cart_is_told_it_is_gone(
    told: Sequence[Mapping[str, Any]],
) -> None:
    """The platform does not know it, and is not asked about it."""
    world = a_world()
    for one in told:
        send(world, one)
        assert 0 == world.link.run_once().read
    world.wait(9 * DAY)
    assert [] == world.sent()


@pytest.mark.parametrize("late", [True, False], ids=["what was told late", "what is newer"])
def test_the_cart_of_an_erased_person_stays_nobodys(late: bool) -> None:
    world = a_world()
    send(world, document())
    world.link.erase("shop", email="ada@example.com")
    world.clock.advance(timedelta(seconds=1))
    at = START - HOUR if late else world.clock.now()
    send(world, document(at.isoformat()))
    world.wait(9 * DAY)
    assert [] == world.sent()
    checkout = world.link.checkout("shop", "cart-1")
    assert checkout is not None
    assert (None, None) == (checkout.contact.email, checkout.url)


def test_of_two_documents_of_the_same_moment_one_counts_and_the_cart_is_not_lost() -> None:
    """The platform knows nothing of the cart: asked about it, it would say that there is none."""
    texts = []
    tea = document(lines=[{"title": "Tea", "quantity": 1}])
    for both in itertools.permutations([document(), tea]):
        world = a_world()
        for one in both:
            send(world, one)
        world.wait(DAY)
        texts += [one.text for one in world.channel.sent]
    assert 2 == len(texts)
    assert texts[0] == texts[1]


def test_what_a_document_leaves_out_stays_as_it_was_told() -> None:
    world = a_world()
    send(world, document())
    later = "2026-11-02T09:00:01Z"
    kept = {name: document()[name] for name in ("id", "created_at")}
    send(world, {**kept, "updated_at": later, "total": "99.00", "currency": "EUR"})
    world.wait(DAY)
    assert ["ada@example.com"] == [one.to for one in world.channel.sent]


def test_a_cart_that_names_its_order_is_completed() -> None:
    world = a_world()
    send(world, document())
    kept = {name: document()[name] for name in ("id", "created_at")}
    send(world, {**kept, "updated_at": "2026-11-02T09:00:01Z", "order_id": "9"})
    world.wait(9 * DAY)
    assert [] == world.sent()


def test_a_guest_who_ordered_in_between_gets_nothing() -> None:
    world = a_world()
    send(world, document())
    world.wait(2 * HOUR)
    world.timeline.place(ADA, [MUG])
    world.wait(9 * DAY)
    assert [] == world.sent()


@pytest.mark.parametrize(("consent", "count"), [(True, 1), (False, 0)])
def test_where_the_law_asks_for_consent_the_tick_in_the_cart_is_it(
    consent: bool, count: int
) -> None:
    world = a_world(policy=Rules(), brand=BRAND, site_url="https://hooks.example")
    ticked = {} if consent else {"consent": {"marketing": False}}
    send(world, document(**ticked, contact={"email": "ada@example.de", "locale": "de_DE"}))
    world.wait(DAY)
    assert count == len(world.sent())
    assert consent == bool(world.link.consents.history("shop", "ada@example.de"))


TICKED = {"marketing": True, "wording": "Remind me.", "at": "2026-11-02T09:00:00Z"}
AGAIN = {**TICKED, "at": "2026-11-02T09:00:02Z"}
TICK, TICK_AGAIN = document(consent=TICKED), document("2026-11-02T09:00:02Z", consent=AGAIN)
UNTICK = document("2026-11-02T09:00:01Z", consent={"marketing": False})
TAKE_BACK = {**GONE, "consent": {"marketing": False}, "contact": {}, "lines": []}
ABOUT_ADA: Final = ("shop", "ada@example.com", "email", MessageClass.MARKETING)
NEVER_ASKED = document(consent={"marketing": False})
CONSENTS: dict[str, tuple[list[Mapping[str, Any]], Basis]] = {
    "ticked": ([TICK], Basis.CONSENT),
    "not ticked": ([NEVER_ASKED], Basis.NONE),
    "unticked": ([TICK, UNTICK], Basis.NONE),
    "unticked, and taken back": ([TICK, TAKE_BACK], Basis.NONE),
    "unticked, and ticked again": ([TICK, UNTICK, TICK_AGAIN], Basis.CONSENT),
}


@pytest.mark.parametrize("case", CONSENTS)
def test_the_ledger_knows_the_tick_and_that_it_was_taken_back(case: str) -> None:
    told, expected = CONSENTS[case]
    for order in itertools.permutations(told):
        world = a_world()
        world.clock.advance(timedelta(seconds=10))
        for one in order:
            send(world, one)
            send(world, one)
        ledger = world.link.consents
        standing = ledger.standing(*ABOUT_ADA, about_cart=True)
        assert expected is standing.basis


@pytest.mark.parametrize(
    ("told", "expected"),
    [([TICK, GONE], Basis.CONSENT), ([GONE, TICK], Basis.NONE)],
    ids=["emptied", "emptied before anything was told"],
)
def test_what_was_ticked_stands_when_the_cart_is_emptied(
    told: Sequence[Mapping[str, Any]], expected: Basis
) -> None:
    world = a_world()
    for one in told:
        send(world, one)
    standing = world.link.consents.standing(*ABOUT_ADA, about_cart=True)
    assert expected is standing.basis


@pytest.mark.parametrize("how", ["newsletter", "purchase"])
def test_what_somebody_unticks_in_a_cart_is_no_refusal(how: str) -> None:
    """Anybody can type any address into a cart: only what was ticked there is taken back."""
    world = a_world()
    ledger = world.link.consents
    bought_at = START - DAY if how == "purchase" else None
    if how == "newsletter":
        ledger.record(*ABOUT_ADA, Given.CONFIRMED, START - DAY, source="newsletter")
    before = ledger.standing(*ABOUT_ADA, bought_at=bought_at, about_cart=True)
    send(world, TICK)
    send(world, TAKE_BACK)
    assert before == ledger.standing(*ABOUT_ADA, bought_at=bought_at, about_cart=True)


class Newsletter(Hook[Person]):
    """Writes to every account whose cart was left, about something else."""

    name = "newsletter"
    subject = Kind.PERSON

    def decide(self, subject: Person, facts: Facts, now: datetime) -> Iterator[Said]:
        left = facts.last(CheckoutAbandoned)
        if left is not None and subject.account is not None:
            ref = Ref(kind=Kind.CUSTOMER, id=subject.account.id)
            advertising = Message("win_back", message_class=MessageClass.MARKETING)
            yield Send(ref, advertising, order_id=None, cause=left, due_at=left.at)


def test_who_agreed_to_reminders_of_carts_gets_no_other_advertising() -> None:
    world = a_world(
        policy=Rules(), brand=BRAND, site_url="https://hooks.example", also=[Newsletter()]
    )
    ada = Contact(email="ada@example.de", locale="de_DE")
    world.store.register(ada, country="DE")
    world.tell()
    send(world, document(contact={"email": ada.email, "locale": "de_DE"}))
    world.wait(9 * DAY)
    assert {"abandoned_checkout"} == {key.partition("/")[0] for key in world.sent()}
    (letter,) = [one for one in world.link.messages() if one.hook == "newsletter"]
    assert (MessageState.CANCELLED, "no_consent") == (letter.state, letter.reason)


def test_a_box_that_was_never_ticked_leaves_nothing_in_the_ledger() -> None:
    world = a_world()
    for second in range(3):
        send(world, document(f"2026-11-02T09:00:0{second}Z", consent={"marketing": False}))
    assert [] == world.link.consents.history("shop", str(ADA.email))


def at(second: int, **fields: Any) -> dict[str, Any]:
    return document(f"2026-11-02T09:00:0{second}.25Z", **fields)


IN_DOLLARS = {
    "currency": "USD",
    "lines": [{"product": "78", "title": "Pan", "quantity": 1, "price": "99.00"}],
    "total": "99.00",
}
ORDERED = {"completed_at": "2026-11-02T09:00:02.25Z", "order_id": "7"}
THRICE = [1, 2, 3]
SHUFFLED: dict[str, tuple[list[dict[str, Any]], str, list[int]]] = {
    "in another currency then": ([at(1), at(2, **IN_DOLLARS)], "ada@example.com cart-1", THRICE),
    "without an address at first": ([at(1, contact={}), at(2)], "ada@example.com cart-1", THRICE),
    "without an address then": ([at(1), at(2, contact={})], "", []),
    "with another address then": (
        [at(1), at(2, contact={"email": "bob@example.com"})], "bob@example.com cart-1", THRICE,
    ),
    "another one then": (
        [at(1), at(2, id="cart-2"), at(3, id="cart-2", **IN_DOLLARS)],
        "ada@example.com cart-2", THRICE,
    ),
    "another one then, which is deleted": (
        [at(1), at(2, id="cart-2"), at(3, id="cart-2", deleted=True)],
        "ada@example.com cart-1", THRICE,
    ),
    "another one then, which is bought": (
        [at(1), at(2, id="cart-2"), at(3, id="cart-2", **ORDERED)], "", [],
    ),
    "bought, and changed by a page that was open": ([at(1), at(2, **ORDERED), at(3)], "", []),
}  # fmt: skip


@pytest.mark.parametrize("case", SHUFFLED)
def test_in_whatever_order_carts_are_told_the_same_is_sent(case: str) -> None:
    told, whose, steps = SHUFFLED[case]
    texts: set[tuple[str, ...]] = set()
    for order in itertools.permutations(told):
        world = a_world()
        for one in order:
            send(world, one)
        world.wait(9 * DAY)
        to, _, cart = whose.partition(" ")
        assert [f"abandoned_checkout/checkout:{cart}/{step}" for step in steps] == world.sent()
        assert {to} >= {one.to for one in world.channel.sent}
        texts.add(tuple(one.text for one in world.channel.sent))
    assert 1 == len(texts)
