"""Greetings: on the right day, in the morning where the person lives, and never twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from core.world import ADA, DAY, MUG, World
from hypothesis import given
from hypothesis import strategies as st

from storelink.contracts.hook import Again, Facts, Reason, Said, Send, SentMessage, Skip, Tell
from storelink.errors import ConfigError
from storelink.events.types import Event, RewardEarned, RewardIssued, RewardRefused, ShipmentDelayed
from storelink.hooks import Greetings, Incentive
from storelink.mirror.forgetting import forgotten
from storelink.mirror.merge import Source, merge
from storelink.models import (
    Address,
    Birthday,
    Customer,
    Kind,
    Money,
    Order,
    OrderStatus,
    PaymentStatus,
    Person,
    Record,
    Ref,
    Return,
    ReturnStatus,
    Shipment,
)
from storelink.models.birthday import same_day
from storelink.models.enums import MessageClass

BOUGHT = datetime(2025, 3, 10, 20, tzinfo=UTC)
GIFT = Incentive(percent="10", valid_for=timedelta(days=30))


def utc(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)  # type: ignore[arg-type,misc]


def order(**fields: Any) -> Order:
    given = {
        "id": "1",
        "status": OrderStatus.COMPLETED,
        "payment_status": PaymentStatus.PAID,
        "placed_at": BOUGHT,
        "shipping_address": Address(country="DE"),
        **fields,
    }
    told = {"store": "shop", "number": f"#{given['id']}", "currency": "EUR"}
    return Order(**told, total=Money("12.00", "EUR"), **given)


def person(*orders: Order, **account: Any) -> Person:
    known = Customer(id="7", store="shop", **account) if account else None
    return Person(store="shop", key="ada@example.com", orders=orders or (order(),), account=known)


def born(text: str, **account: Any) -> Person:
    return person(birthday=Birthday.parse(text), **account)


def sent(step: str, day: str) -> SentMessage:
    at = utc(2026, 1, 1)
    return SentMessage("greetings", Ref.order("1"), step, "1", at, {"day": day})


def returned(status: ReturnStatus) -> Order:
    return order(returns=(Return(id="r", order_id="1", status=status),))


@dataclass(frozen=True)
class Row:
    """Who it is, when the hook is asked, and what it says about the next days: the due times."""

    who: Person
    now: datetime
    said: dict[str, datetime | Reason]
    hook: Callable[[], Greetings] = Greetings
    facts: Callable[[], Facts] = Facts


FESTIVE = lambda **names: lambda: Greetings(anniversary=False, festivals=names)  # noqa: E731
NEW_YEAR = lambda: Greetings(anniversary=False, festivals={"*": ["New Year's Day"]})  # noqa: E731
IN, US = Address(country="IN"), Address(country="US", region="NY")
LATE = ShipmentDelayed(
    id="late", store="shop", at=utc(2026, 3, 8), order_id="1", shipment_id="p", scan_id="s"
)
UNDER_WAY = order(shipments=(Shipment(id="p", order_id="1"),))

ROWS: dict[str, Row] = {
    "a birthday is greeted in the morning": Row(
        born("1990-06-05"), utc(2026, 6, 1), {"birthday/2026": utc(2026, 6, 5, 7)}
    ),
    "a birthday may have no year": Row(
        born("--06-05"), utc(2026, 6, 1), {"birthday/2026": utc(2026, 6, 5, 7)}
    ),
    "one that is more than a month away is not planned": Row(born("--06-05"), utc(2026, 5, 1), {}),
    "on 28 February, whoever was born on the 29th": Row(
        born("--02-29"), utc(2026, 2, 20), {"birthday/2026": utc(2026, 2, 28, 8)},
        lambda: Greetings(anniversary=False),
    ),
    "on 29 February where there is one": Row(
        born("--02-29"), utc(2028, 2, 20), {"birthday/2028": utc(2028, 2, 29, 8)},
        lambda: Greetings(anniversary=False),
    ),
    "on the day when the clocks go forward": Row(
        born("--03-29"), utc(2026, 3, 25), {"birthday/2026": utc(2026, 3, 29, 7)},
        lambda: Greetings(anniversary=False),
    ),
    "on the day when the clocks go back": Row(
        born("--10-25"), utc(2026, 10, 20), {"birthday/2026": utc(2026, 10, 25, 8)}
    ),
    "it is the morning where the parcel goes": Row(
        person(order(shipping_address=US), birthday=Birthday.parse("--06-05")),
        utc(2026, 6, 1), {"birthday/2026": utc(2026, 6, 5, 13)},
    ),
    "or where the account says that it is": Row(
        born("--06-05", time_zone="Asia/Tokyo"), utc(2026, 6, 1),
        {"birthday/2026": utc(2026, 6, 5, 0)},
    ),
    "or else in the shop": Row(
        person(order(shipping_address=None), birthday=Birthday.parse("--06-05")),
        utc(2026, 6, 1), {"birthday/2026": utc(2026, 6, 5, 6)},
        lambda: Greetings(zone="Europe/Helsinki"),
    ),
    "a year after the first order": Row(
        person(), utc(2026, 3, 5), {"anniversary/2026": utc(2026, 3, 10, 8)}
    ),
    "by the day that it was where the person lives": Row(
        person(order(shipping_address=Address(country="JP"))), utc(2026, 3, 5),
        {"anniversary/2026": utc(2026, 3, 11, 0)},
    ),
    "a guest has an anniversary, too": Row(
        person(order()), utc(2027, 3, 5), {"anniversary/2027": utc(2027, 3, 10, 8)}
    ),
    "of two orders, the first one counts": Row(
        person(order(), order(id="2", placed_at=utc(2025, 4, 1))), utc(2026, 3, 5),
        {"anniversary/2026": utc(2026, 3, 10, 8)},
    ),
    "not one that was cancelled": Row(
        person(order(status=OrderStatus.CANCELLED), order(id="2", placed_at=utc(2025, 3, 20, 9))),
        utc(2026, 3, 5), {"anniversary/2026": utc(2026, 3, 20, 8)},
    ),
    "nobody who never bought": Row(
        Person(store="shop", key="a", account=born("--06-05").account), utc(2026, 6, 1), {}
    ),
    "nobody who got all their money back": Row(
        person(order(payment_status=PaymentStatus.REFUNDED)), utc(2026, 3, 5), {}
    ),
    "somebody who got a part of it back": Row(
        person(order(payment_status=PaymentStatus.PARTIALLY_REFUNDED)), utc(2026, 3, 5),
        {"anniversary/2026": utc(2026, 3, 10, 8)},
    ),
    "nobody who has not bought for three years": Row(
        person(), utc(2028, 3, 5), {"anniversary/2028": Reason.LONG_AGO}
    ),
    "nobody while a return is open": Row(
        person(returned(ReturnStatus.OPEN)), utc(2026, 3, 5), {"anniversary/2026": Reason.MUTED}
    ),
    "somebody whose return is over": Row(
        person(returned(ReturnStatus.CLOSED)), utc(2026, 3, 5),
        {"anniversary/2026": utc(2026, 3, 10, 8)},
    ),
    "nobody whose parcel is late": Row(
        person(UNDER_WAY), utc(2026, 3, 9), {"anniversary/2026": Reason.MUTED},
        facts=lambda: Facts([LATE]),
    ),
    "somebody whose parcel was taken off the order": Row(
        person(), utc(2026, 3, 9), {"anniversary/2026": utc(2026, 3, 10, 8)},
        facts=lambda: Facts([LATE]),
    ),
    "Diwali in India": Row(
        person(order(shipping_address=IN)), utc(2026, 11, 1),
        {"festival/Diwali/2026-11-08": utc(2026, 11, 8, 3, 30)}, FESTIVE(IN=["Diwali"]),
    ),
    "and nowhere else": Row(person(), utc(2026, 11, 1), {}, FESTIVE(IN=["Diwali"])),
    "a festival of several days on the first": Row(
        person(order(shipping_address=Address(country="BD"))), utc(2026, 3, 10),
        {"festival/Eid al-Fitr/2026-03-21": utc(2026, 3, 21, 3)}, FESTIVE(BD=["Eid al-Fitr"]),
    ),
    "what is kept everywhere, where it is kept": Row(
        person(), utc(2026, 12, 20),
        {"festival/New Year's Day/2027-01-01": utc(2027, 1, 1, 8)}, NEW_YEAR,
    ),
    "and nowhere where it is not": Row(
        person(order(shipping_address=Address(country="IR"))), utc(2026, 12, 20), {}, NEW_YEAR
    ),
    "a birthday goes before a festival": Row(
        born("--01-01"), utc(2026, 12, 20), {"birthday/2027": utc(2027, 1, 1, 8)}, NEW_YEAR
    ),
    "nobody twice on one day": Row(
        born("--03-10"), utc(2026, 3, 10, 9), {"birthday/2026": Reason.ALREADY_GREETED},
        facts=lambda: Facts(sent=[sent("anniversary/2026", "2026-03-10")]),
    ),
    "nobody twice because the day was put right": Row(
        born("--01-02"), utc(2026, 12, 31), {"birthday/2027": Reason.ALREADY_GREETED},
        facts=lambda: Facts(sent=[sent("birthday/2026", "2026-12-30")]),
    ),
    "again a year later": Row(
        born("--06-05"), utc(2026, 6, 1), {"birthday/2026": utc(2026, 6, 5, 7)},
        facts=lambda: Facts(sent=[sent("birthday/2025", "2025-06-05")]),
    ),
    "with a reward, not before the code is there": Row(
        born("--06-05"), utc(2026, 6, 4, 8), {"birthday/2026": Reason.NO_CODE},
        lambda: Greetings(reward=GIFT),
    ),
    "what is switched off is left out": Row(
        born("--03-10"), utc(2026, 3, 5), {},
        lambda: Greetings(birthday=False, anniversary=False),
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_whom_it_greets(row: Row) -> None:
    found: dict[str, datetime | Reason] = {}
    for one in row.hook().decide(row.who, row.facts(), row.now):
        if isinstance(one, Send):
            found[one.step] = one.due_at
            assert (MessageClass.MARKETING, Kind.ORDER) == (
                one.message.message_class, one.subject.kind,
            )  # fmt: skip
        elif isinstance(one, Skip):
            found[one.step] = one.reason
    assert row.said == found


def only(said: list[Said], kind: type[Any]) -> Any:
    (found,) = (one for one in said if isinstance(one, kind))
    return found


def test_a_greeting_is_pointless_the_day_after() -> None:
    said = list(Greetings().decide(born("--06-05"), Facts(), utc(2026, 6, 1)))
    assert utc(2026, 6, 5, 22) == only(said, Send).expires_at


def test_trouble_that_is_over_during_the_day_holds_no_greeting() -> None:
    facts = Facts([LATE])
    said = list(Greetings().decide(person(UNDER_WAY), facts, utc(2026, 3, 9)))
    assert utc(2026, 3, 10, 9) == min(one.at for one in said if isinstance(one, Again))
    said = list(Greetings().decide(person(UNDER_WAY), facts, utc(2026, 3, 10, 22, 30)))
    assert Reason.MUTED is only(said, Skip).reason
    assert utc(2026, 3, 11) < min(one.at for one in said if isinstance(one, Again))


def test_the_hook_is_asked_again_a_month_before_the_next_day() -> None:
    said = list(Greetings(anniversary=False).decide(born("--06-05"), Facts(), utc(2026, 6, 6)))
    assert [utc(2027, 5, 6, 7)] == [one.at for one in said if isinstance(one, Again)]


def test_no_key_tells_a_birthday() -> None:
    said = list(Greetings(reward=GIFT).decide(born("--06-05"), Facts(), utc(2026, 6, 4)))
    assert not any("06-05" in str(one) for one in [only(said, Skip), only(said, Tell).event.id])


def test_a_code_is_earned_a_day_ahead_and_said_in_the_greeting() -> None:
    hook, who = Greetings(reward=GIFT), born("--06-05")
    earned = only(list(hook.decide(who, Facts(), utc(2026, 6, 1))), Tell).event
    assert (RewardEarned, utc(2026, 6, 4, 7), "7") == (type(earned), earned.at, earned.customer_id)
    issued = RewardIssued(
        id="i", store="shop", at=earned.at, because_of=earned.id, code="C", customer_id="7"
    )
    send = only(list(hook.decide(who, Facts([earned, issued]), utc(2026, 6, 5))), Send)
    assert ("C", utc(2026, 6, 5, 22)) == (send.message.data["code"], send.expires_at)
    issued = issued.model_copy(update={"expires_at": utc(2026, 6, 5, 12)})
    send = only(list(hook.decide(who, Facts([earned, issued]), utc(2026, 6, 5))), Send)
    assert utc(2026, 6, 5, 12) == send.expires_at


def test_where_the_store_makes_no_code_the_greeting_goes_without_it() -> None:
    hook, who = Greetings(reward=GIFT), born("--06-05")
    earned = only(list(hook.decide(who, Facts(), utc(2026, 6, 4))), Tell).event
    told = {"id": "r", "store": "shop", "because_of": earned.id, "customer_id": "7"}
    refused = RewardRefused(at=earned.at, **told)
    send = only(list(hook.decide(who, Facts([earned, refused]), utc(2026, 6, 5))), Send)
    assert "code" not in send.message.data


def test_a_festival_brings_no_code() -> None:
    hook = Greetings(anniversary=False, reward=GIFT, festivals={"*": ["New Year's Day"]})
    assert (
        "code"
        not in only(list(hook.decide(person(), Facts(), utc(2026, 12, 20))), Send).message.data
    )


def test_a_festival_is_told_in_the_languages_of_its_country() -> None:
    hook = Greetings(anniversary=False, festivals={"IR": ["Nowruz"]})
    who = person(order(shipping_address=Address(country="IR")))
    send = only(list(hook.decide(who, Facts(), utc(2026, 3, 10))), Send)
    assert {"en": "Nowruz", "fa": "جشن نوروز", "fa-IR": "جشن نوروز"} == send.message.data[
        "festival"
    ]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"festivals": {"IN": ["Divali"]}}, "IN does not know 'Divali'; perhaps 'Diwali'"),
        ({"festivals": {"XX": ["Diwali"]}}, "'XX' is no code of a country"),
        ({"festivals": {"UK": ["Christmas Day"]}}, "'UK' is written 'GB'"),
        ({"festivals": {"in": ["Diwali"]}}, "'in' is written 'IN'"),
        ({"festivals": {"*": ["Divali"]}}, "no country knows 'Divali'; perhaps 'Diwali'"),
        ({"festivals": {"IN": "Diwali"}}, "a list of names of IN"),
        ({"reward": Incentive(percent="5", valid_for=DAY)}, "valid_for is at least 3 days"),
        ({"zone": "Mars/Base"}, "Mars/Base"),
    ],
)
def test_what_is_not_known_is_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Greetings(**options)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1990-02-29", (2, 29)),
        ("19900605", (6, 5)),
        ("--0605", (6, 5)),
        ("1990-06-05T00:00:00", (6, 5)),
        ("05/06/1990", None),
        ("1990-13-01", None),
        ("", None),
        (None, None),
    ],
)
def test_birthdays_are_read_as_iso_8601_writes_them(text: str | None, expected: Any) -> None:
    found = Birthday.parse(text)
    assert expected == (found and (found.month, found.day))


def test_a_birthday_stays_out_of_repr() -> None:
    assert "5" not in repr(Birthday.parse("1990-06-05"))


@given(st.dates(), st.integers(1, 9998))
def test_every_day_has_its_anniversary_in_the_same_month(day: date, year: int) -> None:
    found = same_day(day, year)
    assert (year, day.month) == (found.year, found.month)
    assert found.day == day.day or (day.month, day.day, found.day) == (2, 29, 28)


# -- in a shop -------------------------------------------------------------------------------------


def test_a_year_of_greetings() -> None:
    world = World(hooks=[Greetings(reward=GIFT, at=time(8))])
    order_id = world.timeline.place(ADA, [MUG])
    world.timeline.complete(order_id)
    world.wait(370 * DAY)
    assert [f"greetings/order:{order_id}/anniversary/2027"] == world.sent()
    assert "THANKS-" in world.channel.sent[0].text


def test_events_are_not_needed_for_a_greeting() -> None:
    send = only(list(Greetings().decide(person(), Facts(), utc(2026, 3, 5))), Send)
    assert (Event, send.due_at) == (type(send.cause), send.cause.at)


def test_a_birthday_is_forgotten_with_the_person() -> None:
    fields = {"email": ADA.email, "birthday": Birthday.parse("1990-06-05")}
    held = merge(None, Record(Kind.CUSTOMER, "7", fields=fields), Source(BOUGHT, is_read=True))
    assert held.value("birthday") == {"month": 6, "day": 5}
    assert forgotten(held, "erased/x").value("birthday") is None
