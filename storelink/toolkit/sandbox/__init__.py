"""What the sandboxes of store adapters share: a server, its faults, and a courier of webhooks.

Needs the extra `sandbox`.
"""

from __future__ import annotations

from storelink.toolkit.sandbox.base import LocalSandbox
from storelink.toolkit.sandbox.control import Control
from storelink.toolkit.sandbox.courier import Address, Courier, Parcel

__all__ = ["Address", "Control", "Courier", "LocalSandbox", "Parcel"]
