"""What every store adapter must keep, as inherited tests.

Subclass `StoreSuite`, give it three fixtures, and pytest runs each check:

```text
class TestMyStore(StoreSuite):
    @pytest.fixture
    def sandbox(self): ...                # a running `Sandbox` of the platform, a fresh one

    @pytest.fixture
    def connect(self): ...                # (**options) -> the adapter under test; it never sleeps

    @pytest.fixture
    def sign(self): ...                   # (webhook, body) -> headers that are genuine for body
```

The webhooks that are tried are those of a few orders in the sandbox; a fixture `webhooks` gives
others, for example recorded ones. An adapter that only takes webhooks subclasses `WebhookSuite`,
and gives `adapter`, `webhooks` and `sign`.

New checks come only with minor versions.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from storelink.contracts.sandbox import Sandbox, Webhook
from storelink.contracts.store import Delivery, StoreAdapter
from storelink.errors import BadSignature, PayloadError, WebhookRefused
from storelink.models.record import Record, Snapshot
from storelink.testing.store_finding import FindingChecks
from storelink.testing.store_reading import (
    CouponChecks,
    ListingChecks,
    ReadingChecks,
    ReviewChecks,
    ShippingChecks,
    SubscribingChecks,
    TroubleChecks,
)
from storelink.testing.store_returning import ReturnChecks
from storelink.testing.store_scene import Connect, a_life

Sign = Callable[[Webhook, bytes], Mapping[str, str]]

WRONG_VALUES: Sequence[Any] = (None, 7, "x", [], {}, True, [[]], {"x": "x"}, "9" * 400)


class WebhookSuite:
    """What `StoreAdapter` promises of webhooks."""

    def test_there_are_webhooks_to_try(self, webhooks: Sequence[Webhook]) -> None:
        assert len(webhooks) >= 3  # noqa: PLR2004  as the fixture promises

    def test_genuine_webhooks_are_accepted(
        self, adapter: StoreAdapter, webhooks: Sequence[Webhook]
    ) -> None:
        for webhook in webhooks:
            delivery = adapter.verify(webhook.headers, webhook.body)
            assert webhook.body == delivery.body
            assert delivery.topic

    def test_header_names_are_read_in_any_case(
        self, adapter: StoreAdapter, webhooks: Sequence[Webhook]
    ) -> None:
        for webhook in webhooks:
            shouted = {name.upper(): value for name, value in webhook.headers.items()}
            expected = adapter.verify(webhook.headers, webhook.body).key
            assert expected == adapter.verify(shouted, webhook.body).key

    def test_an_altered_body_is_refused(
        self, adapter: StoreAdapter, webhooks: Sequence[Webhook]
    ) -> None:
        for webhook in webhooks:
            with pytest.raises(BadSignature):
                adapter.verify(webhook.headers, webhook.body + b" ")

    def test_each_header_taken_away_or_broken_is_refused_or_harmless(
        self, adapter: StoreAdapter, webhooks: Sequence[Webhook]
    ) -> None:
        for webhook in webhooks[:5]:
            for name in webhook.headers:
                rest = {one: value for one, value in webhook.headers.items() if one != name}
                for headers in (rest, {**rest, name: "\xff\u0639"}, {**rest, name: ""}):
                    accepted_or_refused(adapter, headers, webhook.body)

    def test_nothing_unsigned_is_accepted(
        self, adapter: StoreAdapter, webhooks: Sequence[Webhook]
    ) -> None:
        for webhook in webhooks:
            headers = {
                name: "bm90IHRoZSBzaWduYXR1cmU=" if is_signature(name) else value
                for name, value in webhook.headers.items()
            }
            with pytest.raises(BadSignature):
                adapter.verify(headers, webhook.body)

    def test_the_key_is_the_same_for_a_repeat_and_no_other(
        self, adapter: StoreAdapter, webhooks: Sequence[Webhook]
    ) -> None:
        keys = [adapter.verify(one.headers, one.body).key for one in webhooks]
        again = [adapter.verify(one.headers, one.body).key for one in webhooks]
        assert keys == again
        assert all(keys)
        contents = {(tuple(sorted(one.headers.items())), one.body) for one in webhooks}
        assert len(contents) == len(set(keys))

    def test_normalizing_is_pure(self, adapter: StoreAdapter, webhooks: Sequence[Webhook]) -> None:
        for delivery in deliveries(adapter, webhooks):
            assert understood(adapter, delivery) == understood(adapter, delivery)

    def test_most_webhooks_say_something(
        self, adapter: StoreAdapter, webhooks: Sequence[Webhook]
    ) -> None:
        assert any(records(adapter, webhooks))

    def test_what_says_nothing_says_why(
        self, adapter: StoreAdapter, webhooks: Sequence[Webhook]
    ) -> None:
        for delivery in deliveries(adapter, webhooks):
            snapshot = understood(adapter, delivery)
            assert snapshot is None or snapshot.records or snapshot.notices or snapshot.note

    def test_instants_are_utc(self, adapter: StoreAdapter, webhooks: Sequence[Webhook]) -> None:
        for record in records(adapter, webhooks):
            for value in (record.updated_at, *record.fields.values()):
                offset = getattr(value, "utcoffset", timedelta)()
                assert timedelta() == offset

    def test_the_platforms_words_are_kept(
        self, adapter: StoreAdapter, webhooks: Sequence[Webhook]
    ) -> None:
        first = [
            snapshot.records[0]
            for delivery in deliveries(adapter, webhooks)
            if (snapshot := understood(adapter, delivery)) and snapshot.records
        ]
        assert all(json.dumps(dict(record.raw)) for record in first)

    def test_a_damaged_payload_is_an_error_that_names_it_or_understood(
        self, adapter: StoreAdapter, webhooks: Sequence[Webhook], sign: Sign
    ) -> None:
        for webhook in webhooks[:8]:
            for body in damaged(webhook.body):
                delivery = adapter.verify(sign(webhook, body), body)
                understood(adapter, delivery)  # nothing but PayloadError may come out

    def test_the_manifest_builds_from_its_settings(self, adapter: StoreAdapter) -> None:
        manifest = adapter.manifest
        assert manifest.name.isidentifier()
        assert manifest.title
        assert issubclass(manifest.settings, BaseModel)
        assert callable(manifest.factory)

    def test_no_personal_data_and_no_payload_in_repr(
        self, adapter: StoreAdapter, webhooks: Sequence[Webhook]
    ) -> None:
        for delivery in deliveries(adapter, webhooks):
            assert delivery.body.decode(errors="replace") not in repr(delivery)
        for record in records(adapter, webhooks):
            contact = record.fields.get("contact")
            if contact is not None and contact.email:
                assert contact.email not in repr(record)

    def test_no_check_was_overridden(self) -> None:
        """A check that cannot hold is declared with `pytest.mark.xfail(reason=...)`."""
        suites = (kind for kind in type(self).__mro__ if kind.__module__ in SUITES)
        for kind in suites:
            for name in (one for one in vars(kind) if one.startswith("test_")):
                check = vars(kind)[name]
                mine = getattr(type(self), name)
                assert mine is check or getattr(mine, "pytestmark", None), name


class StoreSuite(
    WebhookSuite,
    ReadingChecks,
    FindingChecks,
    ListingChecks,
    TroubleChecks,
    SubscribingChecks,
    CouponChecks,
    ReviewChecks,
    ShippingChecks,
    ReturnChecks,
):
    """The contract of `StoreAdapter`."""

    @pytest.fixture
    def adapter(self, connect: Connect, sandbox: Sandbox) -> StoreAdapter:
        """The adapter under test, connected to the sandbox."""
        return connect(**sandbox.options)

    @pytest.fixture
    def webhooks(self, sandbox: Sandbox) -> Sequence[Webhook]:
        """The webhooks of a few orders."""
        a_life(sandbox.store)
        return sandbox.store.take()


SUITES = {one.__module__ for one in (WebhookSuite, ReadingChecks, FindingChecks, ReturnChecks)}


def deliveries(adapter: StoreAdapter, webhooks: Sequence[Webhook]) -> Iterator[Delivery]:
    """Verify each webhook."""
    return (adapter.verify(webhook.headers, webhook.body) for webhook in webhooks)


def records(adapter: StoreAdapter, webhooks: Sequence[Webhook]) -> Iterator[Record]:
    """Return every record of every webhook that is understood."""
    for delivery in deliveries(adapter, webhooks):
        snapshot = understood(adapter, delivery)
        yield from snapshot.records if snapshot else ()


def understood(adapter: StoreAdapter, delivery: Delivery) -> Snapshot | None:
    """Normalize; `None` if the payload is refused as it may be."""
    try:
        return adapter.normalize(delivery)
    except PayloadError as error:
        if not str(error):
            raise AssertionError("a refused payload must say what is wrong with it") from error
        return None


def accepted_or_refused(adapter: StoreAdapter, headers: Mapping[str, str], body: bytes) -> None:
    """Nothing but a refusal may come out of verifying."""
    try:
        adapter.verify(headers, body)
    except WebhookRefused as error:
        if not str(error):
            raise AssertionError("a refusal must say why") from error


def is_signature(name: str) -> bool:
    """Say whether a header looks like the one with the signature."""
    return any(word in name.lower() for word in ("signature", "hmac"))


def damaged(body: bytes) -> Iterator[bytes]:
    """Return *body* cut short, and with each key of its first two levels replaced or removed.

    Of a list of objects, the first one is damaged.
    """
    for share in (0, 1, len(body) // 2, max(len(body) - 1, 0)):
        yield body[:share]
    try:
        data = json.loads(body)
    except ValueError:
        return
    if isinstance(data, dict):
        yield from (json.dumps(one).encode() for one in _damaged_objects(data))


def _damaged_objects(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for key, value in data.items():
        yield {one: data[one] for one in data if one != key}
        yield from ({**data, key: wrong} for wrong in WRONG_VALUES)
        if isinstance(value, dict):
            for inner, wrong in itertools.product(value, WRONG_VALUES):
                yield {**data, key: {**value, inner: wrong}}
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for inner, wrong in itertools.product(value[0], ("x", {}, None)):
                yield {**data, key: [{**value[0], inner: wrong}, *value[1:]]}
