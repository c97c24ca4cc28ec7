"""The pages that messages link to: tracking, preferences, answers, returns.

Looking at a page changes nothing, so that programs which open every link do no harm; only a form
that is sent does something. Whoever has the link may send it: there is no cookie that another
site could make use of, and the token in the address cannot be guessed. What is told of an order
is little enough for a stranger (`storelink.rendering.pages.parcels`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from storelink.app import Storelink
from storelink.contracts.pages import (
    Answers,
    CameBy,
    Choice,
    Given,
    Preferences,
    Question,
    Settings,
)
from storelink.errors import MissingExtra
from storelink.links import LinkRefused, Links, Purpose, Ticket
from storelink.models.answer import SCALES
from storelink.models.enums import AnswerKind, CartReason, MessageClass
from storelink.rendering.pages import Language, Pages, choose_language, tracked
from storelink.web.returning import form

try:
    from werkzeug import Request
except ImportError:  # pragma: no cover  told by a test in a bare environment
    raise MissingExtra("Werkzeug", "web") from None

MAX_COMMENT: Final = 5_000
_MAX_NAME: Final = 100
_ONE_CLICK: Final = ("List-Unsubscribe", "One-Click")
"""The one field of RFC 8058, section 3.1."""

_GROUPS: Final = (MessageClass.RELATIONSHIP, MessageClass.MARKETING)


@dataclass(frozen=True, slots=True)
class Shown:
    """A page, and the status it comes with."""

    html: str = field(repr=False)
    status: int = 200


class CustomerPages:
    """Answers what customers open.

    Args:
        link: knows the orders.
        pages: draws.
        links: reads the tokens.
        preferences: knows what people want to be sent.
        answers: keeps answers.
        prices: tell on the tracking page what things cost.
    """

    def __init__(
        self,
        link: Storelink,
        pages: Pages,
        links: Links,
        *,
        preferences: Preferences,
        answers: Answers,
        prices: bool = False,
    ) -> None:
        self._link, self._pages, self._links = link, pages, links
        self._preferences, self._answers, self._prices = preferences, answers, prices
        self._show = {
            Purpose.TRACKING: self._tracking,
            Purpose.PREFERENCES: self._preferences_page,
            Purpose.ANSWER: self._answer_page,
            Purpose.RETURN: self._return_page,
        }

    def ticket(self, purpose: Purpose, token: str) -> Ticket:
        """Return what a link says.

        Raises:
            LinkRefused: it opens nothing, or is about a store that is not known here.
        """
        ticket = self._links.read(token, purpose)
        if ticket.store not in self._link.stores:
            raise LinkRefused("unknown")
        return ticket

    def show(self, request: Request, ticket: Ticket) -> Shown:
        """Answer to a request for the page of *ticket*.

        Raises:
            LinkRefused: what it was about is gone.
        """
        return self._show[ticket.purpose](request, ticket)

    def told(self, request: Request, what: str, status: int) -> Shown:
        """Return a page that says why there is nothing to see."""
        return Shown(self._pages.draw("told", self.language(request), what=what), status)

    def language(self, request: Request, known: str | None = None) -> Language:
        """Return the language of a page: as asked, the person's, the browser's, the shop's."""
        asked = request.args.get("lang", "")[:35]
        browser = request.accept_languages.best or ""
        return choose_language(asked, known, browser[:35], self._link.brand.locale)

    # -- tracking --------------------------------------------------------------------------------

    def _tracking(self, request: Request, ticket: Ticket) -> Shown:
        order = self._link.order(ticket.store, ticket.subject)
        if order is None or order.deleted_at is not None:
            raise LinkRefused("unknown")
        seen = tracked(order, self._link.clock.now(), prices=self._prices)
        language = self.language(request, order.contact.locale)
        back = self._link.returns.url(order)
        return Shown(self._pages.draw("tracking", language, order=seen, return_url=back))

    # -- returns ---------------------------------------------------------------------------------

    def _return_page(self, request: Request, ticket: Ticket) -> Shown:
        shown = form(self._link, request, ticket)
        language = self.language(request, shown.locale)
        query = f"lang={language.tag}" if "lang" in request.args else ""
        html = self._pages.draw("return", language, query=query, **shown.values)
        return Shown(html, shown.status)

    # -- preferences -----------------------------------------------------------------------------

    def _preferences_page(self, request: Request, ticket: Ticket) -> Shown:
        settings = self._settings(ticket)
        language = self.language(request, settings.locale)
        if request.method != "POST":
            return self._boxes(language, settings)
        changes = _changes(request, ticket, settings)
        if changes is None:
            return replace(self._boxes(language, settings), status=400)
        if changes:
            worded = [
                replace(one, wording=self._pages.wording(language, one.message_class, one.channel))
                for one in changes
            ]
            self._preferences.change(ticket, worded, one_click=_is_one_click(request))
        return self._boxes(language, self._settings(ticket), settings, changes)

    def _settings(self, ticket: Ticket) -> Settings:
        settings = self._preferences.read(ticket)
        if settings is None:
            raise LinkRefused("unknown")
        return settings

    def _boxes(
        self,
        language: Language,
        settings: Settings,
        before: Settings | None = None,
        changes: Iterable[Choice] | None = None,
    ) -> Shown:
        """Draw the boxes as they are stored, and what was done to them."""
        groups = [
            {"name": str(name), "choices": choices}
            for name in _GROUPS
            if (choices := [one for one in settings.choices if one.message_class is name])
        ]
        changed = {one.name: one.allowed for one in changes or ()}
        undo = [
            f"{one.name}={'yes' if one.allowed else 'no'}"
            for one in (before.choices if before else ())
            if changed.get(one.name, one.allowed) != one.allowed
            and (one.agreed or not one.allowed)  # a tick by purchase would come back as a consent
        ]
        html = self._pages.draw(
            "preferences",
            language,
            groups=groups,
            any_allowed=any(one.allowed for one in settings.choices),
            result=_result(changes),
            undo=undo,
        )
        return Shown(html)

    # -- answers ---------------------------------------------------------------------------------

    def _answer_page(self, request: Request, ticket: Ticket) -> Shown:
        question = self._answers.ask(ticket)
        if question is None:
            raise LinkRefused("unknown")
        if request.method != "POST":
            return self._form(request, question, _before(request, question))
        given = _given(request, question)
        if (given.rating, given.reason, given.comment) == (None, None, None):
            return replace(self._form(request, question, given, "empty"), status=400)
        self._answers.record(ticket, given)
        return self._form(request, question, given, "stored")

    def _form(self, request: Request, question: Question, given: Given, result: str = "") -> Shown:
        language = self.language(request, question.locale)
        html = self._pages.draw(
            "answer",
            language,
            query=f"lang={language.tag}" if "lang" in request.args else "",
            question=question,
            kind=str(question.kind),
            scale=list(SCALES[question.kind]),
            reasons=list(CartReason),
            chosen=given.reason if question.kind is AnswerKind.CART else given.rating,
            comment=given.comment or "",
            name=given.name or "",
            most=MAX_COMMENT,
            result=result,
        )
        return Shown(html)


def _is_one_click(request: Request) -> bool:
    name, value = _ONE_CLICK
    return request.form.get(name) == value


def _changes(request: Request, ticket: Ticket, settings: Settings) -> list[Choice] | None:
    """Return what the person changes; `None` if the form is not one of ours."""
    form, every = request.form, settings.choices + settings.hidden
    if _is_one_click(request):
        # Where the mail came by, everything that needs no order ends: nobody who presses that
        # button wants to read on which list they are.
        channel = CameBy.of(ticket).channel
        here = [one for one in every if channel in ("", one.channel)]
        return [replace(one, allowed=False) for one in here]
    action = form.get("action")
    if action == "refuse":
        return [replace(one, allowed=False) for one in every]
    if action == "undo":
        was = dict(pair.rpartition("=")[::2] for pair in form.getlist("was"))
        known = [one for one in settings.choices if was.get(one.name) in ("yes", "no")]
        return [replace(one, allowed=was[one.name] == "yes") for one in known]
    if action == "save":
        # Against what the person saw: what changed elsewhere meanwhile is not overwritten.
        wanted, shown = set(form.getlist("want")), set(form.getlist("shown"))
        changed = wanted ^ shown
        return [
            replace(one, allowed=one.name in wanted)
            for one in settings.choices
            if one.name in changed
        ]
    return None


def _result(changes: Iterable[Choice] | None) -> str:
    if changes is None:
        return ""
    listed = list(changes)
    if not listed:
        return "unchanged"
    return "saved" if any(one.allowed for one in listed) else "refused"


def _before(request: Request, question: Question) -> Given:
    """Return what the form begins with: the answer that was tapped in the mail, or an older one.

    Words and names that were written earlier are not shown: a mail is passed on.
    """
    tapped, old = request.args.get("v"), question.given
    before = Given(_rating(tapped, question), reason=_reason(tapped, question))
    if (before.rating, before.reason) == (None, None) and old is not None:
        return Given(old.rating, reason=old.reason)
    return before


def _given(request: Request, question: Question) -> Given:
    comment = request.form.get("comment", "").strip()[:MAX_COMMENT]
    name = " ".join(request.form.get("name", "").split())[:_MAX_NAME]
    chosen = request.form.get("rating")
    reason = _reason(chosen, question)
    return Given(_rating(chosen, question), comment or None, name or None, reason)


def _reason(text: str | None, question: Question) -> CartReason | None:
    is_one = question.kind is AnswerKind.CART and text in set(CartReason)
    return CartReason(text) if is_one and text else None


def _rating(text: str | None, question: Question) -> int | None:
    ratings = {str(rating): rating for rating in SCALES[question.kind]}
    return ratings.get(text or "")
