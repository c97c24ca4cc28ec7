"""The adapter keeps storelink's contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from storelink_kiosk import Kiosk
from storelink_kiosk.sandbox import KioskSandbox

from storelink.contracts.sandbox import Sandbox, Webhook
from storelink.testing import FrozenClock, StoreSuite
from storelink.toolkit.http import Wire
from storelink.toolkit.signing import hmac_sha256_base64


class TestKiosk(StoreSuite):
    """Everything that is inherited."""

    @pytest.fixture
    def sandbox(self) -> Iterator[Sandbox]:
        with KioskSandbox(clock=FrozenClock()) as sandbox:
            yield sandbox

    @pytest.fixture
    def connect(self) -> Any:
        return lambda **options: Kiosk(**options, wire=Wire(sleep=lambda seconds: None))

    @pytest.fixture
    def sign(self) -> Any:
        def sign(webhook: Webhook, body: bytes) -> Mapping[str, str]:
            signature = hmac_sha256_base64("kiosk-webhooks", body)
            return {**webhook.headers, "X-Kiosk-Signature": signature}

        return sign
