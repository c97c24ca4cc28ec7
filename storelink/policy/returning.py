"""What of an order may be sent back, and until when. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Final, NamedTuple

from storelink.models.enums import FulfillmentStatus, OrderStatus, PaymentStatus, ShipmentStatus
from storelink.models.order import LineItem, Order
from storelink.models.returns import OFF, ReturnRequest, counted
from storelink.models.shipment import Shipment
from storelink.policy.countries import code_of
from storelink.policy.workdays import Workdays
from storelink.policy.zones import countries

_UNION: Final = (
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK "
    "AX GF GP MF MQ RE YT"  # parts of Finland and France with codes of their own
)
LAWFUL_DAYS: Final[Mapping[str, int]] = {
    **dict.fromkeys(_UNION.split(), 14),  # Directive 2011/83/EU, article 9
    **dict.fromkeys(("IS", "LI", "NO"), 14),  # the same directive, by the EEA Agreement
    "GB": 14,  # Consumer Contracts Regulations 2013, regulation 30
    "TR": 14,  # Mesafeli Sözleşmeler Yönetmeliği, article 9
    "AR": 10,  # Código Civil y Comercial, article 1110
    "BR": 7,  # Código de Defesa do Consumidor, article 49
    "CL": 10,  # Ley 19.496, article 3 bis
    "CN": 7,  # Law on the Protection of Consumer Rights and Interests, article 25
    "IL": 14,  # Consumer Protection Law, section 14C
    "KR": 7,  # Act on the Consumer Protection in Electronic Commerce, article 17
    "RS": 14,  # Zakon o zaštiti potrošača, article 27
    "RU": 7,  # Law on the Protection of Consumers' Rights, article 26.1
    "TW": 7,  # Consumer Protection Act, article 19
    "UA": 14,  # Law on the Protection of Consumers' Rights, article 13
    "ZA": 7,  # Electronic Communications and Transactions Act, section 44
}
"""For how many days after the delivery the law of a country lets a consumer who bought at a
distance change their mind, where it is known here. No window of a shop's is shorter than that."""
_STRICTEST: Final = max(LAWFUL_DAYS.values())
_MOST: Final = timedelta(days=3660)

_EARLIEST, _LATEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
"""Where a day begins first, and where it ends last: of both, what is better for the customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returns:
    """What a shop takes back.

    Attributes:
        window: for how many whole days after the last parcel arrived; where the law of the
            customer's country gives more, that counts (`LAWFUL_DAYS`).
        transit: how long a parcel is taken to be under way that nobody says has arrived.
        exchange: whether goods are exchanged; it is offered before the money back.
        excluded: ids of products that are not taken back, for example for hygiene.

    Raises:
        ValueError: a time is negative, or longer than ten years.
    """

    window: timedelta = timedelta(days=30)
    transit: timedelta = timedelta(days=14)
    exchange: bool = True
    excluded: frozenset[str] = field(default=frozenset())

    def __post_init__(self) -> None:
        if (
            not timedelta()
            <= min(self.window, self.transit)
            <= max(self.window, self.transit)
            <= _MOST
        ):
            raise ValueError("window and transit are lengths of time, from none to ten years")

    def days(self, country: str | None) -> int:
        """Return for how many days goods may come back from a country.

        Where the country is not known, it may be the one whose law gives most.
        """
        code = code_of(country)
        is_known = code is not None and code in countries()
        lawful = LAWFUL_DAYS.get(code or "", 0) if is_known else _STRICTEST
        return max(self.window.days, lawful)


_NOTHING_TO_SEND: Final = {FulfillmentStatus.FULFILLED, FulfillmentStatus.RESTOCKED}


class Against(StrEnum):
    """Why nothing of an order can be sent back."""

    NOT_SENT = "not_sent"
    TOO_LATE = "too_late"
    NOTHING_LEFT = "nothing_left"


class Returnable(NamedTuple):
    """A line of which something may be sent back, and at most how many."""

    line: LineItem
    most: int


@dataclass(frozen=True, slots=True)
class MayReturn:
    """What may be sent back.

    Attributes:
        until: the last day, on the customer's calendar; `None` while it is not known.
        against: why nothing may be.
    """

    lines: tuple[Returnable, ...] = ()
    until: date | None = None
    against: Against | None = None


def may_return(
    order: Order, rules: Returns, now: datetime, *, asked: Iterable[ReturnRequest] = ()
) -> MayReturn:
    """Say what of *order* may be sent back at *now*.

    The window begins when the last parcel has arrived and nothing is still to be sent (Directive
    2011/83/EU, article 9(2)(b)(i)), and never ends on a day on which nobody works (Regulation
    1182/71, article 3(4)). Whatever is not known counts for the customer.

    Args:
        order: as it is known now.
        rules: what the shop takes back.
        now: the present instant.
        asked: requests that the store does not know of yet.
    """
    if order.payment_status is PaymentStatus.REFUNDED:
        return MayReturn(against=Against.NOTHING_LEFT)
    sent = _sent(order)
    if not sent.total():
        was_sent = _undelivered(order) or _is_all_sent(order)
        return MayReturn(against=Against.NOTHING_LEFT if was_sent else Against.NOT_SENT)
    until = _last_day(order, rules)
    if until is not None and now >= _end(until):
        return MayReturn(until=until, against=Against.TOO_LATE)
    back = _back(order, asked)
    lines = tuple(
        Returnable(line, most)
        for line in order.lines
        if _is_taken_back(line, rules) and (most := _left(order, line, sent, back)) > 0
    )
    return MayReturn(lines, until, None if lines else Against.NOTHING_LEFT)


def _is_taken_back(line: LineItem, rules: Returns) -> bool:
    is_thing = line.requires_shipping is not False and not line.gift_card
    return is_thing and line.product_id not in rules.excluded


def _left(order: Order, line: LineItem, sent: Counter[str], back: Counter[str] | None) -> int:
    """Return how many the customer has of a line that nobody has asked back or paid back.

    A piece that was paid back may be one that never left, or one that came back.
    """
    if back is None:
        return 0
    came = back[line.id]
    return min(sent[line.id] - came, line.quantity - max(came, _removed(order, line)))


def _removed(order: Order, line: LineItem) -> int:
    """Return how many of a line were paid back, or taken off the order."""
    stands = line.quantity if line.current_quantity is None else line.current_quantity
    return max(order.refunded_quantity(line.id), line.quantity - stands)


def _back(order: Order, asked: Iterable[ReturnRequest]) -> Counter[str] | None:
    """Return how many of each line come back or came; `None` if the store did not say which."""
    standing = [one for one in order.returns if one.status not in OFF]
    back: Counter[str] = Counter()
    for one in standing:
        if one.lines is None:
            return None
        back.update(counted(one.lines))
    known = {one.key for one in order.returns}
    for request in asked:
        if request.key not in known:
            back.update(counted(request.lines))
    return back


def _sent(order: Order) -> Counter[str]:
    """Return how many of each line have left the shop, and did not come back undelivered."""
    parcels, failed = _parcels(order), _undelivered(order)
    if failed and not parcels:
        return Counter()
    named = _named(order)
    is_vague = any(one.lines is None for one in (*parcels, *failed))
    is_whole = order.fulfillment_status is not FulfillmentStatus.RESTOCKED and _is_all_sent(order)
    sent: Counter[str] = Counter()
    for line in order.lines:
        # What is in no parcel was handed over some other way, unless it was paid back instead.
        is_missing = is_vague or named[line.id] + _removed(order, line) < line.quantity
        sent[line.id] = line.quantity if (is_vague or is_whole) and is_missing else named[line.id]
    sent.subtract(counted(line for one in failed for line in one.lines or ()))
    return +sent


def _is_all_sent(order: Order) -> bool:
    """Say whether nothing is still to be sent, as far as the store tells."""
    if order.status is OrderStatus.COMPLETED:
        return True
    if order.fulfillment_status is not FulfillmentStatus.UNKNOWN:
        return order.fulfillment_status in _NOTHING_TO_SEND
    named = _named(order)
    return bool(named) and all(
        named[line.id] + _removed(order, line) >= line.quantity
        for line in order.lines
        if line.requires_shipping is not False and not line.gift_card
    )


def _named(order: Order) -> Counter[str]:
    """Return how many of each line were put into parcels."""
    parcels = (*_parcels(order), *_undelivered(order))
    return counted(line for one in parcels for line in one.lines or ())


def _last_day(order: Order, rules: Returns) -> date | None:
    """Return the last day of the window; `None` while it cannot be known."""
    arrived = _arrived(order, rules.transit)
    if arrived is None:
        return None
    address = order.shipping_address or order.billing
    country, region = (address.country, address.region) if address else (None, None)
    day = arrived.astimezone(_EARLIEST).date() + timedelta(days=rules.days(country))
    workdays = Workdays(code_of(country), region)
    while workdays.is_free(day):
        day += timedelta(days=1)
    return day


def _arrived(order: Order, transit: timedelta) -> datetime | None:
    """Return when the customer had everything, at the latest; `None` if that is not known."""
    if not _is_all_sent(order):
        return None
    arrivals = [_arrival(parcel, transit) for parcel in _parcels(order)]
    if not arrivals:
        return order.completed_at + transit if order.completed_at else None
    known = [one for one in arrivals if one is not None]
    return max(known) if len(known) == len(arrivals) else None


def _arrival(parcel: Shipment, transit: timedelta) -> datetime | None:
    if parcel.delivered_at is not None:
        return parcel.delivered_at
    moved = max((one.at for one in parcel.scans), default=None)
    begun = moved or parcel.in_transit_at or parcel.shipped_at or parcel.created_at
    return begun + transit if begun else None


def _parcels(order: Order) -> list[Shipment]:
    """Return what was sent, and has arrived or will."""
    failed = _undelivered(order)
    return [
        one
        for one in order.shipments
        if one.status is not ShipmentStatus.CANCELLED and one not in failed
    ]


def _undelivered(order: Order) -> list[Shipment]:
    """Return the parcels that came back to the shop without having been delivered."""
    return [
        one
        for one in order.shipments
        if one.status is ShipmentStatus.RETURNED and one.delivered_at is None
    ]


def _end(day: date) -> datetime:
    """Return the instant at which a day is over everywhere."""
    return datetime.combine(day + timedelta(days=1), time(), _LATEST).astimezone(UTC)
