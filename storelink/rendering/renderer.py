"""Renders messages: finds the template, runs it in the sandbox, makes the parts of a mail."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from storelink.errors import ConfigError, TemplateError
from storelink.events.types import Event
from storelink.models.contact import Contact
from storelink.models.enums import MessageClass
from storelink.models.message import Message, Outgoing
from storelink.models.order import Order
from storelink.models.shipment import Shipment
from storelink.rendering.brand import Brand
from storelink.rendering.failures import explained
from storelink.rendering.filters import one_line
from storelink.rendering.footers import footer
from storelink.rendering.loader import Chain, Found, TemplateFolders
from storelink.rendering.locales import babel_locale, language_chain
from storelink.rendering.plain import paragraphs, tidy
from storelink.rendering.sandbox import Sandbox
from storelink.rendering.session import Session, rendering
from storelink.rendering.sums import sums

MAX_SUBJECT: Final = 200
MAX_NAME: Final = 40

_NOT_A_NAME = re.compile(r"://|www\.|@|\w\.\w{2,}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a message is about.

    Attributes:
        order: the order whose contact receives it.
        shipment: the parcel, if it is about one.
        event: what made it due.
        locale: the person's language (BCP 47); by default what the order says of it.
        pages: the hosted pages that the message may link to, by name: `"tracking"`,
            `"preferences"`.
        needs: what the law wants in the message.
    """

    order: Order
    shipment: Shipment | None = None
    event: Event | None = None
    locale: str | None = None
    pages: Mapping[str, str] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()


class Renderer:
    """Turns messages into words. It may be used from several threads.

    Args:
        folder: the shop's own templates; the packaged ones stand in for what it does not have.
        brand: how the shop presents itself.

    Raises:
        ConfigError: *folder* does not exist.
    """

    def __init__(self, folder: Path | None, brand: Brand) -> None:
        if folder is not None and not folder.is_dir():
            raise ConfigError(f"templates: there is no folder {folder}")
        self._brand = brand
        self._folders = TemplateFolders(folder)
        self._sandbox = Sandbox(self._folders, watched=folder is not None)

    def render(self, message: Message, context: Context, *, key: str, to: str) -> Outgoing:
        """Return *message* in the language of its reader.

        Args:
            message: what a hook asked for.
            context: what it is about.
            key: the message's idempotency key.
            to: the address, as the channel understands it.

        Raises:
            TemplateError: a template is missing, broken, uses what does not exist, or does more
                work than a message needs. It names the file and the line, and no personal data.
        """
        wanted = context.locale or context.order.contact.locale
        found = self._find(message, language_chain(wanted, self._brand.locale))
        session = Session(babel_locale(found.tag), zoneinfo.ZoneInfo(self._brand.time_zone))
        values = self._values(message, context, session, found.tag)
        with rendering(session):
            values["subject"] = self._subject(message, found, values)
            text = tidy("\n\n".join([self._text(message, found, values), *_below(values)]))
            html = self._html(found, values, text)
        return Outgoing(
            key=key,
            store=context.order.store,
            to=to,
            to_name=one_line(context.order.contact.name),
            subject=values["subject"],
            text=text,
            html=html,
            locale=found.tag,
            message_class=message.message_class,
            unsubscribe_url=_way_out(message, context),
        )

    def _find(self, message: Message, chain: Chain) -> Found:
        own = {"subject.txt": message.subject, "body.txt": message.text}
        needed = tuple(file for file, words in own.items() if words is None)
        return self._folders.find(message.template, chain, needed)

    def _values(
        self, message: Message, context: Context, session: Session, locale: str
    ) -> dict[str, Any]:
        contact = context.order.contact
        return {
            "order": context.order,
            "contact": contact,
            "first_name": _first_name(contact),
            "shipment": context.shipment,
            "event": context.event,
            "data": message.data,
            "items": message.data.get("items", []),
            "sums": sums(context.order),
            "brand": self._brand,
            "pages": dict(context.pages),
            "footer": footer(message.message_class, context.pages, context.needs, locale),
            "locale": locale,
            "dir": "rtl" if session.rtl else "ltr",
            "start": "right" if session.rtl else "left",
            "end": "left" if session.rtl else "right",
        }

    def _subject(self, message: Message, found: Found, values: dict[str, Any]) -> str:
        where = f"the subject of the message {message.template!r}"
        subject = one_line(self._words(message.subject, found.subject, where, values))
        if not subject:
            raise TemplateError(f"{where} is empty")
        return subject if len(subject) <= MAX_SUBJECT else subject[: MAX_SUBJECT - 1] + "…"

    def _text(self, message: Message, found: Found, values: dict[str, Any]) -> str:
        where = f"the text of the message {message.template!r}"
        return self._words(message.text, found.text, where, values)

    def _html(self, found: Found, values: dict[str, Any], text: str) -> str:
        if found.html:
            return self._file(found.html, values)
        return self._file("_text.html", {**values, "paragraphs": paragraphs(text)})

    def _words(self, own: str | None, file: str | None, where: str, values: dict[str, Any]) -> str:
        if own is None:
            return self._file(str(file), values)
        with explained(where):
            return _unicode(self._sandbox.inline(own, where).render(values))

    def _file(self, name: str, values: dict[str, Any]) -> str:
        with explained(name):
            return _unicode(self._sandbox.get_template(name).render(values))


def _unicode(text: str) -> str:
    """Return *text*; one with half of a surrogate pair could not be sent, and raises."""
    text.encode()
    return text


def _first_name(contact: Contact) -> str:
    """Return the name to greet with, or `""`.

    Anybody can order under any name; one that mail programs would show as a link is not repeated.
    """
    name = one_line(contact.first_name or "")
    return "" if len(name) > MAX_NAME or _NOT_A_NAME.search(name) else name


def _below(values: Mapping[str, Any]) -> list[str]:
    """Return what stands below the text."""
    lines = "\n".join(map(str, values["footer"]))
    return [lines] if lines else []


def _way_out(message: Message, context: Context) -> str | None:
    """Return where a mail program asks for no more of them (RFC 8058)."""
    is_needed = message.message_class is MessageClass.TRANSACTIONAL
    return None if is_needed else context.pages.get("preferences")
