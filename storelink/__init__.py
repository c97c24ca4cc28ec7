"""Turns what happens in an online store into the right message, exactly once.

The public names load on first use, so that importing a part does not load the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storelink.app import Storelink as Storelink
    from storelink.intake import Receipt as Receipt
    from storelink.loop import RunReport as RunReport
    from storelink.models import Message as Message
    from storelink.models import Money as Money
    from storelink.models import Order as Order
    from storelink.policy.returning import Returns as Returns
    from storelink.rendering import Brand as Brand

__version__ = "0.1.0.dev0"

__all__ = ["Brand", "Message", "Money", "Order", "Receipt", "Returns", "RunReport", "Storelink"]


def __getattr__(name: str) -> Any:
    if name == "Storelink":
        from storelink.app import Storelink

        return Storelink
    if name == "RunReport":
        from storelink.loop import RunReport

        return RunReport
    if name in ("Message", "Money", "Order"):
        from storelink import models

        return getattr(models, name)
    if name == "Receipt":
        from storelink.intake import Receipt

        return Receipt
    if name == "Returns":
        from storelink.policy.returning import Returns

        return Returns
    if name == "Brand":
        from storelink.rendering import Brand

        return Brand
    raise AttributeError(f"module 'storelink' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
