"""Asking whether anything may go at all before the policy is asked: switches, lock, brake."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from storelink.contracts.hook import Reason
from storelink.delivery.judging import Case, Policy, Writer
from storelink.models.message import Outgoing
from storelink.policy.safety import EVERY, Brake, Off, Place, Traffic, locked, masked, off_of
from storelink.policy.verdict import Go, Stop, Verdict, Wait
from storelink.storage import Database, MessageRow, Transaction
from storelink.storage.wills import ARMED, SWITCHES

LOOK_AGAIN = timedelta(hours=1)
"""How long a message waits that is held, should nobody let it go earlier."""
AT_LAST = timedelta(minutes=1)
"""One that becomes pointless before that is looked at so long before it does."""
HELD = (Reason.SWITCHED_OFF, Reason.STAGING, Reason.HELD_BACK)
"""Why messages wait that a person can let go."""
TRAFFIC = "traffic/"
"""How the positions begin that count a hook's messages."""


@dataclass(frozen=True, kw_only=True)
class Safety:
    """What keeps messages from people that should not get them.

    Attributes:
        environment: where this is; only `"production"` writes to customers.
        test_inboxes: where messages go instead, by the channel's name; without one, they wait.
        brake: how many of one hook may go in an hour; `None` for any number.
        platform_sends: the hooks whose mails the platform sends itself, by the store's name: they
            are not sent twice. To name a store with none says that its own mails are off.
    """

    environment: str = "production"
    test_inboxes: Mapping[str, str] = field(default_factory=dict, repr=False)
    brake: Brake | None = field(default_factory=Brake)
    platform_sends: Mapping[str, Collection[str]] = field(default_factory=dict)


class Safe:
    """A policy that asks another one about what may go at all.

    Args:
        database: the switches, where stores are armed, and what went.
        policy: the policy that is asked then.
        safety: what is asked before.
        urls: the shops' addresses, by the store's name.
    """

    def __init__(
        self, database: Database, policy: Policy, safety: Safety, urls: Mapping[str, str]
    ) -> None:
        self._database, self._policy = database, policy
        self._safety, self._urls = safety, urls
        self._began: deque[tuple[datetime, str, str]] = deque()

    def __call__(self, cases: Sequence[Case], now: datetime) -> Mapping[int, Verdict | Exception]:
        """Return the verdict on each; see `judging.Policy`."""
        stores = {case.row.store for case in cases}
        with self._database.read() as tx:
            switches = switches_of(tx)
            locks = self.locks(tx, stores)
            said = tx.wills.now([(EVERY, SWITCHES), *((store, ARMED) for store in stores)])
        held = {case.row.id: self._held(case, switches, locks, case.when(now)) for case in cases}
        free = [case for case in cases if held[case.row.id] is None]
        found = dict(self._policy(free, now)) if free else {}
        for case in free:
            if isinstance(go := found[case.row.id], Go):
                ours = {one for one in said if one.store in (EVERY, case.row.store)}
                found[case.row.id] = replace(go, rests_on=go.rests_on | ours)
        found |= self._braked([case for case in free if isinstance(found[case.row.id], Go)], now)
        return {**found, **{row_id: one for row_id, one in held.items() if one is not None}}

    @property
    def test_inboxes(self) -> Mapping[str, str]:
        """Where messages go instead of to customers, by the channel's name."""
        return self._safety.test_inboxes

    def locks(self, tx: Transaction, stores: Collection[str]) -> dict[str, str]:
        """Return why nothing goes to the customers of some of *stores*, by name."""
        armed = tx.positions.named(ARMED, stores)
        found = {
            store: locked(
                Place(self._safety.environment, self._urls.get(store, "")),
                Place.parse(armed[store]) if store in armed else None,
            )
            for store in stores
        }
        return {store: why for store, why in found.items() if why}

    def _held(
        self, case: Case, switches: Sequence[Off], locks: Mapping[str, str], now: datetime
    ) -> Verdict | None:
        row = case.row
        if row.hook in self._safety.platform_sends.get(row.store, ()):
            return Stop(Reason.PLATFORM_SENDS)
        off = off_of(switches, row.store, row.hook)
        if off is not None:
            return _wait(row, Reason.SWITCHED_OFF, off.why, now)
        if row.store in locks and case.to.name not in self._safety.test_inboxes:
            return _wait(row, Reason.STAGING, locks[row.store], now)
        return None

    def _braked(self, cases: Sequence[Case], now: datetime) -> dict[int, Verdict]:
        """Return the verdict on what is too much for one hour."""
        brake = self._safety.brake
        if brake is None or not cases:
            return {}
        self._count(now)
        by_hook: dict[tuple[str, str, datetime], list[Case]] = defaultdict(list)
        for case in cases:
            by_hook[case.row.store, case.row.hook, _hour(case.when(now))].append(case)
        late: dict[int, Verdict] = {}
        with self._database.read() as tx:
            for (store, hook, _), some in by_hook.items():
                at = some[0].when(now)
                traffic = Traffic.parse(tx.positions.get(store, f"{TRAFFIC}{hook}"), at)
                room = traffic.room(brake, at)
                why = f"{traffic.at(at).count} went within the hour"
                for case in [] if room is None else some[room:]:
                    late[case.row.id] = _wait(case.row, Reason.HELD_BACK, why, case.when(now))
        return late

    def began(self, rows: Iterable[MessageRow], now: datetime) -> None:
        """Note that attempts at messages began at *now*: only these count.

        They are written down with the next question, so that a crash forgets a few, and several
        workers can let a batch each pass beyond the brake.
        """
        if self._safety.brake is not None:
            self._began.extend((_hour(now), row.store, row.hook) for row in rows)

    def _count(self, now: datetime) -> None:
        began = Counter(self._began.popleft() for _ in range(len(self._began)))
        if not began:
            return
        with self._database.write() as tx:
            tx.lock(*{f"{store}/{TRAFFIC}{hook}" for _, store, hook in began})
            for (hour, store, hook), number in sorted(began.items()):
                name = f"{TRAFFIC}{hook}"
                traffic = Traffic.parse(tx.positions.get(store, name), hour).plus(number, hour)
                tx.positions.put(store, name, traffic.to_dict(), now=now)


def redirecting(writer: Writer, database: Database, safe: Safe) -> Writer:
    """Return what writes to a test inbox instead of a customer where a store is locked."""
    inboxes = safe.test_inboxes
    if not inboxes:
        return writer

    def write(case: Case) -> Outgoing:
        row, to, written = case.row, case.to, writer(case)
        with database.read() as tx:  # it may be disarmed since it was asked
            is_locked = bool(safe.locks(tx, [row.store]))
        return redirected(written, inboxes[to.name]) if is_locked else written

    return write


def redirected(outgoing: Outgoing, inbox: str) -> Outgoing:
    """Return a message as a tester gets it, with whom it was for, masked, before its subject."""
    subject = f"[for {masked(outgoing.to)}] {outgoing.subject}"
    return outgoing.model_copy(update={"to": inbox, "to_name": "", "subject": subject})


def switches_of(tx: Transaction) -> list[Off]:
    """Return everything that is switched off."""
    return [Off(one.store, one.hook, one.off_at, one.why) for one in tx.switches.all()]


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _wait(row: MessageRow, reason: Reason, why: str, now: datetime) -> Verdict:
    """Let a message wait for somebody to let it go, unless it is pointless by then."""
    until, detail = now + LOOK_AGAIN, {"why": why}
    if row.expires_at is not None:
        if row.expires_at <= now + AT_LAST:
            return Stop(Reason.EXPIRED, detail)
        until = min(until, row.expires_at - AT_LAST)
    return Wait(until, reason, detail)
