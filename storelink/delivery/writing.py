"""From a decided message to a rendered one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from storelink.consent.addresses import Addresses
from storelink.contracts.manifest import Capability
from storelink.contracts.pages import CameBy
from storelink.delivery.judging import Case
from storelink.delivery.offering import Offering
from storelink.errors import TemplateError
from storelink.links import Links, Purpose
from storelink.models.enums import AnswerKind
from storelink.models.message import Attachment, Message, Outgoing
from storelink.rendering import Context, Renderer
from storelink.storage import Database

REVIEW = "review_request"
"""The template whose items are linked to the page that takes a review."""


class Writing:
    """Renders a message for the route that it takes.

    Args:
        renderer: renders.
        database: has the documents that go with messages.
        addresses: hashes addresses: a link to the preferences is about the one it was sent to.
        links: makes links to the hosted pages; `None` where there are none.
        offering: adds what a marketing message offers.
        takes_back: says whether customers of a store can ask on a page to send something back.
    """

    def __init__(
        self,
        renderer: Renderer,
        database: Database,
        addresses: Addresses,
        links: Links | None = None,
        offering: Offering | None = None,
        takes_back: Callable[[str], bool] = lambda store: False,
    ) -> None:
        self._renderer, self._database = renderer, database
        self._addresses, self._links, self._offering = addresses, links, offering
        self._takes_back = takes_back

    def __call__(self, case: Case) -> Outgoing:
        """Return the message in the language of its reader.

        Raises:
            TemplateError: a template is missing or broken, or a document is gone.
        """
        row, send, order = case.row, case.approved.send, case.recipient.order
        shipment_id = send.message.data.get("shipment_id")
        context = Context(
            about=case.recipient.source,
            shipment=order.shipment(str(shipment_id)) if order and shipment_id else None,
            event=send.cause,
            pages=self._pages(case),
            needs=case.needs,
        )
        message = self._linked(_carried(send.message, case), case)
        if self._offering is not None:
            message = self._offering(message, case.recipient)
        written = self._renderer.render(
            message, context, key=row.key, to=case.to.address, medium=case.medium
        )
        files = self._files(message, case)
        return written.model_copy(update={"attachments": files}) if files else written

    def _files(self, message: Message, case: Case) -> tuple[Attachment, ...]:
        """Return the documents that go with a message."""
        wanted, order_id = message.attachments, case.row.order_id
        if not wanted or order_id is None:
            return ()
        with self._database.read() as tx:
            found = {one.kind: one for one in tx.documents.of_orders(case.row.store, [order_id])}
        if gone := [kind for kind in wanted if kind not in found]:
            raise TemplateError(f"the order has no document {gone[0]!r} any more")
        return tuple(
            Attachment(filename=one.name, media_type=one.media_type, content=one.body)
            for one in map(found.__getitem__, wanted)
        )

    def _pages(self, case: Case) -> dict[str, str]:
        if self._links is None:
            return {}
        make, store, order_id = self._links.make, case.row.store, case.row.order_id
        came_by = CameBy(case.medium, self._addresses.of(case.to.address) or "")
        about = order_id or case.row.about
        pages = {"preferences": make(Purpose.PREFERENCES, store, about, detail=came_by.detail)}
        if order_id:
            pages["tracking"] = make(Purpose.TRACKING, store, order_id)
            if self._takes_back(store):
                pages["return"] = make(Purpose.RETURN, store, order_id)
        if asks := case.approved.send.message.data.get("asks"):
            pages["answer"] = make(Purpose.ANSWER, store, about, detail=str(asks))
        return pages

    def _linked(self, message: Message, case: Case) -> Message:
        """Let each item of a review request lead to where it can be reviewed."""
        items = message.data.get("items")
        if message.template != REVIEW or not isinstance(items, list):
            return message
        linked = [{"review_url": self._review_url(item, message, case), **item} for item in items]
        return message.model_copy(update={"data": {**message.data, "items": linked}})

    def _review_url(self, item: dict[str, Any], message: Message, case: Case) -> str | None:
        elsewhere: str | None = message.data.get("review_url")
        if self._links is None or (elsewhere and not message.data.get("incentive")):
            return elsewhere  # nobody has to answer here first; what is promised, only we can give
        order_id, product_id = case.row.order_id or "", item.get("product_id")
        detail = "/".join(filter(None, (AnswerKind.REVIEW, product_id)))
        return self._links.make(Purpose.ANSWER, case.row.store, order_id, detail=detail)


def _carried(message: Message, case: Case) -> Message:
    """Return a message without the attachments that its channel cannot take."""
    if not message.attachments or Capability.ATTACHMENTS in case.to.channel.manifest.capabilities:
        return message
    return message.model_copy(update={"attachments": ()})
