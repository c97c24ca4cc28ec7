"""What may be sent to whom and when: one row, one case.

The columns: class, country and part of it, channel, local time, basis (and since when), then the
decision, the rule that decides and, of what is deferred, the local time from which it may go.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from storelink.models.enums import MessageClass
from storelink.policy.judge import judge
from storelink.policy.question import Basis, Confidence, Question, Ruling, Standing, Zone
from storelink.policy.rulebook import rulebook

ZONES = {
    "AE": "Asia/Dubai", "AT": "Europe/Vienna", "AU": "Australia/Sydney", "BD": "Asia/Dhaka",
    "BE": "Europe/Brussels", "BR": "America/Sao_Paulo", "CA": "America/Toronto",
    "CH": "Europe/Zurich", "DE": "Europe/Berlin", "DK": "Europe/Copenhagen",
    "ES": "Europe/Madrid", "FI": "Europe/Helsinki", "FR": "Europe/Paris", "GB": "Europe/London",
    "GR": "Europe/Athens", "HR": "Europe/Zagreb", "HU": "Europe/Budapest",
    "IE": "Europe/Dublin", "IN": "Asia/Kolkata", "IR": "Asia/Tehran",
    "IT": "Europe/Rome", "JP": "Asia/Tokyo", "NL": "Europe/Amsterdam", "NO": "Europe/Oslo",
    "NZ": "Pacific/Auckland", "PL": "Europe/Warsaw", "PT": "Europe/Lisbon",
    "RO": "Europe/Bucharest", "SA": "Asia/Riyadh", "SE": "Europe/Stockholm",
    "SG": "Asia/Singapore", "TR": "Europe/Istanbul", "US": "America/New_York",
    "US-LA": "America/Chicago", "US-MS": "America/Chicago", "US-OK": "America/Chicago",
    "US-TX": "America/Chicago", "US-WA": "America/Los_Angeles", "US-CA": "America/Los_Angeles",
    "ZA": "Africa/Johannesburg", "MX": "America/Mexico_City", "-": "Europe/Paris",
}  # fmt: skip

CLASSES = {
    "order": MessageClass.TRANSACTIONAL,
    "review": MessageClass.RELATIONSHIP,
    "ad": MessageClass.MARKETING,
}

# 2026-06-10 is a Wednesday, 2026-06-13 a Saturday, 2026-06-14 a Sunday.
CASES = """
# What an order needs goes to everybody, at any hour ...
order  DE     email     2026-06-10T12:00  none      send      all.transactional
order  DE     email     2026-06-14T03:00  none      send      all.transactional
order  DE     sms       2026-06-14T03:00  none      send      all.transactional
order  FR     sms       2026-07-14T23:30  none      send      all.transactional
order  US     sms       2026-06-10T23:30  none      send      all.transactional
order  US-TX  sms       2026-06-14T07:00  none      send      all.transactional
order  US-FL  email     2026-06-14T02:00  none      send      all.transactional
order  CA     email     2026-06-10T12:00  none      send      all.transactional
order  GB     email     2026-06-10T12:00  none      send      all.transactional
order  IN     sms       2026-06-10T22:30  none      send      all.transactional
order  BD     sms       2026-06-10T02:00  none      send      all.transactional
order  AE     sms       2026-06-10T22:00  none      send      all.transactional
order  ZA     email     2026-06-14T12:00  none      send      all.transactional
order  JP     email     2026-06-10T12:00  purchase  send      all.transactional
order  -      email     2026-06-14T03:00  none      send      all.transactional
order  -      sms       2026-06-14T03:00  none      send      all.transactional
order  MX     sms       2026-06-14T03:00  purchase  send      all.transactional
order  MX     push      2026-06-14T03:00  none      send      all.transactional
# ... but WhatsApp wants an opt-in for everything, and a refusal of the very class counts.
order  DE     whatsapp  2026-06-10T12:00  none      suppress  all.whatsapp-opt-in
order  BR     whatsapp  2026-06-10T12:00  purchase  suppress  all.whatsapp-opt-in
order  BR     whatsapp  2026-06-10T03:00  consent   send      all.whatsapp-opt-in
order  -      whatsapp  2026-06-10T12:00  purchase  suppress  all.whatsapp-opt-in
order  DE     email     2026-06-10T12:00  refused   suppress  all.refusal
order  US     sms       2026-06-10T12:00  refused   suppress  all.refusal

# Germany: a review request is advertising, and a purchase alone is no soft opt-in.
review DE     email     2026-06-10T12:00  none      suppress  de.bgh-vi-zr-225-17
review DE     email     2026-06-10T12:00  purchase  suppress  de.bgh-vi-zr-225-17
review DE     email     2026-06-10T12:00  consent   send      de.bgh-vi-zr-225-17
review DE     email     2026-06-10T12:00  confirmed send      de.bgh-vi-zr-225-17
review DE     email     2026-06-10T12:00  refused   suppress  all.refusal
review DE     email     2026-03-29T22:30  none      suppress  de.bgh-vi-zr-225-17
review DE     email     2026-03-29T22:30  consent   send      de.bgh-vi-zr-225-17
review DE     sms       2026-06-10T12:00  purchase  suppress  de.bgh-vi-zr-225-17
review DE     whatsapp  2026-06-10T12:00  purchase  suppress  de.bgh-vi-zr-225-17
ad     DE     email     2026-06-10T12:00  none      suppress  de.uwg-7
ad     DE     email     2026-06-10T12:00  purchase  suppress  de.uwg-7
ad     DE     email     2026-06-10T12:00  consent   send      de.uwg-7
ad     DE     sms       2026-06-10T12:00  purchase  suppress  de.uwg-7
ad     DE     sms       2026-06-10T12:00  consent   send      de.uwg-7
ad     DE     email     2026-06-10T12:00  refused   suppress  all.refusal
# Austria and Poland ask for consent, too.
review AT     email     2026-06-10T12:00  purchase  suppress  at.tkg-174
review AT     email     2026-06-10T12:00  consent   send      at.tkg-174
ad     AT     sms       2026-06-10T12:00  none      suppress  at.tkg-174
review PL     email     2026-06-10T12:00  purchase  suppress  pl.pke-398
ad     PL     email     2026-06-10T12:00  confirmed send      pl.pke-398
ad     PL     sms       2026-06-10T12:00  purchase  suppress  pl.pke-398
# The directive, where no exception for customers is cited.
review GR     email     2026-06-10T12:00  purchase  suppress  eu.eprivacy-13-1
review GR     email     2026-06-10T12:00  consent   send      eu.eprivacy-13-1
ad     HU     email     2026-06-10T12:00  purchase  suppress  eu.eprivacy-13-1
ad     HU     sms       2026-06-10T12:00  consent   send      eu.eprivacy-13-1
ad     HU     email     2026-06-10T12:00  refused   suppress  all.refusal
# The exception for customers, by e-mail ...
review BE     email     2026-06-10T12:00  purchase  send      be.rd-2003-04-04
ad     BE     email     2026-06-10T12:00  none      suppress  be.rd-2003-04-04
review FI     email     2026-06-10T12:00  purchase  send      fi.sahkoinen-viestinta-200
ad     FI     email     2026-06-10T12:00  none      suppress  fi.sahkoinen-viestinta-200
review FR     email     2026-06-10T12:00  purchase  send      fr.cpce-l34-5
review FR     email     2026-06-14T23:00  purchase  send      fr.cpce-l34-5
review FR     email     2026-06-10T12:00  none      suppress  fr.cpce-l34-5
ad     FR     email     2026-06-10T12:00  purchase  send      fr.cpce-l34-5
ad     FR     email     2026-06-10T12:00  refused   suppress  all.refusal
review NL     email     2026-06-10T12:00  purchase  send      nl.tw-11-7
ad     NL     sms       2026-06-10T12:00  purchase  send      nl.tw-11-7
ad     NL     email     2026-06-10T12:00  none      suppress  nl.tw-11-7
review ES     email     2026-06-10T12:00  purchase  send      es.lssi-21
ad     ES     sms       2026-06-10T12:00  purchase  send      es.lssi-21
ad     ES     sms       2026-06-10T12:00  none      suppress  es.lssi-21
review IT     email     2026-06-10T12:00  purchase  send      it.codice-130
ad     IT     email     2026-06-10T12:00  none      suppress  it.codice-130
review DK     email     2026-06-10T12:00  purchase  send      dk.mfl-10
ad     DK     email     2026-06-10T12:00  none      suppress  dk.mfl-10
review PT     email     2026-06-10T12:00  purchase  send      pt.lei-41-2004
ad     PT     email     2026-06-10T12:00  none      suppress  pt.lei-41-2004
review HR     email     2026-06-10T12:00  purchase  send      hr.zek
ad     HR     email     2026-06-10T12:00  none      suppress  hr.zek
review RO     email     2026-06-10T12:00  purchase  send      ro.lege-506-2004
ad     RO     email     2026-06-10T12:00  none      suppress  ro.lege-506-2004
review NO     email     2026-06-10T12:00  purchase  send      no.mfl-15
ad     NO     sms       2026-06-10T12:00  purchase  send      no.mfl-15
ad     NO     sms       2026-06-10T12:00  none      suppress  no.mfl-15
# ... not by text where that is not cited ...
review IT     sms       2026-06-10T12:00  purchase  suppress  eu.eprivacy-13-1-text
ad     DK     sms       2026-06-10T12:00  purchase  suppress  eu.eprivacy-13-1-text
ad     SE     sms       2026-06-10T12:00  consent   send      eu.eprivacy-13-1-text
ad     BE     sms       2026-06-10T12:00  purchase  suppress  eu.eprivacy-13-1-text
# ... never by WhatsApp ...
ad     NL     whatsapp  2026-06-10T12:00  purchase  suppress  all.whatsapp-opt-in
ad     GB     whatsapp  2026-06-10T12:00  consent   send      all.whatsapp-opt-in
# ... and in two countries only for twelve months.
review IE     email     2026-06-10T12:00  purchase@2025-06-11  send      ie.si-336-2011-13
review IE     email     2026-06-10T12:00  purchase@2025-06-10  suppress  ie.si-336-2011-13
review IE     email     2026-06-10T12:00  purchase  suppress  ie.si-336-2011-13
ad     IE     email     2026-06-10T12:00  consent   send      ie.si-336-2011-13
review SE     email     2026-06-10T12:00  purchase@2026-05-01  send      se.mfl-19
review SE     email     2026-06-10T12:00  purchase@2024-05-01  suppress  se.mfl-19
# French texts: not at night, not on Sundays, not on holidays (Bastille Day is a Tuesday in 2026).
ad     FR     sms       2026-06-10T12:00  purchase  suppress  eu.eprivacy-13-1-text
ad     FR-75  sms       2026-06-10T12:00  consent   send      eu.eprivacy-13-1-text
ad     FR-75  sms       2026-06-10T08:00  consent   send      eu.eprivacy-13-1-text
ad     FR-75  sms       2026-06-10T07:59  consent   defer     fr.af2m-hours  2026-06-10T08:00
ad     FR-75  sms       2026-06-10T21:29  consent   send      eu.eprivacy-13-1-text
ad     FR-75  sms       2026-06-10T21:30  consent   defer     fr.af2m-hours  2026-06-11T08:00
ad     FR     sms       2026-06-13T22:30  consent   defer     fr.af2m-hours  2026-06-15T08:00
ad     FR     sms       2026-06-14T12:00  consent   defer     fr.af2m-hours  2026-06-15T08:00
ad     FR     sms       2026-07-14T12:00  consent   defer     fr.af2m-hours  2026-07-15T08:00
review FR     sms       2026-07-13T22:00  confirmed defer     fr.af2m-hours  2026-07-15T08:00
ad     FR     sms       2026-06-14T12:00  none      suppress  eu.eprivacy-13-1-text
ad     FR     sms       2026-03-29T02:30  consent   defer     fr.af2m-hours  2026-03-30T08:00
ad     FR     sms       2026-10-24T21:45  consent   defer     fr.af2m-hours  2026-10-26T08:00

# The United Kingdom and Switzerland.
review GB     email     2026-06-10T12:00  purchase  send      gb.pecr-22
review GB     email     2026-06-10T12:00  none      suppress  gb.pecr-22
ad     GB     sms       2026-06-10T23:00  purchase  send      gb.pecr-22
ad     GB     email     2026-06-10T12:00  refused   suppress  all.refusal
review CH     email     2026-06-10T12:00  purchase  send      ch.uwg-3-1-o
ad     CH     sms       2026-06-10T12:00  none      suppress  ch.uwg-3-1-o

# The United States: e-mail needs no consent, texts need it in writing.
review US     email     2026-06-10T12:00  none      send      us.can-spam
ad     US     email     2026-06-14T03:00  none      send      us.can-spam
ad     US-TX  email     2026-06-14T03:00  none      send      us.can-spam
ad     US     email     2026-06-10T12:00  refused   suppress  all.refusal
ad     US     sms       2026-06-10T12:00  none      suppress  us.tcpa-consent
ad     US-NY  sms       2026-06-10T12:00  purchase  suppress  us.tcpa-consent
review US-NY  sms       2026-06-10T12:00  purchase  suppress  us.tcpa-consent
review US-NY  sms       2026-06-10T12:00  consent   send      us.tcpa-consent
ad     US-NY  whatsapp  2026-06-10T12:00  consent   send      us.tcpa-consent
# Federal hours: 8 to 21 where the recipient is.
ad     US-NY  sms       2026-06-10T08:00  consent   send      us.tcpa-consent
ad     US-NY  sms       2026-06-10T07:59  consent   defer     us.tcpa-hours  2026-06-10T08:00
ad     US-NY  sms       2026-06-10T20:59  consent   send      us.tcpa-consent
ad     US-NY  sms       2026-06-10T21:00  consent   defer     us.tcpa-hours  2026-06-11T08:00
ad     US-CA  sms       2026-06-10T21:00  consent   defer     us.tcpa-hours  2026-06-11T08:00
ad     US-NY  sms       2026-06-14T12:00  consent   send      us.tcpa-consent
# Over the change of the clocks (8 March and 1 November 2026).
ad     US-NY  sms       2026-03-07T21:30  consent   defer     us.tcpa-hours  2026-03-08T08:00
ad     US-NY  sms       2026-03-08T02:30  consent   defer     us.tcpa-hours  2026-03-08T08:00
ad     US-NY  sms       2026-10-31T21:30  consent   defer     us.tcpa-hours  2026-11-01T08:00
ad     US-NY  sms       2026-11-01T01:30  consent   defer     us.tcpa-hours  2026-11-01T08:00
ad     US-TX  sms       2026-11-01T01:30  consent   defer     us-tx.301-051  2026-11-01T12:00
# States that are stricter.
ad     US-CT  sms       2026-06-10T08:30  consent   defer     us-ct.42-288a  2026-06-10T09:00
ad     US-CT  whatsapp  2026-06-10T20:30  consent   defer     us-ct.42-288a  2026-06-11T09:00
ad     US-FL  sms       2026-06-10T20:30  consent   defer     us-fl.501-616  2026-06-11T08:00
ad     US-FL  sms       2026-06-10T19:59  consent   send      us.tcpa-consent
review US-FL  sms       2026-06-10T20:00  consent   defer     us-fl.501-616  2026-06-11T08:00
ad     US-KY  sms       2026-06-10T09:30  consent   defer     us-ky.367-46955  2026-06-10T10:00
ad     US-LA  sms       2026-06-14T12:00  consent   defer     us-la.psc-r-29617  2026-06-15T08:00
ad     US-LA  sms       2026-12-25T12:00  consent   defer     us-la.psc-r-29617  2026-12-26T08:00
ad     US-MD  sms       2026-06-10T20:30  consent   defer     us-md.14-4501  2026-06-11T08:00
ad     US-MS  sms       2026-06-14T12:00  consent   defer     us-ms.77-3-723  2026-06-15T08:00
ad     US-NJ  sms       2026-06-10T20:30  consent   defer     us-nj.56-8-119  2026-06-11T08:00
ad     US-OK  sms       2026-06-10T20:30  consent   defer     us-ok.775c-4  2026-06-11T08:00
ad     US-RI  sms       2026-06-10T18:30  consent   defer     us-ri.5-61-3-6  2026-06-11T09:00
ad     US-RI  sms       2026-06-13T18:00  consent   defer     us-ri.5-61-3-6  2026-06-15T09:00
ad     US-TX  sms       2026-06-10T08:30  consent   defer     us-tx.301-051  2026-06-10T09:00
ad     US-TX  sms       2026-06-14T11:59  consent   defer     us-tx.301-051  2026-06-14T12:00
ad     US-TX  sms       2026-06-14T12:00  consent   send      us.tcpa-consent
ad     US-WA  sms       2026-06-10T20:30  consent   defer     us-wa.80-36-390  2026-06-11T08:00
# An unknown state is judged by all states, and has the holidays of all (11 June: Hawaii's).
ad     US     sms       2026-06-11T12:00  consent   defer     us-ri.5-61-3-6  2026-06-12T10:00
ad     US     sms       2026-06-10T12:00  consent   send      us.tcpa-consent
ad     US     sms       2026-06-10T09:30  consent   defer     us-ky.367-46955  2026-06-10T10:00
ad     US     sms       2026-06-16T18:30  consent   defer     us-ri.5-61-3-6  2026-06-17T10:00
ad     US-ZZ  sms       2026-06-10T09:30  consent   defer     us-ky.367-46955  2026-06-10T10:00

# Canada: a purchase implies consent for two years.
review CA     email     2026-06-10T12:00  purchase@2024-06-11  send      ca.casl-10
review CA     email     2026-06-10T12:00  purchase@2024-06-10  suppress  ca.casl-10
ad     CA     sms       2026-06-10T23:00  purchase@2026-01-01  send      ca.casl-10
ad     CA     email     2026-06-10T12:00  purchase  suppress  ca.casl-10
ad     CA     email     2026-06-10T12:00  consent@2001-01-01   send      ca.casl-10
ad     CA     email     2026-06-10T12:00  none      suppress  ca.casl-10
ad     CA     email     2026-06-10T12:00  refused   suppress  all.refusal
# Brazil.
review BR     email     2026-06-10T12:00  purchase  send      br.lgpd-7
ad     BR     email     2026-06-10T12:00  none      suppress  br.lgpd-7
ad     BR     sms       2026-06-10T12:00  purchase  suppress  br.lgpd-7-text

# Asia.
review IN     email     2026-06-10T12:00  purchase  suppress  in.dpdp-6
review IN     email     2026-06-10T23:00  consent   send      in.dpdp-6
ad     IN     sms       2026-06-10T12:00  none      suppress  in.tcccpr-consent
ad     IN     sms       2026-06-10T12:00  consent   send      in.tcccpr-consent
ad     IN     sms       2026-06-10T09:30  consent   defer     in.tcccpr-hours  2026-06-10T10:00
review IN     sms       2026-06-10T21:00  consent   defer     in.tcccpr-hours  2026-06-11T10:00
ad     BD     sms       2026-06-10T12:00  purchase  suppress  bd.btrc-consent
ad     BD     sms       2026-06-10T02:00  consent   defer     bd.btrc-hours  2026-06-10T08:00
ad     BD     sms       2026-06-10T23:59  consent   send      bd.btrc-consent
ad     IR     sms       2026-06-10T12:00  purchase  suppress  ir.cra-270
ad     IR     sms       2026-06-10T12:00  consent   send      ir.cra-270
ad     SA     sms       2026-06-10T12:00  purchase  suppress  sa.cst-consent
ad     SA     sms       2026-06-10T21:30  consent   defer     sa.cst-hours  2026-06-11T09:00
ad     AE     sms       2026-06-10T12:00  none      suppress  ae.tdra-consent
ad     AE     sms       2026-06-10T18:00  consent   defer     ae.cabinet-56-hours  2026-06-11T09:00
ad     AE     whatsapp  2026-06-10T08:00  consent   defer     ae.cabinet-56-hours  2026-06-10T09:00
review JP     email     2026-06-10T12:00  purchase  suppress  jp.tokutei-3
ad     JP     email     2026-06-10T12:00  consent   send      jp.tokutei-3
review SG     email     2026-06-10T12:00  purchase  suppress  sg.dnc
ad     SG     sms       2026-06-10T12:00  consent   send      sg.dnc
ad     TR     email     2026-06-10T12:00  purchase  suppress  tr.iys
ad     TR     sms       2026-06-10T12:00  consent   send      tr.iys

# Oceania and Africa.
review AU     email     2026-06-10T12:00  purchase  suppress  au.spam-act-16
ad     AU     sms       2026-06-10T12:00  consent   send      au.spam-act-16
review NZ     email     2026-06-10T12:00  purchase  suppress  nz.uema-9
ad     NZ     email     2026-06-10T12:00  consent   send      nz.uema-9
review ZA     email     2026-06-10T12:00  purchase  send      za.popia-69
ad     ZA     email     2026-06-10T12:00  none      suppress  za.popia-69
ad     ZA     email     2026-06-10T20:30  purchase  defer     za.cpa-12-hours  2026-06-11T08:00
ad     ZA     sms       2026-06-13T13:00  consent   defer     za.cpa-12-hours  2026-06-15T08:00
ad     ZA     email     2026-06-14T12:00  consent   defer     za.cpa-12-hours  2026-06-15T08:00
ad     ZA     email     2026-06-16T12:00  consent   defer     za.cpa-12-hours  2026-06-17T08:00

# Nobody knows where, or the rulebook does not: the strictest of everything.
review -      email     2026-06-10T12:00  purchase  suppress  de.bgh-vi-zr-225-17
review -      email     2026-06-10T12:00  consent   send      de.bgh-vi-zr-225-17
ad     -      email     2026-06-10T12:00  none      suppress  de.uwg-7
ad     -      email     2026-06-10T21:00  consent   defer     za.cpa-12-hours  2026-06-11T08:00
ad     -      sms       2026-06-10T12:00  consent   send      de.uwg-7
ad     -      sms       2026-06-10T21:00  consent   defer     us-ky.367-46955  2026-06-11T10:00
ad     -      sms       2026-06-14T12:00  consent   defer     us-ri.5-61-3-6  2026-06-15T10:00
ad     -      push      2026-06-10T12:00  purchase  suppress  de.uwg-7
ad     MX     email     2026-06-10T12:00  purchase  suppress  de.uwg-7
review MX     email     2026-06-14T12:00  consent   defer     za.cpa-12-hours  2026-06-15T08:00
ad     IR     email     2026-06-10T12:00  purchase  suppress  de.uwg-7
ad     DE     push      2026-06-10T12:00  purchase  suppress  de.uwg-7
ad     -      email     2026-06-10T12:00  refused   suppress  all.refusal
"""

ROWS = [line.split() for line in CASES.splitlines() if line and not line.startswith("#")]


def zone_of(place: str) -> str:
    return ZONES.get(place) or ZONES[place.partition("-")[0] or "-"]


def question(kind: str, place: str, channel: str, local: str, basis: str) -> Question:
    country, _, region = place.partition("-")
    name, _, since = basis.partition("@")
    at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone_of(place)))
    bought = datetime.fromisoformat(since).replace(tzinfo=UTC) if since else None
    return Question(
        message_class=CLASSES[kind],
        channel=channel,
        at=at.astimezone(UTC),
        country=country or None,
        region=region or None,
        zone=Zone((zone_of(place),), Confidence.STATED),
        standing=Standing(Basis(name), bought),
    )


def told(ruling: Ruling, place: str) -> list[str]:
    """Return the right-hand side of a row."""
    until = ruling.until and ruling.until.astimezone(ZoneInfo(zone_of(place)))
    return [
        ruling.outcome.value,
        ruling.reasons[0].rule,
        *([f"{until:%Y-%m-%dT%H:%M}"] if until else []),
    ]


@pytest.mark.parametrize("row", ROWS, ids=" ".join)
def test_what_may_go(row: list[str]) -> None:
    kind, place, channel, local, basis, *expected = row
    ruling = judge(question(kind, place, channel, local, basis))
    assert expected == told(ruling, place)
    assert ruling.reasons[0].source == rulebook().rule(ruling.reasons[0].rule).source


NEEDS = """
review DE    email     consent   one_click,opt_out                          eu.eprivacy-13-4
ad     FR    sms       consent   opt_out                                    eu.eprivacy-13-4
review GB    email     purchase  one_click,opt_out                          gb.pecr-22-refuse
ad     CH    sms       purchase  opt_out                                    ch.uwg-3-1-o-refuse
review US    email     none      one_click,opt_out,sender_address           us.can-spam-content
ad     US    email     none      ad_label,one_click,opt_out,sender_address  us.can-spam-label
ad     US    email     consent   one_click,opt_out,sender_address           us.can-spam-content
ad     US-NY sms       consent   opt_out                                    us.tcpa-revoke
ad     CA    email     consent   one_click,opt_out,sender_address           ca.casl-6
ad     CA    sms       consent   opt_out,sender_address                     ca.casl-6
ad     BR    email     purchase  one_click,opt_out                          br.capem-opt-out
ad     IN    email     consent   one_click,opt_out                          all.one-click
ad     SA    sms       consent   ad_label,opt_out                           sa.cst-label
ad     AE    sms       consent   ad_label,opt_out                           ae.tdra-label
ad     JP    email     consent   one_click,opt_out,sender_address           jp.tokutei-4
ad     SG    sms       consent   opt_out                                    sg.sca-unsubscribe
ad     TR    sms       consent   opt_out                                    tr.iys-refuse
ad     AU    email     consent   one_click,opt_out                          au.spam-act-17
ad     NZ    email     consent   one_click,opt_out                          nz.uema-11
ad     ZA    sms       purchase  opt_out                                    za.popia-69-object
order  US    email     none      -                                          all.transactional
order  DE    sms       none      -                                          all.transactional
"""
NEEDED = [line.split() for line in NEEDS.splitlines() if line]


@pytest.mark.parametrize("row", NEEDED, ids=" ".join)
def test_what_a_message_must_bring_along(row: list[str]) -> None:
    kind, place, channel, basis, needs, rule = row
    ruling = judge(question(kind, place, channel, "2026-06-10T12:00", basis))
    assert needs == (",".join(sorted(ruling.needs)) or "-")
    assert rule in [cited.rule for cited in ruling.reasons]


CAPPED = [("FL", "us-fl.501-616-cap"), ("OK", "us-ok.775c-4-cap"), ("MD", "us-md.14-4501-cap")]


@pytest.mark.parametrize(("state", "rule"), CAPPED)
def test_some_states_allow_three_texts_a_day(state: str, rule: str) -> None:
    [(cap, cited)] = rulebook().caps("US", state, MessageClass.MARKETING, "sms")
    assert (3, 24 * 3600) == (cap.count, cap.period.total_seconds())
    assert rule == cited.rule
    assert () == rulebook().caps("US", state, MessageClass.MARKETING, "email")
    assert () == rulebook().caps("US", "CA", MessageClass.MARKETING, "sms")


def test_every_rule_decides_a_row() -> None:
    """A rule that never matters, or whose case nobody wrote down, is no rule."""
    decisive = {row[6] for row in ROWS} | {row[5] for row in NEEDED} | {rule for _, rule in CAPPED}
    assert {rule.id for rule in rulebook().rules} == decisive


def test_the_table_is_long_and_says_nothing_twice() -> None:
    assert len(ROWS) >= 150
    assert len(ROWS) == len({tuple(row[:5]) for row in ROWS})


def test_a_place_that_is_not_known_is_told() -> None:
    nowhere = judge(question("ad", "-", "email", "2026-06-10T12:00", "none"))
    some_state = judge(question("ad", "US", "sms", "2026-06-10T12:00", "none"))
    texas = judge(question("ad", "US-TX", "sms", "2026-06-10T12:00", "none"))
    assert "unknown-country" == nowhere.reasons[-1].rule
    assert "unknown-region" == some_state.reasons[-1].rule
    assert ["us.tcpa-consent"] == [cited.rule for cited in texas.reasons]


def test_codes_are_read_as_shops_write_them() -> None:
    for country, region in (("us", "tx"), ("US", "US-TX"), ("Us", "TX")):
        combined = rulebook().combined(country, region, MessageClass.MARKETING, "sms")
        assert "Mon-Sat 09:00-21:00; Sun 12:00-21:00" == str(combined.hours)
