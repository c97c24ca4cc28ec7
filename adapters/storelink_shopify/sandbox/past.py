"""Old orders and the people behind them: 100,000 of them weigh nothing until one is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from storelink.models.contact import Contact
from storelink.models.enums import ConsentChannel
from storelink.models.money import Money
from storelink_shopify.sandbox.goods_state import ProductState
from storelink_shopify.sandbox.listing import Series
from storelink_shopify.sandbox.state import (
    ConsentState,
    CustomerState,
    EventState,
    LineState,
    OrderState,
    ParcelState,
    RefundState,
)

STRIDE = 1000
"""How far apart the ids of old objects are; the parts of an order have the ids in between."""

_SPAN = timedelta(days=730)
_LAG = timedelta(days=6)
_ORDERS_EACH = 3
_FIRST_NAMES = ("Ada", "Bela", "Chidi", "Dana", "Emre", "Farah", "Goran", "Hana")
_LAST_NAMES = ("Adler", "Bakker", "Costa", "Diaz", "Ek", "Fischer", "Gul", "Haddad", "Ito")
_LOCALES = ("en-US", "de-DE", "fr-FR", "fa-IR", "ja-JP")
_ENDINGS = ("delivered", "delivered", "delivered", "delivered", "sent", "refunded", "part", "paid")
"""How an old order ended, by chance."""


class Past:
    """Old orders, evenly over two years, and the people who bought up to three times each.

    Args:
        count: how many orders.
        first: how many old orders there were before these.
        until: when the last of them was changed.
        products: what they were for.
        known: returns the account with an id if somebody acted upon it meanwhile.
    """

    def __init__(
        self,
        count: int,
        *,
        first: int,
        until: datetime,
        products: Sequence[ProductState],
        known: Callable[[int], CustomerState | None],
    ) -> None:
        self._first, self._products, self._known = first, products, known
        self._people = -(-count // _ORDERS_EACH)
        step = timedelta(seconds=int(_SPAN.total_seconds()) // count)
        start = until - _LAG - step * count
        self.orders: Series[OrderState] = Series(
            5_000_000_000_000 + first * STRIDE, STRIDE, count, start, step, _LAG, self._order
        )
        self.people: Series[CustomerState] = Series(
            4_000_000_000_000 + first * STRIDE,
            STRIDE,
            self._people,
            start,
            step,
            _LAG,
            self._customer,
        )

    def _customer(self, place: int) -> CustomerState:
        series = self.people
        known = self._known(series.id(place))
        if known is not None:
            return known
        number = self._first + place
        created_at = series.created_at(place)
        consent = ConsentState("subscribed", created_at)
        return CustomerState(
            id=series.id(place),
            contact=Contact(
                email=f"buyer{number}@example.org",
                phone=f"+4915{number:09d}",
                first_name=_FIRST_NAMES[number % len(_FIRST_NAMES)],
                last_name=_LAST_NAMES[number % len(_LAST_NAMES)],
                locale=_LOCALES[number % len(_LOCALES)],
            ),
            created_at=created_at,
            updated_at=series.updated_at(place),
            orders=[self.orders.id(one) for one in range(place, self.orders.count, self._people)],
            consents={ConsentChannel.EMAIL: consent} if number % 3 == 0 else {},
        )

    def _order(self, place: int) -> OrderState:
        series = self.orders
        chance = (self._first + place) * 2_654_435_761 % 2**32 >> 8
        created_at = series.created_at(place)
        order = OrderState(
            id=series.id(place),
            number=1_000_001 + self._first + place,
            customer=self._customer(place % self._people),
            lines=[
                self._line(series.id(place) + 1 + index, chance >> index)
                for index in range(1 + chance % 2)
            ],
            shipping=Money("4.90", self._products[0].price.currency),
            gateway="shopify_payments",
            created_at=created_at,
            updated_at=series.updated_at(place),
            payment="paid",
        )
        _end(order, _ENDINGS[chance // 2 % len(_ENDINGS)])
        return order

    def _line(self, number: int, chance: int) -> LineState:
        product = self._products[chance % len(self._products)]
        return LineState(
            id=number,
            product_id=product.id,
            variant_id=product.variant_id,
            title=product.title,
            quantity=1 + chance % 3,
            price=product.price,
            discount=Money.zero(product.price.currency),
            requires_shipping=True,
        )


def _end(order: OrderState, ending: str) -> None:
    """Let an order come to its end."""
    if ending in {"delivered", "sent", "part"}:
        _send(order, is_delivered=ending != "sent")
    if ending == "delivered":
        order.closed_at = order.updated_at
    if ending == "refunded":
        order.cancelled_at = order.updated_at
        _give_back(order, {i: line.quantity for i, line in enumerate(order.lines)}, order.total)
    if ending == "part":
        _give_back(order, {0: 1}, order.lines[0].share(1))


def _send(order: OrderState, *, is_delivered: bool) -> None:
    number, sent_at = order.id + 100, order.created_at + timedelta(days=1)
    events = [EventState(number + 1, "in_transit", "", sent_at + timedelta(hours=9), None)]
    if is_delivered:
        at = sent_at + timedelta(days=2)
        events.append(EventState(number + 2, "delivered", "", at, None))
    for line in order.lines:
        line.shipped = line.quantity
    parcel = ParcelState(
        id=number,
        name=f"#{order.number}.1",
        carrier="DHL",
        number=f"JD{number}",
        url=f"https://carrier.example/{number}",
        lines={i: line.quantity for i, line in enumerate(order.lines)},
        created_at=sent_at,
        updated_at=events[-1].happened_at,
        events=events,
    )
    order.parcels.append(parcel)


def _give_back(order: OrderState, lines: dict[int, int], amount: Money) -> None:
    for index, count in lines.items():
        order.lines[index].refunded += count
    given = RefundState(order.id + 200, lines, amount, order.updated_at, order.id + 201)
    order.refunds.append(given)
    is_all = order.refunded >= order.total
    order.payment = "refunded" if is_all else "partially_refunded"


CATALOG = (("Mug", "12.50"), ("Tea", "7.95"), ("Pot", "39.00"), ("Scarf", "24.90"), ("Lamp", "89"))
"""What old orders are for: titles and prices."""
