"""Which channel reaches a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from storelink.contracts.channel import Channel
from storelink.models.contact import Contact


class Route(NamedTuple):
    """A channel, and the address that it understands."""

    name: str
    channel: Channel
    address: str


def route(contact: Contact, channels: Mapping[str, Channel]) -> Route | None:
    """Return the first channel, in the order they were given, that reaches *contact*."""
    for name, channel in channels.items():
        address = channel.address(contact)
        if address:
            return Route(name, channel, address)
    return None
