"""Where everything stands in the picture of the journeys: in pixels of a slide. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from storelink.demo.journey import Journey, Journeys, Sent, Spared

WIDTH, HEIGHT = 1920, 1080
LEFT, SPAN = 252, 1632
"""Where the weeks begin, and how wide they are together."""
CARD_WIDTH, CARD_HEIGHT = 196, 54
CHIP_WIDTH = 252
ROWS = 3

_GAP = 5
_TRACK = 46
_FIRST_ROW = 60
_LETTER = 7.4
_LABEL_ROWS = (29, 12)
_MINOR = {"Under way", "Out for delivery", "Completed"}
"""What is not worth the room where something else happened that day."""


@dataclass(frozen=True, slots=True)
class Card:
    """A message that arrived. *path* leads from its *moment* to the card."""

    sent: Sent
    x: float
    y: float
    moment: float
    path: str


@dataclass(frozen=True, slots=True)
class Label:
    """What happened on one day."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Chip:
    """What was not sent."""

    spared: Spared
    x: float


@dataclass(frozen=True, slots=True)
class Lane:
    """One customer's weeks as they stand in the picture."""

    journey: Journey
    dots: Sequence[float]
    labels: Sequence[Label]
    cards: Sequence[Card]
    chips: Sequence[Chip]


def lanes(journeys: Journeys) -> list[Lane]:
    """Return the picture's lanes, from above."""
    scale = Scale(journeys.begins, journeys.ends)
    return [
        Lane(
            journey=one,
            dots=[scale.x(at) for at, _ in one.events],
            labels=list(_labels(one.events, scale)),
            cards=_cards(one.sent, scale),
            chips=_chips(one.spared, scale),
        )
        for one in journeys.each
    ]


@dataclass(frozen=True, slots=True)
class Scale:
    """From times to pixels, counted from where the weeks begin."""

    begins: datetime
    ends: datetime

    def x(self, at: datetime) -> float:
        """Return where a time stands."""
        return round((at - self.begins) / (self.ends - self.begins) * SPAN, 1)

    def weeks(self) -> Iterator[tuple[float, datetime]]:
        """Yield the weeks, each with where it begins."""
        at = self.begins
        while at < self.ends:
            yield self.x(at), at
            at += timedelta(weeks=1)


def spread(wanted: Sequence[float], width: float, *, until: float = SPAN) -> list[float]:
    """Return places for things of one *width* side by side, each as near to the wanted as it goes.

    >>> spread([0, 10, 95], 10, until=100)
    [0, 15, 90]
    """
    places: list[float] = []
    for one in wanted:
        places.append(max(one, places[-1] + width + _GAP) if places else one)
    limit = until - width
    for index in range(len(places) - 1, -1, -1):
        places[index] = min(places[index], limit)
        limit = places[index] - width - _GAP
    return places


def _cards(sent: Sequence[Sent], scale: Scale) -> list[Card]:
    """Deal the cards to the rows: each to the one in which it stands nearest to its moment."""
    rows: list[list[Sent]] = [[] for _ in range(ROWS)]
    ends = [0.0] * ROWS
    for one in sent:
        wanted = _wanted(one, scale)
        row = min(range(ROWS), key=lambda number: (max(ends[number], wanted), number))
        rows[row].append(one)
        ends[row] = max(ends[row], wanted) + CARD_WIDTH + _GAP
    cards = []
    for number, row_of in enumerate(rows):
        places = spread([_wanted(one, scale) for one in row_of], CARD_WIDTH)
        y = _FIRST_ROW + number * (CARD_HEIGHT + _GAP)
        cards += [_card(one, x, y, scale) for one, x in zip(row_of, places, strict=True)]
    return sorted(cards, key=lambda card: card.sent.at)


def _wanted(one: Sent, scale: Scale) -> float:
    return max(0.0, scale.x(one.at) - 14)


def _card(one: Sent, x: float, y: float, scale: Scale) -> Card:
    moment = scale.x(one.at)
    if x <= moment <= x + CARD_WIDTH:
        path = f"M{moment} {_TRACK}V{y}"
    else:
        path = f"M{moment} {_TRACK}V{y + CARD_HEIGHT / 2}H{x if x > moment else x + CARD_WIDTH}"
    return Card(one, x, y, moment, path)


def _chips(spared: Sequence[Spared], scale: Scale) -> list[Chip]:
    places = spread([max(0.0, scale.x(one.at) - 14) for one in spared], CHIP_WIDTH)
    return [Chip(one, x) for one, x in zip(spared, places, strict=True)]


def _labels(events: Sequence[tuple[datetime, str]], scale: Scale) -> Iterator[Label]:
    """Name what happened, day by day, where there is room."""
    ends = [-1.0] * len(_LABEL_ROWS)
    for _, several in groupby(events, key=lambda one: one[0].date()):
        day = list(several)
        names = dict.fromkeys(name for _, name in day)
        text = ", ".join([one for one in names if one not in _MINOR] or names)
        x = scale.x(day[0][0])
        free = [row for row, end in enumerate(ends) if end < x]
        if free:
            ends[free[0]] = x + len(text) * _LETTER + 4
            yield Label(x, _LABEL_ROWS[free[0]], text)
