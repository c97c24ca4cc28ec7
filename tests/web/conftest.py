"""What the tests of the hosted pages share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from web_pages import Hosted

settings.register_profile("storelink", derandomize=True, database=None, deadline=None)
settings.register_profile("search", deadline=None, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "storelink"))


@pytest.fixture
def hosted(tmp_path: Path) -> Iterator[Hosted]:
    """A shop whose pages are served."""
    hosted = Hosted(tmp_path)
    with hosted.link:
        yield hosted
