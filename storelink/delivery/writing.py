"""From a decided message to a rendered one."""

from __future__ import annotations

from storelink.contracts.hook import Send
from storelink.delivery.routing import Route
from storelink.models.message import Outgoing
from storelink.models.order import Order
from storelink.rendering import Context, Renderer
from storelink.storage import MessageRow


class Writing:
    """Renders a message for the route that it takes."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    def __call__(self, row: MessageRow, send: Send, order: Order, to: Route) -> Outgoing:
        """Return the message in the language of its reader.

        Raises:
            TemplateError: a template is missing or broken.
        """
        shipment_id = send.message.data.get("shipment_id")
        context = Context(
            order=order,
            shipment=order.shipment(str(shipment_id)) if shipment_id else None,
            event=send.cause,
            locale=order.contact.locale,
        )
        return self._renderer.render(send.message, context, key=row.key, to=to.address)
