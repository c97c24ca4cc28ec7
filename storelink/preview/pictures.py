"""Pictures of mails, by a browser that is started once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from storelink.errors import ConfigError
from storelink.preview.looks import LOOKS, SIZES, looking

_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
_HEIGHT: Final = 800

Camera = Callable[[str], Iterator[tuple[str, bytes]]]
"""From HTML to PNGs by name, such as `"email.dark.phone.png"`."""


@contextmanager
def camera() -> Iterator[Camera]:
    """Start a browser for the block; gives what takes pictures of HTML. It loads nothing.

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
        page = browser.new_page(java_script_enabled=False, offline=True)

        def take(html: str) -> Iterator[tuple[str, bytes]]:
            for look in LOOKS:
                for size, width in SIZES.items():
                    page.set_viewport_size({"width": width, "height": _HEIGHT})
                    page.set_content(looking(html, look))
                    yield f"email.{look}.{size}.png", page.screenshot(full_page=True)

        try:
            yield take
        finally:
            browser.close()


_REMEDY: Final = "pictures need both: pip install playwright, then playwright install chromium"
