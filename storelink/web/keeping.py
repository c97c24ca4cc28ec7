"""What the pages show and store by default: what the app itself remembers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from storelink.app import Storelink
from storelink.consent.standing import Given as Said
from storelink.consent.suppression import Look
from storelink.contracts.pages import CameBy, Choice, Given, Question, Settings
from storelink.delivery.spending import place_of
from storelink.errors import ConfigError
from storelink.hooks.incentive import GOOGLE_INCENTIVE, is_google
from storelink.links import LinkRefused, Ticket
from storelink.models.answer import Answer
from storelink.models.enums import AnswerKind, MessageClass
from storelink.models.order import Order
from storelink.policy.question import Basis, Outcome
from storelink.policy.rulebook import rulebook

_CLASSES: Final = (MessageClass.RELATIONSHIP, MessageClass.MARKETING)
_AGREED: Final = {Basis.CONSENT, Basis.CONFIRMED}


@dataclass(frozen=True, slots=True)
class KeptPreferences:
    """What a person wants to be sent, as the ledger of consents has it.

    The person is whoever the order of the link belongs to, be it a guest: the order's address
    counts, also after the order was deleted. A link opens nothing once that address is another
    than the one that it was sent to: it would be about somebody else.

    Where an address is suppressed there is no box, for a tick does not lift that; a refusal is
    kept all the same. A box is ticked where such messages may be sent. If that is because of a
    purchase it is no consent, and stays none until it is ticked anew.

    Attributes:
        link: the app.
        channels: for which channels there are boxes, besides the one that the link came by; each
            for whom there is an address.
    """

    link: Storelink
    channels: tuple[str, ...] = ("email",)

    def read(self, ticket: Ticket) -> Settings | None:
        """Return what is stored; `None` if the order is not known any more.

        Raises:
            LinkRefused: the order has another address now.
        """
        order = self._order(ticket)
        if order is None:
            return None
        channels = dict.fromkeys((*self.channels, CameBy.of(ticket).channel))
        choices = [
            (self._choice(order, address, channel, message_class), address)
            for message_class in _CLASSES
            for channel in channels
            if channel and (address := self._address(order, channel))
        ]
        against = self.link.suppressions.look(
            order.store,
            [Look(address, one.channel, one.message_class) for one, address in choices],
        )
        seen = [(one, bool(why)) for (one, _), why in zip(choices, against, strict=True)]
        return Settings(
            tuple(one for one, is_hidden in seen if not is_hidden),
            order.contact.locale,
            hidden=tuple(one for one, is_hidden in seen if is_hidden),
        )

    def change(self, ticket: Ticket, changes: Sequence[Choice], *, one_click: bool) -> None:
        """Store *changes*; doing it again adds nothing to what counts."""
        order = self._order(ticket)
        if order is None:
            raise LinkRefused("unknown")
        for one in changes:
            address = self._address(order, one.channel)
            if address is not None:
                self.link.consents.record(
                    ticket.store,
                    address,
                    one.channel,
                    one.message_class,
                    Said.GRANTED if one.allowed else Said.REFUSED,
                    source="one-click" if one_click else "preferences",
                    wording=one.wording,
                )

    def _order(self, ticket: Ticket) -> Order | None:
        order, came_by = self.link.order(ticket.store, ticket.subject), CameBy.of(ticket)
        if order is not None and came_by.address:
            address = self._address(order, came_by.channel)
            if not came_by.is_to(self.link.consents.addresses.of(address)):
                raise LinkRefused("expired")
        return order

    def _address(self, order: Order, channel: str) -> str | None:
        """Return where somebody is reached; `None` also for what can be no address."""
        address = order.contact.email if channel == "email" else order.contact.phone
        return address if self.link.consents.addresses.of(address) else None

    def _choice(
        self, order: Order, address: str, channel: str, message_class: MessageClass
    ) -> Choice:
        standing = self.link.consents.standing(
            order.store, address, channel, message_class, bought_at=order.placed_at
        )
        is_agreed = standing.basis in _AGREED
        rules = rulebook().combined(*place_of(order), message_class, channel)
        is_allowed = is_agreed or (
            standing.basis is Basis.PURCHASE
            and rules.on_standing(standing, self.link.clock.now()).outcome is not Outcome.SUPPRESS
        )
        return Choice(channel, message_class, is_allowed, agreed=is_agreed)


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """What is asked about an order, and what was answered, as the app keeps it.

    The detail of a link says what is asked: `"review"`, `"review/{product}"` or `"survey"`.

    Attributes:
        link: the app.
        public_reviews: by store, where people may write publicly, too; shown to everybody.
        disclosures: by store, what has to be said beside a request for a review.

    Raises:
        ConfigError: a store discloses that something is given, and asks for reviews on Google.
    """

    link: Storelink
    public_reviews: Mapping[str, str] = field(default_factory=dict)
    disclosures: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what Google's policy refuses."""
        for store, url in self.public_reviews.items():
            if is_google(url) and self.disclosures.get(store):
                raise ConfigError(f"{store}: {GOOGLE_INCENTIVE}; leave out one of the two")

    def ask(self, ticket: Ticket) -> Question | None:
        """Return what is asked; `None` if the order is not known any more."""
        order = _order(self.link, ticket)
        if order is None:
            return None
        kind, product = _asked(ticket)
        is_review = kind is AnswerKind.REVIEW
        answers = self.link.answers(order.store, order.id)
        earlier = (one for one in answers if (one.kind, one.product_id) == (kind, product))
        titles = (line.title for line in order.lines if product and line.product_id == product)
        return Question(
            kind,
            order.number,
            title=next(titles, None),
            disclosure=self.disclosures.get(order.store) if is_review else None,
            next_url=self.public_reviews.get(order.store) if is_review else None,
            given=next(earlier, None),
            locale=order.contact.locale,
        )

    def record(self, ticket: Ticket, given: Given) -> None:
        """Keep an answer, and let the event be known."""
        kind, product = _asked(ticket)
        answer = Answer(
            kind=kind,
            order_id=ticket.subject,
            product_id=product,
            rating=given.rating,
            comment=given.comment,
            name=given.name,
        )
        try:
            self.link.answer(ticket.store, answer)
        except LookupError:
            raise LinkRefused("unknown") from None


def detail_of(kind: AnswerKind, product_id: str | None = None) -> str:
    """Return the detail of a link that asks about an order, or about one product of it.

    Raises:
        ConfigError: a survey is about an order as a whole.
    """
    if kind is AnswerKind.SURVEY and product_id:
        raise ConfigError("a survey is about an order as a whole")
    return f"{kind}/{product_id}" if product_id else str(kind)


def _asked(ticket: Ticket) -> tuple[AnswerKind, str | None]:
    kind, _, product = ticket.detail.partition("/")
    return (AnswerKind.SURVEY if kind == "survey" else AnswerKind.REVIEW), product or None


def _order(link: Storelink, ticket: Ticket) -> Order | None:
    order = link.order(ticket.store, ticket.subject)
    return None if order is None or order.deleted_at is not None else order
