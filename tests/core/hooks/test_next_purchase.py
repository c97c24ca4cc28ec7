"""NextPurchaseReward: a code after an order that ended well, taken back if it did not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from core.world import ADA, DAY, MUG, TEA, World

from storelink.contracts.hook import Facts, Reason, Send, Skip, Tell
from storelink.events.types import (
    Event,
    OrderCompleted,
    RewardEarned,
    RewardIssued,
    RewardWithdrawn,
    ShipmentDelivered,
)
from storelink.hooks import Incentive, NextPurchaseReward
from storelink.models import (
    Coupon,
    Kind,
    Money,
    Order,
    OrderStatus,
    PaymentStatus,
    Person,
    Refund,
    Return,
    ReturnStatus,
    Shipment,
    ShipmentStatus,
)

FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)
GIFT = Incentive(percent="10", valid_for=timedelta(days=60))
EARNED, CODE, TAKEN = "earned", "code", "taken back"


def on(day: float) -> datetime:
    return FIRST + day * DAY


def order(number: int, **fields: Any) -> Order:
    parcel = Shipment(id=f"p{number}", order_id=str(number), status=ShipmentStatus.DELIVERED)
    given = {
        "status": OrderStatus.COMPLETED,
        "payment_status": PaymentStatus.PAID,
        "shipments": (parcel,),
        **fields,
    }
    told = {"id": str(number), "store": "shop", "number": f"#{number}", "currency": "EUR"}
    return Order(**told, total=Money("12.00", "EUR"), **given)


def arrived(number: int, day: float, *, historic: bool = False) -> Event:
    about = {"store": "shop", "order_id": str(number), "shipment_id": f"p{number}"}
    return ShipmentDelivered(id=f"d{number}", at=on(day), historic=historic, **about)


def earned(number: int, day: float, hook: str = "next_purchase") -> Event:
    about = {"store": "shop", "order_id": str(number), "because_of": ""}
    return RewardEarned(id=f"e{number}", at=on(day), hook=hook, incentive={}, **about)


def issued(number: int, day: float) -> Event:
    about = {"store": "shop", "order_id": str(number), "because_of": f"e{number}"}
    return RewardIssued(id=f"i{number}", at=on(day), code="C", expires_at=on(day + 60), **about)


def gone(number: int, day: float) -> Event:
    about = {"store": "shop", "order_id": str(number), "because_of": f"i{number}"}
    return RewardWithdrawn(id=f"i{number}/withdrawn", at=on(day), code="C", **about)


def returns(status: ReturnStatus) -> tuple[Return, ...]:
    return (Return(id="r", order_id="1", status=status, lines=()),)


REFUND = (Refund(id="f", order_id="1", lines=()),)
TWO_PARCELS = (
    Shipment(id="p1", order_id="1", status=ShipmentStatus.DELIVERED),
    Shipment(id="p2", order_id="1", status=ShipmentStatus.IN_TRANSIT),
)
HAS_CODE = [arrived(1, 0), earned(1, 3), issued(1, 3)]


@dataclass(frozen=True)
class Row:
    """Orders, what happened to them, and what is said of each."""

    orders: tuple[Order, ...]
    facts: list[Event]
    said: dict[str, tuple[str | Reason, ...]]
    day: float = 4
    options: dict[str, Any] = field(default_factory=dict)


ROWS = {
    "an order that arrived earns a code": Row(
        (order(1),), [arrived(1, 0)], {"1": (EARNED, Reason.NO_CODE)}
    ),
    "which is sent as soon as it was made": Row((order(1),), HAS_CODE, {"1": (CODE,)}),
    "not while it is made": Row(
        (order(1),), [arrived(1, 0), earned(1, 3)], {"1": (Reason.NO_CODE,)}
    ),
    "an order that was completed, where nobody reports on parcels": Row(
        (order(1, shipments=()),),
        [OrderCompleted(id="c", store="shop", at=on(0), order_id="1")],
        {"1": (EARNED, Reason.NO_CODE)}, 9,
    ),
    "not while it can be picked up": Row(
        (order(1, shipments=(
            Shipment(id="p1", order_id="1", status=ShipmentStatus.READY_FOR_PICKUP),
        )),),
        [OrderCompleted(id="c", store="shop", at=on(0), order_id="1")],
        {"1": (Reason.NOT_DELIVERED,)}, 9,
    ),
    "not when it comes back": Row(
        (order(1, shipments=(
            Shipment(id="p1", order_id="1", status=ShipmentStatus.RETURNED),
        )),),
        [OrderCompleted(id="c", store="shop", at=on(0), order_id="1")],
        {"1": (Reason.NOT_DELIVERED,)}, 9,
    ),
    "none whose payment fell through": Row(
        (order(1, shipments=(), payment_status=PaymentStatus.VOIDED),),
        [OrderCompleted(id="c", store="shop", at=on(0), order_id="1")],
        {"1": (Reason.NOT_PAID,)}, 9,
    ),
    "none that is under way": Row(
        (order(1, status=OrderStatus.OPEN),), [], {"1": (Reason.NOT_DELIVERED,)}
    ),
    "none that was cancelled": Row(
        (order(1, status=OrderStatus.CANCELLED),), [arrived(1, 0)], {"1": (Reason.CANCELLED,)}
    ),
    "none that was refunded": Row(
        (order(1, payment_status=PaymentStatus.REFUNDED),), [arrived(1, 0)],
        {"1": (Reason.REFUNDED,)},
    ),
    "none that was refunded in part": Row(
        (order(1, refunds=REFUND),), [arrived(1, 0)], {"1": (Reason.PART_REFUNDED,)}
    ),
    "none that goes back": Row(
        (order(1, returns=returns(ReturnStatus.OPEN)),), [arrived(1, 0)],
        {"1": (Reason.PART_RETURNED,)},
    ),
    "one whose return was declined": Row(
        (order(1, returns=returns(ReturnStatus.DECLINED)),), [arrived(1, 0)],
        {"1": (EARNED, Reason.NO_CODE)},
    ),
    "a refund takes the code back": Row(
        (order(1, refunds=REFUND),), HAS_CODE, {"1": (TAKEN, Reason.PART_REFUNDED)}
    ),
    "a return does": Row(
        (order(1, returns=returns(ReturnStatus.REQUESTED)),), HAS_CODE,
        {"1": (TAKEN, Reason.PART_RETURNED)},
    ),
    "a return does while what is sent for it is under way": Row(
        (order(1, shipments=TWO_PARCELS, returns=returns(ReturnStatus.OPEN)),), HAS_CODE,
        {"1": (TAKEN, Reason.NOT_DELIVERED)},
    ),
    "a refund does while another parcel is under way": Row(
        (order(1, shipments=TWO_PARCELS, refunds=REFUND),), HAS_CODE,
        {"1": (TAKEN, Reason.NOT_DELIVERED)},
    ),
    "a refund of an order that is held does": Row(
        (order(1, status=OrderStatus.ON_HOLD, refunds=REFUND),), HAS_CODE,
        {"1": (TAKEN, Reason.ON_HOLD)},
    ),
    "a payment that failed after all does": Row(
        (order(1, status=OrderStatus.FAILED),), HAS_CODE, {"1": (TAKEN, Reason.PAYMENT_FAILED)}
    ),
    "a payment that was voided does": Row(
        (order(1, payment_status=PaymentStatus.VOIDED),), HAS_CODE,
        {"1": (TAKEN, Reason.NOT_PAID)},
    ),
    "deleting the order does": Row(
        (order(1, deleted_at=on(4)),), HAS_CODE, {"1": (TAKEN, Reason.DELETED)}
    ),
    "an order that is held does not": Row(
        (order(1, status=OrderStatus.ON_HOLD),), HAS_CODE, {"1": (Reason.ON_HOLD,)}
    ),
    "a status that nobody knows does not": Row(
        (order(1, status=OrderStatus.UNKNOWN, shipments=()),),
        [OrderCompleted(id="c", store="shop", at=on(0), order_id="1"), *HAS_CODE[1:]],
        {"1": (Reason.UNKNOWN_STATUS,)},
    ),
    "a second parcel does not": Row(
        (order(1, shipments=TWO_PARCELS),), HAS_CODE, {"1": (Reason.NOT_DELIVERED,)},
    ),
    "nor does it make room for another code": Row(
        (order(1, status=OrderStatus.ON_HOLD), order(2)), [*HAS_CODE, arrived(2, 1)],
        {"1": (Reason.ON_HOLD,), "2": (Reason.NOT_ITS_TURN,)},
    ),
    "what was taken back stays so": Row(
        (order(1, returns=returns(ReturnStatus.CANCELLED)),), [*HAS_CODE, gone(1, 4)],
        {"1": (TAKEN, Reason.WITHDRAWN)},
    ),
    "a code of another hook is none of its business": Row(
        (order(1, refunds=REFUND),),
        [arrived(1, 0), earned(1, 3, "review_reward"), issued(1, 3)],
        {"1": (Reason.PART_REFUNDED,)},
    ),
    "of two orders, the first one earns it": Row(
        (order(1), order(2)), [arrived(1, 0), arrived(2, 1)],
        {"1": (EARNED, Reason.NO_CODE), "2": (Reason.NOT_ITS_TURN,)},
    ),
    "or the second one": Row(
        (order(1), order(2)), [arrived(1, 0), arrived(2, 0)],
        {"1": (Reason.TOO_FEW_ORDERS,), "2": (EARNED, Reason.NO_CODE)},
        options={"after_orders": 2},
    ),
    "whichever arrived second": Row(
        (order(1), order(2)), [arrived(1, 1), arrived(2, 0)],
        {"1": (EARNED, Reason.NO_CODE), "2": (Reason.TOO_FEW_ORDERS,)},
        options={"after_orders": 2},
    ),
    "and every second one after it": Row(
        tuple(map(order, range(1, 5))),
        [*HAS_CODE, *(arrived(number, number) for number in (2, 3, 4))],
        {"1": (CODE,), "2": (Reason.NOT_ITS_TURN,), "3": (EARNED, Reason.NO_CODE),
         "4": (Reason.NOT_ITS_TURN,)},
        7, {"every": 2},
    ),
    "an order that did not end well does not count": Row(
        (order(1, refunds=REFUND), order(2)), [arrived(1, 0), arrived(2, 0)],
        {"1": (Reason.PART_REFUNDED,), "2": (EARNED, Reason.NO_CODE)},
    ),
    "a code that was taken back makes room for another": Row(
        (order(1, refunds=REFUND), order(2)), [*HAS_CODE, gone(1, 4), arrived(2, 4)],
        {"1": (TAKEN, Reason.PART_REFUNDED), "2": (EARNED, Reason.NO_CODE)}, 8,
    ),
    "one that stands does not": Row(
        (order(1), order(2)), [*HAS_CODE, arrived(2, -1)],
        {"1": (CODE,), "2": (Reason.NOT_ITS_TURN,)},
    ),
    "what arrived before the store was connected brings none": Row(
        (order(1),), [arrived(1, 0, historic=True)], {"1": (Reason.HISTORY,)}
    ),
    "and counts": Row(
        (order(1), order(2)), [arrived(1, 0, historic=True), arrived(2, 1)],
        {"1": (Reason.TOO_FEW_ORDERS,), "2": (EARNED, Reason.NO_CODE)},
        options={"after_orders": 2},
    ),
    "what arrived long ago brings none": Row(
        (order(1),), [arrived(1, 0)], {"1": (Reason.EXPIRED,)}, 30
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_which_order_brings_a_code(row: Row) -> None:
    hook = NextPurchaseReward(reward=GIFT, **row.options)
    who = Person(store="shop", key="ada@example.com", orders=row.orders)
    found: dict[str, list[str | Reason]] = {}
    for one in hook.decide(who, Facts(row.facts), on(row.day)):
        if isinstance(one, Tell):
            what = EARNED if isinstance(one.event, RewardEarned) else TAKEN
            found.setdefault(str(one.event.order_id), []).append(what)
        elif isinstance(one, Send | Skip):
            what = CODE if isinstance(one, Send) else one.reason
            found.setdefault(one.subject.id, []).append(what)
    assert row.said == {key: tuple(sorted(said, key=_tells_first)) for key, said in found.items()}


def _tells_first(said: str | Reason) -> bool:
    return isinstance(said, Reason)


def test_it_is_earned_some_days_after_the_arrival_and_sent_no_later_than_it_can_be_used() -> None:
    hook = NextPurchaseReward(reward=GIFT, after=10 * DAY, expires_after=90 * DAY)
    who = Person(store="shop", key="a", orders=(order(1),))
    told = [one for one in hook.decide(who, Facts([arrived(1, 0)]), on(1)) if isinstance(one, Tell)]
    assert [on(10)] == [one.event.at for one in told]
    (send,) = hook.decide(who, Facts(HAS_CODE), on(4))
    assert isinstance(send, Send)
    assert (on(3), on(63)) == (send.due_at, send.expires_at)


@pytest.mark.parametrize("wrong", [{"after_orders": 0}, {"every": 0}])
def test_there_is_an_order_to_wait_for(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        NextPurchaseReward(reward=GIFT, **wrong)


# -- in a shop -------------------------------------------------------------------------------------


def codes(world: World) -> list[Coupon]:
    records = [one.fields for ref, one in world.store._things.items() if ref.kind is Kind.COUPON]
    return [Coupon(id="", store="", **fields) for fields in records]


def test_a_code_is_made_once_and_unmade_when_the_order_is_refunded() -> None:
    world = World(hooks=[NextPurchaseReward(reward=GIFT)])
    order_id = world.delivered_order(ADA, [MUG, TEA])
    world.wait(4 * DAY)
    (coupon,) = codes(world)
    assert [f"next_purchase/order:{order_id}"] == world.sent()
    assert coupon.code in world.channel.sent[0].text
    assert coupon.active is not False
    world.timeline.refund(order_id, lines={0: 1})
    world.wait(2 * DAY)
    (coupon,) = codes(world)
    assert (coupon.active, 1) == (False, len(world.sent()))
