"""Commands about people: consent, suppress, unsuppress, suppressions, hold, unhold.

Who is meant is named on the command line; what is kept of an address, and shown, is a keyed hash.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

import click

from storelink.app import Storelink
from storelink.cli.policy import CLASSES
from storelink.cli.shared import as_json, show, with_link
from storelink.consent.ledger import Ask
from storelink.consent.standing import EVERY, Given
from storelink.consent.suppression import Why
from storelink.errors import UnknownStore
from storelink.models.enums import MessageClass
from storelink.storage import ConsentRow, SuppressionRow
from storelink.toolkit.contact import e164, mail_address

F = TypeVar("F", bound=Callable[..., Any])

_ASKED = (MessageClass.RELATIONSHIP, MessageClass.MARKETING)
"""The classes that anybody is asked about: what an order needs, needs no consent."""
_CLASSES = {name: str(one) for name, one in CLASSES.items() if one in _ASKED} | {EVERY: EVERY}
_SHORT = 12
"""So much of a hash tells addresses apart."""


def _of_somebody(command: F) -> F:
    """Let a command be about one address of one store."""

    @functools.wraps(command)
    def run(link: Storelink, store: str, address: str, **options: Any) -> Any:
        _known(link, store)
        if mail_address(address) is None and not (e164(address) or "").startswith("+"):
            told = "an e-mail address, or a phone number with its country code, is wanted"
            raise click.BadParameter(told, param_hint="ADDRESS")
        return command(link, store, address, **options)

    for argument in (click.argument("address"), click.argument("store")):
        run = argument(run)
    return run  # type: ignore[return-value]


def _known(link: Storelink, store: str) -> None:
    if store not in link.stores:
        raise UnknownStore(store, link.stores)


# -- the ledger ------------------------------------------------------------------------------------


@click.group()
def consent() -> None:
    """See and write down what a person agreed to, or refused."""


@consent.command("show")
@with_link
@_of_somebody
@as_json
def show_consent(link: Storelink, store: str, address: str, as_json: bool) -> None:
    """Say what the person of ADDRESS said to STORE, and how they stand to its messages.

    A purchase, which some laws count, too, is not looked at: `storelink explain` does.
    """
    said = link.consents.history(store, address)
    stands, against = (
        _stands(link, store, address, said),
        link.suppressions.standing(store, address),
    )
    if as_json:
        body = {
            "said": list(map(_entry, said)),
            "stands": stands,
            "suppressed": list(map(_suppression, against)),
        }
        click.echo(json.dumps(body, indent=2, ensure_ascii=False))
        return
    show(map(_entry, said), as_json=False, empty="Nothing is known to have been said.")
    click.echo("")
    for one in stands:
        since = f" since {one['at']} ({one['source']})" if one["at"] else ""
        click.echo(f"{one['class']} by {one['channel']}: {one['basis']}{since}")
    for row in against:
        click.echo(f"suppressed: {row.why} since {row.at:%Y-%m-%d} ({row.source})")


@consent.command()
@with_link
@_of_somebody
@click.option(
    "--class", "kind", type=click.Choice(list(_CLASSES)), required=True, help="* for a refusal."
)
@click.option("--channel", required=True, help="email, sms, whatsapp …; * for a refusal.")
@click.option("--state", type=click.Choice([str(one) for one in Given]), required=True)
@click.option("--source", required=True, help="Where it was said: checkout, phone, letter …")
@click.option("--wording", help="What the person agreed to, word for word.")
@click.option("--at", "at", metavar="TIME", help="When, with an offset: 2026-03-29T22:30Z; now.")
@as_json
def record(
    link: Storelink,
    store: str,
    address: str,
    *,
    kind: str,
    channel: str,
    as_json: bool,
    **said: str | None,
) -> None:
    """Write down what the person of ADDRESS said to STORE. It can be outdone, and not undone.

    A consent is worth as much as its proof: give the wording, and the time if it was not just now.
    """
    _check_channel(link, channel)
    state, wording = Given(said["state"] or ""), said["wording"]
    if state is not Given.REFUSED and not wording:
        raise click.UsageError("say what the person agreed to: --wording")
    at, source = _time(said["at"], "--at"), said["source"] or "command line"
    if at is not None and at > link.clock.now():
        raise click.BadParameter("nobody has said anything in the future", param_hint="--at")
    who = (store, address, channel, _CLASSES[kind])
    try:
        link.consents.record(*who, state, at, source=source, wording=wording)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    stands = _stands(link, store, address, link.consents.history(store, address))
    rows = [one for one in stands if channel in (EVERY, one["channel"])]
    show(rows, as_json=as_json, empty="It is written down.")


def _check_channel(link: Storelink, channel: str) -> None:
    """Refuse a channel that no message takes, and no law knows: a typo would protect nobody."""
    from storelink.policy.rulebook import rulebook

    known = {EVERY, *link.media}.union(*(rule.channels for rule in rulebook().rules))
    if channel not in known:
        told = f"there is no channel {channel!r}; known: {', '.join(sorted(known))}"
        raise click.BadParameter(told, param_hint="--channel")


def _time(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        told = f"a time is written like 2026-03-29T22:30+02:00, not {text!r}"
        raise click.BadParameter(told, param_hint=option)
    return at


def _stands(
    link: Storelink, store: str, address: str, said: Iterable[ConsentRow]
) -> list[dict[str, Any]]:
    """Return how a person stands to each class, on each channel that reaches the address."""
    likely = "email" if "@" in address else "sms"
    channels = {likely, *(one.channel for one in said)} - {EVERY}
    asks = [Ask(address, channel, kind) for channel in sorted(channels) for kind in _ASKED]
    return [
        {
            "channel": ask.channel,
            "class": str(ask.message_class),
            "basis": str(one.basis),
            "at": one.at.isoformat(timespec="seconds") if one.at else None,
            "source": one.source,
        }
        for ask, one in zip(asks, link.consents.standings(store, asks), strict=True)
    ]


def _entry(one: ConsentRow) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(timespec="seconds"),
        "state": one.state,
        "class": one.message_class,
        "channel": one.channel,
        "source": one.source,
        "known_at": one.known_at.isoformat(timespec="seconds"),
        "wording": one.wording,
    }


# -- the list of suppressed addresses --------------------------------------------------------------

_WHY = click.Choice([str(one) for one in Why])


@click.command()
@with_link
@_of_somebody
@click.option("--why", type=_WHY, default=str(Why.BY_HAND), show_default=True)
@click.option("--channel", default=EVERY, show_default=True, help="Only by this one.")
@click.option("--source", default="command line", show_default=True, help="Who says so.")
@as_json
def suppress(
    link: Storelink, store: str, address: str, why: str, channel: str, source: str, as_json: bool
) -> None:
    """Send nothing more of STORE to ADDRESS, whoever uses it.

    by_hand and hard_bounce stop also what an order needs; the others only everything else.
    """
    _check_channel(link, channel)
    link.suppressions.suppress(store, address, Why(why), source=source, channel=channel)
    _show_suppressions(link.suppressions.standing(store, address), as_json=as_json)


@click.command()
@with_link
@_of_somebody
@click.option("--why", type=_WHY, default=str(Why.BY_HAND), show_default=True)
@as_json
def unsuppress(link: Storelink, store: str, address: str, why: str, as_json: bool) -> None:
    """Let ADDRESS be written to again, as far as that reason goes.

    What the person refused stays refused: only a new consent ends it.
    """
    if not link.suppressions.lift(store, address, Why(why)):
        left = sorted({one.why for one in link.suppressions.standing(store, address)})
        known = f"; what stands against it: {', '.join(left)}" if left else ""
        raise click.ClickException(f"the address is not suppressed for {why}{known}")
    _show_suppressions(link.suppressions.standing(store, address), as_json=as_json)


@click.command()
@click.argument("store")
@as_json
@with_link
def suppressions(link: Storelink, store: str, as_json: bool) -> None:
    """List what stands against addresses of STORE.

    An address is shown by its hash: `storelink consent show STORE ADDRESS` looks for one.
    """
    _known(link, store)
    _show_suppressions(link.suppressions.standing(store), as_json=as_json)


def _show_suppressions(rows: Iterable[SuppressionRow], *, as_json: bool) -> None:
    show(map(_suppression, rows), as_json=as_json, empty="Nothing is suppressed.")


def _suppression(row: SuppressionRow) -> dict[str, Any]:
    return {
        "hash": row.address[:_SHORT],
        "why": row.why,
        "channel": row.channel,
        "since": row.at.isoformat(timespec="seconds"),
        "source": row.source,
    }


# -- what is open --------------------------------------------------------------------------------


@click.command()
@with_link
@_of_somebody
@click.option("--why", required=True, help="In words: 'support case 17'. It names the hold, too.")
@click.option("--until", metavar="TIME", help="When it ends by itself, with an offset.")
def hold(link: Storelink, store: str, address: str, why: str, until: str | None) -> None:
    """Let everything for ADDRESS wait that no order of STORE needs, while something is open."""
    link.hold_person(store, address, why=why, until=_time(until, "--until"))
    click.echo(f"held: {why}; `storelink unhold` ends it")


@click.command()
@with_link
@_of_somebody
@click.option("--why", help="Only the hold of that name; by default every one.")
def unhold(link: Storelink, store: str, address: str, why: str | None) -> None:
    """Undo `storelink hold`; what waited is looked at once more."""
    if not link.release_person(store, address, why=why):
        raise click.ClickException("nothing holds the messages to the address back")
    click.echo("let go")
