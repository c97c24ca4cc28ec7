from __future__ import annotations

from collections.abc import Iterator

import pytest
from core.mirror.shelf import Shelf


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """An empty mirror."""
    with Shelf.open() as one:
        yield one
