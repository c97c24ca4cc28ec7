"""In which time zone a person lives, and how well that is known.

From the best evidence that there is:

1. the zone that the person's account states;
2. the address: its country, narrowed by region and postcode where a country has several clocks. If
   region and postcode contradict each other, both count;
3. the country of the phone number, if no country is known. It is likely and never certain: a number
   goes along when its owner moves;
4. the store's own zone, if nothing else is known: most customers live where the store is;
5. if not even that is known, every zone there is.

Where several zones are possible, all of them are given, and what must not come at night must come
in nobody's night. In one country that leaves shorter hours: from 8 to 21 o'clock in every zone of
the United States is from 13 to 21 in New York in winter. In *every zone there is*, hours that close
for even an hour a day are never open: what has such hours is not sent at all. That is the strictest
answer, and nobody gets it whose store has a zone.

The machine's own zone is never asked. Countries and zones are those of the time zone database; what
part of a country has which zone is in `zones.toml`, with its sources.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

from storelink.policy import clocks
from storelink.policy.question import Confidence, Zone

_FORETOLD = 10
"""For how many years zones must agree to count as one."""


def infer(
    *,
    stated: str | None = None,
    country: str | None = None,
    region: str | None = None,
    postcode: str | None = None,
    phone: str | None = None,
    store_zone: str | None = None,
) -> Zone:
    """Say in which zone a person lives.

    What is not understood is not evidence: it is left out, and never an error.

    Args:
        stated: the IANA name that the person's account has.
        country: ISO 3166-1 alpha-2, as the address has it.
        region: the region's code as the platform has it, with the country or without it.
        postcode: as the address has it.
        phone: the number in E.164.
        store_zone: the IANA name of the store's own zone.
    """
    if stated in clocks.names():
        return Zone((str(stated),), Confidence.STATED, "account")
    code = (country or "").strip().upper()
    if code in countries():
        names, source = _narrowed(
            code, subdivision(code, region) or "", _plain(postcode)[: _depth()]
        )
        return Zone(names, _certainty(names), source)
    if names := _of_phone(phone):
        return Zone(names, Confidence.UNKNOWN if len(names) > 1 else Confidence.LIKELY, "phone")
    if store_zone in clocks.names():
        return Zone((str(store_zone),), Confidence.LIKELY, "store")
    return Zone(everywhere(), Confidence.UNKNOWN)


def subdivision(country: str | None, region: str | None, postcode: str | None = None) -> str | None:
    """Return a region's code without the country: `"CA"` for `"US-CA"` and for `"ca"`.

    French addresses have no region; theirs is the department, by which holidays differ. It is
    what the postcode begins with: `"67"` for `"67000"`, `"974"` for `"97400"`.
    """
    land = (country or "").strip().upper()
    code = (region or "").strip().upper().replace(" ", "-").removeprefix(f"{land}-")
    if land == "FR" and not code:
        plain = _plain(postcode)
        code = plain[: len("974") if plain.startswith(("97", "98")) else len("75")]
    return code or None


@functools.cache
def zones_of(country: str) -> tuple[str, ...]:
    """Return the zones of a country, ISO 3166-1 alpha-2; zones whose clocks agree count once.

    The likelier ones first where `zones.toml` knows; none if there is no such country.
    """
    parts = _parts().get(country, _NO_PARTS)
    listed = countries().get(country, ())
    return _distinct(sorted(listed, key=lambda name: parts.ranks.get(name, len(parts.ranks))))


@functools.cache
def countries() -> Mapping[str, tuple[str, ...]]:
    """Return the zones of each country, as the time zone database lists them."""
    listed = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    found = {code: (name,) for code, name in _data()["countries"].items()}
    for line in listed.splitlines():
        if not line.startswith("#"):
            code, _, name = line.split("\t")[:3]
            found[code] = (*found.get(code, ()), name)
    return found


@functools.cache
def everywhere() -> tuple[str, ...]:
    """Return every zone there is; zones whose clocks agree count once."""
    return _distinct(name for names in countries().values() for name in names)


def version() -> str:
    """Return by what data zones are told: `"2026f, parts of countries 2026-11-22"`."""
    return f"{clocks.version()}, parts of countries {_data()['version']}"


# -- the parts of a country ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Parts:
    """Which zones lie in which part of a country."""

    regions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    postcodes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ranks: Mapping[str, int] = field(default_factory=dict)

    def by_postcode(self, postcode: str) -> tuple[str, ...]:
        """Return the zones of the longest beginning that is known."""
        beginnings = (postcode[:length] for length in range(len(postcode), 0, -1))
        return next((self.postcodes[one] for one in beginnings if one in self.postcodes), ())


_NO_PARTS = _Parts()


@functools.lru_cache(maxsize=4096)
def _narrowed(country: str, region: str, postcode: str) -> tuple[tuple[str, ...], str]:
    """Return the zones where an address may lie, and from what that is known."""
    parts = _parts().get(country, _NO_PARTS)
    by_region, by_postcode = parts.regions.get(region, ()), parts.by_postcode(postcode)
    common = tuple(name for name in by_region if name in by_postcode)
    if common or not by_region:
        found, source = common or by_postcode, "postcode"
    else:
        found, source = (*by_region, *by_postcode), "region"
    return (_distinct(found), source) if found else (zones_of(country), "country")


@functools.cache
def _parts() -> Mapping[str, _Parts]:
    return {
        country: _Parts(
            _turned(table.get("regions", {})),
            _turned(table.get("postcodes", {})),
            _ranks([*table.get("regions", ()), *table.get("postcodes", ())]),
        )
        for country, table in _data().items()
        if country.isupper()
    }


def _ranks(names: Iterable[str]) -> dict[str, int]:
    return {name: rank for rank, name in enumerate(dict.fromkeys(names))}


@functools.cache
def _depth() -> int:
    """Return how many signs of a postcode matter at most."""
    return max(len(one) for parts in _parts().values() for one in parts.postcodes)


@functools.cache
def _data() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("zones.toml").read_text("utf-8"))


def _turned(table: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Turn what lies in a zone into the zones of what lies there."""
    turned: dict[str, tuple[str, ...]] = {}
    for name, codes in table.items():
        for code in _spread(codes.split()):
            turned[code] = (*turned.get(code, ()), name)
    return turned


def _spread(codes: Iterable[str]) -> Iterator[str]:
    """Write ranges of numbers out: `"05-07"` is 05, 06 and 07."""
    for code in codes:
        first, _, last = code.partition("-")
        if first.isdigit() and last.isdigit():
            yield from (f"{one:0{len(first)}}" for one in range(int(first), int(last) + 1))
        else:
            yield code


def _plain(postcode: str | None) -> str:
    return "".join(filter(str.isalnum, postcode or "")).upper()


def _certainty(names: tuple[str, ...]) -> Confidence:
    return Confidence.CERTAIN if len(names) == 1 else Confidence.UNKNOWN


# -- phones ----------------------------------------------------------------------------------------


def _of_phone(phone: str | None) -> tuple[str, ...]:
    """Return the zones of the country that a number in E.164 belongs to."""
    if not phone or not phone.startswith("+"):
        return ()
    import phonenumbers

    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return ()
    region = phonenumbers.region_code_for_number(number)
    found = (
        (region,)
        if region
        else phonenumbers.region_codes_for_country_code(number.country_code or 0)
    )
    return _distinct(name for code in found for name in zones_of(code))


# -- clocks that agree -----------------------------------------------------------------------------


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Return the first of those zones whose clocks agree, as far as is foretold."""
    found: dict[object, str] = {}
    for name in names:
        found.setdefault(_course(name), name)
    return tuple(found.values())


@functools.cache
def _course(name: str) -> tuple[tuple[datetime, timedelta | None], ...]:
    """Return what a zone's clock does from the year before the database's version on."""
    zone, year = clocks.clock(name), int(clocks.version()[:4])
    at: datetime | None = datetime(year - 1, 1, 1, tzinfo=UTC)
    until = datetime(year + _FORETOLD, 1, 1, tzinfo=UTC)
    course = []
    while at is not None:
        course.append((at, at.astimezone(zone).utcoffset()))
        at = clocks.next_change(zone, at, until)
    return tuple(course)
