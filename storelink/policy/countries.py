"""Which country an address means, where that is certain."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from storelink.policy.zones import countries


@functools.lru_cache(maxsize=1024)
def code_of(country: str | None) -> str | None:
    """Return the ISO 3166-1 alpha-2 code of a country, from its code or its English name.

    What is neither stays as it is, without the spaces around it: for the rules, it is unknown.

    >>> code_of(" us "), code_of("Germany"), code_of("Freedonia")
    ('US', 'DE', 'Freedonia')
    """
    text = (country or "").strip()
    code = text.upper()
    return code if code in countries() else _names().get(text.casefold(), text) or None


@functools.cache
def _names() -> Mapping[str, str]:
    """Return the codes of countries by their English names, as Unicode's CLDR has them."""
    from babel import Locale  # its data is loaded when a name has to be understood

    names = Locale("en").territories.items()
    return {name.casefold(): code for code, name in names if code in countries()}
