"""What `storelink.toml` says of policy and safety."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time, timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from storelink.config.durations import Duration
from storelink.consent.importing import YES, Box
from storelink.delivery.lawful import Rules
from storelink.delivery.safe import Safety
from storelink.models.enums import MessageClass
from storelink.policy.budget import DEFAULT, Limit
from storelink.policy.effects import Cap
from storelink.policy.hours import Hours
from storelink.policy.moment import Wish as Moment
from storelink.policy.question import Basis
from storelink.policy.rulebook import ANY
from storelink.policy.safety import Brake
from storelink.policy.stricter import Stricter, Wish


def _hours(value: Any) -> Any:
    return Hours.parse(value) if isinstance(value, str) else value


HoursText = Annotated[Hours, BeforeValidator(_hours)]
"""Hours on the recipient's clock: `"Mon-Fri 8:00-20:00; Sat 9:00-17:00; holidays closed"`."""

Day = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_DAYS: tuple[Day, ...] = get_args(Day)


def _local(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("a time on the recipient's clock has no offset")
    return value


LocalTime = Annotated[time, AfterValidator(_local)]
"""A time on the recipient's clock."""


def _asked(value: MessageClass) -> MessageClass:
    if value is MessageClass.TRANSACTIONAL:
        raise ValueError("what an order needs, needs no consent: nobody is asked about it")
    return value


Asked = Annotated[MessageClass, AfterValidator(_asked)]
"""A class of messages that people are asked about."""

Folded = Annotated[str, AfterValidator(lambda value: value.strip().casefold())]
"""A text that is compared without regard to case and outer blanks."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class WishSettings(_Table):
    """`[[policy.wishes]]`; see `storelink.policy.Wish`."""

    classes: frozenset[MessageClass] = Field(min_length=1)
    countries: frozenset[str] = frozenset({ANY})
    channels: frozenset[str] = frozenset({ANY})
    basis: Basis | None = None
    hours: HoursText | None = None
    most: int | None = Field(None, ge=1)
    period: Duration = timedelta(days=1)

    def wish(self) -> Wish:
        """Return the wish."""
        return Wish(
            classes=self.classes,
            countries=self.countries,
            channels=self.channels,
            basis=self.basis,
            hours=self.hours,
            cap=Cap(self.most, self.period) if self.most else None,
        )


class LimitSettings(_Table):
    """`[[policy.limits]]`: at most *most* messages of *classes*, together, in a *period*."""

    classes: frozenset[MessageClass] = Field(min_length=1)
    most: int = Field(ge=1)
    period: Duration


class MomentSettings(_Table):
    """`[policy.moments.<hook>]`: from *opens* to *closes*, on *weekdays*, on holidays or not."""

    opens: LocalTime = time.min
    closes: LocalTime | None = None
    weekdays: tuple[Day, ...] = _DAYS
    holidays: bool = True

    def moment(self) -> Moment:
        """Return the moment.

        Raises:
            ValueError: it closes before it opens.
        """
        return Moment(
            opens=self.opens,
            closes=self.closes,
            weekdays=frozenset(_DAYS.index(day) for day in self.weekdays),
            holidays=self.holidays,
        )


class BoxSettings(_Table):
    """`[[stores.<name>.boxes]]`: a box at the checkout; see `storelink.consent.Box`."""

    attribute: str = Field(min_length=1)
    wording: str = Field(min_length=1)
    classes: tuple[Asked, ...] = Field((MessageClass.MARKETING,), min_length=1)
    channel: str = Field("email", min_length=1)
    yes: frozenset[Folded] = Field(YES, min_length=1)

    def box(self) -> Box:
        """Return the box."""
        return Box(**{name: getattr(self, name) for name in type(self).model_fields})


class PolicySettings(_Table):
    """`[policy]`; see `storelink.delivery.lawful.Rules`.

    Attributes:
        overrides: reasons why a rule is left out, by its id.
        address_key: hashes addresses; from the environment rather than the file.
    """

    overrides: dict[str, str] = Field(default_factory=dict)
    wishes: tuple[WishSettings, ...] = ()
    limits: tuple[LimitSettings, ...] | None = None
    moments: dict[str, MomentSettings] = Field(default_factory=dict)
    agreed: tuple[MessageClass, ...] = (MessageClass.MARKETING,)
    address_key: str | None = Field(None, repr=False)

    def rules(self, boxes: Mapping[str, Sequence[BoxSettings]]) -> Rules:
        """Return the rules.

        Args:
            boxes: the boxes at the checkout, by the store's name.

        Raises:
            ConfigError: a wish asks for less than the law, or an override names no rule.
        """
        limits = DEFAULT
        if self.limits is not None:
            limits = tuple(Limit(one.classes, one.most, one.period) for one in self.limits)
        return Rules(
            stricter=Stricter(tuple(one.wish() for one in self.wishes), self.overrides),
            limits=limits,
            moments={hook: one.moment() for hook, one in self.moments.items()},
            agreed=self.agreed,
            address_key=self.address_key,
            boxes={name: tuple(one.box() for one in some) for name, some in boxes.items()},
        )


class SafetySettings(_Table):
    """`[safety]`; see `storelink.delivery.safe.Safety`.

    Attributes:
        most_an_hour: how many of one hook's messages may go in an hour, at least; 0 for any number.
    """

    environment: str = "production"
    test_inboxes: dict[str, str] = Field(default_factory=dict, repr=False)
    most_an_hour: int = Field(Brake().floor, ge=0)
    platform_sends: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    def safety(self) -> Safety:
        """Return the safety."""
        return Safety(
            environment=self.environment,
            test_inboxes=self.test_inboxes,
            brake=Brake(floor=self.most_an_hour) if self.most_an_hour else None,
            platform_sends=self.platform_sends,
        )
