"""The web side: where platforms deliver their webhooks. Needs the extra `web`."""

from __future__ import annotations

from storelink.web.endpoint import Endpoint

__all__ = ["Endpoint"]
