"""The hosted pages: from what is known to the HTML that a person reads. Pure."""

from __future__ import annotations

from storelink.rendering.pages.drawing import Pages
from storelink.rendering.pages.parcels import TrackedOrder, tracked
from storelink.rendering.pages.words import Language, choose_language

__all__ = ["Language", "Pages", "TrackedOrder", "choose_language", "tracked"]
