"""What is normal for a store: how long its parcels and its packing take, learned from its past.

A store's past is kept in small sketches, one for each group of parcels: the newest durations, at
most `RECENT` of them. A group with fewer than `ENOUGH` says too little; then a wider one is asked,
and in the end a table of what carriers promise.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import quote

from storelink.models.enums import FulfillmentStatus
from storelink.models.order import Order
from storelink.models.shipment import Shipment

ENOUGH = 30
"""So many parcels say what is normal for their group."""
SEEN = 5
"""So many show that the store tells of such things at all."""
RECENT = 300
"""A sketch keeps so many of the newest durations: habits and carriers change."""

Measure = Callable[[datetime, datetime], timedelta]
"""How long it is from one instant to another."""


class Course(StrEnum):
    """What a sketch is about."""

    TRANSIT = "transit"
    """From handing a parcel over to its delivery."""
    SILENCE = "silence"
    """The longest time that nothing was heard of a parcel that arrived."""
    HANDLING = "handling"
    """From the payment of an order to its first parcel."""


@dataclass(frozen=True, slots=True)
class Percentiles:
    """How long something takes.

    Attributes:
        p50: half of them took no longer.
        p80: four of five took no longer.
        p95: nineteen of twenty took no longer.
        of: from how many this was learned; 0 for the table.
        group: whose they are, for example `carrier=dhl/to=AT`; empty for the whole store.
    """

    p50: timedelta
    p80: timedelta
    p95: timedelta
    of: int = 0
    group: str = ""


@dataclass(frozen=True, slots=True)
class Sketch:
    """The newest durations of a group.

    Attributes:
        of: how many there were in all.
        recent: minutes; of handling, pairs of when it began and ended, in minutes since 1970.
    """

    of: int = 0
    recent: tuple[int | tuple[int, int], ...] = ()

    def with_more(self, more: Sequence[int | tuple[int, int]]) -> Sketch:
        """Return the sketch with newer ones, the oldest first."""
        return Sketch(self.of + len(more), (*self.recent, *more)[-RECENT:])


def names(course: Course, shipment: Shipment, order: Order) -> list[str]:
    """Return the groups that a parcel of an order belongs to, the narrowest first."""
    told = _told(shipment, order)
    paths = (("carrier", "service", "to"), ("carrier", "to"), ("to",), ())
    known = [path for path in paths if all(told.get(name) for name in path)]
    return ["/".join((course, *(f"{name}={told[name]}" for name in path))) for path in known]


def _told(shipment: Shipment, order: Order) -> dict[str, str]:
    """Return what groups go by, in one spelling."""
    place = order.shipping_address
    told = {
        "carrier": next((one.carrier for one in shipment.tracking if one.carrier), ""),
        "service": next((one.code or one.title for one in order.shipping), ""),
        "to": (place.country or "").upper() if place else "",
    }
    return {name: quote(one.strip().casefold(), safe="") for name, one in told.items()}


@dataclass(frozen=True, slots=True)
class Usual:
    """What is normal for a store, as far as its past says so.

    Attributes:
        sketches: by the name of the group; see `names`.
    """

    sketches: Mapping[str, Sketch] = field(default_factory=dict, repr=False)

    def transit(self, shipment: Shipment, order: Order, *, home: str | None = None) -> Percentiles:
        """Return how long such a parcel is under way.

        Args:
            shipment: the parcel.
            order: its order.
            home: the shop's country (ISO 3166-1 alpha-2), for the table.
        """
        learned = self._learned(names(Course.TRANSIT, shipment, order))
        return learned or _TABLE[_zone(order, home)]

    def silence(self, shipment: Shipment, order: Order, *, home: str | None = None) -> Percentiles:
        """Return for how long nothing is heard of such a parcel at the longest."""
        learned = self._learned(names(Course.SILENCE, shipment, order))
        whole = _TABLE[_zone(order, home)]
        return learned or Percentiles(whole.p50 / 2, whole.p80 / 2, whole.p95 / 2)

    def handling(self, measure: Measure | None = None) -> Percentiles | None:
        """Return how long the store takes from the payment to the first parcel.

        Args:
            measure: how time counts, for example without weekends; by default all of it does.

        Returns:
            `None` while the store has hardly shown how it ships.
        """
        sketch = self._of(Course.HANDLING)
        return _handling(sketch, measure or _all_of_it) if sketch.of >= SEEN else None

    @property
    def shows_arrivals(self) -> bool:
        """Whether the store tells at all that parcels arrive."""
        return self._of(Course.TRANSIT).of >= SEEN

    @property
    def shows_scans(self) -> bool:
        """Whether the store tells what carriers report."""
        return self._of(Course.SILENCE).of >= SEEN

    def _of(self, name: str) -> Sketch:
        return self.sketches.get(name, Sketch())

    def _learned(self, groups: Sequence[str]) -> Percentiles | None:
        """Return what the narrowest group says that is large enough."""
        for name in groups:
            recent = self._of(name).recent
            if len(recent) >= ENOUGH:
                spans = sorted(timedelta(minutes=one) for one in recent if isinstance(one, int))
                return _percentiles(spans, name.partition("/")[2])
        return None


def needs_shipping(order: Order) -> bool:
    """Say whether anything of an order has to be sent.

    Where the store does not say so of its lines, an order that is shipped nowhere needs none.
    """
    ways = {one.code for one in order.shipping}
    somewhere = not ways <= _FETCHED if ways else order.shipping_address is not None
    return order.fulfillment_status not in _NOT_SENT and any(
        somewhere if line.requires_shipping is None else line.requires_shipping
        for line in order.lines
        if not line.gift_card and line.current_quantity != 0
    )


_NOT_SENT = {FulfillmentStatus.NOT_REQUIRED, FulfillmentStatus.RESTOCKED}
_FETCHED = {"local_pickup", "pickup_location"}
"""WooCommerce's ways of shipping by which customers fetch what they bought, in its core
(`WC_Shipping_Local_Pickup`) and in its checkout of blocks (`PickupLocation`)."""


def longest_silence(shipment: Shipment) -> timedelta | None:
    """Return the longest time that nothing was heard of a parcel, from its scans.

    `None` of a parcel that no carrier reported on.
    """
    begun, ended = shipment.shipped_at, shipment.delivered_at
    if begun is None or ended is None or not shipment.scans:
        return None
    heard = sorted({begun, ended, *(one.at for one in shipment.scans if begun < one.at < ended)})
    return max(_gaps(heard), default=None)


def _gaps(heard: Sequence[datetime]) -> Iterator[timedelta]:
    return (later - earlier for earlier, later in itertools.pairwise(heard))


def _percentiles(spans: Sequence[timedelta], group: str) -> Percentiles:
    """Return the percentiles of sorted durations, each one that there was (nearest rank)."""

    def at(share: float) -> timedelta:
        return spans[max(math.ceil(share * len(spans)) - 1, 0)]

    return Percentiles(at(0.5), at(0.8), at(0.95), len(spans), group)


@functools.lru_cache(maxsize=256)
def _handling(sketch: Sketch, took: Measure) -> Percentiles:
    spans = [took(_at(one[0]), _at(one[1])) for one in sketch.recent if isinstance(one, tuple)]
    return _percentiles(sorted(spans), "") if len(spans) >= ENOUGH else _A_WEEK


def _all_of_it(begun: datetime, ended: datetime) -> timedelta:
    return ended - begun


def _at(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


class _Zone(StrEnum):
    """How far a parcel goes, as far as addresses say."""

    DOMESTIC = "domestic"
    UNION = "union"
    ABROAD = "abroad"


def _zone(order: Order, home: str | None) -> _Zone:
    """Return how far an order goes; where that is not known, it may be far."""
    place = order.shipping_address
    there, here = ((place.country if place else None) or "").upper(), (home or "").upper()
    if there and there == here:
        return _Zone.DOMESTIC
    return _Zone.UNION if {there, here} <= _UNION else _Zone.ABROAD


def _days(p50: int, p80: int, p95: int) -> Percentiles:
    return Percentiles(timedelta(p50), timedelta(p80), timedelta(p95))


_TABLE: Mapping[_Zone, Percentiles] = {
    _Zone.DOMESTIC: _days(3, 5, 8),
    _Zone.UNION: _days(4, 6, 9),
    _Zone.ABROAD: _days(9, 14, 21),
}
"""Until enough is learned, in calendar days, on the slow side.

Domestic: USPS Ground Advantage takes 2 to 5 business days
(https://www.usps.com/ship/ground-advantage.htm). Inside the European Union: of the fastest letters
85 % arrive on the third working day, 97 % on the fifth (Directive 97/67/EC, Annex II), and parcels
take a little longer. Elsewhere: Priority Mail International takes 6 to 10 business days
(https://www.usps.com/international/priority-mail-international.htm), and customs may add a week.
"""

_A_WEEK = _days(1, 2, 5)
"""Handling, in working days, until enough is learned: a whole working week is more than usual."""

_MEMBERS = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_UNION = frozenset(_MEMBERS.split(" "))
"""The member states: https://european-union.europa.eu/principles-countries-history/eu-countries_en"""
