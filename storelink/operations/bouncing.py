"""What is reported of messages after they were sent: bounces, complaints."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from storelink.clock import Clock
from storelink.consent import Ledger, Why
from storelink.consent.addresses import Hashed
from storelink.consent.standing import Given
from storelink.consent.suppression import suppress
from storelink.contracts.channel import Channel, Report, Trouble
from storelink.errors import Conflict, StorelinkError
from storelink.hooks.again import recipient_of
from storelink.models.enums import MessageClass
from storelink.outbox.life import SENT_TO
from storelink.storage import Database, MessageRow, Transaction
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)

SOFT = 3
"""So many messages that came back for now, one after the other, and the address takes no mail."""
WITHIN = timedelta(days=30)
"""They were sent within this time."""
EVERY = timedelta(minutes=5)
"""How often a worker reads."""
COUNTED = "bounced/"
"""How the positions begin that count what came back for now: the hash of the address follows."""


class Heard(StrEnum):
    """What became of a report."""

    SUPPRESSED = "suppressed"
    """Nothing more is sent to the address; after a complaint, only what an order needs."""
    COUNTED = "counted"
    """It came back for now."""
    REPEATED = "repeated"
    """That was known."""
    UNKNOWN = "unknown"
    """No such message was sent, or its person was forgotten. Forged reports are such."""
    OTHER = "other"
    """It was no report of a message that tells of its address."""


@dataclass(frozen=True, slots=True)
class Bouncing:
    """Takes reports.

    Attributes:
        channels: by name; they know a person's address, where it is not known which one it was.
        ledger: remembers that who complained wants no more.
    """

    database: Database
    clock: Clock
    channels: Mapping[str, Channel]
    ledger: Ledger = field(repr=False)

    @property
    def can_read(self) -> bool:
        """Whether there is a channel whose reports can be read."""
        return any(one.hears_reports for one in self.channels.values())

    def read(self) -> dict[Heard, int]:
        """Read and take all reports that came in, and return how many became what.

        Raises:
            ConfigError: a channel cannot read them as it is set up.
            StorageUnavailable: the database is away; what was not taken is read again.
        """
        heard: Counter[Heard] = Counter()

        def take(report: Report | None) -> None:
            heard[Heard.OTHER if report is None else self.take(report)] += 1

        for channel in self.channels.values():
            channel.read_reports(take)
        if heard[Heard.UNKNOWN]:
            log.warning("%s reports are about no message that is known", heard[Heard.UNKNOWN])
        return dict(heard)

    def run(self, stopped: threading.Event) -> None:
        """Read again and again until *stopped* is set."""
        while not stopped.is_set():
            try:
                self.read()
            except StorelinkError as error:  # its text is for people, and holds nobody's data
                log.warning("mails that came back could not be read: %s", error)
            except Exception as error:  # noqa: BLE001  the next time may go well
                log.error("mails that came back could not be read: %s", trace(error))
            stopped.wait(EVERY.total_seconds())

    def take(self, report: Report) -> Heard:
        """Take one report; to take it again changes nothing.

        Raises:
            Conflict: the message was changed at this very moment; take it again.
            StorageUnavailable: the database is away; take it again.
        """
        with self.database.read() as tx:
            row = tx.reported.message(report.ids)
            to = recipient_of(tx, row) if row else None
        channel = self.channels.get(row.channel or "") if row else None
        if row is None or channel is None or to is None:
            return Heard.UNKNOWN
        detail = row.detail or {}
        address = Hashed(detail.get(SENT_TO, "")) or channel.address(to.contact)
        if address is None:
            return Heard.UNKNOWN
        known = detail.get("came_back", {})
        if report.trouble in known:
            return Heard.REPEATED
        if report.trouble is Trouble.COMPLAINT:
            self._refuse(row, address, channel.medium, self._said_at(row, report))
        with self.database.write() as tx:
            is_soft = report.trouble is Trouble.SOFT_BOUNCE
            heard = (self._count if is_soft else self._suppress)(tx, row, address, report)
            told = {**detail, "came_back": {**known, report.trouble: report.code}}
            if not tx.messages.change(row, now=self.clock.now(), detail=told):
                raise Conflict("the message was changed meanwhile; take the report again")
        return heard

    def _refuse(self, row: MessageRow, address: str, medium: str, at: datetime) -> None:
        for one in MessageClass:
            if one is not MessageClass.TRANSACTIONAL:
                self.ledger.record(
                    row.store, address, medium, one, Given.REFUSED, at, source="complaint"
                )

    def _said_at(self, row: MessageRow, report: Report) -> datetime:
        """Return when it was said, as far as that can be: after sending, and not in the future."""
        sent_at = _sent_at(row)
        return max(sent_at, min(report.at or sent_at, self.clock.now()))

    def _suppress(
        self, tx: Transaction, row: MessageRow, address: str, report: Report, *, told: str = ""
    ) -> Heard:
        """Suppress since the sending: what somebody lifted later stays lifted."""
        is_complaint = report.trouble is Trouble.COMPLAINT
        why = Why.COMPLAINT if is_complaint else Why.HARD_BOUNCE
        at = self._said_at(row, report) if is_complaint else _sent_at(row)
        source = told or " ".join(filter(None, (f"{row.channel}:", report.code)))
        suppress(tx, self.ledger.addresses, row.store, [address], why, source, at)
        return Heard.SUPPRESSED

    def _count(self, tx: Transaction, row: MessageRow, address: str, report: Report) -> Heard:
        hashed = self.ledger.addresses.of(address)
        name, sent_at = f"{COUNTED}{hashed}", _sent_at(row)
        tx.lock(f"{row.store}/{name}")
        held: Mapping[str, str] = tx.positions.get(row.store, name) or {}
        counted = {**held, str(row.id): sent_at.isoformat()}
        newest = max(map(datetime.fromisoformat, counted.values()))
        lately = {
            one: time
            for one, time in counted.items()
            if newest - datetime.fromisoformat(time) <= WITHIN
        }
        if len(lately) < SOFT:
            tx.positions.put(row.store, name, lately, now=self.clock.now())
            return Heard.COUNTED
        tx.positions.delete(row.store, name)  # who lifts it begins anew
        told = f"{row.channel}: {report.code}, {len(lately)} times"
        return self._suppress(tx, row, address, report, told=told)


def _sent_at(row: MessageRow) -> datetime:
    return row.sent_at or row.updated_at
