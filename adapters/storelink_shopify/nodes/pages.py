"""Connections, of which a document asks for one page."""

from __future__ import annotations

from storelink.toolkit.payload import Reader

FULFILLMENTS = REFUNDS = RETURNS = 10
LINES_OF_PARTS = 20
LINES = 50
TRACKING = 5
"""How many of each the documents ask for."""


def nodes(reader: Reader, name: str) -> list[Reader]:
    """Return readers of the nodes of a connection; a missing connection has none."""
    connection = reader.object(name)
    return connection.objects("nodes") if connection else []


def is_whole(reader: Reader, name: str, size: int) -> bool:
    """Say whether the page of *size* nodes holds all there are.

    Where the document asks whether there is a next page, the answer counts; a full page of a
    connection without that question may have been cut off.
    """
    connection = reader.object(name)
    page = connection.object("pageInfo") if connection else None
    if page and page.has("hasNextPage"):
        return page.flag("hasNextPage") is False
    return connection is not None and len(connection.objects("nodes")) < size
