"""`storelink check`: looks at everything that has to work, and says what to do about what does not.

It changes nothing: neither in a store nor in the database. What it calls over the network, it
calls with the stores' own credentials.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

import requests

from storelink.clock import Clock
from storelink.consent.importing import Box
from storelink.contracts.channel import Channel
from storelink.contracts.finding import Finding, Level
from storelink.contracts.invoice import CheckedInvoices, InvoiceSource
from storelink.contracts.manifest import Capability
from storelink.contracts.store import StoreAdapter
from storelink.delivery.safe import HELD
from storelink.errors import StoreError, StorelinkError, UnknownStore
from storelink.intake.subscriptions import Trouble, inspect
from storelink.intake.sweep import last_sweep
from storelink.models.enums import MessageState
from storelink.storage import Database, InboxState
from storelink.toolkit.redact import trace

log = logging.getLogger(__name__)

LATE = timedelta(hours=2)
"""A store that was not swept for so long is told of."""

_TIMEOUT_SECONDS = 10.0
_REFUSED = {401, 400}
"""What the endpoint answers to a webhook without a signature."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A finding, and whose it is: `"database"`, a store's name, a channel's name."""

    of: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Doctor:
    """Looks at one app.

    Attributes:
        webhook_address: says where a store's webhooks are to arrive; `None` if it is not set.
        locked: says of which stores nothing goes to customers, and why.
        hooks: the names of the hooks that there are.
        platform_sends: those of them that are left to a store's platform, by the store's name.
        boxes: by which boxes at the checkout people consent, by the store's name.
        mistakes: says what is wrong with the shop's own templates.
        invoices: gives the invoices.
        locale: the shop's language.
        returns: says what keeps customers from sending things back.
    """

    database: Database
    stores: Mapping[str, StoreAdapter]
    channels: Mapping[str, Channel]
    clock: Clock
    webhook_address: Callable[[str], str | None]
    locked: Callable[[], Mapping[str, str]] = dict
    hooks: Collection[str] = ()
    platform_sends: Mapping[str, Collection[str]] = field(default_factory=dict)
    boxes: Mapping[str, Sequence[Box]] = field(default_factory=dict)
    mistakes: Callable[[], Sequence[str]] = list
    invoices: InvoiceSource | None = None
    locale: str = "en"
    returns: Callable[[Collection[str]], Iterator[Finding]] = lambda hooks: iter(())

    def check(self, stores: Iterable[str] = ()) -> Iterator[Checked]:
        """Look at the database, the stores and the channels, one after the other.

        Args:
            stores: only these; by default all.

        Raises:
            UnknownStore: no store has that name.
        """
        names = tuple(stores) or tuple(self.stores)
        for name in names:
            if name not in self.stores:
                raise UnknownStore(name, tuple(self.stores))
        yield from _of("database", self._database)
        yield from _of("safety", self._safety)
        yield from _of("templates", self._templates)
        if isinstance(self.invoices, CheckedInvoices):
            yield from _of("invoices", partial(self.invoices.check, self.locale))
        yield from _of("returns", partial(self.returns, self.hooks))
        for name in names:
            yield from _of(name, partial(self._store, name))
        for name, channel in self.channels.items():
            yield from _of(name, partial(channel.check, self.clock.now()))
        if not self.channels:
            yield Checked("channels", _NO_CHANNEL)

    def _database(self) -> Iterator[Finding]:
        with self.database.write():
            pass  # the lock for writing was had
        yield Finding.ok("database", f"{self.database!r} can be read and written")
        with self.database.read() as tx:
            kept = tx.inbox.counts().get(InboxState.KEPT, 0)
            messages = tx.messages.counts()
        doubtful = messages.get(MessageState.IN_DOUBT, 0)
        failed = messages.get(MessageState.FAILED, 0)
        if kept:
            yield Finding.warning(
                "inbox",
                "webhooks-not-understood",
                f"{kept} webhooks were not understood and are kept",
                "see `storelink inbox --state kept`; after an update, `storelink replay --kept`",
            )
        if doubtful or failed:
            yield Finding.warning(
                "outbox",
                "messages-open",
                f"{doubtful} messages are in doubt, {failed} failed",
                "see `storelink outbox list --state in_doubt` and `--state failed`",
            )

    def _templates(self) -> Iterator[Finding]:
        for mistake in self.mistakes():
            yield Finding.fault(
                "templates",
                "template-broken",
                mistake,
                "repair the file: until then, the messages that need it wait",
            )

    def _safety(self) -> Iterator[Finding]:
        with self.database.read() as tx:
            switches, held = tx.switches.all(), tx.holds.counts(HELD)
        for one in switches:
            yield Finding.warning(
                "switches",
                "switched-off",
                f"store {one.store}, hook {one.hook} is off since {one.off_at:%Y-%m-%d}: {one.why}",
                "`storelink on` with the same --store and --hook",
            )
        for store, why in self.locked().items():
            yield Finding.warning(
                "lock",
                "not-armed",
                f"nothing goes to the customers of {store}: {why}",
                f"if this is where it belongs, `storelink safety arm {store}`",
            )
        if held:
            yield Finding.warning(
                "held",
                "messages-held",
                f"{sum(held.values())} messages wait for somebody to let them go",
                "see `storelink safety status`",
            )
        if not switches and not held and not self.locked():
            yield Finding.ok("safety", "nothing is switched off, locked or held back")

    def _store(self, name: str) -> Iterator[Finding]:
        adapter, now = self.stores[name], self.clock.now()
        with self.database.read() as tx:
            uninstalled_at = tx.stores.uninstalled_at().get(name)
        if uninstalled_at is not None:
            yield Finding.fault(
                "connection",
                "uninstalled",
                f"the store took the app off at {uninstalled_at:%Y-%m-%d %H:%M} UTC",
                "install it again with `storelink connect`, then `storelink sweep`",
            )
        found = list(adapter.check(now))
        yield from found
        if Capability.SUBSCRIBE in adapter.manifest.capabilities:
            is_out = any(one.level is Level.FAULT for one in found)
            yield from self._webhooks(name, adapter, ask=not is_out)
        if Capability.WEBHOOKS not in adapter.manifest.capabilities:
            yield _NO_SECRET
        if Capability.LIST in adapter.manifest.capabilities:
            yield from self._sweeps(name, now)
        for box in self.boxes.get(name, ()):
            yield Finding.ok("consent", _about(box))
        if all(one.level is not Level.FAULT for one in found):
            yield from self._mails(name, adapter)

    def _mails(self, name: str, adapter: StoreAdapter) -> Iterator[Finding]:
        """Look whether a customer would be told the same by the platform and by a hook."""
        mails, left = adapter.own_mails(), self.platform_sends.get(name)
        if mails is None and left is None:
            yield Finding.warning(
                "mails",
                "own-mails-unknown",
                f"{adapter.manifest.title} sends mails of its own, and does not say which",
                "switch off there what hooks send, and name in platform_sends what it shall send",
            )
        for mail in mails or ():
            if mail.doubles in self.hooks and mail.doubles not in (left or ()):
                yield Finding.warning(
                    "mails",
                    "doubled-mail",
                    f"the store sends {mail.title!r} itself, and hook {mail.doubles} does, too",
                    f'switch it off in the store, or set platform_sends = ["{mail.doubles}"]',
                )

    def _webhooks(self, name: str, adapter: StoreAdapter, *, ask: bool) -> Iterator[Finding]:
        address = self.webhook_address(name)
        if address is None:
            yield _NO_ADDRESS
            return
        yield from _address(address)
        if ask:
            yield from _subscriptions(name, adapter, address)

    def _sweeps(self, name: str, now: datetime) -> Iterator[Finding]:
        with self.database.read() as tx:
            swept_at = last_sweep(tx, name)
        if swept_at is None or now - swept_at > LATE:
            when = f"last swept at {swept_at:%Y-%m-%d %H:%M} UTC" if swept_at else "never swept"
            yield Finding.warning(
                "sweep",
                "not-swept",
                f"the store was {when}: webhooks that were lost are not known",
                f"let `storelink worker` run, or run `storelink sweep {name}`",
            )
        else:
            yield Finding.ok("sweep", f"last swept at {swept_at:%Y-%m-%d %H:%M} UTC")


_NO_CHANNEL = Finding.fault(
    "channels",
    "no-channel",
    "no channel is configured: no message can reach anybody",
    "add a [channels.email] table",
)
_NO_SECRET = Finding.warning(
    "webhooks",
    "no-webhook-secret",
    "webhook_secret is not set: no webhook is accepted, and sweeps alone tell what happens",
    "set webhook_secret, or run `storelink connect`",
)
_NO_ADDRESS = Finding.warning(
    "webhooks",
    "no-webhook-address",
    "webhook_url is not set: webhooks cannot be registered, and sweeps alone tell what happens",
    'set webhook_url = "https://your.host/webhooks/{store}", and let `storelink serve` run there',
)


def _of(name: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Checked]:
    """Look, and turn whatever goes wrong into a finding."""
    try:
        for finding in look():
            yield Checked(name, finding)
    except StorelinkError as error:
        yield Checked(name, Finding.fault(name, "failed", str(error), "see the documentation"))
    except Exception as error:  # noqa: BLE001  a plugin is somebody else's code
        log.error("checking %s failed: %s", name, trace(error))
        what = f"looking failed: {type(error).__name__}"
        yield Checked(name, Finding.fault(name, "failed", what, "run with -v, and report it"))


def _about(box: Box) -> str:
    """Return what a tick of a box means."""
    ticks, asked = " or ".join(sorted(box.yes)), " and ".join(box.classes)
    tick = f"{box.attribute} = {ticks} among an order's attributes"
    return f"{tick} is a consent to {asked} messages by {box.channel}: {box.wording!r}"


def _address(address: str) -> Iterator[Finding]:
    """Look whether platforms can reach the address, and whether storelink answers there."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not _is_here(parts.hostname or ""):
        yield Finding.fault(
            "webhooks",
            "webhook-address-not-https",
            f"{address} is not https: platforms do not deliver there",
            "put a certificate in front of `storelink serve`, and set webhook_url to https://…",
        )
    elif _is_here(parts.hostname or ""):
        yield Finding.warning(
            "webhooks",
            "webhook-address-local",
            f"{address} is an address of this machine: only a store on it can deliver there",
            "set webhook_url to an address that the platform can reach",
        )
    try:
        answer = requests.post(
            address, data=b"", timeout=_TIMEOUT_SECONDS, allow_redirects=False, stream=True
        )
    except requests.RequestException:
        status = None
    else:
        status = answer.status_code
        answer.close()
    if status in _REFUSED:
        yield Finding.ok("webhooks", f"{address} answers, and refuses what is not signed")
        return
    what = "does not answer" if status is None else f"answers {status} instead of refusing"
    yield Finding.fault(
        "webhooks",
        "webhook-address-unreachable",
        f"{address} {what} a webhook without a signature",
        "let `storelink serve` (or your app's own route to link.receive) answer there",
    )


def _is_here(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False


def _subscriptions(name: str, adapter: StoreAdapter, address: str) -> Iterator[Finding]:
    try:
        troubles = inspect(adapter, address)
    except StoreError as error:
        yield Finding.fault("webhooks", "webhooks-not-listed", str(error), "see above")
        return
    if not troubles:
        yield Finding.ok("webhooks", "every topic is subscribed once, and none is disabled")
    for kind in Trouble:
        topics = sorted({one.topic for one in troubles if one.trouble is kind})
        if topics:
            yield Finding.fault(
                "webhooks",
                f"webhooks-{kind.value.replace('_', '-')}",
                f"{kind.value.replace('_', ' ')}: {', '.join(topics)}",
                f"run `storelink webhooks repair {name}`",
            )
