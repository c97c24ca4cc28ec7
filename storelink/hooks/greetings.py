"""Greet people: on their birthday, a year after their first order, on the festivals they keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from storelink.contracts.hook import Again, Facts, Hook, Reason, Said, Send, Skip, Tell
from storelink.errors import ConfigError
from storelink.events.types import Event, RewardEarned
from storelink.hooks.buying import bought, open_case
from storelink.hooks.incentive import Incentive
from storelink.hooks.minting import code_data, earned, is_refused, issued_for
from storelink.hooks.occasions import Calendar, Day, Occasion
from storelink.hooks.spans import check_spans
from storelink.models.customer import Customer
from storelink.models.enums import MessageClass
from storelink.models.message import Message, Person
from storelink.models.order import Order
from storelink.models.recipient import Recipient
from storelink.models.ref import Kind, Ref
from storelink.policy.clocks import clock
from storelink.policy.zones import infer

_AHEAD = timedelta(days=30)
"""How long before a day its greeting is planned."""
_LONGEST = timedelta(days=400)
"""So many days lie at most between two days of one festival: 13 months of the moon are fewer."""
_DAY = timedelta(days=1)
_LOOK_AGAIN = timedelta(hours=1)
_SHORTEST = timedelta(days=3)
"""A code is made the day before, and is to be of use the day after."""
_CHECKED = 2026
"""From this year on, the countries' calendars are searched for the shop's festivals."""


class Greetings(Hook[Person]):
    """Greets whoever has bought: birthday, anniversary of the first order, festivals.

    A greeting is due in the recipient's morning and pointless the day after. There is one a day at
    most: a birthday goes before an anniversary, and that before a festival. None goes while a
    return or trouble is open, and none to somebody who has not bought for long. A birthday is known
    where the store's settings name the attribute that has it.

    Args:
        birthday: greet on birthdays.
        anniversary: greet on the day of the first order, each year.
        festivals: names of festivals by country (ISO 3166-1 alpha-2), as the library `holidays`
            has them in English: `{"IN": ["Diwali"], "IR": ["Nowruz"]}`. Those of `"*"` are kept in
            every country whose calendar has them.
        reward: what everybody gets for a birthday and an anniversary: a code that works once.
        at: when in the morning, on the recipient's clock.
        zone: the IANA name of the shop's zone, for recipients of whom no country is known.
        within: whoever has not bought for so long is not greeted.

    Raises:
        ConfigError: there is no such zone, country or festival, the code is over before anybody
            could use it, or a time is negative.
    """

    name = "greetings"
    subject = Kind.PERSON
    looks_back = True

    def __init__(
        self,
        *,
        birthday: bool = True,
        anniversary: bool = True,
        festivals: Mapping[str, Sequence[str]] | None = None,
        reward: Incentive | None = None,
        at: time = time(9),
        zone: str = "UTC",
        within: timedelta = timedelta(days=3 * 365),
    ) -> None:
        self.calendar = Calendar(birthday, anniversary, dict(festivals or {}))
        self.reward, self.at, self.zone, self.within = reward, at, zone, within
        try:
            clock(zone)
            self.calendar.check(_CHECKED)
            check_spans(self)
            if reward is not None and reward.valid_for < _SHORTEST:
                raise ValueError(f"reward.valid_for is at least {_SHORTEST}")
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ConfigError(f"greetings: {error.args[0]}") from None

    def decide(self, subject: Person, facts: Facts, now: datetime) -> Iterator[Said]:
        """Say how the person *subject* is greeted over the coming month."""
        orders = bought(subject)
        if not orders:
            return
        to = self._reader(subject, orders)
        today = now.astimezone(to.zone).date()
        days = self.calendar.days(
            today - _DAY,
            today + _LONGEST,
            born=subject.account.birthday if subject.account else None,
            since=orders[0][0].astimezone(to.zone).date(),
            country=to.country,
        )
        for day in days:
            due_at = day.at(self.at, to.zone)
            if due_at - _AHEAD > now:
                yield Again(due_at - _AHEAD)
                return
            if due_at - to.bought_at > self.within:
                yield to.skip(day, Reason.LONG_AGO)
                return
            yield from self._greet(to, day, facts, now)

    def _greet(self, to: _Reader, day: Day, facts: Facts, now: datetime) -> Iterator[Said]:
        due_at, ends_at = day.at(self.at, to.zone), day.end(to.zone)
        against = self._against(to, day, facts, max(now, due_at))
        if against is not None:
            yield to.skip(day, *against)
            again_at = max(now, due_at) + _LOOK_AGAIN
            if against[0] is Reason.MUTED and again_at < ends_at:
                yield Again(again_at)  # trouble that nobody hears of any more passes
            return
        data, expires_at = {**day.told, "day": day.on.isoformat()}, ends_at
        if self.reward is not None and day.occasion is not Occasion.FESTIVAL:
            wanted = earned(self.name, to.source, self.reward, at=due_at - _DAY, step=day.step)
            wanted = self._known(facts, day) or wanted
            issued = issued_for(facts, wanted)
            if issued is not None:
                data |= code_data(issued)
                expires_at = min(ends_at, issued.expires_at or ends_at)
            elif not is_refused(facts, wanted):
                yield to.skip(day, Reason.NO_CODE)
                if now < ends_at:
                    yield Tell(wanted)
                return
        yield Send(
            subject=Ref.order(to.first.id),
            step=day.step,
            message=Message(
                f"greeting_{day.occasion}", data=data, message_class=MessageClass.MARKETING
            ),
            order_id=to.last.id,
            cause=Event(id=f"{to.first.store}/{day.step}", store=to.first.store, at=due_at),
            due_at=due_at,
            expires_at=expires_at,
        )

    def _against(
        self, to: _Reader, day: Day, facts: Facts, at: datetime
    ) -> tuple[Reason, str] | None:
        """Return what stands against a greeting, with its detail; `None` if nothing does."""
        for one in facts.sent_by(self.name):
            # The first order that stands may be another one than when it was sent.
            is_other = one.step == day.step and one.subject != Ref.order(to.first.id)
            if is_other or day.leaves_out(one.step, date.fromisoformat(one.data["day"])):
                return Reason.ALREADY_GREETED, ""
        why = open_case(to.orders, facts, at)
        return (Reason.MUTED, why) if why else None

    def _known(self, facts: Facts, day: Day) -> RewardEarned | None:
        """Return what was earned for a day already: by whom it was, may be known better since."""
        name = f"/earned/{self.name}/{day.step}"
        every = facts.all(RewardEarned, hook=self.name)
        return next((one for one in every if one.id.endswith(name)), None)

    def _reader(self, person: Person, orders: Sequence[tuple[datetime, Order]]) -> _Reader:
        bought_at, last = orders[-1]
        account, home = person.account, Recipient(last).address
        country = home.country or (account.country if account else None)
        zone = infer(
            stated=account.time_zone if account else None,
            country=country,
            region=home.region,
            postcode=home.postcode,
            phone=last.contact.phone,
            store_zone=self.zone,
        )
        return _Reader(
            orders=person.orders,
            first=orders[0][1],
            last=last,
            bought_at=bought_at,
            account=account,
            country=country.strip().upper() if country else None,
            zone=clock(zone.names[0]),
        )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who is greeted.

    Attributes:
        orders: all that they have.
        first: the first one that stands: what every greeting is about.
        last: the last one that stands: its contact receives the greeting.
        bought_at: when that was.
        country: ISO 3166-1 alpha-2; `None` where nobody knows.
        zone: of their clock, the likeliest.
    """

    orders: tuple[Order, ...]
    first: Order
    last: Order
    bought_at: datetime
    account: Customer | None
    country: str | None
    zone: ZoneInfo

    @property
    def source(self) -> Order | Customer:
        """What a code is for: it stays the same, whatever is bought until the day comes."""
        return self.account or self.first

    def skip(self, day: Day, reason: Reason, why: str = "") -> Skip:
        """Say why a greeting should not exist."""
        return Skip(
            Ref.order(self.first.id),
            reason,
            step=day.step,
            order_id=self.last.id,
            detail={"why": why} if why else {},
        )
