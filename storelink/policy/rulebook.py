"""The rulebook: what laws and providers ask of messages, each rule with its source."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib.resources import files
from typing import Any

from storelink.models.enums import MessageClass
from storelink.policy.combined import Combined
from storelink.policy.effects import Cap, Effect, Grounds, Needs, Refusal
from storelink.policy.hours import Hours
from storelink.policy.question import Basis, Cited, Need

ANY = "*"
"""Stands for all countries, or for all channels."""

_KEPT = 4096
"""How many combinations are remembered; a shop meets a few dozen."""

_UNKNOWN_COUNTRY = Cited(
    "unknown-country",
    "storelink",
    "The recipient's country is not known, or the rulebook has no rule for it: the strictest of"
    " all countries' rules stands.",
)
_UNKNOWN_REGION = Cited(
    "unknown-region",
    "storelink",
    "The part of the country is not known: the strictest of all its parts' rules stands.",
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that one law or provider asks.

    Attributes:
        id: its name, for example `"de.uwg-7"`.
        countries: ISO 3166-1 alpha-2, or `ANY`.
        regions: ISO 3166-2 without the country; empty for the whole country.
        classes: of messages.
        channels: their names, or `ANY`.
        effect: what is asked.
        source: the law, decision or provider's rule, with its address.
        says: what it says, in one sentence.
    """

    id: str
    countries: frozenset[str]
    classes: frozenset[MessageClass]
    channels: frozenset[str]
    effect: Effect
    source: str
    says: str
    regions: frozenset[str] = frozenset()

    @property
    def cited(self) -> Cited:
        """The rule as a reason."""
        return Cited(self.id, self.source, self.says)

    def is_about(self, message_class: MessageClass, channel: str) -> bool:
        """Say whether the rule is about such messages, wherever they go."""
        return message_class in self.classes and (channel in self.channels or ANY in self.channels)

    def holds_in(self, country: str, region: str | None) -> bool:
        """Say whether the rule holds there; *region* `None` is any part of the country."""
        if country not in self.countries:
            return ANY in self.countries
        return region is None or not self.regions or region in self.regions


@dataclass(frozen=True)
class Rulebook:
    """Rules, and how they come together.

    Attributes:
        version: the date of its making; every ruling can be explained with it.
        rules: of laws and providers.
        regions: the known parts of the countries that have rules for parts.
        other_channels: the channel whose rules a channel without any is judged by.
        wishes: what the merchant asks beyond the law.
        overrides: reasons why the merchant holds that a rule is met otherwise, by the rule's id.
    """

    version: str
    rules: tuple[Rule, ...]
    regions: Mapping[str, frozenset[str]]
    other_channels: str
    wishes: tuple[Rule, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)
    _known: dict[Any, Combined] = field(
        default_factory=dict, init=False, repr=False, compare=False, hash=False
    )

    def combined(
        self, country: str | None, region: str | None, message_class: MessageClass, channel: str
    ) -> Combined:
        """Return what all rules together ask of such a message; it is worked out once.

        A country without a rule about consent for such messages is judged by the rules of all
        countries together, and an unknown part of a country by those of all its parts.
        """
        key = (country, region, message_class, channel)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            found = self._known[key] = self._combine(country, region, message_class, channel)
        return found

    def caps(
        self, country: str | None, region: str | None, message_class: MessageClass, channel: str
    ) -> tuple[tuple[Cap, Cited], ...]:
        """Return at most how many such messages a person may get, the strictest for each period."""
        return self.combined(country, region, message_class, channel).caps

    def rule(self, name: str) -> Rule:
        """Return the rule of that id.

        Raises:
            LookupError: there is none.
        """
        for rule in self.rules:
            if rule.id == name:
                return rule
        raise LookupError(f"the rulebook of {self.version} has no rule {name!r}")

    def with_merchant(self, wishes: Iterable[Rule], overrides: Mapping[str, str]) -> Rulebook:
        """Return the same law with what a merchant adds; `Stricter` checks that it narrows."""
        return replace(self, wishes=tuple(wishes), overrides=dict(overrides))

    def _combine(
        self, country: str | None, region: str | None, message_class: MessageClass, channel: str
    ) -> Combined:
        if not any(channel in rule.channels for rule in self.rules):
            channel = self.other_channels
        about = [one for one in self.rules if one.is_about(message_class, channel)]
        wishes = [one for one in self.wishes if one.is_about(message_class, channel)]
        notes: list[Cited] = []
        if is_known(country := (country or "").upper(), about):
            part = self._part(country, region)
            about = [rule for rule in about if rule.holds_in(country, part)]
            wishes = [rule for rule in wishes if rule.holds_in(country, part)]
            if part is None and any(rule.regions for rule in about):
                notes.append(_UNKNOWN_REGION)
        elif any(ANY not in rule.countries for rule in about):
            notes.append(_UNKNOWN_COUNTRY)
        for rule in about:
            if rule.id in self.overrides:
                why = f"The shop overrides this rule: {self.overrides[rule.id]}"
                notes.append(replace(rule.cited, why=why))
        kept = [rule for rule in about if rule.id not in self.overrides]
        return Combined.of(((one.effect, one.cited) for one in (*kept, *wishes)), notes)

    def _part(self, country: str, region: str | None) -> str | None:
        """Return the part of a country; `None` if it is not known and matters."""
        named = (region or "").upper().removeprefix(f"{country}-")
        known = self.regions.get(country)
        return named if known is None or named in known else None


def is_known(country: str, rules: Iterable[Rule]) -> bool:
    """Say whether *rules* settle on what ground people in a country may be written to."""
    grounds = [rule.countries for rule in rules if isinstance(rule.effect, Grounds)]
    return any(country in one for one in grounds) or all(ANY in one for one in grounds)


# -- the file --------------------------------------------------------------------------------------


@functools.cache
def rulebook() -> Rulebook:
    """Return the rulebook that comes with storelink, read once."""
    path = files("storelink.policy") / "rules" / "rulebook.toml"
    return read(path.read_text(encoding="utf-8"))


def read(text: str) -> Rulebook:
    """Read a rulebook, written in TOML as the one that comes with storelink.

    Raises:
        ValueError: it is not written so; the message names the rule.
    """
    body = tomllib.loads(text)
    rules = tuple(_rule(raw) for raw in body["rule"])
    if len({rule.id for rule in rules}) != len(rules):
        raise ValueError("two rules have the same id")
    regions = {country: frozenset(names) for country, names in body["regions"].items()}
    return Rulebook(body["version"], rules, regions, body["other_channels"])


_EFFECTS: Mapping[str, Callable[[Mapping[str, Any]], Effect]] = {
    "consent": lambda raw: Grounds(Basis(raw["consent"]), raw.get("months")),
    "hours": lambda raw: Hours.parse(raw["hours"]),
    "needs": lambda raw: Needs(
        frozenset(Need(name) for name in raw["needs"]),
        Basis(raw["spares"]) if "spares" in raw else None,
    ),
    "cap": lambda raw: Cap(raw["cap"]["count"], timedelta(hours=raw["cap"]["hours"])),
    "refusal": lambda _: Refusal(),
}


def _rule(raw: Mapping[str, Any]) -> Rule:
    kinds = _EFFECTS.keys() & raw.keys()
    if len(kinds) != 1:
        raise ValueError(f"rule {raw.get('id')!r} must ask one thing, not {sorted(kinds)}")
    try:
        return Rule(
            id=raw["id"],
            countries=frozenset(raw["countries"]),
            regions=frozenset(raw.get("regions", ())),
            classes=frozenset(MessageClass(name) for name in raw["classes"]),
            channels=frozenset(raw["channels"]),
            effect=_EFFECTS[kinds.pop()](raw),
            source=raw["source"],
            says=raw["says"],
        )
    except (KeyError, ValueError) as error:
        raise ValueError(f"rule {raw.get('id')!r} cannot be read: {error}") from error
