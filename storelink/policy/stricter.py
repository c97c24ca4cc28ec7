"""What a merchant asks beyond the law: it can only narrow, unless a rule is overridden by name."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from storelink.errors import ConfigError
from storelink.models.enums import MessageClass
from storelink.policy.effects import RANK, Cap, Effect, Grounds, Refusal
from storelink.policy.hours import Hours
from storelink.policy.question import Basis
from storelink.policy.rulebook import ANY, Rule, Rulebook, rulebook

_SOURCE = "the shop's own setting"
_EVERYWHERE = frozenset({ANY})
_COUNTRY = re.compile("[A-Z]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a merchant asks of some messages.

    Attributes:
        classes: of messages.
        countries: ISO 3166-1 alpha-2; all if left out.
        channels: all if left out.
        basis: the weakest that suffices.
        hours: when they may arrive, on the recipient's clock.
        cap: at most how many.
    """

    classes: frozenset[MessageClass]
    countries: frozenset[str] = _EVERYWHERE
    channels: frozenset[str] = _EVERYWHERE
    basis: Basis | None = None
    hours: Hours | None = None
    cap: Cap | None = None

    def __post_init__(self) -> None:
        if self.basis is Basis.REFUSED:
            raise ConfigError("a refusal is no basis that a shop could ask for")
        object.__setattr__(self, "countries", frozenset(map(str.upper, self.countries)))
        odd = sorted(one for one in self.countries - _EVERYWHERE if not _COUNTRY.fullmatch(one))
        if odd:
            raise ConfigError(f"{odd[0]!r} is no country code of two letters, as 'DE' is")

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What is asked, each on its own."""
        asked = (Grounds(self.basis) if self.basis else None, self.hours, self.cap)
        return tuple(effect for effect in asked if effect is not None)


@dataclass(frozen=True)
class Stricter:
    """A merchant's wishes, checked against the law.

    A wish for all countries comes on top of each country's law. A wish that names a country or a
    channel is meant to say what holds there: it must ask for at least what the law does. Rules of
    a part of the country come on top in any case.

    Attributes:
        wishes: what is asked beyond the law.
        overrides: why a rule is left out, by its id. The reason is shown with every ruling that
            the rule would have had a say in.
        law: the rulebook that is narrowed.

    Raises:
        ConfigError: a wish asks for less than a rule; an override names no rule, has no reason,
            or is about refusals. The message names the rule and its source.
    """

    wishes: tuple[Wish, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)
    law: Rulebook = field(default_factory=rulebook, repr=False)

    def __post_init__(self) -> None:
        for name, reason in self.overrides.items():
            _check_override(self.law, name, reason)
        for wish in self.wishes:
            for rule in self.law.rules:
                if rule.id not in self.overrides:
                    _check_wish(wish, rule)

    @functools.cached_property
    def rulebook(self) -> Rulebook:
        """The law with the wishes, and without what is overridden."""
        numbered = enumerate(self.wishes, start=1)
        return self.law.with_merchant(
            (
                _as_rule(f"shop.{number}", wish, effect)
                for number, wish in numbered
                for effect in wish.effects
            ),
            self.overrides,
        )


def _check_override(law: Rulebook, name: str, reason: str) -> None:
    try:
        rule = law.rule(name)
    except LookupError as error:
        raise ConfigError(f"an override names no rule: {error.args[0]}") from error
    if isinstance(rule.effect, Refusal):
        raise ConfigError(f"{name} cannot be overridden: {rule.says} ({rule.source})")
    if not reason.strip():
        raise ConfigError(f"the override of {name} needs a reason: {rule.says} ({rule.source})")


def _check_wish(wish: Wish, rule: Rule) -> None:
    is_about = (
        wish.classes & rule.classes
        and _names(wish.countries, rule.countries)
        and _names(wish.channels, rule.channels)
        and not rule.regions
    )
    for effect in wish.effects if is_about else ():
        if _is_looser(effect, rule.effect):
            raise ConfigError(
                f"a wish asks for less than {rule.id} does ({rule.source}): {rule.says}"
                f" Ask for at least as much, or name {rule.id} in overrides with your reason."
            )


def _names(wished: frozenset[str], ruled: frozenset[str]) -> bool:
    """Say whether a wish names what a rule is about, and not merely everything."""
    return ANY in ruled if ANY in wished else bool(ANY in ruled or wished & ruled)


def _is_looser(wish: Effect, rule: Effect) -> bool:
    """Say whether a wish asks for less than a rule of its kind."""
    match wish, rule:
        case Grounds(), Grounds():
            return RANK[wish.basis] < RANK[rule.basis]
        case Hours(), Hours():
            return not wish.is_subset(rule)
        case Cap(), Cap():
            return wish.period == rule.period and wish.count > rule.count
    return False


def _as_rule(name: str, wish: Wish, effect: Effect) -> Rule:
    return Rule(
        id=name,
        countries=wish.countries,
        classes=wish.classes,
        channels=wish.channels,
        effect=effect,
        source=_SOURCE,
        says=f"The shop asks for more than the law: {effect}.",
    )
