"""ProactiveCare: what is late is told before anybody asks, once, and by nobody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from core.world import ADA, DAY, HOUR, MUG, World

from storelink.contracts.hook import Again, Facts, Said, Send, SentMessage, Skip, Tell
from storelink.errors import ConfigError
from storelink.events import CareEscalated, Event, OrderStalled, ShipmentStuck
from storelink.events.types import (
    OrderPaid,
    ShipmentAttempted,
    ShipmentDelayed,
    ShipmentDelivered,
    ShipmentException,
    ShipmentOverdue,
)
from storelink.hooks import ProactiveCare, TrackingUpdates
from storelink.models import (
    FulfillmentStatus,
    LineItem,
    Money,
    Order,
    OrderStatus,
    PaymentStatus,
    Ref,
    Scan,
    Shipment,
    ShipmentStatus,
    ShippingLine,
    Tracking,
)
from storelink.models.usual import Sketch, Usual

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
"""When everything begins."""
KNOWN = Usual(
    {
        "transit": Sketch(300, tuple(24 * 60 * day for day in (1, 2, 2, 3, 5) for _ in range(60))),
        "silence": Sketch(300, (24 * 60,) * 300),
        "handling": Sketch(100, tuple(
            (int(MONDAY.timestamp()) // 60, int(MONDAY.timestamp()) // 60 + 60 * 24)
            for _ in range(100)
        )),
    }
)  # fmt: skip
"""Half of the parcels arrive in 2 days, four of five in 3; after a day they are heard of."""
CARE_EVENTS = {OrderStalled.type, ShipmentStuck.type, CareEscalated.type}
S = ShipmentStatus


def scan(status: ShipmentStatus, days: float, **fields: Any) -> Scan:
    at = MONDAY + days * DAY
    return Scan(id=f"{status}-{days}", status=status, at=at, **fields)


def parcel(*scans: Scan, promise: float | None = None, **fields: Any) -> Shipment:
    return Shipment(
        **{
            "id": "7",
            "order_id": "1",
            "shipped_at": MONDAY,
            "tracking": (Tracking(number="A", carrier="DHL"),),
            "scans": scans,
            "status": scans[-1].status if scans else S.UNKNOWN,
            "estimated_delivery_at": MONDAY + promise * DAY if promise else None,
            **fields,
        }
    )


def order(*parcels: Shipment, **fields: Any) -> Order:
    line = LineItem(id="1", title="Mug", quantity=1, requires_shipping=True)
    return Order(
        **{
            "id": "1",
            "store": "shop",
            "number": "#1",
            "status": OrderStatus.OPEN,
            "payment_status": PaymentStatus.PAID,
            "fulfillment_status": FulfillmentStatus.UNFULFILLED,
            "currency": "EUR",
            "total": Money("12", "EUR"),
            "paid_at": MONDAY,
            "lines": (line,),
            "shipments": parcels,
            **fields,
        }
    )


def line(**fields: Any) -> tuple[LineItem, ...]:
    return (LineItem(**{"id": "1", "title": "Card", "quantity": 1, **fields}),)


def happened(kind: type[Event], days: float, **fields: Any) -> Event:
    shipment = {} if kind is OrderPaid else {"shipment_id": "7"}
    what = {"id": f"{kind.type}/{days}", "store": "shop", "order_id": "1"}
    return kind(**what, at=MONDAY + days * DAY, **shipment, **fields)


PAID = happened(OrderPaid, 0)


def told(
    hook: str, step: str, days: float, subject: str = "shipment:7", **data: Any
) -> SentMessage:
    at = MONDAY + days * DAY
    return SentMessage(hook, Ref.parse(subject), step, "1", at, data=data)


def asked(
    about: Order,
    days: float,
    *events: Event,
    usual: Usual = KNOWN,
    sent: Sequence[SentMessage] = (),
    hook: ProactiveCare | None = None,
) -> list[Said]:
    facts = Facts((PAID, *events), sent, usual=usual)
    return list((hook or ProactiveCare()).decide(about, facts, MONDAY + days * DAY))


def news(said: Sequence[Said], step: str) -> str:
    """Say what becomes of the message about an order, or about its parcel."""
    found = [one for one in said if isinstance(one, Send | Skip)]
    [one] = [one for one in found if one.step.partition("/")[0] == step]
    if isinstance(one, Send):
        return f"send {one.message.data.get('why', '')}".strip()
    return f"{one.reason} {one.detail['by']}" if "by" in one.detail else str(one.reason)


# -- an order that is not shipped ------------------------------------------------------------------


class Waiting(NamedTuple):
    """An order, how many days after Monday morning it is, and what is said."""

    order: Order
    days: float
    expected: str
    usual: Usual = KNOWN
    within: timedelta | None = None
    paid: bool = True
    country: str | None = None


GIFT = line(requires_shipping=False)
WAITING: Mapping[str, Waiting] = {
    "paid, and as long as usual": Waiting(order(), 0.9, "in_time"),
    "longer than 19 of 20 orders": Waiting(order(), 1, "send"),
    "the promise of the shop counts": Waiting(order(), 1, "in_time", within=2 * DAY),
    "the promise is broken": Waiting(order(), 2, "send", within=2 * DAY),
    "a store that shows nothing": Waiting(order(), 30, "unseen", Usual()),
    "a store that shows little, and a promise": Waiting(order(), 3, "send", Usual(), DAY),
    "few orders: a working week": Waiting(
        order(), 6.9, "in_time", Usual({"handling": Sketch(5, ((0, 60),) * 5)})
    ),
    "few orders: after a working week": Waiting(
        order(), 7, "send", Usual({"handling": Sketch(5, ((0, 60),) * 5)})
    ),
    "a weekend does not count": Waiting(order(), 6.9, "in_time", within=5 * DAY),
    "a holiday does not count": Waiting(
        order(),
        9.9,
        "in_time",
        within=7 * DAY,
        country="FR",  # Armistice Day, a Wednesday
    ),
    "that day counts elsewhere": Waiting(order(), 9, "send", within=7 * DAY, country="DK"),
    "not paid": Waiting(order(payment_status=PaymentStatus.PENDING), 9, "not_paid"),
    "shipped": Waiting(order(parcel()), 9, "shipped"),
    "shipped in part": Waiting(
        order(fulfillment_status=FulfillmentStatus.PARTIALLY_FULFILLED), 9, "shipped"
    ),
    "completed, which is all a store may say": Waiting(
        order(status=OrderStatus.COMPLETED), 9, "shipped"
    ),
    "its parcel was taken off": Waiting(order(parcel(status=S.CANCELLED)), 9, "send"),
    "on hold": Waiting(order(status=OrderStatus.ON_HOLD), 9, "on_hold"),
    "the fulfillment is on hold": Waiting(
        order(fulfillment_status=FulfillmentStatus.ON_HOLD), 9, "on_hold"
    ),
    "cancelled": Waiting(order(status=OrderStatus.CANCELLED), 9, "cancelled"),
    "refunded": Waiting(order(payment_status=PaymentStatus.REFUNDED), 9, "refunded"),
    "refunded in part": Waiting(order(payment_status=PaymentStatus.PARTIALLY_REFUNDED), 9, "send"),
    "deleted": Waiting(order(deleted_at=MONDAY), 9, "deleted"),
    "nothing but downloads": Waiting(order(lines=GIFT), 9, "nothing_to_ship"),
    "a gift card": Waiting(
        order(lines=line(requires_shipping=True, gift_card=True)), 9, "nothing_to_ship"
    ),
    "taken off the order": Waiting(
        order(lines=line(requires_shipping=True, current_quantity=0)), 9, "nothing_to_ship"
    ),
    "the store does not say, and ships": Waiting(
        order(lines=line(), shipping=(ShippingLine(title="Post"),)), 9, "send"
    ),
    "the customer fetches it": Waiting(
        order(lines=line(), shipping=(ShippingLine(title="Shop", code="local_pickup"),)),
        9,
        "nothing_to_ship",
    ),
    "the store does not say, and ships nothing": Waiting(order(lines=line()), 9, "nothing_to_ship"),
    "nothing is required": Waiting(
        order(fulfillment_status=FulfillmentStatus.NOT_REQUIRED), 9, "nothing_to_ship"
    ),
    "a pre-order by tag": Waiting(order(tags=("Pre-Order",)), 9, "preorder"),
    "a pre-order by attribute": Waiting(order(attributes={"_preorder": "yes"}), 9, "preorder"),
    "no pre-order": Waiting(order(attributes={"_preorder": "no"}), 9, "send"),
    "meant for a later day": Waiting(
        order(attributes={"ship_date": "2026-11-20"}), 18.6, "in_time"
    ),
    "a day that stands for never is none": Waiting(
        order(attributes={"ship_date": "9999-12-31"}), 9, "send"
    ),
    "that day has passed": Waiting(order(attributes={"ship_date": "2026-11-20"}), 18.7, "send"),
}


@pytest.mark.parametrize("case", WAITING.values(), ids=WAITING)
def test_an_order_that_waits(case: Waiting) -> None:
    hook = ProactiveCare(ships_within=case.within, country=case.country)
    said = asked(case.order, case.days, usual=case.usual, hook=hook)
    assert case.expected == news(said, "stalled")


# -- a parcel that does not come -------------------------------------------------------------------


class Coming(NamedTuple):
    """A parcel, how many days after Monday morning it is, and what is said."""

    parcel: Shipment
    days: float
    expected: str
    events: tuple[Event, ...] = ()
    sent: tuple[SentMessage, ...] = ()
    usual: Usual = KNOWN
    order: Mapping[str, Any] = {}


MOVES = scan(S.IN_TRANSIT, 0.5)
TAKEN_LATE = scan(S.PICKED_UP, 1.5)
OVERDUE = happened(ShipmentOverdue, 4, promised_at=MONDAY + 4 * DAY)
UNDATED = happened(ShipmentDelayed, 2, scan_id="d")
LATER = MONDAY + 6 * DAY
PROMISED = (MONDAY + 4 * DAY).isoformat()
CARE = told("proactive_care", f"stuck//{PROMISED}", 3, promised_at=PROMISED, why="late")

COMING: Mapping[str, Coming] = {
    "under way as long as usual": Coming(parcel(MOVES), 1.4, "in_time"),
    "nothing is heard for longer than usual": Coming(parcel(MOVES), 1.5, "send silent"),
    "heard of since": Coming(parcel(MOVES, scan(S.IN_TRANSIT, 1.4)), 1.5, "in_time"),
    "longer under way than four of five": Coming(
        parcel(MOVES, scan(S.IN_TRANSIT, 2.5)), 3, "send overdue"
    ),
    "tried yesterday": Coming(
        parcel(MOVES, scan(S.OUT_FOR_DELIVERY, 2.5)), 3, "in_time"
    ),
    "nobody tells of parcels in this store": Coming(parcel(), 30, "unseen", usual=Usual()),
    "nobody tells of this parcel, but of others": Coming(parcel(), 3, "send overdue"),
    "scanned, and nothing is learned yet": Coming(parcel(MOVES), 9, "in_time", usual=Usual()),
    "by the table, abroad": Coming(parcel(MOVES), 11, "send silent", usual=Usual()),
    "the promise still stands": Coming(
        parcel(MOVES, scan(S.IN_TRANSIT, 3.5), promise=4), 3.8, "in_time"
    ),
    "not out for delivery on the last evening": Coming(
        parcel(MOVES, scan(S.IN_TRANSIT, 3.5), promise=4), 3.9, "send late"
    ),
    "out for delivery on the last evening": Coming(
        parcel(scan(S.OUT_FOR_DELIVERY, 3.5), promise=4), 3.9, "in_time"
    ),
    "taken over too late to keep the promise": Coming(
        parcel(TAKEN_LATE, promise=3), 1.5, "send late"
    ),
    "taken over late, and still in time": Coming(parcel(TAKEN_LATE, promise=4), 1.6, "in_time"),
    "nobody has it, and there is time": Coming(parcel(promise=4), 1.9, "in_time"),
    "nobody has it, and it cannot come any more": Coming(parcel(promise=4), 2, "send late"),
    "an express parcel of the first day": Coming(parcel(promise=1), 0.8, "in_time"),
    "nobody tells where parcels are, but for the promise": Coming(
        parcel(promise=4), 3.9, "in_time", usual=Usual()
    ),
    "the day has passed, which tracking tells": Coming(
        parcel(MOVES, scan(S.IN_TRANSIT, 3.9), promise=4), 4.1, "in_time", (OVERDUE,)
    ),
    "silent, on the day on which tracking tells that it is late": Coming(
        parcel(MOVES, promise=4), 4.1, "superseded shipment.overdue", (OVERDUE,)
    ),
    "tracking did not tell in time": Coming(
        parcel(MOVES, scan(S.IN_TRANSIT, 4.5), promise=4), 5, "send overdue", (OVERDUE,)
    ),
    "tracking told that it is late": Coming(
        parcel(MOVES, promise=4), 9, "superseded shipment.overdue", (OVERDUE,),
        (told("tracking", f"overdue/{PROMISED}", 4),),
    ),
    "the carrier told of a delay, and tracking told it": Coming(
        parcel(scan(S.DELAYED, 2), promise=4), 3.9, "superseded shipment.delayed", (UNDATED,),
        (told("tracking", "delayed/undated", 2),),
    ),
    "told, and nothing has changed": Coming(
        parcel(MOVES, scan(S.IN_TRANSIT, 4.5), promise=4), 5.6, "send overdue", (OVERDUE,), (CARE,)
    ),
    "told, and the carrier promises an earlier day": Coming(
        parcel(MOVES, promise=3.5), 3.4, "superseded shipment.stuck", (), (CARE,)
    ),
    "told, and the later day cannot be kept, either": Coming(
        parcel(MOVES, scan(S.IN_TRANSIT, 5.5), promise=6), 5.9, "send late",
        (happened(ShipmentDelayed, 4.5, scan_id="e", promised_at=LATER),), (CARE,),
    ),
    "told, tried since, and late again": Coming(
        parcel(MOVES, scan(S.ATTEMPTED, 4), promise=4), 5.5, "send overdue",
        (happened(ShipmentAttempted, 4, scan_id="f"),), (CARE,),
    ),
    "on its way back": Coming(parcel(MOVES, scan(S.RETURNING, 2)), 2, "send returning"),
    "delivered": Coming(parcel(MOVES, scan(S.DELIVERED, 2)), 9, "superseded shipment.delivered"),
    "delivered, by an event": Coming(
        parcel(MOVES), 9, "superseded shipment.delivered", (happened(ShipmentDelivered, 2),)
    ),
    "waits to be picked up": Coming(
        parcel(scan(S.READY_FOR_PICKUP, 2)), 9, "superseded shipment.ready_for_pickup"
    ),
    "taken off": Coming(parcel(MOVES, status=S.CANCELLED), 9, "parcel_removed"),
    "cancelled": Coming(parcel(MOVES), 9, "cancelled", order={"status": OrderStatus.CANCELLED}),
    "refunded": Coming(
        parcel(MOVES), 9, "refunded", order={"payment_status": PaymentStatus.REFUNDED}
    ),
    "refunded in part": Coming(
        parcel(MOVES), 9, "send silent", order={"payment_status": PaymentStatus.PARTIALLY_REFUNDED}
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", COMING.values(), ids=COMING)
def test_a_parcel_that_comes(case: Coming) -> None:
    about = order(case.parcel, **case.order)
    said = asked(about, case.days, *case.events, sent=case.sent, usual=case.usual)
    assert case.expected == news(said, "stuck")


def test_a_parcel_with_two_records_is_one() -> None:
    said = asked(order(parcel(MOVES), parcel(MOVES, id="8")), 2)
    stuck = [one for one in said if isinstance(one, Send | Skip) and one.step == "stuck"]
    assert [Send, Skip] == [type(one) for one in stuck]
    assert "same_number" == stuck[1].reason  # type: ignore[union-attr]


def test_the_new_window_lies_after_the_promise_and_is_no_promise_of_one_day() -> None:
    [send] = [one for one in asked(order(parcel(promise=4)), 2) if isinstance(one, Send)]
    data = send.message.data
    assert PROMISED == data["promised_at"]
    assert PROMISED <= data["expected_from"] < data["expected_until"]
    assert MONDAY + 4 * DAY == send.expires_at


def test_what_is_told_late_names_no_day_that_is_past() -> None:
    hook = ProactiveCare(ships_within=DAY, expires_after=10 * DAY)
    for days in (1.5, 8):
        said = asked(order(), days, hook=hook)
        (send,) = (one for one in said if isinstance(one, Send))
        expected = datetime.fromisoformat(send.message.data["expected_until"])
        assert MONDAY + days * DAY < expected
        assert [expected] == [one.at for one in said if isinstance(one, Again)]


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ({"country": "UK"}, "'UK' is written 'GB'"),
        ({"country": "Atlantis"}, "is no code of a country"),
        ({"country": "DE", "region": "Bavaria"}, "DE has no part 'BAVARIA', but .*BY"),
    ],
)
def test_the_shop_lies_in_a_place_that_is_known(place: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        ProactiveCare(**place)
    ProactiveCare(country="de", region="DE-BY")
    ProactiveCare(country="FR", region="67")


def test_the_handler_of_the_shop_is_told_later_and_why() -> None:
    said = asked(order(parcel(MOVES)), 1.5)
    told_at: dict[type[Event], datetime] = {
        type(one.event): one.event.at for one in said if isinstance(one, Tell)
    }
    expected: dict[type[Event], datetime] = {
        ShipmentStuck: MONDAY + 1.5 * DAY,
        CareEscalated: MONDAY + 3.5 * DAY,
    }
    assert expected == told_at
    assert ["silent"] == [
        one.event.why for one in said if isinstance(one, Tell)
        if isinstance(one.event, CareEscalated)
    ]  # fmt: skip


def test_a_problem_that_the_carrier_does_not_solve_is_raised_to_the_shop() -> None:
    problem = happened(ShipmentException, 1, scan_id="x")
    scans = (MOVES, scan(S.EXCEPTION, 1))
    stays = asked(order(parcel(*scans)), 1, problem)
    goes_on = asked(order(parcel(*scans, scan(S.IN_TRANSIT, 1.5))), 1.5, problem)

    def whys(said: Sequence[Said]) -> list[str]:
        events = (one.event for one in said if isinstance(one, Tell))
        return [one.why for one in events if isinstance(one, CareEscalated)]

    assert "exception" in whys(stays)
    assert "exception" not in whys(goes_on)


def test_the_same_question_has_the_same_answer() -> None:
    about = order(parcel(MOVES, promise=4))
    assert asked(about, 3, OVERDUE) == asked(about, 3, OVERDUE)


# -- in a shop -------------------------------------------------------------------------------------


@pytest.fixture
def world(new_world: Callable[..., World]) -> World:
    """A shop that ships within two days, and tells of parcels in both ways."""
    hooks = [TrackingUpdates(), ProactiveCare(ships_within=2 * DAY)]
    return new_world(hooks=hooks)


def steps(world: World) -> list[str]:
    """What was sent, by hook and step."""
    return [
        f"{key.split('/')[0]} {key.partition(':')[2].partition('/')[2]}" for key in world.sent()
    ]


def test_weeks_of_an_order_that_everything_goes_wrong_with(world: World) -> None:
    """Not shipped in time, then silent, then promised for later, and still not coming."""
    heard: list[str] = []

    @world.link.on(Event)
    def _(event: Event) -> None:
        heard.extend([event.type] if event.type in CARE_EVENTS else [])

    order_id = world.timeline.place(ADA, [MUG])
    world.wait(3 * DAY)
    assert ["proactive_care stalled"] == steps(world)
    world.wait(3 * DAY)  # over a weekend
    shipped = world.timeline.ship(order_id, promised_in=4 * DAY)
    world.timeline.scan(order_id, shipped, S.IN_TRANSIT)
    world.wait(8 * DAY)
    world.timeline.delay(order_id, shipped, promised_in=4 * DAY)
    world.wait(6 * DAY)
    world.timeline.deliver(order_id, shipped)
    world.wait(30 * DAY)

    sent = [one.partition("/")[0] for one in steps(world)]
    assert [
        "proactive_care stalled",
        "tracking created",
        "proactive_care stuck",
        "tracking delayed",
        "proactive_care stuck",
        "tracking delivered",
    ] == sent
    assert [
        "order.stalled",
        "care.escalate",
        "shipment.stuck",
        "care.escalate",
        "shipment.stuck",
        "care.escalate",
    ] == heard


def test_what_care_told_tracking_does_not_tell_again(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    shipped = world.timeline.ship(order_id, promised_in=3 * DAY)
    world.timeline.scan(order_id, shipped, S.IN_TRANSIT)
    world.wait(3 * DAY - HOUR)
    world.timeline.scan(order_id, shipped, S.DELAYED)  # without a new day
    world.wait(10 * DAY)
    sent = [one.partition("/")[0] for one in steps(world)]
    assert ["tracking created", "proactive_care stuck"] == sent


def test_an_order_that_is_shipped_in_time_is_left_alone(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    world.wait(DAY)
    shipped = world.timeline.ship(order_id, promised_in=3 * DAY)
    world.wait(DAY)
    world.timeline.deliver(order_id, shipped)
    world.wait(30 * DAY)
    assert ["tracking created", "tracking delivered"] == steps(world)
    types = {one.type for one in world.link.events(store="shop")}
    assert not types & {"order.stalled", "shipment.stuck", "care.escalate"}


def test_the_reason_for_silence_is_told(world: World) -> None:
    order_id = world.timeline.place(ADA, [MUG])
    said = world.said(order_id)
    assert "everything takes no longer than usual" in " ".join(said.values())
