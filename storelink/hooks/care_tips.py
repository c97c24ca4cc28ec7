"""Help people to enjoy what they bought: manuals and tips, timed from the arrival."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storelink.contracts.hook import Decision, Facts, Hook, Reason, Send, Skip
from storelink.hooks.arrival import USUAL_TRANSIT, Arrival, arrived, kept
from storelink.hooks.spans import check_spans
from storelink.hooks.tips import Tip
from storelink.models.enums import MessageClass
from storelink.models.message import Message, Person
from storelink.models.order import LineItem, Order
from storelink.models.ref import Kind, Ref


class CareTips(Hook[Person]):
    """Sends the shop's manuals and tips for what was bought, each some time after it arrived.

    A person gets a tip once for each product, however often they buy it. The tips of an order that
    come on the same day after its arrival come in one message, when the last of them is due. It is
    told when everything has arrived, as `ReviewRequest` knows it, and not of what was refunded or
    goes back. Nothing is sent where no tip is for what was bought.

    Args:
        tips: the manuals and tips.
        transit: the usual time in transit, for parcels nobody reports on.
        expires_after: what could not be sent for so long after it was due is dropped.

    Raises:
        ValueError: there are no tips, two of them have the same key (`Tip.key`), or a time is
            negative.
    """

    name = "care_tips"
    subject = Kind.PERSON

    def __init__(
        self,
        *,
        tips: Sequence[Tip],
        transit: timedelta = USUAL_TRANSIT,
        expires_after: timedelta = timedelta(days=14),
    ) -> None:
        self.tips = tuple(tips)
        self.transit, self.expires_after = transit, expires_after
        twice = [key for key, times in Counter(one.key for one in self.tips).items() if times > 1]
        if twice:
            raise ValueError(f"two tips are {twice[0]!r}: give one of them a name")
        if not self.tips:
            raise ValueError("there are no tips")
        check_spans(self)

    def decide(self, subject: Person, facts: Facts, now: datetime) -> Iterator[Decision]:
        """Say which tips the person *subject* gets about which orders."""
        bundles: list[_Bundle] = []
        for order in subject.orders:
            found = self._bundles(order, facts)
            if isinstance(found, Reason):
                yield Skip(Ref.order(order.id), found, order_id=order.id)
            else:
                bundles += found
        yield from self._each_once(sorted(bundles, key=_Bundle.rank), facts, now)

    def _each_once(
        self, bundles: Sequence[_Bundle], facts: Facts, now: datetime
    ) -> Iterator[Decision]:
        sent = facts.sent_by(self.name)
        over = {(one.order_id, one.step) for one in sent}
        told = {_named(item) for one in sent for item in one.data.get("items", ())}
        for bundle in bundles:
            if (bundle.order.id, bundle.step) in over:
                continue
            items = [one for one in bundle.items if _named(one) not in told]
            if not items:
                yield bundle.skip(Reason.ALREADY_TOLD)
                continue
            yield self._send(bundle, items)
            if not self._is_over(bundle, facts, now):
                told |= set(map(_named, items))

    def _is_over(self, bundle: _Bundle, facts: Facts, now: datetime) -> bool:
        """Say whether this message will not be sent any more, unless something changes."""
        closed = facts.is_closed(self.name, Ref.order(bundle.order.id), bundle.step)
        is_late = bundle.due_at + self.expires_after <= now
        return closed or bundle.arrival.cause.historic or is_late

    def _send(self, bundle: _Bundle, items: Sequence[dict[str, Any]]) -> Send:
        return Send(
            subject=Ref.order(bundle.order.id),
            step=bundle.step,
            message=Message(
                bundle.template or "care_tips",
                data={"items": items},
                message_class=MessageClass.RELATIONSHIP,
            ),
            order_id=bundle.order.id,
            cause=bundle.arrival.cause,
            due_at=bundle.due_at,
            expires_at=bundle.due_at + self.expires_after,
        )

    def _bundles(self, order: Order, facts: Facts) -> list[_Bundle] | Reason:
        """Return the messages that there could be about *order*, or why there are none."""
        arrival = arrived(order, facts, self.transit)
        if isinstance(arrival, Reason):
            return arrival
        found: dict[tuple[int, str | None], list[tuple[Tip, LineItem]]] = defaultdict(list)
        for line in kept(order):
            for tip in self.tips:
                if tip.is_for(line, facts.products.get(line.product_id or "")):
                    found[tip.after.days, tip.template].append((tip, line))
        if not found:
            return Reason.NO_TIP
        return [
            _Bundle(order, arrival, days, template, tuple(some))
            for (days, template), some in found.items()
        ]


@dataclass(frozen=True, slots=True)
class _Bundle:
    """The tips of one order that come on the same day.

    Attributes:
        days: so many whole days after the arrival.
        template: of the shop's own; `None` for the packaged one.
    """

    order: Order
    arrival: Arrival
    days: int
    template: str | None
    tips: tuple[tuple[Tip, LineItem], ...]

    @property
    def step(self) -> str:
        """Not a date: a delivery that becomes better known moves the same message."""
        return f"day-{self.days}" + (f"/{self.template}" if self.template else "")

    @property
    def due_at(self) -> datetime:
        """When the last of the tips is due."""
        return self.arrival.at + max(tip.after for tip, _ in self.tips)

    @property
    def items(self) -> list[dict[str, Any]]:
        """What the message says, the products as they were ordered; of two variants, once."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for tip, line in self.tips:
            item = {
                "line_id": line.id,
                "product_id": line.product_id,
                "product": line.product_id or line.sku or line.title,
                "title": line.title,
                "image_url": line.image_url,
                **tip.told(),
            }
            found.setdefault(_named(item), item)
        return list(found.values())

    def rank(self) -> tuple[datetime, int, str, str]:
        """Earliest due first, then the order's id, as a number where it is one."""
        return (self.due_at, len(self.order.id), self.order.id, self.step)

    def skip(self, reason: Reason) -> Skip:
        """Say why the message should not exist."""
        return Skip(Ref.order(self.order.id), reason, step=self.step, order_id=self.order.id)


def _named(item: dict[str, Any]) -> tuple[str, str]:
    """Return what is told to nobody twice: a tip, of a product."""
    return str(item.get("product")), str(item.get("tip"))
