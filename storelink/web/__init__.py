"""The web side: where platforms deliver their webhooks, and monitoring asks. Extra: `web`."""

from __future__ import annotations

from storelink.web.endpoint import Endpoint
from storelink.web.watching import Watching

__all__ = ["Endpoint", "Watching"]
