"""Which channels reach a person."""

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


def routes(contact: Contact, channels: Mapping[str, Channel]) -> list[Route]:
    """Return the channels that reach *contact*, in the order in which they were given."""
    return [
        Route(name, channel, address)
        for name, channel in channels.items()
        if (address := channel.address(contact))
    ]
