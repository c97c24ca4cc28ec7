"""A browser that shows HTML and loads nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from storelink.errors import ConfigError

if TYPE_CHECKING:
    from playwright.sync_api import Page

_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
_REMEDY: Final = "pictures need both: pip install playwright, then playwright install chromium"


@contextmanager
def blank_page() -> Iterator[Page]:
    """Start a browser for the block, and give a page of it: without network and scripts.

    Raises:
        ConfigError: there is no browser, or nothing to steer it with.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise ConfigError(f"Playwright is not installed; {_REMEDY}") from None
    with sync_playwright() as steered:
        path = next(filter(None, map(shutil.which, _BROWSERS)), None)
        try:
            browser = steered.chromium.launch(executable_path=path)
        except Error:
            raise ConfigError(f"no Chromium was found; {_REMEDY}") from None
        try:
            yield browser.new_page(java_script_enabled=False, offline=True)
        finally:
            browser.close()
