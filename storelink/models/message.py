"""Messages: what a hook asks for, and what a channel is given."""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field, field_validator

from storelink.models.base import Value, personal
from storelink.models.checkout import Checkout
from storelink.models.customer import Customer
from storelink.models.enums import MessageClass
from storelink.models.order import Order


class Message(Value):
    """What a hook asks to be sent.

    >>> Message("gift_note").template
    'gift_note'

    Attributes:
        template: the template's name: a folder `<locale>/<name>/` with `subject.txt`, `body.txt`
            and `body.html`.
        data: more values for the template, as JSON has them.
        message_class: transactional (the order needs it) or marketing (consent and caps apply).
        subject: the subject line, instead of the template's; may use the template's values.
        attachments: the documents of the order that go with it, for example `"invoice"`.
        text: the body as plain text, instead of the template's files; may use the same values.
    """

    template: str
    data: dict[str, Any] = personal({})
    message_class: MessageClass = MessageClass.TRANSACTIONAL
    attachments: tuple[str, ...] = ()
    subject: str | None = personal()
    text: str | None = personal()

    def __init__(self, template: str, **options: Any) -> None:
        super().__init__(**{"template": template, **options})

    @field_validator("data")
    @classmethod
    def _only_json(cls, data: dict[str, Any]) -> dict[str, Any]:
        try:
            json.dumps(data, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(f"data must be what JSON can hold: {error}") from None
        return data


class Attachment(Value):
    """A file that goes with a message.

    Attributes:
        content_id: what an image is called by whom shows it: `<img src="cid:logo">` in the HTML
            shows the one with `"logo"`. `None` for a file of its own.
    """

    filename: str
    media_type: str = "application/octet-stream"
    content: bytes = Field(repr=False)
    content_id: str | None = Field(None, pattern=r"^[A-Za-z0-9._+-]{1,64}(@[A-Za-z0-9.-]{1,253})?$")


class Outgoing(Value):
    """A rendered message, ready for a channel.

    Attributes:
        key: the idempotency key: the same for every attempt at this message.
        to: the address, as the channel understands it.
        locale: the language the message is in (BCP 47).
        html: `None` when the channel or the message has none.
        template: the template's name; empty if there was none.
        unsubscribe_url: where to say no to further ones; a `POST` to it acts at once (RFC 8058).
    """

    key: str
    store: str
    to: str = Field(repr=False)
    to_name: str = Field("", repr=False)
    subject: str = Field("", repr=False)
    text: str = Field(repr=False)
    html: str | None = personal()
    locale: str = "en"
    message_class: MessageClass = MessageClass.TRANSACTIONAL
    template: str = ""
    attachments: tuple[Attachment, ...] = ()
    unsubscribe_url: str | None = personal()


class Person(Value):
    """One person of a store, with everything that is known of them.

    Attributes:
        key: the normalized address (see `person_key`).
        orders: oldest first.
        checkouts: what they began to buy, oldest first; those that became an order, too.
        account: their account; of several, the one that was changed last. `None` for a guest.
    """

    store: str
    key: str = Field(repr=False)
    orders: tuple[Order, ...] = ()
    checkouts: tuple[Checkout, ...] = ()
    account: Customer | None = None
