"""What webhook bodies say: the shapes of Shopify's REST resources. Pure functions.

Each takes a reader of the body and the time of the trigger, which Shopify sends as a header and
does not sign.
"""

from __future__ import annotations
