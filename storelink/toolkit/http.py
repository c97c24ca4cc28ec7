"""HTTP for adapters: pooled sessions, timeouts, and retries that honour what the server asks.

The network, time and chance are arguments: a `Wire` holds them, and a test passes its own.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from storelink.errors import StoreUnavailable

LONGEST_WAIT = timedelta(minutes=2)
"""A server that asks for more is left to a later run."""


def pooled_session(connections: int = 8) -> requests.Session:
    """Return a session that keeps its connections open.

    Whoever sends credentials with it passes `allow_redirects=False`: requests drops them on some
    redirects and keeps them on others.
    """
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_connections=connections, pool_maxsize=connections))
    return session


@dataclass(frozen=True, slots=True)
class Wire:
    """How the network, time and chance are reached.

    Attributes:
        session: makes the requests.
        connect_timeout: in seconds.
        read_timeout: in seconds, between two bytes of the answer.
        attempts: how often a call is made that may be repeated.
        now: the present instant, for tokens that expire.
        monotonic: seconds of a clock that never goes back, for budgets.
        sleep: waits so many seconds.
        chance: a number from 0 to 1, for the jitter of waits.
    """

    session: requests.Session = field(default_factory=pooled_session)
    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    attempts: int = 5
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    @property
    def timeout(self) -> tuple[float, float]:
        """What `requests` takes as its timeout."""
        return self.connect_timeout, self.read_timeout

    def retrying(self, *, attempts: int | None = None) -> Retrying:
        """Return what calls again after `StoreUnavailable`, as long as it may help.

        It waits as long as the error's `after` says, or longer from time to time, with jitter. An
        error that asks for more than `LONGEST_WAIT` is raised at once.
        """
        return Retrying(
            retry=retry_if_exception_type(StoreUnavailable) & _asks_for_little,
            wait=self._wait,
            stop=stop_after_attempt(attempts or self.attempts),
            sleep=self.sleep,
            reraise=True,
        )

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = getattr(error, "after", None)
        if asked is not None:
            return float(asked.total_seconds()) + 0.1 * self.chance()
        return float(min(0.5 * 2 ** (state.attempt_number - 1), 20.0)) * (0.5 + self.chance())


class _AsksForLittle(retry_if_exception_type):
    """Holds for errors that ask for no longer wait than is worth it."""

    def __init__(self) -> None:
        super().__init__(StoreUnavailable)

    def __call__(self, retry_state: RetryCallState) -> bool:
        error = retry_state.outcome.exception() if retry_state.outcome else None
        asked = getattr(error, "after", None)
        return asked is None or asked <= LONGEST_WAIT


_asks_for_little = _AsksForLittle()


def retry_after(response: requests.Response, now: datetime) -> timedelta | None:
    """Return how long the server asks to wait: `Retry-After` in seconds, or as a date."""
    text = response.headers.get("Retry-After", "").strip()
    try:
        return timedelta(seconds=max(float(text), 0.0))
    except (ValueError, OverflowError):
        pass
    at = _date(text)
    return None if at is None else max(at - now, timedelta())


def clock_skew(response: requests.Response, now: datetime) -> timedelta | None:
    """Return how far the server's clock is ahead of *now*; `None` if it does not tell its time."""
    at = _date(response.headers.get("Date", ""))
    return None if at is None else at - now


def _date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def is_html(response: requests.Response) -> bool:
    """Say whether an answer is a page for people, whatever its type claims."""
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    start = response.content[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return kind == "text/html" or start.startswith((b"<!doctype html", b"<html"))


def network_fault(error: requests.RequestException) -> str:
    """Say in a few words what went wrong on the way, without the address or its query."""
    kinds: dict[Any, str] = {
        requests.exceptions.SSLError: "the certificate is not trusted, or TLS failed",
        requests.exceptions.ProxyError: "the proxy refused",
        requests.exceptions.ConnectTimeout: "no connection in time",
        requests.exceptions.ReadTimeout: "no answer in time",
        requests.exceptions.ChunkedEncodingError: "the answer broke off",
        requests.exceptions.ContentDecodingError: "the answer cannot be decoded",
        requests.exceptions.ConnectionError: "no connection, or it was lost",
    }
    return next((text for kind, text in kinds.items() if isinstance(error, kind)), "it failed")
