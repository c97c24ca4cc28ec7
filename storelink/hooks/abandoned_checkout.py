"""Remind people of a cart that they left: a few times at most, and never after they bought."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from storelink.contracts.hook import Again, Facts, Hook, Reason, Said, Send, SentMessage, Skip, Tell
from storelink.events.types import (
    CheckoutAbandoned,
    CheckoutAnswered,
    Event,
    RewardIssued,
    RewardWithdrawn,
)
from storelink.hooks.buying import open_case
from storelink.hooks.incentive import Incentive
from storelink.hooks.minting import code_data, earned, is_refused, issued_for, withdrawn
from storelink.hooks.spans import check_spans
from storelink.hooks.standing import FELL_THROUGH, called_off
from storelink.mirror.tick import ABANDONED_AFTER
from storelink.models.checkout import Checkout
from storelink.models.enums import AnswerKind, CartReason, MessageClass, OrderStatus, ProductStatus
from storelink.models.message import Message, Person
from storelink.models.order import LineItem, Order
from storelink.models.product import Product
from storelink.models.ref import Kind, Ref

STEPS: Final = (timedelta(hours=4), timedelta(days=1), timedelta(days=3))
"""When a left cart is brought up, counted from when it counts as left."""
MOST: Final = 3
ANSWER: Final = "answer"
"""The step that answers why a cart was left."""

_SILENT = {CartReason.LOOKING, CartReason.ELSEWHERE}
"""Reasons that want no answer."""
_OFFERING = {CartReason.PRICE, CartReason.SHIPPING}
"""Reasons to which the shop may have an offer; to others it only helps."""

_SETTLED = timedelta(days=1)
"""After so long the order of a cart is known, and with it whether a code was used."""
_LOOK_AGAIN = timedelta(days=1)
"""Trouble that nobody hears of any more passes by itself."""


class AbandonedCheckout(Hook[Person]):
    """Reminds somebody of the cart that they left, in up to three steps.

    A cart counts as left after an hour without a change (`checkout.abandoned`). Only the newest
    cart of a person is brought up. It is silent for good once they ordered after it with the
    same address, signed in or as a guest, and while nothing in it can be bought, a return is open,
    or something is wrong with an order of theirs. A cart that is changed afterwards goes on with
    the steps that were not sent, counted anew.

    From the second step on it asks, with one tap, what was in the way. Whoever says so gets an
    answer that fits instead of further steps (`"cart_answer"`), and who was just looking is left
    alone; `checkout.answered` tells your own people.

    Args:
        steps: when to write, one to three times, each later than the one before.
        offer: what the last step brings, if there is a code in it: it works once, and is taken
            back a day after the cart was bought without it, and at once if the message was never
            sent. One that was sent is good for another cart, too.
        free_shipping: say how little is missing to free shipping, where the store knows.
        expires_after: the last step is dropped that could not be sent for so long; an earlier one
            when the next one is due.

    Raises:
        ValueError: there is no step, or more than three, they are not in order, or a time is
            negative.
    """

    name = "abandoned_checkout"
    subject = Kind.PERSON

    def __init__(
        self,
        *,
        steps: Sequence[timedelta] = STEPS,
        offer: Incentive | None = None,
        free_shipping: bool = True,
        expires_after: timedelta = timedelta(days=2),
    ) -> None:
        self.steps, self.offer = tuple(steps), offer
        self.free_shipping, self.expires_after = free_shipping, expires_after
        if not 1 <= len(self.steps) <= MOST:
            raise ValueError(f"one to {MOST} steps, not {len(self.steps)}")
        if self.steps != tuple(sorted(set(self.steps))) or self.steps[0] < timedelta():
            raise ValueError("each step is later than the one before")
        check_spans(self)

    def decide(self, subject: Person, facts: Facts, now: datetime) -> Iterator[Said]:
        """Say which cart of the person *subject* to bring up, and when."""
        newest = max(filter(_is_live, subject.checkouts), key=_left_at, default=None)
        for cart in subject.checkouts:
            bought_at = _bought_at(cart, subject)
            if bought_at is not None:
                yield from self._silent(cart, Reason.BOUGHT)
                yield from self._take_back_bought(cart, subject, facts, bought_at)
            elif cart is newest:
                yield from self._bring_up(cart, subject, facts, now)
            else:
                why = Reason.NEWER_CART if _is_live(cart) else Reason.NOTHING_LEFT
                yield from self._silent(cart, why)
                yield from _take_back(self._untold(cart, facts), now)

    def _bring_up(
        self, cart: Checkout, person: Person, facts: Facts, now: datetime
    ) -> Iterator[Said]:
        """Write about a cart, unless something stands against it now."""
        left = facts.last(CheckoutAbandoned, checkout_id=cart.id)
        if left is None or left.at < _left_at(cart) + ABANDONED_AFTER:
            yield from self._silent(cart, Reason.CART_OPEN)
        elif not _to_buy(cart, person, facts):
            yield from self._silent(cart, Reason.NOTHING_LEFT)
            yield from _take_back(self._untold(cart, facts), now)
        elif why := open_case(person.orders, facts, now):
            yield from self._silent(cart, Reason.MUTED, why=why)
            yield Again(now + _LOOK_AGAIN)
        elif answer := facts.last(CheckoutAnswered, checkout_id=cart.id):
            yield from self._silent(cart, Reason.ANSWERED)
            yield from self._reply(cart, answer, facts, now)
        else:
            if self._offer(cart) is None:
                yield from _take_back(self._untold(cart, facts), now)
            for index in range(len(self.steps)):
                yield from self._step(cart, left, index, facts, now)

    def _reply(
        self, cart: Checkout, answer: CheckoutAnswered, facts: Facts, now: datetime
    ) -> Iterator[Said]:
        """Answer the reason that was given, in its own way; who just looked wants no answer."""
        until, issued, offer = answer.at + self.expires_after, None, self._offer(cart)
        if answer.reason is not CartReason.PRICE or offer is None:
            yield from _take_back(self._untold(cart, facts), answer.at)
        else:
            issued = self._good_at(answer.at, cart, facts)
            wanted = earned(self.name, cart, offer, at=answer.at, step=ANSWER)
            if issued is not None:
                until = min(until, issued.expires_at or until)
                if issued in self._untold(cart, facts):
                    yield from _take_back([issued], until)
            elif not is_refused(facts, wanted):
                if now < until and not answer.historic:
                    yield Tell(wanted)
                yield _skip(cart, Reason.NO_CODE, step=ANSWER)
                return
        if answer.reason in _SILENT:
            yield _skip(cart, Reason.JUST_LOOKING, step=ANSWER)
            return
        data = {"reason": str(answer.reason or CartReason.OTHER)}
        data |= code_data(issued) if issued else {}
        is_offering = answer.reason in _OFFERING
        # An answer to what somebody wrote is no advertising as long as it offers nothing.
        kind = MessageClass.MARKETING if is_offering else MessageClass.TRANSACTIONAL
        more = {"free_shipping": self.free_shipping} if is_offering else {}
        yield Send(
            subject=_ref(cart),
            step=ANSWER,
            message=Message("cart_answer", data={**data, **more}, message_class=kind),
            order_id=None,
            cause=answer,
            due_at=max(answer.at, issued.at) if issued else answer.at,
            expires_at=until,
        )

    def _step(
        self, cart: Checkout, left: CheckoutAbandoned, index: int, facts: Facts, now: datetime
    ) -> Iterator[Said]:
        """Write for the time that *index* counts from 0; the last one may bring a code."""
        times = [left.at + after for after in self.steps]
        ends = [*times[1:], times[-1] + self.expires_after]
        offer = self._offer(cart)
        if offer is None or index + 1 < len(times):
            yield self._send(cart, left, index, times[index], ends[index])
            return
        wanted = earned(self.name, cart, offer, at=times[index], step=str(index + 1))
        issued = issued_for(facts, wanted)
        if is_refused(facts, wanted):
            yield self._send(cart, left, index, times[index], ends[index])
        elif issued is None:
            is_sent = any(one.step == str(index + 1) for one in self._sent(cart, facts))
            if now < ends[index] and not left.historic and not is_sent:
                yield Tell(wanted)
            yield _skip(cart, Reason.NO_CODE, step=str(index + 1))
        elif facts.first(RewardWithdrawn, because_of=issued.id):
            yield _skip(cart, Reason.WITHDRAWN, step=str(index + 1))
        else:
            until = min(ends[index], issued.expires_at or ends[index])
            yield self._send(cart, issued, index, times[index], until, **code_data(issued))
            if issued in self._untold(cart, facts):
                yield from _take_back([issued], until)

    def _send(
        self, cart: Checkout, cause: Event, index: int, at: datetime, until: datetime, **code: str
    ) -> Send:
        asks = {"asks": str(AnswerKind.CART)} if index or len(self.steps) == 1 else {}
        data = {"step": index + 1, "free_shipping": self.free_shipping, **asks, **code}
        return Send(
            subject=_ref(cart),
            step=str(index + 1),
            message=Message("cart_reminder", data=data, message_class=MessageClass.MARKETING),
            order_id=None,
            cause=cause,
            due_at=at,
            expires_at=until,
        )

    def _silent(self, cart: Checkout, reason: Reason, **detail: str) -> Iterator[Skip]:
        """Say of every step why it is not sent."""
        for index in range(len(self.steps)):
            yield _skip(cart, reason, str(index + 1), **detail)

    def _offer(self, cart: Checkout) -> Incentive | None:
        """Return what is offered for a cart: a code has to be for an address or an account."""
        return self.offer if cart.contact.email or cart.customer_id else None

    def _codes(self, cart: Checkout, facts: Facts) -> list[RewardIssued]:
        """Return the codes that were made for a cart, and not taken back."""
        return [
            one
            for one in facts.all(RewardIssued, checkout_id=cart.id)
            if f"/earned/{self.name}/" in one.because_of
            and not facts.first(RewardWithdrawn, because_of=one.id)
        ]

    def _take_back_bought(
        self, cart: Checkout, person: Person, facts: Facts, at: datetime
    ) -> Iterator[Tell]:
        """Let a cart that was bought at *at* leave no code behind, but the one that was used."""
        untold = self._untold(cart, facts)
        for one in self._codes(cart, facts):
            if not _is_used(one, person):
                yield from _take_back([one], at if one in untold else at + _SETTLED)

    def _untold(self, cart: Checkout, facts: Facts) -> list[RewardIssued]:
        """Return those of its codes that nobody was sent."""
        sent = self._sent(cart, facts)
        codes = {one.data.get("code") for one in sent}
        steps = {one.step for one in sent if not one.data}  # what they said is forgotten
        return [
            one
            for one in self._codes(cart, facts)
            if one.code not in codes and one.because_of.rpartition("/")[2] not in steps
        ]

    def _sent(self, cart: Checkout, facts: Facts) -> list[SentMessage]:
        """Return what was sent about a cart."""
        return [one for one in facts.sent_by(self.name) if one.subject == _ref(cart)]

    def _good_at(self, at: datetime, cart: Checkout, facts: Facts) -> RewardIssued | None:
        """Return a code of a cart that can be used after *at*."""
        codes = self._codes(cart, facts)
        return next((one for one in codes if one.expires_at is None or one.expires_at > at), None)


def _ref(cart: Checkout) -> Ref:
    return Ref(kind=Kind.CHECKOUT, id=cart.id)


def _skip(cart: Checkout, reason: Reason, step: str, **detail: str) -> Skip:
    return Skip(_ref(cart), reason, step=step, detail=detail)


def _take_back(codes: Iterable[RewardIssued], at: datetime) -> Iterator[Tell]:
    """Let nobody use these codes any more, from *at* on."""
    for one in codes:
        yield Tell(withdrawn(one, max(one.at, at)))


def _is_used(issued: RewardIssued, person: Person) -> bool:
    """Say whether somebody bought with a code; how platforms spell it differs in case only."""
    used = (one.code.casefold() for order in _placed(person) for one in order.discounts)
    return issued.code.casefold() in used


def _placed(person: Person) -> Iterator[Order]:
    """Yield the person's orders without drafts, which nobody has placed."""
    return (one for one in person.orders if one.status is not OrderStatus.DRAFT)


def _left_at(cart: Checkout) -> datetime:
    """Return when somebody last changed a cart; it must be live."""
    at = cart.updated_at or cart.created_at
    if at is None:
        raise ValueError("a cart that is live has a time")
    return at


def _is_live(cart: Checkout) -> bool:
    """Say whether there is something in a cart that nobody bought."""
    is_over = cart.completed_at is not None or cart.deleted_at is not None
    return not is_over and bool(cart.lines) and (cart.updated_at or cart.created_at) is not None


def _bought_at(cart: Checkout, person: Person) -> datetime | None:
    """Return when somebody bought a cart, or anything else after it was last changed."""
    if cart.completed_at is not None:
        return cart.completed_at
    left_at = cart.updated_at or cart.created_at
    if left_at is None:
        return None
    left_at = left_at.replace(microsecond=0)  # platforms tell of orders in whole seconds
    times = [one.placed_at or one.created_at for one in _placed(person)]
    others = [one.completed_at for one in person.checkouts]
    return min((at for at in (*times, *others) if at and at >= left_at), default=None)


def _to_buy(cart: Checkout, person: Person, facts: Facts) -> list[LineItem]:
    """Return what of a cart can be bought, and was not bought since the cart was begun."""
    since = cart.created_at or _left_at(cart)
    bought = {
        line.product_id
        for order in _placed(person)
        if not _is_void(order)
        if (at := order.placed_at or order.created_at) and at >= since
        for line in order.lines
    }
    return [
        line
        for line in cart.lines
        if not (line.product_id and line.product_id in bought)
        and _can_be_bought(facts.products.get(line.product_id or ""))
    ]


def _is_void(order: Order) -> bool:
    """Say whether nothing comes of an order any more; one that nobody has paid yet may be paid."""
    is_unpaid = order.status is OrderStatus.FAILED or order.payment_status in FELL_THROUGH
    return is_unpaid or called_off(order) is not None


def _can_be_bought(product: Product | None) -> bool:
    """Say whether a product can be bought, as far as is known."""
    if product is None:
        return True
    is_gone = product.deleted_at is not None or product.status in _HIDDEN
    return not is_gone and product.in_stock is not False


_HIDDEN = {ProductStatus.DRAFT, ProductStatus.ARCHIVED}
