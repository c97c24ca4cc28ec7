"""What the pages show and store by default: what the app itself remembers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from storelink.app import Storelink
from storelink.consent.addresses import Hashed
from storelink.consent.ledger import Ask
from storelink.consent.standing import Given as Said
from storelink.consent.suppression import Look
from storelink.contracts.pages import CameBy, Choice, Given, Question, Settings
from storelink.delivery.spending import place_of
from storelink.errors import ConfigError
from storelink.hooks.incentive import GOOGLE_INCENTIVE, Incentive, is_google
from storelink.hooks.posting import takes_reviews
from storelink.hooks.review import ReviewRequest
from storelink.links import LinkRefused, Ticket
from storelink.models.answer import Answer
from storelink.models.enums import AnswerKind, MessageClass, MessageState
from storelink.models.order import Order
from storelink.models.recipient import Recipient
from storelink.models.ref import Ref
from storelink.policy.question import Basis, Outcome
from storelink.policy.rulebook import rulebook

_CLASSES: Final = (MessageClass.RELATIONSHIP, MessageClass.MARKETING)
_AGREED: Final = {Basis.CONSENT, Basis.CONFIRMED}
_ASKED: Final = {MessageState.SENT, MessageState.SENDING, MessageState.IN_DOUBT}


@dataclass(frozen=True, slots=True)
class KeptPreferences:
    """What a person wants to be sent, as the ledger of consents has it.

    The person is whoever the message with the link was sent to: the link knows the address by its
    keyed hash. So a refusal is kept for that address also when the order has another one by now,
    or is not known any more; it never acts on anybody else. A link that names no address is about
    whoever the order belongs to, be it a guest.

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
        """Return what is stored; `None` if it is not known whose link it is."""
        came_by, order = CameBy.of(ticket), self._order(ticket)
        if order is None and not came_by.address:
            return None
        choices = [
            (self._choice(ticket.store, order, Ask(address, channel, message_class)), address)
            for message_class in _CLASSES
            for channel in dict.fromkeys((*self.channels, came_by.channel))
            if channel and (address := self._address(order, came_by, channel))
        ]
        against = self.link.suppressions.look(
            ticket.store,
            [Look(address, one.channel, one.message_class) for one, address in choices],
        )
        seen = [(one, bool(why)) for (one, _), why in zip(choices, against, strict=True)]
        return Settings(
            tuple(one for one, is_hidden in seen if not is_hidden),
            order.contact.locale if order else None,
            hidden=tuple(one for one, is_hidden in seen if is_hidden),
        )

    def change(self, ticket: Ticket, changes: Sequence[Choice], *, one_click: bool) -> None:
        """Store *changes*; doing it again adds nothing to what counts."""
        came_by, order = CameBy.of(ticket), self._order(ticket)
        for one in changes:
            address = self._address(order, came_by, one.channel)
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
        if order is not None and any(one.allowed for one in changes):
            self.link.consents.look_again(ticket.store, order.id)

    def _order(self, ticket: Ticket) -> Order | None:
        """Return the order, if it is still of the person whom the link was sent to."""
        order, came_by = self.link.order(ticket.store, ticket.subject), CameBy.of(ticket)
        if order is None:
            return None
        address = _reached(order, came_by.channel)
        return order if came_by.is_to(self.link.consents.addresses.of(address)) else None

    def _address(self, order: Order | None, came_by: CameBy, channel: str) -> str | None:
        """Return where the person is reached; `None` also for what can be no address."""
        if order is None:
            is_it = channel == came_by.channel and came_by.address
            return Hashed(came_by.address) if is_it else None
        address = _reached(order, channel)
        return address if self.link.consents.addresses.of(address) else None

    def _choice(self, store: str, order: Order | None, ask: Ask) -> Choice:
        bought_at = order.placed_at if order else None
        # Whoever agreed only to reminders of carts has to see here what there is to refuse.
        full = ask._replace(bought_at=bought_at, about_cart=True)
        [standing] = self.link.consents.standings(store, [full])
        is_agreed = standing.basis in _AGREED
        is_allowed = is_agreed or (
            order is not None
            and standing.basis is Basis.PURCHASE
            and rulebook()
            .combined(*place_of(Recipient(order).address), ask.message_class, ask.channel)
            .on_standing(standing, self.link.clock.now())
            .outcome
            is not Outcome.SUPPRESS
        )
        return Choice(ask.channel, ask.message_class, is_allowed, agreed=is_agreed)


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """What is asked about an order, and what was answered, as the app keeps it.

    The detail of a link says what is asked: `"review"`, `"review/{product}"`, `"survey"`,
    `"satisfaction"` or, of a checkout, `"cart"`. What a
    review request promised is said on the page, and where it named a `review_url`, that is shown.

    Attributes:
        link: the app.
        public_reviews: by store, where people may write publicly, too; shown to everybody.
        disclosures: by store, what else has to be said beside a request for a review.

    Raises:
        ConfigError: something is given for reviews, and a store asks for them on Google.
    """

    link: Storelink
    public_reviews: Mapping[str, str] = field(default_factory=dict)
    disclosures: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what Google's policy refuses."""
        hooks = self.link.hooks
        rewards = any(isinstance(one, ReviewRequest) and one.incentive for one in hooks)
        for store, url in self.public_reviews.items():
            if is_google(url) and (rewards or self.disclosures.get(store)):
                raise ConfigError(f"{store}: {GOOGLE_INCENTIVE}; leave out one of the two")

    def ask(self, ticket: Ticket) -> Question | None:
        """Return what is asked; `None` if the order is not known any more."""
        kind, product = _asked(ticket)
        if kind is AnswerKind.CART:
            return self._about_cart(ticket)
        order = _order(self.link, ticket)
        if order is None:
            return None
        answers = self.link.answers(order.store, order.id)
        earlier = (one for one in answers if (one.kind, one.product_id) == (kind, product))
        question = Question(
            kind,
            order.number,
            given=next(earlier, None),
            locale=order.contact.locale,
        )
        is_review = kind is AnswerKind.REVIEW
        return self._about_review(question, order, product) if is_review else question

    def _about_cart(self, ticket: Ticket) -> Question | None:
        """Return the question why a checkout was left; `None` if it is not known any more."""
        about = Ref.parse(ticket.subject)
        checkout = self.link.checkout(ticket.store, about.id)
        if checkout is None or checkout.deleted_at is not None:
            return None
        answers = self.link.answers(ticket.store, checkout=about.id)
        earlier = next(iter(answers), None)
        locale = checkout.contact.locale
        return Question(AnswerKind.CART, checkout.number or "", given=earlier, locale=locale)

    def _about_review(self, question: Question, order: Order, product: str | None) -> Question:
        titles = (line.title for line in order.lines if product and line.product_id == product)
        request = self._request(order)
        promised = request.get("incentive")
        incentive = Incentive.model_validate(promised) if promised else None
        return replace(
            question,
            title=next(titles, None),
            reward=(incentive.percent or incentive.amount) if incentive else None,
            disclosure=self.disclosures.get(order.store),
            next_url=self.public_reviews.get(order.store) or request.get("review_url"),
            is_public=product is not None and self._is_public(order.store, product),
        )

    def _request(self, order: Order) -> Mapping[str, Any]:
        """Return what the newest request for a review said; nothing if there was none."""
        messages = self.link.messages(store=order.store, order=order.id)
        asked = (one for one in messages if one.hook == ReviewRequest.name and one.state in _ASKED)
        return next((one.data for one in reversed(list(asked))), {})

    def _is_public(self, store: str, product: str) -> bool:
        known = self.link.product(store, product)
        is_closed = known is not None and known.reviews_allowed is False
        return takes_reviews(self.link.adapter(store)) and not is_closed

    def record(self, ticket: Ticket, given: Given) -> None:
        """Keep an answer, and let the event be known."""
        kind, product = _asked(ticket)
        is_cart = kind is AnswerKind.CART
        answer = Answer(
            kind=kind,
            order_id=None if is_cart else ticket.subject,
            checkout_id=Ref.parse(ticket.subject).id if is_cart else None,
            product_id=product,
            rating=given.rating,
            reason=given.reason,
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
    if kind is not AnswerKind.REVIEW and product_id:
        raise ConfigError("a survey is about an order as a whole")
    return f"{kind}/{product_id}" if product_id else str(kind)


def _asked(ticket: Ticket) -> tuple[AnswerKind, str | None]:
    kind, _, product = ticket.detail.partition("/")
    return (AnswerKind(kind) if kind in set(AnswerKind) else AnswerKind.REVIEW), product or None


def _order(link: Storelink, ticket: Ticket) -> Order | None:
    order = link.order(ticket.store, ticket.subject)
    return None if order is None or order.deleted_at is not None else order


def _reached(order: Order, channel: str) -> str | None:
    """Return where the person of an order is reached."""
    return order.contact.email if channel == "email" else order.contact.phone
