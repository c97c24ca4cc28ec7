"""Messages written for looking at them: by name, language and channel."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from storelink import plugins
from storelink.contracts.channel import Channel
from storelink.models.message import Message, Outgoing
from storelink.models.order import Order
from storelink.preview.samples import (
    BRAND,
    PAGES,
    PLACED,
    sample,
    sample_about,
    sample_event,
    sample_message,
)
from storelink.rendering import Brand, Context, Renderer
from storelink.rendering.content import Content
from storelink.rendering.loader import packaged_messages
from storelink.testing.clock import FrozenClock

CHANNELS: Final = {"email": "email", "sms": "sms", "chat": "whatsapp"}
"""What is looked at, and the medium that each is written for."""

_WORDS = {"subject.txt", "body.txt"}


class Place(NamedTuple):
    """Which message, in which language."""

    message: str
    locale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Who writes, with what, and about which order.

    Attributes:
        templates: the shop's own folder; `None` if it has none.
        brand: how the shop presents itself.
        about: gives the order to write about in a language.
        mail: the options of its e-mail channel; without a sender, the brand is.
    """

    templates: Path | None = None
    brand: Brand = BRAND
    about: Callable[[str], Order] = field(default=sample)
    mail: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def renderer(self) -> Renderer:
        """Return what writes; it sees a folder of templates as it is at that time and later.

        Raises:
            ConfigError: the folder does not exist.
        """
        return Renderer(self.templates, self.brand)

    def email(self) -> Channel:
        """Return what composes its mails, and signs them with its keys; it knows no server.

        Raises:
            ConfigError: an option is wrong, or a key cannot be read.
            PluginError: there is no e-mail channel here.
        """
        sender = f"{self.brand.name} <{self.brand.support_email or 'shop@shop.example'}>"
        nowhere = {"url": "smtp://localhost", "clock": FrozenClock(PLACED)}
        return plugins.channel("email").factory(**{"sender": sender, **self.mail, **nowhere})

    def messages(self) -> tuple[str, ...]:
        """Return the names of all messages, those that come with storelink first."""
        return (*packaged_messages(), *own_messages(self.templates))


def own_messages(folder: Path | None) -> list[str]:
    """Return the names of the messages that only the shop has."""
    if folder is None or not folder.is_dir():
        return []
    whole = {path.stem for path in folder.glob("messages/*.jinja")}
    plain = {path.parent.name for path in folder.glob("*/*/*.txt") if path.name in _WORDS}
    return sorted((whole | plain) - {*packaged_messages(), "message"})


@dataclass(frozen=True)
class Writer:
    """Writes the messages of a shop about its sample orders."""

    shop: Shop
    renderer: Renderer

    def write(self, place: Place, channel: str) -> Outgoing:
        """Return a message as it goes to a channel of `CHANNELS`.

        Raises:
            TemplateError: its template is broken.
        """
        message, context = self._told(place)
        to = context.about.contact.email or "somebody@mail.example"
        medium = CHANNELS[channel]
        key = f"preview/{place.message}/{place.locale}"
        return self.renderer.render(message, context, key=key, to=to, medium=medium)

    def mail(self, written: Outgoing) -> bytes:
        """Return a message as the e-mail channel hands it over.

        Raises:
            ConfigError: an option of the channel is wrong, or a key cannot be read.
            Rejected: its address is none, or it is too large.
        """
        return self._email.draft(written) or b""

    @functools.cached_property
    def _email(self) -> Channel:
        return self.shop.email()

    def content(self, place: Place) -> Content:
        """Return what a message says.

        Raises:
            TemplateError: its template is broken.
        """
        return self.renderer.content(*self._told(place))

    def _told(self, place: Place) -> tuple[Message, Context]:
        order = self.shop.about(place.locale)
        return sample_message(place.message, order), Context(
            about=sample_about(place.message, order),
            shipment=order.shipments[0] if order.shipments else None,
            event=sample_event(place.message, order),
            locale=place.locale,
            pages=PAGES,
        )


def places(messages: Sequence[str], locales: Sequence[str]) -> list[Place]:
    """Return every message in every language."""
    return [Place(message, locale) for message in messages for locale in locales]


def files(writer: Writer, place: Place) -> Iterator[tuple[str, bytes]]:
    """Write a message for every channel; gives the files by name, `"email.html"` and so on.

    Raises:
        TemplateError: its template is broken.
    """
    for channel in CHANNELS:
        written = writer.write(place, channel)
        above = f"{written.subject}\n\n" if channel == "email" else ""
        yield f"{channel}.txt", f"{above}{written.text}".encode()
        if written.html is not None:
            yield f"{channel}.html", written.html.encode()
        if channel == "email":
            yield "email.eml", writer.mail(written)
