"""What can be written on an order: notes and meta.

Facts: WooCommerce REST API docs, "Order notes" and "Orders"; recording `order_note_create`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from storelink.toolkit.payload import Reader
from storelink_woocommerce import values
from storelink_woocommerce.shop import Shop, number

Body = Mapping[str, Any]

_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Writes:
    """The writing on one shop's orders."""

    shop: Shop

    def note(self, *, order_id: str, text: str, to_customer: bool = False) -> str:
        """Write a note on an order and return the note's id; each call writes another one.

        It does not move the order's time of change, and no webhook tells of it.

        Args:
            order_id: the order.
            text: what it says.
            to_customer: the customer sees it, and WooCommerce sends it by e-mail; otherwise only
                the shop's staff sees it.

        Raises:
            NotFound: there is no such order.
            WriteRefused: the shop will not.
            WriteInDoubt: the answer was lost, and reading back did not tell.
        """
        path = f"orders/{number(order_id)}/notes"
        before = {key for key, _ in self._same_notes(path, text)}

        def written() -> Body | None:
            found = self._same_notes(path, text)
            return next((note for key, note in found if key not in before), None)

        body = {"note": text, "customer_note": to_customer}
        return Reader(self.shop.client.post(path, body, read_back=written).body, "note").id("id")

    def meta(self, *, order_id: str, entries: Mapping[str, Any]) -> None:
        """Write *entries* on an order by key; other keys stay. Repeating it changes nothing more.

        Args:
            order_id: the order.
            entries: JSON values by key; `None` removes a key. Keys that begin with `_` are not
                shown to the shop's staff.

        Raises:
            NotFound: there is no such order.
            WriteRefused: the shop will not.
            WriteInDoubt: the answer was lost, and reading back did not tell.
        """
        path = f"orders/{number(order_id)}"
        body = {"meta_data": [{"key": key, "value": value} for key, value in entries.items()]}

        def written() -> Body | None:
            order = self.shop.client.get(path).body
            return order if _has_meta(order, entries) else None

        self.shop.client.put(path, body, read_back=written)

    def _same_notes(self, path: str, text: str) -> Iterator[tuple[str, Body]]:
        for note in self.shop.client.get(path).rows:
            reader = Reader(note, "note")
            if _plain(values.text(reader, "note") or "") == _plain(text):
                yield reader.id("id"), note


def _has_meta(order: Body, wanted: Mapping[str, Any]) -> bool:
    held = values.meta(Reader(order, "order")).data
    return all(held.get(key) == value for key, value in wanted.items())


def _plain(text: str) -> str:
    """Return a note as it can be compared.

    WordPress strips markup, encodes some characters, and takes backslashes (`wp_insert_comment`).
    """
    return " ".join(html.unescape(_TAG.sub("", text)).replace("\\", "").split())
