"""The clocks of the world, by the newest time zone database at hand; never the machine's own zone.

The operating system has one, and so has the package `tzdata`. Either may be years older than the
other, and a clock by the older one may be an hour wrong: what `zoneinfo` finds first is the
system's, however old.
"""

from __future__ import annotations

import functools
import zoneinfo
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzdata  # type: ignore[import-untyped]

STEP = timedelta(days=6)
"""Shorter than the time between any two changes of one zone's offset since 1970: 167 hours."""

_NO_PLACES = frozenset({"Factory"})


@functools.cache
def names() -> frozenset[str]:
    """Return the IANA names of all zones, old names too."""
    listed = resources.files("tzdata").joinpath("zones").read_text("utf-8")
    return frozenset(listed.split()) - _NO_PLACES


@functools.cache
def clock(name: str) -> ZoneInfo:
    """Return the zone of an IANA name.

    Raises:
        ZoneInfoNotFoundError: there is none.
    """
    if name not in names():
        raise ZoneInfoNotFoundError(f"the time zone database has no {name!r}")
    if _of_the_system() > tzdata.IANA_VERSION:
        return ZoneInfo(name)
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def version() -> str:
    """Return the version of the time zone database that is used, for example `"2026f"`."""
    return max(_of_the_system(), str(tzdata.IANA_VERSION))


@functools.cache
def _of_the_system() -> str:
    """Return the version of the system's database; nothing if it has none, or none that tells."""
    for folder in zoneinfo.TZPATH:
        try:
            with (Path(folder) / "tzdata.zi").open(encoding="utf-8") as file:
                return file.readline().removeprefix("# version ").strip()
        except OSError:
            continue
    return ""


def next_change(zone: ZoneInfo, after: datetime, until: datetime) -> datetime | None:
    """Return when a zone's offset first changes in (*after*, *until*], both in UTC.

    `zoneinfo` does not tell its changes, so the offsets are looked at step by step.
    """
    offset = after.astimezone(zone).utcoffset()
    while after < until:
        there = min(after + STEP, until)
        if there.astimezone(zone).utcoffset() != offset:
            return _bisected(zone, after, there)
        after = there
    return None


def _bisected(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Return when the offset changes between two instants; clocks change at whole seconds."""
    offset = low.astimezone(zone).utcoffset()
    low = low.replace(microsecond=0)
    same, changed = 0, -(-(high - low) // timedelta(seconds=1))
    while changed - same > 1:
        middle = (same + changed) // 2
        is_same = (low + timedelta(seconds=middle)).astimezone(zone).utcoffset() == offset
        same, changed = (middle, changed) if is_same else (same, middle)
    return low + timedelta(seconds=changed)
