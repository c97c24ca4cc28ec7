"""An answer of a shop, and what is there in its place when something is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from storelink.errors import (
    AccessDenied,
    NotTheApi,
    StoreError,
    StoreUnavailable,
    WriteRefused,
)

NO_PRETTY_ROUTES = "plain-permalinks"
"""The web server, and not WordPress, says that there is no such page."""

KEY_UNKNOWN = "key-unknown"
"""The shop saw no key, or none that it knows."""

KEY_REFUSED = "key-refused"
"""The shop knows the key, and does not accept its secret, its signature or its right."""

SWITCHED_OFF = "rest-disabled"
"""A plugin keeps visitors out of the REST API."""


class NoRoute(NotTheApi):
    """The API answers and has no such route: WooCommerce is off or too old, or a feature is off."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a shop was asked.

    Attributes:
        route: for people, for example `"orders/1042"`.
        url: the address of the shop that is configured.
        plain: it was asked by `?rest_route=`.
        token: a parameter that makes the address new; empty if there was none.
        now: when it was asked.
    """

    method: str
    route: str
    url: str
    plain: bool
    token: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What a shop answered.

    Attributes:
        data: the JSON value; numbers with a fraction are `Decimal`.
        total: how many objects the whole list has, if this is a part of one.
        pages: how many pages of the size that was asked for.
        headers: names in lower case.
        repaired: something was printed around the JSON.
    """

    data: Any = field(repr=False)
    total: int | None = None
    pages: int | None = None
    headers: Mapping[str, str] = field(repr=False, default_factory=dict)
    repaired: bool = False

    @property
    def body(self) -> Mapping[str, Any]:
        """The object that was asked for.

        Raises:
            NotTheApi: it is something else.
        """
        if not isinstance(self.data, Mapping):
            raise NotTheApi(_ODD)
        return self.data

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """The objects of the list that was asked for.

        Raises:
            NotTheApi: it is something else.
        """
        if not isinstance(self.data, list) or not all(
            isinstance(row, Mapping) for row in self.data
        ):
            raise NotTheApi(_ODD)
        return self.data


_ODD = (
    "JSON is answered, but not as WooCommerce does; a plugin or the server answers in place of the "
    "REST API: exempt /wp-json/wc/"
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no answer. No text holds a secret or what the shop knows of people.

    Attributes:
        code: names the cause, as in a `Finding`.
        kind: the error that it is.
        detail: what happened.
        remedy: what to do about it.
        after: how long the shop asks to wait.
        needs: the right that is missing.
        refusal: the platform's own code.
        from_api: the API itself said it, so that it was reached.
        in_doubt: a write may have been executed all the same.
        headers: of the answer, names in lower case.
    """

    code: str
    kind: type[StoreError]
    detail: str
    remedy: str = ""
    after: timedelta | None = None
    needs: str = ""
    refusal: str = ""
    from_api: bool = False
    in_doubt: bool = False
    headers: Mapping[str, str] = field(repr=False, default_factory=dict)

    def error(self) -> StoreError:
        """Return the error that it is."""
        text = f"{self.detail}; {self.remedy}" if self.remedy else self.detail
        if issubclass(self.kind, StoreUnavailable):
            return self.kind(text, after=self.after)
        if issubclass(self.kind, AccessDenied):
            return self.kind(text, needs=self.needs)
        if issubclass(self.kind, WriteRefused):
            return self.kind(text, code=self.refusal)
        return self.kind(text)
