"""TrackingUpdates and ProactiveCare together: nobody is told the same of a parcel twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from storelink.contracts.hook import Facts, Hook, Send, SentMessage, Tell
from storelink.events import Event
from storelink.events.types import (
    OrderPaid,
    ShipmentAttempted,
    ShipmentCreated,
    ShipmentDelayed,
    ShipmentException,
)
from storelink.hooks import ProactiveCare, TrackingUpdates
from storelink.mirror import ticks
from storelink.models import (
    LineItem,
    Money,
    Order,
    OrderStatus,
    PaymentStatus,
    Scan,
    Shipment,
    ShipmentStatus,
    Tracking,
)
from storelink.models.usual import Sketch, Usual

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
STEP, DAYS = timedelta(hours=3), 12
USUAL = Usual({"transit": Sketch(60, (2 * 1440,) * 60), "silence": Sketch(60, (1440,) * 60)})
S = ShipmentStatus
KINDS = {
    S.DELAYED: ShipmentDelayed,
    S.EXCEPTION: ShipmentException,
    S.ATTEMPTED: ShipmentAttempted,
}
Report = tuple[int, ShipmentStatus, int | None]
"""At which step the carrier reports what, and in how many days it promises to come instead."""

REPORTS = st.lists(
    st.tuples(
        st.integers(1, DAYS * 8 - 1),
        st.sampled_from([S.IN_TRANSIT, S.OUT_FOR_DELIVERY, S.DELAYED, S.EXCEPTION, S.ATTEMPTED]),
        st.sampled_from([None, None, 1, 3]),
    ),
    max_size=5,
    unique_by=lambda report: report[0],
)


class Parcel:
    """A parcel in a shop that has both hooks, and all that its customer was told."""

    def __init__(self, promised: float | None, *, care_first: bool) -> None:
        hooks: list[Hook[Order]] = [TrackingUpdates(), ProactiveCare()]
        self._hooks = hooks[::-1] if care_first else hooks
        promise = MONDAY + timedelta(promised) if promised else None
        self._shipment = Shipment(
            id="7",
            order_id="1",
            shipped_at=MONDAY,
            estimated_delivery_at=promise,
            tracking=(Tracking(number="A", carrier="DHL"),),
        )
        self._events: dict[str, Event] = {}
        self._problem = ""
        self._add(OrderPaid(id="paid", store="shop", at=MONDAY, order_id="1"))
        self._happened(ShipmentCreated, "created", MONDAY)
        self.sent: list[SentMessage] = []
        self.stories: list[tuple[str, str]] = []

    def live(self, reports: list[Report]) -> None:
        due = {step: (status, days) for step, status, days in reports}
        for step in range(DAYS * 8):
            now = MONDAY + step * STEP
            if step in due:
                self._report(now, *due[step])
            for fact in ticks(self._order, now):
                self._add(fact.event)
            for hook in self._hooks:
                self._ask(hook, now)

    def _report(self, now: datetime, status: ShipmentStatus, days: int | None) -> None:
        promise = now + timedelta(days) if days and status is S.DELAYED else None
        scan = Scan(id=f"{now:%d-%H}", status=status, at=now, estimated_delivery_at=promise)
        promised = promise or self._shipment.estimated_delivery_at
        update: dict[str, Any] = {"scans": (*self._shipment.scans, scan), "status": status}
        self._shipment = self._shipment.model_copy(
            update={**update, "estimated_delivery_at": promised}
        )
        if status in KINDS:
            extra = {"promised_at": promise} if status is S.DELAYED else {}
            self._happened(KINDS[status], scan.id, now, scan_id=scan.id, **extra)
        if status in (S.EXCEPTION, S.ATTEMPTED):
            self._problem = scan.id

    def _happened(self, kind: type[Event], name: str, at: datetime, **fields: Any) -> None:
        what = {"id": f"{kind.type}/{name}", "store": "shop", "order_id": "1", "shipment_id": "7"}
        self._add(kind(**what, at=at, **fields))

    def _add(self, event: Event) -> None:
        self._events.setdefault(event.id, event)

    def _ask(self, hook: Hook[Order], now: datetime) -> None:
        facts = Facts(self._events.values(), self.sent, usual=USUAL)
        for said in hook.decide(self._order, facts, now):
            if isinstance(said, Tell) and said.event.at <= now:
                self._add(said.event)
            elif isinstance(said, Send) and _is_due(said, now) and not self._is_sent(hook, said):
                told = SentMessage(hook.name, said.subject, said.step, "1", now)
                self.sent.append(replace(told, data=said.message.data))
                if said.message.template in ("delayed", "parcel_stuck") and not _is_new(said):
                    promise = self._shipment.estimated_delivery_at
                    self.stories.append((str(promise), self._problem))

    def _is_sent(self, hook: Hook[Order], send: Send) -> bool:
        return any((one.hook, one.step) == (hook.name, send.step) for one in self.sent)

    @property
    def _order(self) -> Order:
        return Order(
            id="1",
            store="shop",
            number="#1",
            status=OrderStatus.OPEN,
            payment_status=PaymentStatus.PAID,
            currency="EUR",
            total=Money("12", "EUR"),
            paid_at=MONDAY,
            lines=(LineItem(id="1", title="Mug", quantity=1, requires_shipping=True),),
            shipments=(self._shipment,),
        )


def _is_due(send: Send, now: datetime) -> bool:
    return send.due_at <= now and (send.expires_at is None or now < send.expires_at)


def _is_new(send: Send) -> bool:
    """Say whether a delay is told with a new day, which is another story."""
    return send.message.template == "delayed" and "promised_at" in send.message.data


def twice(parcel: Parcel) -> Iterator[tuple[str, str]]:
    return (story for story, times in Counter(parcel.stories).items() if times > 1)


@settings(max_examples=40, deadline=None)
@given(promised=st.sampled_from([None, 1.5, 3, 6]), reports=REPORTS, care_first=st.booleans())
@example(promised=3, reports=[(4, S.IN_TRANSIT, None)], care_first=False)
@example(promised=3, reports=[(4, S.IN_TRANSIT, None), (23, S.DELAYED, None)], care_first=True)
@example(promised=3, reports=[(4, S.IN_TRANSIT, None), (40, S.DELAYED, 1)], care_first=True)
def test_one_story_is_told_once(
    promised: float | None, reports: list[Report], care_first: bool
) -> None:
    parcel = Parcel(promised, care_first=care_first)
    parcel.live(reports)
    assert [] == list(twice(parcel))


def test_silence_alone_is_told_by_one_of_them() -> None:
    parcel = Parcel(3, care_first=True)
    parcel.live([(4, S.IN_TRANSIT, None)])
    assert 1 == len(parcel.stories)
