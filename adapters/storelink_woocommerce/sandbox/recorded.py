"""The recorded life of a real WooCommerce store, played again."""

from __future__ import annotations

from storelink.clock import Clock
from storelink.contracts.sandbox import PlayedStore, RecordedRequest, Recording, Webhook
from storelink.errors import NotFound, StoreUnavailable
from storelink.models.record import Snapshot
from storelink.models.ref import Kind, Ref
from storelink_woocommerce import normalize
from storelink_woocommerce.webhooks import TOPIC


class RecordedStore(PlayedStore):
    """Raises the webhooks of a recording when their time comes, signed as they were.

    Its truth was recorded once, after the last of them. Until then it cannot be read.

    Args:
        recording: the webhooks, and the answers of the store's REST API.
        clock: tells how far the life has come.
    """

    def __init__(self, recording: Recording, *, clock: Clock) -> None:
        self._recording, self._clock = recording, clock
        self._taken = 0

    def __repr__(self) -> str:
        return f"RecordedStore({self._taken} of {len(self._recording.deliveries)} webhooks raised)"

    def take(self) -> list[Webhook]:
        """Return the webhooks that have arrived since the last call, in order of arrival."""
        now = self._clock.now()
        waiting = self._recording.deliveries[self._taken :]
        arrived = [one for one in waiting if one.received_at <= now]
        self._taken += len(arrived)
        return [_webhook(one) for one in arrived]

    def read(self, ref: Ref) -> Snapshot:
        """Return what the store's REST API said of an order at the end.

        Raises:
            NotFound: the order does not exist, or not any more.
            StoreUnavailable: the recording is not at its end, or was made of orders only.
        """
        if ref.kind is not Kind.ORDER:
            raise StoreUnavailable(f"of a {ref.kind}, the truth was not recorded")
        if self._taken < len(self._recording.deliveries):
            raise StoreUnavailable("the truth was recorded after the last webhook")
        try:
            truth = self._recording.truth(ref.id)
        except LookupError:
            raise NotFound("there is no order of that id") from None
        return normalize.order_read(
            truth["order"], refunds=truth["refunds"], fulfillments=truth["fulfillments"]
        )


def _webhook(request: RecordedRequest) -> Webhook:
    named = {name.lower(): value for name, value in request.headers.items()}
    return Webhook(topic=named.get(TOPIC, ""), headers=request.headers, body=request.body)
