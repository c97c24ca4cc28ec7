"""What the answer to a mutation means: what it made, or one of our errors. Pure.

Facts: shopify.dev, the types of `userErrors`, such as ReturnUserError and its ReturnErrorCode.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from storelink.errors import StoreError, WriteInDoubt, WriteRefused
from storelink_shopify.answers import Denied, brief, parts


def executed(data: Mapping[str, Any], answer: str) -> Mapping[str, Any]:
    """Return what a mutation answers in its root field.

    Raises:
        WriteRefused: it has `userErrors`; the error has the code of the first.
        WriteInDoubt: something failed in Shopify itself.
        AccessDenied: a right is missing.
    """
    found = data.get(answer)
    if not isinstance(found, Mapping):
        raise StoreError(f"Shopify: {answer} answers nothing")
    for error in parts(found, "userErrors"):
        where = ".".join(str(step) for step in parts(error, "field"))
        text = f"Shopify: {answer}: {where or 'it'}: {brief(str(error.get('message', '')))}"
        match code := str(error.get("code") or ""):
            case "INTERNAL_ERROR":
                raise WriteInDoubt(text)
            case "MISSING_PERMISSION":
                raise Denied(text, code="scope-missing")
        raise WriteRefused(text, code=code)
    return found
