"""One store on Kiosk."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import requests
from pydantic import BaseModel, ConfigDict, SecretStr

from storelink.contracts import (
    Capability,
    Delivery,
    Finding,
    Manifest,
    Page,
    StoreAdapter,
    Subscription,
)
from storelink.contracts.sandbox import Sandbox
from storelink.errors import (
    AccessDenied,
    BadSignature,
    NotFound,
    NotTheApi,
    StoreError,
    StoreUnavailable,
    Throttled,
    WriteRefused,
)
from storelink.events import EVENT_TYPES
from storelink.models import Kind, Ref, Snapshot
from storelink.toolkit.http import Wire, network_fault, retry_after
from storelink.toolkit.payload import parse_object
from storelink.toolkit.settings import Secret, checked
from storelink.toolkit.signing import is_signed
from storelink_kiosk import normalize

TOPICS = ("order.new", "order.changed", "order.gone")


class KioskSettings(BaseModel):
    """The options of `Kiosk`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str
    token: Secret
    webhook_secret: Secret


class Kiosk(StoreAdapter):
    """A store on Kiosk.

    Args:
        url: the address of the store.
        token: of its API.
        webhook_secret: what its webhooks are signed with.
        wire: how the network, time and chance are reached.
    """

    def __init__(
        self,
        *,
        url: str,
        token: str | SecretStr,
        webhook_secret: str | SecretStr,
        wire: Wire | None = None,
    ) -> None:
        options = {"url": url, "token": token, "webhook_secret": webhook_secret}
        self.settings = checked(KioskSettings, "Kiosk", options)
        self._wire = wire or Wire()

    def __repr__(self) -> str:
        return f"Kiosk({self.settings.url!r})"

    @property
    def manifest(self) -> Manifest[StoreAdapter]:
        """What this plugin is and can do."""
        return PLUGIN

    # -- webhooks --------------------------------------------------------------------------------

    def verify(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Check the signature over the raw bytes."""
        known = {name.lower(): value for name, value in headers.items()}
        secret = self.settings.webhook_secret.get_secret_value()
        if not is_signed(body, known.get("x-kiosk-signature", ""), [secret]):
            raise BadSignature("not signed with this store's webhook_secret")
        key, topic = known.get("x-kiosk-delivery", ""), known.get("x-kiosk-event", "")
        if not key or not topic:
            raise BadSignature("a Kiosk webhook has an event and a delivery header")
        return Delivery(key=key, topic=topic, headers=known, body=body)

    def normalize(self, delivery: Delivery) -> Snapshot:
        """Say what a webhook says."""
        if not delivery.topic.startswith("order."):
            return Snapshot(note=f"the topic {delivery.topic} is not known")
        return normalize.order(parse_object(delivery.body))

    # -- reading and listing ---------------------------------------------------------------------

    def read(self, ref: Ref) -> Snapshot:
        """Read one order, whole."""
        if ref.kind is not Kind.ORDER:
            raise NotFound(f"Kiosk has no {ref.kind} of its own")
        return normalize.order(self._ask("GET", f"/orders/{ref.id}"))

    def changed(
        self, kind: Kind, *, since: datetime | None = None, cursor: str | None = None
    ) -> Page:
        """List orders by the time of their last change; the cursor is the last row's place."""
        _only_orders(kind)
        asked = {"changed_from": _text(since), "after": cursor, "limit": 100}
        answer = self._ask("GET", "/orders", params=asked)
        return Page(
            snapshots=tuple(normalize.order(one) for one in answer["orders"]),
            cursor=answer["next"],
            total=answer["total"],
        )

    def count(
        self, kind: Kind, *, start: datetime | None = None, end: datetime | None = None
    ) -> int | None:
        """Count orders by the time of their creation."""
        return len(self.ids(kind, start=start, end=end))

    def ids(
        self, kind: Kind, *, start: datetime | None = None, end: datetime | None = None
    ) -> Sequence[str]:
        """Return the ids of orders by the time of their creation."""
        _only_orders(kind)
        asked = {"created_from": _text(start), "created_to": _text(end)}
        found: list[str] = self._ask("GET", "/order-ids", params=asked)["ids"]
        return found

    # -- subscribing -----------------------------------------------------------------------------

    def topics(self, kinds: Collection[Kind]) -> tuple[str, ...]:
        """Return the topics that tell of *kinds*."""
        return TOPICS if Kind.ORDER in kinds else ()

    def subscriptions(self) -> Sequence[Subscription]:
        """Return the webhooks that Kiosk is asked to send."""
        return [Subscription(**one) for one in self._ask("GET", "/hooks")["hooks"]]

    def subscribe(self, topic: str, address: str) -> Subscription:
        """Ask for the webhooks of a topic. Asked twice, Kiosk makes one."""
        if topic not in TOPICS:
            raise WriteRefused(f"Kiosk has no topic {topic}", code="unknown_topic")
        hook = {"topic": topic, "address": address}
        return Subscription(**self._ask("PUT", "/hooks", json=hook))

    def unsubscribe(self, subscription_id: str) -> None:
        """Ask for them no more."""
        self._ask("DELETE", f"/hooks/{subscription_id}")

    # -- looking after ---------------------------------------------------------------------------

    def check(self, now: datetime) -> Iterator[Finding]:
        """Try the credentials."""
        try:
            self.subscriptions()
        except AccessDenied as error:
            yield Finding.fault("credentials", "token-refused", str(error), "make a new token")
        except StoreError as error:
            yield Finding.fault("store", "store-not-found", str(error), "correct the url")
        else:
            yield Finding.ok("credentials", "the store accepts the token")

    def close(self) -> None:
        """Give back connections."""
        self._wire.session.close()

    # -- inside ----------------------------------------------------------------------------------

    def _ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Ask until there is an answer. Whatever Kiosk is asked here may be asked again."""
        answer: dict[str, Any] = self._wire.retrying()(self._once, method, path, **options)
        return answer

    def _once(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        token = self.settings.token.get_secret_value()
        try:
            response = self._wire.session.request(
                method,
                self.settings.url + path,
                headers={"Authorization": f"Bearer {token}"},
                timeout=self._wire.timeout,
                allow_redirects=False,
                **options,
            )
        except requests.RequestException as error:
            raise StoreUnavailable(f"Kiosk cannot be reached: {network_fault(error)}") from None
        self._refuse(response)
        try:
            return parse_object(response.content)
        except ValueError as error:
            raise NotTheApi(f"the answer is not Kiosk's: {error}; correct the url") from None

    def _refuse(self, response: requests.Response) -> None:
        """Raise what a status means."""
        status = response.status_code
        after = retry_after(response, self._wire.now())
        if status == requests.codes.too_many_requests:
            raise Throttled("Kiosk asks to come back later", after=after)
        if status >= requests.codes.server_error:
            raise StoreUnavailable(f"Kiosk is out of order ({status})", after=after)
        if status == requests.codes.unauthorized:
            raise AccessDenied("Kiosk refuses the token; make a new one")
        if status == requests.codes.not_found:
            raise NotFound("Kiosk has no such object (any more)")
        if status >= requests.codes.multiple_choices:
            raise NotTheApi(f"something else answers there ({status}); correct the url")


def _only_orders(kind: Kind) -> None:
    if kind is not Kind.ORDER:
        raise ValueError(f"Kiosk lists orders, no {kind}")


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _sandbox(**options: Any) -> Sandbox:
    from storelink_kiosk.sandbox import KioskSandbox

    return KioskSandbox(**options)


PLUGIN: Manifest[StoreAdapter] = Manifest(
    name="kiosk",
    title="Kiosk",
    factory=Kiosk,
    settings=KioskSettings,
    capabilities=frozenset(
        {Capability.WEBHOOKS, Capability.READ, Capability.LIST, Capability.SUBSCRIBE}
    ),
    lists=(Kind.ORDER,),
    facts=frozenset(name for name in EVENT_TYPES if name.startswith(("order.", "shipment.")))
    - {"order.payment_failed"},
    sandbox=_sandbox,
)
"""What the entry point `kiosk` names."""
