"""Whether a shop lets anything go at all: switches, the lock of copies, and the brake. Pure.

A copy of a shop that writes to real customers is the classic accident: a database is restored on a
staging machine, a worker starts there, and every customer gets everything once more. So a store is
*armed*: what is sent to its customers is sent from the environment, and for the store's address,
that somebody armed. Anywhere else it goes to a test inbox, or nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self
from urllib.parse import urlsplit

PRODUCTION = "production"
"""The only environment that can be armed."""
EVERY = "*"
"""Every store, or every hook."""
HOUR = timedelta(hours=1)
DAYS = 28
"""For so long a hook's busiest hour of each day is remembered."""


@dataclass(frozen=True, slots=True)
class Off:
    """What was switched off: a store, a hook, or a hook of one store; `"*"` stands for every one.

    Attributes:
        at: since when.
        why: in the words of who did it.
    """

    store: str
    hook: str
    at: datetime
    why: str

    def stops(self, store: str, hook: str) -> bool:
        """Say whether it stops the messages of *hook* for *store*."""
        return self.store in (store, EVERY) and self.hook in (hook, EVERY)


def off_of(switches: Iterable[Off], store: str, hook: str) -> Off | None:
    """Return the first switch that stops the messages of *hook* for *store*."""
    return next((one for one in switches if one.stops(store, hook)), None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where storelink runs, and for which shop.

    Attributes:
        environment: what the settings call it: `"production"`, `"staging"`, …
        url: the shop's address; empty where the platform's adapter has none.
    """

    environment: str
    url: str = ""

    @classmethod
    def parse(cls, told: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        return cls(str(told.get("environment", "")), str(told.get("url", "")))

    def to_dict(self) -> dict[str, str]:
        """Return it as JSON values."""
        return {"environment": self.environment, "url": self.url}


def locked(here: Place, armed: Place | None) -> str | None:
    """Return why nothing may go to real customers from *here*; `None` if it may.

    >>> locked(Place("staging"), Place("production"))
    'the environment is staging, not production'

    Args:
        here: where storelink runs now.
        armed: where somebody armed the store; `None` if nobody did.
    """
    if here.environment != PRODUCTION:
        return f"the environment is {here.environment or 'not named'}, not {PRODUCTION}"
    if armed is None or armed.environment != PRODUCTION:
        return "nobody has armed the store"
    if _shop(here.url) != _shop(armed.url):
        return (
            f"the store is now {_shop(here.url)}, and {_shop(armed.url)} was armed: is it a copy?"
        )
    return None


def _shop(url: str) -> str:
    """Return what tells one shop from another: not whether it is https, nor a slash at the end."""
    parts = urlsplit(url if "//" in url else f"//{url}")
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    return f"{host}{port}{parts.path.rstrip('/')}"


def masked(address: str) -> str:
    """Return an address so that a tester knows which it is, and nobody can write to it.

    >>> masked("ada@example.com"), masked("+4930123456")
    ('a…@e….com', '…56')
    """
    name, _, domain = address.rpartition("@")
    if not name:
        return f"…{address[-2:]}"
    host, _, top = domain.rpartition(".")
    return f"{name[:1]}…@{host[:1]}….{top}"


@dataclass(frozen=True, slots=True)
class Brake:
    """How many messages of one hook may go to one store's customers in an hour.

    Args:
        floor: so many may go in any case.
        times: so many times the busiest hour of the days before may go.
    """

    floor: int = 500
    times: int = 3

    def allowed(self, usual: int) -> int:
        """Return how many may go in an hour, after days whose busiest hour had *usual*."""
        return max(self.floor, self.times * usual)


@dataclass(frozen=True, slots=True)
class Traffic:
    """How many messages of one hook went, by the hour.

    Attributes:
        hour: the beginning of the hour that is counted (UTC).
        count: how many went in it.
        peaks: the busiest hour of each day before, by the day; of `DAYS` days.
        released_until: until then somebody let everything go.
    """

    hour: datetime
    count: int = 0
    peaks: Mapping[str, int] = field(default_factory=dict)
    released_until: datetime | None = None

    def at(self, now: datetime) -> Traffic:
        """Return it as it is at *now*: with a new hour, the one before may be its day's peak."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        if hour <= self.hour:  # another worker's clock may be a little ahead
            return self
        day, oldest = self.hour.date().isoformat(), (now - timedelta(days=DAYS)).date().isoformat()
        peaks = {one: count for one, count in self.peaks.items() if one >= oldest}
        if day >= oldest and self.count:
            peaks[day] = max(peaks.get(day, 0), self.count)
        return Traffic(hour, 0, peaks, self.released_until)

    def room(self, brake: Brake, now: datetime) -> int | None:
        """Return how many more may go now; `None` for any number."""
        then = self.at(now)
        if then.released_until is not None and now < then.released_until:
            return None
        today = then.hour.date().isoformat()
        usual = max((count for day, count in then.peaks.items() if day != today), default=0)
        return max(brake.allowed(usual) - then.count, 0)

    def plus(self, number: int, now: datetime) -> Traffic:
        """Return it with so many more that went."""
        then = self.at(now)
        return replace(then, count=then.count + number)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        until = self.released_until.isoformat() if self.released_until else None
        return {
            "hour": self.hour.isoformat(),
            "count": self.count,
            "peaks": dict(self.peaks),
            "released_until": until,
        }

    @classmethod
    def parse(cls, told: Mapping[str, Any] | None, now: datetime) -> Traffic:
        """Read what `to_dict` wrote; nothing went if nothing was written."""
        if not told:
            return cls(now.replace(minute=0, second=0, microsecond=0))
        until = told.get("released_until")
        return cls(
            datetime.fromisoformat(told["hour"]),
            int(told["count"]),
            dict(told["peaks"]),
            datetime.fromisoformat(until) if until else None,
        )
