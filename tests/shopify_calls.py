"""A Shopify sandbox that is called as any client would call it: with requests, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import requests

from storelink.contracts.sandbox import Item
from storelink.models import Contact, Money
from storelink.testing import FrozenClock
from storelink_shopify.sandbox.server import ShopifySandbox

MAYA = Contact(
    email="maya.ito@example.org",
    phone="+4915112345678",
    first_name="Maya",
    last_name="Ito",
    locale="de-DE",
)
MUG, TEA = Item("Mug", Money("12.50", "EUR"), 2), Item("Tea", Money("7.95", "EUR"), 1)


class Calls:
    """A sandbox that runs, its clock, and short ways to call it."""

    def __init__(self, sandbox: ShopifySandbox, clock: FrozenClock) -> None:
        self.sandbox, self.clock, self.store = sandbox, clock, sandbox.store
        self.session = requests.Session()

    def post(
        self, text: str, /, *, token: str | None = None, version: str = "2026-10", **variables: Any
    ) -> requests.Response:
        """Send a document."""
        headers = {"X-Shopify-Access-Token": token or self.sandbox.options["access_token"]}
        return self.session.post(
            f"{self.sandbox.url}/admin/api/{version}/graphql.json",
            json={"query": text, "variables": variables},
            headers=headers,
            timeout=10,
        )

    def ask(self, text: str, /, **variables: Any) -> Any:
        """Return the data of an answer without errors."""
        body = self.post(text, **variables).json()
        assert "errors" not in body, body["errors"]
        return body["data"]

    def place(self, count: int = 1) -> list[str]:
        """Place orders, one a minute."""
        placed = []
        for _ in range(count):
            placed.append(self.store.place(MAYA, [MUG, TEA]))
            self.clock.advance(timedelta(minutes=1))
        return placed


@contextmanager
def running(**options: Any) -> Iterator[Calls]:
    """Run a sandbox."""
    clock = FrozenClock()
    with ShopifySandbox(clock=clock, **options) as sandbox:
        calls = Calls(sandbox, clock)
        with calls.session:
            yield calls
