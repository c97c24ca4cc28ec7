"""Lives of many customers, made by chance from a seed: the same seed, the same shop."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Iterator
from datetime import timedelta

from acceptance.harmony.town import DAY, HOUR, Someone, Town, someone

from storelink.models import ShipmentStatus

Life = Iterator[timedelta]
"""What somebody does; it yields how long nothing happens."""


def people(count: int, seed: int) -> list[Someone]:
    """Return customers of four countries, with birthdays all over the year."""
    chance = random.Random(seed)
    return [
        someone(
            f"customer{number}",
            chance.randrange(4),
            f"--{chance.choice((10, 10, 11, 12, 1)):02}-{chance.randint(1, 28):02}",
        )
        for number in range(count)
    ]


def live(town: Town, *, seed: int, lasts: timedelta) -> None:
    """Let everybody live their life, with the worker running whenever something is due."""
    start, number = town.clock.now(), itertools.count()
    chance = random.Random(seed)
    lives = [_life(town, who, random.Random(chance.random())) for who in range(len(town.people))]
    cues = [(start, next(number), life) for life in lives]
    while cues and cues[0][0] <= start + lasts:
        at, _, life = heapq.heappop(cues)
        town.wait(at - town.clock.now())
        pause = next(life, None)
        if pause is not None:
            heapq.heappush(cues, (at + pause, next(number), life))
    town.wait(start + lasts - town.clock.now())


def _life(town: Town, who: int, chance: random.Random) -> Life:
    """Come, and come again by a rhythm of one's own."""
    if chance.random() < 0.7:
        town.say(who, yes=True)
    rhythm = chance.choice((6, 15, 30, 60))
    yield chance.random() * 20 * DAY
    while True:
        yield from _visit(town, who, chance)
        if chance.random() < 0.06:
            town.say(who, yes=chance.random() < 0.3)
        yield max(0.2, chance.gauss(rhythm, rhythm / 4)) * DAY


def _visit(town: Town, who: int, chance: random.Random) -> Life:
    """Fill a cart; leave it, or buy."""
    item = chance.randrange(3)
    if chance.random() < 0.4:
        town.leave(who, item)
        yield chance.choice((0.3, 3, 6, 30, 100)) * HOUR
        if chance.random() < 0.4:
            return
    if chance.random() < 0.1:
        town.buy(who, item, paid=False)
        return
    town.buy(who, item)
    fate = chance.random()
    if fate < 0.05:
        yield 2 * HOUR
        town.cancel(who)
    elif fate > 0.05 + 0.05:
        yield from _parcel(town, who, chance)


def _parcel(town: Town, who: int, chance: random.Random) -> Life:
    yield chance.choice((5, 20, 30, 130)) * HOUR
    town.ship(who)
    yield DAY
    if chance.random() < 0.2:
        town.scan(who, chance.choice((ShipmentStatus.DELAYED, ShipmentStatus.EXCEPTION)))
        yield chance.choice((1, 5, 12)) * DAY
    if chance.random() < 0.06:
        return
    yield chance.choice((1, 2, 3)) * DAY
    town.scan(who, ShipmentStatus.DELIVERED)
    yield from _afterwards(town, who, chance)


def _afterwards(town: Town, who: int, chance: random.Random) -> Life:
    """Keep it, send it back, get money back, and say how it was."""
    yield chance.choice((1, 4, 9)) * DAY
    if chance.random() < 0.4:
        town.answer(who, chance.randint(0, 10))
    fate = chance.random()
    if fate < 0.15:
        town.send_back(who)
        yield chance.choice((4, 10)) * DAY
        town.take_back(who)
        town.refund(who)
    elif fate < 0.25:
        town.refund(who, whole=fate < 0.2)
