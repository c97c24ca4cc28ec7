"""Commands about policy: what may be sent to whom, and by which rule."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from storelink.cli.shared import as_json, show
from storelink.models.enums import MessageClass
from storelink.policy.clocks import names
from storelink.policy.question import (
    Basis,
    Confidence,
    Need,
    Outcome,
    Question,
    Ruling,
    Standing,
    Zone,
)

CLASSES = {
    "transactional": MessageClass.TRANSACTIONAL,
    "review": MessageClass.RELATIONSHIP,
    "survey": MessageClass.RELATIONSHIP,
    "relationship": MessageClass.RELATIONSHIP,
    "marketing": MessageClass.MARKETING,
}
CONSENTS = {basis.value: basis for basis in Basis} | {"soft": Basis.PURCHASE}

_NEEDS: Mapping[Need, str] = {
    Need.OPT_OUT: "a way to say no to further ones",
    Need.SENDER_ADDRESS: "the sender's name and postal address",
    Need.ONE_CLICK: "one-click unsubscribe headers",
    Need.AD_LABEL: "a word that says that it is advertising",
}


_YEARS: Final = range(1970, 3000)
"""Zones are known since 1970, and calendars end."""


@click.group()
def policy() -> None:
    """Ask what may be sent, and by which rule. Engineering, not legal advice."""


@policy.command()
@click.option("--class", "kind", type=click.Choice(list(CLASSES)), required=True)
@click.option("--country", metavar="CODE", help="ISO 3166-1, for example DE; left out: unknown.")
@click.option("--region", metavar="CODE", help="A part of the country, for example TX.")
@click.option("--channel", default="email", show_default=True, help="email, sms, whatsapp …")
@click.option(
    "--at", "at", metavar="TIME", help="2026-03-29T22:30, in --zone, or with an offset; now."
)
@click.option("--zone", "zone_name", metavar="NAME", help="The recipient's, as Europe/Berlin.")
@click.option("--consent", type=click.Choice(list(CONSENTS)), default="none", show_default=True)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="The day of that consent.")
@as_json
def check(
    *,
    kind: str,
    country: str | None,
    region: str | None,
    channel: str,
    at: str | None,
    zone_name: str | None,
    as_json: bool,
    **standing: Any,
) -> None:
    """Say whether a message may go: now, later, or not at all, and why."""
    from storelink.policy.judge import judge
    from storelink.policy.rulebook import rulebook

    zone = _zone(zone_name, country, region)
    question = Question(
        message_class=CLASSES[kind],
        channel=channel,
        at=_instant(at, zone.names[0]),
        country=country,
        region=region,
        zone=zone,
        standing=_standing(**standing),
    )
    ruling, version = judge(question), rulebook().version
    if as_json:
        click.echo(json.dumps(_body(ruling, version), indent=2, ensure_ascii=False))
    else:
        click.echo(_sentences(ruling, zone.names[0], version))


@policy.command()
@click.option("--country", metavar="CODE", help="Only what holds there.")
@as_json
def rules(country: str | None, as_json: bool) -> None:
    """List the rules, each with its source."""
    from storelink.policy.rulebook import ANY, rulebook

    if country and not any(country.upper() in rule.countries for rule in rulebook().rules):
        click.echo(f"No rule names {country}: it is judged by all rules together.", err=True)
    rows = (
        {
            "rule": rule.id,
            "countries": " ".join(sorted(rule.countries)),
            "regions": " ".join(sorted(rule.regions)),
            "classes": " ".join(sorted(rule.classes)),
            "channels": " ".join(sorted(rule.channels)),
            "asks": str(rule.effect),
            "says": rule.says,
            "source": rule.source,
        }
        for rule in rulebook().rules
        if country is None or rule.countries & {ANY, country.upper()}
    )
    if as_json:
        show(rows, as_json=True, empty="")
        return
    for row in rows:
        where = f"{row['countries']} {row['regions']}".strip()
        click.echo(f"{row['rule']}: {row['asks']} ({row['classes']}; {row['channels']}; {where})")
        click.echo(f"  {row['says']}\n  {row['source']}")
    click.echo(f"\nRulebook of {rulebook().version}. Engineering, not legal advice.")


# -- what is asked ---------------------------------------------------------------------------------


def _zone(name: str | None, country: str | None, region: str | None) -> Zone:
    if name is None:
        from storelink.policy.zones import infer

        return infer(country=country, region=region)
    if name not in names():
        raise click.BadParameter(f"there is no zone {name!r}", param_hint="--zone")
    return Zone((name,), Confidence.STATED, "account")


def _instant(text: str | None, zone: str) -> datetime:
    """Return the instant that is meant; of a local time that there is twice, the first one."""
    if text is None:
        return datetime.now(UTC)
    try:
        local = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"a time is written like 2026-03-29T22:30, not {text!r}", param_hint="--at"
        ) from error
    _check_year(local, "--at")
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    meant = local.replace(tzinfo=ZoneInfo(zone))
    at = meant.astimezone(UTC)
    if (shown := at.astimezone(meant.tzinfo).replace(tzinfo=None)) != local:
        click.echo(
            f"In {zone} there is no {local:%H:%M} that day; {shown:%H:%M} is meant.", err=True
        )
    elif meant.replace(fold=1).utcoffset() != meant.utcoffset():
        click.echo(f"In {zone} it is {local:%H:%M} twice that day; the first is meant.", err=True)
    return at


def _check_year(told: datetime, option: str) -> None:
    if told.year not in _YEARS:
        raise click.BadParameter(
            f"the year is between 1970 and 2999, not {told.year}", param_hint=option
        )


def _standing(consent: str, since: datetime | None) -> Standing:
    if since is not None:
        _check_year(since, "--since")
    day = (
        None
        if since is None
        else datetime.combine(date(since.year, since.month, since.day), time.min, UTC)
    )
    return Standing(CONSENTS[consent], day, "command line")


# -- what is answered ------------------------------------------------------------------------------


def _body(ruling: Ruling, version: str) -> dict[str, Any]:
    return {
        "decision": ruling.outcome.value,
        "until": ruling.until.isoformat() if ruling.until else None,
        "reasons": [
            {"rule": one.rule, "source": one.source, "why": one.why} for one in ruling.reasons
        ],
        "needs": sorted(ruling.needs),
        "rules": version,
    }


def _sentences(ruling: Ruling, zone: str, version: str) -> str:
    lines = [_verdict(ruling, zone)]
    if ruling.needs:
        lines.append(
            f"It must bring along {'; '.join(_NEEDS[one] for one in sorted(ruling.needs))}."
        )
    lines += [f"- {one.why} [{one.rule}: {one.source}]" for one in ruling.reasons]
    return "\n".join([*lines, f"Rulebook of {version}. Engineering, not legal advice."])


def _verdict(ruling: Ruling, zone: str) -> str:
    if ruling.until is not None:
        local = ruling.until.astimezone(ZoneInfo(zone))
        return f"Not now, but from {local:%A}, {local:%Y-%m-%d %H:%M} on ({zone})."
    return "It may go now." if ruling.outcome is Outcome.SEND else "It must not be sent."
