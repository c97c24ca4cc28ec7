"""From a decided message to a rendered one."""

from __future__ import annotations

from typing import Any

from storelink.consent.addresses import Addresses
from storelink.contracts.pages import CameBy
from storelink.delivery.judging import Case
from storelink.links import Links, Purpose
from storelink.models.enums import AnswerKind
from storelink.models.message import Message, Outgoing
from storelink.rendering import Context, Renderer

REVIEW = "review_request"
"""The template whose items are linked to the page that takes a review."""


class Writing:
    """Renders a message for the route that it takes.

    Args:
        renderer: renders.
        addresses: hashes addresses: a link to the preferences is about the one it was sent to.
        links: makes links to the hosted pages; `None` where there are none.
    """

    def __init__(
        self, renderer: Renderer, addresses: Addresses, links: Links | None = None
    ) -> None:
        self._renderer, self._addresses, self._links = renderer, addresses, links

    def __call__(self, case: Case) -> Outgoing:
        """Return the message in the language of its reader.

        Raises:
            TemplateError: a template is missing or broken.
        """
        row, send, order = case.row, case.approved.send, case.approved.order
        shipment_id = send.message.data.get("shipment_id")
        context = Context(
            order=order,
            shipment=order.shipment(str(shipment_id)) if shipment_id else None,
            event=send.cause,
            locale=order.contact.locale,
            pages=self._pages(case),
            needs=case.needs,
        )
        message = self._linked(send.message, case)
        return self._renderer.render(message, context, key=row.key, to=case.to.address)

    def _pages(self, case: Case) -> dict[str, str]:
        if self._links is None:
            return {}
        make, store, order_id = self._links.make, case.row.store, case.approved.order.id
        came_by = CameBy(case.medium, self._addresses.of(case.to.address) or "")
        return {
            "tracking": make(Purpose.TRACKING, store, order_id),
            "preferences": make(Purpose.PREFERENCES, store, order_id, detail=came_by.detail),
        }

    def _linked(self, message: Message, case: Case) -> Message:
        """Let each item of a review request lead to where it can be reviewed."""
        items = message.data.get("items")
        if message.template != REVIEW or not isinstance(items, list):
            return message
        linked = [{"review_url": self._review_url(item, message, case), **item} for item in items]
        return message.model_copy(update={"data": {**message.data, "items": linked}})

    def _review_url(self, item: dict[str, Any], message: Message, case: Case) -> str | None:
        elsewhere: str | None = message.data.get("review_url")
        if self._links is None or elsewhere:
            return elsewhere
        order_id, product_id = case.approved.order.id, item.get("product_id")
        detail = "/".join(filter(None, (AnswerKind.REVIEW, product_id)))
        return self._links.make(Purpose.ANSWER, case.row.store, order_id, detail=detail)
