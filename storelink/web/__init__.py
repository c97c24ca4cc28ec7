"""The web side: where platforms deliver their webhooks, and monitoring asks, and the pages.

Extra: `web`.
"""

from __future__ import annotations

from storelink.web.endpoint import Endpoint
from storelink.web.keeping import KeptAnswers, KeptPreferences, detail_of
from storelink.web.limiting import Limiter
from storelink.web.site import Site
from storelink.web.watching import Watching

__all__ = ["Endpoint", "KeptAnswers", "KeptPreferences", "Limiter", "Site", "Watching", "detail_of"]
