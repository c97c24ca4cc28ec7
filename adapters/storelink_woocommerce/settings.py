"""What a WooCommerce store must be told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from storelink.models.enums import OrderStatus
from storelink.toolkit.settings import Secret, Secrets

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be the address of the store, for example https://atelier.example")
    if parts.username or parts.password:
        raise ValueError("must not hold a password: use consumer_key and consumer_secret")
    return url.rstrip("/")


def _status(word: object) -> object:
    # OrderStatus reads a word that it does not know as UNKNOWN; here it is a mistake.
    if word not in tuple(OrderStatus):
        raise ValueError(f"must be one of {', '.join(OrderStatus)}")
    return word


def _status_name(name: str) -> str:
    slug = name.strip().removeprefix("wc-")
    if not _SLUG.fullmatch(slug):
        raise ValueError("must be the status as WooCommerce writes it, for example packed")
    return slug


class WooCommerceSettings(BaseModel):
    """The options of `WooCommerce`.

    Attributes:
        url: the address of the shop, without a slash at its end.
        webhook_secret: one secret or several, because each webhook has its own. An empty one is
            refused: anybody could sign with it.
        consumer_key: of the REST API, for reading.
        consumer_secret: the same.
        statuses: what the shop's own order statuses mean, by their slug, with `wc-` or without.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[str, AfterValidator(_web_address)]
    webhook_secret: Secrets
    consumer_key: Secret | None = None
    consumer_secret: Secret | None = None
    statuses: Mapping[
        Annotated[str, AfterValidator(_status_name)],
        Annotated[OrderStatus, BeforeValidator(_status)],
    ] = {}
