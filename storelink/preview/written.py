"""Messages written for looking at them: by name, language and channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr
from pathlib import Path
from typing import Final, NamedTuple

from storelink.models.message import Message, Outgoing
from storelink.models.order import Order
from storelink.preview.samples import BRAND, PAGES, sample, sample_event, sample_message
from storelink.rendering import Brand, Context, Renderer
from storelink.rendering.content import Content
from storelink.rendering.loader import packaged_messages

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
    """

    templates: Path | None = None
    brand: Brand = BRAND
    about: Callable[[str], Order] = field(default=sample)

    def renderer(self) -> Renderer:
        """Return what writes; it sees a folder of templates as it is at that time and later.

        Raises:
            ConfigError: the folder does not exist.
        """
        return Renderer(self.templates, self.brand)

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


@dataclass(frozen=True, slots=True)
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
        to = context.order.contact.email or "somebody@mail.example"
        medium = CHANNELS[channel]
        return self.renderer.render(message, context, key="preview", to=to, medium=medium)

    def content(self, place: Place) -> Content:
        """Return what a message says.

        Raises:
            TemplateError: its template is broken.
        """
        return self.renderer.content(*self._told(place))

    def _told(self, place: Place) -> tuple[Message, Context]:
        order = self.shop.about(place.locale)
        return sample_message(place.message, order), Context(
            order=order,
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
            yield "email.eml", as_mail(written, writer.shop.brand)


def as_mail(written: Outgoing, brand: Brand) -> bytes:
    """Return a message as a mail program opens it; what it is sent with is the channel's."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = written.subject
    mail["From"] = formataddr((brand.name, brand.support_email or "shop@shop.example"))
    mail["To"] = formataddr((written.to_name, written.to))
    mail["Date"] = "Tue, 03 Nov 2026 10:30:00 +0000"
    mail["Message-ID"] = f"<{written.template}.{written.locale}@shop.example>"
    mail["Content-Language"] = written.locale
    if written.unsubscribe_url:
        mail["List-Unsubscribe"] = f"<{written.unsubscribe_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(written.text)
    if written.html is not None:
        mail.add_alternative(written.html, subtype="html")
    return mail.as_bytes()
