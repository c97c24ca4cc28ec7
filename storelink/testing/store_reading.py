"""What every store adapter must keep that talks to its store: checks against a running sandbox.

Part of `StoreSuite`. A check of a capability that the adapter does not declare is skipped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from storelink.contracts.finding import Level
from storelink.contracts.manifest import Capability
from storelink.contracts.sandbox import Sandbox
from storelink.contracts.store import StoreAdapter
from storelink.errors import (
    AccessDenied,
    NotFound,
    StoreError,
    StoreUnavailable,
    Unsupported,
)
from storelink.models.money import Money
from storelink.models.ref import Kind, Ref
from storelink.testing.store_scene import (
    ADA,
    MANY,
    MOST_PAGES,
    MUG,
    NO_SUCH_ID,
    Connect,
    a_life,
    a_review,
    an_offer,
    assert_agree,
    assert_silent,
    by_ref,
    created_at,
    credentials,
    explained,
    headers,
    needs,
    order_ids,
    order_parts,
    pages,
    secrets_of,
)


class ReadingChecks:
    """Single objects."""

    def test_an_order_is_read_whole(self, adapter: StoreAdapter, sandbox: Sandbox) -> None:
        needs(adapter, Capability.READ)
        for order_id in a_life(sandbox.store):
            truth = by_ref(sandbox.store.read(Ref.order(order_id)))
            told = by_ref(adapter.read(Ref.order(order_id)))
            assert order_parts(truth) == order_parts(told)
            for ref in order_parts(truth):
                assert_agree(truth[ref], told[ref])

    def test_a_read_tells_all_parts_and_names_them_in_their_lists(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.READ)
        order_id = a_life(sandbox.store)[0]
        header, *parts = adapter.read(Ref.order(order_id)).records
        assert (Kind.ORDER, order_id) == (header.kind, header.id)
        own = [one for one in parts if one.order_id == order_id]
        kinds = Counter(one.kind for one in own)
        assert (kinds[Kind.SHIPMENT], kinds[Kind.REFUND]) == (2, 1)
        listed = {(name, key) for name, keys in header.children.items() for key in keys}
        assert {(one.within, one.id) for one in own} == listed

    def test_a_read_leaves_no_question(self, adapter: StoreAdapter, sandbox: Sandbox) -> None:
        needs(adapter, Capability.READ)
        for order_id in a_life(sandbox.store):
            records = adapter.read(Ref.order(order_id)).records
            assert [one.needs_read for one in records if one.needs_read] == []

    def test_what_does_not_exist_is_not_found(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.READ)
        for kind in {Kind.ORDER, *adapter.manifest.lists}:
            with pytest.raises(NotFound):
                adapter.read(Ref(kind=kind, id=NO_SUCH_ID))

    def test_a_deleted_order_is_gone(self, adapter: StoreAdapter, sandbox: Sandbox) -> None:
        needs(adapter, Capability.READ)
        order_id = sandbox.store.place(ADA, [MUG])
        sandbox.store.delete(order_id)
        try:
            records = adapter.read(Ref.order(order_id)).records
        except NotFound:
            return
        assert records[0].deleted or records[0].fields.get("deleted_at")

    def test_many_are_read_as_one_by_one(self, adapter: StoreAdapter, sandbox: Sandbox) -> None:
        needs(adapter, Capability.READ)
        refs = [Ref.order(order_id) for order_id in a_life(sandbox.store)]
        gone = Ref.order(NO_SUCH_ID)
        answers = adapter.read_many([*refs, gone])
        assert isinstance(answers[gone], NotFound)
        for ref in refs:
            answer = answers[ref]
            assert not isinstance(answer, Exception)
            told = by_ref(answer)
            for record in adapter.read(ref).records:
                assert_agree(record, told[record.ref])


class ListingChecks:
    """Lists of objects."""

    def test_every_order_is_listed(self, adapter: StoreAdapter, sandbox: Sandbox) -> None:
        needs(adapter, Capability.LIST)
        sandbox.store.place(ADA, [MUG])
        sandbox.grow(MANY)
        expected = set(sandbox.store.order_ids())
        assert expected == set(order_ids(adapter, adapter.changed))
        assert expected == set(order_ids(adapter, adapter.history))

    def test_only_what_changed_since_is_listed(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.LIST)
        sandbox.grow(MANY)
        first = sandbox.store.place(ADA, [MUG])
        since = sandbox.store.read(Ref.order(first)).records[0].updated_at
        assert since is not None
        found = list(order_ids(adapter, adapter.changed, since=since))
        assert first in found
        assert len(found) <= MANY // 2
        later = since + timedelta(days=1)
        assert first not in set(order_ids(adapter, adapter.changed, since=later))

    def test_nothing_is_left_out_when_the_list_changes_meanwhile(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.LIST)
        sandbox.grow(MANY)
        expected = set(sandbox.store.order_ids())
        sandbox.faults.drift = True
        found = list(order_ids(adapter, adapter.changed))
        assert expected <= set(found)

    def test_a_list_goes_on_in_another_process(
        self, adapter: StoreAdapter, sandbox: Sandbox, connect: Connect
    ) -> None:
        """A cursor is text, and whoever has it goes on; no cursor leads back."""
        needs(adapter, Capability.LIST)
        sandbox.grow(MANY)
        found: set[str] = set()
        cursor: str | None = None
        seen: set[str] = set()
        while cursor not in seen and len(seen) < MOST_PAGES:
            seen |= {cursor} if cursor is not None else set()
            page = connect(**sandbox.options).changed(Kind.ORDER, cursor=cursor)
            found |= {one.id for one in headers(page)}
            cursor = page.cursor
            if cursor is None:
                break
        assert cursor is None
        assert set(sandbox.store.order_ids()) == found

    def test_orders_are_counted_and_named_by_their_creation(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.LIST)
        sandbox.grow(20)
        expected = set(sandbox.store.order_ids())
        assert len(expected) == adapter.count(Kind.ORDER)
        assert expected == set(adapter.ids(Kind.ORDER))
        created = sorted(created_at(sandbox, order_id) for order_id in expected)
        middle = created[len(created) // 2]
        before, after = ((None, middle), (middle, None))
        parts = [set(adapter.ids(Kind.ORDER, start=a, end=b)) for a, b in (before, after)]
        assert expected == parts[0] | parts[1]
        assert set() == parts[0] & parts[1]
        counts = [adapter.count(Kind.ORDER, start=a, end=b) for a, b in (before, after)]
        assert [len(part) for part in parts] == counts

    def test_what_is_listed_agrees_with_what_is_read(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.LIST)
        needs(adapter, Capability.READ)
        placed = a_life(sandbox.store)
        for header in (one for page in pages(adapter.changed) for one in headers(page)):
            if header.id in placed:
                read = adapter.read(Ref.order(header.id)).records[0]
                assert_agree(read, header)

    def test_each_kind_that_is_declared_can_be_listed(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.LIST)
        a_life(sandbox.store)
        assert Kind.ORDER in adapter.manifest.lists
        for kind in adapter.manifest.lists:
            for page in pages(adapter.changed, kind):
                assert all(one.records for one in page.snapshots)


class TroubleChecks:
    """What goes wrong on the way."""

    @pytest.mark.parametrize("fault", ["unavailable", "throttled", "cut", "lost"])
    def test_what_always_fails_is_told_as_out_of_reach(
        self, adapter: StoreAdapter, sandbox: Sandbox, fault: str
    ) -> None:
        needs(adapter, Capability.READ)
        order_id = sandbox.store.place(ADA, [MUG])
        setattr(sandbox.faults, fault, 1.0)
        with pytest.raises(StoreUnavailable) as caught:
            adapter.read(Ref.order(order_id))
        assert_silent(caught.value, sandbox)

    def test_what_fails_now_and_then_is_not_noticed(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.READ)
        placed = [sandbox.store.place(ADA, [MUG]) for _ in range(20)]
        for fault in ("unavailable", "throttled", "cut", "lost"):
            setattr(sandbox.faults, fault, 0.04)
        for order_id in placed:
            assert order_id == adapter.read(Ref.order(order_id)).records[0].id

    def test_a_store_that_is_not_there_is_out_of_reach(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.READ)
        secrets = secrets_of(sandbox)
        sandbox.stop()
        with pytest.raises(StoreUnavailable) as caught:
            adapter.read(Ref.order("1"))
        assert not any(secret in str(caught.value) for secret in secrets)

    def test_wrong_credentials_are_told_as_such(
        self, adapter: StoreAdapter, sandbox: Sandbox, connect: Connect
    ) -> None:
        needs(adapter, Capability.READ)
        for name in credentials(adapter, sandbox):
            other = connect(**{**sandbox.options, name: "wrong-credentials"})
            with pytest.raises(AccessDenied) as caught:
                other.read(Ref.order("1"))
            assert_silent(caught.value, sandbox)
            assert Level.FAULT in {one.level for one in other.check(datetime.now(UTC))}

    def test_a_healthy_store_has_no_fault(self, adapter: StoreAdapter, sandbox: Sandbox) -> None:
        found = list(adapter.check(datetime.now(UTC)))
        assert [one for one in found if one.level is Level.FAULT] == []

    def test_a_store_that_is_not_there_is_a_finding_with_a_remedy(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.READ)
        sandbox.stop()
        faults = [one for one in adapter.check(datetime.now(UTC)) if one.level is Level.FAULT]
        assert faults
        assert all(explained(one) for one in faults)

    def test_what_is_not_declared_is_refused(self, adapter: StoreAdapter) -> None:
        asked: Mapping[Capability, Callable[[], object]] = {
            Capability.READ: lambda: adapter.read(Ref.order("1")),
            Capability.LIST: lambda: adapter.changed(Kind.ORDER),
            Capability.SUBSCRIBE: adapter.subscriptions,
            Capability.COUPONS: lambda: adapter.withdraw_coupon("NONE"),
        }
        for capability, ask in asked.items():
            if capability not in adapter.manifest.capabilities:
                with pytest.raises(Unsupported):
                    ask()

    def test_no_secret_is_shown(self, adapter: StoreAdapter, sandbox: Sandbox) -> None:
        public = {name: one for name, one in vars(adapter).items() if not name.startswith("_")}
        shown = f"{adapter!r} {adapter.manifest!r} {public!r}"
        assert [secret for secret in secrets_of(sandbox) if secret in shown] == []


class SubscribingChecks:
    """Webhooks that are asked for."""

    def test_what_is_subscribed_is_listed_until_it_is_not(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.SUBSCRIBE)
        topics = adapter.topics({Kind.ORDER})
        assert topics
        assert set(topics) <= set(adapter.topics(set(Kind)))
        made = adapter.subscribe(topics[0], "https://hooks.example/webhooks/atelier")
        listed = {one.id: one for one in adapter.subscriptions()}
        assert made == listed[made.id]
        assert (topics[0], True, True) == (made.topic, made.active, made.ours)
        adapter.unsubscribe(made.id)
        adapter.unsubscribe(made.id)
        assert made.id not in {one.id for one in adapter.subscriptions()}


class CouponChecks:
    """Codes for one person."""

    def test_a_code_is_made_once(self, adapter: StoreAdapter, sandbox: Sandbox) -> None:
        needs(adapter, Capability.COUPONS)
        offer = an_offer(adapter, sandbox)
        one, again = adapter.issue_coupon(offer), adapter.issue_coupon(offer)
        assert one.id == again.id
        assert offer.code.casefold() == one.code.casefold()
        assert one.usage_limit == 1
        assert one.emails or one.customer_ids

    def test_a_lost_answer_makes_no_second_code(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.COUPONS)
        offer = an_offer(adapter, sandbox)
        sandbox.faults.lost = 0.5
        made = set()
        for _ in range(12):
            try:
                made.add(adapter.issue_coupon(offer).id)
            except StoreError:
                continue
        sandbox.faults.lost = 0.0
        assert {adapter.issue_coupon(offer).id} == made or not made

    def test_a_withdrawn_code_is_withdrawn(self, adapter: StoreAdapter, sandbox: Sandbox) -> None:
        needs(adapter, Capability.COUPONS)
        offer = an_offer(adapter, sandbox)
        adapter.issue_coupon(offer)
        adapter.withdraw_coupon(offer.code)
        adapter.withdraw_coupon(offer.code)
        adapter.withdraw_coupon("NEVER-MADE")


class ReviewChecks:
    """What customers say, handed to the store."""

    def test_a_review_is_taken_once_and_word_by_word(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.REVIEWS)
        review = a_review(adapter, sandbox)
        one, again = adapter.post_review(review), adapter.post_review(review)
        assert one.id == again.id
        words = " ".join((one.text or "").split())
        assert " ".join(review.text.split()) == words
        assert (one.product_id, one.rating, one.email) == (review.product_id, 2, review.email)

    def test_another_person_may_say_the_same(self, adapter: StoreAdapter, sandbox: Sandbox) -> None:
        needs(adapter, Capability.REVIEWS)
        review = a_review(adapter, sandbox)
        other = review.model_copy(update={"email": "bob@example.com", "author": "Bob"})
        assert adapter.post_review(review).id != adapter.post_review(other).id

    def test_a_lost_answer_makes_no_second_review(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.REVIEWS)
        review, made = a_review(adapter, sandbox), set()
        sandbox.faults.lost = 0.5
        for _ in range(6):
            try:
                made.add(adapter.post_review(review).id)
            except StoreError:
                continue
        sandbox.faults.lost = 0.0
        assert {adapter.post_review(review).id} == made or not made


class ShippingChecks:
    """What a store ships for free (`Capability.SHIPPING`)."""

    def test_free_shipping_is_told_by_country(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.SHIPPING)
        assert list(adapter.shipping_offers("DE")) == []
        sandbox.store.ship_free("DE", Money("49.90", "EUR"))
        told = [one.minimum.amount for one in adapter.shipping_offers("DE")]
        assert [Decimal("49.90")] == told  # in the currency of the store
        assert list(adapter.shipping_offers("JP")) == []
