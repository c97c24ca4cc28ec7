"""Connections, of which a document asks for one page.

An order's fulfillments and refunds and a parcel's tracking numbers are lists, which have no pages:
the documents ask for all of them.
"""

from __future__ import annotations

from storelink.toolkit.payload import Reader

RETURNS = 10
LINES_OF_PARTS = COLLECTIONS = 20
LINES = VARIANTS = 50
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
