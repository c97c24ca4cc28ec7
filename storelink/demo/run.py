"""Running the demo: a folder, a mail server, two stores, and a gallery of what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from storelink import plugins
from storelink.app import Storelink
from storelink.consent import Given
from storelink.demo.folder import Folder
from storelink.demo.gallery import page
from storelink.demo.play import Play, Progress
from storelink.demo.report import Report
from storelink.demo.scenes import SCENES
from storelink.errors import ConfigError, MissingExtra
from storelink.models.enums import MessageClass
from storelink.testing.clock import FrozenClock

if TYPE_CHECKING:
    from storelink.demo.journey import Journeys

_SENDER = "Atelier <hello@atelier.example>"
_BEGINS = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


def run(
    folder: Folder, *, seed: int = 1, watch: Callable[[Progress], None] = lambda progress: None
) -> Report:
    """Run the demo, and leave the databases, the mails, the gallery and the picture in *folder*.

    Args:
        folder: where to write.
        seed: decides which webhooks and calls of the API come to grief, and how.
        watch: told how far the demo is.

    Raises:
        MissingExtra: a library that the demo needs is not installed.
        PluginError: an adapter or the e-mail channel is not installed.
    """
    try:
        report = _played(folder, seed, watch)
        journeys = _travel(folder)
    except MissingExtra as error:
        raise MissingExtra(error.library, "demo") from None
    report = replace(report, checks=[*report.checks, *journeys.checks])
    mails = ((mail.file, mail.raw) for mail in report.received.mails)
    folder.write(gallery=page(report), mails=mails)
    return report


def _travel(folder: Folder) -> Journeys:
    """Follow three customers, and write down what came of it; the picture where a browser is."""
    from storelink.demo import journey_page
    from storelink.demo.journey import travel

    journeys = travel(folder.journeys)
    page = journey_page.page(journeys)
    try:
        picture = journey_page.picture(page)
    except ConfigError:
        picture = None
    folder.write_journeys(page, picture, mails=((one.file, one.raw) for one in journeys.mails))
    return journeys


def _agree(link: Storelink) -> None:
    """Let all customers agree to be asked for reviews, as they would at the checkout."""
    for scene in SCENES:
        for store, part in scene.cast.items():
            if part.buyer.email:
                link.consents.record(
                    store,
                    part.buyer.email,
                    "email",
                    MessageClass.RELATIONSHIP,
                    Given.CONFIRMED,
                    source="checkout",
                    wording="Yes, ask me what I think of what I bought.",
                )


def _played(folder: Folder, seed: int, watch: Callable[[Progress], None]) -> Report:
    from storelink.demo.stores import connected, open_shops
    from storelink.testing.mailserver import MailServer

    clock = FrozenClock(_BEGINS)
    with MailServer() as server, open_shops(clock, seed) as shops:
        channel = plugins.channel("email").factory(server.url, sender=_SENDER, clock=clock)
        with connected(shops, database=folder.database, channel=channel, clock=clock) as link:
            _agree(link)
            return Play(link, shops, server=server, clock=clock, watch=watch).run(seed=seed)
