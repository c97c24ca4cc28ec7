"""What a WooCommerce store must be told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from storelink.models.enums import OrderStatus
from storelink.toolkit.settings import Secret, Secrets

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")


def _has_port(parts: SplitResult) -> bool:
    """Say whether the port, if there is one, is a number that can be one."""
    try:
        return parts.port != 0
    except ValueError:
        return False


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not _has_port(parts):
        raise ValueError("must be the address of the store, for example https://atelier.example")
    if parts.username or parts.password:
        raise ValueError("must not hold a password: use consumer_key and consumer_secret")
    # What people copy from the address bar of the shop's back office.
    home = re.sub(r"/(?:wp-json|wp-admin|wp-login\.php|index\.php)(?:/.*)?$", "", parts.path)
    return f"{parts.scheme}://{parts.netloc}{home.rstrip('/')}"


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


class Address(BaseModel):
    """Where a shop is.

    Attributes:
        url: the address of the shop, without a slash at its end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[str, AfterValidator(_web_address)]


class WooCommerceSettings(Address):
    """The options of `WooCommerce`.

    Attributes:
        webhook_secret: one secret or several, because each webhook has its own. An empty one is
            refused: anybody could sign with it. Without one, no webhook is accepted.
        consumer_key: of the REST API, for reading and writing. Without one, the store is known
            through its webhooks only.
        consumer_secret: the same.
        query_string_auth: over https, whether the key goes into the query of the address. `None`:
            only if the shop's server drops the header that it belongs into.
        api_version: the namespace of the routes.
        currency: what the shop sells in; `None`: the shop is asked.
        statuses: what the shop's own order statuses mean, by their slug, with `wc-` or without.
        reviews: whether reviews of the hosted pages wait in Products > Reviews for somebody of the
            shop (`"hold"`), or are published at once (`"publish"`).
        birthday_meta: the key of the accounts' `meta_data` that has the birthday, as ISO 8601 has
            it; `None`: no birthday is kept.
    """

    webhook_secret: Secrets | None = None
    consumer_key: Secret | None = None
    consumer_secret: Secret | None = None
    query_string_auth: bool | None = None
    api_version: Annotated[str, Field(pattern=r"^wc/v[1-9]$")] = "wc/v3"
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    statuses: Mapping[
        Annotated[str, AfterValidator(_status_name)],
        Annotated[OrderStatus, BeforeValidator(_status)],
    ] = {}
    reviews: Literal["hold", "publish"] = "hold"
    birthday_meta: Annotated[str, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _has_whole_keys(self) -> Self:
        if (self.consumer_key is None) != (self.consumer_secret is None):
            raise ValueError("a consumer_key and its consumer_secret go together")
        return self
