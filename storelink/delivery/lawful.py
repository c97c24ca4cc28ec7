"""The policy that everybody gets: nobody against the law, against their will, or too often.

What stands against a message is asked in this order: is the address suppressed, is something of
the person's open, does the law allow it on the ground that there is, and is it the hour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

from storelink.consent.addresses import Addresses
from storelink.consent.holds import Hold, holding
from storelink.consent.importing import Box
from storelink.consent.ledger import Ask, standings
from storelink.consent.suppression import Look, Suppressed, Why, suppressed
from storelink.contracts.hook import Reason
from storelink.delivery.judging import Case, class_of, is_needed
from storelink.delivery.spending import Spending, place_of
from storelink.mirror import event_of, load
from storelink.models.enums import MessageClass
from storelink.models.ref import Kind
from storelink.policy.budget import DEFAULT, Limits
from storelink.policy.holidays import is_holiday
from storelink.policy.hours import Hours
from storelink.policy.judge import judge
from storelink.policy.moment import Wish, best_moment
from storelink.policy.question import (
    Basis,
    Cited,
    Confidence,
    Need,
    Outcome,
    Question,
    Ruling,
    Standing,
)
from storelink.policy.stricter import Stricter
from storelink.policy.trouble import TELLING, open_return, open_trouble
from storelink.policy.verdict import Go, Stop, Verdict, Wait
from storelink.policy.zones import infer
from storelink.storage import Database, Transaction
from storelink.storage.wills import Will

AT_LAST = timedelta(minutes=5)
"""How long before a message becomes pointless it is looked at once more."""
LOOK_AGAIN = timedelta(days=1)
"""How long a message waits that something of the person's is in the way of."""

_REMEDIES: Mapping[Need, str] = {
    Need.OPT_OUT: "a way to say no: set site_url",
    Need.ONE_CLICK: "one click to say no: set site_url",
    Need.SENDER_ADDRESS: "the shop's postal address: set it in brand",
    Need.AD_LABEL: "a word that it is advertising",
}
"""What is missing, and what to do about it."""

_AGREED = {Basis.CONSENT, Basis.CONFIRMED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a shop asks of its messages beyond the law, and how it keeps addresses.

    Attributes:
        stricter: wishes beyond the law of the recipient's country.
        limits: how many messages a person gets that no order needs.
        address_key: hashes the addresses of consents and suppressions, at least 16 bytes; keep it
            for ever. Without one, the database keeps one of its own.
        moments: when the messages of a hook should come, on the recipient's clock, by its name.
        agreed: what the words of the platforms' own sign-up forms ask for.
        boxes: the boxes that people tick at the checkout, by the store's name.
    """

    stricter: Stricter = field(default_factory=Stricter)
    limits: Limits = DEFAULT
    address_key: str | None = field(default=None, repr=False)
    moments: Mapping[str, Wish] = field(default_factory=dict)
    agreed: tuple[MessageClass, ...] = (MessageClass.MARKETING,)
    boxes: Mapping[str, tuple[Box, ...]] = field(default_factory=dict)


class _Known(NamedTuple):
    """What is known of the person of a message."""

    standing: Standing
    suppressed: Suppressed | None
    open_case: Hold | None
    said: frozenset[Will]


class Lawful:
    """Rules on messages, many at once, with a few statements.

    Args:
        database: the ledger, the suppressions, the budgets and the mirror.
        addresses: hashes addresses.
        rules: what the merchant adds to the law.
        store_zone: the IANA name of the store's own zone.
        means: what messages can bring along.
    """

    def __init__(
        self,
        database: Database,
        addresses: Addresses,
        rules: Rules,
        *,
        store_zone: str,
        means: frozenset[Need] = frozenset(Need),
    ) -> None:
        self._means = means
        self._database, self._addresses = database, addresses
        self._rulebook = rules.stricter.rulebook
        self._spending = Spending(database, addresses, self._rulebook, rules.limits)
        self._moments, self._store_zone = rules.moments, store_zone

    def __call__(self, cases: Sequence[Case], now: datetime) -> Mapping[int, Verdict | Exception]:
        """Return the verdict on each, by the id of its row; see `judging.Policy`."""
        by_store: dict[str, list[Case]] = defaultdict(list)
        for case in cases:
            by_store[case.row.store].append(case)
        found: dict[int, Verdict | Exception] = {}
        for store, some in by_store.items():
            with self._database.read() as tx:
                known = self._known(tx, store, some, now)
            for case, person in zip(some, known, strict=True):
                found[case.row.id] = self._rule(case, person, case.when(now))
            going = [one for one in some if isinstance(found[one.row.id], Go)]
            found |= self._spending.late(store, going, now)
        return found

    def _known(
        self, tx: Transaction, store: str, cases: Sequence[Case], now: datetime
    ) -> list[_Known]:
        asks = [
            Ask(
                case.to.address,
                case.medium,
                class_of(case),
                case.recipient.ordered_at,
                about_cart=case.approved.send.about.kind is Kind.CHECKOUT,
            )
            for case in cases
        ]
        stood = standings(tx, self._addresses, store, asks)
        looks = [Look(ask.address, ask.channel, ask.message_class) for ask in asks]
        against = suppressed(tx, self._addresses, store, looks)
        opened = _open_cases(tx, store, [one for one in cases if not is_needed(one)], now)
        hashed = [self._hashes(case) for case in cases]
        held = holding(tx, store, {one for some in hashed for one in some}, now)
        said = tx.wills.now({(store, one) for some in hashed for one in some})
        return [
            _Known(
                standing,
                why,
                opened.get(case.recipient.person or "") or _longest(held, some),
                frozenset(one for one in said if one.about in some),
            )
            for case, standing, why, some in zip(cases, stood, against, hashed, strict=True)
        ]

    def _hashes(self, case: Case) -> set[str]:
        """Return every address of the person."""
        contact = case.recipient.contact
        given = (case.to.address, contact.email, contact.phone)
        return {hashed for one in given if (hashed := self._addresses.of(one))}

    def _rule(self, case: Case, person: _Known, now: datetime) -> Verdict | Exception:
        try:
            verdict = self._verdict(case, person, now)
            if isinstance(verdict, Go):
                return replace(verdict, rests_on=person.said)
            return verdict
        except Exception as error:  # noqa: BLE001  one order must not stop the shop
            return error

    def _verdict(self, case: Case, person: _Known, now: datetime) -> Verdict:
        barred = _of_person(case, person, now)
        if barred is not None:
            return barred
        question = self._question(case, person.standing, now)
        ruling = judge(question, rulebook=self._rulebook)
        verdict = verdict_of(ruling, question, self._rulebook.version)
        if not isinstance(verdict, Go):
            return verdict
        if lacking := verdict.needs - self._means:
            why = ", ".join(sorted(_REMEDIES[one] for one in lacking))
            return Wait(_next_look(case, now), Reason.INCOMPLETE, {"why": why})
        wish = self._moments.get(case.row.hook)
        if wish is None:
            return verdict
        return self._at_best(case, question, wish, verdict)

    def _at_best(self, case: Case, question: Question, wish: Wish, now_is_fine: Go) -> Verdict:
        """Let a message that may go now wait for when the shop would like it to come."""
        rules = self._rulebook.combined(
            question.country, question.region, question.message_class, question.channel
        )
        best = best_moment(
            wish,
            rules.hours or Hours.always(),
            question.at,
            case.row.expires_at,
            question.zone,
            closed_on=partial(is_holiday, question.country, question.region),
        )
        if best is None or best <= question.at:
            return now_is_fine
        return Wait(best, Reason.PREFERRED_TIME)

    def _question(self, case: Case, standing: Standing, now: datetime) -> Question:
        country, region = place_of(case.recipient.address)
        home = case.recipient.address
        zone = infer(
            country=country,
            region=home.region,
            postcode=home.postcode,
            phone=case.recipient.contact.phone,
            store_zone=self._store_zone,
        )
        return Question(
            message_class=class_of(case),
            channel=case.medium,
            at=now,
            country=country,
            region=region,
            zone=zone,
            standing=standing,
        )


def verdict_of(ruling: Ruling, question: Question, version: str) -> Verdict:
    """Return what a ruling means for a message, with the rule that led to it.

    Args:
        ruling: of the judge.
        question: what the judge was asked.
        version: of the rulebook.
    """
    detail = _place(question) | _detail(ruling.reasons, version)
    if ruling.outcome is Outcome.SEND:
        return Go(ruling.needs, detail)
    if ruling.outcome is Outcome.DEFER and ruling.until is not None:
        return Wait(ruling.until, Reason.QUIET_HOURS, detail)
    if ruling.never_open:
        return Stop(Reason.QUIET_HOURS, detail)
    is_refused = question.standing.basis is Basis.REFUSED
    reason = Reason.REFUSED if is_refused else Reason.NO_CONSENT
    return Stop(reason, detail)


def _place(question: Question) -> dict[str, str]:
    """Return where the rule holds, and the clock that it goes by, as far as they are known."""
    is_known = question.zone.confidence is not Confidence.UNKNOWN
    known = {"country": question.country, "zone": question.zone.names[0] if is_known else None}
    return {name: one for name, one in known.items() if one}


def _detail(reasons: Sequence[Cited], version: str) -> dict[str, str]:
    if not reasons:
        return {"rules": version}
    first = reasons[0]
    why = first.why.rstrip(".")
    return {"why": why, "rule": first.rule, "source": first.source, "rules": version}


def _of_person(case: Case, person: _Known, now: datetime) -> Verdict | None:
    """Return what stands against a message whatever the law says; `None` if nothing does."""
    if person.suppressed is not None:
        why = person.suppressed.why
        is_refused = why is not Why.HARD_BOUNCE or person.standing.basis is Basis.REFUSED
        told = {"why": why.replace("_", " ")}
        return Stop(Reason.SUPPRESSED, {**told, "refused": True} if is_refused else told)
    if _is_refused_elsewhere(case) and person.standing.basis not in _AGREED:
        return Stop(Reason.REFUSED)
    hold = None if is_needed(case) else person.open_case
    if hold is not None and (hold.until is None or now < hold.until):
        look = _next_look(case, now)
        return Wait(min(look, hold.until or look), Reason.MUTED, {"why": hold.why})
    return None


def _is_refused_elsewhere(case: Case) -> bool:
    """Say whether the person said no on a channel that comes before this one.

    A complaint is a no, too, and an address that takes no mail is none. What an order needs may
    still be told elsewhere.
    """
    return any(
        stop.reason is Reason.REFUSED or (stop.detail.get("refused") and not is_needed(case))
        for _, stop in case.passed
    )


def _next_look(case: Case, now: datetime) -> datetime:
    """Return when to look again at what may pass: once more before it is too late."""
    ends, later = case.row.expires_at, now + LOOK_AGAIN
    if ends is None or later < ends:
        return later
    return max(ends - AT_LAST, now + AT_LAST)


def _open_cases(
    tx: Transaction, store: str, cases: Iterable[Case], now: datetime
) -> dict[str, Hold]:
    """Return, of the people who have something open, what it is: a return, or trouble."""
    keys = {one for case in cases if (one := case.recipient.person)}
    people = load.people(tx, store, sorted(keys))
    ids = [order.id for person in people.values() for order in person.orders]
    rows = tx.events.of_orders(store, ids) if ids else []
    events = [event_of(row) for row in rows if row.type in TELLING]
    found: dict[str, Hold] = {}
    for key, person in people.items():
        for order in person.orders:
            if why := open_return(order, now) or open_trouble(order, events, now):
                found[key] = Hold(why)
    return found


def _longest(held: Mapping[str, Sequence[Hold]], hashes: Iterable[str]) -> Hold | None:
    """Return what holds a person's messages back for longest, if anything does."""
    holds = [one for hashed in hashes for one in held.get(hashed, ())]
    for_good = datetime.max.replace(tzinfo=UTC)
    return max(holds, key=lambda one: one.until or for_good, default=None)
