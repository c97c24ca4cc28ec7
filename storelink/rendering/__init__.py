"""From a message that a hook asked for to the words that a person reads."""

from __future__ import annotations

from storelink.rendering.brand import Brand
from storelink.rendering.renderer import Context, Renderer

__all__ = ["Brand", "Context", "Renderer"]
