"""Taking webhooks: `storelink --app web:link serve --no-worker`, or any server on `web:app`."""

from __future__ import annotations

from shop import engine, open_link

from storelink.contracts.observing import Received
from storelink.web import Endpoint

link = open_link()


def hint(happening: object) -> None:
    """Let the work begin at once; without it, it begins with the next tick."""
    if isinstance(happening, Received) and happening.result == "absorbed":
        engine.hint(link, happening.store)


link.watch(hint)
app = Endpoint(link)
