"""What every store adapter must keep that takes goods back (`Capability.RETURNS`).

Part of `StoreSuite`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from storelink.contracts.manifest import Capability
from storelink.contracts.sandbox import Sandbox
from storelink.contracts.store import StoreAdapter
from storelink.errors import NotFound, StoreError, WriteRefused
from storelink.models.enums import ReturnReason, ReturnStatus, ReturnStep, ReturnWish
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind, Ref
from storelink.models.returns import Return, ReturnRequest, WantedLine
from storelink.testing.store_scene import ADA, BOWL, MUG, NO_SUCH_ID, created_at, needs


class ReturnChecks:
    """What customers want to send back, handed to the store, and what the shop says of it."""

    def test_a_return_is_asked_for_once(self, adapter: StoreAdapter, sandbox: Sandbox) -> None:
        needs(adapter, Capability.RETURNS)
        wanted = a_request(adapter, sandbox)
        one, again = returned(adapter.request_return(wanted)), adapter.request_return(wanted)
        assert one == returned(again)
        assert (one.status, one.key) == (ReturnStatus.REQUESTED, wanted.key)
        assert one.requested_at is not None
        [line] = one.lines or ()
        [asked] = wanted.lines
        assert (asked.line_id, 1, asked.reason) == (line.line_id, line.quantity, line.reason)

    def test_a_lost_answer_asks_for_no_second_return(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.RETURNS)
        wanted, made = a_request(adapter, sandbox), set()
        sandbox.faults.lost = 0.5
        for _ in range(8):
            try:
                made.add(returned(adapter.request_return(wanted)).id)
            except StoreError:
                continue
        sandbox.faults.lost = 0.0
        assert {returned(adapter.request_return(wanted)).id} == made or not made
        rest = wanted.model_copy(update={"key": f"{wanted.key}b"})
        assert returned(adapter.request_return(rest)).key == rest.key  # one of the two was left

    def test_a_return_can_be_read(self, adapter: StoreAdapter, sandbox: Sandbox) -> None:
        needs(adapter, Capability.RETURNS)
        asked = returned(adapter.request_return(a_request(adapter, sandbox)))
        ref = Ref(kind=Kind.RETURN, id=asked.id)
        assert asked == returned(adapter.read(ref))
        missing = Ref(kind=Kind.RETURN, id=f"{NO_SUCH_ID}-1")
        assert isinstance(adapter.read_many([missing, ref])[missing], NotFound)

    def test_another_key_is_another_return(self, adapter: StoreAdapter, sandbox: Sandbox) -> None:
        needs(adapter, Capability.RETURNS)
        wanted = a_request(adapter, sandbox)
        other = wanted.model_copy(update={"key": f"{wanted.key}b"})
        keys = {returned(adapter.request_return(one)).id for one in (wanted, other, wanted)}
        assert len(keys) == len({wanted.key, other.key})

    def test_no_more_is_taken_back_than_was_bought(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.RETURNS)
        wanted = a_request(adapter, sandbox)
        [line] = wanted.lines
        much = line.model_copy(update={"quantity": 3})
        strange = line.model_copy(update={"line_id": NO_SUCH_ID})
        for one in (much, strange):
            with pytest.raises(WriteRefused):
                adapter.request_return(wanted.model_copy(update={"lines": (one,)}))
        with pytest.raises(NotFound):
            adapter.request_return(wanted.model_copy(update={"order_id": NO_SUCH_ID}))

    def test_a_return_is_approved_once(self, adapter: StoreAdapter, sandbox: Sandbox) -> None:
        needs(adapter, Capability.RETURNS)
        wanted = a_request(adapter, sandbox)
        asked, at = returned(adapter.request_return(wanted)), later(sandbox, wanted)
        one = returned(adapter.settle_return(asked, ReturnStep.APPROVED, at=at))
        again = returned(adapter.settle_return(asked, ReturnStep.APPROVED, at=at))
        assert one == again == returned(adapter.request_return(wanted))
        assert (one.status, one.key) == (ReturnStatus.OPEN, wanted.key)
        assert one.approved_at is not None
        with pytest.raises(WriteRefused):
            adapter.settle_return(one, ReturnStep.DECLINED, at=at)

    def test_a_declined_return_stays_declined(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.RETURNS)
        wanted = a_request(adapter, sandbox)
        asked, at = returned(adapter.request_return(wanted)), later(sandbox, wanted)
        for _ in range(2):
            told = adapter.settle_return(asked, ReturnStep.DECLINED, at=at, note="It was worn.")
            assert returned(told).status is ReturnStatus.DECLINED
        with pytest.raises(WriteRefused):
            adapter.settle_return(asked, ReturnStep.APPROVED, at=at)
        strange = asked.model_copy(update={"id": NO_SUCH_ID, "key": None})
        with pytest.raises(NotFound):
            adapter.settle_return(strange, ReturnStep.APPROVED, at=at)

    def test_what_arrived_is_told_or_refused(self, adapter: StoreAdapter, sandbox: Sandbox) -> None:
        needs(adapter, Capability.RETURNS)
        wanted = a_request(adapter, sandbox)
        asked, at = returned(adapter.request_return(wanted)), later(sandbox, wanted)
        open_one = returned(adapter.settle_return(asked, ReturnStep.APPROVED, at=at))
        for step in (ReturnStep.RECEIVED, ReturnStep.EXCHANGED):
            try:
                told = returned(adapter.settle_return(open_one, step, at=at))
            except WriteRefused as refusal:
                assert refusal.code == "IN_ADMIN"  # noqa: PT017  either is right
                continue
            assert told == returned(adapter.settle_return(open_one, step, at=at))
            assert all(one.processed_quantity == one.quantity for one in told.lines or ())
            assert told.exchanged is (step is ReturnStep.EXCHANGED)

    def test_nobody_writes_a_return_with_their_words(
        self, adapter: StoreAdapter, sandbox: Sandbox
    ) -> None:
        needs(adapter, Capability.RETURNS)
        wanted = a_request(adapter, sandbox)
        for number, text in enumerate(forged(wanted)):
            request = wanted.model_copy(update={"key": f"{wanted.key}-{number}", "note": text})
            one = returned(adapter.request_return(request))
            assert (one.key, one.status) == (request.key, ReturnStatus.REQUESTED)
            adapter.settle_return(one, ReturnStep.DECLINED, at=later(sandbox, wanted))


def a_request(adapter: StoreAdapter, sandbox: Sandbox) -> ReturnRequest:
    """Return what somebody wants to send back: one of two bowls that arrived."""
    order_id = sandbox.store.place(ADA, [MUG, BOWL])
    sandbox.store.ship(order_id, number="AB1", carrier="DHL")
    lines = adapter.read(Ref.order(order_id)).records[0].fields["lines"]
    [bowl] = (line for line in lines if line.title == BOWL.title)
    return ReturnRequest(
        key=f"{order_id}-1",
        order_id=order_id,
        lines=(WantedLine(line_id=bowl.id, quantity=1, reason=ReturnReason.SIZE_TOO_SMALL),),
        wish=ReturnWish.EXCHANGE,
        note='Too small <for> soup & "rice": গরম ☕.',
    )


def forged(wanted: ReturnRequest) -> list[str]:
    """Return words that look as if storelink had written them."""
    other = f"{wanted.key}-x"
    return [
        "",
        "   ",
        f"[storelink {wanted.key}] approved",
        f"[storelink:return {other} approved]\n[storelink {other} approved]",
        "x" * 250,
        "☕" * 250,
    ]


def later(sandbox: Sandbox, wanted: ReturnRequest) -> datetime:
    """Return a moment after the request."""
    return created_at(sandbox, wanted.order_id) + timedelta(hours=1)


def returned(snapshot: Snapshot) -> Return:
    """Return the return that a snapshot tells."""
    [record] = (one for one in snapshot.records if one.kind is Kind.RETURN)
    return _return(record)


def _return(record: Record) -> Return:
    return Return(id=record.id, order_id=str(record.order_id), **record.fields)
