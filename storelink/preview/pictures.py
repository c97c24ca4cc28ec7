"""Pictures of mails, by a browser that is started once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from storelink.preview.looks import LOOKS, SIZES, looking
from storelink.toolkit.browser import blank_page

_HEIGHT: Final = 800

Camera = Callable[[str], Iterator[tuple[str, bytes]]]
"""From HTML to PNGs by name, such as `"email.dark.phone.png"`."""


@contextmanager
def camera() -> Iterator[Camera]:
    """Start a browser for the block; gives what takes pictures of HTML. It loads nothing.

    Raises:
        ConfigError: there is no browser, or nothing to steer it with.
    """
    with blank_page() as page:

        def take(html: str) -> Iterator[tuple[str, bytes]]:
            for look in LOOKS:
                for size, width in SIZES.items():
                    page.set_viewport_size({"width": width, "height": _HEIGHT})
                    page.set_content(looking(html, look))
                    yield f"email.{look}.{size}.png", page.screenshot(full_page=True)

        yield take
