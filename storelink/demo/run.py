"""Running the demo: a folder, a mail server, a play, and a gallery of what came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from storelink import plugins
from storelink.demo.folder import Folder
from storelink.demo.gallery import page
from storelink.demo.play import Play, Progress
from storelink.demo.report import Report
from storelink.errors import ConfigError, MissingExtra
from storelink.testing.clock import FrozenClock
from storelink.testing.journeys import PACKAGED, Journeys

if TYPE_CHECKING:
    from storelink.testing.mailserver import MailServer

_SENDER = "Atelier <hello@atelier.example>"


def run(
    folder: Folder,
    *,
    seed: int = 1,
    journeys: Path = PACKAGED,
    watch: Callable[[Progress], None] = lambda progress: None,
) -> Report:
    """Run the demo, and leave the database, the mails and the gallery in *folder*.

    Args:
        folder: where to write.
        seed: decides in which order webhooks arrive, and which arrive twice.
        journeys: the folder of the recorded lives.
        watch: told how far the demo is.

    Raises:
        ConfigError: there is no recording in *journeys*.
        MissingExtra: the library of the mail server is not installed.
        PluginError: an adapter or the e-mail channel is not installed.
    """
    recorded = _recorded(journeys)
    clock = FrozenClock(recorded.deliveries[0].received_at)
    with _mail_server() as server:
        channel = plugins.channel("email").factory(server.url, sender=_SENDER, clock=clock)
        report = Play(
            recorded,
            database=folder.database,
            channel=channel,
            server=server,
            clock=clock,
            seed=seed,
            watch=watch,
        ).run()
    mails = ((mail.file, mail.raw) for mail in report.received.mails)
    folder.write(gallery=page(report), mails=mails)
    return report


def _recorded(path: Path) -> Journeys:
    found = Journeys(path)
    if not (path / "journeys.json").is_file() or not found.deliveries:
        raise ConfigError(f"{path} holds no recorded journeys")
    return found


def _mail_server() -> MailServer:
    try:
        from storelink.testing.mailserver import MailServer
    except MissingExtra as error:
        raise MissingExtra(error.library, "demo") from None
    return MailServer()
