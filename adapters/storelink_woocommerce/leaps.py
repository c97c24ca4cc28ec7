"""Times that the clocks of a site leap over in spring, and how a shop is asked for them.

WordPress reads a time without a zone as the site's own, though the column in GMT is meant: where
the clocks go from two to three, 02:30 becomes 03:30, and an hour of changes is left out. With `Z`
and without `dates_are_gmt` the column in the site's time is asked, which is right but for the hour
that comes twice in autumn; hence only then.

Facts: `WP_Date_Query::build_mysql_datetime`;
`OrdersTableQuery::map_gmt_and_post_keys_to_hpos_keys`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

EDGES = ("after", "before", "modified_after", "modified_before")


def zone(site: Any) -> tzinfo:
    """Return the time zone that the root of the API tells; one without leaps if it tells none."""
    name = site.get("timezone_string") if isinstance(site, Mapping) else None
    try:
        return ZoneInfo(name) if isinstance(name, str) and name else UTC
    except (KeyError, ValueError, OSError):
        return UTC


def around(params: Mapping[str, str], site: tzinfo) -> Mapping[str, str]:
    """Return *params*, whose times are in GMT, as they mean the same at *site*."""
    times = {name: params[name] for name in EDGES if name in params}
    if not any(_is_leapt_over(text, site) for text in times.values()):
        return params
    others = {name: text for name, text in params.items() if name != "dates_are_gmt"}
    return {**others, **{name: f"{text}Z" for name, text in times.items()}}


def _is_leapt_over(text: str, site: tzinfo) -> bool:
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=site).astimezone(UTC).astimezone(site).replace(tzinfo=None) != at
